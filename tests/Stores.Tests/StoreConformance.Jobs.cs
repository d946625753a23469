using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Triggers;
using Xunit;

namespace Switchyard.Stores.Tests;

public abstract partial class StoreConformance
{
    [Fact]
    public async Task A_job_comes_back_as_it_was_inserted()
    {
        var owner = Make.User("alice", "alice@example.org");
        await Store.UserInsert(owner, "secret", Stop);
        var job = Make.Job("Ümlaut, 'quotes' and 😀", owner: owner.Id) with
        {
            Trigger = new Trigger.Cron("0 0 12 * * ?", "Europe/Berlin"),
            Paused = true,
            MaxConcurrent = 3,
            QueueWhenFull = false,
            NextFireAt = Make.Noon.AddDays(1),
            ChangedAt = Make.Noon.AddMicroseconds(7),
        };
        await InsertJob(job);

        Assert.Equal(job with { OwnerName = "alice@example.org" }, await Store.JobGet(job.Id, Stop));
    }

    [Fact]
    public async Task Every_kind_of_trigger_comes_back()
    {
        Trigger[] triggers =
        [
            Trigger.Manual, new Trigger.Once(Make.Noon), new Trigger.Cron("0 * * * * ?", "UTC"), new Trigger.Periodic(30), new Trigger.Continuous(),
            new Trigger.AfterSuccess(7), new Trigger.FileArrival("/in", 60, 5),
        ];
        foreach (var trigger in triggers)
        {
            var job = await InsertJob(Make.Job() with { Trigger = trigger });
            Assert.Equal(trigger, (await Store.JobGet(job.Id, Stop))!.Trigger);
        }
    }

    [Fact]
    public async Task A_job_is_updated_only_from_the_version_before()
    {
        var job = await InsertJob();
        var second = job with { Name = "renamed", Settings = "{}", Version = 2, Trigger = new Trigger.Periodic(5), NextFireAt = Make.Noon, Paused = true, MaxConcurrent = 9 };

        Assert.True(await Store.JobUpdate(second, Stop));
        Assert.False(await Store.JobUpdate(second with { Name = "late" }, Stop));
        Assert.False(await Store.JobUpdate(second with { Id = 5, Version = 3 }, Stop));
        Assert.Equal(second, await Store.JobGet(job.Id, Stop));
    }

    [Fact]
    public async Task A_deleted_job_is_gone_and_its_runs_stay()
    {
        var job = await InsertJob();
        var run = await InsertRun(job);

        Assert.True(await Store.JobDelete(job.Id, Make.Noon, Stop));
        Assert.False(await Store.JobDelete(job.Id, Make.Noon, Stop));
        Assert.Null(await Store.JobGet(job.Id, Stop));
        Assert.False(await Store.JobUpdate(job with { Version = 2 }, Stop));
        Assert.Empty(await Store.JobsList(new JobQuery(10), Stop));
        Assert.NotNull(await Store.RunGet(run.Id, Stop));
        Assert.Equal(job.Name, (await Load(run)).Head.JobName);
    }

    [Fact]
    public async Task Jobs_are_listed_newest_first_by_keyset_in_both_directions_and_with_skip()
    {
        var ids = new List<long>();
        for (var i = 0; i < 10; i++)
            ids.Add((await InsertJob()).Id);
        ids.Reverse();
        async Task<IEnumerable<long>> List(JobQuery query) => (await Store.JobsList(query, Stop)).Select(job => job.Id);

        Assert.Equal(ids[..4], await List(new JobQuery(4)));
        Assert.Equal(ids[4..8], await List(new JobQuery(4, Before: ids[3])));
        Assert.Equal(ids[8..], await List(new JobQuery(4, Before: ids[7])));
        Assert.Equal(ids[4..8], await List(new JobQuery(4, After: ids[8])));
        Assert.Equal(ids[..2], await List(new JobQuery(4, After: ids[2])));
        Assert.Equal(ids[6..9], await List(new JobQuery(3, Skip: 6)));
        Assert.Equal(ids[3..5], await List(new JobQuery(2, Before: ids[0], Skip: 2)));
        Assert.Equal(ids[2..5], await List(new JobQuery(10, Before: ids[1], After: ids[5])));
        Assert.Empty(await List(new JobQuery(0)));
    }

    [Fact]
    public async Task Jobs_are_filtered_by_dialect_owner_and_name_ignoring_case()
    {
        var mine = await InsertJob(Make.Job("Prüfung ÄB", owner: 1));
        var other = await InsertJob(Make.Job("prüfung äb", "orchest", owner: 2));
        await InsertJob(Make.Job("something else", owner: 1));
        await InsertJob(Make.Job("PRÜFUNG ÄB") with { Hidden = true });
        async Task<IEnumerable<long>> List(JobQuery query) => (await Store.JobsList(query, Stop)).Select(job => job.Id);

        Assert.Equal([other.Id, mine.Id], await List(new JobQuery(10, Name: "PRÜFUNG äb")));
        Assert.Equal([mine.Id], await List(new JobQuery(10, Name: "prüfung äb", Owners: [1])));
        Assert.Equal([other.Id], await List(new JobQuery(10, Dialect: "orchest")));
    }

    [Fact]
    public async Task Due_jobs_come_earliest_first_unless_paused_or_deleted()
    {
        var late = await InsertJob(Make.Job("late") with { NextFireAt = Make.Noon.AddMinutes(2) });
        var early = await InsertJob(Make.Job("early") with { NextFireAt = Make.Noon.AddMinutes(1) });
        await InsertJob(Make.Job("paused") with { NextFireAt = Make.Noon, Paused = true });
        var deleted = await InsertJob(Make.Job("deleted") with { NextFireAt = Make.Noon });
        await Store.JobDelete(deleted.Id, Make.Noon, Stop);
        await InsertJob(Make.Job("manual"));

        Assert.Equal(Make.Noon.AddMinutes(1), await Store.JobsNextDue(Stop));
        Assert.Empty(await Store.JobsDue(Make.Noon, 10, Stop));
        Assert.Equal([early.Id, late.Id], (await Store.JobsDue(Make.Noon.AddMinutes(2), 10, Stop)).Select(job => job.Id));
        Assert.Equal([early.Id], (await Store.JobsDue(Make.Noon.AddMinutes(2), 1, Stop)).Select(job => job.Id));

        await Store.JobsSetNextFire([(early.Id, early.NextFireAt, Make.Noon.AddHours(1)), (late.Id, late.NextFireAt, null)], Stop);
        Assert.Equal(Make.Noon.AddHours(1), await Store.JobsNextDue(Stop));
        await Store.JobsSetNextFire([(early.Id, Make.Noon.AddHours(1), null)], Stop);
        Assert.Null(await Store.JobsNextDue(Stop));
    }

    [Fact]
    public async Task Counters_follow_runs_through_their_states()
    {
        var job = await InsertJob();
        Assert.Empty(await Store.JobCounters(job.Id, Stop));
        var first = await InsertRun(job);
        await InsertRun(job);
        Assert.Equal(new Dictionary<RunState, long> { [RunState.Queued] = 2 }, await Store.JobCounters(job.Id, Stop));
        await Live(first);
        Assert.Equal(new Dictionary<RunState, long> { [RunState.Queued] = 1, [RunState.Succeeded] = 1 }, await Store.JobCounters(job.Id, Stop));
        await Store.RunDelete(first.Id, Stop);
        Assert.Equal(new Dictionary<RunState, long> { [RunState.Queued] = 1 }, await Store.JobCounters(job.Id, Stop));
    }
}
