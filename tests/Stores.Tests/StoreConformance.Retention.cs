using Switchyard.Core.Runs;
using Switchyard.Core.Text;
using Xunit;

namespace Switchyard.Stores.Tests;

public abstract partial class StoreConformance
{
    [Fact]
    public async Task What_ended_first_is_prunable_first_and_what_lives_never_is()
    {
        Assert.Null(await Store.RunsFirstEnded(Stop));
        var job = await InsertJob();
        var living = await InsertRun(job);
        var late = await EndAt(Make.Run(job), Make.Noon.AddHours(3));
        var early = await EndAt(Make.Run(job), Make.Noon.AddHours(1));
        var refused = Make.Run(job, at: Make.Noon.AddHours(2)) with { Refused = new Reason(ReasonCode.PlanRefused, "no") };
        Assert.True((await Insert(refused)).Ok(out _, out _));

        Assert.Equal(Make.Noon.AddHours(1), await Store.RunsFirstEnded(Stop));
        Assert.Equal([early.Id, refused.Id], (await Store.RunsPrunable(Make.Noon.AddHours(2), 10, Stop)).Select(run => run.RunId));
        Assert.Equal([early.Id], (await Store.RunsPrunable(Make.Noon.AddHours(9), 1, Stop)).Select(run => run.RunId));
        Assert.Equal([early.Id, refused.Id, late.Id], (await Store.RunsPrunable(Make.Noon.AddYears(9), 10, Stop)).Select(run => run.RunId));
        Assert.Empty(await Store.RunsPrunable(Make.Noon, 10, Stop));
        Assert.NotNull(await Store.RunGet(living.Id, Stop));
    }

    [Fact]
    public async Task A_prunable_run_names_all_its_attempts_also_the_earlier_ones()
    {
        var run = await InsertRun();
        var (first, second) = (run.AttemptIds[0][0], Make.Id());
        Assert.True(await Apply(
            run, Make.RunMove(RunState.Queued, RunState.Waiting), Make.TaskMove(first, TaskState.Blocked, TaskState.Ready),
            Make.TaskMove(first, TaskState.Ready, TaskState.Starting), Make.RunMove(RunState.Waiting, RunState.Running),
            Make.TaskMove(first, TaskState.Starting, TaskState.WaitingForRetry) with { Next = new NextAttempt(TaskState.Failed, second, 1, 1, 0, Make.Noon) },
            Make.TaskMove(second, TaskState.WaitingForRetry, TaskState.Cancelled), Make.RunMove(RunState.Running, RunState.Cancelled)));
        var prunable = Assert.Single(await Store.RunsPrunable(Make.Noon, 10, Stop));
        Assert.Equal((run.Id, Make.Noon), (prunable.RunId, prunable.EndedAt));
        Assert.Equal([first, second], prunable.AttemptIds.Order());
    }

    [Fact]
    public async Task Deleting_many_passes_over_what_lives_or_is_gone_and_keeps_tokens_counters_and_ids()
    {
        var job = await InsertJob();
        var living = await InsertRun(job);
        var ended = new List<NewRun>();
        for (var i = 0; i < 3; i++)
            ended.Add(await EndAt(Make.Run(job, token: $"t{i}"), Make.Noon.AddHours(i)));
        var highest = await Store.HighestId(Stop);
        var events = await Store.EventsLast(Stop);

        Assert.Equal(2, await Store.RunsDelete([ended[0].Id, living.Id, 1, ended[2].Id, ended[0].Id], Stop));

        Assert.Null(await Store.RunGet(ended[0].Id, Stop));
        Assert.NotNull(await Store.RunGet(ended[1].Id, Stop));
        Assert.NotNull(await Store.RunGet(living.Id, Stop));
        Assert.Empty(await Store.AttemptsOfRun(ended[0].Id, Stop));
        Assert.Empty(await Store.EventsOfRun(ended[0].Id, 0, 100, Stop));
        var counters = await Store.JobCounters(job.Id, Stop);
        Assert.Equal((1, 1), (counters[RunState.Queued], counters[RunState.Succeeded]));
        Assert.False((await Insert(Make.Run(job, token: "t0"))).Ok(out _, out var refusal));
        Assert.Equal(RefusalCode.Invalid, refusal!.Code);
        Assert.Equal(5, (await Insert(Make.Run(job))).Value!.NumberInJob);
        Assert.Equal(Make.Noon.AddHours(1), await Store.RunsFirstEnded(Stop));
        await Reopen();
        Assert.True(await Store.HighestId(Stop) >= highest);
        Assert.True(await Store.EventsLast(Stop) >= events);
        Assert.Equal(0, await Store.RunsDelete([], Stop));
    }

    private async Task<NewRun> EndAt(NewRun run, DateTimeOffset at)
    {
        Assert.True((await Insert(run)).Ok(out _, out _));
        foreach (var set in Make.WholeLife(run))
            Assert.Equal([true], await Store.RunsApply([set with { Moves = [.. set.Moves.Select(move => move is Move.OfRun { To: var to } end && to.IsEnd() ? end with { At = at } : move)] }], Stop));
        return run;
    }
}
