using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Xunit;

namespace Switchyard.Core.Tests.Runs;

public class CancelTests
{
    private static readonly Plan Two = Sketch.Plan(Sketch.Task("a") with { Retry = new RetryPolicy(2, 60_000) }, Sketch.Task("b", 0));

    private static Play At(string state)
    {
        var play = new Play(Two, letIn: state != "queued");
        switch (state)
        {
            case "starting":
                play.Tell(new RunEvent.Placed(0, 0, play.Of("a").AttemptId, "n1"));
                break;
            case "running":
                play.Start("a");
                break;
            case "waiting for retry":
                play.Does("a", 1);
                break;
            case "second task":
                play.Does("a");
                break;
        }

        return play;
    }

    [Theory]
    [InlineData("queued", true)]
    [InlineData("ready", true)]
    [InlineData("starting", false)]
    [InlineData("running", false)]
    [InlineData("waiting for retry", true)]
    [InlineData("second task", true)]
    public void A_run_can_be_cancelled_in_every_state_and_ends_when_nothing_of_it_runs(string state, bool atOnce)
    {
        var play = At(state).Cancel();
        Assert.Equal(atOnce ? RunState.Cancelled : RunState.Cancelling, play.State);
        if (!atOnce)
            play.Exit("a", 0);
        Assert.Equal((RunState.Cancelled, ReasonCode.CancelledByUser, "cancelled by alice"), (play.State, play.Why, play.Run.Head.Reason.Text));
        Assert.All(play.Run.Instances, one => Assert.True(one.State.IsEnd()));
    }

    [Theory]
    [InlineData("queued")]
    [InlineData("ready")]
    [InlineData("running")]
    [InlineData("waiting for retry")]
    public void A_run_out_of_time_ends_timed_out(string state)
    {
        var play = At(state);
        play.Tell(new RunEvent.RunTimeoutDue());
        if (state == "running")
            play.Exit("a", 143);
        Assert.Equal((RunState.TimedOut, TaskState.TimedOut), (play.State, play["a"]));
    }

    [Theory]
    [InlineData("queued")]
    [InlineData("ready")]
    [InlineData("running")]
    public void A_poisoned_run_ends_failed_with_the_reason(string state)
    {
        var play = At(state);
        play.Tell(new RunEvent.Quarantine("a rule threw"));
        if (state == "running")
            play.Lose("a");
        Assert.Equal((RunState.Failed, ReasonCode.Quarantined), (play.State, play.Why));
    }

    [Fact]
    public void The_first_request_decides_how_a_run_ends()
    {
        var play = At("running").Cancel();
        play.Tell(new RunEvent.RunTimeoutDue());
        Assert.Equal(RunState.Cancelled, play.Exit("a", 143).State);
    }

    [Fact]
    public void Cancelling_one_task_skips_what_depends_on_it_and_leaves_the_rest()
    {
        var play = new Play(Sketch.Plan(Sketch.Task("a"), Sketch.Task("b", 0), Sketch.Task("c"))).Cancel("a");
        Assert.Equal((TaskState.Cancelled, ReasonCode.UpstreamCancelled, TaskState.Ready), (play["a"], play.Of("b").Reason.Code, play["c"]));
    }

    [Fact]
    public void Nothing_changes_an_ended_run()
    {
        var play = At("second task").Does("b");
        Assert.Equal(RunState.Succeeded, play.State);
        Assert.Empty(play.Tell(new RunEvent.CancelRun("bob")));
        Assert.Empty(play.Tell(new RunEvent.RunTimeoutDue()));
        Assert.Empty(play.Tell(new RunEvent.Quarantine("late")));
    }
}
