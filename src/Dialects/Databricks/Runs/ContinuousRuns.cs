using System.Collections.Concurrent;
using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Triggers;
using Switchyard.Core.Users;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Runs;

/// <summary>run-now of a job that always has a run: the new one takes the place of the active one.</summary>
internal sealed class ContinuousRuns(IStore store, IDispatch dispatch)
{
    /// <summary>The trigger of all runs of such a job.</summary>
    public const string TriggerKind = "continuous";

    private readonly ConcurrentDictionary<long, bool> _busy = new();

    /// <summary>
    /// Takes the turn to start a run of a job; null for a job that is not continuous, or paused. It is refused while somebody else
    /// has the turn, or the run that was asked for last still waits for the one before to end.
    /// </summary>
    public async Task<Turn?> Take(Job job, CancellationToken stop)
    {
        if (job is not { Trigger: Trigger.Continuous, Paused: false })
            return null;
        if (!_busy.TryAdd(job.Id, true))
            return new Turn(null);
        if (await store.RunsList(new RunQuery(1, JobId: job.Id, States: [RunState.Queued]), stop) is [])
            return new Turn(() => _busy.TryRemove(job.Id, out _));
        _busy.TryRemove(job.Id, out _);
        return new Turn(null);
    }

    /// <summary>Ends what runs beside the new run, which waits in line for that, and begins the back-off anew.</summary>
    public async Task Replace(long jobId, long newRun, Caller by, CancellationToken stop)
    {
        await store.JobForgetFailures(jobId, stop);
        foreach (var run in await store.RunsList(new RunQuery(100, JobId: jobId, States: States.Open), stop))
        {
            if (run.Id != newRun)
                await dispatch.Cancel(run.Id, by, stop);
        }
    }

    /// <summary>The right to start a run of a job, until it is disposed of.</summary>
    public sealed class Turn(Action? release) : IDisposable
    {
        /// <summary>Set when somebody else has it. The text is the platform's.</summary>
        public Problem? Problem { get; } = release is null
            ? new Problem(409, "CONFLICT", "A concurrent request to run the continuous job is already in progress. Please wait for it to complete before issuing a new request.")
            : null;

        public void Dispose() => release?.Invoke();
    }
}
