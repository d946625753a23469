using Switchyard.Core.Execution;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Core.Tests.Histories;

namespace Switchyard.Core.Tests;

/// <summary>Short words for plans.</summary>
internal static class Sketch
{
    public static Plan Plan(params PlanTask[] tasks) => new() { Tasks = tasks };

    /// <summary>A command that waits for the tasks at these positions.</summary>
    public static PlanTask Task(string key, params int[] after) =>
        new() { Key = key, Action = CommandAction.Of("work"), DependsOn = [.. after.Select(no => new Dependency(no))] };

    public static PlanTask Condition(string key, ConditionOp op, string left, string right) =>
        new() { Key = key, Action = new ConditionAction(op, Binding.Literal(left), Binding.Literal(right)) };

    public static PlanTask ForEach(string key, string inputs, int concurrency, PlanAction? each = null) =>
        new() { Key = key, Action = new ForEachAction(Binding.Literal(inputs), concurrency, each ?? CommandAction.Of("one")) };
}

/// <summary>A run played by hand: let in at once, on a clock that stands still until it is moved.</summary>
internal sealed class Play
{
    private long _lastId = 1000;

    public Play(Plan plan, RunHead? head = null, bool letIn = true)
    {
        Run = Judge.NewRun(plan, head);
        if (letIn)
            Tell(new RunEvent.Admitted());
    }

    public RunView Run { get; }

    public DateTimeOffset Now { get; set; } = Judge.Start;

    public RunState State => Run.Head.State;

    public ReasonCode Why => Run.Head.Reason.Code;

    public IReadOnlyList<Move> Tell(RunEvent happened) => RunLife.Advance(Run, happened, Now, () => ++_lastId);

    public NodeView Node(string key) => Run.NodeList.Single(node => node.Plan.Key == key);

    public InstanceView Of(string key, int index = 0) => Run.Find(Node(key).No, index)!;

    public InstanceView Head(string key) => Of(key, InstanceView.HeadIndex);

    public TaskState this[string key, int index = 0] => Of(key, index).State;

    public Play Start(string key, int index = 0)
    {
        var one = Of(key, index);
        Tell(new RunEvent.Placed(one.Task, index, one.AttemptId, "n1"));
        Tell(new RunEvent.Started(one.Task, index, one.AttemptId, "pid 1", Now));
        return this;
    }

    public Play Exit(string key, int code = 0, int index = 0, TaskOutcome? outcome = null)
    {
        var one = Of(key, index);
        Tell(new RunEvent.Exited(one.Task, index, one.AttemptId, code, null, Now, Now, outcome, null));
        return this;
    }

    /// <summary>Starts it and ends it with this code.</summary>
    public Play Does(string key, int code = 0, int index = 0, TaskOutcome? outcome = null) => Start(key, index).Exit(key, code, index, outcome);

    public Play Lose(string key, int index = 0)
    {
        var one = Of(key, index);
        Tell(new RunEvent.LostTrack(one.Task, index, one.AttemptId, "its host is gone"));
        return this;
    }

    public Play Cancel(string key, int index = 0)
    {
        var one = Of(key, index);
        Tell(new RunEvent.CancelTask(one.Task, index, one.AttemptId, "alice"));
        return this;
    }

    public Play TimeOut(string key, int index = 0)
    {
        var one = Of(key, index);
        Tell(new RunEvent.TimeoutDue(one.Task, index, one.AttemptId));
        return this;
    }

    public Play Cancel()
    {
        Tell(new RunEvent.CancelRun("alice"));
        return this;
    }
}
