using Switchyard.Core.Plans;
using Switchyard.Core.Runs;

namespace Switchyard.Core.Execution;

/// <summary>
/// A place where attempts run. It never touches the database: it is told what to start and reports what happened, and
/// it can always be asked again. Everything takes and returns lists, because the far side (a host process, a cluster)
/// answers for many at once.
/// </summary>
public interface IExecutor : IAsyncDisposable
{
    /// <summary>The executor's name as stored with an attempt: <c>process</c>, <c>slurm</c>, ...</summary>
    string Name { get; }

    /// <summary>
    /// Connects, starting the far side if there is none. Afterwards <see cref="Reports"/> carries one
    /// <see cref="AttemptReport"/> for every attempt the far side knows that was never acknowledged, then a
    /// <see cref="ExecutorSync"/>, then what happens from now on. The same happens after each reconnection.
    /// </summary>
    Task Open(CancellationToken stop);

    /// <summary>
    /// Hands orders over. Returns when they are on their way; what became of each arrives as a report. An order for an
    /// attempt that the far side already knows starts nothing and is answered with what is known. Orders handed over
    /// while the connection is down are dropped: the reconciliation after the next sync sends them again.
    /// </summary>
    ValueTask Start(IReadOnlyList<StartOrder> orders, CancellationToken stop);

    /// <summary>Asks attempts to end: the polite signal first, everything of the attempt killed after the grace.</summary>
    ValueTask Stop(IReadOnlyList<StopOrder> orders, CancellationToken stop);

    /// <summary>Says that these exits are committed; the far side forgets them and stops repeating them.</summary>
    ValueTask Acknowledge(IReadOnlyList<long> attemptIds, CancellationToken stop);

    /// <summary>Says that nothing more starts in these allocations: each goes once nothing runs in it. What is not known is gone already; an executor that holds none has nothing to do.</summary>
    ValueTask Release(IReadOnlyList<AllocationName> allocations, CancellationToken stop) => ValueTask.CompletedTask;

    /// <summary>What happens, in order, as <see cref="ExecutorSignal"/>s. One reader.</summary>
    System.Threading.Channels.ChannelReader<ExecutorSignal> Reports { get; }

    /// <summary>The level at which an attempt is killed whole here, for people to read.</summary>
    KillLevel KillLevel { get; }
}

/// <summary>How surely everything an attempt started can be ended with it.</summary>
public enum KillLevel
{
    /// <summary>A cgroup of its own, ended by the kernel at once (cgroup v2, <c>cgroup.kill</c>).</summary>
    Cgroup,

    /// <summary>Descendants found by parentage and by a marker in their environment; a process that hides from both can survive.</summary>
    Subreaper,
}

/// <summary>One attempt to start. All paths are absolute; nothing here passes through a shell.</summary>
/// <param name="AttemptId">The attempt's id, unique for ever; starting it twice starts it once.</param>
/// <param name="Arguments">The program as first element (a path, or a name looked up in the task's PATH), then its arguments.</param>
/// <param name="Environment">The whole environment of the task: nothing is inherited from the server.</param>
/// <param name="WorkingDirectory">Where it runs; null for the attempt's own directory, which is then created.</param>
/// <param name="Files">Files written into the attempt's own directory before the start (name, text). The directory is created only if there are any, or if it is the working directory.</param>
/// <param name="Secrets">Values that are masked in the output.</param>
public sealed record StartOrder(
    long AttemptId,
    IReadOnlyList<string> Arguments,
    IReadOnlyList<KeyValuePair<string, string>> Environment,
    string? WorkingDirectory,
    IReadOnlyList<KeyValuePair<string, string>> Files,
    IReadOnlyList<string> Secrets)
{
    /// <summary>More variables, of other names: one list that many orders share, so that it is handed on once for all of them.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> SharedEnvironment { get; init; } = [];

    /// <summary>The container it is to run in; null for none. The arguments and the environment are then those inside.</summary>
    public ContainerOrder? Container { get; init; }

    /// <summary>
    /// A program with arguments that is run once no process of the attempt is left, before its end is reported: it
    /// removes what the attempt has outside of its own processes. Empty for none.
    /// </summary>
    public IReadOnlyList<string> Undo { get; init; } = [];

    /// <summary>The working copy that has to be there before it starts; null for none.</summary>
    public WorkingCopyOrder? WorkingCopy { get; init; }

    /// <summary>A text that stands in the log before the output; empty for none.</summary>
    public string Preface { get; init; } = "";

    /// <summary>The place it is for; empty for the only one.</summary>
    public string Place { get; init; } = "";

    /// <summary>What it may use, for executors that hold others to it.</summary>
    public Resources Needs { get; init; } = Resources.OneSlot;

    /// <summary>Where a cluster is to queue it; null for its default.</summary>
    public Pools.ClusterQueue? Queue { get; init; }

    /// <summary>What people may call it on a cluster: run and task.</summary>
    public string Title { get; init; } = "";

    /// <summary>Milliseconds it may run; 0 for ever. The engine sees to it itself; a cluster may plan with it.</summary>
    public long TimeLimitMs { get; init; }

    /// <summary>The gang it is a member of: all of its orders come in one call. Null for none.</summary>
    public GangOrder? Gang { get; init; }

    /// <summary>The allocation it starts in, where the executor holds such; made for the first that names it. Null for none.</summary>
    public AllocationOrder? Allocation { get; init; }

    /// <summary>Where people may log in while the attempt runs; null for nowhere. An address that cannot be had is no reason not to start.</summary>
    public ShellAddress? Shell { get; init; }
}

/// <summary>Attempts that start together.</summary>
/// <param name="RunId">Whose they are.</param>
/// <param name="Round">Of which round of the run.</param>
/// <param name="Size">How many they are.</param>
public sealed record GangOrder(long RunId, int Round, int Size);

/// <summary>What a cluster holds for part of a run, by the name of it.</summary>
/// <param name="RunId">Whose it is.</param>
/// <param name="Revision">Of which revision of the run's plan: a repair gets its own.</param>
/// <param name="Key">What the plan calls it.</param>
public sealed record AllocationName(long RunId, int Revision, string Key);

/// <summary>An allocation that an attempt starts in.</summary>
/// <param name="Name">Which one.</param>
/// <param name="Places">How many attempts run in it side by side; others wait inside.</param>
/// <param name="Each">What a place has.</param>
/// <param name="TimeLimitMs">Milliseconds it may last; 0 for ever.</param>
public sealed record AllocationOrder(AllocationName Name, int Places, Resources Each, long TimeLimitMs);

/// <summary>A working copy of a snapshot to make, unless it is there.</summary>
/// <param name="Snapshot">The snapshot's id.</param>
/// <param name="Target">The absolute directory it is made at.</param>
/// <param name="Layers">Whether the program can mount the copy from layers itself.</param>
public sealed record WorkingCopyOrder(string Snapshot, string Target, bool Layers);

/// <summary>A container with its limits.</summary>
/// <param name="Container">Image and mounts.</param>
/// <param name="Limits">What it may use at the most; zero for no limit.</param>
/// <param name="Gpus">Indices of the node's GPUs that it gets.</param>
public sealed record ContainerOrder(Container Container, Resources Limits, IReadOnlyList<int> Gpus)
{
    /// <summary>Words on the node before the runtime's.</summary>
    public IReadOnlyList<string> Launcher { get; init; } = [];

    /// <summary>What it sees beside the container's own mounts. It must be there.</summary>
    public IReadOnlyList<Mount> Mounts { get; init; } = [];

    /// <summary>The node's address at which its ports are reached; null for the node's network.</summary>
    public string? Address { get; init; }

    /// <summary>More names and their addresses.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Hosts { get; init; } = [];

    /// <summary>Where to sign in for the image; null for nowhere.</summary>
    public LoginOrder? Login { get; init; }
}

/// <summary>A registry with the name and password for it.</summary>
public sealed record LoginOrder(string Registry, string User, string Password);

/// <summary>Where an attempt answers whoever wants a shell in it.</summary>
/// <param name="Address">An IP address of the node.</param>
/// <param name="Port">The port, which is the attempt's own.</param>
/// <param name="PublicKey">Who is let in, as it stands in an <c>authorized_keys</c> file.</param>
public sealed record ShellAddress(string Address, int Port, string PublicKey)
{
    /// <summary>
    /// The words that lead from the node into where the attempt is (a container), to which <c>--tty</c>, a name and a
    /// shell are added; the last is that name. Empty for a process of the node.
    /// </summary>
    public IReadOnlyList<string> Into { get; init; } = [];

    /// <summary>A variable of the attempt that sessions do not get; null for none.</summary>
    public string? Without { get; init; }
}

/// <summary>One attempt to end.</summary>
/// <param name="GraceMs">Milliseconds between the polite signal and the kill; 0 kills at once.</param>
public sealed record StopOrder(long AttemptId, int GraceMs);

/// <summary>Something an executor says. Closed: the types below are all there are.</summary>
public abstract record ExecutorSignal
{
    private protected ExecutorSignal() { }
}

/// <summary>Something happened to an attempt.</summary>
public abstract record AttemptReport(long AttemptId) : ExecutorSignal;

/// <summary>The attempt's process runs.</summary>
/// <param name="Handle">Text with which the far side finds it again after a restart of this server.</param>
public sealed record AttemptStarted(long AttemptId, string Handle, DateTimeOffset At) : AttemptReport(AttemptId);

/// <summary>The attempt could not be started, for a reason in the order itself (program not found, directory missing).</summary>
public sealed record AttemptRefused(long AttemptId, string Reason, DateTimeOffset At) : AttemptReport(AttemptId);

/// <summary>The attempt's main process ended and nothing of the attempt is left (or <paramref name="Unproven"/> says why that is not certain).</summary>
/// <param name="ExitCode">The exit code; 128 + signal when a signal ended it.</param>
/// <param name="Signal">The signal that ended it, or null.</param>
/// <param name="Lost">True when the far side cannot say how it ended (its host died); the exit code then means nothing.</param>
/// <param name="Unproven">At the weak kill level: what could not be proven dead, or null.</param>
/// <param name="Result">The text of <c>result.json</c> in the attempt's directory, if the task left one; at most 16 MiB.</param>
public sealed record AttemptExited(
    long AttemptId, int ExitCode, int? Signal, bool Lost, string? Unproven, DateTimeOffset StartedAt, DateTimeOffset At, string? Result)
    : AttemptReport(AttemptId)
{
    /// <summary>What ended it from outside, where a cluster says so: its limit of time or memory, somebody's request. <see cref="Reason.None"/> when the program ended by itself.</summary>
    public Reason Because { get; init; } = Reason.None;
}

/// <summary>A text in an order of a gang that stands for the host of one of its members, which is known once the cluster has chosen the nodes.</summary>
public static class MemberHost
{
    /// <summary>The text for the member that is this attempt. Executors without nodes of their own do not replace it.</summary>
    public static string Of(long attemptId) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"@switchyard-host({attemptId})@");
}

/// <summary>
/// Everything the far side knew at connection has been reported. An attempt that the database calls Starting here and
/// that was not reported was never started: send it again. One that is Running and was not reported is lost.
/// </summary>
/// <param name="Known">The attempts reported, started or ended.</param>
/// <param name="Place">The place it speaks of; empty for the only node there is, whatever it was called, and not for a cluster.</param>
public sealed record ExecutorSync(IReadOnlySet<long> Known, string Place = "") : ExecutorSignal
{
    /// <summary>The allocations it holds. One that nobody needs any more is to be released.</summary>
    public IReadOnlyList<AllocationName> Allocations { get; init; } = [];
}

/// <summary>The connection is gone; attempts run on. A new sync follows when it is back.</summary>
/// <param name="Reason">Why, for people.</param>
/// <param name="Place">The place it speaks of; empty for the only node there is, whatever it was called, and not for a cluster.</param>
public sealed record ExecutorGone(string Reason, string Place = "") : ExecutorSignal;

/// <summary>What ran at a place is over, and nothing of it will be heard any more: its host has ended it, or it is gone for good.</summary>
/// <param name="Place">The place.</param>
/// <param name="Reason">Why, for people.</param>
public sealed record PlaceLost(string Place, string Reason) : ExecutorSignal;

/// <summary>The places there are from now on, those that take nothing new too.</summary>
/// <param name="Places">The places.</param>
/// <param name="Whole">True when what runs at any other place is over: that place was forgotten, or is set up no more. False for the one place there is, whatever it was called before.</param>
public sealed record PlacesChanged(IReadOnlyList<Place> Places, bool Whole) : ExecutorSignal;

/// <summary>New output of attempts, for followers: the bytes written so far by each.</summary>
public sealed record OutputGrew(IReadOnlyList<KeyValuePair<long, long>> Sizes) : ExecutorSignal;
