using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Xunit;

namespace Switchyard.Core.Tests.Runs;

public class RunEndTests
{
    // a -> b (with the rule), and c alone.
    [Theory]
    [InlineData(EndRule.Leaves, RunIf.AllSuccess, 0, 0, 0, RunState.Succeeded)]
    [InlineData(EndRule.Leaves, RunIf.AllSuccess, 1, -1, 0, RunState.Failed)]
    [InlineData(EndRule.Leaves, RunIf.AllDone, 1, 0, 0, RunState.SucceededWithFailures)]
    [InlineData(EndRule.Leaves, RunIf.AtLeastOneFailed, 1, 0, 0, RunState.SucceededWithFailures)]
    [InlineData(EndRule.Leaves, RunIf.AtLeastOneFailed, 0, -1, 0, RunState.Succeeded)]
    [InlineData(EndRule.Leaves, RunIf.AllDone, 1, 1, 0, RunState.Failed)]
    [InlineData(EndRule.Leaves, RunIf.AllDone, 1, 0, 1, RunState.Failed)]
    [InlineData(EndRule.All, RunIf.AllDone, 1, 0, 0, RunState.Failed)]
    [InlineData(EndRule.All, RunIf.AllDone, 0, 0, 0, RunState.Succeeded)]
    public void The_leaves_decide_or_all_do(EndRule rule, RunIf runIf, int a, int b, int c, RunState end)
    {
        var plan = Sketch.Plan(Sketch.Task("a"), Sketch.Task("b", 0) with { RunIf = runIf }, Sketch.Task("c")) with { End = rule };
        var play = new Play(plan).Does("c", c).Does("a", a);
        if (b >= 0)
            play.Does("b", b);
        Assert.Equal(end, play.State);
    }

    [Fact]
    public void A_failed_run_names_the_task_whose_failure_the_rest_suffers_from()
    {
        var play = new Play(Sketch.Plan(Sketch.Task("a"), Sketch.Task("b", 0), Sketch.Task("c", 1))).Does("a", 3);
        Assert.Equal(RunState.Failed, play.State);
        Assert.Equal("task a failed: exit code 3", play.Run.Head.Reason.Text);
    }

    [Fact]
    public void A_run_whose_leaf_was_cancelled_is_cancelled()
    {
        var play = new Play(Sketch.Plan(Sketch.Task("a"), Sketch.Task("b", 0))).Start("a").Cancel("a").Exit("a", 143);
        Assert.Equal((RunState.Cancelled, TaskState.Skipped), (play.State, play["b"]));
    }

    [Fact]
    public void A_run_of_disabled_tasks_succeeds() =>
        Assert.Equal(RunState.Succeeded, new Play(Sketch.Plan(Sketch.Task("a") with { Disabled = true })).State);

    [Fact]
    public void Fail_fast_ends_what_runs_and_what_waits_and_the_run_fails()
    {
        var plan = Sketch.Plan(Sketch.Task("a"), Sketch.Task("b"), Sketch.Task("c", 1), Sketch.Task("d", 0)) with { OnFailure = FailurePolicy.FailFast };
        var play = new Play(plan).Start("a").Start("b").Exit("a", 1);
        Assert.Equal(ReasonCode.FailFast, play.Of("b").Stopping!.Value.Code);
        Assert.Equal((TaskState.Cancelled, TaskState.Cancelled), (play["c"], play["d"]));
        Assert.Equal(RunState.Running, play.State);
        play.Exit("b", 0);
        Assert.Equal((TaskState.Cancelled, RunState.Failed), (play["b"], play.State));
    }

    [Fact]
    public void Fail_fast_fails_the_run_even_when_no_leaf_failed()
    {
        var plan = Sketch.Plan(Sketch.Task("a"), Sketch.Task("b", 0) with { RunIf = RunIf.AllDone }) with { OnFailure = FailurePolicy.FailFast };
        Assert.Equal(RunState.Failed, new Play(plan).Does("a", 1).State);
    }

    [Fact]
    public void Fail_fast_does_not_let_a_timed_out_attempt_be_tried_again()
    {
        var plan = Sketch.Plan(Sketch.Task("a"), Sketch.Task("b") with { TimeoutMs = 1000, Retry = new RetryPolicy(3, 0, true) }) with { OnFailure = FailurePolicy.FailFast };
        var play = new Play(plan).Start("a").Start("b").TimeOut("b").Exit("a", 1).Exit("b", 143);
        Assert.Equal((TaskState.Cancelled, RunState.Failed), (play["b"], play.State));
    }

    [Fact]
    public void Fail_fast_among_conditions_side_by_side_ends_the_rest()
    {
        var plan = Sketch.Plan(Sketch.Condition("a", ConditionOp.LessThan, "x", "1") with { Instances = 3 }) with { OnFailure = FailurePolicy.FailFast };
        var play = new Play(plan);
        Assert.Equal((TaskState.Failed, TaskState.Cancelled, TaskState.Cancelled), (play["a"], play["a", 1], play["a", 2]));
        Assert.Equal(RunState.Failed, play.State);
    }

    [Fact]
    public void A_run_turned_away_is_skipped_with_all_its_tasks()
    {
        var play = new Play(Sketch.Plan(Sketch.Task("a"), Sketch.Task("b", 0)), letIn: false);
        play.Tell(new RunEvent.OverLimit(2));
        Assert.Equal((RunState.Skipped, TaskState.Skipped, ReasonCode.ConcurrencyLimit), (play.State, play["b"], play.Why));
        Assert.Empty(play.Tell(new RunEvent.Admitted()));
    }

    [Theory]
    [InlineData(RunState.Succeeded, TaskState.Succeeded)]
    [InlineData(RunState.SucceededWithFailures, TaskState.Succeeded)]
    [InlineData(RunState.Failed, TaskState.Failed)]
    [InlineData(RunState.Skipped, TaskState.Failed)]
    [InlineData(RunState.TimedOut, TaskState.TimedOut)]
    [InlineData(RunState.Cancelled, TaskState.Cancelled)]
    public void A_run_job_task_ends_as_its_child_run(RunState child, TaskState end)
    {
        var play = new Play(Sketch.Plan(new PlanTask { Key = "a", Action = new RunJobAction(7, new Dictionary<string, Binding>()) }));
        play.Tell(new RunEvent.ChildStarted(0, 0, 1, 99));
        Assert.Equal((TaskState.Running, 99), (play["a"], play.Of("a").ChildRunId));
        play.Tell(new RunEvent.ChildEnded(0, 0, 1, child));
        Assert.Equal(end, play["a"]);
    }
}
