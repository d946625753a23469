using Switchyard.Core.Notifications;
using Switchyard.Core.Runs;
using Switchyard.Core.Triggers;
using Xunit;

namespace Switchyard.Stores.Tests;

/// <summary>What is told of single attempts, what lasts too long, who is told, and what follows on the end of a run.</summary>
public abstract partial class StoreConformance
{
    [Fact]
    public async Task Attempts_are_told_of_where_the_plan_says_so_with_those_that_are_repeated()
    {
        var run = await InsertRun(await InsertJob(Make.Job() with { Notify = "whom" }));
        var attempt = run.AttemptIds[0][0];
        Assert.True(await Watched(run, Make.RunMove(RunState.Queued, RunState.Waiting), Make.TaskMove(attempt, TaskState.Blocked, TaskState.Ready), Make.TaskMove(attempt, TaskState.Ready, TaskState.Starting) with { Node = "n1" }));
        Assert.Empty(await Store.Happenings(10, Stop));
        Assert.True(await Watched(run, Make.TaskMove(attempt, TaskState.Starting, TaskState.Running), Make.TaskMove(attempt, TaskState.Running, TaskState.WaitingForRetry) with { Next = new NextAttempt(TaskState.Failed, 4711, 1, 1, 0, Make.Noon) }));
        Happening[] told =
        [
            new(run.Id, RunState.Running, Make.Noon, "whom") { Attempt = new(attempt, TaskState.Running, true) },
            new(run.Id, RunState.Running, Make.Noon, "whom") { Attempt = new(attempt, TaskState.Failed, false) },
        ];
        Assert.Equal(told, await Store.Happenings(10, Stop));
        await Store.NoticesWrite(told[..1], [], Stop);
        Assert.Equal(told[1..], await Store.Happenings(10, Stop));
    }

    [Fact]
    public async Task What_lasts_too_long_is_told_once_and_what_ended_before_is_not()
    {
        var job = await InsertJob(Make.Job() with { Notify = "whom" });
        var (slow, quick) = (await InsertRun(job), await InsertRun(job));
        foreach (var run in new[] { slow, quick })
        {
            var attempt = run.AttemptIds[0][0];
            Assert.True(await Watched(run,
                Make.RunMove(RunState.Queued, RunState.Waiting), Make.TaskMove(attempt, TaskState.Blocked, TaskState.Ready), Make.TaskMove(attempt, TaskState.Ready, TaskState.Starting) with { Node = "n1" },
                Make.RunMove(RunState.Waiting, RunState.Running), Make.TaskMove(attempt, TaskState.Starting, TaskState.Running)));
        }

        Assert.Equal(Make.Noon.AddSeconds(20), await Store.WarningsNextDue(Stop));
        Assert.True(await Watched(quick, Make.TaskMove(quick.AttemptIds[0][0], TaskState.Running, TaskState.Succeeded), Make.RunMove(RunState.Running, RunState.Succeeded)));
        await Store.NoticesWrite(await Store.Happenings(20, Stop), [], Stop);
        await Reopen();
        await Store.WarningsTell(Make.Noon.AddSeconds(20), Stop);
        await Store.WarningsTell(Make.Noon.AddSeconds(30), Stop);
        Happening[] told =
        [
            new(slow.Id, RunState.Running, Make.Noon.AddSeconds(20), "whom") { Attempt = new(slow.AttemptIds[0][0], TaskState.Running, true), Overdue = true },
            new(slow.Id, RunState.Running, Make.Noon.AddSeconds(30), "whom") { Overdue = true },
        ];
        Assert.Equal(told, await Store.Happenings(10, Stop));
        Assert.Null(await Store.WarningsNextDue(Stop));
        await Store.NoticesWrite(told, [], Stop);
        Assert.Empty(await Store.Happenings(10, Stop));
    }

    [Fact]
    public async Task Destinations_are_kept_changed_and_deleted()
    {
        var one = new Destination { Id = "a", Name = "ops", Kind = "WEBHOOK", Settings = "{}", Address = new SealedAddress(7, "sealed"), CreatedAt = Make.Noon };
        var other = new Destination { Id = "b", Name = "mails", Kind = "EMAIL", CreatedAt = Make.Noon };
        await Store.DestinationPut(one, Stop);
        await Store.DestinationPut(other, Stop);
        await Store.DestinationPut(one with { Name = "new" }, Stop);
        await Reopen();
        Assert.Equal([one with { Name = "new" }, other], await Store.DestinationsList(Stop));
        Assert.Equal(other, await Store.DestinationGet("b", Stop));
        Assert.True(await Store.DestinationDelete("b", Stop));
        Assert.False(await Store.DestinationDelete("b", Stop));
        Assert.Null(await Store.DestinationGet("b", Stop));
    }

    [Fact]
    public async Task A_sealed_address_is_kept_until_its_notice_has_been_sent()
    {
        var notice = Hook("https://example.org:443", await InsertEnded(await InsertJob())) with { Sealed = new SealedAddress(7, "sealed") };
        await Store.NoticesWrite([], [notice], Stop);
        Assert.Equal(notice.Sealed, Assert.Single(await Store.NoticesLoad([notice.Id], Stop)).Sealed);
        await Store.NoticesTried([NoticeTry.Of(notice, new Carried(null), Make.Noon)], Stop);
        Assert.Null(Assert.Single(await Store.NoticesOfRun(notice.RunId!.Value, Stop)).Sealed);
    }

    [Fact]
    public async Task The_end_of_a_run_of_a_continuous_job_makes_the_next_due_later_after_failures()
    {
        var job = await InsertJob(Make.Job() with { Trigger = new Trigger.Continuous() });
        Assert.Equal([job.Id], await Store.JobsContinuous(Stop));
        Assert.Null(await Store.JobsNextDue(Stop));
        var failed = Make.RunMove(RunState.Running, RunState.Failed);
        Assert.True(await Apply(await InsertRun(job), Make.RunMove(RunState.Queued, RunState.Waiting), Make.RunMove(RunState.Waiting, RunState.Running), failed));
        Assert.Equal(Make.Noon.AddSeconds(5), await Store.JobsNextDue(Stop));
        Assert.True(await Apply(await InsertRun(job), Make.RunMove(RunState.Queued, RunState.Waiting), Make.RunMove(RunState.Waiting, RunState.Running), failed));
        Assert.Equal(Make.Noon.AddSeconds(10), await Store.JobsNextDue(Stop));
        // A due time is only set while it is what it was.
        await Store.JobsSetNextFire([(job.Id, Make.Noon, null)], Stop);
        Assert.Equal(Make.Noon.AddSeconds(10), await Store.JobsNextDue(Stop));
        await Store.JobForgetFailures(job.Id, Stop);
        var refused = Make.Run(job) with { Refused = new Reason(ReasonCode.PlanRefused, "no") };
        Assert.True((await Insert(refused)).Ok(out _, out _));
        Assert.Equal(Make.Noon.AddSeconds(5), await Store.JobsNextDue(Stop));

        Assert.True(await Store.JobUpdate(job with { Version = 2, Paused = true, NextFireAt = null }, Stop));
        Assert.Empty(await Store.JobsContinuous(Stop));
        await Live(await InsertRun(job with { Version = 2 }));
        Assert.Null(await Store.JobsNextDue(Stop));
    }

    [Fact]
    public async Task What_a_job_has_seen_of_its_files_is_kept_and_that_it_waits_is_noted_with_it()
    {
        var job = await InsertJob(Make.Job() with { Trigger = new Trigger.FileArrival("/in", 60, 0) });
        await InsertJob(Make.Job() with { Trigger = new Trigger.FileArrival("/in", 60, 0), Paused = true });
        Assert.Equal([job.Id], await Store.ArrivalsJobs(Stop));
        Assert.Null(await Store.ArrivalsGet(job.Id, Stop));
        var seen = Arrivals.First("/in", [new ArrivedFile("ä", 1, Make.Noon)]) with { FiredAt = Make.Noon };
        await Store.ArrivalsPut(job.Id, seen, Stop);
        Assert.True(await Store.JobUpdate(job with { Version = 2 }, Stop));
        await Reopen();
        Assert.Equal(seen.Write(), (await Store.ArrivalsGet(job.Id, Stop))!.Write());
        await Store.ArrivalsPut(job.Id, null, Stop);
        Assert.Empty(await Store.ArrivalsJobs(Stop));
    }

    /// <summary>Applies moves of a run all of whose attempts are told of, that is to be warned of after 30 seconds, and its task after 20.</summary>
    private async Task<bool> Watched(NewRun run, params Move[] moves)
    {
        var plan = Make.OneTask with { TellTasks = true, WarnAfterMs = 30_000, Tasks = [Make.OneTask.Tasks[0] with { WarnAfterMs = 20_000 }] };
        return Assert.Single(await Store.RunsApply([new RunMoves(run.Id, run.JobId, moves, Watched: plan)], Stop));
    }
}
