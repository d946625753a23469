using Switchyard.Core.Execution;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Xunit;
using static Switchyard.Engine.Tests.EngineFixture;

namespace Switchyard.Engine.Tests;

/// <summary>What a new engine makes of what an ended one left behind.</summary>
public sealed class RecoveryTests
{
    [Fact]
    public async Task A_running_attempt_that_the_host_knows_is_adopted_and_one_it_does_not_know_is_repeated_without_charge()
    {
        await using var yard = await Start();
        yard.Executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId)];
        var run = await yard.Submit(Plan(Node("known"), Node("forgotten")));
        await yard.Until(async () => (await yard.Attempts(run)).All(a => a.State == TaskState.Running));
        var known = (await yard.Attempts(run))[0].Id;

        await yard.Restart(executor => executor.Known.Add(known));
        await yard.Until(async () => (await yard.Attempts(run)).Count(a => a.TaskKey == "forgotten") == 2);
        yard.Executor.Say(ScriptedExecutor.Exited(known));

        Assert.Equal(RunState.Succeeded, (await yard.Ended(run)).State);
        var attempts = await yard.Attempts(run);
        Assert.Equal((TaskState.Lost, ReasonCode.HostLost), (attempts[1].State, attempts[1].Reason.Code));
        Assert.Equal((1, 0), (attempts[2].Attempt, attempts[2].Charged));
        Assert.DoesNotContain(yard.Executor.Starts, order => order.AttemptId == known);
    }

    [Fact]
    public async Task What_the_only_node_does_not_know_may_run_on_a_cluster()
    {
        await using var yard = await Start(fixture => fixture.Options = new() { DefaultExecutor = Place.Slurm });
        var places = new PlacesChanged([new Place("here", Place.Process, new Resources(8)), new Place(Place.Slurm, Place.Slurm, new Resources(100))], false);
        yard.Executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId)];
        yard.Executor.Say(places);
        yard.Executor.Say(new ExecutorSync(yard.Executor.Known, Place.Slurm));
        await Task.Delay(50);
        var run = await yard.Submit(Plan(Node("a")));
        await yard.Until(async () => (await yard.Attempts(run)) is [{ State: TaskState.Running, Node: Place.Slurm }]);

        await yard.Restart(executor => executor.Say(places));
        var attempt = (await yard.Attempts(run))[0].Id;
        yard.Executor.Say(new ExecutorSync(new HashSet<long> { attempt }, Place.Slurm));
        yard.Executor.Say(new ExecutorGone("its host was started again"));
        yard.Executor.Say(new ExecutorSync(new HashSet<long>()));
        yard.Executor.Say(ScriptedExecutor.Exited(attempt));
        Assert.Equal(RunState.Succeeded, (await yard.Ended(run)).State);
        Assert.Single(await yard.Attempts(run));
        Assert.Empty(yard.Executor.Starts);
    }

    [Fact]
    public async Task A_start_that_never_reached_the_host_is_sent_again()
    {
        await using var yard = await Start();
        yard.Executor.OnStart = _ => [];
        var run = await yard.Submit(Plan(Node("a")));
        await yard.Until(async () => (await yard.Attempts(run))[0].State == TaskState.Starting);
        var attempt = (await yard.Attempts(run))[0].Id;

        await yard.Restart();

        Assert.Equal(RunState.Succeeded, (await yard.Ended(run)).State);
        Assert.Equal(attempt, Assert.Single(yard.Executor.Starts).AttemptId);
    }

    [Fact]
    public async Task An_exit_that_is_repeated_is_acknowledged_and_changes_nothing()
    {
        await using var yard = await Start();
        var run = await yard.Submit(Plan(Node("a")));
        await yard.Ended(run);
        var attempt = (await yard.Attempts(run))[0].Id;
        var events = await yard.Store.EventsLast(default);
        yard.Executor.Say(ScriptedExecutor.Exited(attempt, 1));
        await yard.Until(() => Task.FromResult(yard.Executor.Acknowledged.Count(id => id == attempt) == 2));
        Assert.Equal(events, await yard.Store.EventsLast(default));
        Assert.Equal(RunState.Succeeded, (await yard.Store.RunGet(run, default))!.State);
    }

    [Fact]
    public async Task Queued_runs_retries_and_cancellations_go_on_after_a_restart()
    {
        await using var yard = await Start();
        yard.Executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId)];
        yard.Executor.OnStop = _ => [];
        var job = await yard.Job(maxConcurrent: 1);
        var first = await yard.Submit(Plan(Node("a")), job);
        var second = await yard.Submit(Plan(Node("a")), job);
        await yard.Until(async () => (await yard.Attempts(first))[0].State == TaskState.Running);
        await yard.Engine.Cancel(first, Alice, default);
        var attempt = (await yard.Attempts(first))[0].Id;

        await yard.Restart(executor => executor.Known.Add(attempt));

        Assert.Equal(RunState.Cancelled, (await yard.Ended(first)).State);
        Assert.Equal(RunState.Succeeded, (await yard.Ended(second)).State);
        Assert.Equal(attempt, Assert.Single(yard.Executor.Stops).AttemptId);
    }

    [Fact]
    public async Task While_the_executor_is_gone_nothing_is_started_and_afterwards_everything_is()
    {
        await using var yard = await Start();
        yard.Executor.Say(new ExecutorGone("its socket closed"));
        await Task.Delay(50);
        var run = await yard.Submit(Plan(Node("a")));
        await yard.Until(async () => (await yard.Attempts(run))[0].State == TaskState.Ready);
        Assert.Empty(yard.Executor.Starts);
        yard.Executor.Say(new ExecutorSync(new HashSet<long>()));
        Assert.Equal(RunState.Succeeded, (await yard.Ended(run)).State);
    }

    [Fact]
    public async Task What_ran_at_a_place_that_is_there_no_more_is_done_again_at_another()
    {
        await using var yard = await Start();
        yard.Executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId)];
        yard.Executor.Say(new PlacesChanged([new Place("a", Place.Process, new Resources(4))], true));
        yard.Executor.Say(new ExecutorSync(new HashSet<long>(), "a"));
        var run = await yard.Submit(Plan(Node("task")));
        await yard.Until(async () => (await yard.Attempts(run))[0] is { State: TaskState.Running, Node: "a" });

        yard.Executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId), ScriptedExecutor.Exited(order.AttemptId)];
        yard.Executor.Say(new PlacesChanged([new Place("b", Place.Process, new Resources(4))], true));
        yard.Executor.Say(new ExecutorSync(new HashSet<long>(), "b"));
        Assert.Equal(RunState.Succeeded, (await yard.Ended(run)).State);
        var attempts = await yard.Attempts(run);
        Assert.Equal([(TaskState.Lost, "a"), (TaskState.Succeeded, "b")], attempts.Select(attempt => (attempt.State, attempt.Node)));
    }
}
