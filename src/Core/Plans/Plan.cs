namespace Switchyard.Core.Plans;

/// <summary>
/// The dialect-free description of a run: what to do, in which order, and what to do when it fails. Immutable; a
/// repair makes the next revision. A task is named by its position in <see cref="Tasks"/> everywhere inside.
/// </summary>
public sealed record Plan
{
    /// <summary>The nodes of the graph, in the order the client gave them.</summary>
    public required IReadOnlyList<PlanTask> Tasks { get; init; }

    /// <summary>What one task's failure means for the others.</summary>
    public FailurePolicy OnFailure { get; init; } = FailurePolicy.ContinueIndependent;

    /// <summary>How the run's end is read off its tasks.</summary>
    public EndRule End { get; init; } = EndRule.Leaves;

    /// <summary>Whole-run retries.</summary>
    public RoundPolicy Rounds { get; init; } = RoundPolicy.None;

    /// <summary>Things held for part of the run that tasks may use.</summary>
    public IReadOnlyList<Allocation> Allocations { get; init; } = [];

    /// <summary>The run's parameters by name, after merging; references in bindings read them.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = EmptyParameters;

    /// <summary>The pool all tasks draw on.</summary>
    public string Pool { get; init; } = Pools.Pool.DefaultName;

    /// <summary>Instances of the run that may hold capacity at once; 0 for no limit.</summary>
    public int MaxParallel { get; init; }

    /// <summary>True when all instances of all tasks start together or not at all.</summary>
    public bool Gang { get; init; }

    /// <summary>Variables by which the members of a gang find each other; made once for the whole gang.</summary>
    public IReadOnlyList<PeerVariable> Peers { get; init; } = [];

    /// <summary>Milliseconds a gang may wait for its resources before the round ends for a resource cause; 0 for ever.</summary>
    public long GangTimeoutMs { get; init; }

    /// <summary>True when somebody wants to be told of the starts and ends of single tasks.</summary>
    public bool TellTasks { get; init; }

    /// <summary>Milliseconds after the run's start at which somebody is to be told that it still runs; 0 for never.</summary>
    public long WarnAfterMs { get; init; }

    internal static readonly IReadOnlyDictionary<string, string> EmptyParameters = new Dictionary<string, string>();
}

/// <summary>One node of a plan's graph, with one or more instances.</summary>
public sealed record PlanTask
{
    /// <summary>The client's name for the task, unique in the plan.</summary>
    public required string Key { get; init; }

    /// <summary>What an attempt of it does.</summary>
    public required PlanAction Action { get; init; }

    /// <summary>The tasks that must have ended before this one is looked at.</summary>
    public IReadOnlyList<Dependency> DependsOn { get; init; } = [];

    /// <summary>What their ends must be for this one to run.</summary>
    public RunIf RunIf { get; init; } = RunIf.AllSuccess;

    /// <summary>How many instances run side by side; a for-each node's instances come from its inputs instead.</summary>
    public int Instances { get; init; } = 1;

    /// <summary>When the instances together count as ended.</summary>
    public CompletionPolicy Completion { get; init; } = CompletionPolicy.AllMustSucceed;

    /// <summary>Retries of one instance.</summary>
    public RetryPolicy Retry { get; init; } = RetryPolicy.None;

    /// <summary>Milliseconds one attempt may run; 0 for ever.</summary>
    public long TimeoutMs { get; init; }

    /// <summary>Milliseconds after the start of an attempt (of a for-each: of its head) at which somebody is to be told that it still runs; 0 for never.</summary>
    public long WarnAfterMs { get; init; }

    /// <summary>What one instance needs.</summary>
    public Resources Needs { get; init; } = Resources.OneSlot;

    /// <summary>Ports that each instance gets for itself. Only the tasks of a gang may ask for some.</summary>
    public IReadOnlyList<PortRequest> Ports { get; init; } = [];

    /// <summary>Keys of the allocations that an instance runs in; where it runs without, they mean nothing.</summary>
    public IReadOnlyList<string> Uses { get; init; } = [];

    /// <summary>Where it is to run (<c>process</c>, <c>slurm</c>); null for where its pool runs.</summary>
    public string? Executor { get; init; }

    /// <summary>True for a task that is in the plan but is skipped.</summary>
    public bool Disabled { get; init; }

    /// <summary>
    /// True for what accompanies the other tasks: it starts with the first of them, holds nothing of the pool, and is ended
    /// once they all have. How it ends means nothing to them or to the run.
    /// </summary>
    public bool Service { get; init; }
}

/// <summary>An edge of the graph.</summary>
/// <param name="Task">Position of the task depended on.</param>
/// <param name="Outcome">For a condition task: the outcome that leads here; null for both.</param>
public sealed record Dependency(int Task, bool? Outcome = null);

/// <summary>Which ends of the tasks depended on let a task run (Databricks Jobs API, RunIf; the other dialects use the first).</summary>
public enum RunIf
{
    AllSuccess,
    AtLeastOneSuccess,
    NoneFailed,
    AllDone,
    AtLeastOneFailed,
    AllFailed,
}

/// <summary>What one task's failure means for the tasks that do not depend on it.</summary>
public enum FailurePolicy
{
    /// <summary>They go on.</summary>
    ContinueIndependent,

    /// <summary>They are cancelled at once, and the run fails.</summary>
    FailFast,
}

/// <summary>How a run's end is read off its tasks.</summary>
public enum EndRule
{
    /// <summary>By the tasks nothing depends on: one of them failed, the run failed; others failed, it succeeded with failures.</summary>
    Leaves,

    /// <summary>Any failed task fails the run.</summary>
    All,

    /// <summary>The completion policies alone decide: a task that may fail does not fail the run.</summary>
    Completion,
}

/// <summary>
/// When the instances of a task together end the run's round (OpenPAI API, minFailedTaskCount and
/// minSucceededTaskCount) or, with the defaults, when the task alone has failed.
/// </summary>
/// <param name="MinFailed">So many failed instances fail the task; null: failures never do.</param>
/// <param name="MinSucceeded">So many succeeded instances make the task succeed at once; null: all must have ended.</param>
/// <param name="EndsRun">True when reaching either count ends the whole round and cancels the rest.</param>
public sealed record CompletionPolicy(int? MinFailed, int? MinSucceeded, bool EndsRun)
{
    /// <summary>One failed instance fails the task once the others have ended; all others succeed it.</summary>
    public static readonly CompletionPolicy AllMustSucceed = new(1, null, false);
}

/// <summary>Retries of a task instance.</summary>
/// <param name="Max">Attempts after the first that the user pays for; -1 without end.</param>
/// <param name="MinIntervalMs">Milliseconds between the start of the failed attempt and the next one.</param>
/// <param name="OnTimeout">Whether an attempt that timed out is retried too.</param>
public sealed record RetryPolicy(int Max, long MinIntervalMs = 0, bool OnTimeout = false)
{
    /// <summary>No retries.</summary>
    public static readonly RetryPolicy None = new(0);

    /// <summary>Whether one more attempt is allowed after so many were charged.</summary>
    public bool Allows(int charged) => Max < 0 || charged < Max;
}

/// <summary>Retries of a whole run: each opens a new round.</summary>
/// <param name="MaxUser">Rounds after a failure of the user's own; -1 without end.</param>
/// <param name="Platform">Whether a platform or resource cause opens a round without charging the user.</param>
/// <param name="AlsoSuccess">Whether a success opens the next round too (a service).</param>
/// <param name="ResourceDelayMs">Milliseconds before a round that follows a resource cause.</param>
public sealed record RoundPolicy(int MaxUser, bool Platform, bool AlsoSuccess = false, long ResourceDelayMs = 0)
{
    /// <summary>Milliseconds before a round that follows anything but a resource cause.</summary>
    public long DelayMs { get; init; }

    /// <summary>Exit codes by which a program asks for a round that the user does not pay for.</summary>
    public IReadOnlyList<int> FreeExitCodes { get; init; } = [];

    /// <summary>Exit codes by which a program asks not to be tried again.</summary>
    public IReadOnlyList<int> FinalExitCodes { get; init; } = [];

    /// <summary>One round.</summary>
    public static readonly RoundPolicy None = new(0, false);
}

/// <summary>What one instance needs of a pool. A need of zero asks for nothing of that kind.</summary>
/// <param name="Slots">Slots of the default pool.</param>
/// <param name="CpuMillis">Thousandths of a core.</param>
/// <param name="MemoryMb">Mebibytes.</param>
/// <param name="Gpus">Whole GPUs.</param>
public readonly record struct Resources(int Slots, long CpuMillis = 0, long MemoryMb = 0, int Gpus = 0)
{
    /// <summary>What a task that states no size takes.</summary>
    public static readonly Resources OneSlot = new(1);

    /// <summary>Nothing: an action that runs inside the server.</summary>
    public static readonly Resources None = new(0);

    /// <summary>True when all of this fits into <paramref name="room"/>.</summary>
    public bool FitsIn(Resources room) =>
        Slots <= room.Slots && CpuMillis <= room.CpuMillis && MemoryMb <= room.MemoryMb && Gpus <= room.Gpus;

    public static Resources operator +(Resources a, Resources b) =>
        new(a.Slots + b.Slots, a.CpuMillis + b.CpuMillis, a.MemoryMb + b.MemoryMb, a.Gpus + b.Gpus);

    public static Resources operator -(Resources a, Resources b) =>
        new(a.Slots - b.Slots, a.CpuMillis - b.CpuMillis, a.MemoryMb - b.MemoryMb, a.Gpus - b.Gpus);
}

/// <summary>Something held for part of a run: a job cluster, a service, ports.</summary>
/// <param name="Key">The name by which tasks use it.</param>
/// <param name="WholeRun">True: from the run's start to its end; false: from its first user to its last.</param>
/// <param name="ReplaceOnLoss">True: a lost one is replaced for the next task that needs it; false: its loss fails the run.</param>
/// <param name="Command">A process that is the allocation (a service), or null for one that only names a share of the pool.</param>
/// <param name="Description">What it is, for people.</param>
public sealed record Allocation(string Key, bool WholeRun, bool ReplaceOnLoss, CommandAction? Command, string Description)
{
    /// <summary>How many instances of its users run in it side by side, where it is a part of a cluster.</summary>
    public int Places { get; init; } = 1;

    /// <summary>What it has for each of them.</summary>
    public Resources Each { get; init; } = Resources.OneSlot;
}
