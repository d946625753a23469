using Switchyard.Core.Execution;
using Switchyard.Core.Jobs;
using Switchyard.Core.Plans;
using Switchyard.Core.Projects;
using Switchyard.Core.Runs;
using Xunit;

namespace Switchyard.Stores.Tests;

public abstract partial class StoreConformance
{
    [Fact]
    public async Task The_newest_run_of_each_of_some_jobs_is_found()
    {
        Job[] jobs = [await InsertJob(), await InsertJob(), await InsertJob()];
        await InsertRun(jobs[0]);
        var (first, second) = (await InsertRun(jobs[1]), await InsertRun(jobs[0]));
        await Live(second);
        var latest = await Store.RunsLatest([.. jobs.Select(job => job.Id), 5, jobs[0].Id], Stop);
        Assert.Equal([(jobs[0].Id, second.Id), (jobs[1].Id, first.Id)], latest.Select(pair => (pair.Key, pair.Value.Id)).Order());
        Assert.Equal(RunState.Succeeded, latest[jobs[0].Id].State);
        Assert.Empty(await Store.RunsLatest([], Stop));
    }

    [Fact]
    public async Task Living_and_lately_ended_runs_are_counted_by_state_and_owner_as_far_as_is_looked()
    {
        var (own, other) = (await InsertJob(), await InsertJob(Make.Job("others", owner: 2)));
        NewRun[] runs = [await InsertRun(own), await InsertRun(own), await InsertRun(own), await InsertRun(other), await InsertRun(other)];
        await Live(runs[0]);
        await Live(runs[3]);
        await Apply(runs[1], Make.RunMove(RunState.Queued, RunState.Waiting));

        async Task Expect(IReadOnlyList<long>? owners, DateTimeOffset from, int most, bool capped, params (RunState, long)[] counts)
        {
            var found = await Store.RunsCount(owners, from, most, Stop);
            Assert.Equal(counts.Order(), found.ByState.Select(pair => (pair.Key, pair.Value)).Order());
            Assert.Equal(capped, found.Capped);
        }

        await Expect(null, Make.Noon, 100, false, (RunState.Succeeded, 2), (RunState.Waiting, 1), (RunState.Queued, 2));
        await Expect([1], Make.Noon, 100, false, (RunState.Succeeded, 1), (RunState.Waiting, 1), (RunState.Queued, 1));
        await Expect([2, 3], Make.Noon, 100, false, (RunState.Succeeded, 1), (RunState.Queued, 1));
        await Expect([], Make.Noon, 100, false);
        await Expect(null, Make.Noon.AddSeconds(1), 100, false, (RunState.Waiting, 1), (RunState.Queued, 2));
        await Expect(null, Make.Noon, 1, true, (RunState.Succeeded, 1), (RunState.Queued, 1));
    }

    [Fact]
    public async Task Jobs_that_fire_next_are_found_earliest_first()
    {
        var late = await InsertJob(Make.Job("late") with { NextFireAt = Make.Noon.AddHours(2) });
        var soon = await InsertJob(Make.Job("soon", owner: 2) with { NextFireAt = Make.Noon.AddHours(1) });
        await InsertJob(Make.Job("paused") with { NextFireAt = Make.Noon, Paused = true });
        await InsertJob();
        Assert.Equal([soon.Id, late.Id], (await Store.JobsUpcoming(null, 9, Stop)).Select(job => job.Id));
        Assert.Equal([soon.Id], (await Store.JobsUpcoming(null, 1, Stop)).Select(job => job.Id));
        Assert.Equal([late.Id], (await Store.JobsUpcoming([1, 7], 9, Stop)).Select(job => job.Id));
        Assert.Empty(await Store.JobsUpcoming([], 9, Stop));
    }

    [Fact]
    public async Task Jobs_are_found_by_a_part_of_their_name_in_any_case_and_literally()
    {
        var nightly = await InsertJob(Make.Job("Nightly 100%"));
        var daily = await InsertJob(Make.Job("daily", owner: 2));
        async Task Expect(JobQuery query, params IEnumerable<Job> expected) => Assert.Equal(expected.Select(job => job.Id), (await Store.JobsList(query, Stop)).Select(job => job.Id));
        await Expect(new JobQuery(9, Search: "LY"), daily, nightly);
        await Expect(new JobQuery(9, Search: "0%"), nightly);
        await Expect(new JobQuery(9, Search: "_"));
        await Expect(new JobQuery(9, Search: "ly", Owners: [2]), daily);
        await Expect(new JobQuery(9, Search: "ly", Before: daily.Id), nightly);
    }

    [Fact]
    public async Task Projects_are_loaded_by_id()
    {
        var project = new Project { Id = Make.Id(), OwnerId = 1, OwnerName = "alice", Name = "One", Slug = "one", CreatedAt = Make.Noon, ChangedAt = Make.Noon };
        await Store.ProjectInsert(project, Stop);
        Assert.Equal("one", Assert.Single(await Store.ProjectsLoad([project.Id, 5], Stop)).Value.Slug);
        Assert.Empty(await Store.ProjectsLoad([], Stop));
    }

    [Fact]
    public async Task What_ended_badly_of_one_owner_is_listed()
    {
        var (own, other) = (await InsertJob(), await InsertJob(Make.Job("others", owner: 2)));
        NewRun[] runs = [await InsertRun(own), await InsertRun(other), await InsertRun(own)];
        foreach (var run in runs)
            await Apply(run, Make.RunMove(RunState.Queued, RunState.Skipped));
        async Task Expect(RunQuery query, params IEnumerable<NewRun> expected) => Assert.Equal(expected.Select(run => run.Id), (await Store.RunsList(query, Stop)).Select(run => run.Id));
        await Expect(new RunQuery(9, Owners: [1], States: [RunState.Skipped, RunState.Failed]), runs[2], runs[0]);
        await Expect(new RunQuery(9, Owners: [1], States: [RunState.Skipped], Before: runs[2].Id), runs[0]);
        await Expect(new RunQuery(9, Owners: [1, 2], States: [RunState.Skipped]), runs[2], runs[1], runs[0]);
        await Expect(new RunQuery(9, Owners: [1], JobId: own.Id, States: [RunState.Skipped]), runs[2], runs[0]);
        await Expect(new RunQuery(9, Owners: [1], States: [RunState.Failed]));
    }

    [Fact]
    public async Task The_newest_runs_of_a_job_are_a_table_of_their_tasks()
    {
        var job = await InsertJob();
        var old = await InsertRun(job, new Plan { Tasks = [Make.Command("gone"), Make.Command("main")] });
        var two = await InsertRun(job, new Plan { Tasks = [Make.Command("main", 2), Make.ForEach("each")] });
        var last = await InsertRun(job);
        await InsertRun();
        await Live(last);
        await Apply(two, Make.RunMove(RunState.Queued, RunState.Waiting), Make.TaskMove(two.AttemptIds[0][1], TaskState.Blocked, TaskState.Ready, index: 1));
        var grid = await Store.JobGrid(job.Id, null, 10, null, Stop);
        Assert.Equal([last.Id, two.Id, old.Id], grid.Runs.Select(run => run.Id));
        Assert.Equal(["main", "each", "gone"], grid.Tasks.Select(task => task.Key));
        Assert.Equal([new GridCell(TaskState.Succeeded, 0, 1), new GridCell(TaskState.Ready, null, 1), new GridCell(TaskState.Blocked, null, 1)], grid.Tasks[0].Cells);
        Assert.Equal([null, new GridCell(TaskState.Blocked, null, 1), null], grid.Tasks[1].Cells);
        Assert.Equal([two.Id], (await Store.JobGrid(job.Id, [1], 1, last.Id, Stop)).Runs.Select(run => run.Id));
        Assert.Empty((await Store.JobGrid(job.Id, [2], 10, null, Stop)).Runs);
        Assert.Empty((await Store.JobGrid(5, null, 10, null, Stop)).Tasks);
    }

    [Fact]
    public async Task Projects_are_found_by_a_part_of_their_name_or_slug()
    {
        var one = new Project { Id = Make.Id(), OwnerId = 1, OwnerName = "alice", Name = "Risk Analysis", Slug = "risk", CreatedAt = Make.Noon, ChangedAt = Make.Noon };
        await Store.ProjectInsert(one, Stop);
        Assert.Equal([one.Id], (await Store.ProjectsSearch(null, "ANAL", 9, Stop)).Select(project => project.Id));
        Assert.Equal([one.Id], (await Store.ProjectsSearch([1], "isk", 9, Stop)).Select(project => project.Id));
        Assert.Empty(await Store.ProjectsSearch([2], "risk", 9, Stop));
        Assert.Empty(await Store.ProjectsSearch(null, "%", 9, Stop));
    }

    [Fact]
    public async Task What_a_task_of_several_runs_left_is_read_at_once()
    {
        var job = await InsertJob();
        NewRun[] runs = [await InsertRun(job), await InsertRun(job)];
        var outcome = new TaskOutcome("done", false, new Dictionary<string, string> { ["loss"] = "0.5" }, null, null, null);
        var life = Make.WholeLife(runs[0]);
        await Store.RunsApply([life[0]], Stop);
        await Store.RunsApply([life[1]], Stop);
        await Apply(runs[0], Make.TaskMove(runs[0].AttemptIds[0][0], TaskState.Running, TaskState.Succeeded) with { Outcome = outcome });
        var found = await Store.Outcomes([.. runs.Select(run => run.Id), 5], "main", Stop);
        Assert.Equal("0.5", Assert.Single(found, pair => pair.Key == runs[0].Id).Value.Values["loss"]);
        Assert.Single(found);
        Assert.Empty(await Store.Outcomes([runs[0].Id], "other", Stop));
    }
}
