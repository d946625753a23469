using Microsoft.Win32.SafeHandles;

namespace Switchyard.Snapshots;

/// <summary>
/// Deletes a tree that a run may have left in any shape: names of any bytes, directories without permissions, links to
/// elsewhere (never followed), deeper than a stack or a path can be.
/// </summary>
internal static class TreeRemoval
{
    private const string Removing = "removing a working copy";
    private const int Deepest = 100;

    /// <summary>False when there was nothing.</summary>
    public static bool Remove(string path)
    {
        var parent = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var name = Files.Raw(Path.GetFileName(Path.GetFullPath(path)));
        if (!Directory.Exists(parent))
            return false;
        using var above = Files.OpenDirectory(parent);
        if (Files.State(above, name) is not { } state)
            return false;
        if (state.IsDirectory)
        {
            using var root = Enter(above, name);
            // What is too deep is moved up to the root and found there by the next round.
            do
                Empty(root, root, 0);
            while (Files.Names(root).Count > 0);
        }

        Files.Check(Libc.unlinkat(above, Files.Bytes(name), state.IsDirectory ? Libc.RemoveDirectory : 0), Removing);
        return true;
    }

    private static void Empty(SafeFileHandle root, SafeFileHandle directory, int depth)
    {
        foreach (var name in Files.Names(directory))
        {
            var bytes = Files.Bytes(name);
            if (Files.State(directory, name) is not { } state)
                continue;
            if (state.IsDirectory && depth == Deepest)
            {
                // A directory must be writable to be moved.
                Enter(directory, name).Dispose();
                Files.Check(Libc.renameat(directory, bytes, root, Files.Bytes($".removing-{Guid.NewGuid():N}")), Removing);
                continue;
            }

            if (state.IsDirectory)
                using (var child = Enter(directory, name))
                    Empty(root, child, depth + 1);
            if (Libc.unlinkat(directory, bytes, state.IsDirectory ? Libc.RemoveDirectory : 0) < 0 && Libc.Errno != Libc.ENOENT)
                throw Files.Failed(Removing);
        }
    }

    private static SafeFileHandle Enter(SafeFileHandle directory, string name)
    {
        // Not through a link: the name was just seen to be a directory, and opening it refuses one.
        SafeFileHandle opened;
        try
        {
            opened = Files.OpenIn(directory, name, Libc.OpenDirectory);
        }
        catch (CallFailed failure) when (failure.Errno == Libc.EACCES)
        {
            Files.Check(Libc.fchmodat(directory, Files.Bytes(name), 0x1c0, 0), Removing);
            opened = Files.OpenIn(directory, name, Libc.OpenDirectory);
        }

        if ((Files.State(opened).Mode & 0xc0) != 0xc0)
            Files.Check(Libc.fchmod(opened, 0x1c0), Removing);
        return opened;
    }
}
