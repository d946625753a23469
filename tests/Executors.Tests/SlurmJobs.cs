using Switchyard.Core.Execution;
using Switchyard.Core.Plans;
using Switchyard.Core.Pools;
using Switchyard.Core.Runs;
using Switchyard.Executors.Slurm;
using Switchyard.Tests;

namespace Switchyard.Executors.Tests;

/// <summary>What is Slurm's own: submissions, adoption, gangs. Each test knows its processes by a duration of its own.</summary>
public sealed class SlurmJobs
{
    private static int _next = 8000;
    private readonly string _sleep = $"sleep {Interlocked.Increment(ref _next)}.{Environment.ProcessId}";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Orders_of_one_call_become_one_array()
    {
        await using var bed = await SlurmBed.Opened(new SlurmBed { ReuseMs = 0 });
        await bed.Start([.. Enumerable.Range(1, 40).Select(id => Bed.Shell(id, $"echo {id}; exit {id % 7}"))]);
        for (var id = 1; id <= 40; id++) { var end = await bed.Exit(id); Assert.True(id % 7 == end.ExitCode, end.ToString()); }
        Assert.Equal("40\n", bed.Log(40));
        var handles = bed.Heard.OfType<AttemptStarted>().Select(started => started.Handle.Split('_', '@')).ToList();
        Assert.Single(handles.Select(parts => parts[0]).Distinct());
        Assert.Equal(40, handles.Select(parts => parts[1]).Distinct().Count());
        await bed.Executor.Acknowledge([.. Enumerable.Range(1, 39).Select(id => (long)id)], Stop);
        await bed.Reopen();
        Assert.Equal([40L], (await bed.Wait<ExecutorSync>(_ => true)).Known);
        await bed.Executor.Acknowledge([40], Stop);
        Assert.Empty(Directory.GetFiles(Path.Combine(bed.Directory, "orders")));
        Assert.Empty(Directory.GetFiles(Path.Combine(bed.Directory, "started")));
    }

    [Fact]
    public async Task What_an_order_needs_is_what_slurm_gives()
    {
        await using var bed = await SlurmBed.Opened();
        StartOrder Sized(long id, Resources needs) => Bed.Shell(id, $"echo \"[$CUDA_VISIBLE_DEVICES]\"; {_sleep}") with
        {
            Needs = needs,
            Title = $"77/train {id}",
            TimeLimitMs = 90_000,
            Queue = new ClusterQueue(id == 2 ? "urgent" : null, null, null),
        };
        await bed.Start(Sized(1, new(1, 2500, 300)), Sized(2, new(1, 100, 0, 1)));
        var first = await Job(bed, 1);
        Assert.Contains("cpu=3,mem=300M", first, StringComparison.Ordinal);
        Assert.Contains("JobName=77/train 1", first, StringComparison.Ordinal);
        Assert.Contains("TimeLimit=00:03:00", first, StringComparison.Ordinal);
        Assert.Contains("Partition=main", first, StringComparison.Ordinal);
        var second = await Job(bed, 2);
        Assert.Contains("TresPerNode=gres:gpu:1", second, StringComparison.Ordinal);
        Assert.Contains("Partition=urgent", second, StringComparison.Ordinal);
        await Bed.Until(() => bed.Log(2).Length > 0);
        Assert.Matches(@"^\[[01]\]\n$", bed.Log(2));
        Assert.Equal("[]\n", bed.Log(1));
    }

    [Fact]
    public async Task What_slurm_does_not_take_is_refused_in_its_words()
    {
        await using var bed = await SlurmBed.Opened();
        await bed.Start(
            Bed.Order(1, ["true"]) with { Queue = new ClusterQueue("nowhere", null, null) },
            Bed.Order(2, ["true"]) with { Needs = new(1, 900_000) },
            Bed.Order(3, ["true"]) with { Container = new(new("busybox"), Resources.None, []) });
        Assert.Contains("partition", (await bed.Wait<AttemptRefused>(r => r.AttemptId == 1)).Reason, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(ReasonCode.TooLarge, (await bed.Exit(2)).Because.Code);
        Assert.Contains("busybox", (await bed.Wait<AttemptRefused>(r => r.AttemptId == 3)).Reason, StringComparison.Ordinal);
        await bed.Executor.Acknowledge([2], Stop);
        Assert.Empty(Directory.GetFiles(Path.Combine(bed.Directory, "orders")));
    }

    [Fact]
    public async Task Tasks_get_nothing_of_the_servers_environment()
    {
        Environment.SetEnvironmentVariable("SBATCH_PARTITION", "nowhere");
        Environment.SetEnvironmentVariable("SERVER_SECRET", "x");
        try
        {
            await using var bed = await SlurmBed.Opened();
            await bed.Run(Bed.Order(1, ["/usr/bin/env"]));
            Assert.DoesNotContain("SERVER_SECRET", bed.Log(1), StringComparison.Ordinal);
            Assert.DoesNotContain("SLURM", bed.Log(1), StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("SBATCH_PARTITION", null);
        }
    }

    [Fact]
    public async Task A_log_is_there_while_the_task_runs_and_its_secrets_are_not()
    {
        await using var bed = await SlurmBed.Opened();
        await bed.Start(Bed.Shell(1, $"echo one hunter2; {_sleep}") with { Secrets = ["hunter2"] });
        await bed.Wait<OutputGrew>(_ => true);
        Assert.Equal("one [REDACTED]\n", bed.Log(1));
        await bed.Reopen();
        await bed.Wait<OutputGrew>(_ => true);
        Assert.Equal("one [REDACTED]\n", bed.Log(1));
        await bed.Executor.Stop([new(1, 0)], Stop);
        await bed.Exit(1);
        Assert.Equal("one [REDACTED]\n", bed.Log(1));
    }

    [Fact]
    public async Task Who_waits_in_the_queue_can_be_stopped()
    {
        await using var bed = await SlurmBed.Opened(begin: "now+600");
        await bed.Start([.. Enumerable.Range(1, 3).Select(id => Bed.Order(id, ["true"]))]);
        await Bed.Until(() => Directory.GetFiles(Path.Combine(bed.Directory, "jobs")).Length == 1);
        await bed.Executor.Stop([new(1, 1000), new(2, 1000)], Stop);
        Assert.Contains("before it started", (await bed.Wait<AttemptRefused>(r => r.AttemptId == 1)).Reason, StringComparison.Ordinal);
        await bed.Wait<AttemptRefused>(r => r.AttemptId == 2);
        Assert.Contains("PENDING", await SlurmCluster.Run("squeue", $"--account={bed.Account}", "--noheader", "--format=%T"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_submission_is_found_again_whose_number_nobody_wrote_down()
    {
        await using var bed = await SlurmBed.Opened();
        await bed.Start(Bed.Shell(1, $"echo up; {_sleep}"), Bed.Shell(2, $"echo up; {_sleep}"));
        await bed.Wait<AttemptStarted>(s => s.AttemptId == 1);
        await bed.Wait<AttemptStarted>(s => s.AttemptId == 2);
        foreach (var file in Directory.GetFiles(Path.Combine(bed.Directory, "jobs"))) File.Delete(file);
        await bed.Reopen();
        Assert.Equal([1L, 2L], (await bed.Wait<ExecutorSync>(_ => true)).Known.Order());
        Assert.Single(Directory.GetFiles(Path.Combine(bed.Directory, "jobs")));
        await bed.Executor.Stop([new(1, 0), new(2, 0)], Stop);
        Assert.Equal(9, (await bed.Exit(1)).Signal);
        Assert.Equal(9, (await bed.Exit(2)).Signal);
        Assert.Empty(Bed.Alive(_sleep));
    }

    [Fact]
    public async Task Orders_that_were_never_submitted_are_forgotten_and_a_late_job_of_theirs_does_nothing()
    {
        await using var bed = await SlurmBed.Opened(begin: "now+3");
        await bed.Start(Bed.Shell(1, $"echo started > {bed.Directory}/trace"));
        await Bed.Until(() => Directory.GetFiles(Path.Combine(bed.Directory, "jobs")).Length == 1);
        await bed.Executor.DisposeAsync();
        // As if sbatch had been on its way when the server died, and Slurm had the job only after the next one asked.
        var file = Directory.GetFiles(Path.Combine(bed.Directory, "jobs"))[0];
        var job = File.ReadAllText(file).Trim();
        await SlurmCluster.Run("scontrol", "update", $"JobId={job}", "Comment=none");
        File.Delete(file);
        await bed.Reopen();
        Assert.Empty((await bed.Wait<ExecutorSync>(_ => true)).Known);
        for (var ended = false; !ended; ended = (await SlurmCluster.Run("squeue", "--me", "--noheader", "--states=COMPLETED", "--format=%A")).Split('\n').Contains(job))
            await Task.Delay(200, Stop);
        Assert.False(File.Exists(Path.Combine(bed.Directory, "trace")));
    }

    [Fact]
    public async Task A_second_server_takes_over_and_the_first_one_is_done()
    {
        await using var bed = await SlurmBed.Opened();
        await bed.Start(Bed.Shell(1, $"echo up; trap 'exit 5' TERM; {_sleep} & wait"));
        await bed.Wait<OutputGrew>(_ => true);
        await using var other = new SlurmBed(directory: bed.Directory);
        await other.Open();
        Assert.Equal([1L], (await other.Wait<ExecutorSync>(_ => true)).Known);
        // What the first one does now reaches nobody.
        await bed.Start(Bed.Shell(2, "exit 1"));
        Assert.Contains("displaced", (await bed.Wait<ExecutorGone>(_ => true)).Reason, StringComparison.Ordinal);
        await other.Executor.Stop([new(1, 30_000)], Stop);
        Assert.True(await other.Exit(1) is { ExitCode: 5 }, string.Join("\n", other.Heard));
        Assert.Equal("up\n", other.Log(1));
        Assert.DoesNotContain(other.Heard, s => s is AttemptReport { AttemptId: 2 });
    }

    [Fact]
    public async Task Whoever_starts_an_attempt_a_second_time_starts_nothing()
    {
        await using var bed = await SlurmBed.Opened();
        await bed.Start(Bed.Shell(1, $"echo up; {_sleep}"));
        await bed.Wait<OutputGrew>(_ => true);
        var batch = Path.GetFileName(Directory.GetFiles(Path.Combine(bed.Directory, "orders"))[0]);
        await SlurmCluster.Run("sbatch", "--wait", "--output=/dev/null", Path.Combine(bed.Directory, "launcher.pl"), bed.Directory, batch);
        Assert.Equal("up\n", bed.Log(1));
        Assert.False(File.Exists(Path.Combine(bed.Directory, "ended", "1")));
    }

    [Fact]
    public async Task A_gang_is_one_job_whose_members_know_each_others_hosts()
    {
        await using var bed = await SlurmBed.Opened();
        var gang = new GangOrder(9, 0, 3);
        await bed.Start([.. Enumerable.Range(1, 3).Select(id => Bed.Shell(id, $"echo \"$PEERS\"; {(id == 3 ? "exit 4" : $"trap 'echo bye; exit 3' TERM; {_sleep} & wait")}") with
        {
            Gang = gang,
            Needs = new(1, 8000, 50),
            Title = "9/ring",
            Environment = [new("PATH", "/usr/bin:/bin"), new("PEERS", string.Join(',', Enumerable.Range(1, 3).Select(peer => MemberHost.Of(peer))))],
        })]);
        Assert.Equal(4, (await bed.Exit(3)).ExitCode);
        var handles = new List<string>();
        for (var id = 1; id <= 3; id++) handles.Add((await bed.Wait<AttemptStarted>(s => s.AttemptId == id)).Handle);
        Assert.Single(handles.Select(handle => handle.Split('.')[0]).Distinct());
        Assert.Equal(2, handles.Select(handle => handle.Split('@')[1]).Distinct().Count());
        Assert.Equal(string.Join(',', handles.Select(SlurmCluster.AddressOf)) + "\n", bed.Log(3));
        // One of them alone.
        await Bed.Until(() => bed.Log(1).Length > 0 && bed.Log(2).Length > 0);
        await bed.Executor.Stop([new(1, 30_000)], Stop);
        Assert.Equal(3, (await bed.Exit(1)).ExitCode);
        Assert.DoesNotContain(bed.Heard, s => s is AttemptExited { AttemptId: 2 });
        await bed.Reopen();
        await bed.Executor.Stop([new(2, 0)], Stop);
        Assert.Equal(9, (await bed.Exit(2)).Signal);
        Assert.Empty(Bed.Alive(_sleep));
    }

    [Fact]
    public async Task Members_of_a_gang_on_two_hosts_reach_each_other_by_their_addresses()
    {
        Assert.SkipUnless(SlurmHere.CanHaveHosts, "network namespaces cannot be made here");
        await using var bed = await SlurmBed.Opened(SlurmCluster.Hosts);
        const string Listen = "import socket; s = socket.create_server((\"@switchyard-host(1)@\", 7001)); c, peer = s.accept(); print(peer[0], c.recv(99).decode())";
        const string Call = """
            import socket, time
            for _ in range(300):
                try: c = socket.create_connection(("@switchyard-host(1)@", 7001), 5); break
                except OSError: time.sleep(.1)
            print(c.getsockname()[0]); c.sendall(b"hello")
            """;
        StartOrder Member(long id, string script) => Bed.Order(id, ["/usr/bin/python3", "-c", script]) with { Gang = new GangOrder(9, 0, 2), Needs = new(1, 9000, 50) };
        await bed.Start(Member(1, Listen), Member(2, Call));
        Assert.Equal(0, (await bed.Exit(1)).ExitCode);
        Assert.Equal(0, (await bed.Exit(2)).ExitCode);
        var addresses = new List<string>();
        for (var id = 1; id <= 2; id++) addresses.Add(SlurmCluster.AddressOf((await bed.Wait<AttemptStarted>(s => s.AttemptId == id)).Handle));
        Assert.NotEqual(addresses[0], addresses[1]);
        Assert.Equal($"{addresses[1]} hello\n", bed.Log(1));
        Assert.Equal($"{addresses[1]}\n", bed.Log(2));
    }

    [Fact]
    public async Task Whether_slurm_is_there_can_be_asked()
    {
        await using var bed = await SlurmBed.Opened();
        Assert.Null(await SlurmExecutor.Check(new() { Directory = bed.Directory }, TimeProvider.System, Stop));
        Assert.Contains("sbatch", await SlurmExecutor.Check(new() { Directory = bed.Directory, Programs = "/nowhere" }, TimeProvider.System, Stop), StringComparison.Ordinal);
    }

    [Theory, InlineData("--export=ALL"), InlineData("-p"), InlineData("--wrap=x"), InlineData("--uid=0"), InlineData("constraint")]
    public void Arguments_that_are_the_servers_own_cannot_be_configured(string argument) => Assert.NotNull(SlurmOptions.WhyNot(argument));

    private static async Task<string> Job(SlurmBed bed, long id) => await SlurmCluster.Run("scontrol", "show", "job", await bed.Number(id));
}
