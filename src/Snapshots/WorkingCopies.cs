using Microsoft.Win32.SafeHandles;
using Switchyard.Core.Snapshots;

namespace Switchyard.Snapshots;

/// <summary>Makes and removes the copies that runs work in.</summary>
internal sealed class WorkingCopies(ObjectStore objects)
{
    private const string Writing = "writing a working copy";

    /// <summary>Builds beside the target and renames it into place as the last thing.</summary>
    public WorkingCopy Make(string id, string target, CancellationToken stop)
    {
        var partial = Partial(target);
        TreeRemoval.Remove(partial);
        try
        {
            Directory.CreateDirectory(partial);
            WorkingCopyKind how;
            using (var root = Files.OpenDirectory(partial))
                how = Fill(root, id, stop);
            Directory.Move(partial, target);
            return new WorkingCopy(target, how);
        }
        catch
        {
            TreeRemoval.Remove(partial);
            throw;
        }
    }

    /// <summary>Removes a copy and what an unfinished one left.</summary>
    public static bool Remove(string target)
    {
        TreeRemoval.Remove(Partial(target));
        return TreeRemoval.Remove(target);
    }

    private static string Partial(string target) => target + ".partial";

    private WorkingCopyKind Fill(SafeFileHandle root, string id, CancellationToken stop)
    {
        var directories = new List<(string Path, int Mode)>();
        var files = new List<(string Directory, TreeEntry Entry)>();
        Plan(root, "", id, directories, files, stop);
        // The first that cannot be cloned ends it for all.
        var clones = files.Exists(file => file.Entry.Size > 0);
        try
        {
            Parallel.ForEach(files.Chunk(64), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = stop }, chunk =>
            {
                SafeFileHandle? directory = null;
                try
                {
                    for (var i = 0; i < chunk.Length; i++)
                    {
                        if (i == 0 || chunk[i].Directory != chunk[i - 1].Directory)
                        {
                            directory?.Dispose();
                            directory = Files.OpenIn(root, "./" + chunk[i].Directory, Libc.OpenDirectory);
                        }

                        Put(directory!, chunk[i].Entry, ref clones);
                    }
                }
                finally
                {
                    directory?.Dispose();
                }
            });
        }
        catch (AggregateException several)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(several.Flatten().InnerExceptions[0]);
        }

        // Children first: a directory may be one that cannot be entered.
        for (var i = directories.Count - 1; i >= 0; i--)
            Files.Check(Libc.fchmodat(root, Files.Bytes(directories[i].Path), directories[i].Mode, 0), Writing);
        return clones ? WorkingCopyKind.Reflink : WorkingCopyKind.Copy;
    }

    /// <summary>Makes directories and links, and notes the files.</summary>
    private void Plan(SafeFileHandle root, string path, string hash, List<(string, int)> directories, List<(string, TreeEntry)> files, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        foreach (var entry in Tree.Read(objects.ReadAll(hash)))
        {
            var child = path + entry.Name;
            switch (entry.Kind)
            {
                case TreeEntry.Directory:
                    Files.Check(Libc.mkdirat(root, Files.Bytes(child), 0x1c0), Writing);
                    directories.Add((child, entry.Mode));
                    Plan(root, child + "/", entry.Hash, directories, files, stop);
                    break;
                case TreeEntry.Link:
                    Files.Check(Libc.symlinkat(Files.Bytes(entry.Target), root, Files.Bytes(child)), Writing);
                    break;
                default:
                    files.Add((path, entry));
                    break;
            }
        }
    }

    private void Put(SafeFileHandle directory, TreeEntry entry, ref bool clones)
    {
        using var from = objects.Open(entry.Hash);
        if (Files.State(from).Size != entry.Size)
            throw new InvalidDataException($"object {entry.Hash} has not the size it had");
        using var to = Files.OpenIn(directory, entry.Name, Libc.WriteOnly | Libc.Create | Libc.Exclusive, 0x180);
        if (entry.Size > 0)
        {
            if (Volatile.Read(ref clones) && !Files.TryClone(from, to, Writing))
                Volatile.Write(ref clones, false);
            if (!Volatile.Read(ref clones))
                Files.Copy(from, to, Writing);
        }

        Files.Check(Libc.fchmod(to, entry.Mode), Writing);
    }
}
