using Switchyard.Core.Plans;
using Switchyard.Core.Runs;

namespace Switchyard.Core.Tests.Histories;

/// <summary>Hands events to the rules and holds every move against what must always be true. Throws what is not.</summary>
internal sealed class Judge
{
    public static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private readonly List<(RunEvent Event, DateTimeOffset At, string Moves)> _history = [];
    private readonly Dictionary<(int Task, int Index), (TaskState State, long Attempt, ReasonCode Stopping)> _shadow = [];
    private readonly HashSet<long> _ids = [];
    private readonly HashSet<long> _started = [];
    private RunState _run = RunState.Queued;
    private RunState? _mustEnd;
    private bool _closed;
    private long _lastId;

    public Judge(Plan plan)
    {
        Run = NewRun(plan);
        _lastId = 1000;
        foreach (var instance in Run.Instances)
        {
            _shadow.Add((instance.Task, instance.Index), (TaskState.Blocked, instance.AttemptId, ReasonCode.None));
            _ids.Add(instance.AttemptId);
        }
    }

    public RunView Run { get; }

    /// <summary>The events so far, in order.</summary>
    public List<RunEvent> Told { get; } = [];

    /// <summary>A queued run as an insertion makes it.</summary>
    public static RunView NewRun(Plan plan, RunHead? head = null)
    {
        var id = 0L;
        var instances = new List<InstanceView>();
        for (var no = 0; no < plan.Tasks.Count; no++)
        {
            if (plan.Tasks[no].Action is ForEachAction)
                instances.Add(new InstanceView(no, InstanceView.HeadIndex, ++id));
            else
                instances.AddRange(Enumerable.Range(0, plan.Tasks[no].Instances).Select(index => new InstanceView(no, index, ++id)));
        }

        return new RunView(head ?? new RunHead { Id = 1, CreatedAt = Start }, plan, instances);
    }

    public PlanAction ActionOf(InstanceView instance) =>
        Run.Plan.Tasks[instance.Task].Action is ForEachAction each && instance.Index != InstanceView.HeadIndex ? each.Each : Run.Plan.Tasks[instance.Task].Action;

    public IReadOnlyList<Move> Tell(RunEvent happened, DateTimeOffset now)
    {
        var ended = Run.Head.State.IsEnd();
        Told.Add(happened);
        var moves = RunLife.Advance(Run, happened, now, () => ++_lastId).ToList();
        _history.Add((happened, now, Text(moves)));
        Must(!ended || moves.Count == 0, $"an ended run moved on {happened}");
        foreach (var move in moves)
            Check(move);
        CheckView();
        var again = RunLife.Advance(Run, happened, now, () => ++_lastId);
        Must(again.Count == 0, $"the second {happened} moved again: {Text(again)}");
        return moves;
    }

    /// <summary>The same events on a fresh copy give the same moves.</summary>
    public void Replay()
    {
        var copy = NewRun(Run.Plan);
        var id = 1000L;
        foreach (var (happened, at, moves) in _history)
        {
            var replayed = Text(RunLife.Advance(copy, happened, at, () => ++id));
            Must(replayed == moves, $"{happened} gave {moves} and then {replayed}");
        }
    }

    public string Describe() =>
        $"run {Run.Head.State} round {Run.Head.Round}, {string.Join(", ", Run.Instances.Select(i => $"{i.Task}/{i.Index} {i.State}#{i.Attempt}{(i.Stopping is null ? "" : "!")}"))}";

    private void Check(Move move)
    {
        switch (move)
        {
            case Move.OfRun run:
                CheckRun(run);
                break;
            case Move.OfTask task:
                CheckTask(task);
                break;
            case Move.Stopping stop:
                var stopped = _shadow[(stop.Task, stop.Index)];
                Must(stopped.State.IsPlaced() && stopped.Attempt == stop.AttemptId, $"{move}: nothing runs there");
                Must(stopped.Stopping == ReasonCode.None, $"{move}: it was asked to end before");
                _shadow[(stop.Task, stop.Index)] = stopped with { Stopping = stop.Reason.Code };
                NoteClosing(stop.Task, stop.Reason.Code);
                break;
            case Move.Expand expand:
                Must(_shadow[(expand.Task, InstanceView.HeadIndex)].State == TaskState.Running, "iterations without a running head");
                for (var index = 0; index < expand.Iterations.Count; index++)
                {
                    Must(_ids.Add(expand.Iterations[index].AttemptId), "an attempt id was used again");
                    _shadow.Add((expand.Task, index), (TaskState.Blocked, expand.Iterations[index].AttemptId, ReasonCode.None));
                }

                break;
            case Move.Reopen again:
                Must(_run == RunState.WaitingForRetry, "reopened outside of a new round");
                Must(_ids.Add(again.NextAttemptId), "an attempt id was used again");
                Must(_shadow[(again.Task, again.Index)].State == again.From && again.From.IsEnd(), $"{move}: it was {_shadow[(again.Task, again.Index)]}");
                _shadow[(again.Task, again.Index)] = (TaskState.Blocked, again.NextAttemptId, ReasonCode.None);
                _closed = false;
                break;
        }
    }

    private void CheckRun(Move.OfRun move)
    {
        Must(_run == move.From && !_run.IsEnd() && LegalMoves.Allows(move.From, move.To), $"{move}: the run is {_run}");
        _run = move.To;
        if (move.To == RunState.Cancelling)
        {
            _mustEnd = move.Reason.Code switch
            {
                ReasonCode.RunTimeout => RunState.TimedOut,
                ReasonCode.Quarantined => RunState.Failed,
                _ => RunState.Cancelled,
            };
        }

        Must(!move.To.IsEnd() || _mustEnd is null || move.To == _mustEnd, $"{move}: it had to end {_mustEnd}");
        Must(!move.To.IsEnd() || _shadow.Values.All(instance => instance.State.IsEnd()), $"{move}: something of it has not ended");
        Must(move.ChargedRounds is not { } charged || charged <= Run.Plan.Rounds.MaxUser, $"{move}: more rounds than allowed");
    }

    private void CheckTask(Move.OfTask move)
    {
        var place = (move.Task, move.Index);
        var was = _shadow[place];
        Must(was.State == move.From && was.Attempt == move.AttemptId, $"{move}: it was {was}");
        Must(!was.State.IsEnd() && LegalMoves.Allows(move.From, move.To), $"{move} is not legal");
        Must(move.At >= Start && move.Reason.Code != ReasonCode.None || move.To == TaskState.Succeeded, $"{move} has no reason");
        if (move is { From: TaskState.Blocked, To: TaskState.Ready })
            CheckRelease(move);
        if (move.To is TaskState.Ready or TaskState.Starting)
        {
            Must(!_closed, $"{move}: the rest had been ended");
            Must(_run is RunState.Waiting or RunState.Running, $"{move} while the run is {_run}");
        }

        if (move.To == TaskState.Starting)
            Must(_started.Add(move.AttemptId), $"{move}: it was started before");
        NoteClosing(move.Task, move.To == TaskState.Cancelled ? move.Reason.Code : ReasonCode.None);
        _shadow[place] = was with { State = move.To };
        CheckConcurrency(move.Task);
        if (move.Next is not { } next)
            return;
        var retry = Run.Plan.Tasks[move.Task].Retry;
        Must(_ids.Add(next.AttemptId), "an attempt id was used again");
        Must(retry.Max < 0 || next.Charged <= retry.Max, $"{move}: more retries than allowed");
        Must(next.Free <= RunLife.MaximumFreeAttempts, $"{move}: more free attempts than allowed");
        Must(was.Stopping is ReasonCode.None or ReasonCode.Timeout, $"{move}: it was asked to end");
        _shadow[place] = (move.To, next.AttemptId, ReasonCode.None);
    }

    private void CheckRelease(Move.OfTask move)
    {
        var task = Run.Plan.Tasks[move.Task];
        if (task.Action is ForEachAction && move.Index != InstanceView.HeadIndex)
        {
            Must(_shadow[(move.Task, InstanceView.HeadIndex)].State == TaskState.Running, $"{move}: its for-each does not run");
            return;
        }

        Must(!task.Disabled, $"{move}: it is disabled");
        foreach (var edge in task.DependsOn)
            Must(_shadow.Where(x => x.Key.Task == edge.Task).All(x => x.Value.State.IsEnd()), $"{move}: task {edge.Task} has not ended");
        Must(Oracle.MayRun(task.RunIf, task.DependsOn.Select(edge => Oracle.Of(Run.NodeList[edge.Task], edge))), $"{move}: its run_if forbids it");
    }

    private void CheckConcurrency(int task)
    {
        if (Run.Plan.Tasks[task].Action is not ForEachAction each)
            return;
        var active = _shadow.Count(x => x.Key.Task == task && x.Key.Index >= 0 && x.Value.State != TaskState.Blocked && !x.Value.State.IsEnd());
        Must(active <= Math.Max(1, each.Concurrency), $"{active} iterations of task {task} at once");
    }

    private void NoteClosing(int task, ReasonCode code) =>
        _closed |= code == ReasonCode.FailFast || (code == ReasonCode.CompletionPolicy && Run.Plan.Tasks[task].Completion.EndsRun && Run.Plan.Tasks.All(t => t.Completion.EndsRun));

    /// <summary>The view is what the moves say, and counts what a fresh view counts.</summary>
    private void CheckView()
    {
        Must(Run.Head.State == _run, $"the view says {Run.Head.State}, the moves {_run}");
        foreach (var instance in Run.Instances)
        {
            var shadow = _shadow[(instance.Task, instance.Index)];
            Must((instance.State, instance.AttemptId) == (shadow.State, shadow.Attempt), $"{instance.Task}/{instance.Index} is {instance.State} and {shadow}");
            Must((instance.Stopping?.Code ?? ReasonCode.None) == shadow.Stopping, $"{instance.Task}/{instance.Index} is asked to end by {instance.Stopping} and {shadow}");
        }

        var fresh = new RunView(Run.Head, Run.Plan, Run.Instances.ToList());
        Must((fresh.OpenNodes, fresh.OpenServices) == (Run.OpenNodes, Run.OpenServices), $"open tasks: {(Run.OpenNodes, Run.OpenServices)} and {(fresh.OpenNodes, fresh.OpenServices)}");
        for (var no = 0; no < Run.NodeList.Count; no++)
        {
            var (live, anew) = (Run.Nodes[no], fresh.Nodes[no]);
            Must(
                (live.Open, live.Failed, live.Succeeded, live.Active, live.Waiting) == (anew.Open, anew.Failed, anew.Succeeded, anew.Active, anew.Waiting),
                $"task {no} counts {(live.Open, live.Failed, live.Succeeded, live.Active, live.Waiting)} and {(anew.Open, anew.Failed, anew.Succeeded, anew.Active, anew.Waiting)}");
        }
    }

    private static string Text(IEnumerable<Move> moves) => string.Join(
        "; ", moves.Select(move => move is Move.Expand expand ? $"expand {expand.Task} {string.Join(",", expand.Iterations)}" : move.ToString()));

    private void Must(bool holds, string otherwise)
    {
        if (!holds)
            throw new InvalidOperationException($"{otherwise}\n  {Describe()}\n  {string.Join("\n  ", _history.TakeLast(12).Select(h => $"{h.Event} => {h.Moves}"))}");
    }
}

/// <summary>run_if a second time, straight from the reference: what a dependency counts as, and which of them let a task run.</summary>
internal static class Oracle
{
    public enum Upstream
    {
        Good,
        Excluded,
        Bad,
    }

    public static Upstream Of(NodeView node, Dependency edge) => node.End switch
    {
        TaskState.Succeeded when edge.Outcome is { } wanted && node.Instances[0].Branch != wanted => Upstream.Excluded,
        TaskState.Succeeded => Upstream.Good,
        TaskState.Skipped when node.EndReason.Code == ReasonCode.Excluded => Upstream.Excluded,
        TaskState.Skipped when node.EndReason.Code == ReasonCode.Disabled => Upstream.Good,
        _ => Upstream.Bad,
    };

    public static bool MayRun(RunIf runIf, IEnumerable<Upstream> upstreams)
    {
        var all = upstreams.ToList();
        if (all.Count == 0)
            return true;
        if (all.All(x => x == Upstream.Excluded))
            return false;
        return runIf switch
        {
            RunIf.AllSuccess or RunIf.NoneFailed => !all.Contains(Upstream.Bad),
            RunIf.AtLeastOneSuccess => all.Any(x => x != Upstream.Bad),
            RunIf.AllDone => true,
            RunIf.AtLeastOneFailed => all.Contains(Upstream.Bad),
            _ => all.All(x => x == Upstream.Bad),
        };
    }
}
