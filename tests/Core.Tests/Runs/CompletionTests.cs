using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Xunit;

namespace Switchyard.Core.Tests.Runs;

/// <summary>Roles with instances, and when they end the run (OpenPAI, minFailedTaskCount and minSucceededTaskCount).</summary>
public class CompletionTests
{
    private static Play Roles(params (string Role, int Instances, int? MinFailed, int? MinSucceeded)[] roles) => new(
        Sketch.Plan([.. roles.Select(role => Sketch.Task(role.Role) with { Instances = role.Instances, Completion = new CompletionPolicy(role.MinFailed, role.MinSucceeded, true) })])
            with
        { End = EndRule.Completion });

    [Fact]
    public void The_first_failure_ends_the_run_at_once_by_default()
    {
        var play = Roles(("ps", 1, 1, null), ("worker", 3, 1, null)).Start("ps").Start("worker").Does("worker", 1, 1);
        Assert.Equal((ReasonCode.CompletionPolicy, ReasonCode.CompletionPolicy), (play.Of("ps").Stopping!.Value.Code, play.Of("worker").Stopping!.Value.Code));
        Assert.Equal(TaskState.Cancelled, play["worker", 2]);
        Assert.Equal(RunState.Running, play.State);
        play.Exit("ps", 143).Exit("worker", 143);
        Assert.Equal((RunState.Failed, "task worker failed: exit code 1"), (play.State, play.Run.Head.Reason.Text));
    }

    [Fact]
    public void A_run_does_not_end_while_another_role_still_runs()
    {
        // The failing role ends inside its own policy: it must be counted once.
        var play = Roles(("a", 3, 1, null), ("b", 1, 1, null)).Start("b").Does("a", 1);
        Assert.Equal(RunState.Running, play.State);
        Assert.Equal(TaskState.Running, play["b"]);
        Assert.Equal(RunState.Failed, play.Exit("b", 143).State);
    }

    [Fact]
    public void Enough_successes_end_the_run_well()
    {
        var play = Roles(("ps", 1, 1, null), ("worker", 2, 1, 2)).Start("ps").Does("worker").Does("worker", 0, 1);
        Assert.Equal(RunState.Running, play.State);
        Assert.Equal(RunState.Succeeded, play.Exit("ps", 143).State);
        Assert.Equal(TaskState.Cancelled, play["ps"]);
    }

    [Fact]
    public void Failures_below_the_number_are_borne()
    {
        var play = Roles(("worker", 3, 2, null)).Does("worker", 1).Does("worker", 0, 1).Does("worker", 0, 2);
        Assert.Equal(RunState.Succeeded, play.State);
    }

    [Fact]
    public void A_role_whose_failures_never_count_succeeds_with_all_of_it_failed()
    {
        var play = Roles(("worker", 2, null, null)).Does("worker", 1).Does("worker", 1, 1);
        Assert.Equal(RunState.Succeeded, play.State);
    }

    [Fact]
    public void An_arbiter_ends_the_run_for_all()
    {
        var play = Roles(("master", 1, 1, 1), ("other", 2, null, null)).Start("other").Does("other", 1, 1).Does("master");
        Assert.Equal(RunState.Succeeded, play.Exit("other", 143).State);
    }

    [Fact]
    public void A_timeout_that_was_under_way_does_not_spoil_a_success()
    {
        var plan = Sketch.Plan(
            Sketch.Task("master") with { Completion = new CompletionPolicy(1, 1, true) },
            Sketch.Task("other") with { TimeoutMs = 1000, Completion = new CompletionPolicy(1, null, true) }) with
        { End = EndRule.Completion };
        var play = new Play(plan).Start("master").Start("other").TimeOut("other").Exit("master").Exit("other", 143);
        Assert.Equal((TaskState.Cancelled, RunState.Succeeded), (play["other"], play.State));
    }

    [Fact]
    public void Enough_successes_of_one_task_end_its_rest_and_let_the_next_in()
    {
        var plan = Sketch.Plan(Sketch.Task("a") with { Instances = 3, Completion = new CompletionPolicy(1, 1, false) }, Sketch.Task("b", 0));
        var play = new Play(plan).Start("a", 1).Does("a");
        Assert.Equal((TaskState.Running, TaskState.Cancelled, TaskState.Blocked), (play["a", 1], play["a", 2], play["b"]));
        Assert.Equal(TaskState.Ready, play.Exit("a", 143, 1)["b"]);
    }

    [Fact]
    public void Instances_that_are_not_told_otherwise_all_end_before_the_task_does()
    {
        var play = new Play(Sketch.Plan(Sketch.Task("a") with { Instances = 2 }, Sketch.Task("b", 0))).Does("a", 1);
        Assert.Equal((TaskState.Ready, TaskState.Blocked), (play["a", 1], play["b"]));
        play.Does("a", 0, 1);
        Assert.Equal((TaskState.Failed, TaskState.Skipped), (play.Node("a").End, play["b"]));
    }
}
