using Switchyard.Core.Execution;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Xunit;

namespace Switchyard.Stores.Tests;

public abstract partial class StoreConformance
{
    [Fact]
    public async Task A_one_task_run_lives_from_insertion_to_its_end()
    {
        var run = await InsertRun();
        var expected = await Load(run);
        foreach (var moves in Make.WholeLife(run))
        {
            foreach (var move in moves.Moves)
                expected.Apply(move);
            Assert.Equal([true], await Store.RunsApply([moves], Stop));
            Assert.Equal(Picture(expected), Picture(await Load(run)));
        }

        Assert.Equal(
            ["/Queued", "Queued/Waiting", "Blocked/Ready", "Ready/Starting", "Waiting/Running", "Starting/Running", "Running/Succeeded", "Running/Succeeded"],
            (await Events(run)).Select(e => $"{e.From}/{e.To}"));
        Assert.Equal(run.AttemptIds[0][0], (await Events(run))[2].AttemptId);
        Assert.Empty(await Store.RunsOpen(0, 10, Stop));
    }

    [Fact]
    public async Task Moves_that_come_twice_change_nothing_the_second_time()
    {
        var run = await InsertRun();
        foreach (var moves in Make.WholeLife(run))
        {
            Assert.Equal([true], await Store.RunsApply([moves], Stop));
            var before = (Picture(await Load(run)), await Store.EventsLast(Stop), await Store.JobCounters(run.JobId, Stop));
            Assert.Equal([false], await Store.RunsApply([moves], Stop));
            var after = (Picture(await Load(run)), await Store.EventsLast(Stop), await Store.JobCounters(run.JobId, Stop));
            Assert.Equal(before.Item1, after.Item1);
            Assert.Equal(before.Item2, after.Item2);
            Assert.Equal(before.Item3, after.Item3);
        }
    }

    [Fact]
    public async Task Moves_of_a_run_that_are_asked_for_at_once_follow_each_other()
    {
        var runs = new List<NewRun>();
        for (var no = 0; no < 20; no++)
            runs.Add(await InsertRun());
        var asked = runs.SelectMany(run => Make.WholeLife(run).Select(moves => Store.RunsApply([moves], Stop))).ToList();
        Assert.All(await Task.WhenAll(asked), applied => Assert.Equal([true], applied));
        foreach (var run in runs)
            Assert.Equal(RunState.Succeeded, (await Store.RunGet(run.Id, Stop))!.State);
        var events = await Store.EventsAfter(0, 1000, Stop);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(no => (long)no), events.Select(e => e.Seq));
    }

    [Fact]
    public async Task Moves_from_another_state_attempt_job_or_run_are_refused()
    {
        var run = await InsertRun();
        var attempt = run.AttemptIds[0][0];
        Assert.False(await Apply(run, Make.TaskMove(attempt, TaskState.Ready, TaskState.Starting)));
        Assert.False(await Apply(run, Make.TaskMove(attempt + 1000, TaskState.Blocked, TaskState.Ready)));
        Assert.False(await Apply(run, Make.TaskMove(attempt, TaskState.Blocked, TaskState.Ready, task: 1)));
        Assert.False(await Apply(run, Make.TaskMove(attempt, TaskState.Blocked, TaskState.Ready, index: 1)));
        Assert.False(await Apply(run, Make.RunMove(RunState.Waiting, RunState.Running)));
        Assert.False(await Apply(run with { JobId = run.JobId + 1 }, Make.RunMove(RunState.Queued, RunState.Waiting)));
        Assert.False(await Apply(run with { Id = 5 }, Make.RunMove(RunState.Queued, RunState.Waiting)));
        Assert.Single(await Events(run));
    }

    [Fact]
    public async Task One_stale_move_takes_back_the_whole_set_and_leaves_its_neighbours()
    {
        var job = await InsertJob();
        NewRun[] runs = [await InsertRun(job), await InsertRun(job), await InsertRun(job)];
        var sets = runs.Select(run => new RunMoves(run.Id, run.JobId,
        [
            Make.TaskMove(run.AttemptIds[0][0], TaskState.Blocked, TaskState.Ready),
            Make.RunMove(run == runs[1] ? RunState.Waiting : RunState.Queued, RunState.Waiting),
        ])).ToList();

        Assert.Equal([true, false, true], await Store.RunsApply(sets, Stop));
        Assert.Equal(TaskState.Blocked, (await Load(runs[1])).Find(0, 0)!.State);
        Assert.Equal(TaskState.Ready, (await Load(runs[2])).Find(0, 0)!.State);
        Assert.Single(await Events(runs[1]));
        Assert.Equal(3, (await Events(runs[2])).Count);
        Assert.Equal(new Dictionary<RunState, long> { [RunState.Queued] = 1, [RunState.Waiting] = 2 }, await Store.JobCounters(job.Id, Stop));
    }

    [Fact]
    public async Task Moves_of_one_set_must_follow_each_other()
    {
        var run = await InsertRun();
        var attempt = run.AttemptIds[0][0];
        Assert.False(await Apply(run, Make.TaskMove(attempt, TaskState.Blocked, TaskState.Ready), Make.TaskMove(attempt, TaskState.Starting, TaskState.Running)));
        Assert.False(await Apply(run, Make.RunMove(RunState.Queued, RunState.Waiting), Make.RunMove(RunState.Running, RunState.Succeeded)));
        Assert.Single(await Events(run));
        Assert.True(await Apply(run));
    }

    [Fact]
    public async Task An_attempt_that_another_follows_is_kept()
    {
        var run = await InsertRun();
        var first = run.AttemptIds[0][0];
        await Store.RunsApply([Make.WholeLife(run)[0], Make.WholeLife(run)[1]], Stop);
        var second = Make.Id();
        var end = Make.Noon.AddSeconds(9);
        var why = new Reason(ReasonCode.ExitCode, "exit code 3");
        var outcome = new TaskOutcome("v", true, new Dictionary<string, string> { ["k"] = "[1]" }, "ValueError: x", "trace", "plain");

        Assert.True(await Apply(run, new Move.OfTask(0, 0, first, TaskState.Running, TaskState.WaitingForRetry, end, why)
        {
            ExitCode = 3,
            Outcome = outcome,
            Next = new NextAttempt(TaskState.Failed, second, 1, 1, 0, end.AddSeconds(5)),
        }));

        var attempts = await Store.AttemptsOfRun(run.Id, Stop);
        var old = attempts[0];
        Assert.Equal((first, 0, TaskState.Failed, why, false, 3, end), (old.Id, old.Attempt, old.State, old.Reason, old.Current, old.ExitCode, old.EndedAt));
        Assert.Equal(("n1", "h:1", Make.Noon, Make.Noon), (old.Node, old.Handle, old.ReadyAt, old.StartedAt));
        Assert.Equal(outcome.Values, old.Outcome!.Values);
        Assert.Equal(outcome with { Values = old.Outcome.Values }, old.Outcome);
        Assert.Equal(old, (await Store.AttemptGet(first, Stop))! with { Outcome = old.Outcome });
        var current = attempts[1];
        Assert.Equal(current, await Store.AttemptGet(second, Stop));
        Assert.Equal((second, 1, TaskState.WaitingForRetry, true, 1, (int?)null, end.AddSeconds(5)),
            (current.Id, current.Attempt, current.State, current.Current, current.Charged, current.ExitCode, current.DueAt));
        Assert.Null(current.Handle);
        Assert.Null(current.Outcome);

        Assert.False(await Apply(run, Make.TaskMove(first, TaskState.WaitingForRetry, TaskState.Ready)));
        Assert.True(await Apply(run, Make.TaskMove(second, TaskState.WaitingForRetry, TaskState.Ready)));
        Assert.Equal(second, await Store.HighestId(Stop));
    }

    [Fact]
    public async Task A_new_attempt_may_move_on_in_the_set_that_made_it()
    {
        var run = await InsertRun();
        var expected = await Load(run);
        var second = Make.Id();
        Move[] moves =
        [
            Make.RunMove(RunState.Queued, RunState.Waiting),
            Make.TaskMove(run.AttemptIds[0][0], TaskState.Blocked, TaskState.Ready),
            Make.TaskMove(run.AttemptIds[0][0], TaskState.Ready, TaskState.WaitingForRetry) with { Next = new NextAttempt(TaskState.Lost, second, 1, 0, 1, Make.Noon) },
            Make.TaskMove(second, TaskState.WaitingForRetry, TaskState.Ready),
            Make.TaskMove(second, TaskState.Ready, TaskState.Starting) with { Node = "n2" },
        ];
        Assert.True(await Apply(run, moves));
        foreach (var move in moves)
            expected.Apply(move);
        Assert.Equal(Picture(expected), Picture(await Load(run)));
        Assert.Equal(6, (await Events(run)).Count);
        Assert.Equal(TaskState.Lost, (await Store.AttemptsOfRun(run.Id, Stop))[0].State);
    }

    [Fact]
    public async Task A_for_each_gets_its_iterations_once_and_they_may_move_in_the_same_set()
    {
        var run = await InsertRun(plan: new Plan { Tasks = [Make.ForEach("each")] });
        var expected = await Load(run);
        var head = run.AttemptIds[0][0];
        var (a, b) = (Make.Id(), Make.Id());
        Move[] moves =
        [
            Make.RunMove(RunState.Queued, RunState.Waiting), Make.RunMove(RunState.Waiting, RunState.Running),
            Make.TaskMove(head, TaskState.Blocked, TaskState.Ready, index: InstanceView.HeadIndex),
            Make.TaskMove(head, TaskState.Ready, TaskState.Running, index: InstanceView.HeadIndex),
            new Move.Expand(0, [(a, "1"), (b, "\"two\"")], Make.Noon),
            Make.TaskMove(a, TaskState.Blocked, TaskState.Ready, index: 0),
        ];
        Assert.True(await Apply(run, moves));
        foreach (var move in moves)
            expected.Apply(move);
        Assert.Equal(Picture(expected), Picture(await Load(run)));
        var event_ = (await Events(run)).Single(e => e.To == "Expanded");
        Assert.Equal((0, InstanceView.HeadIndex, head), (event_.Task, event_.Index, event_.AttemptId));

        var last = await Store.EventsLast(Stop);
        Assert.False(await Apply(run, new Move.Expand(0, [(a, "1"), (b, "\"two\"")], Make.Noon)));
        Assert.Equal(last, await Store.EventsLast(Stop));
        Assert.True(await Apply(run, Make.TaskMove(b, TaskState.Blocked, TaskState.Ready, index: 1)));
    }

    [Fact]
    public async Task A_request_to_end_is_noted_once()
    {
        var run = await InsertRun();
        await Store.RunsApply([Make.WholeLife(run)[0], Make.WholeLife(run)[1]], Stop);
        var attempt = run.AttemptIds[0][0];
        var why = new Reason(ReasonCode.CancelledByUser, "cancelled by bob");
        Assert.False(await Apply(run, new Move.Stopping(0, 0, attempt + 1000, Make.Noon, why)));
        Assert.True(await Apply(run, new Move.Stopping(0, 0, attempt, Make.Noon, why), Make.RunMove(RunState.Running, RunState.Cancelling)));
        Assert.False(await Apply(run, new Move.Stopping(0, 0, attempt, Make.Noon, why)));
        var instance = (await Load(run)).Find(0, 0)!;
        Assert.Equal((TaskState.Running, why), (instance.State, instance.Stopping));
        Assert.Equal(("Running", "Stopping", why), (await Events(run)).Where(e => e.Task is not null).Select(e => (e.From, e.To, e.Reason)).Last());
        Assert.True(await Apply(run, Make.TaskMove(attempt, TaskState.Running, TaskState.Cancelled)));
        Assert.False(await Apply(run, new Move.Stopping(0, 0, attempt, Make.Noon, why)));
    }

    [Fact]
    public async Task A_new_round_begins_every_instance_again_and_keeps_the_old_attempts()
    {
        var plan = new Plan { Tasks = [Make.Command("a"), Make.ForEach("each")] };
        var run = await InsertRun(plan: plan);
        var view = await Load(run);
        async Task Do(params Move[] moves)
        {
            Assert.True(await Apply(run, moves));
            foreach (var move in moves)
                view.Apply(move);
            Assert.Equal(Picture(view), Picture(await Load(run)));
        }

        var (a, head, iteration) = (run.AttemptIds[0][0], run.AttemptIds[1][0], Make.Id());
        await Do(
            Make.RunMove(RunState.Queued, RunState.Waiting), Make.RunMove(RunState.Waiting, RunState.Running),
            Make.TaskMove(a, TaskState.Blocked, TaskState.Skipped),
            Make.TaskMove(head, TaskState.Blocked, TaskState.Ready, 1, InstanceView.HeadIndex), Make.TaskMove(head, TaskState.Ready, TaskState.Running, 1, InstanceView.HeadIndex),
            new Move.Expand(1, [(iteration, "1")], Make.Noon));
        await Do(
            Make.TaskMove(iteration, TaskState.Blocked, TaskState.Failed, 1, 0), Make.TaskMove(head, TaskState.Running, TaskState.Failed, 1, InstanceView.HeadIndex),
            Make.RunMove(RunState.Running, RunState.WaitingForRetry) with { DueAt = Make.Noon.AddMinutes(1), ChargedRounds = 1, FreeRounds = (2, 3) });
        Assert.Equal((1, 2, 3), (view.Head.ChargedRounds, view.Head.PlatformRounds, view.Head.ResourceRounds));

        var (a2, head2, iteration2, iteration3) = (Make.Id(), Make.Id(), Make.Id(), Make.Id());
        await Do(
            new Move.Reopen(0, 0, a, TaskState.Skipped, a2, 1, Make.Noon, Reason.Progress),
            new Move.Reopen(1, InstanceView.HeadIndex, head, TaskState.Failed, head2, 1, Make.Noon, Reason.Progress),
            new Move.Reopen(1, 0, iteration, TaskState.Failed, iteration2, 1, Make.Noon, Reason.Progress),
            Make.RunMove(RunState.WaitingForRetry, RunState.Waiting) with { Round = 1 });
        await Do(
            Make.TaskMove(head2, TaskState.Blocked, TaskState.Ready, 1, InstanceView.HeadIndex), Make.TaskMove(head2, TaskState.Ready, TaskState.Running, 1, InstanceView.HeadIndex),
            new Move.Expand(1, [(iteration3, "1")], Make.Noon));

        Assert.False(await Apply(run, new Move.Reopen(0, 0, a, TaskState.Skipped, Make.Id(), 1, Make.Noon, Reason.Progress)));
        Assert.Equal([a, head, iteration, a2, head2, iteration2, iteration3], (await Store.AttemptsOfRun(run.Id, Stop)).Select(row => row.Id).Order());
        Assert.Equal((TaskState.Skipped, false), ((await Store.AttemptGet(a, Stop))!.State, (await Store.AttemptGet(a, Stop))!.Current));
    }

    [Fact]
    public async Task A_branch_and_a_child_run_are_kept()
    {
        var run = await InsertRun(plan: new Plan { Tasks = [Make.Command("a"), Make.Command("b")] });
        var (a, b) = (run.AttemptIds[0][0], run.AttemptIds[1][0]);
        Assert.True(await Apply(run,
            Make.TaskMove(a, TaskState.Blocked, TaskState.Ready), Make.TaskMove(a, TaskState.Ready, TaskState.Running),
            Make.TaskMove(a, TaskState.Running, TaskState.Succeeded) with { Branch = false },
            Make.TaskMove(b, TaskState.Blocked, TaskState.Ready, 1), Make.TaskMove(b, TaskState.Ready, TaskState.Running, 1) with { ChildRunId = 42, StartedAt = Make.Noon.AddSeconds(-1) }));
        var view = await Load(run);
        Assert.False(view.Find(0, 0)!.Branch);
        Assert.Equal((42, Make.Noon.AddSeconds(-1)), (view.Find(1, 0)!.ChildRunId, view.Find(1, 0)!.StartedAt));
    }
}
