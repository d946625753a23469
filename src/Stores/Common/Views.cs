using Switchyard.Core.Runs;

namespace Switchyard.Stores;

/// <summary>Rows as the rules read them.</summary>
internal static class Views
{
    /// <summary>A run's columns as the rules read them.</summary>
    public static RunHead Of(RunRow row, string? jobName) => new()
    {
        Id = row.Id,
        JobId = row.JobId,
        JobName = jobName,
        CreatedAt = row.CreatedAt,
        TriggeredAt = row.TriggeredAt,
        TriggerKind = row.TriggerKind,
        MaxConcurrent = row.MaxConcurrent,
        QueueWhenFull = row.QueueWhenFull,
        TimeoutMs = row.TimeoutMs,
        State = row.State,
        Reason = row.Reason,
        Round = row.Round,
        ChargedRounds = row.ChargedRounds,
        PlatformRounds = row.PlatformRounds,
        ResourceRounds = row.ResourceRounds,
        Revision = row.Revision,
        StartedAt = row.StartedAt,
        EndedAt = row.EndedAt,
        DueAt = row.DueAt,
        ParentAttemptId = row.ParentAttemptId,
        BatchId = row.Batch?.BatchId,
    };

    /// <summary>A current attempt as the rules read it.</summary>
    public static InstanceView Of(AttemptRow row) => new(row.Task, row.Index, row.Id)
    {
        State = row.State,
        Reason = row.Reason,
        Attempt = row.Attempt,
        Charged = row.Charged,
        Free = row.Free,
        Input = row.Input,
        Node = row.Node,
        Grant = row.Grant,
        Handle = row.Handle,
        ReadyAt = row.ReadyAt,
        StartedAt = row.StartedAt,
        EndedAt = row.EndedAt,
        DueAt = row.DueAt,
        ExitCode = row.ExitCode,
        Outcome = row.Outcome,
        Branch = row.Branch,
        ChildRunId = row.ChildRunId,
        Stopping = row.Stopping,
    };
}
