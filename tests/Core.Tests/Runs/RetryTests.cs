using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Xunit;

namespace Switchyard.Core.Tests.Runs;

public class RetryTests
{
    private static Play One(RetryPolicy retry, long timeoutMs = 0) => new(Sketch.Plan(Sketch.Task("a") with { Retry = retry, TimeoutMs = timeoutMs }));

    [Fact]
    public void A_failed_attempt_is_followed_by_as_many_as_the_policy_pays_for()
    {
        var play = One(new RetryPolicy(2));
        var first = play.Of("a").AttemptId;
        play.Does("a", 1);
        Assert.Equal((TaskState.Ready, 1, 1), (play["a"], play.Of("a").Attempt, play.Of("a").Charged));
        Assert.NotEqual(first, play.Of("a").AttemptId);
        play.Does("a", 1).Does("a", 1);
        Assert.Equal((TaskState.Failed, 2, RunState.Failed), (play["a"], play.Of("a").Charged, play.State));
    }

    [Fact]
    public void Without_end_means_without_end()
    {
        var play = One(new RetryPolicy(-1));
        for (var attempt = 0; attempt < 100; attempt++)
            play.Does("a", 1);
        Assert.Equal((TaskState.Ready, 100), (play["a"], play.Of("a").Attempt));
        Assert.Equal(RunState.Succeeded, play.Does("a").State);
    }

    [Fact]
    public void The_interval_counts_from_the_start_of_the_failed_attempt()
    {
        var play = One(new RetryPolicy(1, 60_000)).Start("a");
        play.Now += TimeSpan.FromSeconds(45);
        var start = play.Of("a").StartedAt!.Value;
        play.Exit("a", 1);
        Assert.Equal((TaskState.WaitingForRetry, start + TimeSpan.FromSeconds(60)), (play["a"], play.Of("a").DueAt));
        var due = new RunEvent.RetryDue(0, 0, play.Of("a").AttemptId);
        play.Now += TimeSpan.FromSeconds(15);
        play.Tell(due);
        Assert.Equal(TaskState.Ready, play["a"]);
        Assert.Empty(play.Tell(due));
    }

    [Fact]
    public void The_interval_counts_from_the_start_even_if_nobody_told_of_it()
    {
        var play = One(new RetryPolicy(1, 60_000));
        var one = play.Of("a");
        play.Tell(new RunEvent.Placed(0, 0, one.AttemptId, "n1"));
        var start = play.Now - TimeSpan.FromSeconds(20);
        play.Tell(new RunEvent.Exited(0, 0, one.AttemptId, 1, null, start, play.Now, null, null));
        Assert.Equal(start + TimeSpan.FromSeconds(60), play.Of("a").DueAt);
    }

    [Fact]
    public void An_attempt_that_took_longer_than_the_interval_is_followed_at_once()
    {
        var play = One(new RetryPolicy(1, 1_000)).Start("a");
        play.Now += TimeSpan.FromSeconds(5);
        Assert.Equal(TaskState.Ready, play.Exit("a", 1)["a"]);
    }

    [Fact]
    public void An_absurd_interval_is_the_end_of_time_and_no_error()
    {
        var play = One(new RetryPolicy(1, long.MaxValue)).Does("a", 1);
        Assert.Equal((TaskState.WaitingForRetry, DateTimeOffset.MaxValue), (play["a"], play.Of("a").DueAt));
        Assert.Equal(RunState.Cancelled, play.Cancel().State);
    }

    [Theory]
    [InlineData(true, TaskState.Ready)]
    [InlineData(false, TaskState.TimedOut)]
    public void A_timed_out_attempt_is_retried_only_if_the_policy_says_so(bool onTimeout, TaskState state)
    {
        var play = One(new RetryPolicy(1, 0, onTimeout), 1000).Start("a").TimeOut("a");
        Assert.Equal((TaskState.Running, ReasonCode.Timeout), (play["a"], play.Of("a").Stopping!.Value.Code));
        Assert.Equal(state, play.Exit("a", 143)["a"]);
    }

    [Fact]
    public void A_lost_attempt_is_repeated_free_of_charge_up_to_a_cap()
    {
        var play = One(RetryPolicy.None);
        for (var free = 1; free <= RunLife.MaximumFreeAttempts; free++)
        {
            play.Start("a").Lose("a");
            Assert.Equal((TaskState.Ready, 0, free), (play["a"], play.Of("a").Charged, play.Of("a").Free));
        }

        play.Start("a").Lose("a");
        Assert.Equal((TaskState.Lost, RunState.Failed, ReasonCode.HostLost), (play["a"], play.State, play.Why));
    }

    [Fact]
    public void A_cancelled_attempt_is_not_retried()
    {
        var play = One(new RetryPolicy(5, 0, true), 1000).Start("a").Cancel("a").TimeOut("a").Exit("a", 143);
        Assert.Equal((TaskState.Cancelled, RunState.Cancelled), (play["a"], play.State));
    }

    [Fact]
    public void A_second_request_to_end_an_attempt_changes_nothing()
    {
        var play = One(new RetryPolicy(5, 0, true), 1000).Start("a").TimeOut("a");
        Assert.Empty(play.Tell(new RunEvent.CancelTask(0, 0, play.Of("a").AttemptId, "alice")));
    }

    [Fact]
    public void A_run_cancelled_after_a_timeout_starts_nothing_more()
    {
        var play = One(new RetryPolicy(5, 0, true), 1000).Start("a").TimeOut("a").Cancel().Exit("a", 143);
        Assert.Equal((TaskState.TimedOut, RunState.Cancelled), (play["a"], play.State));
    }

    [Fact]
    public void An_iteration_that_timed_out_is_not_tried_again_once_its_for_each_is_cancelled()
    {
        var play = new Play(Sketch.Plan(Sketch.ForEach("f", "[1,2]", 2) with { TimeoutMs = 1000, Retry = new RetryPolicy(5, 0, true) })).Start("f").Start("f", 1).TimeOut("f");
        play.Tell(new RunEvent.CancelTask(0, InstanceView.HeadIndex, play.Head("f").AttemptId, "alice"));
        play.Exit("f", 143).Exit("f", 143, 1);
        Assert.Equal((TaskState.Cancelled, RunState.Cancelled), (play["f"], play.State));
    }

    [Theory]
    [InlineData(ReasonCode.NotStartable, TaskState.Ready)]
    [InlineData(ReasonCode.Unresolvable, TaskState.Failed)]
    [InlineData(ReasonCode.ResourceTimeout, TaskState.Failed)]
    public void What_can_never_start_is_not_tried_again(ReasonCode code, TaskState state)
    {
        var play = One(new RetryPolicy(1));
        play.Tell(new RunEvent.Refused(0, 0, play.Of("a").AttemptId, new Reason(code, "no")));
        Assert.Equal(state, play["a"]);
    }

    [Fact]
    public void A_late_exit_of_an_earlier_attempt_changes_nothing()
    {
        var play = One(new RetryPolicy(1)).Start("a");
        var first = play.Of("a").AttemptId;
        play.Exit("a", 1).Start("a");
        Assert.Empty(play.Tell(new RunEvent.Exited(0, 0, first, 0, null, play.Now, play.Now, null, null)));
        Assert.Empty(play.Tell(new RunEvent.LostTrack(0, 0, first, "late")));
        Assert.Equal(TaskState.Running, play["a"]);
    }

    [Fact]
    public void What_could_not_be_proven_dead_is_said_in_the_reason()
    {
        var play = One(RetryPolicy.None).Start("a");
        play.Tell(new RunEvent.Exited(0, 0, play.Of("a").AttemptId, 0, null, play.Now, play.Now, null, "pid 7 may be alive"));
        Assert.Equal((TaskState.Succeeded, "pid 7 may be alive"), (play["a"], play.Of("a").Reason.Text));
    }
}
