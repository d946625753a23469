using Switchyard.Core.Storage;

namespace Switchyard.Stores.Postgres.Writing;

/// <summary>A write that waits for its turn, and the caller who waits for its commit.</summary>
internal abstract class Write(Lease? lease, CancellationToken stop)
{
    /// <summary>What has to be held for it to be kept; null for nothing.</summary>
    public Lease? Lease { get; } = lease;

    /// <summary>True when the caller has gone before the turn came.</summary>
    public bool Unwanted => Stop.IsCancellationRequested;

    /// <summary>What it threw; its rows were taken back, its neighbours' were not.</summary>
    public Exception? Failure { get; set; }

    protected CancellationToken Stop { get; } = stop;

    /// <summary>Answers the caller, after the commit.</summary>
    public abstract void Answer();

    /// <summary>Tells the caller that nothing was kept.</summary>
    public abstract void Fail(Exception why);

    /// <summary>Lets a caller go who left before the turn came; nothing was done.</summary>
    public abstract void Leave();
}

/// <summary>A write with an answer.</summary>
internal abstract class Write<T>(Lease? lease, CancellationToken stop) : Write(lease, stop)
{
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Answered => _answer.Task;

    /// <summary>What the caller is told after the commit.</summary>
    public T? Value { get; set; }

    public override void Answer() => _answer.TrySetResult(Value!);

    public override void Leave() => _answer.TrySetCanceled(Stop);

    public override void Fail(Exception why) => _answer.TrySetException(why);
}

/// <summary>A write that is done by itself, by its own statements.</summary>
internal interface IPlainWrite
{
    /// <summary>Does the work; false when what it wrote is to be taken back.</summary>
    Task<bool> Do(WriteSession session);
}

/// <summary>A plain write; its rows are taken back when <paramref name="keep"/> says no to the answer.</summary>
internal sealed class PlainWrite<T>(Func<WriteSession, Task<T>> work, Func<T, bool> keep, Lease? lease, CancellationToken stop) : Write<T>(lease, stop), IPlainWrite
{
    public async Task<bool> Do(WriteSession session)
    {
        var answer = await work(session).ConfigureAwait(false);
        Value = answer;
        return keep(answer);
    }
}
