using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Xunit;

namespace Switchyard.Core.Tests.Runs;

public class ForEachTests
{
    [Fact]
    public void Its_iterations_appear_when_its_inputs_are_known_and_run_so_many_at_once()
    {
        var play = new Play(Sketch.Plan(Sketch.ForEach("f", """["a",{"k":2},3]""", 2)));
        Assert.Equal(TaskState.Running, play.Head("f").State);
        Assert.Equal(["\"a\"", """{"k":2}""", "3"], play.Node("f").Instances.Select(one => one.Input!));
        Assert.Equal((TaskState.Ready, TaskState.Ready, TaskState.Blocked), (play["f"], play["f", 1], play["f", 2]));
        play.Does("f", 0, 1);
        Assert.Equal(TaskState.Ready, play["f", 2]);
        play.Does("f").Does("f", 0, 2);
        Assert.Equal((TaskState.Succeeded, RunState.Succeeded), (play.Head("f").State, play.State));
    }

    [Theory]
    [InlineData("[]", TaskState.Succeeded, ReasonCode.None)]
    [InlineData("{}", TaskState.Failed, ReasonCode.Unresolvable)]
    [InlineData("no json", TaskState.Failed, ReasonCode.Unresolvable)]
    [InlineData("", TaskState.Failed, ReasonCode.Unresolvable)]
    public void Inputs_are_a_list_or_the_task_fails(string inputs, TaskState end, ReasonCode reason)
    {
        var play = new Play(Sketch.Plan(Sketch.ForEach("f", inputs, 1) with { Retry = new RetryPolicy(3) }));
        Assert.Equal((end, reason), (play.Head("f").State, play.Head("f").Reason.Code));
        Assert.True(play.State.IsEnd());
    }

    [Fact]
    public void Inputs_that_refer_to_nothing_fail_the_task_with_what_is_missing()
    {
        var inputs = Binding.Of(new Reference(ReferenceKind.TaskValue, "a", "list"));
        var play = new Play(Sketch.Plan(Sketch.Task("a"), new PlanTask { Key = "f", DependsOn = [new Dependency(0)], Action = new ForEachAction(inputs, 1, CommandAction.Of("one")) })).Does("a");
        Assert.Equal("inputs: TaskValue 'list' of task 'a' is not known", play.Head("f").Reason.Text);
    }

    [Fact]
    public void The_iteration_retries_and_keeps_its_place()
    {
        var play = new Play(Sketch.Plan(Sketch.ForEach("f", "[1,2]", 1) with { Retry = new RetryPolicy(1) })).Does("f", 1);
        Assert.Equal((TaskState.Ready, TaskState.Blocked, "1"), (play["f"], play["f", 1], play.Of("f").Input));
        play.Does("f", 1);
        Assert.Equal((TaskState.Failed, TaskState.Ready), (play["f"], play["f", 1]));
        play.Does("f", 0, 1);
        Assert.Equal("1 of 2 iterations failed", play.Head("f").Reason.Text);
    }

    [Fact]
    public void Cancelling_it_ends_its_iterations_and_lets_none_in()
    {
        var play = new Play(Sketch.Plan(Sketch.ForEach("f", "[1,2,3]", 1))).Start("f");
        var moves = play.Tell(new RunEvent.CancelTask(0, InstanceView.HeadIndex, play.Head("f").AttemptId, "alice"));
        Assert.DoesNotContain(moves, move => move is Move.OfTask { To: TaskState.Ready });
        Assert.Equal((TaskState.Running, TaskState.Cancelled, TaskState.Cancelled), (play["f"], play["f", 1], play["f", 2]));
        play.Exit("f", 143);
        Assert.Equal((TaskState.Cancelled, RunState.Cancelled), (play.Head("f").State, play.State));
    }

    [Fact]
    public void Cancelling_an_iteration_that_waits_lets_no_other_in_for_it()
    {
        var play = new Play(Sketch.Plan(Sketch.ForEach("f", "[1,2,3,4]", 1))).Start("f").Cancel("f", 3);
        Assert.Equal((TaskState.Blocked, TaskState.Cancelled), (play["f", 1], play["f", 3]));
        play.Exit("f");
        Assert.Equal(TaskState.Ready, play["f", 1]);
    }

    [Fact]
    public void Thousands_of_iterations_inside_the_server_are_no_deep_stack()
    {
        var inputs = $"[{string.Join(",", Enumerable.Range(0, 20_000))}]";
        var even = new ConditionAction(ConditionOp.LessThan, Binding.Of(new Reference(ReferenceKind.Input)), Binding.Literal("10"));
        Play? play = null;
        var thread = new Thread(() => play = new Play(Sketch.Plan(Sketch.ForEach("f", inputs, 1, even))), 256 * 1024);
        thread.Start();
        thread.Join();
        Assert.Equal(RunState.Succeeded, play!.State);
        Assert.Equal((true, false), (play.Of("f", 9).Branch, play.Of("f", 10).Branch));
    }

    [Fact]
    public void What_is_said_of_its_head_as_if_it_were_a_process_changes_nothing()
    {
        var play = new Play(Sketch.Plan(Sketch.ForEach("f", "[1]", 1)));
        var head = play.Head("f").AttemptId;
        Assert.Empty(play.Tell(new RunEvent.Exited(0, InstanceView.HeadIndex, head, 0, null, play.Now, play.Now, null, null)));
        Assert.Empty(play.Tell(new RunEvent.LostTrack(0, InstanceView.HeadIndex, head, "not among the living")));
        Assert.Empty(play.Tell(new RunEvent.TimeoutDue(0, InstanceView.HeadIndex, head)));
        Assert.Empty(play.Tell(new RunEvent.CancelTask(0, -7, head, "alice")));
    }
}
