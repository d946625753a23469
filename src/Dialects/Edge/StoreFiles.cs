using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Switchyard.Dialects.Edge;

/// <summary>Sums over a directory.</summary>
public readonly record struct StoreSummary(long Directories, long Files, long Bytes)
{
    public static StoreSummary operator +(StoreSummary a, StoreSummary b) => new(a.Directories + b.Directories, a.Files + b.Files, a.Bytes + b.Bytes);
}

/// <summary>
/// The store as plain files below a directory. What is written appears whole or not at all, and what is removed goes at
/// once: both pass through a folder of the store's own, which is emptied when the server begins to serve the store.
/// </summary>
/// <param name="root">The directory; made if need be.</param>
/// <param name="mounts">Directories elsewhere that stand at a place two names deep (<c>alice/risk-analysis</c>), on whatever disk.</param>
public sealed class StoreFiles(string root, IReadOnlyDictionary<string, string>? mounts = null)
{
    /// <summary>The folder for what is on its way; no path names it.</summary>
    public const string WorkFolder = ".yard-work";

    /// <summary>What is on its way in a mounted directory is on that directory's disk, under a name that begins so.</summary>
    private const string WorkMark = ".yard-work-";

    private const int MountLevels = 2;
    private const int MaxLevels = 100;

    private readonly Lock _gate = new();
    private bool _swept;

    /// <summary>Opens a directory; the root is made if need be.</summary>
    public TreeFault Open(IReadOnlyList<string> place, out TreeDirectory directory)
    {
        Sweep();
        var mount = MountOf(place);
        var fault = TreeDirectory.Open(mount ?? root, out directory);
        foreach (var name in place.Skip(mount is null ? 0 : MountLevels))
        {
            if (fault != TreeFault.None)
                return fault;
            using var above = directory;
            fault = above.Enter(name, out directory);
        }

        return fault;
    }

    /// <summary>What stands at a place.</summary>
    public TreeFault Look(IReadOnlyList<string> place, out TreeEntry entry)
    {
        entry = default;
        var isTop = place.Count == 0 || (place.Count == MountLevels && MountOf(place) is not null);
        var fault = Open(isTop ? place : [.. place.SkipLast(1)], out var directory);
        if (fault != TreeFault.None)
            return fault;
        using (directory)
            return isTop ? directory.Look(out entry) : directory.Look(place[^1], out entry);
    }

    /// <summary>Opens a file for reading.</summary>
    public TreeFault Read(IReadOnlyList<string> place, out SafeFileHandle file, out TreeEntry entry)
    {
        (file, entry) = (null!, default);
        var fault = Open([.. place.SkipLast(1)], out var directory);
        if (fault != TreeFault.None)
            return fault;
        using (directory)
            return directory.Read(place[^1], out file, out entry);
    }

    /// <summary>Makes a directory and those above it; one that stands is left as it is.</summary>
    public TreeFault Make(IReadOnlyList<string> place, int mode) => MakeAndOpen(place, mode, out var directory) is var fault && fault == TreeFault.None ? Closed(directory) : fault;

    /// <summary>Why a file cannot be written there, before its content is asked for.</summary>
    public TreeFault MayHold(IReadOnlyList<string> place, bool overwrite) => Look(place, out var entry) switch
    {
        TreeFault.Missing => TreeFault.None,
        TreeFault.None => entry.Kind == TreeKind.File && overwrite ? TreeFault.None : TreeFault.Exists,
        var fault => fault,
    };

    /// <summary>Writes a file: all of it, on the disk, or nothing.</summary>
    public async Task<TreeFault> Write(IReadOnlyList<string> place, bool overwrite, int mode, Stream content, CancellationToken stop)
    {
        if (MayHold(place, overwrite) is var held && held != TreeFault.None)
            return held;
        var fault = Begin(place, out var draft);
        if (fault != TreeFault.None)
            return fault;
        using (draft)
            return await draft.Append(content, stop) is var broken && broken != TreeFault.None ? broken : draft.Keep(place, overwrite, mode);
    }

    /// <summary>Begins a file that comes in pieces, on the disk of the place it is meant for.</summary>
    public TreeFault Begin(IReadOnlyList<string> near, out StoreDraft draft)
    {
        draft = null!;
        var fault = OpenWork(near, out var work, out var name, out _);
        if (fault != TreeFault.None)
            return fault;
        fault = work.Create(name, out var file);
        if (fault == TreeFault.None)
            draft = new StoreDraft(this, work, name, file);
        else
            work.Dispose();
        return fault;
    }

    /// <summary>Moves a file or a directory to a place where nothing stands and whose parent does.</summary>
    public TreeFault Move(IReadOnlyList<string> from, IReadOnlyList<string> to)
    {
        var fault = Open([.. from.SkipLast(1)], out var source);
        if (fault != TreeFault.None)
            return fault;
        using (source)
        {
            fault = Open([.. to.SkipLast(1)], out var target);
            if (fault != TreeFault.None)
                return fault;
            using (target)
            {
                if (target.Look(to[^1], out _) != TreeFault.Missing)
                    return TreeFault.Exists;
                fault = source.Look(from[^1], out var entry);
                return fault != TreeFault.None ? fault
                    : entry.Kind == TreeKind.Directory ? source.Move(from[^1], target, to[^1])
                    : source.MoveToFree(from[^1], target, to[^1]);
            }
        }
    }

    /// <summary>Removes a file, or a directory; with all that is in it only when that is asked for.</summary>
    public TreeFault Delete(IReadOnlyList<string> place, bool recursive)
    {
        var fault = Open([.. place.SkipLast(1)], out var directory);
        if (fault != TreeFault.None)
            return fault;
        using (directory)
        {
            fault = directory.Look(place[^1], out var entry);
            if (fault != TreeFault.None)
                return fault;
            if (entry.Kind != TreeKind.Directory || !recursive)
                return directory.Remove(place[^1], entry.Kind == TreeKind.Directory);
            fault = OpenWork(place, out var work, out var name, out var folder);
            if (fault != TreeFault.None)
                return fault;
            using (work)
                fault = directory.Move(place[^1], work, name);
            if (fault == TreeFault.None)
                Empty(Path.Join(folder, name));
            return fault;
        }
    }

    /// <summary>What lies below a directory, this one counted; what <paramref name="mayRead"/> does not allow is left out.</summary>
    public async Task<StoreSummary> Sum(IReadOnlyList<string> place, Func<IReadOnlyList<string>, ValueTask<bool>> mayRead, CancellationToken stop)
    {
        if (Open(place, out var directory) != TreeFault.None)
            return default;
        using (directory)
        {
            var sum = new StoreSummary(1, 0, 0);
            foreach (var name in directory.Names().Where(name => place.Count > 0 || name != WorkFolder))
            {
                stop.ThrowIfCancellationRequested();
                if (directory.Look(name, out var entry) != TreeFault.None || entry.Kind == TreeKind.Other || place.Count >= MaxLevels)
                    continue;
                IReadOnlyList<string> below = [.. place, name];
                // Private folders lie on the first two levels.
                if (below.Count <= 2 && !await mayRead(below))
                    continue;
                sum += entry.Kind == TreeKind.File ? new StoreSummary(0, 1, entry.Length) : await Sum(below, mayRead, stop);
            }

            return sum;
        }
    }

    /// <summary>Gives a file that is complete its place.</summary>
    internal TreeFault Settle(TreeDirectory work, string name, IReadOnlyList<string> place, bool overwrite)
    {
        var fault = MakeAndOpen([.. place.SkipLast(1)], 0x1ED, out var directory);   // 0755
        if (fault != TreeFault.None)
            return fault;
        using (directory)
            return overwrite ? work.Move(name, directory, place[^1]) : work.MoveToFree(name, directory, place[^1]);
    }

    private TreeFault MakeAndOpen(IReadOnlyList<string> place, int mode, out TreeDirectory directory)
    {
        var top = MountOf(place) is null ? 0 : MountLevels;
        var fault = Open([.. place.Take(top)], out directory);
        for (var no = top; no < place.Count && fault == TreeFault.None; no++)
        {
            using var above = directory;
            fault = above.Enter(place[no], out directory);
            if (fault != TreeFault.Missing)
                continue;
            fault = above.Make(place[no], (no == place.Count - 1 ? mode & 0x1FF : 0x1ED) | 0x1C0);
            // Somebody else may have been faster.
            if (fault is TreeFault.None or TreeFault.Exists)
                fault = above.Enter(place[no], out directory);
        }

        return fault;
    }

    /// <summary>The directory that is mounted at the top of a place, or null.</summary>
    private string? MountOf(IReadOnlyList<string> place) =>
        mounts is { Count: > 0 } && place.Count >= MountLevels ? mounts.GetValueOrDefault($"{place[0]}/{place[1]}") : null;

    /// <summary>Opens the folder for what is on its way to or from a place, and names it there.</summary>
    private TreeFault OpenWork(IReadOnlyList<string> place, out TreeDirectory work, out string name, out string folder)
    {
        (name, folder) = (Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12)), Path.Join(root, WorkFolder));
        if (MountOf(place) is not { } mount)
            return Open([WorkFolder], out work);
        (name, folder) = (WorkMark + name, mount);
        return Open([.. place.Take(MountLevels)], out work);
    }

    /// <summary>Once in a server's life: makes the root and removes what an earlier server left on its way.</summary>
    private void Sweep()
    {
        lock (_gate)
        {
            if (_swept)
                return;
            var work = Path.Join(root, WorkFolder);
            try
            {
                Empty(work);
                Directory.CreateDirectory(work);
                foreach (var left in (mounts ?? new Dictionary<string, string>()).Values.Where(Directory.Exists).SelectMany(mount => Directory.EnumerateFileSystemEntries(mount, WorkMark + "*")))
                    Remove(left);
                _swept = true;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // The next call tries again; this one is told by what it does itself.
            }
        }
    }

    /// <summary>What cannot be removed now is not in the store any more, and the next sweep tries again.</summary>
    private static void Empty(string path)
    {
        try
        {
            if (Directory.Exists(path))
                Directory.Delete(path, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static void Remove(string path)
    {
        if (File.GetAttributes(path).HasFlag(FileAttributes.Directory))
            Empty(path);
        else
            File.Delete(path);
    }

    private static TreeFault Closed(TreeDirectory directory)
    {
        directory.Dispose();
        return TreeFault.None;
    }
}
