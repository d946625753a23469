namespace Switchyard.Core.Runs;

/// <summary>The states of a run. The last six are ends.</summary>
public enum RunState
{
    /// <summary>Accepted; the Stager has not let it in yet (concurrency limit, queue).</summary>
    Queued,

    /// <summary>Let in; nothing of it has started.</summary>
    Waiting,

    /// <summary>At least one task has started.</summary>
    Running,

    /// <summary>Its tasks are being ended on request or for its timeout.</summary>
    Cancelling,

    /// <summary>Between two rounds.</summary>
    WaitingForRetry,

    Succeeded,

    /// <summary>Some task failed, but every task that nothing depends on ended well.</summary>
    SucceededWithFailures,

    Failed,
    TimedOut,
    Cancelled,

    /// <summary>Never let in (concurrency limit without a queue).</summary>
    Skipped,
}

/// <summary>The states of a task instance. The last six are ends.</summary>
public enum TaskState
{
    /// <summary>Something it depends on has not ended.</summary>
    Blocked,

    /// <summary>May start as soon as there is room.</summary>
    Ready,

    /// <summary>Given to a node; at most one start is ever made of this attempt.</summary>
    Starting,

    Running,

    /// <summary>The last attempt failed; the next is due later.</summary>
    WaitingForRetry,

    Succeeded,
    Failed,
    TimedOut,
    Cancelled,

    /// <summary>Nobody can say how it ended, and it was not retried any more.</summary>
    Lost,

    /// <summary>Never ran; the reason says why.</summary>
    Skipped,
}

/// <summary>Why something moved. The text beside it is for people; this is for programs.</summary>
public enum ReasonCode
{
    None,

    /// <summary>The program ended with a code other than 0.</summary>
    ExitCode,

    /// <summary>The program was ended by a signal nobody here sent.</summary>
    Signal,

    /// <summary>The executor could not start it: no such program or directory.</summary>
    NotStartable,

    /// <summary>A reference in its settings could not be resolved.</summary>
    Unresolvable,

    /// <summary>It ran longer than its task allows.</summary>
    Timeout,

    /// <summary>It, or what it belongs to, ran longer than the run allows.</summary>
    RunTimeout,

    /// <summary>Somebody asked for it.</summary>
    CancelledByUser,

    /// <summary>A task it depends on failed.</summary>
    UpstreamFailed,

    /// <summary>A task it depends on was cancelled.</summary>
    UpstreamCancelled,

    /// <summary>A branch not taken, or a failure handler with nothing to handle.</summary>
    Excluded,

    /// <summary>Switched off in the settings, or not among the tasks asked for.</summary>
    Disabled,

    /// <summary>Somebody ended the cluster it ran on.</summary>
    ClusterTerminated,

    /// <summary>The completion policy of a task ended the rest.</summary>
    CompletionPolicy,

    /// <summary>Another task failed and the plan says that ends all.</summary>
    FailFast,

    /// <summary>The host or node it ran on is gone.</summary>
    HostLost,

    /// <summary>A task of the run failed.</summary>
    TaskFailed,

    /// <summary>The job's concurrency limit was reached.</summary>
    ConcurrencyLimit,

    /// <summary>A service whose run's other tasks have all ended.</summary>
    NoLongerNeeded,

    /// <summary>Resources were not to be had in time.</summary>
    ResourceTimeout,

    /// <summary>It asks for more than there can ever be.</summary>
    TooLarge,

    /// <summary>It took more memory than it asked for, and the cluster ended it.</summary>
    OutOfMemory,

    /// <summary>The settings could not be turned into a plan.</summary>
    PlanRefused,

    /// <summary>The run made the engine fail; it was put aside so that the others go on.</summary>
    Quarantined,

    /// <summary>The child run that this task waited for did not succeed.</summary>
    ChildRun,

    /// <summary>It was not executed here: so it ended, or was left, on the installation it was taken over from.</summary>
    Imported,

    /// <summary>Placed, started, let in, retried: the ordinary course.</summary>
    Progress,
}

/// <summary>Whose fault an end was; retries are charged by it.</summary>
public enum Cause
{
    None,
    User,
    Platform,
    Resource,
}

/// <summary>Why something moved, for programs and for people.</summary>
public readonly record struct Reason(ReasonCode Code, string Text = "")
{
    public static readonly Reason None = new(ReasonCode.None);
    public static readonly Reason Progress = new(ReasonCode.Progress);
}

/// <summary>Questions about states.</summary>
public static class States
{
    /// <summary>The states of runs that have not ended.</summary>
    public static IReadOnlyList<RunState> Open { get; } = [.. Enum.GetValues<RunState>().Where(state => !state.IsEnd())];

    /// <summary>The states of runs that have ended.</summary>
    public static IReadOnlyList<RunState> Ended { get; } = [.. Enum.GetValues<RunState>().Where(state => state.IsEnd())];

    /// <summary>True for the states that never change by themselves.</summary>
    public static bool IsEnd(this RunState state) => state >= RunState.Succeeded;

    /// <summary>True for the states that never change by themselves.</summary>
    public static bool IsEnd(this TaskState state) => state >= TaskState.Succeeded;

    /// <summary>True while the run counts against its job's concurrency limit.</summary>
    public static bool IsActive(this RunState state) => state is not RunState.Queued && !state.IsEnd();

    /// <summary>True while the instance holds capacity.</summary>
    public static bool IsPlaced(this TaskState state) => state is TaskState.Starting or TaskState.Running;
}
