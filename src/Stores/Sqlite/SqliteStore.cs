using Switchyard.Core.Storage;
using Switchyard.Stores.Sqlite.Raw;
using Switchyard.Stores.Sqlite.Writing;

namespace Switchyard.Stores.Sqlite;

/// <summary>
/// The embedded store: one file in write-ahead-log mode, one thread that writes in groups, a few connections that read.
/// An answered write has been flushed to the disk. Fails with <see cref="StoreUnavailable"/> when the file or its disk is in trouble.
/// </summary>
public sealed partial class SqliteStore : IStore
{
    private const int MostReaders = 4;
    private static readonly TimeSpan Busy = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time;
    private readonly PlanCache _plans = new();
    private readonly Readers _readers;
    private readonly Checkpointer _checkpointer;
    private readonly Writer _writer;
    private int _disposed;

    private SqliteStore(Database writing, Database checkpoints, string path, TimeProvider time)
    {
        _time = time;
        _readers = new Readers(path, MostReaders);
        _checkpointer = new Checkpointer(checkpoints, path);
        _writer = new Writer(writing, path, _plans, _checkpointer);
    }

    /// <summary>
    /// Opens a database, creates it if it is missing, and brings it forward. Refuses, as <see cref="StoreUnavailable"/>, one
    /// that is newer than this program, cannot be written, is held by another process or is not a database.
    /// </summary>
    /// <param name="path">The file; two more, ending in -wal and -shm, stand beside it.</param>
    /// <param name="time">The clock for what the store itself notes.</param>
    /// <param name="stop">Gives up before opening.</param>
    public static Task<SqliteStore> Open(string path, TimeProvider time, CancellationToken stop = default) =>
        Task.Run(() => OpenNow(Path.GetFullPath(path), time), stop);

    private static SqliteStore OpenNow(string path, TimeProvider time)
    {
        Database? writing = null;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            writing = Database.Open(path, forWriting: true, Busy);
            if (writing.IsReadOnly)
            {
                throw new StoreUnavailable(StoreTrouble.ReadOnly,
                    $"{path} may only be read: give this user write permission on the file and its directory, or name another data directory");
            }

            if (writing["pragma journal_mode = wal"].First(row => row.Text()) != "wal")
            {
                throw new StoreUnavailable(StoreTrouble.Broken,
                    $"{path} stands on a file system without shared memory, which a write-ahead log needs: name a data directory on a local disk");
            }

            writing.Execute("pragma synchronous = full; pragma wal_autocheckpoint = 0; pragma cache_size = -32000; pragma temp_store = memory");
            Schema.Migrate(writing, path, time.GetUtcNow());
            Touch(writing, time.GetUtcNow());
            return new SqliteStore(writing, Database.Open(path, forWriting: true, TimeSpan.FromMilliseconds(100)), path, time);
        }
        catch (Exception failure)
        {
            writing?.Dispose();
            throw failure switch
            {
                SqliteFailure ours => ours.ForCallers(path),
                UnauthorizedAccessException => new StoreUnavailable(StoreTrouble.ReadOnly,
                    $"{Path.GetDirectoryName(path)} cannot be made: give this user write permission, or name another data directory", failure),
                IOException and not StoreUnavailable => new StoreUnavailable(StoreTrouble.Broken,
                    $"{Path.GetDirectoryName(path)} cannot be made ({failure.Message}): name another data directory", failure),
                _ => failure,
            };
        }
    }

    /// <inheritdoc />
    public async Task Check(CancellationToken stop)
    {
        await _readers.Read(db => db["select count(*) from schema_version"].First(row => row.Long()), stop).ConfigureAwait(false);
        await _writer.Do(session => Touch(session.Db, _time.GetUtcNow()), stop).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public Task<long> HighestId(CancellationToken stop) => _readers.Read(
        db => db[
            """
            select max(coalesce((select max(id) from runs), 0), coalesce((select max(attempt_id) from tasks), 0), coalesce((select max(id) from attempts), 0),
                coalesce((select max(id) from jobs), 0), coalesce((select max(id) from batches), 0), coalesce((select value from marks where name = 'ids'), 0))
            """].First(row => row.Long()),
        stop);

    /// <inheritdoc />
    public Task<string?> SettingGet(string name, CancellationToken stop) => _readers.Read(
        db => db["select value from settings where name = ?"].Add(name).First(row => row.Text()), stop);

    /// <inheritdoc />
    public Task<string> SettingPutIfAbsent(string name, string value, CancellationToken stop) => _writer.Do(
        session =>
        {
            session.Db["insert into settings (name, value) values (?, ?) on conflict do nothing"].Add(name).Add(value).Run();
            return session.Db["select value from settings where name = ?"].Add(name).First(row => row.Text())!;
        },
        stop);

    /// <summary>Commits what is queued and closes the files.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _readers.DisposeAsync().ConfigureAwait(false);
        await _writer.End().ConfigureAwait(false);
        await Task.Run(_checkpointer.Dispose).ConfigureAwait(false);
    }

    /// <summary>Writes something, to see whether that can be done.</summary>
    private static bool Touch(Database db, DateTimeOffset now) =>
        db["insert into marks (name, value) values ('checked', ?) on conflict (name) do update set value = excluded.value"].Add(now).Run() == 1;
}
