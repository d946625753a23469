using Switchyard.Core.Execution;
using Switchyard.Core.Plans;
using Switchyard.Core.Text;

namespace Switchyard.Core.Runs;

/// <summary>How a run came to be, where clients ask for it.</summary>
public enum RunKind
{
    /// <summary>A run of a job.</summary>
    Job,

    /// <summary>A one-time run, submitted with its settings.</summary>
    Submitted,

    /// <summary>Started by a notebook from inside another run.</summary>
    Nested,
}

/// <summary>A text kept once for all runs that share it, named by its hash.</summary>
/// <param name="Hash">Lower-case hexadecimal SHA-256 of the text.</param>
public sealed record Document(string Hash, string Text)
{
    /// <summary>A document of a text.</summary>
    public static Document Of(string text) =>
        new(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text))), text);
}

/// <summary>A plan with the text it is stored as; planners keep it for as long as the settings do not change.</summary>
public sealed record PlanDocument(Plan Plan, Document Document)
{
    /// <summary>Writes a plan down.</summary>
    public static PlanDocument Of(Plan plan) => new(plan, Document.Of(PlanText.Write(plan)));
}

/// <summary>The place of a run in a batch.</summary>
/// <param name="Index">The index of its point in the sweep, from 0; no two runs of a batch have the same.</param>
public readonly record struct BatchPlace(long BatchId, long Index);

/// <summary>A run to insert, in state Queued, with one instance for each task instance of the plan.</summary>
public sealed record NewRun
{
    /// <summary>The run's id.</summary>
    public required long Id { get; init; }

    /// <summary>The job; for a one-time run the hidden job inserted with it.</summary>
    public required long JobId { get; init; }

    /// <summary>The version of the settings this was planned from; another version at insertion is a conflict. Null for a one-time run.</summary>
    public int? JobVersion { get; init; }

    /// <summary>The hidden job of a one-time run, inserted together with it.</summary>
    public Jobs.Job? HiddenJob { get; init; }
    public required string Dialect { get; init; }
    public required RunKind Kind { get; init; }
    public required string Name { get; init; }
    public required long OwnerId { get; init; }
    public required string TriggerKind { get; init; }
    public DateTimeOffset? TriggeredAt { get; init; }
    public required PlanDocument Plan { get; init; }

    /// <summary>What the dialect needs to show the run: settings and overrides as JSON text.</summary>
    public required Document Shown { get; init; }

    /// <summary>Parameters of this run alone, as JSON text that the dialect reads back; null for none.</summary>
    public string? Overrides { get; init; }
    public int MaxConcurrent { get; init; }
    public bool QueueWhenFull { get; init; } = true;
    public long TimeoutMs { get; init; }

    /// <summary>A repeated insertion with the same token, dialect and owner answers the first run.</summary>
    public string? IdempotencyToken { get; init; }

    /// <summary>
    /// A name that no other run of this dialect and owner may have (<see cref="RefusalCode.Conflict"/>) until this one is deleted or gives it up.
    /// One that begins with <c>~</c> no other run of the dialect may have, whoever owns it.
    /// </summary>
    public string? UniqueName { get; init; }

    /// <summary>An ended run of the same unique name that gives it up to this one; a conflict when it has not ended, or no longer has it.</summary>
    public long? TakesNameFrom { get; init; }

    /// <summary>The task attempt of another run that waits for this one.</summary>
    public long? ParentAttemptId { get; init; }

    /// <summary>The batch it is made with, and its place there; null for a plain run.</summary>
    public BatchPlace? Batch { get; init; }
    public required DateTimeOffset At { get; init; }

    /// <summary>The attempt ids of the first attempts: for each task its instances in order, or the head alone for a for-each.</summary>
    public required IReadOnlyList<IReadOnlyList<long>> AttemptIds { get; init; }

    /// <summary>Set when the settings could not be planned: the run is inserted as Failed with this reason, so that no tick is lost.</summary>
    public Reason? Refused { get; init; }

    /// <summary>Set for a run that is over: it is inserted as it ended, and nothing of it starts.</summary>
    public PastRun? Past { get; init; }
}

/// <summary>How a run went that was executed on another installation. When it was made is <see cref="NewRun.At"/>.</summary>
public sealed record PastRun(
    RunState State, Reason Reason, DateTimeOffset? StartedAt, DateTimeOffset EndedAt, int ChargedRounds = 0, int PlatformRounds = 0, int ResourceRounds = 0);

/// <summary>What became of an insertion.</summary>
/// <param name="RunId">The run's id: the one given, or the first run of the idempotency token.</param>
/// <param name="NumberInJob">Its number among the runs of its job, from 1.</param>
/// <param name="Existed">True when the idempotency token was known.</param>
public sealed record RunInserted(long RunId, long NumberInJob, bool Existed);

/// <summary>A job that is to be started since a run succeeded that it waits for.</summary>
/// <param name="RunId">The run that succeeded.</param>
/// <param name="JobId">The job to start.</param>
/// <param name="At">When it succeeded.</param>
public sealed record FollowUp(long RunId, long JobId, DateTimeOffset At);

/// <summary>An ended run that may be deleted.</summary>
/// <param name="AttemptIds">All its attempts, current and earlier.</param>
public sealed record PrunableRun(long RunId, DateTimeOffset EndedAt, IReadOnlyList<long> AttemptIds);

/// <summary>A run as lists and pages show it.</summary>
public sealed record RunRow
{
    public required long Id { get; init; }
    public required long JobId { get; init; }
    public required string Dialect { get; init; }
    public required RunKind Kind { get; init; }
    public required string Name { get; init; }
    public required long OwnerId { get; init; }
    public string OwnerName { get; init; } = "";
    public required long NumberInJob { get; init; }
    public required string TriggerKind { get; init; }
    public DateTimeOffset? TriggeredAt { get; init; }
    public required RunState State { get; init; }
    public required Reason Reason { get; init; }
    public int Round { get; init; }
    public int ChargedRounds { get; init; }
    public int PlatformRounds { get; init; }
    public int ResourceRounds { get; init; }
    public int Revision { get; init; }
    public required string PlanHash { get; init; }
    public required string ShownHash { get; init; }
    public string? Overrides { get; init; }
    public int MaxConcurrent { get; init; }
    public bool QueueWhenFull { get; init; }
    public long TimeoutMs { get; init; }
    public string? IdempotencyToken { get; init; }
    public string? UniqueName { get; init; }

    /// <summary>The exit code that decided its end, where it failed by one.</summary>
    public int? ExitCode { get; init; }
    public long? ParentAttemptId { get; init; }
    public BatchPlace? Batch { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    public DateTimeOffset? DueAt { get; init; }
}

/// <summary>One attempt of a task instance, the current one or an earlier one.</summary>
public sealed record AttemptRow
{
    public required long Id { get; init; }
    public required long RunId { get; init; }

    /// <summary>Position of the task in the plan.</summary>
    public required int Task { get; init; }
    public required string TaskKey { get; init; }

    /// <summary>The instance or iteration; <see cref="InstanceView.HeadIndex"/> for a for-each node itself.</summary>
    public required int Index { get; init; }

    /// <summary>0 for the first.</summary>
    public required int Attempt { get; init; }
    public required TaskState State { get; init; }
    public required Reason Reason { get; init; }

    /// <summary>True for the instance's latest attempt.</summary>
    public required bool Current { get; init; }
    public int Charged { get; init; }
    public int Free { get; init; }
    public string? Input { get; init; }
    public string? Node { get; init; }

    /// <summary>The ports and GPUs it holds, or held.</summary>
    public Grant? Grant { get; init; }
    public string? Handle { get; init; }
    public int? ExitCode { get; init; }
    public bool? Branch { get; init; }
    public long? ChildRunId { get; init; }
    public TaskOutcome? Outcome { get; init; }
    public Reason? Stopping { get; init; }
    public DateTimeOffset? ReadyAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    public DateTimeOffset? DueAt { get; init; }
}

/// <summary>Something that happened, in the order it was committed.</summary>
/// <param name="Seq">Position in the order of all events.</param>
/// <param name="Task">Position of the task in the plan, or null for the run itself.</param>
public sealed record EventRow(
    long Seq, long RunId, int? Task, int? Index, long? AttemptId, string From, string To, Reason Reason, DateTimeOffset At);

/// <summary>Which runs a list wants. Newest first (by id).</summary>
/// <param name="Owners">Only what belongs to these users and teams, or all.</param>
/// <param name="SharedWith">Beside the owners' also runs of jobs on which one of these principals was given something.</param>
/// <param name="States">Only runs in these states, or all.</param>
/// <param name="CreatedFrom">Only runs created at or after this.</param>
/// <param name="CreatedTo">Only runs created at or before this.</param>
/// <param name="Before">Only ids below this one (the keyset page).</param>
/// <param name="After">Only ids above this one, for the page before; still newest first.</param>
/// <param name="UniqueName">Only the run that has this unique name (with dialect and owner, or with dialect alone for one that begins with <c>~</c>: at most one).</param>
/// <param name="Named">Only runs that have a unique name.</param>
public sealed record RunQuery(
    int Limit, long? JobId = null, string? Dialect = null, RunKind? Kind = null, IReadOnlyList<long>? Owners = null, IReadOnlyList<RunState>? States = null,
    DateTimeOffset? CreatedFrom = null, DateTimeOffset? CreatedTo = null, long? Before = null, long? After = null, int Skip = 0,
    string? UniqueName = null, bool Named = false, IReadOnlyList<long>? SharedWith = null);

/// <summary>The newest runs of a job, and how the tasks of each went.</summary>
/// <param name="Runs">Newest first.</param>
/// <param name="Tasks">In the order of the newest plan, those of older plans after them.</param>
public sealed record JobGrid(IReadOnlyList<RunRow> Runs, IReadOnlyList<GridTask> Tasks);

/// <summary>A task in each of some runs; null in those that do not have it.</summary>
public sealed record GridTask(string Key, IReadOnlyList<GridCell?> Cells);

/// <summary>How a task of a run went, in one word for all its instances.</summary>
/// <param name="DurationMs">From the first start to the last end; null while it has not ended, or if it never started.</param>
/// <param name="Attempts">The most that one of its instances took.</param>
public readonly record struct GridCell(TaskState State, long? DurationMs, int Attempts);

/// <summary>How many runs are in each state, of those that live and of those that ended lately.</summary>
/// <param name="Capped">True when there may be more than were looked at.</param>
public sealed record RunCounts(IReadOnlyDictionary<RunState, long> ByState, bool Capped);

/// <summary>The moves of one run, to be applied all or not at all.</summary>
/// <param name="RunId">The run.</param>
/// <param name="JobId">Its job, whose counters the moves change.</param>
/// <param name="Moves">In order. Several moves of one instance are one update of its row, but an event each.</param>
/// <param name="BatchId">Its batch, whose counters they change; null for a plain run.</param>
/// <param name="Watched">Its plan, when more of it is told than its start and end; null for all others, which pay nothing for it.</param>
public sealed record RunMoves(long RunId, long JobId, IReadOnlyList<Move> Moves, long? BatchId = null, Plan? Watched = null);
