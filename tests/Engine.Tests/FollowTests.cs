using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Triggers;
using Xunit;
using static Switchyard.Engine.Tests.EngineFixture;

namespace Switchyard.Engine.Tests;

/// <summary>Jobs that follow on the success of another.</summary>
public sealed class FollowTests
{
    [Fact]
    public async Task Each_success_starts_what_waits_for_it_once_and_a_failure_nothing()
    {
        await using var yard = await Start();
        var first = await yard.Job();
        var second = await After(yard, first);
        var third = await After(yard, second);
        yard.Executor.OnStart = order => [ScriptedExecutor.Started(order.AttemptId), ScriptedExecutor.Exited(order.AttemptId, yard.Executor.Starts.Count == 1 ? 1 : 0)];
        await yard.Ended(await yard.Submit(Plan(Node("a")), first));
        await yard.Ended(await yard.Submit(Plan(Node("a")), first));
        await yard.Until(async () => (await Runs(yard, third)) is [{ State: RunState.Succeeded }]);
        Assert.Equal("after_success", Assert.Single(await Runs(yard, second)).TriggerKind);
        Assert.Empty(await yard.Store.FollowUps(10, default));
    }

    [Fact]
    public async Task A_job_that_is_changed_while_it_is_planned_follows_all_the_same()
    {
        await using var yard = await Start();
        var first = await yard.Job();
        var second = await After(yard, first);
        var changes = 0;
        yard.OnPlan = async job =>
        {
            if (job.Id == second.Id && changes++ < 2)
                Assert.True(await yard.Store.JobUpdate(job with { Version = job.Version + 1 }, default));
        };
        await yard.Ended(await yard.Submit(Plan(Node("a")), first));
        await yard.Until(async () => (await Runs(yard, second)) is [{ State: RunState.Succeeded }]);
        Assert.Equal(3, changes);
    }

    private static async Task<Job> After(EngineFixture yard, Job job)
    {
        var after = yard.NewJob() with { Trigger = new Trigger.AfterSuccess(job.Id) };
        await yard.Store.JobsInsert([after], default);
        return after;
    }

    private static Task<IReadOnlyList<RunRow>> Runs(EngineFixture yard, Job job) => yard.Store.RunsList(new RunQuery(10, JobId: job.Id), default);
}
