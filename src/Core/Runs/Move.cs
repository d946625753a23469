namespace Switchyard.Core.Runs;

/// <summary>
/// A change to write. The store applies it only while the row is still in its <c>From</c> state (and, for an instance,
/// on its attempt); otherwise it refuses the run's whole set of moves and the engine reads the run again.
/// Closed: the types below are all there are. Every move leaves an event.
/// </summary>
public abstract record Move(DateTimeOffset At, Reason Reason)
{
    /// <summary>The run as a whole.</summary>
    public sealed record OfRun(RunState From, RunState To, DateTimeOffset At, Reason Reason) : Move(At, Reason)
    {
        /// <summary>The round that begins, when one does.</summary>
        public int? Round { get; init; }

        /// <summary>When the next round is due.</summary>
        public DateTimeOffset? DueAt { get; init; }

        /// <summary>Rounds charged to the user so far, when that changes.</summary>
        public int? ChargedRounds { get; init; }

        /// <summary>Rounds that followed a platform and a resource cause so far, when that changes.</summary>
        public (int Platform, int Resource)? FreeRounds { get; init; }

        /// <summary>The exit code that decided the run (to an end that is a failure), when there is one.</summary>
        public int? ExitCode { get; init; }
    }

    /// <summary>One instance, on one attempt.</summary>
    public sealed record OfTask(int Task, int Index, long AttemptId, TaskState From, TaskState To, DateTimeOffset At, Reason Reason) : Move(At, Reason)
    {
        /// <summary>The node it was given to (to Starting).</summary>
        public string? Node { get; init; }

        /// <summary>The ports and GPUs it holds (to Starting).</summary>
        public Plans.Grant? Grant { get; init; }

        /// <summary>What the executor finds it by (to Running).</summary>
        public string? Handle { get; init; }

        /// <summary>When its process began to run, if known.</summary>
        public DateTimeOffset? StartedAt { get; init; }

        /// <summary>The exit code, when there is one.</summary>
        public int? ExitCode { get; init; }

        /// <summary>What it left behind (to an end, or to WaitingForRetry).</summary>
        public Execution.TaskOutcome? Outcome { get; init; }

        /// <summary>For a condition: which branch is taken.</summary>
        public bool? Branch { get; init; }

        /// <summary>The child run it started.</summary>
        public long? ChildRunId { get; init; }

        /// <summary>Set when the attempt ended and another follows: how this one ended, and the next one's id and due time.</summary>
        public NextAttempt? Next { get; init; }
    }

    /// <summary>A request to end an attempt was recorded; the attempt is still there.</summary>
    public sealed record Stopping(int Task, int Index, long AttemptId, DateTimeOffset At, Reason Reason) : Move(At, Reason);

    /// <summary>A for-each node got its iterations.</summary>
    public sealed record Expand(int Task, IReadOnlyList<(long AttemptId, string Input)> Iterations, DateTimeOffset At)
        : Move(At, new Reason(ReasonCode.Progress, $"{Iterations.Count} iterations"));

    /// <summary>An instance begins again from Blocked with a new attempt: a new round, or a repair.</summary>
    public sealed record Reopen(int Task, int Index, long AttemptId, TaskState From, long NextAttemptId, int NextAttempt, DateTimeOffset At, Reason Reason)
        : Move(At, Reason);
}

/// <summary>The attempt after this one.</summary>
/// <param name="Ended">How this one ended.</param>
/// <param name="AttemptId">The next one's id.</param>
/// <param name="Attempt">The next one's number; 0 was the first.</param>
/// <param name="Charged">Attempts charged to the user so far.</param>
/// <param name="Free">Attempts repeated for a platform cause so far.</param>
/// <param name="DueAt">When it may start.</param>
public sealed record NextAttempt(TaskState Ended, long AttemptId, int Attempt, int Charged, int Free, DateTimeOffset DueAt);
