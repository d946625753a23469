using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using Switchyard.Core.Storage;

namespace Switchyard.Stores.Postgres;

/// <summary>The rows of a database, read and written in one transaction that holds servers off.</summary>
public sealed class PostgresTables : IStoreTables
{
    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly Dictionary<string, Dictionary<string, NpgsqlDbType>> _types = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StoreTable> _tables = new(StringComparer.Ordinal);

    private PostgresTables(NpgsqlDataSource source, NpgsqlConnection connection, NpgsqlTransaction transaction, string name)
    {
        (_source, _connection, _transaction, Name) = (source, connection, transaction, name);
    }

    /// <inheritdoc />
    public string Name { get; }

    /// <summary>Opens a database that has an installation, and brings it forward.</summary>
    /// <exception cref="StoreUnavailable">It cannot be opened, or servers run on it.</exception>
    public static Task<PostgresTables> Existing(PostgresAddress address, TimeProvider time, CancellationToken stop) => Open(address, time, forWriting: false, stop);

    /// <summary>Begins an installation in a database that has none.</summary>
    /// <exception cref="StoreUnavailable">It cannot be opened, or it is not empty.</exception>
    public static Task<PostgresTables> Fresh(PostgresAddress address, TimeProvider time, CancellationToken stop) => Open(address, time, forWriting: true, stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<StoreTable>> Tables(CancellationToken stop) => Task.FromResult<IReadOnlyList<StoreTable>>([.. _tables.Values]);

    /// <inheritdoc />
    public Task<long> Count(StoreTable table, CancellationToken stop) => Number($"select count(*) from {table.Name}", stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<object?[]>> Read(StoreTable table, IReadOnlyList<object?>? after, int limit, CancellationToken stop) => Guarded<IReadOnlyList<object?[]>>(
        async () =>
        {
            var key = string.Join(", ", table.Key);
            var above = after is null ? "" : $" where ({key}) > ({string.Join(", ", table.Key.Select((_, no) => $"${no + 1}"))})";
            await using var command = Command(string.Create(CultureInfo.InvariantCulture, $"select {Columns(table)} from {table.Name}{above} order by {key} limit {limit}"));
            for (var part = 0; part < (after?.Count ?? 0); part++)
                command.Parameters.Add(new NpgsqlParameter { Value = Out(table, table.Key[part], after![part]), NpgsqlDbType = _types[table.Name][table.Key[part]] });
            await using var reader = await command.ExecuteReaderAsync(stop).ConfigureAwait(false);
            var rows = new List<object?[]>();
            while (await reader.ReadAsync(stop).ConfigureAwait(false))
            {
                var values = new object?[table.Columns.Count];
                for (var column = 0; column < values.Length; column++)
                    values[column] = In(reader.GetValue(column));
                rows.Add(values);
            }

            return rows;
        });

    /// <inheritdoc />
    public async Task<long> LastNumber(StoreTable table, CancellationToken stop) => await Sequence(table, stop).ConfigureAwait(false) is { } sequence
        ? await Number($"select case when is_called then last_value else 0 end from {sequence}", stop).ConfigureAwait(false)
        : 0;

    /// <inheritdoc />
    public Task Write(StoreTable table, IReadOnlyList<object?[]> rows, CancellationToken stop) => Guarded(
        async () =>
        {
            var types = table.Columns.Select(column => _types[table.Name][column]).ToArray();
            await using var writer = await _connection.BeginBinaryImportAsync($"copy {table.Name} ({Columns(table)}) from stdin (format binary)", stop).ConfigureAwait(false);
            foreach (var row in rows)
            {
                await writer.StartRowAsync(stop).ConfigureAwait(false);
                for (var column = 0; column < row.Length; column++)
                    await writer.WriteAsync(Out(table, table.Columns[column], row[column]), types[column], stop).ConfigureAwait(false);
            }

            return await writer.CompleteAsync(stop).ConfigureAwait(false);
        });

    /// <inheritdoc />
    public async Task GoOnAbove(StoreTable table, long number, CancellationToken stop)
    {
        if (await Sequence(table, stop).ConfigureAwait(false) is { } sequence)
            await Number(string.Create(CultureInfo.InvariantCulture, $"select setval('{sequence}', greatest(1, {number}, (select max({table.Key[0]}) from {table.Name})))"), stop).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public Task Keep(CancellationToken stop) => Guarded(
        async () =>
        {
            // Where a store that kept no note of it had come to.
            await Run(
                """
                insert into marks (name, value) select 'events', coalesce(max(seq), 0) from events
                on conflict (name) do update set value = greatest(marks.value, excluded.value)
                """, stop).ConfigureAwait(false);
            await _transaction.CommitAsync(stop).ConfigureAwait(false);
            // Plans that were made for empty tables would not do for these.
            await using var analyze = new NpgsqlCommand("analyze", _connection) { CommandTimeout = 0 };
            return await analyze.ExecuteNonQueryAsync(stop).ConfigureAwait(false);
        });

    /// <summary>Ends; what was not kept is gone.</summary>
    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync().ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
        await _source.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task<PostgresTables> Open(PostgresAddress address, TimeProvider time, bool forWriting, CancellationToken stop)
    {
        // Makes or brings forward the tables.
        await (await PostgresStore.Open(address.ConnectionString, time, stop).ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(address.ConnectionString) { CommandTimeout = 0, Pooling = false });
        NpgsqlConnection? connection = null;
        NpgsqlTransaction? transaction = null;
        try
        {
            connection = await source.OpenConnectionAsync(stop).ConfigureAwait(false);
            transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, stop).ConfigureAwait(false);
            var tables = new PostgresTables(source, connection, transaction, address.ToString());
            await tables.Begin(forWriting, stop).ConfigureAwait(false);
            return tables;
        }
        catch (Exception error)
        {
            if (transaction is not null)
                await transaction.DisposeAsync().ConfigureAwait(false);
            if (connection is not null)
                await connection.DisposeAsync().ConfigureAwait(false);
            await source.DisposeAsync().ConfigureAwait(false);
            if (error is PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable })
                throw new StoreUnavailable(StoreTrouble.Busy, $"others write in {address}: stop all servers of this installation first", error);
            var forCallers = Raw.PostgresFailure.ForCallers(error, address.ToString());
            if (ReferenceEquals(forCallers, error))
                throw;
            throw forCallers;
        }
    }

    private async Task Begin(bool forWriting, CancellationToken stop)
    {
        await ReadTables(stop).ConfigureAwait(false);
        await Run($"set local lock_timeout = '10s'; lock table {string.Join(", ", _tables.Keys)} in {(forWriting ? "exclusive" : "share")} mode", stop).ConfigureAwait(false);
        if (!forWriting)
        {
            if (await Number($"select count(*) from leases where until > {Raw.Database.Now}", stop).ConfigureAwait(false) > 0)
                throw new StoreUnavailable(StoreTrouble.Busy, $"a server runs on {Name}, or did until just now: stop all servers of this installation, and wait until their lease has lapsed");
            return;
        }

        foreach (var table in _tables.Values.Where(table => table.Name is not ("marks" or "pools")))
        {
            if (await Number($"select count(*) from (select 1 from {table.Name} limit 1) one", stop).ConfigureAwait(false) > 0)
                throw new StoreUnavailable(StoreTrouble.NotOurs, $"{Name} has an installation already ({table.Name} is not empty), and a copy goes into an empty database only: make one with createdb, or drop this one");
        }

        await Run("delete from marks; delete from pools", stop).ConfigureAwait(false);
    }

    private async Task ReadTables(CancellationToken stop)
    {
        await using var command = Command(
            """
            select c.relname::text, a.attname::text, format_type(a.atttypid, null), coalesce(array_position(i.indkey::int2[], a.attnum), -1)
            from pg_class c
                join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
                left join pg_index i on i.indrelid = c.oid and i.indisprimary
            where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace and c.relname <> 'schema_version'
            order by c.relname, a.attname
            """);
        var columns = new List<(string Table, string Column, string Type, int Place)>();
        await using (var reader = await command.ExecuteReaderAsync(stop).ConfigureAwait(false))
        {
            while (await reader.ReadAsync(stop).ConfigureAwait(false))
                columns.Add((reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetInt32(3)));
        }

        foreach (var table in columns.GroupBy(column => column.Table))
        {
            _types[table.Key] = table.ToDictionary(column => column.Column, column => column.Type switch
            {
                "bigint" => NpgsqlDbType.Bigint,
                "integer" => NpgsqlDbType.Integer,
                "boolean" => NpgsqlDbType.Boolean,
                "bytea" => NpgsqlDbType.Bytea,
                _ => NpgsqlDbType.Text,
            });
            _tables[table.Key] = new StoreTable(
                table.Key, [.. table.Select(column => column.Column)], [.. table.Where(column => column.Place >= 0).OrderBy(column => column.Place).Select(column => column.Column)]);
        }
    }

    /// <summary>A value of ours as the column takes it.</summary>
    private object? Out(StoreTable table, string column, object? value) => (value, _types[table.Name][column]) switch
    {
        (long number, NpgsqlDbType.Integer) => checked((int)number),
        (long number, NpgsqlDbType.Boolean) => number != 0,
        (string text, _) => Raw.Texts.Write(text),
        _ => value,
    };

    /// <summary>A value of a column as ours.</summary>
    private static object? In(object value) => value switch
    {
        DBNull => null,
        int number => (long)number,
        bool yes => yes ? 1L : 0L,
        string text => Raw.Texts.Read(text),
        _ => value,
    };

    private static string Columns(StoreTable table) => string.Join(", ", table.Columns);

    private NpgsqlCommand Command(string sql) => new(sql, _connection, _transaction);

    private Task<int> Run(string sql, CancellationToken stop) => Guarded(
        async () =>
        {
            await using var command = Command(sql);
            return await command.ExecuteNonQueryAsync(stop).ConfigureAwait(false);
        });

    private Task<long> Number(string sql, CancellationToken stop) => Guarded(
        async () =>
        {
            await using var command = Command(sql);
            return Convert.ToInt64(await command.ExecuteScalarAsync(stop).ConfigureAwait(false), CultureInfo.InvariantCulture);
        });

    /// <summary>The sequence that numbers a table's rows, or null.</summary>
    private Task<string?> Sequence(StoreTable table, CancellationToken stop) => Guarded(
        async () =>
        {
            await using var command = Command($"select pg_get_serial_sequence('{table.Name}', '{table.Key[0]}')");
            return await command.ExecuteScalarAsync(stop).ConfigureAwait(false) as string;
        });

    private async Task<T> Guarded<T>(Func<Task<T>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (NpgsqlException failure) when (failure is not PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable })
        {
            throw Raw.PostgresFailure.ForCallers(failure, Name);
        }
    }
}
