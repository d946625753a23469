using System.Text.Json;
using Switchyard.Core.Runs;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres.Writing;

/// <summary>
/// An instance's row with its current attempt, on which moves are tried before they are written. What a move does to the fields is what
/// <see cref="RunView.Apply"/> does.
/// </summary>
internal sealed record TaskImage(long RunId, int Task, int Index, string Key)
{
    /// <summary>The columns as <see cref="Read"/> takes them.</summary>
    public const string Columns =
        """
        t.run_id, t.task, t.idx, t.task_key, t.attempt_id, t.attempt, t.state, t.reason_code, t.reason_text, t.charged, t.free, t.input, t.node, t.ports, t.handle, t.exit_code, t.branch,
        t.child_run_id, t.outcome, t.stopping_code, t.stopping_text, t.ready_at, t.started_at, t.ended_at, t.due_at
        """;

    public long AttemptId { get; private set; }
    public int Attempt { get; private set; }
    public TaskState State { get; private set; }
    public Reason Reason { get; private set; }
    public int Charged { get; private set; }
    public int Free { get; private set; }
    public string? Input { get; private set; }
    public string? Node { get; private set; }
    public string? Ports { get; private set; }
    public string? Handle { get; private set; }
    public int? ExitCode { get; private set; }
    public bool? Branch { get; private set; }
    public long? ChildRunId { get; private set; }
    public string? Outcome { get; private set; }
    public Reason? Stopping { get; private set; }
    public DateTimeOffset? ReadyAt { get; private set; }
    public DateTimeOffset? StartedAt { get; private set; }
    public DateTimeOffset? EndedAt { get; private set; }
    public DateTimeOffset? DueAt { get; private set; }

    /// <summary>The row as it is in the database; null for one that is not there yet.</summary>
    public TaskImage? Stored { get; private init; }

    /// <summary>True once a move of this set has moved the attempt.</summary>
    public bool Moved { get; private set; }

    public static TaskImage Read(Row row)
    {
        var image = new TaskImage(row.Long(), row.Int(), row.Int(), row.Text())
        {
            AttemptId = row.Long(),
            Attempt = row.Int(),
            State = row.Word<TaskState>(),
            Reason = row.Reason(),
            Charged = row.Int(),
            Free = row.Int(),
            Input = row.TextOrNull(),
            Node = row.TextOrNull(),
            Ports = row.TextOrNull(),
            Handle = row.TextOrNull(),
            ExitCode = row.IntOrNull(),
            Branch = row.BoolOrNull(),
            ChildRunId = row.LongOrNull(),
            Outcome = row.TextOrNull(),
            Stopping = row.ReasonOrNull(),
            ReadyAt = row.InstantOrNull(),
            StartedAt = row.InstantOrNull(),
            EndedAt = row.InstantOrNull(),
            DueAt = row.InstantOrNull(),
        };
        return image with { Stored = image };
    }

    /// <summary>An iteration that a for-each node gets.</summary>
    public static TaskImage Iteration(TaskImage head, int index, long attemptId, string input) =>
        new(head.RunId, head.Task, index, head.Key) { AttemptId = attemptId, Input = input, Reason = Reason.None };

    public bool Is(TaskState state, long attemptId) => State == state && AttemptId == attemptId;

    public void Take(Move.OfTask move)
    {
        Moved = true;
        State = move.To;
        Reason = move.Reason;
        Node = move.Node ?? Node;
        Ports = move.Grant?.ToString() ?? Ports;
        Handle = move.Handle ?? Handle;
        ExitCode = move.ExitCode ?? ExitCode;
        Outcome = move.Outcome is { } outcome ? JsonSerializer.Serialize(outcome, StoreJson.Default.TaskOutcome) : Outcome;
        Branch = move.Branch ?? Branch;
        ChildRunId = move.ChildRunId ?? ChildRunId;
        if (move.To == TaskState.Ready)
            ReadyAt = move.At;
        StartedAt ??= move.StartedAt ?? (move.To == TaskState.Running ? move.At : null);
        if (move.To.IsEnd())
            EndedAt = move.At;
    }

    /// <summary>Notes that it was asked to end; false when it was already, or has ended.</summary>
    public bool Stop(Reason reason)
    {
        if (Moved ? State.IsEnd() : Stopping is not null || EndedAt is not null)
            return false;
        Stopping ??= reason;
        return true;
    }

    /// <summary>Goes on to another attempt; answers the one before as it is kept.</summary>
    public TaskImage Follow(NextAttempt next, DateTimeOffset at)
    {
        var before = this with { State = next.Ended, EndedAt = at };
        Begin(next.AttemptId, next.Attempt, next.DueAt);
        (Charged, Free) = (next.Charged, next.Free);
        return before;
    }

    /// <summary>Begins again from Blocked; answers the attempt before as it is kept.</summary>
    public TaskImage Reopen(Move.Reopen move)
    {
        var before = this with { };
        Begin(move.NextAttemptId, move.NextAttempt, null);
        State = TaskState.Blocked;
        return before;
    }

    /// <summary>Begins to count anew what a repair gives another chance.</summary>
    public void Forgive() => (Charged, Free, Reason) = (0, 0, Reason.None);

    private void Begin(long attemptId, int attempt, DateTimeOffset? dueAt)
    {
        (AttemptId, Attempt, DueAt, Moved) = (attemptId, attempt, dueAt, false);
        (Node, Ports, Handle, ExitCode, Branch, ChildRunId, Outcome, Stopping, ReadyAt, StartedAt, EndedAt) = (null, null, null, null, null, null, null, null, null, null, null);
    }
}
