using System.Net;
using System.Net.Sockets;
using Switchyard.Core.Plans;
using Switchyard.Core.Pools;
using Switchyard.Core.Runs;
using Xunit;
using static Switchyard.Engine.Tests.EngineFixture;

namespace Switchyard.Engine.Tests;

/// <summary>Gangs: all or none, with ports that every member knows; and the pools they wait in.</summary>
public sealed class GangTests
{
    private static readonly Resources OneCore = new(0, CpuMillis: 1000);

    [Fact]
    public async Task Members_of_a_gang_know_each_others_ports()
    {
        await using var fixture = await EngineFixture.Start(Roomy);
        await fixture.Submit(Gang(Role("ps", 1, new PortRequest("http", 2)), Role("worker", 2, new PortRequest("http", 1), new PortRequest("ssh", 1))));
        await fixture.Until(() => Task.FromResult(fixture.Executor.Starts.Count == 3));
        var environments = fixture.Executor.Starts.Select(order => order.Environment.Concat(order.SharedEnvironment).ToDictionary(pair => pair.Key, pair => pair.Value)).ToList();
        foreach (var name in new[] { "P_ps_0_http", "P_worker_0_http", "P_worker_1_ssh", "HOST_worker_1", "LIST_worker" })
            Assert.Single(environments.Select(environment => environment[name]).Distinct());
        Assert.Equal(2, environments[0]["P_ps_0_http"].Split(',').Length);
        Assert.Equal(environments[0]["P_ps_0_http"], environments[0]["OWN"]);
        Assert.Equal($"127.0.0.1:{environments[0]["P_worker_0_http"]},127.0.0.1:{environments[0]["P_worker_1_http"]}", environments[0]["LIST_worker"]);
        Assert.Equal(6, environments[0].Where(pair => pair.Key.StartsWith("P_", StringComparison.Ordinal)).SelectMany(pair => pair.Value.Split(',')).Distinct().Count());
    }

    [Fact]
    public async Task Ports_survive_a_restart_and_are_not_given_out_twice()
    {
        await using var fixture = await EngineFixture.Start(Roomy);
        var first = await fixture.Submit(Gang(Role("a", 2, new PortRequest("http", 2))));
        await fixture.Until(async () => (await fixture.Attempts(first)).All(attempt => attempt.State == TaskState.Running));
        var before = (await fixture.Attempts(first)).Select(attempt => attempt.Grant!.ToString()).ToList();
        var known = (await fixture.Attempts(first)).Select(attempt => attempt.Id).ToList();
        await fixture.Restart(executor =>
        {
            executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId)];
            executor.Known.UnionWith(known);
        });
        Assert.Equal(before, (await fixture.Attempts(first)).Select(attempt => attempt.Grant!.ToString()));
        var second = await fixture.Submit(Gang(Role("a", 2, new PortRequest("http", 2))));
        await fixture.Until(async () => (await fixture.Attempts(second)).All(attempt => attempt.State == TaskState.Running));
        var taken = (await fixture.Attempts(first)).Concat(await fixture.Attempts(second)).SelectMany(attempt => attempt.Grant!.Ports).ToList();
        Assert.Equal(8, taken.Distinct().Count());
    }

    [Fact]
    public async Task A_fixed_port_that_somebody_else_uses_is_waited_for()
    {
        using var other = new TcpListener(IPAddress.Any, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        await using var fixture = await EngineFixture.Start();
        var run = await fixture.Submit(Gang(Role("web", 1, new PortRequest("http", 1, port))));
        await fixture.Until(() => Task.FromResult(fixture.Engine.WhyWaiting("default", run) is not null));
        Assert.Equal($"waiting for port {port}: it is in use", fixture.Engine.WhyWaiting("default", run));
        other.Stop();
        Assert.Equal(RunState.Succeeded, (await fixture.Ended(run)).State);
        Assert.Null(fixture.Engine.WhyWaiting("default", run));
    }

    [Fact]
    public async Task A_gang_that_can_never_be_placed_ends_at_once_and_holds_nobody_back()
    {
        await using var fixture = await EngineFixture.Start(f => f.Options = f.Options with { Capacity = new Resources(16, 2000) });
        var tooLarge = await fixture.Submit(Gang(Role("a", 3)) with { Rounds = new RoundPolicy(-1, true, AlsoSuccess: true) });
        var twice = await fixture.Submit(Gang(Role("a", 2, new PortRequest("http", 1, 15000))));
        var fine = await fixture.Submit(Gang(Role("a", 2)));
        Assert.Equal(RunState.Succeeded, (await fixture.Ended(fine)).State);
        var first = await fixture.Ended(tooLarge);
        Assert.Equal((RunState.Failed, ReasonCode.TooLarge), (first.State, first.Reason.Code));
        Assert.Equal("it asks for 3 cores, and pool default has at most 16 slots, 2 cores", first.Reason.Text);
        Assert.Contains("more than once", (await fixture.Ended(twice)).Reason.Text, StringComparison.Ordinal);
        Assert.Equal(4, fixture.Executor.Starts.Count + 2);
    }

    [Fact]
    public async Task A_lost_member_opens_a_round_of_the_whole_gang_that_nobody_pays_for()
    {
        var lost = false;
        await using var fixture = await EngineFixture.Start(f => f.Executor.OnStart = order =>
        {
            if (lost)
                return [ScriptedExecutor.Started(order.AttemptId), ScriptedExecutor.Exited(order.AttemptId)];
            lost = true;
            return [ScriptedExecutor.Started(order.AttemptId), ScriptedExecutor.Exited(order.AttemptId, lost: true)];
        });
        var run = await fixture.Ended(await fixture.Submit(Gang(Role("a", 2)) with { Rounds = new RoundPolicy(0, true) }));
        Assert.Equal((RunState.Succeeded, 1, 1, 0), (run.State, run.Round, run.PlatformRounds, run.ChargedRounds));
    }

    [Fact]
    public async Task Pools_change_while_the_engine_runs()
    {
        await using var fixture = await EngineFixture.Start(f =>
        {
            f.Options = f.Options with { Capacity = new Resources(16, 4000) };
            f.Executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId)];
        });
        await Replace(fixture, new Pool("default", 50, 50, true), new Pool("vc1", 50, 50, true));
        var one = await fixture.Submit(Gang(Role("a", 2)) with { Pool = "vc1" });
        var two = await fixture.Submit(Gang(Role("a", 1)) with { Pool = "vc1" });
        await fixture.Until(async () => fixture.Engine.WhyWaiting("vc1", two) is not null && (await fixture.Attempts(one)).All(attempt => attempt.State == TaskState.Running));
        Assert.Equal("waiting for 1 core in pool vc1: 2 of 2 in use", fixture.Engine.WhyWaiting("vc1", two));
        Assert.Equal(2000, fixture.Engine.UseOf("vc1").Held.CpuMillis);
        await Replace(fixture, new Pool("default", 50, 50, true), new Pool("vc1", 50, 100, true));
        await fixture.Until(async () => (await fixture.Attempts(two)).All(attempt => attempt.State == TaskState.Running));
    }

    [Fact]
    public async Task What_a_pool_is_guaranteed_is_kept_for_it_while_it_waits()
    {
        await using var fixture = await EngineFixture.Start(f =>
        {
            f.Options = f.Options with { Capacity = new Resources(16, 4000) };
            f.Executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId)];
        });
        await Replace(fixture, new Pool("default", 25, 100, true), new Pool("vc1", 75, 100, true));
        var borrowed = new List<long>();
        for (var i = 0; i < 3; i++)
            borrowed.Add(await fixture.Submit(Gang(Role("a", 1))));
        await fixture.Until(async () => (await fixture.Attempts(borrowed[2])).All(attempt => attempt.State == TaskState.Running));
        var guaranteed = await fixture.Submit(Gang(Role("b", 3)) with { Pool = "vc1" });
        await fixture.Until(() => Task.FromResult(fixture.Engine.WhyWaiting("vc1", guaranteed) is not null));
        var more = await fixture.Submit(Gang(Role("a", 1)));
        await fixture.Until(() => Task.FromResult(fixture.Engine.WhyWaiting("default", more) is not null));
        Assert.Equal("waiting for pool vc1, which has not got what it is guaranteed", fixture.Engine.WhyWaiting("default", more));
        await fixture.Engine.Cancel(borrowed[0], Alice, default);
        await fixture.Engine.Cancel(borrowed[1], Alice, default);
        await fixture.Until(async () => (await fixture.Attempts(guaranteed)).All(attempt => attempt.State == TaskState.Running));
        Assert.All(await fixture.Attempts(more), attempt => Assert.Equal(TaskState.Ready, attempt.State));
    }

    [Fact]
    public async Task Each_GPU_is_held_by_one_attempt_at_a_time_and_its_number_told()
    {
        await using var fixture = await EngineFixture.Start(f =>
        {
            f.Options = f.Options with { Capacity = new Resources(16, 16_000, 0, 4) };
            f.Executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId)];
        });
        PlanTask Training(int instances, int gpus) => Role("a", instances) with
        {
            Needs = OneCore with { Gpus = gpus },
            Action = CommandAction.Of("/bin/true") with { Environment = new Dictionary<string, Binding> { ["GPUS"] = Binding.Of(new Reference(ReferenceKind.AllocationGpus)) } },
        };
        async Task<string[]> Running(long run)
        {
            await fixture.Until(async () => (await fixture.Attempts(run)).All(attempt => attempt.State == TaskState.Running));
            return [.. (await fixture.Attempts(run)).Select(attempt => Grant.List(attempt.Grant!.Gpus))];
        }

        var first = await fixture.Submit(Gang(Training(1, 1)));
        Assert.Equal(["0"], await Running(first));
        Assert.Equal(["1", "2"], await Running(await fixture.Submit(Gang(Training(2, 1)))));
        Assert.Equal(["0", "1", "2"], fixture.Executor.Starts.Select(order => order.Environment.Single(variable => variable.Key == "GPUS").Value));
        var pair = await fixture.Submit(Gang(Training(1, 2)));
        await fixture.Engine.Cancel(first, Alice, default);
        Assert.Equal(["0,3"], await Running(pair));
    }

    private static void Roomy(EngineFixture fixture)
    {
        fixture.Options = fixture.Options with { Capacity = new Resources(16, 16_000) };
        fixture.Executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId)];
    }

    private static async Task Replace(EngineFixture fixture, params Pool[] pools)
    {
        Assert.True(await fixture.Store.PoolsReplace(await fixture.Store.PoolsList(default), pools, default));
        await fixture.Engine.PoolsChanged(default);
    }

    private static Plan Gang(params PlanTask[] roles) => Plan(roles) with
    {
        Gang = true,
        End = EndRule.Completion,
        Peers = [new("P_{task}_{index}_{label}", PeerValue.Ports), new("HOST_{task}_{index}", PeerValue.Host), new("LIST_{task}", PeerValue.HostList, "http")],
    };

    private static PlanTask Role(string key, int instances, params PortRequest[] ports) => Node(key) with
    {
        Instances = instances,
        Needs = OneCore,
        Ports = ports,
        Completion = new CompletionPolicy(1, null, true),
        Action = CommandAction.Of("/bin/true") with
        {
            Environment = ports.Length == 0 ? new Dictionary<string, Binding>() : new Dictionary<string, Binding> { ["OWN"] = Binding.Of(new Reference(ReferenceKind.AllocationPort, null, "http")) },
        },
    };
}
