using Microsoft.Win32.SafeHandles;
using Switchyard.Core.Snapshots;
using Switchyard.Core.Text;

namespace Switchyard.Snapshots;

/// <summary>
/// Reads working copies as their runs see them, without mounting anything: what a run changed, and the snapshot where it
/// changed nothing. The marks of overlayfs are those of the kernel's documentation ("whiteouts and opaque directories",
/// "redirect_dir").
/// </summary>
internal sealed class CopyReader(ObjectStore objects)
{
    private const string Opaque = "trusted.overlay.opaque", Redirect = "trusted.overlay.redirect";

    public Result<IReadOnlyList<SnapshotEntry>> List(string id, string target, string path)
    {
        if (!At(id, target, path).Ok(out var at, out var refusal))
            return refusal;
        using (at.Own)
        {
            if (!at.IsDirectory)
                return new Refusal(RefusalCode.Invalid, $"'{path}' is no directory");
            var found = new SortedDictionary<string, SnapshotEntry>(StringComparer.Ordinal);
            foreach (var entry in Below(at.Frozen))
                found[entry.Name] = SnapshotStore.Shown(entry);
            if (at.Own is { } own)
            {
                foreach (var name in Files.Names(own))
                {
                    if (Files.State(own, name) is not { } state || IsWhiteout(state, at))
                        found.Remove(name);
                    else
                        found[name] = new SnapshotEntry(Files.Shown(name), state.IsDirectory ? SnapshotEntryKind.Directory : state.IsLink ? SnapshotEntryKind.Link : SnapshotEntryKind.File,
                            state.IsFile ? state.Size : 0, state.IsLink ? Files.Shown(Files.LinkTarget(own, name)) : null);
                }
            }

            return found.Values.ToList();
        }
    }

    public Result<Stream> Open(string id, string target, string path)
    {
        if (!At(id, target, path).Ok(out var at, out var refusal))
            return refusal;
        if (!at.IsDirectory)
            return new FileStream(at.Own ?? objects.Open(at.Frozen!.Hash), FileAccess.Read);
        at.Own?.Dispose();
        return new Refusal(RefusalCode.Invalid, $"'{path}' is no file");
    }

    private Result<Place> At(string id, string target, string path)
    {
        var missing = new Refusal(RefusalCode.NotFound, $"there is no '{path}'");
        var layered = File.Exists(Layers.Lower(target));
        if (!Directory.Exists(target))
            return missing;
        var top = new TreeEntry(TreeEntry.Directory, 0, 0, id, "", "");
        var at = new Place(Files.OpenDirectory(target), layered ? top : null, true, layered);
        try
        {
            foreach (var name in Files.Raw(path).Split('/', StringSplitOptions.RemoveEmptyEntries))
            {
                // Only names are looked up, in directories that are held open: nothing leads out.
                if (name is "." or ".." || name.Length > 255 || name.Contains('\0') || Next(at, name, top) is not { } next)
                {
                    at.Own?.Dispose();
                    return missing;
                }

                at.Own?.Dispose();
                at = next;
            }

            return at;
        }
        catch
        {
            at.Own?.Dispose();
            throw;
        }
    }

    private Place? Next(Place at, string name, TreeEntry top)
    {
        if (!at.IsDirectory)
            return null;
        if (at.Own is { } own && Files.State(own, name) is { } state)
        {
            if (state.IsFile)
                return new Place(Files.OpenIn(own, name, Libc.ReadOnly), null, false, at.Layered);
            if (!state.IsDirectory)
                return null;
            var inner = Files.OpenIn(own, name, Libc.OpenDirectory);
            return new Place(inner, at.Layered ? Beneath(inner, at, name, top) : null, true, at.Layered);
        }

        return Below(at.Frozen).Find(entry => entry.Name == name) is { Kind: not TreeEntry.Link } frozen
            ? new Place(null, frozen, frozen.Kind == TreeEntry.Directory, at.Layered)
            : null;
    }

    /// <summary>The frozen directory that one of the run's lies over: of its own name, of the one it was renamed from, or none.</summary>
    private TreeEntry? Beneath(SafeFileHandle directory, Place at, string name, TreeEntry top)
    {
        if (Files.Attribute(directory, Opaque) == "y")
            return null;
        var (from, way) = (at.Frozen, name);
        if (Files.Attribute(directory, Redirect) is { } redirect)
            (from, way) = redirect.StartsWith('/') ? (top, redirect) : (at.Frozen, redirect);
        foreach (var part in way.Split('/', StringSplitOptions.RemoveEmptyEntries))
            from = Below(from).Find(entry => entry.Name == part);
        return from is { Kind: TreeEntry.Directory } ? from : null;
    }

    private List<TreeEntry> Below(TreeEntry? frozen) => frozen is { Kind: TreeEntry.Directory } ? Tree.Read(objects.ReadAll(frozen.Hash)) : [];

    private static bool IsWhiteout(FileState state, Place at) => at.Layered && state.IsCharacterDevice;

    /// <param name="Own">The run's own file or directory, open; null when it has none here.</param>
    /// <param name="Frozen">The snapshot's, where it can still be seen.</param>
    private readonly record struct Place(SafeFileHandle? Own, TreeEntry? Frozen, bool IsDirectory, bool Layered);
}
