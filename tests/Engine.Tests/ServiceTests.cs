using Switchyard.Core.Execution;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Xunit;
using static Switchyard.Engine.Tests.EngineFixture;

namespace Switchyard.Engine.Tests;

/// <summary>Tasks that accompany the others of their run, over a real store.</summary>
public sealed class ServiceTests
{
    private static readonly Plan Served = Plan(Node("a"), Node("b", 0), Node("db") with { Service = true, Needs = Resources.None });

    [Fact]
    public async Task Services_start_with_the_first_task_of_their_run_and_a_run_that_has_them_goes_before_those_that_have_not_begun()
    {
        await using var yard = await Start(fixture => fixture.Options = new EngineOptions { Capacity = new Resources(1) });
        yard.Executor.OnStart = order => KeyOf(order) == "b" ? [ScriptedExecutor.Started(order.AttemptId), ScriptedExecutor.Exited(order.AttemptId)] : [ScriptedExecutor.Started(order.AttemptId)];
        var first = await yard.Submit(Served);
        var second = await yard.Submit(Served);
        await yard.Until(() => Task.FromResult(yard.Executor.Starts.Count == 2));
        yard.Executor.Say(ScriptedExecutor.Exited((await yard.Attempts(first)).Single(attempt => attempt.TaskKey == "a").Id));
        Assert.Equal(RunState.Succeeded, (await yard.Ended(first)).State);
        await yard.Until(() => Task.FromResult(yard.Executor.Starts.Count == 5));
        yard.Executor.Say(ScriptedExecutor.Exited((await yard.Attempts(second)).Single(attempt => attempt.TaskKey == "a").Id));
        Assert.Equal(RunState.Succeeded, (await yard.Ended(second)).State);
        Assert.Equal(["db", "a", "b", "db", "a", "b"], yard.Executor.Starts.Select(KeyOf));
        Assert.Equal(2, yard.Executor.Stops.Count);
    }

    [Fact]
    public async Task A_service_that_was_to_be_ended_is_ended_by_the_next_server()
    {
        await using var yard = await Start();
        yard.Executor.OnStart = order => KeyOf(order) == "db" ? [ScriptedExecutor.Started(order.AttemptId)] : [ScriptedExecutor.Started(order.AttemptId), ScriptedExecutor.Exited(order.AttemptId)];
        yard.Executor.OnStop = _ => [];
        var run = await yard.Submit(Served);
        await yard.Until(() => Task.FromResult(!yard.Executor.Stops.IsEmpty));
        var service = (await yard.Attempts(run)).Single(attempt => attempt.TaskKey == "db").Id;
        await yard.Restart(executor => executor.Known.Add(service));
        Assert.Equal(RunState.Succeeded, (await yard.Ended(run)).State);
        Assert.Equal(service, Assert.Single(yard.Executor.Stops).AttemptId);
        Assert.Empty(yard.Executor.Starts);
    }

    private static string KeyOf(StartOrder order) => order.Environment.Single(variable => variable.Key == "SWITCHYARD_TASK_KEY").Value;
}
