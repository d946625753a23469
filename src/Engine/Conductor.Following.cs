using Switchyard.Core.Execution;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;

namespace Switchyard.Engine;

/// <summary>What moves lead to outside the rules: lines to stand in, timers, orders.</summary>
internal sealed partial class Conductor
{
    private readonly List<StopOrder> _idleStops = [];
    private readonly List<StartOrder> _resends = [];

    /// <summary>Takes a run in: new, found at start, or read again.</summary>
    private void TakeIn(RunView run)
    {
        if (run.Head.State.IsEnd() || _poisoned.Contains(run.Head.Id))
            return;
        _roster.Add(run);
        if (run.Head.State == RunState.Queued)
        {
            Stage(run);
            return;
        }

        var pending = Touch(run);
        if (run.Head.State == RunState.WaitingForRetry)
            pending.Timers.Add((run.Head.DueAt ?? _now, new Note.Happened(run.Head.Id, new RunEvent.RoundDue(run.Head.Round))));
        SetRunTimer(run);
        foreach (var instance in run.Instances)
            TakeInInstance(run, instance, pending);
    }

    private void TakeInInstance(RunView run, InstanceView instance, Pending pending)
    {
        switch (instance.State)
        {
            case TaskState.Ready:
                Ready(run, instance, pending);
                break;
            case TaskState.WaitingForRetry:
                pending.Timers.Add((instance.DueAt ?? _now, new Note.Happened(run.Head.Id, new RunEvent.RetryDue(instance.Task, instance.Index, instance.AttemptId))));
                break;
            case TaskState.Starting or TaskState.Running when run.ActionOf(instance) is CommandAction:
                _placer.Hold(run, instance, instance.Node);
                SetTaskTimer(run, instance, pending);
                break;
            case TaskState.Running when run.ActionOf(instance) is RunJobAction && instance.ChildRunId is not null:
                pending.Children.Add((instance, instance.AttemptId));
                break;
        }
    }

    /// <summary>The Stager: lets a queued run in, leaves it in line, or turns it away.</summary>
    private void Stage(RunView run)
    {
        if (run.Head.QueueWhenFull || run.Head.MaxConcurrent <= 0)
        {
            _roster.Enqueue(run);
            LetIn(run.Head.JobId ?? 0);
        }
        else
        {
            var full = _roster.ActiveOf(run) >= run.Head.MaxConcurrent;
            Advance(run, full ? new RunEvent.OverLimit(run.Head.MaxConcurrent) : new RunEvent.Admitted());
        }
    }

    private void LetIn(long job)
    {
        while (_roster.Dequeue(job) is { } next)
            Advance(next, new RunEvent.Admitted());
    }

    /// <summary>The Placer: starts as many as there is room for.</summary>
    private void Place()
    {
        while (_placer.Seats.Any && _placer.Next() is { } placing)
        {
            if (placing.Group[0].Run.Plan.Gang)
                PlaceGang(placing.Group[0].Run, placing);
            else
                PlaceEach(placing);
        }

        if (!_placer.WaitsForPort || _looks)
            return;
        // Nobody tells us when somebody else's program gives a port back.
        _looks = true;
        _timers.Add(Later(_now, LookMs), new Note.Look());
    }

    /// <summary>Places one instance after the services it brings along; what can never be placed brings none.</summary>
    private void PlaceEach(Placing placing)
    {
        for (var i = placing.Never is null ? 0 : placing.Group.Count - 1; i < placing.Group.Count; i++)
        {
            var (run, instance) = placing.Group[i];
            if (_roster.Find(run.Head.Id) == run)
                PlaceOne(run, instance, placing.Never is null ? placing.Places[i] : null, placing.Never);
        }
    }

    private void PlaceOne(RunView run, InstanceView instance, string? place, string? never)
    {
        var reason = never is null ? Reason.None : new Reason(ReasonCode.Unresolvable, never);
        var order = never is null ? Prepare(run, instance, place, out reason) : null;
        if (order is null)
        {
            Advance(run, new RunEvent.Refused(instance.Task, instance.Index, instance.AttemptId, reason));
            return;
        }

        _placer.Hold(run, instance, place);
        Advance(run, new RunEvent.Placed(instance.Task, instance.Index, instance.AttemptId, place!));
        Touch(run).Starts.Add(order);
    }

    /// <summary>Places all of a gang before the first order is written: each order names the ports of all.</summary>
    private void PlaceGang(RunView run, Placing placing)
    {
        if (placing.Never is { } never)
        {
            Advance(run, new RunEvent.GangRefused(never));
            // Not the first time it is placed, or not all of it waits: then each by itself.
            foreach (var (_, instance) in placing.Group)
                Advance(run, new RunEvent.Refused(instance.Task, instance.Index, instance.AttemptId, new Reason(ReasonCode.Unresolvable, never)));
            return;
        }

        for (var i = 0; i < placing.Group.Count; i++)
        {
            var instance = placing.Group[i].Instance;
            _placer.Hold(run, instance, placing.Places[i]);
            Advance(run, new RunEvent.Placed(instance.Task, instance.Index, instance.AttemptId, placing.Places[i], _placer.Seats.GrantOf(instance.AttemptId, placing.Places[i])));
            if (_roster.Find(run.Head.Id) != run)
                return;
        }

        var refused = new List<RunEvent.Refused>();
        foreach (var (_, instance) in placing.Group)
        {
            if (Prepare(run, instance, instance.Node, out var reason) is { } order)
                Touch(run).Starts.Add(order);
            else
                refused.Add(new RunEvent.Refused(instance.Task, instance.Index, instance.AttemptId, reason));
        }

        foreach (var refusal in refused)
            Advance(run, refusal);
    }

    private void Follow(RunView run, Move move, Pending pending)
    {
        switch (move)
        {
            case Move.OfTask task:
                FollowTask(run, task, pending);
                break;
            case Move.Stopping stopping:
                var stopped = run.Find(stopping.Task, stopping.Index)!;
                if (stopped.ChildRunId is { } child)
                    pending.CancelChildren.Add(child);
                else if (run.ActionOf(stopped) is CommandAction command)
                    pending.Stops.Add(new StopOrder(stopping.AttemptId, command.GraceMs ?? _options.GraceMs));
                if (stopping.Reason.Code == ReasonCode.ClusterTerminated)
                    Release(run, run.Plan.Tasks[stopping.Task].Uses, pending);
                break;
            case Move.OfRun { To: RunState.Running or RunState.Waiting }:
                SetRunTimer(run);
                break;
            case Move.OfRun { To: RunState.WaitingForRetry, DueAt: { } due }:
                pending.Timers.Add((due, new Note.Happened(run.Head.Id, new RunEvent.RoundDue(run.Head.Round))));
                break;
            case Move.OfRun { To: var to } when to.IsEnd():
                RunEnded(run, pending);
                break;
        }
    }

    private void FollowTask(RunView run, Move.OfTask move, Pending pending)
    {
        var instance = run.Find(move.Task, move.Index)!;
        if (move.To.IsEnd() || move.Next is not null)
            _placer.Release(move.AttemptId);
        if (move.To.IsEnd() && run.Plan.Tasks[move.Task].Uses is { Count: > 0 } uses)
            Release(run, uses.Where(key => !IsWanted(run, key)), pending);
        switch (move.To)
        {
            case TaskState.Ready:
                Ready(run, instance, pending);
                break;
            case TaskState.Running:
                SetTaskTimer(run, instance, pending);
                break;
            case TaskState.WaitingForRetry when move.Next is { } next && next.DueAt > _now:
                pending.Timers.Add((next.DueAt, new Note.Happened(run.Head.Id, new RunEvent.RetryDue(move.Task, move.Index, next.AttemptId))));
                break;
        }
    }

    private void Ready(RunView run, InstanceView instance, Pending pending)
    {
        switch (run.ActionOf(instance))
        {
            case CommandAction:
                _placer.Enqueue(run, instance);
                break;
            case RunJobAction:
                pending.Children.Add((instance, instance.AttemptId));
                break;
        }
    }

    private void RunEnded(RunView run, Pending pending)
    {
        foreach (var instance in run.Instances)
            _placer.Release(instance.AttemptId);
        if (run.Plan.Allocations.Count > 0)
            Release(run, run.Plan.Allocations.Select(allocation => allocation.Key), pending);
        if (run.Head.ParentAttemptId is { } parent && _roster.FindAttempt(parent) is { } waiting)
        {
            pending.After.Add(new Note.Happened(
                waiting.Run.Head.Id,
                new RunEvent.ChildEnded(waiting.Instance.Task, waiting.Instance.Index, parent, run.Head.State)));
        }

        LetIn(run.Head.JobId ?? 0);
    }

    private void SetTaskTimer(RunView run, InstanceView instance, Pending pending)
    {
        var timeout = run.Plan.Tasks[instance.Task].TimeoutMs;
        if (timeout > 0 && instance is { StartedAt: { } started, Index: not InstanceView.HeadIndex })
            pending.Timers.Add((Later(started, timeout), new Note.Happened(run.Head.Id, new RunEvent.TimeoutDue(instance.Task, instance.Index, instance.AttemptId))));
    }

    private void SetRunTimer(RunView run)
    {
        if (run.Head is { TimeoutMs: > 0, StartedAt: { } started } && !run.Head.State.IsEnd())
            _timers.Add(Later(started, run.Head.TimeoutMs), new Note.RunTimer(run.Head.Id, run.Head.TimeoutMs));
        if (run.Plan is { Gang: true, GangTimeoutMs: > 0 } && run.Head.State == RunState.Waiting)
            _timers.Add(Later(_now, run.Plan.GangTimeoutMs), new Note.Happened(run.Head.Id, new RunEvent.GangTimeoutDue(run.Head.Round)));
    }

    private void Hear(ExecutorSignal signal)
    {
        switch (signal)
        {
            case AttemptReport report:
                HearReport(report);
                break;
            case ExecutorGone gone:
                _placer.Seats.Connect(gone.Place, false);
                break;
        }
    }

    private void HearReport(AttemptReport report)
    {
        if (_roster.FindAttempt(report.AttemptId) is not { } found)
        {
            // It ended for us already. An exit is acknowledged, anything that runs has no right to.
            if (report is AttemptStarted)
                _idleStops.Add(new StopOrder(report.AttemptId, 0));
            else
                _idleAcks.Add(report.AttemptId);
            return;
        }

        var (run, instance) = found;
        RunEvent @event = report switch
        {
            AttemptStarted started => new RunEvent.Started(instance.Task, instance.Index, report.AttemptId, started.Handle, started.At),
            AttemptRefused refused => new RunEvent.Refused(instance.Task, instance.Index, report.AttemptId, new Reason(ReasonCode.NotStartable, refused.Reason)),
            AttemptExited { Lost: true } lost => new RunEvent.LostTrack(instance.Task, instance.Index, report.AttemptId, lost.Unproven ?? "its host ended while it ran"),
            AttemptExited exited => new RunEvent.Exited(
                instance.Task, instance.Index, report.AttemptId, exited.ExitCode, exited.Signal, exited.StartedAt, exited.At, OutcomeText.Parse(exited.Result), exited.Unproven)
            { Because = exited.Because },
            _ => throw new InvalidOperationException($"an executor said {report.GetType().Name}"),
        };
        Advance(run, @event);
        if (report is AttemptStarted)
            return;
        if (_pending.TryGetValue(run.Head.Id, out var pending))
            pending.Acks.Add(report.AttemptId);
        else
            _idleAcks.Add(report.AttemptId);
    }

    /// <summary>Starting and unknown there: never started, so it is sent again. Running and unknown: lost. Answers what is lost.</summary>
    private List<Note> Reconcile(IReadOnlySet<long> known, string place)
    {
        var lost = new List<Note>();
        foreach (var (run, instance) in PlacedAt(place))
        {
            if (!known.Contains(instance.AttemptId) && (instance.State == TaskState.Running || instance.Stopping is not null))
                lost.Add(new Note.Happened(run.Head.Id, new RunEvent.LostTrack(instance.Task, instance.Index, instance.AttemptId, "its host does not know it any more")));
            else if (Remind(run, instance, known.Contains(instance.AttemptId)) is { } refused)
                lost.Add(refused);
        }

        return lost;
    }

    /// <summary>What is over with a place.</summary>
    private List<Note> GiveUp(PlaceLost lost) =>
        [.. PlacedAt(lost.Place).Select(placed => new Note.Happened(placed.Run.Head.Id, new RunEvent.LostTrack(placed.Instance.Task, placed.Instance.Index, placed.Instance.AttemptId, lost.Reason)))];

    /// <summary>Takes other places; what is placed at one that is not there any more is over, as nobody will ever speak of it.</summary>
    private List<Note> Take(PlacesChanged changed)
    {
        _placer.Seats.Replace(changed.Places);
        var gone = changed.Whole ? PlacedAt("").Select(placed => placed.Instance.Node).OfType<string>().Where(node => !_placer.Seats.Knows(node)).ToHashSet(StringComparer.Ordinal) : [];
        return [.. gone.SelectMany(node => GiveUp(new PlaceLost(node, $"{node} is not a place of this installation any more")))];
    }

    private IEnumerable<(RunView Run, InstanceView Instance)> PlacedAt(string place) =>
        _roster.Attempts.Where(placed => placed.Instance.State.IsPlaced() && placed.Run.ActionOf(placed.Instance) is CommandAction && _placer.Seats.IsOf(placed.Instance.Node, place));

    /// <summary>Says again what may not have been said of a run that was read again: its commit may have been made all the same.</summary>
    private void Remind(RunView run)
    {
        foreach (var instance in run.Instances)
        {
            if (instance.State.IsPlaced() && run.ActionOf(instance) is CommandAction && Remind(run, instance, instance.State == TaskState.Running) is { } refused)
                _again.Add(refused);
        }
    }

    /// <summary>Sends a stop or a start again; both mean nothing to a host that knows of them. Answers a start that cannot be made.</summary>
    private Note.Happened? Remind(RunView run, InstanceView instance, bool known)
    {
        // A start that nobody knows to have arrived comes before its stop: a host does not end what it never heard of.
        if (instance.Stopping is not null)
            _idleStops.Add(new StopOrder(instance.AttemptId, Starter.CommandOf(run, instance).GraceMs ?? _options.GraceMs));
        if (!known)
        {
            if (Prepare(run, instance, instance.Node, out var reason) is not { } order)
                return new Note.Happened(run.Head.Id, new RunEvent.Refused(instance.Task, instance.Index, instance.AttemptId, reason));
            _resends.Add(order);
        }

        return null;
    }

    private StartOrder? Prepare(RunView run, InstanceView instance, string? place, out Reason reason)
    {
        try
        {
            return _starter.Prepare(run, instance, place, out reason);
        }
        catch (Exception problem) when (problem is not OutOfMemoryException)
        {
            // One poisoned task stops only itself.
            AdvanceFailed(_log, run.Head.Id, nameof(Prepare), problem);
            reason = new Reason(ReasonCode.Unresolvable, $"the engine failed on it: {problem.Message}");
            return null;
        }
    }

    /// <summary>An instant so many milliseconds on; absurd spans end with the calendar.</summary>
    private static DateTimeOffset Later(DateTimeOffset from, long milliseconds) =>
        milliseconds < (DateTimeOffset.MaxValue - from).TotalMilliseconds ? from.AddMilliseconds(milliseconds) : DateTimeOffset.MaxValue;
}
