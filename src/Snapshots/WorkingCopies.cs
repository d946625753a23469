using Microsoft.Win32.SafeHandles;
using Switchyard.Core.Snapshots;

namespace Switchyard.Snapshots;

/// <summary>Makes and removes the copies that runs work in.</summary>
internal sealed class WorkingCopies
{
    private const string Writing = "writing a working copy";

    private readonly ObjectStore objects;
    private readonly Lock trees = new();
    private bool? laid;

    public WorkingCopies(ObjectStore objects)
    {
        this.objects = objects;
        TreesDirectory = Path.Combine(objects.Root, "trees");
        Directory.CreateDirectory(TreesDirectory);
    }

    /// <summary>The frozen trees that copies of layers have in common, by the ids of their snapshots.</summary>
    public string TreesDirectory { get; }

    /// <summary>A copy whose files share blocks with the store, else one of layers, else one of its own.</summary>
    public WorkingCopy MakeCheapest(string id, string target, CancellationToken stop)
    {
        if (!IsLaid(Path.GetDirectoryName(target)!))
            return Make(id, target, stop);
        File.WriteAllText(Layers.Lower(target), TreeOf(id, stop));
        Directory.CreateDirectory(target);
        return new WorkingCopy(target, WorkingCopyKind.Overlay);
    }

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
        TreeRemoval.Remove(Layers.Lower(target));
        TreeRemoval.Remove(Layers.Work(target));
        return TreeRemoval.Remove(target);
    }

    /// <summary>Whether copies are made of layers: the system can, and it cannot share blocks. Tried once, where the first copy is wanted.</summary>
    private bool IsLaid(string parent)
    {
        lock (trees)
        {
            if (laid is { } known)
                return known;
            var scratch = Path.Combine(parent, $".trying-{Guid.NewGuid():N}");
            Directory.CreateDirectory(scratch);
            try
            {
                laid = !Clones(scratch) && Layers.Possible(scratch);
            }
            finally
            {
                TreeRemoval.Remove(scratch);
            }

            return laid.Value;
        }
    }

    private bool Clones(string scratch)
    {
        var stored = Path.Combine(objects.StagesDirectory, Path.GetFileName(scratch));
        try
        {
            File.WriteAllText(stored, "x");
            using var from = Files.Open(stored, Libc.ReadOnly);
            using var to = Files.Open(Path.Combine(scratch, "clone"), Libc.WriteOnly | Libc.Create, 0x180);
            return Files.TryClone(from, to, Writing);
        }
        finally
        {
            File.Delete(stored);
        }
    }

    /// <summary>The frozen tree of a snapshot, made by the first who needs it.</summary>
    private string TreeOf(string id, CancellationToken stop)
    {
        var tree = Path.Combine(TreesDirectory, id);
        lock (trees)
        {
            if (!Directory.Exists(tree))
                Make(id, tree, stop);
        }

        return tree;
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
