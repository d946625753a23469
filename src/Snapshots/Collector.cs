using Switchyard.Core.Snapshots;

namespace Switchyard.Snapshots;

/// <summary>Mark and sweep: snapshots out of sight first, then the objects that no other snapshot holds. Nobody freezes meanwhile.</summary>
internal sealed class Collector(ObjectStore objects, Records records, string trees, string caches, TimeProvider clock, TimeSpan grace)
{
    public Collection Run(IReadOnlySet<string> wanted, CancellationToken stop)
    {
        var young = clock.GetUtcNow() - grace;
        var all = records.All();
        var gone = all.Where(record => !wanted.Contains(record.Id) && record.At < young).Select(record => record.Id).ToHashSet();
        records.Delete(gone);

        var held = new HashSet<string>();
        foreach (var (id, _) in all)
            if (!gone.Contains(id))
                Mark(id, held, stop);

        var (count, bytes) = (0, 0L);
        foreach (var file in objects.All())
        {
            stop.ThrowIfCancellationRequested();
            if (held.Contains(file.Directory!.Name + file.Name))
                continue;
            bytes += file.Length;
            count++;
            file.Delete();
        }

        foreach (var tree in Directory.EnumerateDirectories(trees))
            if (records.Find(Path.GetFileName(tree)) is null)
                TreeRemoval.Remove(tree);
        foreach (var stage in Directory.EnumerateDirectories(objects.StagesDirectory))
            Directory.Delete(stage, recursive: true);
        foreach (var cache in Directory.EnumerateFiles(caches))
            if (!Directory.Exists(StatCache.DirectoryOf(cache)))
                File.Delete(cache);
        return new Collection(gone.Count, count, bytes);
    }

    private void Mark(string tree, HashSet<string> held, CancellationToken stop)
    {
        if (!held.Add(tree))
            return;
        stop.ThrowIfCancellationRequested();
        foreach (var entry in Entries(tree))
            if (entry.Kind == TreeEntry.Directory)
                Mark(entry.Hash, held, stop);
            else if (entry.Kind == TreeEntry.File)
                held.Add(entry.Hash);
    }

    /// <summary>A damaged snapshot must not keep the disk from being freed: what cannot be read of it holds nothing.</summary>
    private List<TreeEntry> Entries(string tree)
    {
        try
        {
            return Tree.Read(objects.ReadAll(tree));
        }
        catch (InvalidDataException)
        {
            return [];
        }
    }
}
