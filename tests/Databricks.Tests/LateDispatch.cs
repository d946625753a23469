using Switchyard.Core.Runs;
using Switchyard.Core.Text;
using Switchyard.Core.Triggers;
using Switchyard.Core.Users;

namespace Switchyard.Databricks.Tests;

/// <summary>The engine wants the dialect's planner and the dialect wants the engine: this stands in until both are there.</summary>
public sealed class LateDispatch : IDispatch
{
    public IDispatch Target { get; set; } = null!;

    public long NextId() => Target.NextId();

    public Task<Result<RunInserted>> Submit(RunRequest request, CancellationToken stop) => Target.Submit(request, stop);

    public Task<Refusal?> Cancel(long runId, Caller by, CancellationToken stop) => Target.Cancel(runId, by, stop);

    public Task<Refusal?> CancelAttempt(long attemptId, Caller by, CancellationToken stop) => Target.CancelAttempt(attemptId, by, stop);

    public Task<Refusal?> SetTimeout(long runId, long timeoutMs, CancellationToken stop) => Target.SetTimeout(runId, timeoutMs, stop);

    public string? WhyWaiting(string pool) => Target.WhyWaiting(pool);

    public DateTimeOffset? NextFireOf(Trigger trigger, bool paused) => Target.NextFireOf(trigger, paused);

    public void JobChanged(long jobId) => Target.JobChanged(jobId);

    public Task WhenEnded(long runId, CancellationToken stop) => Target.WhenEnded(runId, stop);
}
