using System.Threading.Channels;
using Npgsql;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres.Writing;

/// <summary>
/// The one that writes, of a server. What queued while the last commit was on its way is the next group: one transaction, one commit, no timer.
/// A group is first written as if all went well, without savepoints; when a write is refused or fails it is done again, each write by itself
/// in a savepoint. When the database or the way to it is in trouble the whole group fails and nobody is told otherwise.
/// </summary>
internal sealed class Writer
{
    /// <summary>Bounds the time the first of a group waits for the last.</summary>
    private const int MostInGroup = 2000;

    // The producer's thread wakes the writer itself: a hop over the thread pool would cost more than a small group.
    private readonly Channel<Write> _queue = Channel.CreateUnbounded<Write>(
        new UnboundedChannelOptions { SingleReader = true, AllowSynchronousContinuations = true });

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly NpgsqlDataSource _source;
    private readonly string _where;
    private readonly PlanCache _plans;
    private readonly KnownDocuments _known = new();
    private readonly Growth _growth;
    private readonly TurnWatch _watch;
    private NpgsqlConnection? _connection;
    private bool _committing;

    /// <summary>Begins to write.</summary>
    public Writer(NpgsqlDataSource source, string where, PlanCache plans, Growth growth, TurnWatch watch)
    {
        (_source, _where, _plans, _growth, _watch) = (source, where, plans, growth, watch);
        new Thread(Work) { IsBackground = true, Name = "store writer" }.Start();
    }

    /// <summary>Queues a write; it is answered after its commit.</summary>
    public void Queue(Write write) => ObjectDisposedException.ThrowIf(!_queue.Writer.TryWrite(write), typeof(PostgresStore));

    /// <summary>Takes nothing more, commits what is queued and closes.</summary>
    public Task End()
    {
        _queue.Writer.TryComplete();
        return _ended.Task;
    }

    /// <summary>What a group awaits has been waited for on this thread: its connection blocks.</summary>
    private void Work()
    {
        var group = new List<Write>();
        while (_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (group.Count < MostInGroup && _queue.Reader.TryRead(out var write))
                group.Add(write);
            Commit(group).GetAwaiter().GetResult();
            _watch.End();
            group.Clear();
        }

        _watch.Dispose();
        Disconnect().GetAwaiter().GetResult();
        _growth.Analysis.GetAwaiter().GetResult();
        _ended.SetResult();
    }

    private async Task Commit(List<Write> group)
    {
        var (carefully, reconnected) = (false, false);
        while (true)
        {
            try
            {
                var stoodIdle = _connection is not null;
                try
                {
                    await Try(group, carefully).ConfigureAwait(false);
                    break;
                }
                catch (Exception failure) when (!PostgresFailure.IsOfRows(failure) && stoodIdle && !reconnected && !_committing)
                {
                    // The connection of the last group may have gone since; nothing of this one was committed.
                    reconnected = true;
                    await Disconnect().ConfigureAwait(false);
                }
                catch (Exception failure) when (PostgresFailure.IsOfRows(failure) && !carefully)
                {
                    carefully = true;
                    _known.Clear();
                    await RollBack().ConfigureAwait(false);
                }
            }
            catch (Exception failure)
            {
                await Disconnect().ConfigureAwait(false);
                var why = PostgresFailure.ForCallers(failure, _where);
                foreach (var write in group)
                    write.Fail(why);
                return;
            }
        }

        foreach (var write in group)
            Answer(write);
    }

    private async Task Try(List<Write> group, bool carefully)
    {
        _committing = false;
        foreach (var write in group)
            write.Failure = write.Unwanted ? new OperationCanceledException() : null;
        var wanted = group.Where(write => write.Failure is null).ToList();
        if (wanted.Count == 0)
            return;

        _connection ??= _source.OpenConnection();
        _watch.Begin();
        var session = new WriteSession(On(_connection), _plans, _known);
        var work = new GroupWork(session);
        session.Begin();
        if (!carefully)
            work.Ahead(wanted);
        session.TakeTurn(wanted.Select(write => write.Lease).OfType<Core.Storage.Lease>().Distinct());
        if (carefully)
            await work.OneByOne(wanted).ConfigureAwait(false);
        else
            await work.Together(wanted).ConfigureAwait(false);

        session.Flush();
        session.Db.Queue("commit");
        _committing = true;
        await session.Db.Send().ConfigureAwait(false);
        session.Documents.Committed(_known);
        _growth.Add(session.RunsMade);
    }

    private static Database On(NpgsqlConnection connection) => new(connection, blocking: true);

    private static void Answer(Write write)
    {
        switch (write.Failure)
        {
            case null:
                write.Answer();
                break;
            case OperationCanceledException:
                write.Leave();
                break;
            default:
                write.Fail(write.Failure);
                break;
        }
    }

    private async Task RollBack()
    {
        if (_connection is { } connection)
            await On(connection)["rollback"].Run().ConfigureAwait(false);
    }

    private async Task Disconnect()
    {
        if (_connection is not { } connection)
            return;
        _connection = null;
        try
        {
            // The pool does not keep a connection that stands in a transaction, or is broken.
            if (connection.State == System.Data.ConnectionState.Open)
                await On(connection)["rollback"].Run().ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is NpgsqlException or InvalidOperationException or IOException or TimeoutException)
        {
            // It is gone, and what it wrote with it.
        }

        await connection.DisposeAsync().ConfigureAwait(false);
    }
}
