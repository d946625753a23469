using Switchyard.Core.Runs;
using Xunit;

namespace Switchyard.Stores.Tests;

public abstract partial class StoreConformance
{
    [Fact]
    public async Task A_span_of_creation_times_finds_its_runs_where_ids_nearly_follow_them()
    {
        var job = await InsertJob();
        int[] seconds = [0, 1, 2, 9, 3, 4, 5, 5, 5, 6, 7, 8, 4, 10, 11, 20];
        var runs = new List<NewRun>();
        foreach (var second in seconds)
            runs.Add(Make.Run(job, at: Make.Noon.AddSeconds(second)));
        // In groups, and not in the order of their ids.
        foreach (var group in runs.Select((run, no) => (run, no)).OrderBy(pair => pair.no / 4).ThenByDescending(pair => pair.no).Select(pair => pair.run).Chunk(3))
            await Store.RunsInsert(group, Stop);
        for (var pass = 0; pass < 2; pass++)
        {
            foreach (var (from, to) in new (int?, int?)[] { (0, 3), (4, 4), (5, 9), (9, 9), (12, 19), (20, null), (null, 2), (-5, -1), (21, 30), (null, null), (3, 100) })
            {
                var expected = runs.Where((_, no) => !(seconds[no] < from) && !(seconds[no] > to)).Select(run => run.Id).OrderDescending();
                var query = new RunQuery(100, CreatedFrom: from is { } f ? Make.Noon.AddSeconds(f) : null, CreatedTo: to is { } u ? Make.Noon.AddSeconds(u) : null);
                Assert.Equal(expected, (await Store.RunsList(query, Stop)).Select(run => run.Id));
            }

            await Reopen();
        }
    }

    [Fact]
    public async Task Runs_are_listed_newest_first_by_keyset_in_both_directions_and_with_skip()
    {
        var job = await InsertJob();
        var runs = Enumerable.Range(0, 10).Select(_ => Make.Run(job)).ToList();
        await Store.RunsInsert(runs, Stop);
        var ids = runs.Select(run => run.Id).Reverse().ToList();
        async Task<IEnumerable<long>> List(RunQuery query) => (await Store.RunsList(query, Stop)).Select(run => run.Id);

        Assert.Equal(ids[..4], await List(new RunQuery(4)));
        Assert.Equal(ids[4..8], await List(new RunQuery(4, Before: ids[3])));
        Assert.Equal(ids[8..], await List(new RunQuery(4, Before: ids[7])));
        Assert.Equal(ids[4..8], await List(new RunQuery(4, After: ids[8])));
        Assert.Equal(ids[..2], await List(new RunQuery(4, After: ids[2])));
        Assert.Equal(ids[6..9], await List(new RunQuery(3, Skip: 6)));
        Assert.Equal(ids[2..5], await List(new RunQuery(10, Before: ids[1], After: ids[5])));
        Assert.Empty(await List(new RunQuery(4, Before: ids[9])));
    }

    [Fact]
    public async Task Runs_are_filtered_by_all_that_a_query_names()
    {
        var nightly = await InsertJob();
        var orchest = await InsertJob(Make.Job("pipeline", "orchest", owner: 2));
        var early = Make.Run(nightly, at: Make.Noon.AddHours(-1));
        var noon = Make.Run(nightly);
        var late = Make.Run(orchest, at: Make.Noon.AddHours(1));
        var once = Make.Submitted();
        await Store.RunsInsert([early, noon, late, once], Stop);
        await Live(noon);
        async Task Expect(RunQuery query, params IEnumerable<NewRun> expected) =>
            Assert.Equal(expected.Select(run => run.Id), (await Store.RunsList(query, Stop)).Select(run => run.Id));

        await Expect(new RunQuery(9, JobId: nightly.Id), noon, early);
        await Expect(new RunQuery(9, Dialect: "orchest"), late);
        await Expect(new RunQuery(9, Owners: [2]), late);
        await Expect(new RunQuery(9, Kind: RunKind.Submitted), once);
        await Expect(new RunQuery(9, States: [RunState.Succeeded, RunState.Failed]), noon);
        await Expect(new RunQuery(9, States: [RunState.Failed, RunState.Cancelled]));
        await Expect(new RunQuery(9, CreatedFrom: Make.Noon.AddHours(5)));
        await Expect(new RunQuery(9, States: [RunState.Queued]), once, late, early);
        await Expect(new RunQuery(9, States: [RunState.Queued, RunState.Succeeded]), once, late, noon, early);
        await Expect(new RunQuery(1, States: [RunState.Queued], Before: once.Id), late);
        await Expect(new RunQuery(1, States: [RunState.Queued], After: early.Id), late);
        await Expect(new RunQuery(9, CreatedFrom: Make.Noon), once, late, noon);
        await Expect(new RunQuery(9, CreatedTo: Make.Noon), once, noon, early);
        await Expect(new RunQuery(9, CreatedFrom: Make.Noon, CreatedTo: Make.Noon, JobId: nightly.Id), noon);
        await Expect(new RunQuery(9, JobId: nightly.Id, Dialect: "orchest"));
        await Expect(new RunQuery(9, States: []));
    }

    [Fact]
    public async Task Open_and_active_runs_are_found()
    {
        var job = await InsertJob();
        NewRun[] runs = [await InsertRun(job), await InsertRun(job), await InsertRun(job), await InsertRun()];
        await Live(runs[0]);
        await Apply(runs[1], Make.RunMove(RunState.Queued, RunState.Waiting));
        await Apply(runs[3], Make.RunMove(RunState.Queued, RunState.Waiting));

        Assert.Equal([runs[1].Id, runs[2].Id, runs[3].Id], await Store.RunsOpen(0, 10, Stop));
        Assert.Equal([runs[2].Id], await Store.RunsOpen(runs[1].Id, 1, Stop));
        Assert.Equal(new Dictionary<long, int> { [job.Id] = 1, [runs[3].JobId] = 1 }, await Store.RunsActiveByJob(Stop));
    }

    [Fact]
    public async Task Runs_that_do_not_exist_are_missing_from_what_is_loaded()
    {
        NewRun[] runs = [await InsertRun(), await InsertRun()];
        var views = await Store.RunsLoad([runs[1].Id, 5, runs[0].Id], Stop);
        Assert.Equal([runs[1].Id, runs[0].Id], views.Select(view => view.Head.Id));
        Assert.All(views.SelectMany(view => view.Instances), instance => Assert.Equal((TaskState.Blocked, Reason.None), (instance.State, instance.Reason)));
        Assert.Null(await Store.RunGet(5, Stop));
        Assert.Null(await Store.AttemptGet(5, Stop));
        Assert.Null(await Store.DocumentGet("none", Stop));
    }

    [Fact]
    public async Task Events_are_in_the_order_of_their_commit_for_a_run_and_for_all()
    {
        Assert.Equal(0, await Store.EventsLast(Stop));
        NewRun[] runs = [await InsertRun(), await InsertRun()];
        await Live(runs[0]);
        await Live(runs[1]);

        var all = await Store.EventsAfter(0, 100, Stop);
        Assert.Equal(16, all.Count);
        Assert.Equal(all.Select(e => e.Seq).Order().Distinct(), all.Select(e => e.Seq));
        Assert.Equal(await Store.EventsLast(Stop), all[^1].Seq);
        Assert.Equal(all.Skip(5).Take(3), await Store.EventsAfter(all[4].Seq, 3, Stop));
        Assert.Equal(all.Where(e => e.RunId == runs[1].Id), await Events(runs[1]));
        Assert.Equal(all.Where(e => e.RunId == runs[1].Id).Skip(2).Take(2), await Store.EventsOfRun(runs[1].Id, (await Events(runs[1]))[1].Seq, 2, Stop));
        Assert.Equal(Make.Noon, all[0].At);
    }

    [Fact]
    public async Task Jobs_whose_runs_ended_lately_are_found_by_the_events()
    {
        var (mine, other) = (await InsertRun(), await InsertRun());
        await Live(mine);
        var between = await Store.EventsLast(Stop);
        var later = await InsertRun();
        var last = await Store.EventsLast(Stop);
        Assert.NotEqual(mine.JobId, other.JobId);
        Assert.Equal([mine.JobId], await Store.JobsOfEnded(mine.Dialect, 0, last, Stop));
        Assert.Empty(await Store.JobsOfEnded("another", 0, last, Stop));
        Assert.Empty(await Store.JobsOfEnded(mine.Dialect, between, last, Stop));
        await Live(later);
        Assert.Equal([later.JobId], await Store.JobsOfEnded(mine.Dialect, between, await Store.EventsLast(Stop), Stop));
    }
}
