using Switchyard.Core.Execution;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Xunit;
using static Switchyard.Engine.Tests.EngineFixture;

namespace Switchyard.Engine.Tests;

/// <summary>What a cluster holds for the tasks of a run, and when it is let go.</summary>
public sealed class AllocationTests
{
    private static readonly EngineOptions OnSlurm = new() { DefaultExecutor = Place.Slurm };

    private static Plan Shared() => Plan(Node("a") with { Uses = ["k"] }, Node("b", 0) with { Uses = ["k"] }, Node("c", 1)) with
    {
        Allocations = [new Allocation("k", false, true, null, "job cluster k") { Places = 3, Each = new Resources(1, 2000) }],
    };

    private static void Cluster(ScriptedExecutor executor, params AllocationName[] held)
    {
        executor.Say(new PlacesChanged([new Place(Place.Slurm, Place.Slurm, new Resources(100))], true));
        executor.Say(new ExecutorSync(executor.Known, Place.Slurm) { Allocations = held });
    }

    private static async Task<EngineFixture> Start()
    {
        var yard = await EngineFixture.Start(fixture => fixture.Options = OnSlurm);
        Cluster(yard.Executor);
        // Where a run can go is known before it comes.
        await Task.Delay(50);
        return yard;
    }

    [Fact]
    public async Task Tasks_that_use_an_allocation_name_it_and_it_goes_with_the_last_of_them()
    {
        await using var yard = await Start();
        yard.Executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId)];
        var run = await yard.Submit(Shared(), timeoutMs: 600_000);
        await yard.Until(() => Task.FromResult(yard.Executor.Starts.Count == 1));
        yard.Executor.Say(ScriptedExecutor.Exited(yard.Executor.Starts.First().AttemptId));
        await yard.Until(() => Task.FromResult(yard.Executor.Starts.Count == 2));
        Assert.Empty(yard.Executor.Released);
        yard.Executor.Say(ScriptedExecutor.Exited(yard.Executor.Starts.Last().AttemptId));
        await yard.Until(() => Task.FromResult(yard.Executor.Starts.Count == 3));
        await yard.Until(() => Task.FromResult(!yard.Executor.Released.IsEmpty));
        var name = new AllocationName(run, 0, "k");
        Assert.Equal([name], yard.Executor.Released.Distinct());
        Assert.Equal([new AllocationOrder(name, 3, new Resources(1, 2000), 600_000), new AllocationOrder(name, 3, new Resources(1, 2000), 600_000), null], yard.Executor.Starts.Select(order => order.Allocation));
        yard.Executor.Say(ScriptedExecutor.Exited(yard.Executor.Starts.Last().AttemptId));
        await yard.Ended(run);
    }

    [Fact]
    public async Task A_cancelled_run_lets_its_allocation_go_and_a_repair_has_another()
    {
        await using var yard = await Start();
        yard.Executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId)];
        var run = await yard.Submit(Shared());
        await yard.Until(() => Task.FromResult(yard.Executor.Starts.Count == 1));
        await yard.Engine.Cancel(run, Alice, default);
        var row = await yard.Ended(run);
        await yard.Until(() => Task.FromResult(yard.Executor.Released.Contains(new AllocationName(run, 0, "k"))));
        yard.Executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId), ScriptedExecutor.Exited(order.AttemptId)];
        await yard.Engine.Repair(new RepairRequest { RunId = run, Revision = row.Revision, Tasks = new HashSet<int> { 0, 1, 2 }, Plan = PlanDocument.Of(Shared()), Shown = Document.Of("{}") }, default);
        Assert.Equal(RunState.Succeeded, (await yard.Ended(run)).State);
        Assert.Equal(new AllocationName(run, 1, "k"), yard.Executor.Starts.Last(order => order.Allocation is not null).Allocation!.Name);
    }

    [Fact]
    public async Task The_next_server_lets_go_what_is_held_for_runs_that_are_over()
    {
        await using var yard = await Start();
        yard.Executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId)];
        var run = await yard.Submit(Shared());
        await yard.Until(() => Task.FromResult(yard.Executor.Starts.Count == 1));
        var wanted = new AllocationName(run, 0, "k");
        AllocationName[] unwanted = [new(run, 1, "k"), new(run, 0, "gone"), new(run + 1, 0, "k")];
        var attempt = yard.Executor.Starts.Single().AttemptId;
        await yard.Restart(executor => executor.Known.Add(attempt));
        Cluster(yard.Executor, [wanted, .. unwanted]);
        await yard.Until(() => Task.FromResult(yard.Executor.Released.Count >= 3));
        Assert.Equal(unwanted, yard.Executor.Released);
    }

    [Fact]
    public async Task Where_there_is_no_cluster_nothing_is_said_of_allocations()
    {
        await using var yard = await EngineFixture.Start();
        Assert.Equal(RunState.Succeeded, (await yard.Ended(await yard.Submit(Shared()))).State);
        Assert.All(yard.Executor.Starts, order => Assert.Null(order.Allocation));
        Assert.Empty(yard.Executor.Released);
    }
}
