using Switchyard.Core.Execution;
using Switchyard.Core.Pools;
using Switchyard.Core.Runs;

namespace Switchyard.Executors.Tests;

/// <summary>How a task ends that does not end by itself, and whose cause that is. Each test knows its processes by a duration of its own.</summary>
public sealed class SlurmEnds
{
    private static int _next = 9000;
    private readonly string _sleep = $"sleep {Interlocked.Increment(ref _next)}.{Environment.ProcessId}";

    [Fact]
    public async Task A_limit_of_time_is_a_timeout()
    {
        await using var bed = await SlurmBed.Opened();
        await bed.Start(Bed.Shell(1, $"echo up; {_sleep}"));
        await bed.Wait<OutputGrew>(_ => true);
        // Slurm rounds limits to minutes, and an end it does not.
        await SlurmCluster.Run("scontrol", "update", $"JobId={await bed.Number(1)}", "EndTime=now+1");
        var end = await bed.Wait<AttemptExited>(_ => true, TimeSpan.FromSeconds(150));
        Assert.True(end.Because.Code == ReasonCode.Timeout, end.ToString());
        Assert.Empty(Bed.Alive(_sleep));
    }

    [Fact]
    public async Task Who_takes_too_much_memory_is_told_so()
    {
        await using var bed = await SlurmBed.Opened();
        await bed.Start(Bed.Order(1, ["perl", "-e", "my @all; push @all, 'x' x 1e7 for 1 .. 30; sleep 60"]) with { Needs = new(1, 0, 100) });
        var end = await bed.Exit(1);
        Assert.True(end is { Because.Code: ReasonCode.OutOfMemory, Lost: false }, end.ToString());
    }

    [Fact]
    public async Task Who_is_cancelled_in_slurm_was_cancelled_by_somebody()
    {
        await using var bed = await SlurmBed.Opened();
        await bed.Start(Bed.Shell(1, $"echo up; {_sleep}"));
        await bed.Wait<OutputGrew>(_ => true);
        await SlurmCluster.Run("scancel", await bed.Number(1));
        Assert.Equal(ReasonCode.CancelledByUser, (await bed.Exit(1)).Because.Code);
        Assert.Empty(Bed.Alive(_sleep));
    }

    [Fact]
    public async Task Who_makes_room_for_others_is_lost_without_fault()
    {
        await using var bed = await SlurmBed.Opened(partition: SlurmCluster.Full);
        await bed.Start([.. Enumerable.Range(1, 2).Select(id => Bed.Shell(id, $"echo up; {_sleep}") with { Needs = new(1, 16_000) })]);
        await bed.Wait<AttemptStarted>(s => s.AttemptId == 1);
        await bed.Wait<AttemptStarted>(s => s.AttemptId == 2);
        await bed.Start(Bed.Order(3, ["true"]) with { Queue = new ClusterQueue(SlurmCluster.FullUrgent, null, null) });
        Assert.True(await bed.Exit(3) is { ExitCode: 0 }, string.Join("\n", bed.Heard));
        var end = await bed.Wait<AttemptExited>(e => e.AttemptId != 3);
        Assert.True(end.Lost);
        Assert.Contains("preempted", end.Unproven, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Steps_of_an_allocation_that_makes_room_are_lost_without_fault_and_the_next_ones_have_another()
    {
        await using var bed = await SlurmBed.Opened(partition: SlurmCluster.Full);
        StartOrder Step(long id, long run, string line) => Bed.Shell(id, $"echo $SLURM_JOB_ID; {line}") with { Allocation = new(new(run, 0, "etl"), 1, new(1, 16_000), 0) };
        await bed.Start(Step(1, 1, _sleep), Step(2, 2, _sleep));
        await bed.Wait<AttemptStarted>(s => s.AttemptId == 1);
        await bed.Wait<AttemptStarted>(s => s.AttemptId == 2);
        await bed.Start(Bed.Order(3, ["true"]) with { Queue = new ClusterQueue(SlurmCluster.FullUrgent, null, null) });
        var end = await bed.Wait<AttemptExited>(e => e.AttemptId != 3);
        Assert.True(end.Lost, end.ToString());
        Assert.Contains("preempted", end.Unproven, StringComparison.Ordinal);
        await bed.Start(Step(4, end.AttemptId, "exit 4"));
        Assert.Equal(4, (await bed.Exit(4)).ExitCode);
        Assert.NotEqual(bed.Log(end.AttemptId), bed.Log(4));
    }

    [Fact]
    public async Task When_a_node_fails_its_attempts_are_lost_and_the_others_run_on()
    {
        await using var bed = await SlurmBed.Opened(partition: SlurmCluster.Frail);
        await bed.Start([.. Enumerable.Range(1, 2).Select(id => Bed.Shell(id, $"echo up; {_sleep}") with { Needs = new(1, 16_000) })]);
        var lost = await bed.Wait<AttemptStarted>(s => s.Handle.EndsWith("@n6", StringComparison.Ordinal));
        var other = await bed.Wait<AttemptStarted>(s => s.Handle.EndsWith("@n5", StringComparison.Ordinal));
        SlurmCluster.KillNode("n6");
        try
        {
            await SlurmCluster.Run("scontrol", "update", "NodeName=n6", "State=DOWN", "Reason=test");
            var end = await bed.Exit(lost.AttemptId);
            Assert.True(end.Lost);
            Assert.Contains("n6", end.Unproven, StringComparison.Ordinal);
            Assert.DoesNotContain(bed.Heard, s => s is AttemptExited exited && exited.AttemptId == other.AttemptId);
        }
        finally
        {
            await SlurmCluster.StartNode("n6");
        }
        // The node, when it is back, ends what nobody knows any more.
        await Bed.Until(() => Bed.Alive(_sleep).Count <= 2, 4);
    }

    [Fact]
    public async Task When_a_node_of_an_allocation_fails_all_of_its_steps_are_lost_and_the_next_ones_have_another()
    {
        await using var bed = await SlurmBed.Opened(partition: SlurmCluster.Frail);
        await Up();
        StartOrder Step(long id, string line) => Bed.Shell(id, $"echo $SLURM_JOB_ID; {line}") with { Allocation = new(new(7, 0, "etl"), 2, new(1, 16_000), 0) };
        await bed.Start(Step(1, _sleep), Step(2, _sleep));
        var nodes = new List<string>();
        for (var id = 1; id <= 2; id++) nodes.Add((await bed.Wait<AttemptStarted>(s => s.AttemptId == id)).Handle.Split('@')[1]);
        Assert.Equal(["n5", "n6"], nodes.Order());
        SlurmCluster.KillNode("n6");
        try
        {
            await SlurmCluster.Run("scontrol", "update", "NodeName=n6", "State=DOWN", "Reason=test");
            for (var id = 1; id <= 2; id++) Assert.True(await bed.Exit(id) is { Lost: true }, string.Join("\n", bed.Heard));
        }
        finally
        {
            await SlurmCluster.StartNode("n6");
        }
        await Up();
        await bed.Start(Step(3, "exit 3"));
        Assert.Equal(3, (await bed.Exit(3)).ExitCode);
        Assert.NotEqual(bed.Log(1), bed.Log(3));
        await Bed.Until(() => Bed.Alive(_sleep).Count == 0, 4);
    }

    // Whether a node that was taken down by hand comes back by itself depends on when it was heard of last.
    private static async Task Up()
    {
        using var limit = new CancellationTokenSource(4 * Bed.Patience);
        while ((await SlurmCluster.Run("sinfo", "--noheader", "--nodes=n6", $"--partition={SlurmCluster.Frail}", "--format=%T")).Trim() is var state and not ("idle" or "mixed" or "allocated"))
        {
            try
            {
                if (state.StartsWith("down", StringComparison.Ordinal)) await SlurmCluster.Run("scontrol", "update", "NodeName=n6", "State=RESUME");
            }
            catch (IOException)
            {
                // It came back in between.
            }
            await Task.Delay(200, limit.Token);
        }
    }
}

/// <summary>Many tasks, beside the other tests.</summary>
public sealed class SlurmMany
{
    [Fact]
    public async Task A_thousand_tasks_all_end_and_leave_nothing()
    {
        await using var bed = await SlurmBed.Opened(partition: SlurmCluster.Many);
        for (var first = 1; first <= 1000; first += 250) await bed.Start([.. Enumerable.Range(first, 250).Select(id => Bed.Shell(id, $"exit {id % 3}"))]);
        for (var id = 1; id <= 1000; id++) Assert.True(await bed.Wait<AttemptExited>(e => e.AttemptId == id, TimeSpan.FromMinutes(5)) is var end && end.ExitCode == id % 3, end.ToString());
        await bed.Executor.Acknowledge([.. Enumerable.Range(1, 1000).Select(id => (long)id)], TestContext.Current.CancellationToken);
        Assert.Empty(new[] { "orders", "jobs", "acknowledged", "claimed", "started", "ended", "out", "stop", "said", "tmp" }.SelectMany(kind => Directory.GetFiles(Path.Combine(bed.Directory, kind))));
        Assert.False(Directory.Exists(Path.Combine(bed.Directory, "logs")));
    }
}
