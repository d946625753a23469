using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Xunit;

namespace Switchyard.Core.Tests.Runs;

/// <summary>Tasks that accompany the others.</summary>
public class ServiceTests
{
    private static readonly Plan Served = Sketch.Plan(Sketch.Task("a"), Sketch.Task("b", 0), Sketch.Task("db") with { Service = true }) with { OnFailure = FailurePolicy.FailFast, End = EndRule.All };

    [Fact]
    public void A_service_is_ended_when_all_others_have_and_the_run_ends_after_it()
    {
        var play = new Play(Served).Start("db").Does("a");
        Assert.Null(play.Of("db").Stopping);
        play.Does("b");
        Assert.Equal((RunState.Running, ReasonCode.NoLongerNeeded), (play.State, play.Of("db").Stopping!.Value.Code));
        play.Exit("db", 143);
        Assert.Equal((RunState.Succeeded, TaskState.Succeeded), (play.State, play["db"]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_service_that_ends_by_itself_decides_nothing(int code)
    {
        var play = new Play(Served).Start("db").Start("a").Exit("db", code);
        Assert.Equal((RunState.Running, TaskState.Running), (play.State, play["a"]));
        Assert.Equal(RunState.Succeeded, play.Exit("a").Does("b").State);
    }

    [Fact]
    public void After_a_failure_or_a_cancel_a_service_outlives_what_may_talk_to_it()
    {
        var failed = new Play(Served with { Tasks = [.. Served.Tasks, Sketch.Task("c")] }).Start("db").Start("c").Does("a", 1);
        Assert.Equal((ReasonCode.FailFast, (Reason?)null), (failed.Of("c").Stopping!.Value.Code, failed.Of("db").Stopping));
        failed.Exit("c", 143);
        Assert.NotNull(failed.Of("db").Stopping);
        Assert.Equal(RunState.Failed, failed.Exit("db", 143).State);

        var cancelled = new Play(Served).Start("db").Start("a").Cancel();
        Assert.Null(cancelled.Of("db").Stopping);
        cancelled.Exit("a", 143);
        Assert.Equal((RunState.Cancelling, ReasonCode.NoLongerNeeded), (cancelled.State, cancelled.Of("db").Stopping!.Value.Code));
        Assert.Equal(RunState.Cancelled, cancelled.Exit("db", 137).State);
    }

    [Fact]
    public void A_service_that_never_started_holds_nothing_up_and_a_cancel_after_the_last_task_changes_nothing()
    {
        Assert.Equal(RunState.Succeeded, new Play(Served).Does("a").Does("b").State);
        Assert.Equal((RunState.Cancelled, TaskState.Cancelled), (new Play(Served).Cancel() is var play ? play.State : default, play["db"]));
        var late = new Play(Served).Start("db").Does("a").Does("b").Cancel();
        Assert.Equal(RunState.Running, late.State);
        Assert.Equal(RunState.Succeeded, late.Exit("db", 143).State);
    }

    [Fact]
    public void A_lost_service_is_repeated_while_it_is_needed_and_has_another_address()
    {
        var play = new Play(Served).Start("db").Start("a");
        var before = ServiceAddress.Of(play.Of("db").AttemptId);
        play.Lose("db");
        Assert.Equal(TaskState.Ready, play["db"]);
        Assert.NotEqual(before, new RunValues(play.Run, play.Of("a"), null).Find(new Reference(ReferenceKind.ServiceAddress, "db")));
        Assert.Null(new RunValues(play.Run, play.Of("a"), null).Find(new Reference(ReferenceKind.ServiceAddress, "b")));
    }

    [Fact]
    public void Addresses_of_services_lie_in_a_part_of_the_loopback_and_differ()
    {
        var seen = Enumerable.Range(0, 2000).Select(n => ServiceAddress.Of(246_000_000_000_000 + n)).ToList();
        Assert.True(seen.Distinct().Count() >= 1999);
        Assert.All(seen, address => Assert.Matches(@"^127\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+\.\d+$", address));
    }
}
