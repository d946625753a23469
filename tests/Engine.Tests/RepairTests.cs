using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Core.Text;
using Xunit;
using static Switchyard.Engine.Tests.EngineFixture;

namespace Switchyard.Engine.Tests;

/// <summary>Ended runs done again in part, and attempts that lose what they run on.</summary>
public sealed class RepairTests
{
    private static RepairRequest Request(RunRow run, Plan plan, params int[] tasks) => new()
    {
        RunId = run.Id,
        Revision = run.Revision,
        Tasks = tasks.ToHashSet(),
        Plan = PlanDocument.Of(plan),
        Shown = Document.Of("{}"),
    };

    private static async Task<long> Repair(EngineFixture yard, RunRow run, Plan plan, params int[] tasks) =>
        (await yard.Engine.Repair(Request(run, plan, tasks), default)).Ok(out var id, out var refusal) ? id : throw new InvalidOperationException(refusal.Message);

    [Fact]
    public async Task A_loop_that_is_repaired_keeps_the_iterations_that_succeeded()
    {
        await using var yard = await Start();
        var failing = true;
        yard.Executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId), ScriptedExecutor.Exited(order.AttemptId, failing && order.Arguments[^1] == "2" ? 1 : 0)];
        var one = new CommandAction { Arguments = [Binding.Literal("work"), Binding.Of(new Reference(ReferenceKind.Input))] };
        var plan = Plan(new PlanTask { Key = "loop", Action = new ForEachAction(Binding.Literal("[1,2,3]"), 2, one) });
        var run = await yard.Ended(await yard.Submit(plan));
        Assert.Equal(RunState.Failed, run.State);

        failing = false;
        await Repair(yard, run, plan, 0);
        Assert.Equal(RunState.Succeeded, (await yard.Ended(run.Id)).State);
        Assert.Equal(["1", "2", "3", "2"], yard.Executor.Starts.Select(order => order.Arguments[^1]));
        Assert.Equal([0, 0, 1, 0], (await yard.Attempts(run.Id)).Where(a => a.Index >= 0).Select(a => a.Attempt));

        // Inputs that may have changed make all of them again.
        var other = Plan(new PlanTask { Key = "loop", Action = new ForEachAction(Binding.Literal("[7]"), 2, one) });
        await Repair(yard, await yard.Ended(run.Id), other, 0);
        Assert.Equal(RunState.Succeeded, (await yard.Ended(run.Id)).State);
        Assert.Equal("7", yard.Executor.Starts.Last().Arguments[^1]);
        Assert.Equal(5, yard.Executor.Starts.Count);
    }

    [Fact]
    public async Task A_repair_that_was_accepted_is_done_by_the_next_server()
    {
        await using var yard = await Start();
        yard.Executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId), ScriptedExecutor.Exited(order.AttemptId, 1)];
        var plan = Plan(Node("a"), Node("b", 0), Node("c"));
        var run = await yard.Ended(await yard.Submit(plan));
        yard.Executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId)];
        await Repair(yard, run, plan, 0, 1);
        await yard.Restart(executor => executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId), ScriptedExecutor.Exited(order.AttemptId, 0)]);
        var ended = await yard.Ended(run.Id);
        // c was not asked for and stays failed.
        Assert.Equal(RunState.Failed, ended.State);
        var attempts = await yard.Attempts(run.Id);
        Assert.Equal(TaskState.Succeeded, attempts.Last(a => a.TaskKey == "a").State);
        Assert.Equal(TaskState.Succeeded, attempts.Last(a => a.TaskKey == "b").State);
        Assert.Single(attempts, a => a.TaskKey == "c");
        Assert.Equal(2, (await yard.Store.RunPasses(run.Id, default)).Count);
    }

    [Fact]
    public async Task A_repair_waits_for_its_jobs_limit_and_is_refused_while_the_run_lives()
    {
        await using var yard = await Start();
        yard.Executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId), ScriptedExecutor.Exited(order.AttemptId, 1)];
        var job = await yard.Job(1, queue: false);
        var plan = Plan(Node("a"));
        var first = await yard.Ended(await yard.Submit(plan, job));
        yard.Executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId)];
        var second = await yard.Submit(plan, job);
        await yard.Until(async () => (await yard.Attempts(second))[0].State == TaskState.Running);
        await Repair(yard, first, plan, 0);
        Assert.Equal(RunState.Queued, (await yard.Store.RunGet(first.Id, default))!.State);
        var refused = await yard.Engine.Repair(Request(first, plan, 0), default);
        Assert.True(!refused.Ok(out _, out var why) && why.Code == RefusalCode.Conflict);
        await yard.Engine.Cancel(second, Alice, default);
        await yard.Until(async () => (await yard.Store.RunGet(first.Id, default))!.State == RunState.Running);
    }

    [Fact]
    public async Task An_attempt_that_loses_its_cluster_has_failed_and_is_tried_again()
    {
        await using var yard = await Start();
        yard.Executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId)];
        var run = await yard.Submit(Plan(Node("a") with { Retry = new RetryPolicy(1) }));
        await yard.Until(async () => (await yard.Attempts(run))[0].State == TaskState.Running);
        var gone = new Reason(ReasonCode.ClusterTerminated, "gone");
        Assert.Null(await yard.Engine.RevokeAttempt((await yard.Attempts(run))[0].Id, gone, default));
        await yard.Until(async () => (await yard.Attempts(run)) is [{ State: TaskState.Failed }, { State: TaskState.Running }]);
        Assert.Equal(gone, (await yard.Attempts(run))[0].Reason);
        Assert.Null(await yard.Engine.RevokeAttempt((await yard.Attempts(run))[1].Id, gone, default));
        Assert.Equal(RunState.Failed, (await yard.Ended(run)).State);
    }
}
