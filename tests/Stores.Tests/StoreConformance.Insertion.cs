using Switchyard.Core.Jobs;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Core.Text;
using Xunit;

namespace Switchyard.Stores.Tests;

public abstract partial class StoreConformance
{
    [Fact]
    public async Task A_run_comes_back_as_it_was_inserted()
    {
        var job = await InsertJob();
        var run = Make.Run(job, token: "t1") with
        {
            TriggeredAt = Make.Noon.AddSeconds(-3),
            Overrides = """{"a":1}""",
            MaxConcurrent = 4,
            QueueWhenFull = false,
            TimeoutMs = 60_000,
            ParentAttemptId = 77,
        };
        Assert.True((await Insert(run)).Ok(out var inserted, out _));
        Assert.Equal(new RunInserted(run.Id, 1, Existed: false), inserted);

        var expected = new RunRow
        {
            Id = run.Id,
            JobId = job.Id,
            Dialect = "databricks",
            Kind = RunKind.Job,
            Name = job.Name,
            OwnerId = 1,
            NumberInJob = 1,
            TriggerKind = "manual",
            TriggeredAt = run.TriggeredAt,
            State = RunState.Queued,
            Reason = Reason.None,
            PlanHash = run.Plan.Document.Hash,
            ShownHash = run.Shown.Hash,
            Overrides = run.Overrides,
            MaxConcurrent = 4,
            QueueWhenFull = false,
            TimeoutMs = 60_000,
            IdempotencyToken = "t1",
            ParentAttemptId = 77,
            CreatedAt = Make.Noon,
        };
        Assert.Equal(expected, await Store.RunGet(run.Id, Stop));
        var view = await Load(run);
        Assert.Equal(run.AttemptIds[0][0], view.Find(0, 0)!.AttemptId);
        Assert.Equal(TaskState.Blocked, view.Find(0, 0)!.State);
        Assert.Equal(PlanText.Write(run.Plan.Plan), PlanText.Write(view.Plan));
        var created = Assert.Single(await Events(run));
        Assert.Equal(("", "Queued", (int?)null), (created.From, created.To, created.Task));
    }

    [Fact]
    public async Task Instances_are_made_for_every_task_and_a_head_alone_for_a_for_each()
    {
        var run = await InsertRun(plan: new Plan { Tasks = [Make.Command("a", 3), Make.ForEach("each"), Make.Command("c")] });
        var attempts = await Store.AttemptsOfRun(run.Id, Stop);
        Assert.Equal(
            [("a", 0, 0), ("a", 0, 1), ("a", 0, 2), ("each", 1, InstanceView.HeadIndex), ("c", 2, 0)],
            attempts.Select(attempt => (attempt.TaskKey, attempt.Task, attempt.Index)));
        Assert.Equal(run.AttemptIds.SelectMany(ids => ids), attempts.Select(attempt => attempt.Id));
        Assert.All(attempts, attempt => Assert.True(attempt is { Current: true, Attempt: 0, State: TaskState.Blocked }));
    }

    [Fact]
    public async Task A_run_of_a_thousand_instances_comes_back_as_it_was_inserted_and_one_that_is_refused_leaves_none()
    {
        var plan = new Plan { Tasks = [Make.Command("a\u0001\0é", 990), Make.ForEach("each"), .. Enumerable.Range(0, 9).Select(no => Make.Command($"c{no}"))] };
        var job = await InsertJob();
        var run = Make.Run(job, plan, token: "once");
        var (again, stale) = (Make.Run(job, plan, token: "once"), Make.Run(job, plan) with { JobVersion = 7 });
        var answers = (await Task.WhenAll(Store.RunsInsert([run, again], Stop), Store.RunsInsert([stale], Stop))).SelectMany(answers => answers).ToList();

        Assert.Equal([run.Id, run.Id], answers.Take(2).Select(answer => answer.Value!.RunId));
        Assert.Equal(RefusalCode.Conflict, answers[2].Refusal!.Code);
        var attempts = await Store.AttemptsOfRun(run.Id, Stop);
        Assert.Equal(run.AttemptIds.SelectMany(ids => ids), attempts.Select(attempt => attempt.Id));
        Assert.Equal(attempts.Select(attempt => plan.Tasks[attempt.Task].Key), attempts.Select(attempt => attempt.TaskKey));
        Assert.All(attempts, attempt => Assert.Equal((0, TaskState.Blocked, Reason.None), (attempt.Attempt, attempt.State, attempt.Reason)));
        Assert.Empty(await Store.AttemptsOfRun(again.Id, Stop));
        Assert.Empty(await Store.AttemptsOfRun(stale.Id, Stop));

        // One with attempt ids that are there already fails alone.
        var (bad, good) = (Make.Run(job, plan) with { AttemptIds = run.AttemptIds }, Make.Run(job, plan));
        var (failing, other) = (Store.RunsInsert([bad], Stop), Store.RunsInsert([good], Stop));
        Assert.Equal(2, (await other)[0].Value!.NumberInJob);
        await Assert.ThrowsAnyAsync<Exception>(() => failing);
        Assert.Equal(attempts.Count, (await Store.AttemptsOfRun(good.Id, Stop)).Count);
        Assert.Null(await Store.RunGet(bad.Id, Stop));

        var moves = attempts.Select(attempt => Make.TaskMove(attempt.Id, TaskState.Blocked, TaskState.Ready, attempt.Task, attempt.Index) with { Reason = new Reason(ReasonCode.Progress, $"\0{attempt.Index}") });
        Assert.True(Assert.Single(await Store.RunsApply([new RunMoves(run.Id, job.Id, [Make.RunMove(RunState.Queued, RunState.Waiting), .. moves])], Stop)));
        Assert.All(await Store.AttemptsOfRun(run.Id, Stop), attempt => Assert.Equal((TaskState.Ready, $"\0{attempt.Index}"), (attempt.State, attempt.Reason.Text)));
        var events = await Store.EventsOfRun(run.Id, 0, 2000, Stop);
        Assert.Equal(2 + attempts.Count, events.Count);
        Assert.Equal(attempts.Select(attempt => (attempt.Task, attempt.Index, $"\0{attempt.Index}")), events.Skip(2).Select(one => (one.Task!.Value, one.Index!.Value, one.Reason.Text)));
    }

    [Fact]
    public async Task Runs_of_a_job_are_numbered_from_one_without_gaps_for_refusals()
    {
        var job = await InsertJob();
        var other = await InsertJob();
        var stale = Make.Run(job) with { JobVersion = 2 };
        var answers = await Store.RunsInsert([Make.Run(job), stale, Make.Run(other), Make.Run(job)], Stop);
        var more = await Store.RunsInsert([Make.Run(job)], Stop);

        Assert.Equal([1, 0, 1, 2, 3], answers.Concat(more).Select(answer => answer.Value?.NumberInJob ?? 0));
        Assert.Equal(RefusalCode.Conflict, answers[1].Refusal!.Code);
        Assert.Null(await Store.RunGet(stale.Id, Stop));
    }

    [Fact]
    public async Task A_run_of_a_job_that_is_gone_or_changed_is_refused()
    {
        var job = await InsertJob();
        await Store.JobUpdate(job with { Version = 2 }, Stop);
        Assert.Equal(RefusalCode.Conflict, (await Insert(Make.Run(job))).Refusal!.Code);
        await Store.JobDelete(job.Id, Make.Noon, Stop);
        Assert.Equal(RefusalCode.NotFound, (await Insert(Make.Run(job))).Refusal!.Code);
        Assert.Equal(RefusalCode.NotFound, (await Insert(Make.Run(Make.Job()))).Refusal!.Code);
        Assert.Empty(await Store.JobCounters(job.Id, Stop));
        Assert.Equal(0, await Store.EventsLast(Stop));
    }

    [Fact]
    public async Task A_one_time_run_brings_its_hidden_job()
    {
        var run = Make.Submitted();
        Assert.True((await Insert(run)).Ok(out _, out _));
        Assert.Equal(run.HiddenJob!.Name, (await Store.JobGet(run.JobId, Stop))!.Name);
        Assert.Empty(await Store.JobsList(new JobQuery(10), Stop));
        Assert.Equal(RunKind.Submitted, (await Store.RunGet(run.Id, Stop))!.Kind);
    }

    [Fact]
    public async Task A_refused_plan_makes_a_failed_run()
    {
        var job = await InsertJob();
        var reason = new Reason(ReasonCode.PlanRefused, "tasks[0]: no such notebook");
        var run = Make.Run(job) with { Refused = reason };
        Assert.True((await Insert(run)).Ok(out _, out _));

        var row = (await Store.RunGet(run.Id, Stop))!;
        Assert.Equal((RunState.Failed, reason, Make.Noon), (row.State, row.Reason, row.EndedAt));
        var instance = (await Load(run)).Find(0, 0)!;
        Assert.Equal((TaskState.Skipped, ReasonCode.PlanRefused), (instance.State, instance.Reason.Code));
        Assert.Equal(["Queued", "Failed"], (await Events(run)).Select(e => e.To));
        Assert.Equal(new Dictionary<RunState, long> { [RunState.Failed] = 1 }, await Store.JobCounters(job.Id, Stop));
        Assert.Empty(await Store.RunsOpen(0, 10, Stop));
    }

    [Fact]
    public async Task A_run_that_is_over_is_inserted_as_it_ended()
    {
        var past = new PastRun(RunState.Cancelled, new Reason(ReasonCode.Imported, "elsewhere"), Make.Noon.AddHours(-3), Make.Noon.AddHours(-2), 1, 2, 3);
        var run = Make.Submitted(plan: new Plan { Tasks = [] }) with { At = Make.Noon.AddHours(-4), Past = past };
        Assert.True((await Insert(run)).Ok(out _, out _));

        var row = (await Store.RunGet(run.Id, Stop))!;
        Assert.Equal(past, new PastRun(row.State, row.Reason, row.StartedAt, row.EndedAt!.Value, row.ChargedRounds, row.PlatformRounds, row.ResourceRounds));
        Assert.Equal(run.At, row.CreatedAt);
        Assert.Equal(["Queued", "Cancelled"], (await Events(run)).Select(e => e.To));
        Assert.Equal(new Dictionary<RunState, long> { [RunState.Cancelled] = 1 }, await Store.JobCounters(run.JobId, Stop));
        Assert.Empty(await Store.RunsOpen(0, 10, Stop));
        Assert.Equal(run.Id, Assert.Single(await Store.RunsPrunable(Make.Noon, 10, Stop)).RunId);
        Assert.True(await Store.RunDelete(run.Id, Stop));

        var task = Make.Submitted() with { Past = past };
        Assert.True((await Insert(task)).Ok(out _, out _));
        var instance = (await Load(task)).Find(0, 0)!;
        Assert.Equal((TaskState.Skipped, ReasonCode.Imported), (instance.State, instance.Reason.Code));
    }

    [Fact]
    public async Task A_name_without_owner_is_one_runs_of_the_dialect()
    {
        var first = Make.Submitted() with { UniqueName = "~train" };
        Assert.True((await Insert(first)).Ok(out _, out _));
        Assert.Equal(RefusalCode.Conflict, (await Insert(Make.Submitted() with { UniqueName = "~train", OwnerId = 2 })).Refusal!.Code);
        Assert.True((await Insert(Make.Submitted() with { UniqueName = "~train", OwnerId = 2, Dialect = "orchest" })).Ok(out _, out _));
        Assert.True((await Insert(Make.Submitted() with { UniqueName = "train", OwnerId = 2 })).Ok(out _, out _));
        Assert.True((await Insert(Make.Submitted() with { UniqueName = "train" })).Ok(out _, out _));
        Assert.Equal(first.Id, Assert.Single(await Store.RunsList(new RunQuery(9, Dialect: "databricks", UniqueName: "~train"), Stop)).Id);
        Assert.Equal(first.Id, Assert.Single(await Store.RunsList(new RunQuery(9, Dialect: "databricks", Owners: [1], UniqueName: "~train"), Stop)).Id);

        await Live(first);
        var second = Make.Submitted() with { UniqueName = "~train", OwnerId = 2, TakesNameFrom = first.Id };
        Assert.True((await Insert(second)).Ok(out _, out _));
        Assert.Equal(second.Id, Assert.Single(await Store.RunsList(new RunQuery(9, Dialect: "databricks", UniqueName: "~train"), Stop)).Id);
    }

    [Fact]
    public async Task An_idempotency_token_makes_one_run_of_fifty_insertions_at_once()
    {
        var job = await InsertJob();
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(() => Insert(i % 2 == 0 ? Make.Run(job, token: "once") : Make.Submitted("once")))));

        var first = Assert.Single(answers, answer => answer.Value is { Existed: false }).Value!;
        Assert.All(answers, answer => Assert.Equal(first.RunId, answer.Value!.RunId));
        Assert.Equal(first.RunId, Assert.Single(await Store.RunsList(new RunQuery(100), Stop)).Id);
    }

    [Fact]
    public async Task Tokens_are_apart_by_dialect_and_owner_and_outlive_a_change_of_the_job()
    {
        var job = await InsertJob();
        var first = Make.Run(job, token: "t");
        await Insert(first);
        Assert.False((await Insert(Make.Run(job, token: "t") with { OwnerId = 2 })).Value!.Existed);
        Assert.False((await Insert(Make.Run(job, token: "t") with { Dialect = "orchest" })).Value!.Existed);
        await Store.JobDelete(job.Id, Make.Noon, Stop);
        Assert.Equal(new RunInserted(first.Id, 1, Existed: true), (await Insert(Make.Run(job, token: "t"))).Value);
    }

    [Fact]
    public async Task Documents_are_shared_and_go_with_their_last_run()
    {
        var job = await InsertJob();
        var first = await InsertEnded(job);
        var second = await InsertEnded(job);
        Assert.Equal(first.Plan.Document.Text, await Store.DocumentGet(first.Plan.Document.Hash, Stop));
        Assert.Equal(first.Shown.Text, await Store.DocumentGet(first.Shown.Hash, Stop));

        await Store.RunDelete(first.Id, Stop);
        Assert.NotNull(await Store.DocumentGet(first.Plan.Document.Hash, Stop));
        await Store.RunDelete(second.Id, Stop);
        Assert.Null(await Store.DocumentGet(first.Plan.Document.Hash, Stop));
        var third = await InsertRun(job);
        Assert.Equal(third.Plan.Document.Text, await Store.DocumentGet(third.Plan.Document.Hash, Stop));
    }

    [Fact]
    public async Task A_deleted_run_leaves_nothing_but_its_token()
    {
        var job = await InsertJob();
        var run = Make.Run(job, token: "t");
        await Insert(run);
        Assert.False(await Store.RunDelete(run.Id, Stop));
        await Live(run);
        var highest = await Store.HighestId(Stop);
        var last = await Store.EventsLast(Stop);

        Assert.True(await Store.RunDelete(run.Id, Stop));
        Assert.False(await Store.RunDelete(run.Id, Stop));
        Assert.Null(await Store.RunGet(run.Id, Stop));
        Assert.Empty(await Store.RunsLoad([run.Id], Stop));
        Assert.Empty(await Store.AttemptsOfRun(run.Id, Stop));
        Assert.Empty(await Events(run));
        var refusal = (await Insert(Make.Run(job, token: "t"))).Refusal!;
        Assert.Equal(RefusalCode.Invalid, refusal.Code);
        Assert.Contains("was deleted", refusal.Message, StringComparison.Ordinal);

        await Reopen();
        Assert.Equal(highest, await Store.HighestId(Stop));
        Assert.Equal(last, await Store.EventsLast(Stop));
        await InsertRun(job);
        Assert.Equal(last + 1, Assert.Single(await Store.EventsAfter(last, 10, Stop)).Seq);
    }

    [Fact]
    public async Task The_hidden_job_of_a_one_time_run_goes_with_it()
    {
        var run = Make.Submitted();
        await Insert(run);
        await Live(run);
        Assert.True(await Store.RunDelete(run.Id, Stop));
        Assert.Null(await Store.JobGet(run.JobId, Stop));
        Assert.Empty(await Store.JobCounters(run.JobId, Stop));
    }

    [Fact]
    public async Task A_timeout_changes_while_the_run_lives()
    {
        var run = await InsertRun();
        Assert.True(await Store.RunSetTimeout(run.Id, 5000, Stop));
        Assert.Equal(5000, (await Load(run)).Head.TimeoutMs);
        await Live(run);
        Assert.False(await Store.RunSetTimeout(run.Id, 6000, Stop));
        Assert.False(await Store.RunSetTimeout(5, 6000, Stop));
    }
}
