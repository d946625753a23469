using Switchyard.Core.Plans;
using Switchyard.Core.Runs;

namespace Switchyard.Engine;

/// <summary>Requests as runs to insert, and those as the Conductor sees them.</summary>
internal static class NewRuns
{
    /// <summary>A run to insert.</summary>
    public static NewRun Of(RunRequest request, Func<long> nextId, DateTimeOffset now) => new()
    {
        Id = nextId(),
        JobId = request.Job.Id,
        // A batch is made from the settings it was begun with, whatever they are now.
        JobVersion = request.Job.Hidden || request.Batch is not null ? null : request.Job.Version,
        HiddenJob = request.Job.Hidden && request.Kind != RunKind.Job ? request.Job : null,
        Dialect = request.Job.Dialect,
        Kind = request.Kind,
        Name = request.Name,
        OwnerId = request.OwnerId,
        TriggerKind = request.TriggerKind,
        TriggeredAt = request.TriggeredAt,
        Plan = request.Plan,
        Shown = request.Shown,
        Overrides = request.Overrides,
        MaxConcurrent = request.Job.MaxConcurrent,
        QueueWhenFull = request.QueueWhenFull ?? request.Job.QueueWhenFull,
        TimeoutMs = request.TimeoutMs,
        IdempotencyToken = request.IdempotencyToken,
        UniqueName = request.UniqueName,
        TakesNameFrom = request.TakesNameFrom,
        ParentAttemptId = request.ParentAttemptId,
        Batch = request.Batch,
        At = request.MadeAt ?? now,
        AttemptIds = [.. request.Plan.Plan.Tasks.Select(task => AttemptIds(task, nextId))],
        Refused = request.Refused,
        Past = request.Past,
    };

    /// <summary>A run that was just inserted.</summary>
    public static RunView View(NewRun run, string jobName)
    {
        var plan = run.Plan.Plan;
        var head = new RunHead
        {
            Id = run.Id,
            JobId = run.JobId,
            JobName = jobName,
            CreatedAt = run.At,
            TriggeredAt = run.TriggeredAt,
            TriggerKind = run.TriggerKind,
            MaxConcurrent = run.MaxConcurrent,
            QueueWhenFull = run.QueueWhenFull,
            TimeoutMs = run.TimeoutMs,
            ParentAttemptId = run.ParentAttemptId,
            BatchId = run.Batch?.BatchId,
        };
        return new RunView(head, plan, RunView.NewInstances(plan, run.AttemptIds.SelectMany(ids => ids)));
    }

    private static long[] AttemptIds(PlanTask task, Func<long> nextId)
    {
        var ids = new long[task.Action is ForEachAction ? 1 : task.Instances];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = nextId();
        return ids;
    }
}
