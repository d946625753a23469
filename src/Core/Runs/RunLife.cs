using Switchyard.Core.Plans;

namespace Switchyard.Core.Runs;

/// <summary>
/// The rules of a run's life: <c>(state, event, now) -> moves</c>. No clock, randomness, logger or I/O. The moves are
/// applied to the view as they are made, so that one event may lead to the next; writing them is the caller's.
/// </summary>
public static class RunLife
{
    /// <summary>Attempts repeated for a platform cause before the instance ends as Lost.</summary>
    public const int MaximumFreeAttempts = 5;

    /// <summary>What an event leads to. The cost is that of what it changes, whatever the size of the run.</summary>
    public static IReadOnlyList<Move> Advance(RunView run, RunEvent @event, DateTimeOffset now, Func<long> newId)
    {
        var step = new RunStep(run, now, newId);
        step.Handle(@event);
        return step.Moves;
    }
}

/// <summary>One application of the rules.</summary>
internal sealed partial class RunStep(RunView run, DateTimeOffset now, Func<long> newId)
{
    /// <summary>Tasks whose dependencies have all ended, to be looked at in turn: a queue, so that a long chain of skipped tasks does not become a deep stack.</summary>
    private readonly Queue<NodeView> _due = new();

    /// <summary>True once this step has ended everything that had not started: nothing may be let in any more.</summary>
    private bool _closing;

    public List<Move> Moves { get; } = [];

    public void Handle(RunEvent @event)
    {
        if (run.Head.State.IsEnd())
            return;
        switch (@event)
        {
            case RunEvent.Admitted when run.Head.State == RunState.Queued:
                MoveRun(RunState.Waiting, Reason.Progress);
                Begin();
                break;
            case RunEvent.OverLimit over when run.Head.State == RunState.Queued:
                EndUnstarted(RunState.Skipped, TaskState.Skipped, new Reason(ReasonCode.ConcurrencyLimit, $"the job's limit of {over.Limit} concurrent runs was reached"));
                break;
            case RunEvent.CancelRun or RunEvent.RunTimeoutDue when run.OpenNodes == 0 && run.OpenServices > 0:
                // How it ends is settled; its services are on their way out.
                break;
            case RunEvent.CancelRun cancel:
                Cancel(RunState.Cancelled, new Reason(ReasonCode.CancelledByUser, $"cancelled by {cancel.By}"));
                break;
            case RunEvent.RunTimeoutDue:
                Cancel(RunState.TimedOut, new Reason(ReasonCode.RunTimeout, $"the run took longer than its {run.Head.TimeoutMs / 1000.0:0.###} s"));
                break;
            case RunEvent.Quarantine quarantine:
                Cancel(RunState.Failed, new Reason(ReasonCode.Quarantined, quarantine.Why));
                break;
            case RunEvent.RoundDue due when run.Head.State == RunState.WaitingForRetry && (due.Round is null || due.Round == run.Head.Round):
                OpenRound();
                break;
            case RunEvent.GangTimeoutDue gang when gang.Round is null || gang.Round == run.Head.Round:
                GiveUpGang(new Reason(ReasonCode.ResourceTimeout, $"its resources were not to be had within {run.Plan.GangTimeoutMs / 1000.0:0.###} s"));
                break;
            case RunEvent.GangRefused refused:
                GiveUpGang(new Reason(ReasonCode.TooLarge, refused.Why));
                break;
            case RunEvent.OfAttempt attempt when run.Find(attempt.Task, attempt.Index) is { } instance
                && instance.AttemptId == attempt.AttemptId && !instance.State.IsEnd():
                HandleAttempt(attempt, instance);
                break;
        }

        while (_due.TryDequeue(out var node))
        {
            if (!_closing && !node.Ended)
                Evaluate(node);
        }

        EndRunIfDone();
    }

    private void HandleAttempt(RunEvent.OfAttempt @event, InstanceView instance)
    {
        // The head of a for-each is no attempt of anything: its iterations alone end it, or somebody's request.
        if (instance.Index == InstanceView.HeadIndex && @event is not RunEvent.CancelTask)
            return;
        switch (@event)
        {
            case RunEvent.Placed placed when instance.State == TaskState.Ready:
                EnsureRunning();
                Move(instance, TaskState.Starting, Reason.Progress, move => move with { Node = placed.Node, Grant = placed.Grant });
                break;
            case RunEvent.Started started when instance.State == TaskState.Starting:
                Move(instance, TaskState.Running, Reason.Progress, move => move with { Handle = started.Handle, StartedAt = started.StartedAt });
                break;
            case RunEvent.Refused refused when instance.State is TaskState.Ready or TaskState.Starting:
                EnsureRunning();
                Finish(instance, TaskState.Failed, refused.Reason);
                break;
            case RunEvent.Exited exited when instance.State.IsPlaced():
                Exit(instance, exited);
                break;
            case RunEvent.LostTrack lost when instance.State.IsPlaced():
                Finish(instance, TaskState.Lost, new Reason(ReasonCode.HostLost, lost.Why));
                break;
            case RunEvent.ChildStarted child when instance.State == TaskState.Ready:
                EnsureRunning();
                Move(instance, TaskState.Running, Reason.Progress, move => move with { ChildRunId = child.ChildRunId });
                break;
            case RunEvent.ChildEnded child when instance.State is TaskState.Ready or TaskState.Running:
                EnsureRunning();
                EndWithChild(instance, child.State);
                break;
            case RunEvent.TimeoutDue when instance.State.IsPlaced():
                Stop(instance, new Reason(ReasonCode.Timeout, $"it ran longer than its {Plan(instance).TimeoutMs / 1000.0:0.###} s"));
                break;
            case RunEvent.Revoked revoked when instance.State.IsPlaced():
                Stop(instance, revoked.Reason);
                break;
            case RunEvent.RetryDue when instance.State == TaskState.WaitingForRetry:
                Move(instance, TaskState.Ready, Reason.Progress);
                break;
            case RunEvent.CancelTask cancel:
                CancelOne(instance, new Reason(ReasonCode.CancelledByUser, $"cancelled by {cancel.By}"));
                break;
        }
    }

    private void Begin()
    {
        foreach (var node in run.Nodes)
        {
            if (node.Waiting == 0 && !node.Ended)
                _due.Enqueue(node);
        }
    }

    private void OpenRound()
    {
        foreach (var instance in run.Instances.ToList())
            Add(new Move.Reopen(instance.Task, instance.Index, instance.AttemptId, instance.State, newId(), instance.Attempt + 1, now, Reason.Progress));
        Add(new Move.OfRun(RunState.WaitingForRetry, RunState.Waiting, now, Reason.Progress) { Round = run.Head.Round + 1 });
        Begin();
    }

    private void GiveUpGang(Reason reason)
    {
        if (!run.Plan.Gang || run.Head.State != RunState.Waiting || run.Instances.Any(instance => instance.State.IsPlaced()))
            return;
        _closing = true;
        // Under completion policies a failed instance is a verdict of the program's own, which this is not.
        var end = reason.Code == ReasonCode.TooLarge && run.Plan.End != EndRule.Completion ? TaskState.Failed : TaskState.Cancelled;
        foreach (var instance in run.Instances.Where(instance => !instance.State.IsEnd()))
            EndInstance(instance, end, reason);
    }

    /// <summary>Ends a run, or asks what runs of it to end. The cause given first stays.</summary>
    private void Cancel(RunState end, Reason reason)
    {
        if (run.Head.State is RunState.Queued or RunState.WaitingForRetry)
        {
            EndUnstarted(end, end == RunState.Failed ? TaskState.Failed : end == RunState.TimedOut ? TaskState.TimedOut : TaskState.Cancelled, reason);
            return;
        }

        if (run.Head.State != RunState.Cancelling)
            MoveRun(RunState.Cancelling, reason);
        StopRest(reason);
    }

    private void EndUnstarted(RunState end, TaskState taskEnd, Reason reason)
    {
        _closing = true;
        foreach (var instance in run.Instances.Where(instance => !instance.State.IsEnd()))
            EndInstance(instance, taskEnd, reason);
        MoveRun(end, reason);
    }

    private PlanTask Plan(InstanceView instance) => run.Plan.Tasks[instance.Task];

    private void EnsureRunning()
    {
        if (run.Head.State == RunState.Waiting)
            MoveRun(RunState.Running, Reason.Progress);
    }

    private void MoveRun(RunState to, Reason reason) => Add(new Move.OfRun(run.Head.State, to, now, reason)
    {
        ExitCode = to is RunState.Failed or RunState.TimedOut ? Ends.Decisive(run)?.ExitCode : null,
    });

    private void Move(InstanceView instance, TaskState to, Reason reason, Func<Move.OfTask, Move.OfTask>? with = null)
    {
        var move = new Move.OfTask(instance.Task, instance.Index, instance.AttemptId, instance.State, to, now, reason);
        Add(with is null ? move : with(move));
    }

    private void Add(Move move)
    {
        run.Apply(move);
        Moves.Add(move);
    }
}
