using Switchyard.Core.Plans;

namespace Switchyard.Core.Runs;

/// <summary>How attempts, instances, tasks and the run end.</summary>
internal sealed partial class RunStep
{
    private void Exit(InstanceView instance, RunEvent.Exited exited)
    {
        var failure = exited.Signal is { } signal
            ? new Reason(ReasonCode.Signal, exited.Outcome?.Error ?? $"ended by signal {signal}")
            : new Reason(ReasonCode.ExitCode, exited.Outcome?.Error ?? $"exit code {exited.ExitCode}");
        var (end, reason) = exited.Because.Code switch
        {
            ReasonCode.None => exited is { ExitCode: 0, Signal: null } ? (TaskState.Succeeded, Reason.None) : (TaskState.Failed, failure),
            ReasonCode.Timeout => (TaskState.TimedOut, exited.Because),
            ReasonCode.CancelledByUser => (TaskState.Cancelled, exited.Because),
            _ => (TaskState.Failed, exited.Because),
        };
        Finish(
            instance, end, reason, move => move with { ExitCode = exited.ExitCode, StartedAt = exited.StartedAt, Outcome = exited.Outcome }, exited.StartedAt, exited.Unproven);
    }

    private void EndWithChild(InstanceView instance, RunState child)
    {
        var (end, reason) = child switch
        {
            RunState.Succeeded or RunState.SucceededWithFailures => (TaskState.Succeeded, Reason.None),
            RunState.Cancelled => (TaskState.Cancelled, new Reason(ReasonCode.ChildRun, "the run it started was cancelled")),
            RunState.TimedOut => (TaskState.TimedOut, new Reason(ReasonCode.ChildRun, "the run it started timed out")),
            _ => (TaskState.Failed, new Reason(ReasonCode.ChildRun, $"the run it started ended as {child}")),
        };
        Finish(instance, end, reason);
    }

    /// <summary>An attempt ended: by itself, or because it was asked to. Retries it or ends the instance.</summary>
    private void Finish(InstanceView instance, TaskState end, Reason reason, Func<Move.OfTask, Move.OfTask>? with = null, DateTimeOffset? startedAt = null, string? unproven = null)
    {
        if (instance.Stopping is { } stopping)
        {
            // The first request stays on the attempt. Only a timeout or a lost cluster may be followed by another attempt, and not if the rest was ended since.
            if (stopping.Code is ReasonCode.Timeout or ReasonCode.ClusterTerminated && Superseded(instance) is { } later)
                stopping = later;
            end = stopping.Code switch
            {
                ReasonCode.Timeout or ReasonCode.RunTimeout => TaskState.TimedOut,
                ReasonCode.NoLongerNeeded => TaskState.Succeeded,
                ReasonCode.ClusterTerminated => TaskState.Failed,
                _ => TaskState.Cancelled,
            };
            reason = stopping;
        }

        // Whatever ended it: what could not be proven dead is said.
        if (unproven is not null)
            reason = reason with { Text = reason.Text.Length == 0 ? unproven : $"{reason.Text}; {unproven}" };

        if (NextAttempt(instance, end, reason, startedAt) is { } next)
        {
            Move(instance, TaskState.WaitingForRetry, reason, move => (with is null ? move : with(move)) with { Next = next });
            if (next.DueAt <= now)
                Move(instance, TaskState.Ready, Reason.Progress);
            return;
        }

        EndInstance(instance, end, reason, with);
    }

    private NextAttempt? NextAttempt(InstanceView instance, TaskState end, Reason reason, DateTimeOffset? startedAt)
    {
        if (run.Head.State == RunState.Cancelling || _closing || reason.Code is ReasonCode.Unresolvable or ReasonCode.RunTimeout or ReasonCode.ResourceTimeout)
            return null;
        if (Plan(instance).Service && Superseded(instance) is not null)
            return null;
        // Members of a gang know each other's ports: one that is lost is not repeated alone where the whole round can be.
        if (end == TaskState.Lost && !(run.Plan.Gang && run.Plan.Rounds.Platform) && instance.Stopping is null && instance.Free < RunLife.MaximumFreeAttempts)
            return new NextAttempt(end, newId(), instance.Attempt + 1, instance.Charged, instance.Free + 1, now);
        var retry = Plan(instance).Retry;
        var wanted = end == TaskState.Failed || (end == TaskState.TimedOut && retry.OnTimeout);
        if (!wanted || !retry.Allows(instance.Charged))
            return null;
        var due = Later(instance.StartedAt ?? startedAt ?? now, retry.MinIntervalMs);
        return new NextAttempt(end, newId(), instance.Attempt + 1, instance.Charged + 1, instance.Free, due > now ? due : now);
    }

    /// <summary>What has ended the rest of the task or of the run while an attempt was on its way out for its timeout; null when nothing did.</summary>
    private Reason? Superseded(InstanceView instance)
    {
        var own = run.Nodes[instance.Task];
        if (own.HeadInstance is not null)
            return own.HeadInstance.Stopping;
        if (own.Plan.Completion.MinSucceeded is { } enough && own.Succeeded >= enough)
            return new Reason(ReasonCode.CompletionPolicy, $"{own.Succeeded} succeeded of task {own.Plan.Key} are enough");
        foreach (var node in run.Nodes.Where(node => !node.Plan.Service))
        {
            var policy = node.Plan.Completion;
            if (policy.EndsRun && node.HeadInstance is null && (node.Failed >= policy.MinFailed || node.Succeeded >= policy.MinSucceeded))
                return new Reason(ReasonCode.CompletionPolicy, $"the ends of task {node.Plan.Key} end the run");
            if (run.Plan.OnFailure == FailurePolicy.FailFast && (node.HeadInstance is null ? node.Failed > 0 : Ends.IsFailure(node.HeadInstance.State)))
                return new Reason(ReasonCode.FailFast, $"task {node.Plan.Key} failed");
        }

        return null;
    }

    /// <summary>Ends an instance for good and follows what that means: for its task, its successors, the run.</summary>
    private void EndInstance(InstanceView instance, TaskState end, Reason reason, Func<Move.OfTask, Move.OfTask>? with = null)
    {
        Move(instance, end, reason, with);
        var node = run.Nodes[instance.Task];
        if (instance.Index != InstanceView.HeadIndex && node.Plan.Action is ForEachAction each)
        {
            IterationEnded(node, each);
            return;
        }

        // Before anything else ends: ending the neighbours below must not count this task a second time.
        if (node.Ended)
            NodeEnded(node);
        if (!_closing && !node.Plan.Service)
            CloseIfDecided(node, end);
    }

    /// <summary>Ends the rest of the task or of the run when this end decides it.</summary>
    private void CloseIfDecided(NodeView node, TaskState end)
    {
        var failed = end is TaskState.Failed or TaskState.TimedOut or TaskState.Lost;
        var policy = node.Plan.Completion;
        if (failed && policy.EndsRun && policy.MinFailed is { } failures && node.Failed >= failures)
            StopRest(new Reason(ReasonCode.CompletionPolicy, $"{node.Failed} failed of task {node.Plan.Key} end the run"));
        else if (failed && run.Plan.OnFailure == FailurePolicy.FailFast)
            StopRest(new Reason(ReasonCode.FailFast, $"task {node.Plan.Key} failed"));
        else if (end == TaskState.Succeeded && node.HeadInstance is null && policy.MinSucceeded is { } successes && node.Succeeded >= successes)
        {
            if (policy.EndsRun)
                StopRest(new Reason(ReasonCode.CompletionPolicy, $"{node.Succeeded} succeeded of task {node.Plan.Key} end the run"));
            else if (node.Succeeded == successes)
                StopAll(node.Instances, new Reason(ReasonCode.CompletionPolicy, $"{node.Succeeded} succeeded of task {node.Plan.Key} are enough"));
        }
    }

    private void IterationEnded(NodeView node, ForEachAction each)
    {
        ReleaseIterations(node, each);
        var head = node.HeadInstance!;
        if (node.Open > 0 || head.State.IsEnd())
            return;
        var cancelled = node.Instances.FirstOrDefault(i => i.State == TaskState.Cancelled);
        var end = node.Failed > 0 ? TaskState.Failed : cancelled is not null ? TaskState.Cancelled : TaskState.Succeeded;
        var reason = node.Failed > 0
            ? new Reason(ReasonCode.TaskFailed, $"{node.Failed} of {node.Instances.Count} iterations failed")
            : cancelled?.Reason ?? Reason.None;
        if (head.Stopping is { } stopping && end != TaskState.Failed)
            (end, reason) = (stopping.Code == ReasonCode.RunTimeout ? TaskState.TimedOut : TaskState.Cancelled, stopping);
        EndInstance(head, end, reason);
    }

    private void NodeEnded(NodeView node)
    {
        if (node.Plan.Service)
            run.OpenServices--;
        else
            run.OpenNodes--;
        foreach (var successor in node.Successors)
        {
            var next = run.Nodes[successor];
            // A run that was not let in yet looks at all its tasks when it is.
            if (--next.Waiting == 0 && run.Head.State != RunState.Queued)
                _due.Enqueue(next);
        }
    }

    /// <summary>Ends what has not started and asks what runs to end; services that run only when nothing is left that may talk to them.</summary>
    private void StopRest(Reason reason)
    {
        _closing = true;
        StopAll(run.Instances.Where(instance => !Plan(instance).Service || !instance.State.IsPlaced()).ToList(), reason);
    }

    private void StopAll(IEnumerable<InstanceView> instances, Reason reason)
    {
        foreach (var instance in instances)
        {
            if (instance.State.IsEnd())
                continue;
            if (instance.State.IsPlaced() || instance.Index == InstanceView.HeadIndex && instance.State == TaskState.Running)
                Stop(instance, reason);
            else
                EndInstance(instance, reason.Code == ReasonCode.RunTimeout ? TaskState.TimedOut : TaskState.Cancelled, reason);
        }
    }

    private void Stop(InstanceView instance, Reason reason)
    {
        if (instance.Stopping is null && !instance.State.IsEnd())
            Add(new Move.Stopping(instance.Task, instance.Index, instance.AttemptId, now, reason));
    }

    /// <summary>Ends one instance on request; a for-each node with all its iterations.</summary>
    private void CancelOne(InstanceView instance, Reason reason)
    {
        if (instance.Index == InstanceView.HeadIndex && instance.State == TaskState.Running)
        {
            Stop(instance, reason);
            foreach (var iteration in run.Nodes[instance.Task].Instances)
            {
                if (!iteration.State.IsEnd())
                    CancelOne(iteration, reason);
            }
        }
        else if (instance.State.IsPlaced())
        {
            Stop(instance, reason);
        }
        else
        {
            EnsureRunning();
            EndInstance(instance, TaskState.Cancelled, reason);
        }
    }

    private void EndRunIfDone()
    {
        if (run.OpenNodes > 0 || run.Head.State is RunState.Queued or RunState.WaitingForRetry || run.Head.State.IsEnd())
            return;
        if (run.OpenServices > 0)
        {
            _closing = true;
            StopAll(run.Instances.Where(instance => Plan(instance).Service).ToList(), new Reason(ReasonCode.NoLongerNeeded, "all other tasks of its run have ended"));
            if (run.OpenServices > 0)
                return;
        }

        if (run.Head.State == RunState.Cancelling)
        {
            MoveRun(
                run.Head.Reason.Code switch
                {
                    ReasonCode.RunTimeout => RunState.TimedOut,
                    ReasonCode.Quarantined => RunState.Failed,
                    _ => RunState.Cancelled,
                },
                run.Head.Reason);
            return;
        }

        var (end, reason) = Ends.OfRun(run);
        if (NextRound(end, reason) is { } next)
        {
            Add(next);
            return;
        }

        EnsureRunning();
        MoveRun(end, reason);
    }

    private Move.OfRun? NextRound(RunState end, Reason reason)
    {
        var policy = run.Plan.Rounds;
        if (end is RunState.Cancelled || reason.Code == ReasonCode.TooLarge || (end is RunState.Succeeded && !policy.AlsoSuccess))
            return null;
        var move = new Move.OfRun(run.Head.State, RunState.WaitingForRetry, now, reason) { DueAt = Later(now, policy.DelayMs) };
        var failed = Ends.Decisive(run);
        if (failed?.ExitCode is { } code && policy.FinalExitCodes.Contains(code))
            return null;
        var free = failed?.ExitCode is { } freeCode && policy.FreeExitCodes.Contains(freeCode);
        return Ends.CauseOf(reason) switch
        {
            Cause.Resource when policy.Platform => move with
            {
                DueAt = Later(now, policy.ResourceDelayMs),
                FreeRounds = (run.Head.PlatformRounds, run.Head.ResourceRounds + 1),
            },
            Cause.Platform when policy.Platform => move with { FreeRounds = (run.Head.PlatformRounds + 1, run.Head.ResourceRounds) },
            Cause.User when free && policy.Platform => move with { FreeRounds = (run.Head.PlatformRounds + 1, run.Head.ResourceRounds) },
            Cause.None when policy.MaxUser < 0 => move,
            Cause.User or Cause.None when policy.MaxUser < 0 || run.Head.ChargedRounds < policy.MaxUser => move with { ChargedRounds = run.Head.ChargedRounds + 1 },
            _ => null,
        };
    }

    /// <summary>So many milliseconds later; what no calendar holds is the end of time, not an error.</summary>
    private static DateTimeOffset Later(DateTimeOffset from, long ms) =>
        ms <= 0 ? from : ms >= (DateTimeOffset.MaxValue - from).Ticks / TimeSpan.TicksPerMillisecond ? DateTimeOffset.MaxValue : from + TimeSpan.FromMilliseconds(ms);
}
