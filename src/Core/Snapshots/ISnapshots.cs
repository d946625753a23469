using Switchyard.Core.Text;

namespace Switchyard.Core.Snapshots;

/// <summary>
/// Frozen copies of directories, by content: equal trees are one snapshot, equal files are stored once. All members touch
/// the disk and may take seconds. A full disk, a file that may not be read or a directory that will not hold still is a
/// refusal; broken disks throw.
/// </summary>
public interface ISnapshots
{
    /// <summary>
    /// Freezes a directory as it is now, without what its <c>.gitignore</c> files exclude. The same tree gives the same id.
    /// The snapshot is there, whole and durable, when this returns; one that nobody wants is safe from
    /// <see cref="Collect"/> for a grace period from here on.
    /// </summary>
    Task<Result<Snapshot>> Freeze(string directory, CancellationToken stop);

    /// <summary>
    /// Makes a writable working copy of a snapshot at <paramref name="target"/>, which must not exist yet.
    /// What is done to the copy never reaches the snapshot. There is nothing at the target until all of it is there.
    /// </summary>
    /// <param name="layers">Whether those who will use the copy can mount layers themselves.</param>
    Task<Result<WorkingCopy>> Materialize(string id, string target, bool layers, CancellationToken stop);

    /// <summary>What one directory of a working copy of a snapshot holds now, by name. Links are not followed.</summary>
    Result<IReadOnlyList<SnapshotEntry>> ListCopy(string id, string target, string path);

    /// <summary>The content of one file of a working copy of a snapshot as it is now. Links are not followed.</summary>
    Result<Stream> OpenCopy(string id, string target, string path);

    /// <summary>
    /// Removes a working copy, also one that a crash left unfinished or that another process made. One that is not there is
    /// already removed.
    /// </summary>
    Task<Result<bool>> Remove(string target, CancellationToken stop);

    /// <summary>The facts of a snapshot.</summary>
    Result<Snapshot> Find(string id);

    /// <summary>What one directory of a snapshot holds, by name; <paramref name="path"/> is relative, empty for the root.</summary>
    Result<IReadOnlyList<SnapshotEntry>> List(string id, string path);

    /// <summary>How the files of one snapshot differ from those of another, by path; <paramref name="most"/> changes and one more at the most. What is equal is not read.</summary>
    Result<IReadOnlyList<FileChange>> Compare(string before, string after, int most);

    /// <summary>The content of one file of a snapshot. Links are not followed.</summary>
    Result<Stream> Open(string id, string path);

    /// <summary>
    /// Deletes every snapshot that is not wanted and older than the grace period, and every object that no other snapshot
    /// holds. Waits for freezes that are under way.
    /// </summary>
    Task<Collection> Collect(IReadOnlySet<string> wanted, CancellationToken stop);

    /// <summary>What the store takes on disk.</summary>
    SnapshotUsage Usage();
}
