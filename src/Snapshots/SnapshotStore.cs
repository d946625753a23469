using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Switchyard.Core.Snapshots;
using Switchyard.Core.Text;

namespace Switchyard.Snapshots;

/// <summary>
/// Snapshots in one directory: <c>objects/</c> (contents), <c>snapshots/</c> (what can be seen), <c>files/</c> (what each
/// project's files held, to read only what changed), <c>trees/</c> (frozen trees under working copies of layers), <c>tmp/</c> (freezes under way) and a lock: freezes and copies share it,
/// a collection has it alone, also among several processes.
/// </summary>
public sealed class SnapshotStore : ISnapshots
{
    /// <summary>For how long a snapshot that nobody wants yet is kept: whoever froze it has to write its id down.</summary>
    public static readonly TimeSpan DefaultGrace = TimeSpan.FromHours(1);

    private readonly ObjectStore objects;
    private readonly Records records;
    private readonly TimeProvider clock;
    private readonly TimeSpan grace;
    private readonly WorkingCopies copies;
    private readonly CopyReader reader;
    private readonly string caches, lockPath;

    /// <summary>Copies that are being made, by their target.</summary>
    private readonly ConcurrentDictionary<string, UnderWay> making = new(StringComparer.Ordinal);

    /// <param name="root">The store's own directory; made where it is missing, for its owner alone.</param>
    public SnapshotStore(string root, TimeProvider clock, TimeSpan? grace = null)
    {
        root = Path.GetFullPath(root);
        Directory.CreateDirectory(root);
        using (var directory = Files.OpenDirectory(root))
            Files.Check(Libc.fchmod(directory, 0x1c0), root);
        (this.clock, this.grace) = (clock, grace ?? DefaultGrace);
        objects = new ObjectStore(root);
        records = new Records(root, clock);
        copies = new WorkingCopies(objects);
        reader = new CopyReader(objects);
        lockPath = Path.Combine(root, "lock");
        caches = Path.Combine(root, "files");
        Directory.CreateDirectory(caches);
    }

    /// <inheritdoc/>
    public Task<Result<Snapshot>> Freeze(string directory, CancellationToken stop) => Working<Snapshot>(() =>
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        var cache = Path.Combine(caches, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(full))));
        using var shared = Lock(Libc.LockShared);
        return new Freezer(objects, records, clock, full, cache).Run(stop);
    }, stop);

    /// <inheritdoc/>
    public Task<Result<WorkingCopy>> Materialize(string id, string target, bool layers, CancellationToken stop) => Working<WorkingCopy>(() =>
    {
        target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        using var shared = Lock(Libc.LockShared);
        if (records.Find(id) is null)
            return Unknown(id);
        if (Path.Exists(target) || new FileInfo(target).LinkTarget is not null)
            return new Refusal(RefusalCode.Conflict, $"'{target}' is there already; a working copy needs a new place");
        using var unneeded = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var underWay = new UnderWay(unneeded, new ManualResetEventSlim());
        if (!making.TryAdd(target, underWay))
            return new Refusal(RefusalCode.Conflict, $"'{target}' is being made already; a working copy needs a new place");
        try
        {
            return layers ? copies.MakeCheapest(id, target, unneeded.Token) : copies.Make(id, target, unneeded.Token);
        }
        finally
        {
            making.TryRemove(target, out _);
            underWay.Done.Set();
        }
    }, stop);

    /// <inheritdoc/>
    public Task<Result<bool>> Remove(string target, CancellationToken stop) =>
        Working<bool>(() =>
        {
            var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
            // What is being written cannot be removed: its maker gives up first.
            foreach (var (copy, underWay) in making)
            {
                if (copy == full || copy.StartsWith(full + "/", StringComparison.Ordinal))
                    underWay.GiveUp(stop);
            }

            return WorkingCopies.Remove(full);
        }, stop);

    /// <inheritdoc/>
    public Result<Snapshot> Find(string id) => records.Find(id) is { } found ? found : Unknown(id);

    /// <inheritdoc/>
    public Result<IReadOnlyList<SnapshotEntry>> List(string id, string path) => Guarded<IReadOnlyList<SnapshotEntry>>(() =>
    {
        if (!EntryAt(id, path).Ok(out var entry, out var refusal))
            return refusal;
        if (entry.Kind != TreeEntry.Directory)
            return new Refusal(RefusalCode.Invalid, $"'{path}' is no directory of snapshot {id}");
        return Tree.Read(objects.ReadAll(entry.Hash)).ConvertAll(Shown);
    });

    /// <inheritdoc/>
    public Result<IReadOnlyList<FileChange>> Compare(string before, string after, int most) => Guarded<IReadOnlyList<FileChange>>(() =>
    {
        foreach (var id in new[] { before, after })
        {
            if (records.Find(id) is null)
                return Unknown(id);
        }

        return new Comparison(objects, most).Of(before, after);
    });

    internal static SnapshotEntry Shown(TreeEntry entry) => new(Files.Shown(entry.Name), entry.Kind switch
    {
        TreeEntry.Directory => SnapshotEntryKind.Directory,
        TreeEntry.Link => SnapshotEntryKind.Link,
        _ => SnapshotEntryKind.File,
    }, entry.Kind == TreeEntry.File ? entry.Size : 0, entry.Kind == TreeEntry.Link ? Files.Shown(entry.Target) : null);

    /// <inheritdoc/>
    public Result<Stream> Open(string id, string path) => Guarded<Stream>(() =>
    {
        if (!EntryAt(id, path).Ok(out var entry, out var refusal))
            return refusal;
        return entry.Kind == TreeEntry.File
            ? new FileStream(objects.Open(entry.Hash), FileAccess.Read)
            : new Refusal(RefusalCode.Invalid, $"'{path}' is no file of snapshot {id}");
    });

    /// <inheritdoc/>
    public Result<IReadOnlyList<SnapshotEntry>> ListCopy(string id, string target, string path) => Guarded(() => reader.List(id, target, path));

    /// <inheritdoc/>
    public Result<Stream> OpenCopy(string id, string target, string path) => Guarded(() => reader.Open(id, target, path));

    /// <inheritdoc/>
    public Task<Collection> Collect(IReadOnlySet<string> wanted, CancellationToken stop) => OnItsOwnThread(() =>
    {
        using var alone = Lock(Libc.LockExclusive);
        return new Collector(objects, records, copies.TreesDirectory, caches, clock, grace).Run(wanted, stop);
    }, stop);

    /// <inheritdoc/>
    public SnapshotUsage Usage()
    {
        var (count, bytes) = (0L, 0L);
        foreach (var file in objects.All())
            (count, bytes) = (count + 1, bytes + file.Length);
        foreach (var tree in Directory.EnumerateDirectories(copies.TreesDirectory))
            bytes += records.Find(Path.GetFileName(tree))?.Bytes ?? 0;
        return new SnapshotUsage(records.All().Count, count, bytes);
    }

    private Result<TreeEntry> EntryAt(string id, string path)
    {
        if (records.Find(id) is null)
            return Unknown(id);
        var at = new TreeEntry(TreeEntry.Directory, 0, 0, id, "", "");
        foreach (var name in Files.Raw(path).Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            // Names are looked up, never opened: "..", links and absolute paths lead nowhere.
            var next = at.Kind == TreeEntry.Directory ? Tree.Read(objects.ReadAll(at.Hash)).Find(entry => entry.Name == name) : null;
            if (next is null)
                return new Refusal(RefusalCode.NotFound, $"snapshot {id} has no '{path}'");
            at = next;
        }

        return at;
    }

    private static Refusal Unknown(string id) => new(RefusalCode.NotFound, $"no snapshot is called '{id}'; it was collected or never made");

    private FileLock Lock(int how) => new(lockPath, how);

    private static Task<Result<T>> Working<T>(Func<Result<T>> work, CancellationToken stop) => OnItsOwnThread(() => Guarded(work), stop);

    /// <summary>Waiting for a lock or a disk for seconds is not for the pool's threads, which answer requests.</summary>
    private static Task<T> OnItsOwnThread<T>(Func<T> work, CancellationToken stop) =>
        Task.Factory.StartNew(work, stop, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Turns the failures that have a remedy into refusals.</summary>
    private static Result<T> Guarded<T>(Func<Result<T>> work)
    {
        try
        {
            return work();
        }
        catch (ProjectRefused refused)
        {
            return new Refusal(RefusalCode.Invalid, refused.Message);
        }
        catch (InvalidDataException damaged)
        {
            return new Refusal(RefusalCode.Internal, $"the snapshot is damaged: {damaged.Message}; freeze the project again");
        }
        catch (IOException full) when (full.HResult is Libc.ENOSPC or Libc.EDQUOT)
        {
            return new Refusal(RefusalCode.Exhausted, "the disk of the snapshots is full; nothing was kept. Free some space, or remove jobs and runs that are no longer needed");
        }
        catch (IOException failure) when (failure.HResult is Libc.EROFS or Libc.ENAMETOOLONG)
        {
            return new Refusal(RefusalCode.Unavailable, failure.Message);
        }
    }

    /// <summary>A copy that is being made, and how to have that stopped.</summary>
    private sealed record UnderWay(CancellationTokenSource Unneeded, ManualResetEventSlim Done)
    {
        public void GiveUp(CancellationToken stop)
        {
            try
            {
                Unneeded.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It has just been made.
            }

            Done.Wait(stop);
        }
    }

    /// <summary>A lock among threads and processes, gone with its file descriptor.</summary>
    private sealed class FileLock : IDisposable
    {
        private readonly Microsoft.Win32.SafeHandles.SafeFileHandle file;

        public FileLock(string path, int how)
        {
            file = Files.Open(path, Libc.ReadWrite | Libc.Create, 0x180);
            while (Libc.flock(file, how) < 0)
                if (Libc.Errno != Libc.EINTR)
                {
                    var failure = Files.Failed(path);
                    file.Dispose();
                    throw failure;
                }
        }

        public void Dispose() => file.Dispose();
    }
}
