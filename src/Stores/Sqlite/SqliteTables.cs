using Switchyard.Core.Storage;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite;

/// <summary>The rows of a database file. A new one is written beside its place and moved there when it is whole.</summary>
public sealed class SqliteTables : IStoreTables
{
    private static readonly TimeSpan Busy = TimeSpan.FromSeconds(5);
    private readonly Database _db;
    private readonly string _path;
    private readonly string? _written;

    private SqliteTables(Database db, string path, string? written)
    {
        (_db, _path, _written) = (db, path, written);
        _db["begin"].Run();
    }

    /// <inheritdoc />
    public string Name => $"sqlite:{_path}";

    /// <summary>Opens a database that is there, and brings it forward.</summary>
    /// <exception cref="StoreUnavailable">There is none, or it cannot be opened.</exception>
    public static async Task<SqliteTables> Existing(string path, TimeProvider time, CancellationToken stop)
    {
        if (!File.Exists(path))
            throw new StoreUnavailable(StoreTrouble.NotOurs, $"there is no database {path}: name the switchyard.db of a data directory");
        await (await SqliteStore.Open(path, time, stop).ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        return Guarded(path, () => new SqliteTables(Database.Open(path, forWriting: false, Busy), path, null));
    }

    /// <summary>Begins a database where there is none.</summary>
    /// <exception cref="StoreUnavailable">There is one, or none can be made.</exception>
    public static async Task<SqliteTables> Fresh(string path, TimeProvider time, CancellationToken stop)
    {
        if (File.Exists(path))
            throw new StoreUnavailable(StoreTrouble.NotOurs, $"{path} is there already, and a copy goes to an empty place only: name another path, or move the file away");
        var written = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            await (await SqliteStore.Open(written, time, stop).ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
            return Guarded(path, () =>
            {
                var db = Database.Open(written, forWriting: true, Busy);
                // Until it is whole it may be lost.
                db.Execute("pragma synchronous = off; pragma cache_size = -64000; delete from marks; delete from pools");
                return new SqliteTables(db, path, written);
            });
        }
        catch
        {
            Remove(written);
            throw;
        }
    }

    /// <inheritdoc />
    public Task<IReadOnlyList<StoreTable>> Tables(CancellationToken stop) => Do<IReadOnlyList<StoreTable>>(
        () => [.. _db[
            """
            select t.name, c.name, c.pk from sqlite_master t join pragma_table_info(t.name) c
            where t.type = 'table' and t.name <> 'schema_version' and t.name not like 'sqlite\_%' escape '\'
            order by t.name, c.name
            """]
            .All(row => (Table: row.Text(), Column: row.Text(), Place: row.Int()))
            .GroupBy(column => column.Table)
            .Select(table => new StoreTable(
                table.Key, [.. table.Select(column => column.Column)], [.. table.Where(column => column.Place > 0).OrderBy(column => column.Place).Select(column => column.Column)]))],
        stop);

    /// <inheritdoc />
    public Task<long> Count(StoreTable table, CancellationToken stop) => Do(() => _db[$"select count(*) from {table.Name}"].First(row => row.Long()), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<object?[]>> Read(StoreTable table, IReadOnlyList<object?>? after, int limit, CancellationToken stop) => Do<IReadOnlyList<object?[]>>(
        () =>
        {
            var key = string.Join(", ", table.Key);
            var above = after is null ? "" : $" where ({key}) > ({Marks(table.Key.Count)})";
            var statement = _db[$"select {Columns(table)} from {table.Name}{above} order by {key} limit ?"];
            foreach (var value in after ?? [])
                Add(statement, value);
            return statement.Add(limit).All(row =>
            {
                var values = new object?[table.Columns.Count];
                for (var column = 0; column < values.Length; column++)
                    values[column] = row.Value();
                return values;
            });
        },
        stop);

    /// <inheritdoc />
    public Task<long> LastNumber(StoreTable table, CancellationToken stop) => Do(
        () => _db["select seq from sqlite_sequence where name = ?"].Add(table.Name).First(row => row.Long()), stop);

    /// <inheritdoc />
    public Task Write(StoreTable table, IReadOnlyList<object?[]> rows, CancellationToken stop) => Do(
        () =>
        {
            var statement = _db[$"insert into {table.Name} ({Columns(table)}) values ({Marks(table.Columns.Count)})"];
            foreach (var row in rows)
            {
                foreach (var value in row)
                    Add(statement, value);
                statement.Run();
            }

            return rows.Count;
        },
        stop);

    /// <inheritdoc />
    public Task GoOnAbove(StoreTable table, long number, CancellationToken stop) => Do(
        () =>
        {
            if (!_db["select sql from sqlite_master where type = 'table' and name = ?"].Add(table.Name).First(row => row.Text())!.Contains("autoincrement", StringComparison.Ordinal))
                return 0;
            _db["insert into sqlite_sequence (name, seq) select ?1, 0 where not exists (select 1 from sqlite_sequence where name = ?1)"].Add(table.Name).Run();
            return _db["update sqlite_sequence set seq = max(seq, ?) where name = ?"].Add(number).Add(table.Name).Run();
        },
        stop);

    /// <inheritdoc />
    public Task Keep(CancellationToken stop) => Do(
        () =>
        {
            _db["commit"].Run();
            _db.Execute("pragma synchronous = full");
            if (!_db.Checkpoint(truncate: true))
                throw new SqliteFailure(SQLitePCL.raw.SQLITE_BUSY, "the log could not be copied into the file");
            _db.Dispose();
            using (var file = new FileStream(_written!, FileMode.Open, FileAccess.ReadWrite))
                file.Flush(flushToDisk: true);
            File.Move(_written!, _path, overwrite: false);
            return true;
        },
        stop);

    /// <summary>Closes the file; one that was begun and not kept is removed.</summary>
    public ValueTask DisposeAsync()
    {
        _db.Dispose();
        if (_written is not null)
            Remove(_written);
        return ValueTask.CompletedTask;
    }

    private static string Columns(StoreTable table) => string.Join(", ", table.Columns);

    private static string Marks(int count) => string.Join(", ", Enumerable.Repeat("?", count));

    private static void Add(Statement statement, object? value) => _ = value switch
    {
        null => statement.Add((string?)null),
        long number => statement.Add(number),
        string text => statement.Add(text),
        byte[] bytes => statement.Add(bytes),
        _ => throw new ArgumentException($"no store holds a {value.GetType().Name}", nameof(value)),
    };

    private static void Remove(string path)
    {
        foreach (var suffix in (string[])["", "-wal", "-shm"])
            File.Delete(path + suffix);
    }

    private Task<T> Do<T>(Func<T> work, CancellationToken stop) => Task.Run(() => Guarded(_path, work), stop);

    private static T Guarded<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SqliteFailure failure)
        {
            throw failure.ForCallers(path);
        }
    }
}
