using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Engine.Loops;

namespace Switchyard.Engine;

/// <summary>
/// Fires what is due. The next fire of every job is a column, so that a start costs one query whatever the number of
/// schedules. Hits missed while no server ran collapse into one.
/// </summary>
internal sealed partial class Ticker(IStore store, IDispatch dispatch, Planners planners, ILogger log) : ILoop
{
    private readonly ConcurrentQueue<long> _changed = new();

    public string Name => "Ticker";

    public Wake Wake { get; } = new();

    /// <summary>A job's trigger may have changed.</summary>
    public void JobChanged(long jobId)
    {
        _changed.Enqueue(jobId);
        Wake.Set();
    }

    /// <inheritdoc/>
    public async ValueTask<DateTimeOffset?> Step(DateTimeOffset now, CancellationToken stop)
    {
        while (_changed.TryPeek(out var id))
        {
            if (await store.JobGet(id, stop).ConfigureAwait(false) is { } job)
                await store.JobsSetNextFire([(id, job.Paused ? null : NextFire.After(job.Trigger, now))], stop).ConfigureAwait(false);
            // Only now: a store that cannot be reached must not make us forget it.
            _changed.TryDequeue(out _);
        }

        while (await store.JobsDue(now, 100, stop).ConfigureAwait(false) is { Count: > 0 } due)
        {
            foreach (var job in due)
                await Fire(job, now, stop).ConfigureAwait(false);
            await store.JobsSetNextFire([.. due.Select(job => (job.Id, job.Paused ? null : NextFire.After(job.Trigger, now)))], stop).ConfigureAwait(false);
        }

        return await store.JobsNextDue(stop).ConfigureAwait(false);
    }

    private async Task Fire(Job job, DateTimeOffset now, CancellationToken stop)
    {
        if (job.Paused || planners.Find(job.Dialect) is not { } planner)
            return;
        var due = job.NextFireAt ?? now;
        Result<RunRequest> planned;
        try
        {
            planned = await planner.Plan(job, new PlanInputs(job.Trigger.Kind, due, new Dictionary<string, string>()), stop).ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is not OperationCanceledException)
        {
            PlanFailed(log, job.Id, problem);
            planned = new Refusal(RefusalCode.Invalid, $"planning failed: {problem.Message}");
        }

        var request = planned.Ok(out var made, out var refusal) ? made : RunRequest.NotPlanned(job, refusal);
        var fired = await dispatch.Submit(
            request with { TriggerKind = job.Trigger.Kind, TriggeredAt = due, IdempotencyToken = $"fire:{job.Id}:{due.ToUnixTimeMilliseconds()}" }, stop).ConfigureAwait(false);
        if (!fired.Ok(out _, out var problem2))
            FireRefused(log, job.Id, problem2.Message);
    }

    [LoggerMessage(1, LogLevel.Error, "job {Job} could not be planned")]
    private static partial void PlanFailed(ILogger log, long job, Exception problem);

    [LoggerMessage(2, LogLevel.Warning, "job {Job} was due but not run: {Why}")]
    private static partial void FireRefused(ILogger log, long job, string why);
}
