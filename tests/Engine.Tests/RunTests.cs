using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Xunit;
using static Switchyard.Engine.Tests.EngineFixture;

namespace Switchyard.Engine.Tests;

/// <summary>Runs from submission to their end, over a real store.</summary>
public sealed class RunTests
{
    [Fact]
    public async Task A_chain_runs_in_order_and_succeeds()
    {
        await using var yard = await Start();
        var run = await yard.Submit(Plan(Node("a"), Node("b", 0), Node("c", 1)));
        var ended = await yard.Ended(run);
        Assert.Equal(RunState.Succeeded, ended.State);
        var attempts = await yard.Attempts(run);
        Assert.All(attempts, attempt => Assert.Equal(TaskState.Succeeded, attempt.State));
        Assert.Equal(attempts.Select(a => a.Id), yard.Executor.Starts.Select(order => order.AttemptId));
        await yard.Until(() => Task.FromResult(yard.Executor.Acknowledged.Count == 3));
        var events = await yard.Store.EventsOfRun(run, 0, 100, default);
        Assert.Equal("Queued", events[0].To);
        Assert.Equal("Succeeded", events[^1].To);
    }

    [Fact]
    public async Task A_failure_is_retried_until_the_attempts_are_spent_and_then_fails_what_depends_on_it()
    {
        await using var yard = await Start();
        yard.Executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId), ScriptedExecutor.Exited(order.AttemptId, 3)];
        var run = await yard.Submit(Plan(Node("a") with { Retry = new RetryPolicy(2) }, Node("b", 0)));
        var ended = await yard.Ended(run);
        Assert.Equal(RunState.Failed, ended.State);
        var attempts = await yard.Attempts(run);
        Assert.Equal([0, 1, 2], attempts.Where(a => a.TaskKey == "a").Select(a => a.Attempt));
        Assert.All(attempts.Where(a => a.TaskKey == "a"), a => Assert.Equal((TaskState.Failed, 3), (a.State, a.ExitCode)));
        Assert.Equal(ReasonCode.UpstreamFailed, attempts.Single(a => a.TaskKey == "b").Reason.Code);
    }

    [Fact]
    public async Task A_retry_waits_for_its_interval()
    {
        await using var yard = await Start();
        yard.Executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId), ScriptedExecutor.Exited(order.AttemptId, yard.Executor.Starts.Count == 1 ? 1 : 0)];
        var run = await yard.Submit(Plan(Node("a") with { Retry = new RetryPolicy(1, MinIntervalMs: 300) }));
        Assert.Equal(RunState.Succeeded, (await yard.Ended(run)).State);
        var attempts = await yard.Attempts(run);
        Assert.True(attempts[1].StartedAt - attempts[0].StartedAt >= TimeSpan.FromMilliseconds(300));
    }

    [Fact]
    public async Task Cancelling_stops_what_runs_and_skips_the_rest()
    {
        await using var yard = await Start();
        yard.Executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId)];
        var run = await yard.Submit(Plan(Node("a"), Node("b", 0)));
        await yard.Until(async () => (await yard.Attempts(run))[0].State == TaskState.Running);
        Assert.Null(await yard.Engine.Cancel(run, Alice, default));
        var ended = await yard.Ended(run);
        Assert.Equal((RunState.Cancelled, "cancelled by alice"), (ended.State, ended.Reason.Text));
        Assert.All(await yard.Attempts(run), attempt => Assert.Equal(TaskState.Cancelled, attempt.State));
        Assert.Single(yard.Executor.Stops);
    }

    [Fact]
    public async Task A_task_and_a_run_that_take_too_long_are_stopped()
    {
        await using var yard = await Start();
        yard.Executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId)];
        var byTask = await yard.Submit(Plan(Node("a") with { TimeoutMs = 100 }));
        var byRun = await yard.Submit(Plan(Node("a")), timeoutMs: 100);
        Assert.Equal(RunState.Failed, (await yard.Ended(byTask)).State);
        Assert.Equal(TaskState.TimedOut, (await yard.Attempts(byTask))[0].State);
        Assert.Equal(RunState.TimedOut, (await yard.Ended(byRun)).State);
    }

    [Fact]
    public async Task A_job_over_its_limit_waits_in_line_or_is_skipped()
    {
        await using var yard = await Start();
        yard.Executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId)];
        var queueing = await yard.Job(maxConcurrent: 1);
        var skipping = await yard.Job(maxConcurrent: 1, queue: false);
        var first = await yard.Submit(Plan(Node("a")), queueing);
        var second = await yard.Submit(Plan(Node("a")), queueing);
        await yard.Submit(Plan(Node("a")), skipping);
        var turnedAway = await yard.Submit(Plan(Node("a")), skipping);
        Assert.Equal((RunState.Skipped, ReasonCode.ConcurrencyLimit), ((await yard.Ended(turnedAway)).State, (await yard.Ended(turnedAway)).Reason.Code));
        await yard.Until(async () => (await yard.Store.RunGet(first, default))!.State == RunState.Running);
        Assert.Equal(RunState.Queued, (await yard.Store.RunGet(second, default))!.State);
        await yard.Engine.Cancel(first, Alice, default);
        await yard.Until(async () => (await yard.Store.RunGet(second, default))!.State == RunState.Running);
    }

    [Fact]
    public async Task Only_as_many_start_as_there_are_slots_and_the_others_say_why_they_wait()
    {
        await using var yard = await Start(y => y.Options = new EngineOptions { Capacity = new Resources(2) });
        yard.Executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId)];
        var run = await yard.Submit(Plan(Node("a"), Node("b"), Node("c")));
        await yard.Until(() => Task.FromResult(yard.Executor.Starts.Count == 2 && yard.Engine.WhyWaiting("default", run) is not null));
        Assert.Equal("waiting for 1 slot in pool default: 2 of 2 in use", yard.Engine.WhyWaiting("default", run));
        var next = await yard.Submit(Plan(Node("d")));
        Assert.Equal("in line in pool default, whose first is waiting for 1 slot in pool default: 2 of 2 in use", yard.Engine.WhyWaiting("default", next));
        yard.Executor.Say(ScriptedExecutor.Exited(yard.Executor.Starts.First().AttemptId));
        await yard.Until(() => Task.FromResult(yard.Executor.Starts.Count == 3));
    }

    [Fact]
    public async Task What_can_never_fit_fails_with_the_reason_and_holds_nobody_back()
    {
        await using var yard = await Start(y => y.Options = new EngineOptions { Capacity = new Resources(2) });
        var large = await yard.Submit(Plan(Node("a") with { Needs = new Resources(3) }));
        var gang = await yard.Submit(Plan(Node("a"), Node("b"), Node("c")) with { Gang = true });
        var small = await yard.Submit(Plan(Node("a")));
        Assert.Equal(RunState.Succeeded, (await yard.Ended(small)).State);
        Assert.Equal(RunState.Failed, (await yard.Ended(large)).State);
        Assert.Equal(RunState.Failed, (await yard.Ended(gang)).State);
        Assert.Equal("it asks for 3 slots, and pool default has at most 2 slots", (await yard.Attempts(large))[0].Reason.Text);
        Assert.All(await yard.Attempts(gang), attempt => Assert.Equal(TaskState.Failed, attempt.State));
        Assert.Single(yard.Executor.Starts);
    }

    [Fact]
    public async Task Conditions_values_and_iterations_flow()
    {
        await using var yard = await Start();
        yard.Executor.OnStart = order =>
            [ScriptedExecutor.Started(order.AttemptId), ScriptedExecutor.Exited(order.AttemptId, result: """{"values":{"list":[1,2,3],"n":"7"}}""")];
        var value = Binding.Of(new Reference(ReferenceKind.TaskValue, "a", "n"));
        var run = await yard.Submit(Plan(
            Node("a"),
            new PlanTask { Key = "if", Action = new ConditionAction(ConditionOp.GreaterThan, value, Binding.Literal("5")), DependsOn = [new Dependency(0)], Needs = Resources.None },
            Node("yes") with { DependsOn = [new Dependency(1, true)] },
            Node("no") with { DependsOn = [new Dependency(1, false)] },
            new PlanTask
            {
                Key = "each",
                DependsOn = [new Dependency(2)],
                Action = new ForEachAction(
                    Binding.Of(new Reference(ReferenceKind.TaskValue, "a", "list")), 2,
                    new CommandAction { Arguments = [Binding.Literal("/bin/echo"), Binding.Of(new Reference(ReferenceKind.Input))] }),
            }));
        Assert.Equal(RunState.Succeeded, (await yard.Ended(run)).State);
        var attempts = await yard.Attempts(run);
        Assert.Equal(TaskState.Skipped, attempts.Single(a => a.TaskKey == "no").State);
        Assert.Equal([-1, 0, 1, 2], attempts.Where(a => a.TaskKey == "each").Select(a => a.Index));
        Assert.Equal(["1", "2", "3"], yard.Executor.Starts.Where(o => o.Arguments[0] == "/bin/echo").Select(o => o.Arguments[1]).Order());
    }

    [Fact]
    public async Task A_task_waits_for_the_run_it_starts()
    {
        await using var yard = await Start();
        var child = await yard.Job();
        var run = await yard.Submit(Plan(Calling(child.Id)));
        Assert.Equal(RunState.Succeeded, (await yard.Ended(run)).State);
        var attempt = Assert.Single(await yard.Attempts(run));
        Assert.Equal(child.Id, (await yard.Store.RunGet(attempt.ChildRunId!.Value, default))!.JobId);
    }

    [Fact]
    public async Task A_job_that_would_start_itself_is_refused_directly_and_through_others()
    {
        await using var yard = await Start();
        var (outer, inner) = (await yard.Job(), await yard.Job());
        yard.Plans[inner.Id] = Plan(Calling(outer.Id));
        var self = await yard.Submit(Plan(Calling(outer.Id)), outer);
        Assert.Equal(RunState.Failed, (await yard.Ended(self)).State);
        Assert.Equal($"Job {outer.Id} would start itself: {outer.Id} -> {outer.Id}.", (await yard.Attempts(self))[0].Reason.Text);
        var circle = await yard.Submit(Plan(Calling(inner.Id)), outer);
        Assert.Equal(RunState.Failed, (await yard.Ended(circle)).State);
        var child = (await yard.Attempts(circle))[0].ChildRunId!.Value;
        Assert.Equal($"Job {outer.Id} would start itself: {outer.Id} -> {inner.Id} -> {outer.Id}.", (await yard.Attempts(child))[0].Reason.Text);
    }

    [Fact]
    public async Task A_task_starts_no_job_of_another_user()
    {
        await using var yard = await Start();
        var theirs = yard.NewJob() with { OwnerId = 2 };
        await yard.Store.JobsInsert([theirs], default);
        var run = await yard.Submit(Plan(Calling(theirs.Id)));
        Assert.Equal(RunState.Failed, (await yard.Ended(run)).State);
        Assert.Contains("may not start job", (await yard.Attempts(run))[0].Reason.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_that_nobody_set_fails_the_task_with_the_reason()
    {
        await using var yard = await Start();
        var run = await yard.Submit(Plan(
            Node("a"),
            new PlanTask { Key = "b", DependsOn = [new Dependency(0)], Action = new CommandAction { Arguments = [Binding.Of(new Reference(ReferenceKind.TaskValue, "a", "x"))] } }));
        Assert.Equal(RunState.Failed, (await yard.Ended(run)).State);
        Assert.Contains("TaskValue 'x' of task 'a' is not known", (await yard.Attempts(run))[1].Reason.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wide_layered_run_ends_with_every_task_started_once()
    {
        await using var yard = await Start();
        var tasks = new List<PlanTask>();
        for (var layer = 0; layer < 10; layer++)
        {
            var first = tasks.Count - 20;
            for (var i = 0; i < 20; i++)
                tasks.Add(Node($"t{layer}_{i}", layer == 0 ? [] : [.. Enumerable.Range(first, 20)]));
        }

        var run = await yard.Submit(Plan([.. tasks]));
        Assert.Equal(RunState.Succeeded, (await yard.Ended(run)).State);
        Assert.Equal(200, yard.Executor.Starts.Select(o => o.AttemptId).Distinct().Count());
        Assert.Equal(200, yard.Executor.Starts.Count);
    }

    private static PlanTask Calling(long job) =>
        new() { Key = "call", Action = new RunJobAction(job, new Dictionary<string, Binding>()), Needs = Resources.None };
}
