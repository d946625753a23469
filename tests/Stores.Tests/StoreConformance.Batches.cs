using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Sweeps;
using Switchyard.Core.Text;
using Xunit;

namespace Switchyard.Stores.Tests;

public abstract partial class StoreConformance
{
    [Fact]
    public async Task A_batch_grows_only_from_where_it_is_and_is_built_with_its_last_run()
    {
        var job = await InsertJob();
        var batch = await InsertBatch(job, 3);
        Assert.Equal([batch.Id], await Store.BatchesUnbuilt(10, Stop));
        var first = RunsOf(batch, job, 0, 2);
        Assert.True((await Store.BatchGrow(batch.Id, 0, first, Stop)).Grown);
        Assert.False((await Store.BatchGrow(batch.Id, 0, RunsOf(batch, job, 0, 2), Stop)).Grown);
        Assert.False((await Store.BatchGrow(batch.Id, 3, RunsOf(batch, job, 2, 1), Stop)).Grown);
        await Reopen();
        var half = (await Store.BatchGet(batch.Id, Stop))!;
        Assert.Equal((2L, false), (half.Made, half.Ended));
        Assert.Null(half.BuiltAt);
        Assert.True((await Store.BatchGrow(batch.Id, 2, RunsOf(batch, job, 2, 1), Stop)).Grown);
        var whole = (await Store.BatchGet(batch.Id, Stop))!;
        Assert.Equal(3, whole.Made);
        Assert.Equal(Make.Noon, whole.BuiltAt);
        Assert.Empty(await Store.BatchesUnbuilt(10, Stop));
        Assert.False((await Store.BatchGrow(batch.Id, 3, RunsOf(batch, job, 3, 1), Stop)).Grown);
        Assert.Equal(new BatchPlace(batch.Id, 1), (await Store.RunGet(first[1].Id, Stop))!.Batch);
        Assert.Equal(batch.Id, (await Load(first[0])).Head.BatchId);
        Assert.Equal(("sweep", job.Settings), (await Store.DocumentGet(batch.SweepHash, Stop), await Store.DocumentGet(batch.SettingsHash, Stop)));
    }

    [Fact]
    public async Task A_set_with_a_run_that_is_refused_leaves_nothing_behind_and_says_which()
    {
        var job = await InsertJob();
        var batch = await InsertBatch(job, 3);
        var set = RunsOf(batch, job, 0, 3);
        set[1] = set[1] with { JobId = Make.Id() };
        var growth = await Store.BatchGrow(batch.Id, 0, set, Stop);
        Assert.Equal((false, 1, RefusalCode.NotFound), (growth.Grown, growth.RefusedAt, growth.Refusal!.Code));
        Assert.Null(await Store.RunGet(set[0].Id, Stop));
        var left = (await Store.BatchGet(batch.Id, Stop))!;
        Assert.Equal((0L, 0), (left.Made, left.Runs.Count));
        Assert.Empty(await Store.JobCounters(job.Id, Stop));
    }

    [Fact]
    public async Task A_batch_counts_its_runs_by_state_with_their_moves()
    {
        var job = await InsertJob();
        var batch = await InsertBatch(job, 4);
        var runs = RunsOf(batch, job, 0, 4);
        runs[3] = runs[3] with { Refused = new Reason(ReasonCode.PlanRefused, "no") };
        Assert.True((await Store.BatchGrow(batch.Id, 0, runs, Stop)).Grown);
        Assert.False(Assert.Single(await Store.RunsApply([Make.WholeLife(runs[0])[0]], Stop)));
        await LiveInBatch(runs[0]);
        Assert.True(Assert.Single(await Store.RunsApply([Make.WholeLife(runs[1])[0] with { BatchId = batch.Id }], Stop)));
        var seen = (await Store.BatchGet(batch.Id, Stop))!;
        Assert.Equal(
            new Dictionary<RunState, long> { [RunState.Queued] = 1, [RunState.Running] = 1, [RunState.Succeeded] = 1, [RunState.Failed] = 1 }.OrderBy(count => count.Key),
            seen.Runs.OrderBy(count => count.Key));
        Assert.False(seen.Ended);
    }

    [Fact]
    public async Task What_the_batches_of_a_job_come_to_is_kept_also_when_they_are_gone()
    {
        var (job, other, none) = (await InsertJob(), await InsertJob(), await InsertJob());
        var (first, second, foreign) = (await InsertBatch(job, 5), await InsertBatch(job, 2), await InsertBatch(other, 1));
        var sums = await Store.JobBatches([job.Id, other.Id, none.Id], Stop);
        Assert.Equal((2L, 7L, 1L, 1L), (sums[job.Id].Batches, sums[job.Id].Runs, sums[other.Id].Batches, sums[other.Id].Runs));
        Assert.Equal(second.CreatedAt, sums[job.Id].LastAt);
        Assert.False(sums.ContainsKey(none.Id));
        var numbers = await Store.BatchNumbers([first.Id, second.Id, foreign.Id, 77], Stop);
        Assert.Equal((1L, 2L, 1L, 3), (numbers[first.Id], numbers[second.Id], numbers[foreign.Id], numbers.Count));

        await Store.BatchClose(first.Id, Make.Noon, "over", Stop);
        Assert.Equal(1, await Store.BatchesDeleteEmpty(Make.Noon, Stop));
        Assert.Equal(2, (await Store.JobBatches([job.Id], Stop))[job.Id].Batches);
        var third = await InsertBatch(job, 1);
        Assert.Equal(3, (await Store.BatchNumbers([third.Id], Stop))[third.Id]);
    }

    [Fact]
    public async Task The_runs_of_a_batch_come_in_pages_by_their_index()
    {
        var job = await InsertJob();
        var (batch, other) = (await InsertBatch(job, 5), await InsertBatch(job, 1));
        var runs = RunsOf(batch, job, 0, 5);
        await Store.BatchGrow(batch.Id, 0, runs, Stop);
        await Store.BatchGrow(other.Id, 0, RunsOf(other, job, 0, 1), Stop);
        await InsertRun(job);
        await LiveInBatch(runs[2]);
        Assert.Equal([0, 1], await Indices(new(batch.Id, 2)));
        Assert.Equal([2, 3], await Indices(new(batch.Id, 2, 1)));
        Assert.Equal([2], await Indices(new(batch.Id, 9, States: [RunState.Succeeded, RunState.Failed])));
        Assert.Equal([3], await Indices(new(batch.Id, 9, 2, [RunState.Queued], [1, 2, 3, 77])));
        Assert.Empty(await Indices(new(batch.Id, 9, States: [])));
        Assert.Empty(await Indices(new(batch.Id, 9, Indices: [])));
        Assert.Equal([other.Id, batch.Id], (await Store.BatchesList(new BatchQuery(9, JobId: job.Id), Stop)).Select(row => row.Id));
        Assert.Equal([batch.Id], (await Store.BatchesList(new BatchQuery(9, Owners: [job.OwnerId], Before: other.Id), Stop)).Select(row => row.Id));
        Assert.Empty(await Store.BatchesList(new BatchQuery(9, Owners: [77]), Stop));

        async Task<IEnumerable<long>> Indices(BatchRunQuery query) => (await Store.BatchRuns(query, Stop)).Select(run => run.Batch!.Value.Index);
    }

    [Fact]
    public async Task A_closed_batch_takes_no_more_and_an_empty_one_is_deleted_when_it_is_old()
    {
        var job = await InsertJob();
        var batch = await InsertBatch(job, 3);
        Assert.True(await Store.BatchClose(batch.Id, Make.Noon, "enough", Stop));
        Assert.False(await Store.BatchClose(batch.Id, Make.Noon, "again", Stop));
        Assert.False((await Store.BatchGrow(batch.Id, 0, RunsOf(batch, job, 0, 1), Stop)).Grown);
        var closed = (await Store.BatchGet(batch.Id, Stop))!;
        Assert.Equal(("enough", true), (closed.Problem, closed.Ended));
        Assert.Equal(0, await Store.BatchesDeleteEmpty(Make.Noon.AddSeconds(-1), Stop));
        Assert.Equal(1, await Store.BatchesDeleteEmpty(Make.Noon, Stop));
        Assert.Null(await Store.BatchGet(batch.Id, Stop));
        Assert.Null(await Store.DocumentGet(batch.SweepHash, Stop));
    }

    [Fact]
    public async Task A_batch_goes_with_the_last_of_its_runs_and_its_documents_with_it()
    {
        var job = await InsertJob();
        var batch = await InsertBatch(job, 2);
        var runs = RunsOf(batch, job, 0, 2);
        await Store.BatchGrow(batch.Id, 0, runs, Stop);
        foreach (var run in runs)
            await LiveInBatch(run);
        Assert.Equal(1, await Store.RunsDelete([runs[0].Id], Stop));
        var left = (await Store.BatchGet(batch.Id, Stop))!;
        Assert.Equal((2L, 1L), (left.Made, left.Runs[RunState.Succeeded]));
        Assert.Equal(1, await Store.RunsDelete([runs[1].Id], Stop));
        Assert.Null(await Store.BatchGet(batch.Id, Stop));
        Assert.Null(await Store.DocumentGet(batch.SweepHash, Stop));
        Assert.Null(await Store.DocumentGet(batch.SettingsHash, Stop));
    }

    [Fact]
    public async Task A_batch_asked_for_twice_with_one_token_is_there_once()
    {
        var job = await InsertJob();
        var first = await InsertBatch(job, 2, "fire:1:5");
        var again = await InsertBatch(job, 2, "fire:1:5");
        Assert.Null(await Store.BatchGet(again.Id, Stop));
        await Reopen();
        again = await InsertBatch(await InsertJob(), 3, "fire:1:5");
        Assert.Null(await Store.BatchGet(again.Id, Stop));
        // Many at a time: one of them is it.
        var crowd = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => InsertBatch(job, 1, "fire:1:6")));
        var there = await Task.WhenAll(crowd.Select(batch => Store.BatchGet(batch.Id, Stop)));
        Assert.Single(there, batch => batch is not null);
        // Those without a token are never the same.
        var (other, third) = (await InsertBatch(job, 1), await InsertBatch(job, 1));
        Assert.Equal([third.Id, other.Id], (await Store.BatchesList(new BatchQuery(10, JobId: job.Id), Stop)).Take(2).Select(batch => batch.Id));
        Assert.Equal(first.Id, (await Store.BatchGet(first.Id, Stop))!.Id);
    }

    private async Task<Batch> InsertBatch(Job job, long size, string? token = null)
    {
        var (settings, sweep) = (Document.Of(job.Settings), Document.Of("sweep"));
        var batch = new Batch
        {
            Id = Make.Id(),
            JobId = job.Id,
            JobVersion = job.Version,
            Dialect = job.Dialect,
            Name = job.Name,
            OwnerId = job.OwnerId,
            SettingsHash = settings.Hash,
            SweepHash = sweep.Hash,
            Size = size,
            Token = token,
            CreatedAt = Make.Noon,
        };
        await Store.BatchInsert(batch, settings, sweep, Stop);
        return batch;
    }

    private List<NewRun> RunsOf(Batch batch, Job job, int first, int count) =>
        [.. Enumerable.Range(first, count).Select(index => Make.Run(job) with { Batch = new BatchPlace(batch.Id, index) })];

    private async Task LiveInBatch(NewRun run)
    {
        foreach (var moves in Make.WholeLife(run))
            Assert.Equal([true], await Store.RunsApply([moves with { BatchId = run.Batch!.Value.BatchId }], Stop));
    }
}
