using System.Globalization;
using Switchyard.Core.Execution;
using Switchyard.Executors.Slurm;

namespace Switchyard.Executors.Tests;

/// <summary>Jobs that go on with others of their array after their own. A partition of 32 places is full, so that something waits.</summary>
public sealed class SlurmReuse
{
    private const int Places = 32;
    private static int _next = 9500;
    private readonly string _sleep = $"sleep {Interlocked.Increment(ref _next)}.{Environment.ProcessId}";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Short_tasks_take_fewer_jobs_than_there_are_of_them_and_each_runs_once()
    {
        await using var bed = await Opened();
        await bed.Start([.. Enumerable.Range(1, 200).Select(id => Bed.Shell(id, $"echo $SWITCHYARD_ATTEMPT >> {bed.Directory}/trace; echo {id}; echo x > own; exit {(id == 150 ? 3 : 0)}"))]);
        for (var id = 1; id <= 200; id++) Assert.True(await bed.Exit(id) is var end && end.ExitCode == (id == 150 ? 3 : 0), end.ToString());
        Assert.Equal(Enumerable.Range(1, 200), File.ReadLines(Path.Combine(bed.Directory, "trace")).Select(line => int.Parse(line, CultureInfo.InvariantCulture)).Order());
        Assert.True(Elements(bed).Distinct().Count() < 150, string.Join(' ', Elements(bed)));
        Assert.Equal("7\n", bed.Log(7));
        Assert.Equal("200\n", bed.Log(200));
        await bed.Executor.Acknowledge([.. Enumerable.Range(1, 200).Select(id => (long)id)], Stop);
        await Bed.Until(() => Queued(bed) == "");
    }

    [Fact]
    public async Task What_waits_for_nothing_any_more_leaves_the_queue_while_others_of_its_array_run()
    {
        await using var bed = await Opened();
        // The first fill all places but one; the last goes through all that wait, and they never get a place of their own.
        await bed.Start([.. Enumerable.Range(1, Places - 1).Select(id => Bed.Shell(id, $"exec {_sleep}")), .. Enumerable.Range(Places, 60).Select(id => Bed.Shell(id, "exit 0"))]);
        for (var id = Places; id < Places + 60; id++) Assert.Equal(0, (await bed.Exit(id)).ExitCode);
        await Bed.Until(() => !Queued(bed).Contains("PENDING", StringComparison.Ordinal));
        Assert.Equal(Places - 1, Bed.Alive(_sleep).Count);
        await bed.Executor.Stop([.. Enumerable.Range(1, Places - 1).Select(id => new StopOrder(id, 0))], Stop);
        for (var id = 1; id < Places; id++) Assert.Equal(9, (await bed.Exit(id)).Signal);
    }

    [Fact]
    public async Task Who_runs_in_the_job_of_another_is_stopped_alone_and_with_its_grace()
    {
        await using var bed = await Opened();
        var last = await InTheJobOfAnother(bed, $"trap 'echo asked; exit 6' TERM; echo up; {_sleep} & wait");
        await Bed.Until(() => bed.Log(last).Contains("up", StringComparison.Ordinal));
        await bed.Executor.Stop([new(last, 30_000)], Stop);
        var end = await bed.Exit(last);
        Assert.True(end is { ExitCode: 6, Lost: false }, end.ToString());
        Assert.Equal("up\nasked\n", bed.Log(last));
        Assert.DoesNotContain(bed.Heard.OfType<AttemptExited>(), other => other.ExitCode != 0 && other.AttemptId != last);
    }

    [Fact]
    public async Task What_becomes_of_a_job_becomes_of_what_it_is_at()
    {
        await using var bed = await Opened();
        var last = await InTheJobOfAnother(bed, $"echo up; {_sleep}");
        var job = await bed.Number(last);
        Assert.False(job.EndsWith($"_{last - 1}", StringComparison.Ordinal));
        // Another server knows where it runs.
        await bed.Reopen();
        await bed.Wait<ExecutorSync>(_ => true);
        await SlurmCluster.Run("scancel", job);
        var end = await bed.Exit(last);
        Assert.Equal(Core.Runs.ReasonCode.CancelledByUser, end.Because.Code);
        Assert.Contains("cancelled in Slurm", end.Because.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_killed_with_its_launcher_in_the_job_of_another_is_lost_and_alone()
    {
        await using var bed = await Opened();
        var last = await InTheJobOfAnother(bed, $"until test -e {bed.Directory}/started/$SWITCHYARD_ATTEMPT; do sleep 0.1; done; kill -9 $PPID");
        var end = await bed.Exit(last);
        Assert.True(end.Lost, end.ToString());
        Assert.Single(bed.Heard.OfType<AttemptExited>(), exited => exited.Lost);
    }

    [Fact]
    public void Elements_are_named_by_their_ranges()
    {
        Assert.Equal("3-5,7,9-10", SlurmExecutor.Ranges([3, 4, 5, 7, 9, 10]));
        Assert.Equal("0", SlurmExecutor.Ranges([0]));
    }

    private static Task<SlurmBed> Opened() => SlurmBed.Opened(new SlurmBed(SlurmCluster.Reuse) { ReuseMs = 60_000 });

    /// <summary>Fills the places so that the last attempt starts where another has run before; answers which it is.</summary>
    private async Task<long> InTheJobOfAnother(SlurmBed bed, string script)
    {
        const long last = Places + 1;
        // Those that sleep are in their places before the one that makes room is done.
        await bed.Start([.. Enumerable.Range(1, Places).Select(id => Bed.Shell(id, id == 1 ? $"until test $(ls {bed.Directory}/started | wc -l) -ge {Places}; do sleep 0.1; done" : $"{_sleep}1")), Bed.Shell(last, script)]);
        await bed.Wait<AttemptStarted>(started => started.AttemptId == last);
        Assert.Equal(0, (await bed.Exit(1)).ExitCode);
        Assert.EndsWith("_0", await bed.Number(last), StringComparison.Ordinal);
        return last;
    }

    private static List<int> Elements(SlurmBed bed) => [.. bed.Heard.OfType<AttemptStarted>().Select(started => int.Parse(started.Handle.Split('_', '@')[1], CultureInfo.InvariantCulture))];

    private static string Queued(SlurmBed bed) => SlurmCluster.Run("squeue", $"--account={bed.Account}", "--noheader", "--format=%T").GetAwaiter().GetResult().Trim();
}
