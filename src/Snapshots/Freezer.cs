using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Switchyard.Core.Snapshots;

namespace Switchyard.Snapshots;

/// <summary>Freezes one directory: walks it, reads what its cache does not know, builds its trees, publishes.</summary>
internal sealed class Freezer(ObjectStore objects, Records records, TimeProvider clock, string directory, string cachePath)
{
    /// <summary>A file that fits the buffer is read whole; a larger one is streamed or cloned.</summary>
    private const int BufferSize = 256 * 1024;

    private const int Passes = 5, ReadsInAPass = 3, MostLeftOut = 100;

    public Snapshot Run(CancellationToken stop)
    {
        using var project = OpenProject();
        using var stage = objects.NewStage();
        using var root = Files.OpenDirectory(objects.Root);
        var store = Files.State(root);
        var cache = StatCache.Read(cachePath);
        for (var pass = 1; ; pass++)
            try
            {
                return Pass(project, stage, store, cache, stop);
            }
            catch (ProjectMoved moved) when (pass == Passes)
            {
                throw new ProjectRefused($"'{Files.Shown(moved.Path)}' kept changing while it was frozen; stop what writes it, or add it to .gitignore");
            }
            catch (ProjectMoved)
            {
                // The next pass sees what is there then; what this one stored is not stored again.
            }
    }

    private Snapshot Pass(SafeFileHandle project, ObjectStore.Stage stage, FileState store, StatCache cache, CancellationToken stop)
    {
        var walk = Walk.Of(project, store, stop);
        foreach (var file in walk.AllFiles)
            file.Hash = cache.Find(file.Path, file.State) ?? "";
        var unknown = walk.AllFiles.Where(file => file.Hash.Length == 0).ToList();

        // A snapshot that is there has all its objects; else what the cache knows may have been collected since.
        if (unknown.Count == 0 && records.Touch(TreeOf(walk.Root, bytes => Convert.ToHexStringLower(SHA256.HashData(bytes))).Hash) is { } existing)
            return WithFacts(existing, walk, 0);
        unknown.AddRange(walk.AllFiles.Where(file => file.Hash.Length > 0 && !objects.Has(file.Hash, file.Size)));
        Read(project, stage, unknown, stop);
        var root = TreeOf(walk.Root, bytes => stage.Add(bytes));
        stop.ThrowIfCancellationRequested();
        stage.Publish();
        var snapshot = records.Touch(root.Hash)
            ?? records.Add(new Snapshot(root.Hash, walk.AllFiles.Count, walk.AllFiles.Sum(file => file.Size), walk.Links, walk.Directories));
        StatCache.Write(cachePath, directory, walk.AllFiles.Select(file => (file.Path, file.State, file.Hash, file.ReadAt)));
        return WithFacts(snapshot with { NewBytes = stage.Bytes }, walk, unknown.Count);
    }

    private static Snapshot WithFacts(Snapshot snapshot, Walk walk, int read) => snapshot with
    {
        Ignored = walk.Ignored,
        Read = read,
        LeftOut = walk.LeftOut.Count <= MostLeftOut ? walk.LeftOut : [.. walk.LeftOut.Take(MostLeftOut - 1), $"and {walk.LeftOut.Count - MostLeftOut + 1} more"],
    };

    private void Read(SafeFileHandle project, ObjectStore.Stage stage, List<ProjectFile> files, CancellationToken stop)
    {
        var chunks = files.GroupBy(file => file.Directory).SelectMany(group => group.Chunk(64)).ToList();
        var options = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = stop };
        try
        {
            Parallel.ForEach(chunks, options, () => new byte[BufferSize], (chunk, _, buffer) =>
            {
                using var opened = OpenInside(project, chunk[0].Directory);
                foreach (var file in chunk)
                    ReadOne(opened, stage, file, buffer);
                return buffer;
            }, _ => { });
        }
        catch (AggregateException several)
        {
            // A full disk says more than a file that moved.
            var flat = several.Flatten().InnerExceptions;
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(flat.FirstOrDefault(one => one is not ProjectMoved) ?? flat[0]);
        }
    }

    private void ReadOne(SafeFileHandle parent, ObjectStore.Stage stage, ProjectFile file, byte[] buffer)
    {
        for (var again = 0; again < ReadsInAPass; again++)
        {
            using var opened = Walk.Opened(parent, file.Name, file.Path, Libc.ReadOnly | Libc.NoBlock);
            var before = Files.State(opened);
            if (!before.IsFile)
                throw new ProjectMoved(file.Path);
            var readAt = (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
            var (hash, size, cloned) = stage.Add(opened, before.Size, buffer);
            if (!cloned && Files.State(opened) != before)
                continue;
            (file.State, file.ReadAt, file.Hash, file.Size) = (before, readAt, hash, size);
            return;
        }

        throw new ProjectMoved(file.Path);
    }

    /// <summary>Opens a directory of the project name by name, so that a link put in its place is not followed.</summary>
    private static SafeFileHandle OpenInside(SafeFileHandle project, ProjectDirectory directory)
    {
        var at = Files.OpenIn(project, ".", Libc.OpenDirectory);
        foreach (var name in directory.Path.Split('/', StringSplitOptions.RemoveEmptyEntries))
            using (var parent = at)
                at = Walk.Opened(parent, name, directory.Path, Libc.OpenDirectory);
        return at;
    }

    private static (string Hash, long Size) TreeOf(ProjectDirectory directory, Func<byte[], string> add)
    {
        var entries = new List<TreeEntry>(directory.Links);
        foreach (var file in directory.Files)
            entries.Add(new TreeEntry(TreeEntry.File, file.State.Permissions, file.Size, file.Hash, file.Name, ""));
        foreach (var child in directory.Directories)
        {
            var (hash, size) = TreeOf(child, add);
            entries.Add(new TreeEntry(TreeEntry.Directory, child.Mode, size, hash, child.Name, ""));
        }

        var text = Tree.Write(entries);
        return (add(text), text.Length);
    }

    private SafeFileHandle OpenProject()
    {
        try
        {
            return Files.OpenDirectory(directory);
        }
        catch (CallFailed failure) when (failure.Errno is Libc.ENOENT or Libc.ENOTDIR or Libc.EACCES)
        {
            throw new ProjectRefused($"'{directory}' cannot be frozen: {failure.Message}");
        }
    }
}
