using Switchyard.Core.Plans;
using Switchyard.Core.Runs;

namespace Switchyard.Core.Tests.Histories;

/// <summary>
/// A small world around one run: it places, starts, ends and loses attempts, fires timers and passes requests on, in
/// an order that a seed decides, with doubled, reordered and late messages. Every event goes through the judge.
/// </summary>
internal sealed class World
{
    private const int ChaosSteps = 120;
    private const int CalmSteps = 4_000;
    private readonly Random _random;
    private readonly Judge _judge;
    private readonly List<RunEvent> _messages = [];
    private readonly List<(DateTimeOffset Due, RunEvent Event)> _timers = [];
    private readonly Dictionary<long, (int Task, int Index)> _alive = [];
    private readonly Dictionary<long, (int Task, int Index)> _children = [];
    private readonly HashSet<long> _seen = [];
    private readonly int _temper;
    private DateTimeOffset _now = Judge.Start;

    public World(History history)
    {
        _random = new Random(history.Seed);
        _temper = _random.Next(6);
        _judge = new Judge(history.Plan);
    }

    private RunView Run => _judge.Run;

    private Plan Plan => _judge.Run.Plan;

    /// <summary>Chaos for a while, then a world that only answers: the run must end.</summary>
    public Judge Live()
    {
        if (Chance(2))
            Tell(RandomEvent());
        if (_temper is 2 or 3 && Chance(4))
            Tell(Request());
        if (Chance(40))
            Tell(new RunEvent.OverLimit(1));
        Tell(new RunEvent.Admitted());
        for (var step = 0; step < ChaosSteps && !Run.Head.State.IsEnd(); step++)
            Chaos();
        for (var step = 0; !Run.Head.State.IsEnd(); step++)
        {
            if (step > CalmSteps)
                throw new InvalidOperationException($"it does not end: {_judge.Describe()}");
            if (!Calm())
                throw new InvalidOperationException($"nothing is left to do and it has not ended: {_judge.Describe()}");
        }

        // What still arrives afterwards changes nothing.
        foreach (var late in _messages.Concat(_judge.Told.ToList()))
            Tell(late);
        _judge.Replay();
        return _judge;
    }

    private void Chaos()
    {
        switch (_random.Next(100))
        {
            case < 30:
                DeliverOne();
                break;
            case < 60:
                StartOne();
                break;
            case < 80:
                EndOne(ExitCode());
                break;
            case < 88:
                FireOne();
                break;
            case < 93 when _judge.Told.Count > 0:
                Tell(_judge.Told[_random.Next(_judge.Told.Count)]);
                break;
            case < 95 when _temper == 1:
                Tell(RandomEvent());
                break;
            case < 96 when _temper is 2 or 3:
                Tell(Request());
                break;
            default:
                _now += TimeSpan.FromSeconds(_random.Next(40));
                break;
        }
    }

    /// <summary>One thing that a working world does; false when there is nothing.</summary>
    private bool Calm() => DeliverOne() || StartOne() || EndOne(0) || FireOne();

    private int ExitCode() => _random.Next(10) switch
    {
        < 5 => 0,
        5 => 205,
        6 => 206,
        _ => 1,
    };

    private bool DeliverOne()
    {
        if (_messages.Count == 0)
            return false;
        var no = _random.Next(_messages.Count);
        var message = _messages[no];
        if (!Chance(10))
            _messages.RemoveAt(no);
        Tell(message);
        return true;
    }

    private bool StartOne()
    {
        var ready = Run.Instances.Where(instance => instance.State == TaskState.Ready).ToList();
        if (ready.Count == 0)
            return false;
        var instance = ready[_random.Next(ready.Count)];
        var (task, index, attempt) = (instance.Task, instance.Index, instance.AttemptId);
        if (_judge.ActionOf(instance) is RunJobAction)
        {
            if (_children.TryAdd(attempt, (task, index)))
                Tell(new RunEvent.ChildStarted(task, index, attempt, attempt + 1_000_000));
            return true;
        }

        Tell(new RunEvent.Placed(task, index, attempt, "n1"));
        if (instance.AttemptId != attempt || instance.State != TaskState.Starting)
            return true;
        if (Chance(12))
        {
            _messages.Add(new RunEvent.Refused(task, index, attempt, new Reason(ReasonCode.NotStartable, "no such program")));
            return true;
        }

        if (!_seen.Add(attempt))
            throw new InvalidOperationException($"attempt {attempt} was started twice");
        _alive.Add(attempt, (task, index));
        _messages.Add(new RunEvent.Started(task, index, attempt, $"pid {attempt}", _now));
        return true;
    }

    private bool EndOne(int exitCode)
    {
        if (_children.Count > 0 && (_alive.Count == 0 || Chance(2)))
        {
            var (attempt, at) = _children.ElementAt(_random.Next(_children.Count));
            _children.Remove(attempt);
            var state = exitCode switch { 0 => RunState.Succeeded, 205 => RunState.Cancelled, 206 => RunState.TimedOut, _ => RunState.Failed };
            _messages.Add(new RunEvent.ChildEnded(at.Task, at.Index, attempt, state));
            return true;
        }

        if (_alive.Count == 0)
            return false;
        var (id, place) = _alive.ElementAt(_random.Next(_alive.Count));
        _alive.Remove(id);
        if (_temper >= 4 ? exitCode < 205 && !Chance(8) && _judge.Told.Count < 150 : exitCode != 0 && Chance(4))
            _messages.Add(new RunEvent.LostTrack(place.Task, place.Index, id, "its host is gone"));
        else
            _messages.Add(new RunEvent.Exited(place.Task, place.Index, id, exitCode, null, _now, _now, null, null));
        return true;
    }

    private bool FireOne()
    {
        if (_timers.Count == 0)
            return false;
        var no = _random.Next(_timers.Count);
        var (due, happened) = _timers[no];
        _timers.RemoveAt(no);
        if (due > _now)
            _now = due;
        Tell(happened);
        return true;
    }

    private RunEvent Request()
    {
        switch (_random.Next(8))
        {
            case 0:
                return new RunEvent.CancelRun("alice");
            case 1:
                return new RunEvent.RunTimeoutDue();
            case 2:
                return _temper == 3 ? new RunEvent.Quarantine("it made a loop fail") : new RunEvent.GangTimeoutDue(Run.Head.Round);
            default:
                var all = Run.Instances.ToList();
                var one = all[_random.Next(all.Count)];
                return new RunEvent.CancelTask(one.Task, one.Index, one.AttemptId, "alice");
        }
    }

    /// <summary>An event that no well-behaved engine sends now, about a place that may not exist.</summary>
    private RunEvent RandomEvent()
    {
        var all = Run.Instances.ToList();
        var one = all[_random.Next(all.Count)];
        var (task, index, attempt) = Chance(5) ? (_random.Next(-1, 14), _random.Next(-3, 9), 1L) : (one.Task, one.Index, one.AttemptId);
        return _random.Next(9) switch
        {
            0 or 1 => new RunEvent.Admitted(),
            2 => new RunEvent.OverLimit(1),
            3 => new RunEvent.RoundDue(Run.Head.Round),
            4 => new RunEvent.GangTimeoutDue(Run.Head.Round + 1),
            5 => new RunEvent.RetryDue(task, index, attempt),
            6 => new RunEvent.TimeoutDue(task, index, attempt),
            7 => new RunEvent.CancelTask(task, index, attempt, "bob"),
            _ => new RunEvent.Refused(task, index, attempt, new Reason(Chance(2) ? ReasonCode.Unresolvable : ReasonCode.NotStartable, "it cannot be started")),
        };
    }

    /// <summary>Hands an event to the rules and does what the moves ask of a world.</summary>
    private void Tell(RunEvent happened)
    {
        foreach (var move in _judge.Tell(happened, _now))
        {
            switch (move)
            {
                case Move.OfTask { To: TaskState.Running } started when Plan.Tasks[started.Task].TimeoutMs is > 0 and var timeout && started.Index != InstanceView.HeadIndex:
                    _timers.Add((_now + TimeSpan.FromMilliseconds(timeout), new RunEvent.TimeoutDue(started.Task, started.Index, started.AttemptId)));
                    break;
                case Move.OfTask { To: TaskState.WaitingForRetry, Next: { } next } retried:
                    _timers.Add((next.DueAt, new RunEvent.RetryDue(retried.Task, retried.Index, next.AttemptId)));
                    break;
                case Move.OfRun { To: RunState.WaitingForRetry, DueAt: { } due }:
                    _timers.Add((due, new RunEvent.RoundDue(Run.Head.Round)));
                    break;
            }
        }
    }

    private bool Chance(int oneIn) => _random.Next(oneIn) == 0;
}
