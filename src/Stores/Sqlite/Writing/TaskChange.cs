using Switchyard.Core.Execution;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;

namespace Switchyard.Stores.Sqlite.Writing;

/// <summary>
/// Several moves of one instance on one attempt, as the one update they make of its row: guarded by where the first
/// began, writing where the last ended. What a move does to the fields is what <see cref="RunView.Apply"/> does.
/// </summary>
internal sealed class TaskChange(Move.OfTask first)
{
    public int Task { get; } = first.Task;
    public int Index { get; } = first.Index;
    public long AttemptId { get; } = first.AttemptId;
    public TaskState From { get; } = first.From;
    public TaskState To { get; private set; } = first.From;
    public Reason Reason { get; private set; }
    public string? Node { get; private set; }
    public Grant? Grant { get; private set; }
    public string? Handle { get; private set; }
    public int? ExitCode { get; private set; }
    public TaskOutcome? Outcome { get; private set; }
    public bool? Branch { get; private set; }
    public long? ChildRunId { get; private set; }
    public Reason? Stopping { get; set; }
    public DateTimeOffset? ReadyAt { get; private set; }
    public DateTimeOffset? StartedAt { get; private set; }
    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>True for a move that goes on where this change has come to.</summary>
    public bool Leads(Move.OfTask move) => move.From == To && move.AttemptId == AttemptId;

    public void Take(Move.OfTask move)
    {
        To = move.To;
        Reason = move.Reason;
        Node = move.Node ?? Node;
        Grant = move.Grant ?? Grant;
        Handle = move.Handle ?? Handle;
        ExitCode = move.ExitCode ?? ExitCode;
        Outcome = move.Outcome ?? Outcome;
        Branch = move.Branch ?? Branch;
        ChildRunId = move.ChildRunId ?? ChildRunId;
        if (move.To == TaskState.Ready)
            ReadyAt = move.At;
        StartedAt ??= move.StartedAt ?? (move.To == TaskState.Running ? move.At : null);
        if (move.To.IsEnd())
            EndedAt = move.At;
    }
}
