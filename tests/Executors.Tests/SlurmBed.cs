using Switchyard.Core.Execution;
using Switchyard.Executors.Process;
using Switchyard.Executors.Slurm;
using Switchyard.Tests;

[assembly: AssemblyFixture(typeof(Switchyard.Executors.Tests.SlurmCluster))]

namespace Switchyard.Executors.Tests;

/// <summary>
/// A real Slurm on this machine, started when the first test wants it and ended after the last. All classes share it: who fills nodes, loses them or
/// keeps them busy has a partition of two nodes, so that the others do not wait behind it.
/// </summary>
public sealed class SlurmCluster : IAsyncDisposable
{
    /// <summary>Where nodes are filled to the last core.</summary>
    public const string Full = "full";

    /// <summary>What takes its nodes from <see cref="Full"/>.</summary>
    public const string FullUrgent = "full-urgent";

    /// <summary>Where nodes fail: n5 and n6.</summary>
    public const string Frail = "frail";

    /// <summary>Where there is always more to do.</summary>
    public const string Many = "many";

    /// <summary>Where as many run as there are places, and others wait: n9 and n10.</summary>
    public const string Reuse = "reuse";

    /// <summary>Where nodes are hosts of their own, if there can be such: n11 and n12.</summary>
    public const string Hosts = "hosts";

    private static readonly SemaphoreSlim Gate = new(1);
    private static SlurmHere? _cluster;

    /// <summary>Starts it unless it runs; skips the test where there cannot be one.</summary>
    public static async Task Need()
    {
        Assert.SkipWhen(SlurmHere.Missing is not null, SlurmHere.Missing ?? "");
        await Gate.WaitAsync();
        try
        {
            if (_cluster is null) await Begin();
        }
        finally
        {
            Gate.Release();
        }
    }

    /// <summary>Runs one of Slurm's programs and answers what it says.</summary>
    public static Task<string> Run(string program, params string[] arguments) => _cluster!.Run(program, arguments);

    /// <summary>The address of the node that an attempt runs on, by what it is called: <c>12.0@n1</c>.</summary>
    public static string AddressOf(string handle) => _cluster!.AddressOf(handle.Split('@')[1]);

    /// <summary>The state of the nodes, and what the controller wrote last.</summary>
    public static string Circumstances() =>
        $"\n{Run("sinfo", "--Node", "--long").GetAwaiter().GetResult()}\n{string.Join('\n', File.ReadLines(Path.Combine(_cluster!.Directory, "slurmctld.log")).TakeLast(30))}";

    /// <summary>Starts the slurmd of a node again.</summary>
    public static Task StartNode(string name) => _cluster!.StartNode(name);

    /// <summary>Ends the slurmd of a node, and nothing else of it.</summary>
    public static void KillNode(string name) => Bed.Kill(int.Parse(File.ReadAllText(Path.Combine(_cluster!.Directory, $"slurmd-{name}.pid")), System.Globalization.CultureInfo.InvariantCulture));

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _cluster is null ? ValueTask.CompletedTask : _cluster.DisposeAsync();
    }

    private static async Task Begin()
    {
        _cluster = await SlurmHere.Start(nodes: 12, hosts: SlurmHere.CanHaveHosts ? 2 : 0);
        Environment.SetEnvironmentVariable("SLURM_CONF", _cluster.Configuration);
        foreach (var usual in (string[])["main", "short", "urgent"]) await Run("scontrol", "update", $"PartitionName={usual}", "Nodes=n1,n2");
        await Run("scontrol", "create", $"PartitionName={Full}", "Nodes=n3,n4", "PriorityTier=1", "PreemptMode=REQUEUE", "GraceTime=1");
        await Run("scontrol", "create", $"PartitionName={FullUrgent}", "Nodes=n3,n4", "PriorityTier=10", "PreemptMode=off");
        await Run("scontrol", "create", $"PartitionName={Frail}", "Nodes=n5,n6");
        await Run("scontrol", "create", $"PartitionName={Many}", "Nodes=n7,n8");
        await Run("scontrol", "create", $"PartitionName={Reuse}", "Nodes=n9,n10");
        await Run("scontrol", "create", $"PartitionName={Hosts}", "Nodes=n11,n12");
    }
}

/// <summary>A bed in the cluster: a shared directory of its own, and an account by which its jobs are known.</summary>
/// <param name="partition">Where its tasks run; null for the cluster's default.</param>
/// <param name="begin">When Slurm may start them; null for at once.</param>
/// <param name="directory">That of another bed; null for one of its own.</param>
public sealed class SlurmBed(string? partition = null, string? begin = null, string? directory = null) : Bed(directory)
{
    private static int _made;
    private SlurmExecutor? _executor;

    public override SlurmExecutor Executor => _executor!;

    public override IAttemptLogs Logs => Executor.Logs;

    public override NodeFiles Files => Executor.Files;

    /// <summary>What all its jobs are of.</summary>
    public string Account { get; } = $"bed{Interlocked.Increment(ref _made)}";

    /// <summary>See <see cref="SlurmOptions.AllocationIdleMs"/>.</summary>
    public int AllocationIdleMs { get; init; } = 600_000;

    /// <summary>See <see cref="SlurmOptions.ReuseMs"/>.</summary>
    public int ReuseMs { get; init; } = new SlurmOptions { Directory = "" }.ReuseMs;

    protected override string Circumstances => SlurmCluster.Circumstances();

    public static Task<SlurmBed> Opened(string? partition = null, string? begin = null) => Opened(new SlurmBed(partition, begin));

    public static async Task<SlurmBed> Opened(SlurmBed bed)
    {
        await SlurmCluster.Need();
        await bed.Open();
        return bed;
    }

    /// <summary>What Slurm calls the job of an attempt, once it has started.</summary>
    public async Task<string> Number(long id) => (await Wait<AttemptStarted>(s => s.AttemptId == id)).Handle.Split('@')[0];

    public override async ValueTask DisposeAsync()
    {
        await Executor.DisposeAsync();
        await SlurmCluster.Run("scancel", $"--account={Account}", "--quiet");
        await base.DisposeAsync();
    }

    protected override void Renew(Action<string> say) =>
        _executor = SlurmExecutor.Create(
            new()
            {
                Directory = Directory,
                Partition = partition,
                Arguments = [$"--account={Account}", .. begin is null ? (string[])[] : [$"--begin={begin}"]],
                QueueMs = 500,
                SettleMs = 500,
                AllocationIdleMs = AllocationIdleMs,
                ReuseMs = ReuseMs,
            },
            TimeProvider.System,
            say);
}

/// <summary>What every executor promises, over Slurm.</summary>
public sealed class OverSlurm : ExecutorConformance
{
    protected override async Task<Bed> OpenBed() => await SlurmBed.Opened();
}
