using Switchyard.Core.Execution;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;

namespace Switchyard.Executors.Tests;

/// <summary>Attempts that share an allocation: one job with steps in it. Each test knows its processes by a duration of its own.</summary>
public sealed class SlurmAllocations
{
    private static int _next = 7000;
    private readonly string _sleep = $"sleep {Interlocked.Increment(ref _next)}.{Environment.ProcessId}";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static AllocationName Cluster(long run, int revision = 0) => new(run, revision, "etl");

    private static StartOrder Step(long id, string line, long run = 7, int places = 4, Resources each = default, int revision = 0) =>
        Bed.Shell(id, $"echo $SLURM_JOB_ID; {line}") with { Allocation = new(Cluster(run, revision), places, each, 0), Title = $"{run}/t{id}" };

    [Fact]
    public async Task Attempts_of_one_allocation_are_steps_of_one_job_until_it_is_released()
    {
        await using var bed = await SlurmBed.Opened();
        await bed.Start(Step(1, "exit 3"), Step(2, "kill -TERM $$"));
        Assert.Equal(3, (await bed.Exit(1)).ExitCode);
        Assert.True(await bed.Exit(2) is { ExitCode: 143, Signal: 15, Because.Code: ReasonCode.None });
        await bed.Executor.Acknowledge([1, 2], Stop);
        await bed.Start(Step(3, "echo $SLURM_STEP_ID"));
        await bed.Exit(3);
        await bed.Start(Step(4, "true", run: 8), Step(5, "true", revision: 1));
        await bed.Exit(4);
        await bed.Exit(5);
        var job = bed.Log(1).Trim();
        Assert.Equal(bed.Log(1), bed.Log(2));
        Assert.Equal($"{job}\n\n", bed.Log(3));
        Assert.Equal(3, new[] { 1, 4, 5 }.Select(id => bed.Log(id)).Distinct().Count());
        Assert.StartsWith($"{job}.", (await bed.Wait<AttemptStarted>(s => s.AttemptId == 3)).Handle, StringComparison.Ordinal);
        Assert.Equal("RUNNING", await State(job));
        await bed.Executor.Release([Cluster(7), Cluster(99)], Stop);
        await UntilSaid(async () => await State(job) == "COMPLETED");
        Assert.Equal("RUNNING", await State(bed.Log(4).Trim()));
        await bed.Executor.Acknowledge([3, 4, 5], Stop);
        await bed.Executor.Release([Cluster(8), Cluster(7, 1)], Stop);
        await Bed.Until(() => Left(bed).Count == 0);
    }

    [Fact]
    public async Task An_allocation_has_so_many_places_of_such_a_size_and_others_wait_inside()
    {
        await using var bed = await SlurmBed.Opened();
        await bed.Start([.. Enumerable.Range(1, 3).Select(id => Step(id, $"while [ ! -e {bed.Directory}/go{id} ]; do sleep 0.1; done", places: 2, each: new(1, 1500, 300)))]);
        await bed.Wait<AttemptStarted>(s => s.AttemptId == 1);
        await bed.Wait<AttemptStarted>(s => s.AttemptId == 2);
        await Bed.Until(() => bed.Log(1).Length > 0);
        var said = await SlurmCluster.Run("scontrol", "show", "job", bed.Log(1).Trim());
        Assert.Contains("NumTasks=2 CPUs/Task=2", said, StringComparison.Ordinal);
        Assert.Contains("cpu=4,mem=600M", said, StringComparison.Ordinal);
        Assert.Contains("JobName=7/etl", said, StringComparison.Ordinal);
        Assert.DoesNotContain(bed.Heard, s => s is AttemptStarted { AttemptId: 3 });
        File.WriteAllText($"{bed.Directory}/go2", "");
        await bed.Exit(2);
        await bed.Wait<AttemptStarted>(s => s.AttemptId == 3);
        File.WriteAllText($"{bed.Directory}/go1", "");
        File.WriteAllText($"{bed.Directory}/go3", "");
        await bed.Exit(1);
        await bed.Exit(3);
        Assert.Equal(bed.Log(1), bed.Log(3));
    }

    [Fact]
    public async Task Whoever_is_stopped_ends_with_its_grace_or_never_starts_and_the_others_go_on()
    {
        await using var bed = await SlurmBed.Opened();
        await bed.Start([.. Enumerable.Range(1, 3).Select(id => Step(id, $"trap 'echo bye; exit 5' TERM; {_sleep} & wait", places: 2))]);
        await Bed.Until(() => bed.Log(1).Length > 0 && bed.Log(2).Length > 0);
        await bed.Executor.Stop([new(3, 30_000)], Stop);
        Assert.Contains("before it started", (await bed.Wait<AttemptRefused>(r => r.AttemptId == 3)).Reason, StringComparison.Ordinal);
        await bed.Executor.Stop([new(1, 30_000)], Stop);
        Assert.Equal(5, (await bed.Exit(1)).ExitCode);
        Assert.EndsWith("bye\n", bed.Log(1), StringComparison.Ordinal);
        await bed.Start(Step(4, "exit 6"));
        Assert.Equal(6, (await bed.Exit(4)).ExitCode);
        Assert.Equal(bed.Log(2), bed.Log(4));
        Assert.DoesNotContain(bed.Heard, s => s is AttemptExited { AttemptId: 2 });
        await bed.Executor.Stop([new(2, 0)], Stop);
        Assert.Equal(9, (await bed.Exit(2)).Signal);
        Assert.Empty(Bed.Alive(_sleep));
    }

    [Fact]
    public async Task Another_server_goes_on_with_an_allocation_and_lets_it_go()
    {
        await using var bed = await SlurmBed.Opened();
        await bed.Start(Step(1, $"{_sleep} & wait"), Step(2, "exit 2"));
        await bed.Exit(2);
        await Bed.Until(() => bed.Log(1).Length > 0);
        var job = bed.Log(1).Trim();
        // As if the first one had died before it could write the number down, and between the orders and the keeper's list.
        foreach (var file in Directory.GetFiles(Path.Combine(bed.Directory, "jobs"))) File.Delete(file);
        await bed.Reopen();
        var sync = await bed.Wait<ExecutorSync>(_ => true);
        Assert.Equal([1L, 2L], sync.Known.Order());
        Assert.Equal([Cluster(7)], sync.Allocations);
        await bed.Start(Step(3, "exit 4"));
        Assert.Equal(4, (await bed.Exit(3)).ExitCode);
        Assert.Equal($"{job}\n", bed.Log(3));
        await bed.Executor.Stop([new(1, 0)], Stop);
        await bed.Exit(1);
        await bed.Executor.Release([Cluster(7)], Stop);
        await UntilSaid(async () => await State(job) == "COMPLETED");
        await bed.Executor.Acknowledge([1, 2, 3], Stop);
        await Bed.Until(() => Left(bed).Count == 0);
        await bed.Reopen();
        Assert.Empty((await bed.Wait<ExecutorSync>(_ => true)).Allocations);
    }

    [Fact]
    public async Task A_step_that_was_ordered_and_not_told_is_told_by_the_next_server()
    {
        await using var bed = await SlurmBed.Opened();
        await bed.Start(Step(1, "exit 1"));
        await bed.Exit(1);
        var job = bed.Log(1).Trim();
        await bed.Executor.DisposeAsync();
        var steps = Directory.GetFiles(Path.Combine(bed.Directory, "orders")).Single();
        var bytes = File.ReadAllBytes(steps);
        // The order of attempt 1 as one of attempt 2, in the next submission.
        bytes[12] = 2;
        File.WriteAllBytes(steps[..^1] + "1", bytes);
        await bed.Reopen();
        Assert.Equal(1, (await bed.Exit(2)).ExitCode);
        Assert.Equal($"{job}\n", bed.Log(2));
    }

    [Fact]
    public async Task What_becomes_of_the_job_becomes_of_its_steps_and_the_next_ones_get_another()
    {
        await using var bed = await SlurmBed.Opened();
        await bed.Start([.. Enumerable.Range(1, 2).Select(id => Step(id, $"{_sleep} & wait", places: 1))]);
        await Bed.Until(() => bed.Log(1).Length > 0);
        var job = bed.Log(1).Trim();
        await SlurmCluster.Run("scancel", job);
        Assert.Equal(ReasonCode.CancelledByUser, (await bed.Exit(1)).Because.Code);
        Assert.Equal(ReasonCode.CancelledByUser, (await bed.Exit(2)).Because.Code);
        Assert.Empty(Bed.Alive(_sleep));
        await bed.Start(Step(3, "true"));
        Assert.Equal(0, (await bed.Exit(3)).ExitCode);
        Assert.NotEqual($"{job}\n", bed.Log(3));
        // One that ended while nothing ran in it.
        var next = bed.Log(3).Trim();
        await SlurmCluster.Run("scancel", next);
        await UntilSaid(async () => await State(next) == "CANCELLED");
        await bed.Start(Step(4, "true"));
        Assert.Equal(0, (await bed.Exit(4)).ExitCode);
        Assert.NotEqual($"{next}\n", bed.Log(4));
    }

    [Fact]
    public async Task A_step_that_takes_too_much_memory_ends_alone()
    {
        await using var bed = await SlurmBed.Opened();
        await bed.Start(
            Step(1, $"{_sleep} & wait", each: new(1, 0, 100)),
            Bed.Order(2, ["perl", "-e", "my @all; push @all, 'x' x 1e7 for 1 .. 30; sleep 60"]) with { Allocation = new(Cluster(7), 4, new(1, 0, 100), 0) });
        var end = await bed.Exit(2);
        Assert.True(end is { Because.Code: ReasonCode.OutOfMemory, Lost: false }, end.ToString());
        await bed.Start(Step(3, "exit 2"));
        Assert.Equal(2, (await bed.Exit(3)).ExitCode);
        Assert.DoesNotContain(bed.Heard, s => s is AttemptExited { AttemptId: 1 });
        Assert.Equal(bed.Log(1), bed.Log(3));
    }

    [Fact]
    public async Task A_step_whose_launcher_is_killed_is_lost_and_its_allocation_is_not()
    {
        await using var bed = await SlurmBed.Opened();
        await bed.Start(Step(1, $"exec {_sleep}"));
        await Bed.Until(() => bed.Log(1).Length > 0 && Bed.Alive(_sleep).Count == 1);
        var program = Bed.Alive(_sleep).Single();
        Bed.Kill(int.Parse(File.ReadAllText($"/proc/{program}/stat").Split(' ')[3], System.Globalization.CultureInfo.InvariantCulture));
        _ = Process.Spawning.Libc.kill(program, 9);
        var end = await bed.Exit(1);
        Assert.True(end.Lost, end.ToString());
        Assert.Contains("said nothing", end.Unproven, StringComparison.Ordinal);
        await bed.Start(Step(2, "true"));
        await bed.Exit(2);
        Assert.Equal(bed.Log(1), bed.Log(2));
    }

    [Fact]
    public async Task An_allocation_that_waits_in_the_queue_goes_with_its_run()
    {
        await using var bed = await SlurmBed.Opened(begin: "now+600");
        await bed.Start(Step(1, "true"), Step(2, "true"));
        await Bed.Until(() => Directory.GetFiles(Path.Combine(bed.Directory, "jobs")).Length == 1);
        await bed.Executor.Stop([new(1, 30_000), new(2, 30_000)], Stop);
        await bed.Wait<AttemptRefused>(r => r.AttemptId == 1);
        await bed.Wait<AttemptRefused>(r => r.AttemptId == 2);
        await bed.Executor.Acknowledge([1, 2], Stop);
        await bed.Executor.Release([Cluster(7)], Stop);
        await Bed.Until(() => Left(bed).Count == 0);
        Assert.Empty(await SlurmCluster.Run("squeue", $"--account={bed.Account}", "--noheader", "--states=PENDING,RUNNING", "--format=%A"));
    }

    [Fact]
    public async Task What_slurm_does_not_take_is_refused_and_nothing_waits_for_it()
    {
        await using var bed = await SlurmBed.Opened();
        await bed.Start(Step(1, "true") with { Queue = new("nowhere", null, null) });
        Assert.Contains("partition", (await bed.Wait<AttemptRefused>(r => r.AttemptId == 1)).Reason, StringComparison.OrdinalIgnoreCase);
        await Bed.Until(() => Left(bed).Count == 0);
        await bed.Start(Step(2, "true", run: 8, places: 1000));
        var end = await bed.Wait<AttemptReport>(r => r.AttemptId == 2);
        Assert.True(end is AttemptRefused or AttemptExited { Because.Code: ReasonCode.TooLarge }, end.ToString());
    }

    [Fact]
    public async Task An_allocation_that_no_server_wants_ends_by_itself_and_one_that_is_wanted_stays()
    {
        await SlurmCluster.Need();
        await using var bed = new SlurmBed { AllocationIdleMs = 10_000 };
        await bed.Open();
        await bed.Start(Step(1, "true"));
        await bed.Exit(1);
        var job = bed.Log(1).Trim();
        // The server says that it is wanted, for longer than it would stay without that.
        for (var (said, last) = (0, DateTime.MinValue); said < 6; await Task.Delay(100, Stop))
            if (File.GetLastWriteTimeUtc(Directory.GetFiles(Path.Combine(bed.Directory, "steps")).Single()) is var now && now != last) (said, last) = (said + 1, now);
        Assert.Equal("RUNNING", await State(job));
        await bed.Executor.DisposeAsync();
        await UntilSaid(async () => await State(job) == "COMPLETED");
    }

    [Fact]
    public async Task Many_steps_go_through_few_places()
    {
        await using var bed = await SlurmBed.Opened();
        for (var first = 1; first <= 60; first += 20) await bed.Start([.. Enumerable.Range(first, 20).Select(id => Step(id, $"exit {id % 5}", places: 6))]);
        for (var id = 1; id <= 60; id++) Assert.Equal(id % 5, (await bed.Wait<AttemptExited>(e => e.AttemptId == id, TimeSpan.FromMinutes(3))).ExitCode);
        Assert.Single(Enumerable.Range(1, 60).Select(id => bed.Log(id)).Distinct());
        await bed.Executor.Acknowledge([.. Enumerable.Range(1, 60).Select(id => (long)id)], Stop);
        await bed.Executor.Release([Cluster(7)], Stop);
        await Bed.Until(() => Left(bed).Count == 0);
    }

    /// <summary>What is left in the shared directory.</summary>
    private static List<string> Left(SlurmBed bed) =>
        [.. new[] { "orders", "jobs", "acknowledged", "claimed", "started", "ended", "out", "stop", "said", "allocations", "steps", "tmp" }.SelectMany(kind => Directory.GetFiles(Path.Combine(bed.Directory, kind)))];

    private static async Task<string> State(string job) => (await SlurmCluster.Run("squeue", "--noheader", "--states=all", $"--jobs={job}", "--format=%T")).Trim();

    private static async Task UntilSaid(Func<Task<bool>> holds)
    {
        using var limit = new CancellationTokenSource(Bed.Patience);
        while (!await holds()) await Task.Delay(200, limit.Token);
    }
}
