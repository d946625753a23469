using System.Globalization;
using Switchyard.Executors.Process.Spawning;

namespace Switchyard.Executors.Process.Hosting;

/// <summary>
/// Empty directories of ended attempts, kept for the next ones: a file system takes longer to make and remove a
/// directory than to move one, and most attempts leave theirs as empty as they found it.
/// </summary>
internal sealed class DirectoryStock(NodeFiles files)
{
    private const int Most = 64;
    private readonly Stack<string> _free = new();
    private long _made;

    /// <summary>Puts an empty directory at a path whose parent may be missing. Answers an errno, or 0.</summary>
    public int Place(string path)
    {
        while (_free.TryPop(out var free))
        {
            if (Libc.rename(free, path) == 0) return 0;
            if (Libc.Errno != Libc.ENOENT || Libc.MakeDirectories(Path.GetDirectoryName(path)!) != 0) continue;
            if (Libc.rename(free, path) == 0) return 0;
        }
        return Libc.MakeDirectories(path);
    }

    /// <summary>Takes a directory back if nothing is in it. False if it stays where it is.</summary>
    public bool TakeBack(string path)
    {
        try
        {
            if (Directory.EnumerateFileSystemEntries(path).Any()) return false;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // The task removed it, or closed it even to us: nothing of ours to take back.
            return false;
        }
        if (_free.Count >= Most) return Libc.rmdir(path) == 0;
        var kept = string.Create(CultureInfo.InvariantCulture, $"{files.Stock}/{Libc.getpid()}-{_made++}");
        if (Libc.rename(path, kept) != 0 && (Libc.MakeDirectories(files.Stock) != 0 || Libc.rename(path, kept) != 0)) return false;
        // As new, whatever the last user made of it.
        _ = Libc.chmod(kept, 0x1C0);
        _free.Push(kept);
        return true;
    }

    /// <summary>Removes what is kept.</summary>
    public void Clear()
    {
        while (_free.TryPop(out var free)) _ = Libc.rmdir(free);
    }
}
