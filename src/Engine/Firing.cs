using Microsoft.Extensions.Logging;
using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Sweeps;
using Switchyard.Core.Text;
using Switchyard.Core.Triggers;

namespace Switchyard.Engine;

/// <summary>A job that is due.</summary>
/// <param name="At">When it was to start.</param>
/// <param name="Token">Names this start: doing it twice does it once.</param>
internal sealed record Due(Job Job, DateTimeOffset At, string Token);

/// <summary>Starts runs of jobs because their triggers say so.</summary>
internal sealed partial class Firing(IStore store, IDispatch dispatch, Planners planners, ILogger log)
{
    private const int MostRounds = 5;

    /// <summary>
    /// Plans and submits runs, together and in this order. What cannot be planned is a run that failed with the reason, so that no tick is lost silently.
    /// </summary>
    /// <returns>The jobs for which it was given up: a run is still owed.</returns>
    public async Task<IReadOnlySet<long>> Fire(IReadOnlyList<Due> all, CancellationToken stop)
    {
        var owed = new HashSet<long>();
        // The settings may change between planning and insertion; the insertion notices, and the plan is made again.
        for (var round = 1; all.Count > 0; round++)
        {
            var requests = new List<(Due Due, RunRequest Request)>(all.Count);
            foreach (var due in all)
            {
                if (await Prepare(due.Job, due.At, due.Token, owed, stop).ConfigureAwait(false) is { } request)
                    requests.Add((due, request));
            }

            var answers = await Task.WhenAll(requests.Select(one => dispatch.Submit(one.Request, stop)).ToList()).ConfigureAwait(false);
            var again = new List<Due>();
            foreach (var (due, problem) in requests.Select((one, no) => (one.Due, answers[no].Refusal)))
            {
                if (problem is { Code: RefusalCode.Conflict } && round < MostRounds && await store.JobGet(due.Job.Id, stop).ConfigureAwait(false) is { } changed)
                    again.Add(due with { Job = changed });
                else if (problem is not null)
                    GiveUp(due.Job.Id, problem.Message, owed);
            }

            all = again;
        }

        return owed;
    }

    private void GiveUp(long jobId, string why, HashSet<long> owed)
    {
        FireRefused(log, jobId, why);
        owed.Add(jobId);
    }

    /// <summary>A request for what is to start; null when nothing is, or when it was started another way.</summary>
    private async Task<RunRequest?> Prepare(Job job, DateTimeOffset due, string token, HashSet<long> owed, CancellationToken stop)
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
                GiveUp(job.Id, bad.Message, owed);
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
        return request with { TriggerKind = job.Trigger.Kind, TriggeredAt = due, IdempotencyToken = token };
    }

    [LoggerMessage(1, LogLevel.Error, "job {Job} could not be planned")]
    private static partial void PlanFailed(ILogger log, long job, Exception problem);

    [LoggerMessage(3, LogLevel.Information, "job {Job} was due at {Due} and passed over: its run {Run} still lives")]
    private static partial void Skipped(ILogger log, long job, DateTimeOffset due, long run);

    [LoggerMessage(2, LogLevel.Warning, "job {Job} was due but not run: {Why}")]
    private static partial void FireRefused(ILogger log, long job, string why);
}
