using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Xunit;

namespace Switchyard.Core.Tests.Runs;

/// <summary>Retries of the whole run, by whose fault the end was (OpenPAI, retryCount and exit types).</summary>
public class RoundTests
{
    private static readonly RoundPolicy Fancy = new(1, true, false, 600_000) { FreeExitCodes = [205], FinalExitCodes = [206] };

    private static Play One(RoundPolicy rounds, bool gang = false) => new(Sketch.Plan(
        Sketch.Task("w") with { Completion = new CompletionPolicy(1, null, true) }) with
    { End = EndRule.Completion, Rounds = rounds, Gang = gang, GangTimeoutMs = 1000 });

    private static Play NextRound(Play play)
    {
        Assert.Equal(RunState.WaitingForRetry, play.State);
        play.Now = play.Run.Head.DueAt!.Value;
        play.Tell(new RunEvent.RoundDue(play.Run.Head.Round));
        return play;
    }

    [Fact]
    public void A_failure_of_the_users_own_is_charged_and_tried_again_as_often_as_paid_for()
    {
        var play = NextRound(One(Fancy).Does("w", 1));
        Assert.Equal((RunState.Waiting, 1, 1, TaskState.Ready), (play.State, play.Run.Head.Round, play.Run.Head.ChargedRounds, play["w"]));
        Assert.Equal((RunState.Failed, 1), (play.Does("w", 1).State, play.Run.Head.ChargedRounds));
    }

    [Fact]
    public void Exit_205_asks_for_a_free_round_as_often_as_it_likes()
    {
        var play = One(Fancy);
        for (var round = 1; round <= 5; round++)
            NextRound(play.Does("w", 205));
        Assert.Equal((0, 5), (play.Run.Head.ChargedRounds, play.Run.Head.PlatformRounds));
        Assert.Equal(RunState.Succeeded, play.Does("w").State);
    }

    [Fact]
    public void Exit_206_asks_for_no_more()
    {
        var play = One(Fancy).Does("w", 206);
        Assert.Equal((RunState.Failed, 0), (play.State, play.Run.Head.ChargedRounds));
    }

    [Fact]
    public void Only_the_failure_that_ended_the_run_is_asked()
    {
        var plan = Sketch.Plan(
            Sketch.Task("borne") with { Completion = new CompletionPolicy(null, null, true) },
            Sketch.Task("w") with { Completion = new CompletionPolicy(1, null, true) }) with
        { End = EndRule.Completion, Rounds = Fancy };
        Assert.Equal(RunState.WaitingForRetry, new Play(plan).Does("borne", 206).Does("w", 1).State);
    }

    [Fact]
    public void A_lost_host_opens_a_free_round()
    {
        var play = One(Fancy);
        for (var free = 0; free <= RunLife.MaximumFreeAttempts; free++)
            play.Start("w").Lose("w");
        Assert.Equal((RunState.WaitingForRetry, 0, 1), (play.State, play.Run.Head.ChargedRounds, play.Run.Head.PlatformRounds));
    }

    [Fact]
    public void A_gang_without_room_waits_and_opens_a_round_of_its_own_kind()
    {
        var play = One(Fancy, gang: true);
        play.Tell(new RunEvent.GangTimeoutDue(0));
        Assert.Equal((RunState.WaitingForRetry, 0, 1), (play.State, play.Run.Head.ChargedRounds, play.Run.Head.ResourceRounds));
        Assert.Equal(play.Now + TimeSpan.FromMinutes(10), play.Run.Head.DueAt);
        NextRound(play);
        Assert.Empty(play.Tell(new RunEvent.GangTimeoutDue(0)));
        Assert.Equal(TaskState.Ready, play["w"]);
        play.Start("w");
        Assert.Empty(play.Tell(new RunEvent.GangTimeoutDue(1)));
    }

    [Fact]
    public void A_gang_without_room_and_without_rounds_fails_for_lack_of_resources()
    {
        var play = One(RoundPolicy.None, gang: true);
        play.Tell(new RunEvent.GangTimeoutDue());
        Assert.Equal((RunState.Failed, ReasonCode.ResourceTimeout), (play.State, play.Why));
    }

    [Fact]
    public void A_plan_that_is_no_gang_has_no_gang_timeout() =>
        Assert.Empty(One(Fancy).Tell(new RunEvent.GangTimeoutDue()));

    [Fact]
    public void A_service_begins_again_after_success()
    {
        var play = NextRound(One(new RoundPolicy(-1, true, AlsoSuccess: true)).Does("w"));
        Assert.Equal((RunState.Waiting, TaskState.Ready), (play.State, play["w"]));
    }

    [Fact]
    public void A_stopped_run_opens_no_round()
    {
        Assert.Equal(RunState.Cancelled, One(Fancy).Start("w").Cancel().Exit("w", 1).State);
        var between = One(Fancy).Does("w", 1).Cancel();
        Assert.Equal(RunState.Cancelled, between.State);
        Assert.Empty(between.Tell(new RunEvent.RoundDue()));
    }

    [Fact]
    public void A_doubled_timer_does_not_shorten_the_next_wait()
    {
        var play = NextRound(One(Fancy, gang: true).Does("w", 205));
        play.Tell(new RunEvent.GangTimeoutDue(1));
        Assert.Equal(RunState.WaitingForRetry, play.State);
        Assert.Empty(play.Tell(new RunEvent.RoundDue(0)));
    }
}
