using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Switchyard.Crash.Tests;

/// <summary>Several servers over one PostgreSQL: any of them answers, one leads, and whichever goes, nothing is lost and nothing runs twice.</summary>
public sealed class ServersTests
{
    private const int Stopped = 19, Continued = 18;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Any_server_takes_runs_shows_them_with_their_logs_and_cancels_them()
    {
        await using var all = await Installation.Start();
        var leader = await all.Leader();
        var runs = new List<long>();
        for (var i = 0; i < 30; i++)
            runs.Add(await all.Submit(i));
        await all.AllAccountedFor(runs);
        Assert.Equal("3", await all.Ask("select count(distinct node) from tasks"));

        // One that only one node has the log of, followed from each.
        var said = await all.Servers[0].Post("/api/yard/v1/runs", """{"name":"said","tasks":[{"key":"a","command":["/bin/sh","-c","for i in 1 2 3; do echo line $i; sleep 0.3; done"]}]}""");
        var run = said["run_id"]!.GetValue<long>();
        long attempt = 0;
        await all.Until(async () => (attempt = long.Parse("0" + await all.Ask($"select attempt_id from tasks where run_id = {run} and state in ('Running', 'Succeeded')"), CultureInfo.InvariantCulture)) > 0, "attempt");
        var followed = await Task.WhenAll(all.Servers.Select(server => server.Http.GetStringAsync($"/api/yard/v1/attempts/{attempt}/log/follow", Stop)));
        Assert.All(followed, text => Assert.Equal("line 1\nline 2\nline 3\n", text));

        // Cancelled through one that does not lead; the feed of a third tells.
        var slow = await all.Submit(0, 600);
        await all.Until(async () => await all.Ask($"select state from runs where id = {slow}") == "Running", "running run");
        using var feed = await all.Servers[(leader + 1) % 3].Http.GetStreamAsync($"/api/yard/v1/runs/{slow}/feed", Stop);
        using var reader = new StreamReader(feed);
        await all.Servers[(leader + 2) % 3].Http.PostAsync($"/api/yard/v1/runs/{slow}/cancel", null, Stop);
        var told = await reader.ReadToEndAsync(Stop);
        Assert.Contains("cancelled", told, StringComparison.OrdinalIgnoreCase);
        foreach (var server in all.Servers)
            Assert.Equal("cancelled", (await server.Get($"/api/yard/v1/runs/{slow}"))["state"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_leader_is_killed_under_load_and_everything_is_done_once()
    {
        await using var all = await Installation.Start();
        var leader = await all.Leader();
        var load = Load(all, 200);
        await Task.Delay(1500, Stop);
        all.Servers[leader].Kill9();
        var watch = Stopwatch.StartNew();
        await all.Until(async () => await all.Leader() != leader, "other leader");
        TestContext.Current.SendDiagnosticMessage($"another server led after {watch.Elapsed.TotalSeconds:0.0} s");
        var after = await all.Submit((leader + 1) % 3);
        await all.Until(async () => await all.Ask($"select state from runs where id = {after}") == "Succeeded", "run after the kill");
        await all.Servers[leader].Start();
        await all.AllAccountedFor([.. await load, after]);
    }

    [Fact]
    public async Task A_leader_that_stood_still_beyond_its_lease_changes_nothing_when_it_goes_on()
    {
        await using var all = await Installation.Start();
        var leader = await all.Leader();
        var load = Load(all, 200);
        await Task.Delay(1500, Stop);
        RealServer.Signal(all.Servers[leader].Pid, Stopped);
        await all.Until(async () => await all.Leader() != leader, "other leader");
        await Task.Delay(2000, Stop);
        RealServer.Signal(all.Servers[leader].Pid, Continued);
        await all.AllAccountedFor(await load);
        await all.Until(() => Task.FromResult(all.Servers[leader].Said.Contains("leads no more", StringComparison.Ordinal)), "end of the first term");
        Assert.False(all.Servers[leader].HasExited);
    }

    [Fact]
    public async Task A_node_that_is_gone_with_all_it_ran_is_given_up_after_the_grace_and_its_work_is_done_elsewhere()
    {
        await using var all = await Installation.Start();
        var gone = (await all.Leader() + 1) % 3;
        var slow = new List<long>();
        for (var i = 0; i < 12; i++)
            slow.Add(await all.Submit(i, 2));
        await all.Until(async () => await all.Ask($"select count(*) > 0 from tasks where node = '{Installation.Name(gone)}' and state = 'Running'") == "t", "task there");
        var watch = Stopwatch.StartNew();
        all.KillWhole(gone);
        var fresh = await all.Submit((gone + 1) % 3);
        await all.Until(async () => await all.Ask($"select state from runs where id = {fresh}") == "Succeeded", "run that began after the death");
        TestContext.Current.SendDiagnosticMessage($"new work ran elsewhere after {watch.Elapsed.TotalSeconds:0.0} s");
        // Nobody is given up before the grace.
        if (watch.Elapsed < TimeSpan.FromSeconds(Installation.GraceSeconds - 4))
            Assert.Equal("0", await all.Ask("select count(*) from attempts where state = 'Lost'"));
        await all.AllAccountedFor([.. slow, fresh]);
        Assert.NotEqual("0", await all.Ask("select count(*) from attempts where state = 'Lost'"));
        await all.Servers[gone].Start();
    }

    [Fact]
    public async Task The_host_of_a_node_whose_server_is_dead_ends_its_tasks_before_the_others_give_them_up()
    {
        await using var all = await Installation.Start();
        var dead = (await all.Leader() + 1) % 3;
        var runs = new List<long>();
        for (var i = 0; i < 9; i++)
            runs.Add(await all.Submit(i, 20, retries: 0));
        var name = Installation.Name(dead);
        await all.Until(async () => await all.Ask($"select count(*) >= 3 from tasks where node = '{name}' and state = 'Running'") == "t", "tasks there");
        var attempts = (await all.Ask($"select attempt_id from tasks where node = '{name}' and state = 'Running'")).Split('\n').Select(long.Parse).ToList();
        all.Servers[dead].Kill9();
        var ended = false;
        await all.Until(
            async () =>
            {
                ended = ended || attempts.All(attempt => RealServer.ProcessesOf(attempt).Count == 0);
                var lost = await all.Ask($"select count(*) from attempts where state = 'Lost'");
                Assert.True(ended || lost == "0", "tasks were given up while they ran");
                return lost != "0";
            },
            "lost attempt");
        await all.AllAccountedFor(runs, 180);
    }

    [Fact]
    public async Task A_drained_node_hands_over_and_ends_and_all_nodes_are_replaced_one_after_the_other_under_load()
    {
        await using var all = await Installation.Start();
        var load = Load(all, 300, 0.5);
        for (var i = 0; i < 3; i++)
        {
            await all.Servers[(i + 1) % 3].Post($"/api/yard/v1/nodes/{Installation.Name(i)}/drain", "{}").ContinueWith(_ => { }, TaskScheduler.Default);
            await all.Until(() => Task.FromResult(all.Servers[i].HasExited), $"end of {Installation.Name(i)}", 90);
            Assert.Equal(0, all.Servers[i].ExitCode);
            Assert.Contains("drained", all.Servers[i].Said, StringComparison.Ordinal);
            await all.Servers[i].Start();
            var back = i;
            await all.Until(async () => (await all.States(back)).Count(state => state == "alive") == 3, "three servers again");
        }

        await all.AllAccountedFor(await load);
        Assert.Equal("0", await all.Ask("select count(*) from attempts where state = 'Lost'"));
    }

    private static Task<List<long>> Load(Installation all, int runs, double seconds = 0.2) => Task.Run(
        async () =>
        {
            var made = new System.Collections.Concurrent.ConcurrentBag<long>();
            await Parallel.ForAsync(0, runs, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Stop }, async (i, _) => made.Add(await all.Submit(i, seconds)));
            return made.ToList();
        },
        Stop);
}
