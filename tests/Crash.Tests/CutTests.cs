using System.Collections.Concurrent;
using Switchyard.Tests;
using Xunit;

namespace Switchyard.Crash.Tests;

/// <summary>Servers on networks of their own that are cut off, alone and together with kills and pauses.</summary>
public sealed class CutTests
{
    private const int Stopped = 19, Continued = 18;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_leader_that_is_cut_off_ends_its_tasks_before_the_others_go_on_with_them_and_comes_back()
    {
        using var networks = Make();
        await using var cluster = await PostgresCluster.Start($"127.0.0.1,{networks.Here}");
        await using var all = await Installation.Start(networks.All, cluster, networks.Here);
        var leader = await all.Leader();
        var runs = new List<long>();
        for (var i = 0; i < 9; i++)
            runs.Add(await all.Submit(i, 16));
        var name = Installation.Name(leader);
        await all.Until(async () => await all.Ask($"select count(*) >= 3 from tasks where node = '{name}' and state = 'Running'") == "t", "tasks there");
        var attempts = (await all.Ask($"select attempt_id from tasks where node = '{name}' and state = 'Running'")).Split('\n').Select(long.Parse).ToList();
        networks.Cut(leader);
        await all.Until(async () => await all.Leader() != leader, "other leader");
        var ended = false;
        await all.Until(
            async () =>
            {
                ended = ended || attempts.All(attempt => RealServer.ProcessesOf(attempt).Count == 0);
                var lost = await all.Ask("select count(*) from attempts where state = 'Lost'");
                Assert.True(ended || lost == "0", "tasks were given up while they ran");
                return lost != "0";
            },
            "lost attempt");
        Assert.False(all.Servers[leader].HasExited);
        networks.Join(leader);
        runs.Add(await all.Submit(leader));
        await all.AllAccountedFor(runs, 180);
        await all.Until(async () => (await all.States((leader + 1) % 3)).All(state => state == "alive"), "three servers that live");
    }

    [Fact]
    public async Task Kills_pauses_and_cuts_under_load_leave_every_run_accounted_for()
    {
        var rounds = Environment.GetEnvironmentVariable("YARD_TEST_LONG") is { Length: > 0 } ? 10 : 1;
        using var networks = Make();
        await using var cluster = await PostgresCluster.Start($"127.0.0.1,{networks.Here}");
        for (var round = 0; round < rounds; round++)
        {
            await using var all = await Installation.Start(networks.All, cluster, networks.Here);
            var made = new ConcurrentBag<long>();
            using var enough = CancellationTokenSource.CreateLinkedTokenSource(Stop);
            var load = Enumerable.Range(0, 6).Select(worker => Task.Run(async () =>
            {
                while (!enough.IsCancellationRequested)
                {
                    made.Add(await all.Submit(worker, 0.5));
                    await Task.Delay(100, Stop);
                }
            })).ToList();
            await Task.Delay(2000, Stop);
            var first = await all.Leader();
            all.Servers[first].Kill9();
            await all.Until(async () => await all.Leader() != first, "second leader");
            var second = await all.Leader();
            RealServer.Signal(all.Servers[second].Pid, Stopped);
            await all.Servers[first].Start();
            await all.Until(async () => await all.Leader() != second, "third leader");
            await Task.Delay(TimeSpan.FromSeconds(round % 2 == 0 ? 1 : Installation.GraceSeconds), Stop);
            RealServer.Signal(all.Servers[second].Pid, Continued);
            await Task.Delay(2000, Stop);
            var third = await all.Leader();
            networks.Cut(third);
            await all.Until(async () => await all.Leader() != third, "fourth leader");
            await Task.Delay(TimeSpan.FromSeconds(round % 3 == 0 ? Installation.GraceSeconds + 2 : 3), Stop);
            networks.Join(third);
            await enough.CancelAsync();
            await Task.WhenAll(load);
            await all.AllAccountedFor([.. made], 240);
            TestContext.Current.SendDiagnosticMessage($"round {round + 1}: {made.Count} runs, {await all.Ask("select count(*) from attempts where state = 'Lost'")} attempts lost with their nodes, terms {await all.Ask("select fence from leases")}");
        }
    }

    private static Networks Make()
    {
        if (PostgresCluster.Missing is { } database)
            Assert.Skip(database);
        if (Networks.Missing is { } missing)
            Assert.Skip(missing);
        return new Networks(3);
    }
}
