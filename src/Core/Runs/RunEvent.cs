using Switchyard.Core.Execution;

namespace Switchyard.Core.Runs;

/// <summary>
/// Something that happened to a run, as input to the rules. Closed: the types below are all there are. An event that
/// names an attempt which is no longer the instance's current one, or whose instance has ended, changes nothing: late
/// and doubled events are ordinary.
/// </summary>
public abstract record RunEvent
{
    private RunEvent() { }

    /// <summary>The Stager lets it in.</summary>
    public sealed record Admitted : RunEvent;

    /// <summary>The Stager turns it away.</summary>
    public sealed record OverLimit(int Limit) : RunEvent;

    /// <summary>An event about one attempt of one instance.</summary>
    public abstract record OfAttempt(int Task, int Index, long AttemptId) : RunEvent;

    /// <summary>The Placer gives it to a node.</summary>
    public sealed record Placed(int Task, int Index, long AttemptId, string Node, Plans.Grant? Grant = null) : OfAttempt(Task, Index, AttemptId);

    /// <summary>Its process runs.</summary>
    public sealed record Started(int Task, int Index, long AttemptId, string? Handle, DateTimeOffset StartedAt) : OfAttempt(Task, Index, AttemptId);

    /// <summary>It could not be started, for a reason in the plan itself.</summary>
    public sealed record Refused(int Task, int Index, long AttemptId, Reason Reason) : OfAttempt(Task, Index, AttemptId);

    /// <summary>Its process ended and nothing of it is left.</summary>
    public sealed record Exited(int Task, int Index, long AttemptId, int ExitCode, int? Signal, DateTimeOffset? StartedAt, DateTimeOffset EndedAt, TaskOutcome? Outcome, string? Unproven)
        : OfAttempt(Task, Index, AttemptId)
    {
        /// <summary>What ended it from outside; none when it ended by itself.</summary>
        public Reason Because { get; init; } = Reason.None;
    }

    /// <summary>Nobody can say how it ended.</summary>
    public sealed record LostTrack(int Task, int Index, long AttemptId, string Why) : OfAttempt(Task, Index, AttemptId);

    /// <summary>The child run it waits for exists.</summary>
    public sealed record ChildStarted(int Task, int Index, long AttemptId, long ChildRunId) : OfAttempt(Task, Index, AttemptId);

    /// <summary>The child run it waits for ended.</summary>
    public sealed record ChildEnded(int Task, int Index, long AttemptId, RunState State) : OfAttempt(Task, Index, AttemptId);

    /// <summary>It has run as long as its task allows.</summary>
    public sealed record TimeoutDue(int Task, int Index, long AttemptId) : OfAttempt(Task, Index, AttemptId);

    /// <summary>Its next attempt is due.</summary>
    public sealed record RetryDue(int Task, int Index, long AttemptId) : OfAttempt(Task, Index, AttemptId);

    /// <summary>Somebody asked for this one attempt to end.</summary>
    public sealed record CancelTask(int Task, int Index, long AttemptId, string By) : OfAttempt(Task, Index, AttemptId);

    /// <summary>What it runs on was taken away: it ends as failed, and is tried again as its task says.</summary>
    public sealed record Revoked(int Task, int Index, long AttemptId, Reason Reason) : OfAttempt(Task, Index, AttemptId);

    /// <summary>Somebody asked for the run to end.</summary>
    public sealed record CancelRun(string By) : RunEvent;

    /// <summary>The run has taken as long as it may.</summary>
    public sealed record RunTimeoutDue : RunEvent;

    /// <summary>The next round is due.</summary>
    /// <param name="Round">The round that ended; after a later one it changes nothing, so that a doubled timer does not shorten that one's wait. Null for the present one.</param>
    public sealed record RoundDue(int? Round = null) : RunEvent;

    /// <summary>The resources of a gang were not to be had in time.</summary>
    /// <param name="Round">The round that waited for them; in a later one it changes nothing. Null for the present one.</param>
    public sealed record GangTimeoutDue(int? Round = null) : RunEvent;

    /// <summary>A gang can never be placed, for a reason in the plan itself.</summary>
    public sealed record GangRefused(string Why) : RunEvent;

    /// <summary>The run made the engine fail; it is ended so that the others go on.</summary>
    public sealed record Quarantine(string Why) : RunEvent;
}
