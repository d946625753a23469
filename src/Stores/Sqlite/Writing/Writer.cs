using System.Threading.Channels;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite.Writing;

/// <summary>
/// The one thread that writes. What queued while the last commit was on its way to the disk is the next group: one
/// transaction, one commit, no timer. A write that is refused or fails takes back its own rows alone; when the disk is
/// in trouble the whole group fails and nobody is told otherwise.
/// </summary>
internal sealed class Writer
{
    /// <summary>Bounds the time the first of a group waits for the last.</summary>
    private const int MostInGroup = 2000;

    // The producer's thread wakes the writer itself: a hop over the thread pool would cost more than a small group.
    private readonly Channel<Write> _queue = Channel.CreateUnbounded<Write>(
        new UnboundedChannelOptions { SingleReader = true, AllowSynchronousContinuations = true });

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Database _db;
    private readonly WriteSession _session;
    private readonly Checkpointer _checkpointer;
    private readonly string _path;

    /// <summary>Begins to write on a connection, which it closes at its end.</summary>
    public Writer(Database db, string path, PlanCache plans, Checkpointer checkpointer)
    {
        _db = db;
        _path = path;
        _checkpointer = checkpointer;
        _session = new WriteSession(db, plans);
        new Thread(Work) { IsBackground = true, Name = "store writer" }.Start();
    }

    /// <summary>Queues a write; the answer comes after its commit.</summary>
    public Task<T> Do<T>(Func<WriteSession, T> work, CancellationToken stop) => Do(work, static _ => true, stop);

    /// <summary>The same, taking its rows back when <paramref name="keep"/> says no to the answer.</summary>
    public Task<T> Do<T>(Func<WriteSession, T> work, Func<T, bool> keep, CancellationToken stop)
    {
        var write = new Write<T>(work, keep, stop);
        ObjectDisposedException.ThrowIf(!_queue.Writer.TryWrite(write), this);
        return write.Answered;
    }

    /// <summary>Takes nothing more, commits what is queued and closes.</summary>
    public Task End()
    {
        _queue.Writer.TryComplete();
        return _ended.Task;
    }

    private void Work()
    {
        var group = new List<Write>();
        while (true)
        {
            while (group.Count < MostInGroup && _queue.Reader.TryRead(out var write))
                group.Add(write);
            if (group.Count > 0)
                Commit(group);
            else if (!_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
                break;
            group.Clear();
        }

        _db.Dispose();
        _ended.SetResult();
    }

    private void Commit(List<Write> group)
    {
        _checkpointer.Enter();
        try
        {
            _db["begin immediate"].Run();
            foreach (var write in group)
                DoOne(write);
            _session.Flush();
            _db["commit"].Run();
        }
        catch (Exception failure)
        {
            RollBack();
            var why = (failure as SqliteFailure)?.ForCallers(_path) ?? failure;
            foreach (var write in group)
                write.Fail(why);
            return;
        }
        finally
        {
            _checkpointer.Leave(_db.PagesWritten());
        }

        foreach (var write in group)
            Answer(write);
    }

    private void DoOne(Write write)
    {
        if (write.Unwanted)
        {
            write.Failure = new OperationCanceledException();
            return;
        }

        try
        {
            write.Do(_session);
        }
        catch (Exception failure) when (failure is not SqliteFailure { EndsTransaction: true } && _db.InTransaction)
        {
            write.Failure = failure;
        }
    }

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

    private void RollBack()
    {
        _session.Forget();
        try
        {
            if (_db.InTransaction)
                _db["rollback"].Run();
        }
        catch (SqliteFailure)
        {
            // The transaction is over either way; the next begin tells if the connection is not usable.
        }
    }
}
