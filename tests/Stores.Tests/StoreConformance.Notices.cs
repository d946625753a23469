using Switchyard.Core.Notifications;
using Switchyard.Core.Runs;
using Xunit;

namespace Switchyard.Stores.Tests;

public abstract partial class StoreConformance
{
    [Fact]
    public async Task What_happens_to_runs_of_jobs_that_want_it_told_is_written_with_the_moves()
    {
        var job = await InsertJob(Make.Job() with { Notify = "whom" });
        var (silent, run) = (await InsertRun(), await InsertRun(job));
        Assert.Empty(await Store.Happenings(10, Stop));
        await Live(silent);
        await Live(run);
        Happening[] told = [new(run.Id, RunState.Running, Make.Noon, "whom"), new(run.Id, RunState.Succeeded, Make.Noon, "whom")];
        Assert.Equal(told, await Store.Happenings(10, Stop));
        await Reopen();
        Assert.Equal(told[..1], await Store.Happenings(1, Stop));
    }

    [Fact]
    public async Task A_whole_life_in_one_commit_is_a_start_and_an_end()
    {
        var run = await InsertRun(await InsertJob(Make.Job() with { Notify = "whom" }));
        Assert.True(await Apply(run, [.. Make.WholeLife(run).SelectMany(moves => moves.Moves)]));
        Assert.Equal([RunState.Running, RunState.Succeeded], (await Store.Happenings(10, Stop)).Select(happening => happening.State));
    }

    [Fact]
    public async Task Moves_that_are_refused_leave_nothing_that_happened()
    {
        var run = await InsertRun(await InsertJob(Make.Job() with { Notify = "whom" }));
        Assert.False(await Apply(run, Make.RunMove(RunState.Waiting, RunState.Running)));
        Assert.False(await Apply(run, Make.RunMove(RunState.Running, RunState.Failed)));
        Assert.Empty(await Store.Happenings(10, Stop));
    }

    [Fact]
    public async Task Only_the_first_of_several_rounds_is_a_start()
    {
        var run = await InsertRun(await InsertJob(Make.Job() with { Notify = "whom" }));
        Assert.True(await Apply(run, Make.RunMove(RunState.Queued, RunState.Waiting), Make.RunMove(RunState.Waiting, RunState.Running)));
        await Store.NoticesWrite(await Store.Happenings(10, Stop), [], Stop);
        Assert.True(await Apply(run, Make.RunMove(RunState.Running, RunState.WaitingForRetry)));
        Assert.True(await Apply(run, Make.RunMove(RunState.WaitingForRetry, RunState.Running)));
        Assert.Empty(await Store.Happenings(10, Stop));
    }

    [Fact]
    public async Task A_deleted_job_is_told_of_as_it_was_and_a_run_that_was_never_planned_has_failed()
    {
        var job = await InsertJob(Make.Job() with { Notify = "old" });
        Assert.True(await Store.JobUpdate(job with { Version = 2, Notify = "new" }, Stop));
        Assert.Equal("new", (await Store.JobGet(job.Id, Stop))!.Notify);
        var run = await InsertRun(job with { Version = 2 });
        await Store.JobDelete(job.Id, Make.Noon, Stop);
        await Live(run);
        Assert.All(await Store.Happenings(10, Stop), happening => Assert.Equal("new", happening.Notify));
        await Store.NoticesWrite(await Store.Happenings(10, Stop), [], Stop);

        var once = Make.Submitted();
        once = once with { HiddenJob = once.HiddenJob! with { Notify = "once" }, Refused = new Reason(ReasonCode.PlanRefused, "no") };
        Assert.True((await Insert(once)).Ok(out _, out _));
        Assert.Equal([new Happening(once.Id, RunState.Failed, Make.Noon, "once")], await Store.Happenings(10, Stop));
    }

    [Fact]
    public async Task Notices_take_the_place_of_what_happened_and_come_back_as_they_were_written()
    {
        var run = await InsertEnded(await InsertJob(Make.Job() with { Notify = "whom" }));
        var notice = Hook("https://example.org/secret/path", run) with { Headers = new Dictionary<string, string> { ["X-Ü"] = "a: b" }, VerifyTls = false };
        var hopeless = Hook("nowhere", run).Hopeless("no such place");
        await Store.NoticesWrite(await Store.Happenings(10, Stop), [notice, hopeless], Stop);
        Assert.Empty(await Store.Happenings(10, Stop));
        await Reopen();

        Assert.Equal([new NoticeLane("https://example.org:443", Make.Noon, notice.Id)], await Store.NoticeLanes(Stop));
        var loaded = Assert.Single(await Store.NoticesLoad([hopeless.Id, notice.Id], Stop));
        Assert.Equal(notice.Body.ToArray(), loaded.Body.ToArray());
        Assert.Equal(notice.Headers, loaded.Headers);
        Assert.Equal(notice with { Body = default, Headers = None }, loaded with { Body = default, Headers = None });
        var listed = await Store.NoticesOfRun(run.Id, Stop);
        Assert.Equal([notice.Id, hopeless.Id], listed.Select(other => other.Id));
        Assert.True(listed.All(other => other.Body.IsEmpty));
        Assert.Equal((NoticeState.GivenUp, "no such place", null), (listed[1].State, listed[1].Problem, listed[1].DueAt));
    }

    [Fact]
    public async Task Each_lane_shows_its_earliest_due_notice_and_tries_move_it_on()
    {
        var run = await InsertRun();
        var (first, second, other) = (Hook("http://a.example/1", run), Hook("http://a.example/2", run), Hook("http://b.example/", run));
        await Store.NoticesWrite([], [second with { DueAt = Make.Noon.AddSeconds(1) }, first, other], Stop);
        Assert.Equal([first.Id, other.Id], (await Store.NoticeLanes(Stop)).Select(lane => lane.Id));

        var again = NoticeTry.Of(first, new Carried("answered 500"), Make.Noon.AddSeconds(5));
        await Store.NoticesTried([again, NoticeTry.Of(other, new Carried(null), Make.Noon)], Stop);
        Assert.Equal([new NoticeLane("http://a.example:80", Make.Noon.AddSeconds(1), second.Id)], await Store.NoticeLanes(Stop));
        var tried = (await Store.NoticesOfRun(run.Id, Stop)).Single(notice => notice.Id == first.Id);
        Assert.Equal((1, "answered 500", Make.Noon.AddSeconds(6), NoticeState.Waiting), (tried.Tries, tried.Problem, tried.DueAt, tried.State));

        // What has an end is not tried again, whatever is said of it.
        await Store.NoticesTried([NoticeTry.Of(other, new Carried("late"), Make.Noon)], Stop);
        Assert.Equal(NoticeState.Delivered, (await Store.NoticesOfRun(run.Id, Stop)).Single(notice => notice.Id == other.Id).State);
        // The body they all have is still there for those that wait.
        Assert.Equal(2, (await Store.NoticesLoad([first.Id, second.Id, other.Id], Stop)).Count);
    }

    [Fact]
    public async Task Notices_go_with_their_run_and_those_about_none_when_they_are_done()
    {
        var run = await InsertEnded(await InsertJob(Make.Job() with { Notify = "whom" }));
        var (about, free) = (Hook("http://a.example/", run), Hook("http://b.example/", run) with { RunId = null });
        await Store.NoticesWrite([], [about, free], Stop);
        Assert.True(await Store.RunDelete(run.Id, Stop));
        Assert.Empty(await Store.Happenings(10, Stop));
        Assert.Equal([free.Id], (await Store.NoticeLanes(Stop)).Select(lane => lane.Id));
        await Store.NoticesTried([NoticeTry.Of(about, new Carried(null), Make.Noon), NoticeTry.Of(free, new Carried(null), Make.Noon)], Stop);
        Assert.Empty(await Store.NoticeLanes(Stop));
        // Nothing is left of its body: the same one is written anew.
        var later = Hook("http://b.example/", run) with { RunId = null };
        await Store.NoticesWrite([], [later], Stop);
        Assert.Equal(later.Body.ToArray(), Assert.Single(await Store.NoticesLoad([later.Id], Stop)).Body.ToArray());
    }

    private static readonly Dictionary<string, string> None = [];

    private static Notice Hook(string to, NewRun run) => new Notice
    {
        Id = Guid.NewGuid(),
        Kind = NoticeKind.Webhook,
        To = to,
        What = "succeeded",
        RunId = run.Id,
        Body = new byte[] { 0, 1, 254, 255 },
        MadeAt = Make.Noon,
    }.Due();
}
