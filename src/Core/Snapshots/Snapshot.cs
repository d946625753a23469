namespace Switchyard.Core.Snapshots;

/// <summary>A frozen directory. The id is the hash of its tree: 64 hexadecimal digits.</summary>
/// <param name="Files">Regular files.</param>
/// <param name="Bytes">The sum of their sizes.</param>
/// <param name="Links">Symbolic links, kept as links wherever they point.</param>
public sealed record Snapshot(string Id, long Files, long Bytes, long Links, long Directories)
{
    /// <summary>Bytes that this freeze added to the store; 0 when read back by <see cref="ISnapshots.Find"/>.</summary>
    public long NewBytes { get; init; }

    /// <summary>Entries left out by ignore rules; a directory counts once.</summary>
    public long Ignored { get; init; }

    /// <summary>Files whose content had to be read by this freeze; the others were known by their times.</summary>
    public long Read { get; init; }

    /// <summary>What can be no part of a snapshot (devices, sockets, pipes), each with the reason; a hundred at the most.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];
}

/// <summary>One entry of a snapshot's directory.</summary>
/// <param name="Target">Where a link points.</param>
public sealed record SnapshotEntry(string Name, SnapshotEntryKind Kind, long Size, string? Target);

/// <summary>What an entry is.</summary>
public enum SnapshotEntryKind
{
    File,
    Directory,
    Link,
}

/// <summary>A run's own copy.</summary>
/// <param name="How">How it was made, for people to see.</param>
public sealed record WorkingCopy(string Path, WorkingCopyKind How);

/// <summary>How a working copy was made. The first costs what the run changes, the last as much as the snapshot.</summary>
public enum WorkingCopyKind
{
    /// <summary>Its files share their blocks with the store until they are written to.</summary>
    Reflink,

    /// <summary>
    /// Its files are those of the snapshot until they are written to: an overlay mount that the processes of the run make
    /// for themselves. For others there is only what they changed; <see cref="ISnapshots.OpenCopy"/> reads it.
    /// </summary>
    Overlay,

    /// <summary>Its files are copies of their own.</summary>
    Copy,
}

/// <summary>What a collection did.</summary>
public sealed record Collection(int Snapshots, int Objects, long Bytes);

/// <summary>What the store takes on disk.</summary>
/// <param name="Snapshots">Snapshots held.</param>
/// <param name="Objects">Files and directories of all of them, each content once.</param>
/// <param name="Bytes">The sum of their sizes, and of the trees that working copies are laid over.</param>
public sealed record SnapshotUsage(int Snapshots, long Objects, long Bytes);

/// <summary>A file or a link that is not the same in two snapshots; a size is null where it is missing.</summary>
public sealed record FileChange(string Path, long? Before, long? After);
