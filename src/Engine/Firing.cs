using Microsoft.Extensions.Logging;
using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Sweeps;
using Switchyard.Core.Text;

namespace Switchyard.Engine;

/// <summary>Starts a run of a job because its trigger says so.</summary>
internal sealed partial class Firing(IDispatch dispatch, Planners planners, ILogger log)
{
    /// <summary>Plans and submits it. What cannot be planned is a run that failed with the reason, so that no tick is lost silently.</summary>
    /// <param name="job">The job.</param>
    /// <param name="due">When it was to start.</param>
    /// <param name="token">Names this start: doing it twice does it once.</param>
    /// <param name="stop">Gives up.</param>
    public async Task Fire(Job job, DateTimeOffset due, string token, CancellationToken stop)
    {
        if (job.Paused || planners.Find(job.Dialect) is not { } planner)
            return;
        if (planner.SweepOf(job) is { } several)
        {
            if (!several.Ok(out var sweep, out var bad) || !(await dispatch.Sweep(new SweepRequest(job, job.Name, sweep) { Token = token }, stop).ConfigureAwait(false)).Ok(out _, out bad))
                FireRefused(log, job.Id, bad.Message);
            return;
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
        if (!fired.Ok(out _, out var problem2))
            FireRefused(log, job.Id, problem2.Message);
    }

    [LoggerMessage(1, LogLevel.Error, "job {Job} could not be planned")]
    private static partial void PlanFailed(ILogger log, long job, Exception problem);

    [LoggerMessage(2, LogLevel.Warning, "job {Job} was due but not run: {Why}")]
    private static partial void FireRefused(ILogger log, long job, string why);
}
