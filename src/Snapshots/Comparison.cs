using Switchyard.Core.Snapshots;

namespace Switchyard.Snapshots;

/// <summary>Walks through two trees side by side. Directories of the same hash are passed over unread.</summary>
internal sealed class Comparison(ObjectStore objects, int most)
{
    private readonly List<FileChange> _changes = [];

    public List<FileChange> Of(string before, string after)
    {
        Directories("", before, after);
        return [.. _changes.Take(most + 1)];
    }

    /// <param name="before">The hash of a directory; null where there is none.</param>
    private void Directories(string path, string? before, string? after)
    {
        if (before == after)
            return;
        var (left, right) = (Entries(before), Entries(after));
        foreach (var name in left.Keys.Union(right.Keys).Order(StringComparer.Ordinal))
        {
            if (_changes.Count > most)
                return;
            Entry(path + Files.Shown(name), left.GetValueOrDefault(name), right.GetValueOrDefault(name));
        }
    }

    private void Entry(string path, TreeEntry? before, TreeEntry? after)
    {
        var (left, right) = (Directory(before), Directory(after));
        if (left is not null || right is not null)
            Directories(path + "/", left, right);
        var (was, now) = (left is null ? before : null, right is null ? after : null);
        if ((was is not null || now is not null) && (was?.Kind, was?.Hash, was?.Target, was?.Mode) != (now?.Kind, now?.Hash, now?.Target, now?.Mode))
            _changes.Add(new FileChange(path, was?.Size, now?.Size));
    }

    private Dictionary<string, TreeEntry> Entries(string? hash) => hash is null ? [] : Tree.Read(objects.ReadAll(hash)).ToDictionary(entry => entry.Name, StringComparer.Ordinal);

    private static string? Directory(TreeEntry? entry) => entry?.Kind == TreeEntry.Directory ? entry.Hash : null;
}
