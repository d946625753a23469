using System.Collections.Concurrent;
using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Triggers;
using Xunit;

namespace Switchyard.Engine.Tests;

/// <summary>Due times at which runs of an earlier start still live.</summary>
public sealed class OverlapTests
{
    [Fact]
    public async Task A_due_time_starts_its_run_beside_those_that_live_unless_the_job_passes_it_over()
    {
        var started = new ConcurrentQueue<long>();
        await using var yard = await EngineFixture.Start(yard => yard.Executor.OnStart = order =>
        {
            started.Enqueue(order.AttemptId);
            return [ScriptedExecutor.Started(order.AttemptId)];
        });
        var (beside, alone) = (await EverySecond(yard), await EverySecond(yard));
        yard.Skipping.Add(alone.Id);
        yard.Engine.JobChanged(beside.Id);
        yard.Engine.JobChanged(alone.Id);

        await yard.Until(async () => (await Runs(yard, beside)).Count >= 3 && (await Runs(yard, alone)).Count > 0);
        var first = Assert.Single(await Runs(yard, alone));
        yard.Executor.Say(ScriptedExecutor.Exited(Assert.Single(await yard.Attempts(first.Id)).Id));
        await yard.Until(async () => (await Runs(yard, alone)).Count == 2);
        Assert.Equal(RunState.Succeeded, (await yard.Store.RunGet(first.Id, default))!.State);
    }

    private static async Task<Job> EverySecond(EngineFixture yard)
    {
        var job = yard.NewJob() with { Trigger = new Trigger.Cron("* * * * * ?", "UTC") };
        await yard.Store.JobsInsert([job], default);
        return job;
    }

    private static async Task<IReadOnlyList<RunRow>> Runs(EngineFixture yard, Job job) => await yard.Store.RunsList(new RunQuery(100, JobId: job.Id), default);
}
