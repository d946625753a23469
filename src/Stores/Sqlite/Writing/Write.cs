namespace Switchyard.Stores.Sqlite.Writing;

/// <summary>A write that waits for its turn, and the caller who waits for its commit.</summary>
internal abstract class Write(CancellationToken stop)
{
    /// <summary>True when the caller has gone before the turn came.</summary>
    public bool Unwanted => stop.IsCancellationRequested;

    protected CancellationToken Stop => stop;

    /// <summary>What it threw; its rows were taken back, its neighbours' were not.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Does the work inside a savepoint of the group's transaction.</summary>
    public abstract void Do(WriteSession session);

    /// <summary>Answers the caller, after the commit.</summary>
    public abstract void Answer();

    /// <summary>Tells the caller that nothing was kept.</summary>
    public abstract void Fail(Exception why);

    /// <summary>Lets a caller go who left before the turn came; nothing was done.</summary>
    public abstract void Leave();
}

/// <summary>A write with an answer; its rows are taken back when <paramref name="keep"/> says no to the answer.</summary>
internal sealed class Write<T>(Func<WriteSession, T> work, Func<T, bool> keep, CancellationToken stop) : Write(stop)
{
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _value;

    public Task<T> Answered => _answer.Task;

    public override void Do(WriteSession session) => _value = session.Step(session, work, keep);

    public override void Answer() => _answer.TrySetResult(_value!);

    public override void Leave() => _answer.TrySetCanceled(Stop);

    public override void Fail(Exception why) => _answer.TrySetException(why);
}
