using System.Globalization;
using Npgsql;
using Switchyard.Core.Storage;
using Switchyard.Stores.Postgres.Raw;
using Switchyard.Stores.Postgres.Writing;

namespace Switchyard.Stores.Postgres;

/// <summary>
/// The store of installations with several servers: a PostgreSQL database, 15 or newer. Each server writes in groups and reads by a few connections;
/// the groups of all servers take turns. An answered write has been flushed to the database's disk. Fails with <see cref="StoreUnavailable"/> when
/// the database or the way to it is in trouble, and goes on by itself afterwards.
/// </summary>
public sealed partial class PostgresStore : IStore
{
    private const int MostReaders = 8;
    private const int LongestWaitSeconds = 20;

    /// <summary>
    /// Tables grow while plans are kept: an index is always to be used where there is one, whatever the table looked like when the plan was made.
    /// </summary>
    private const string Planning = "-c jit=off -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c random_page_cost=1.1";

    /// <summary>A server that is paused in the middle of its turn must not hold up the others for long: its group is rolled back. <see cref="TurnWatch"/> does so where this does not apply.</summary>
    private static readonly string Turns = string.Create(
        CultureInfo.InvariantCulture, $"-c idle_in_transaction_session_timeout={TurnWatch.LongestSilenceSeconds}s -c synchronous_commit=on -c plan_cache_mode=force_generic_plan");

    private readonly Shared _shared;
    private readonly Writes _writer;
    private readonly Lease? _lease;

    private PostgresStore(Shared shared, Lease? lease)
    {
        _shared = shared;
        _lease = lease;
        _writer = new Writes(shared.Writer, lease);
    }

    private Readers _readers => _shared.Readers;

    private PlanCache _plans => _shared.Plans;

    private TimeProvider _time => _shared.Time;

    /// <summary>
    /// Opens a database and brings it forward. Refuses, as <see cref="StoreUnavailable"/>, one that is newer than this program, cannot be reached
    /// or cannot be written.
    /// </summary>
    /// <param name="connectionString">Where it is, as Npgsql reads it: <c>Host=db;Database=switchyard;Username=switchyard</c>.</param>
    /// <param name="time">The clock for what the store itself notes.</param>
    /// <param name="stop">Gives up before opening.</param>
    public static async Task<PostgresStore> Open(string connectionString, TimeProvider time, CancellationToken stop = default)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        var where = $"the database '{settings.Database ?? settings.Username}' on {settings.Host}";
        var reading = Source(settings, Planning, MostReaders);
        try
        {
            var connection = await reading.OpenConnectionAsync(stop).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
                await Schema.Migrate(connection, where, time.GetUtcNow()).ConfigureAwait(false);
            var store = new PostgresStore(new Shared(reading, Source(settings, $"{Planning} {Turns}", 2), where, time, new PlanCache()), null);
            await store.Check(stop).ConfigureAwait(false);
            return store;
        }
        catch (Exception failure)
        {
            await reading.DisposeAsync().ConfigureAwait(false);
            var forCallers = PostgresFailure.ForCallers(failure, where);
            if (ReferenceEquals(forCallers, failure))
                throw;
            throw forCallers;
        }
    }

    /// <inheritdoc />
    public IStore Fenced(Lease lease) => new PostgresStore(_shared, lease);

    /// <inheritdoc />
    public async Task Check(CancellationToken stop)
    {
        await _readers.Read(db => db["select count(*) from schema_version"].First(row => row.Long()), stop).ConfigureAwait(false);
        await _writer.Do(
            session => session.Db["insert into marks (name, value) values ('checked', $1) on conflict (name) do update set value = excluded.value"].Add(_time.GetUtcNow()).Run(), stop)
            .ConfigureAwait(false);
    }

    /// <inheritdoc />
    public Task<long> HighestId(CancellationToken stop) => _readers.Read(
        db => db[
            """
            select greatest((select max(id) from runs), (select max(attempt_id) from tasks), (select max(id) from attempts),
                (select max(id) from jobs), (select max(id) from batches), (select value from marks where name = 'ids'), 0)
            """].First(row => row.Long()),
        stop);

    /// <summary>Commits what is queued and closes the connections; of a fenced one nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_lease is null)
            await _shared.DisposeAsync().ConfigureAwait(false);
    }

    private static NpgsqlDataSource Source(NpgsqlConnectionStringBuilder settings, string options, int most)
    {
        var own = new NpgsqlConnectionStringBuilder(settings.ConnectionString)
        {
            Options = $"{settings.Options} {options}".Trim(),
            MaxPoolSize = most,
            NoResetOnClose = true,
            MaxAutoPrepare = 200,
            AutoPrepareMinUsages = 2,
            TcpKeepAlive = true,
            CommandTimeout = LongestWaitSeconds,
            Timeout = Math.Min(settings.Timeout, 5),
            IncludeErrorDetail = false,
        };
        own.ApplicationName ??= "switchyard";
        return NpgsqlDataSource.Create(own);
    }

    /// <summary>What a store and its fenced faces share.</summary>
    private sealed class Shared(NpgsqlDataSource reading, NpgsqlDataSource writing, string where, TimeProvider time, PlanCache plans) : IAsyncDisposable
    {
        private int _disposed;

        public TimeProvider Time => time;

        public NpgsqlDataSource Reading => reading;

        public string Where => where;

        public PlanCache Plans => plans;

        public Readers Readers { get; } = new(reading, MostReaders, where);

        public Writer Writer { get; } = new(writing, where, plans, new Growth(reading), new TurnWatch(reading, time));

        public Listener Listener { get; } = new(writing, time);

        public async ValueTask DisposeAsync()
        {
            if (Interlocked.Exchange(ref _disposed, 1) != 0)
                return;
            await Listener.DisposeAsync().ConfigureAwait(false);
            await Readers.DisposeAsync().ConfigureAwait(false);
            await Writer.End().ConfigureAwait(false);
            await reading.DisposeAsync().ConfigureAwait(false);
            await writing.DisposeAsync().ConfigureAwait(false);
        }
    }
}
