using Microsoft.Extensions.Logging;
using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Sweeps;
using Switchyard.Core.Text;
using Switchyard.Core.Triggers;

namespace Switchyard.Engine;

/// <summary>Starts a run of a job because its trigger says so.</summary>
internal sealed partial class Firing(IStore store, IDispatch dispatch, Planners planners, ILogger log)
{
    private const int MostRounds = 5;

    /// <summary>Plans and submits it. What cannot be planned is a run that failed with the reason, so that no tick is lost silently.</summary>
    /// <param name="job">The job.</param>
    /// <param name="due">When it was to start.</param>
    /// <param name="token">Names this start: doing it twice does it once.</param>
    /// <param name="stop">Gives up.</param>
    /// <returns>False when it was given up: a run is still owed.</returns>
    public async Task<bool> Fire(Job job, DateTimeOffset due, string token, CancellationToken stop)
    {
        // The settings may change between planning and insertion; the insertion notices, and the plan is made again.
        for (var round = 1; await Once(job, due, token, stop).ConfigureAwait(false) is { } problem; round++)
        {
            if (problem.Code != RefusalCode.Conflict || round == MostRounds || await store.JobGet(job.Id, stop).ConfigureAwait(false) is not { } again)
            {
                FireRefused(log, job.Id, problem.Message);
                return false;
            }

            job = again;
        }

        return true;
    }

    private async Task<Refusal?> Once(Job job, DateTimeOffset due, string token, CancellationToken stop)
    {
        if (job.Paused || planners.Find(job.Dialect) is not { } planner)
            return null;
        var continuous = job.Trigger is Trigger.Continuous;
        if ((continuous || planner.SkipsOverlap(job)) && await store.RunsList(new RunQuery(1, JobId: job.Id, States: States.Open), stop).ConfigureAwait(false) is [var living])
        {
            if (!continuous)
                Skipped(log, job.Id, due, living.Id);
            return null;
        }

        if (planner.SweepOf(job) is { } several)
        {
            if (!several.Ok(out var sweep, out var bad) || !(await dispatch.Sweep(new SweepRequest(job, job.Name, sweep) { Token = token }, stop).ConfigureAwait(false)).Ok(out _, out bad))
                return bad;
            return null;
        }

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
        var fired = await dispatch.Submit(request with { TriggerKind = job.Trigger.Kind, TriggeredAt = due, IdempotencyToken = token }, stop).ConfigureAwait(false);
        return fired.Refusal;
    }

    [LoggerMessage(1, LogLevel.Error, "job {Job} could not be planned")]
    private static partial void PlanFailed(ILogger log, long job, Exception problem);

    [LoggerMessage(3, LogLevel.Information, "job {Job} was due at {Due} and passed over: its run {Run} still lives")]
    private static partial void Skipped(ILogger log, long job, DateTimeOffset due, long run);

    [LoggerMessage(2, LogLevel.Warning, "job {Job} was due but not run: {Why}")]
    private static partial void FireRefused(ILogger log, long job, string why);
}
