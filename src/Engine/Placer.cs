using System.Collections.Concurrent;
using Switchyard.Core.Execution;
using Switchyard.Core.Plans;
using Switchyard.Core.Pools;
using Switchyard.Core.Runs;

namespace Switchyard.Engine;

/// <summary>
/// Decides who starts: takes the Ready instances of each pool in order, as far as the capacity goes. A gang starts
/// whole or not at all. The first of a pool that does not fit holds the others of that pool back, so that nothing
/// large starves.
/// </summary>
internal sealed class Placer
{
    private readonly EngineOptions _options;
    private readonly Dictionary<string, Line> _lines = [];
    private readonly Dictionary<long, (Line Line, Resources Needs, long RunId)> _held = [];
    private readonly Dictionary<long, int> _heldByRun = [];
    private readonly Dictionary<long, Queue<(RunView Run, InstanceView Instance, long AttemptId)>> _parked = [];
    private readonly ConcurrentDictionary<string, (long RunId, string Why)> _reasons = new();
    private readonly ConcurrentDictionary<string, PoolUse> _uses = new();
    private readonly Func<RunView, bool> _isCurrent;

    /// <param name="options">Pools and capacity.</param>
    /// <param name="isCurrent">False for a view that was thrown away: what it left in a line is passed over.</param>
    public Placer(EngineOptions options, Func<RunView, bool> isCurrent)
    {
        _options = options;
        _isCurrent = isCurrent;
        Seats = new Seats(options);
        foreach (var pool in options.Pools)
            _lines[pool.Name] = new Line(pool);
    }

    /// <summary>Why a run waits in a pool's line, for people: for what its first waits for. Null when nothing waits. Safe from any thread.</summary>
    public string? WhyWaiting(string pool, long runId) => _reasons.TryGetValue(pool, out var first) ? Nodes.LeaderView.Why(pool, runId, first.RunId, first.Why) : null;

    /// <summary>What the attempts of a pool hold, and how many wait, as of the last look. Safe from any thread.</summary>
    public PoolUse UseOf(string pool) => _uses.GetValueOrDefault(pool);

    /// <summary>The places and what is in use there.</summary>
    public Seats Seats { get; }

    /// <summary>What goes on in each pool, as of the last look. Safe from any thread.</summary>
    public IReadOnlyList<Nodes.LineView> Lines() =>
        [.. _uses.Select(use => _reasons.TryGetValue(use.Key, out var first) ? new Nodes.LineView(use.Key, use.Value, first.RunId, first.Why) : new Nodes.LineView(use.Key, use.Value, 0, null))];

    /// <summary>True when the last look found something that waits for a port of somebody else's.</summary>
    public bool WaitsForPort { get; private set; }

    /// <summary>Instances that hold capacity now.</summary>
    public int Held => _held.Count;

    /// <summary>Instances that wait for capacity now.</summary>
    public int Waiting => _lines.Values.Sum(line => line.Length) + _parked.Values.Sum(parked => parked.Count);

    /// <summary>Puts other pools in force. What runs is not touched; one that is gone stays for as long as something of it lives.</summary>
    public void Replace(IReadOnlyList<Pool> pools)
    {
        foreach (var pool in pools)
        {
            if (_lines.TryGetValue(pool.Name, out var line))
                line.Pool = pool;
            else
                _lines[pool.Name] = new Line(pool);
        }

        foreach (var (name, line) in _lines.ToList())
        {
            if (pools.All(pool => pool.Name != name) && _options.Pools.All(pool => pool.Name != name) && line.Length == 0 && line.Used == Resources.None)
                _lines.Remove(name);
        }
    }

    /// <summary>Puts a Ready instance at the end of its pool's line. A service waits for the first of its run's other tasks, unless one runs.</summary>
    public void Enqueue(RunView run, InstanceView instance)
    {
        if (!run.HasServices)
            LineOf(run).Ready.Enqueue((run, instance, instance.AttemptId));
        else if (!IsService(run, instance) || run.Instances.Any(other => other.State.IsPlaced() && !IsService(run, other)))
            LineOf(run).Of(run).Enqueue((run, instance, instance.AttemptId));
    }

    /// <summary>Notes that an attempt holds its share: it was placed, or was found placed at start.</summary>
    public void Hold(RunView run, InstanceView instance, string? place)
    {
        if (IsService(run, instance))
            return;
        var task = run.Plan.Tasks[instance.Task];
        var line = LineOf(run);
        // What a cluster has is not the capacity that pools share.
        var ours = ExecutorOf(run, task) == Place.Process;
        var needs = ours ? task.Needs : Resources.None;
        Seats.Hold(instance.AttemptId, place, ours ? needs : Resources.OneSlot, instance.Grant);
        if (!_held.TryAdd(instance.AttemptId, (line, needs, run.Head.Id)))
            return;
        if (run.Plan.MaxParallel > 0)
            _heldByRun[run.Head.Id] = _heldByRun.GetValueOrDefault(run.Head.Id) + 1;
        line.Used += needs;
        line.Held++;
        _uses[line.Pool.Name] = line.Use;
    }

    /// <summary>Gives an attempt's share back.</summary>
    public void Release(long attemptId)
    {
        Seats.Release(attemptId);
        if (!_held.Remove(attemptId, out var held))
            return;
        held.Line.Used -= held.Needs;
        held.Line.Held--;
        _uses[held.Line.Pool.Name] = held.Line.Use;
        if (!_heldByRun.TryGetValue(held.RunId, out var others))
            return;
        if (others > 1)
            _heldByRun[held.RunId] = others - 1;
        else
            _heldByRun.Remove(held.RunId);
        if (!_parked.Remove(held.RunId, out var parked))
            return;
        held.Line.Parked -= parked.Count;
        foreach (var waiting in parked)
            held.Line.Of(waiting.Run).Enqueue(waiting);
    }

    /// <summary>The next instances to start, one gang or one instance at a time, with their ports held; null when nothing more fits.</summary>
    public Placing? Next()
    {
        WaitsForPort = false;
        string? keptFor = null;
        foreach (var line in _lines.Values.OrderBy(line => line.Ratio(Seats.Capacity)))
        {
            while (line.Next is var queue && queue.TryPeek(out var first))
            {
                if (first.Instance.State != TaskState.Ready || first.Instance.AttemptId != first.AttemptId || !_isCurrent(first.Run))
                {
                    queue.Dequeue();
                    continue;
                }

                // Out of the line, so that it holds nobody up: another end of its own run lets it in again.
                if (first.Run.Plan.MaxParallel is > 0 and var most && _heldByRun.GetValueOrDefault(first.Run.Head.Id) >= most)
                {
                    if (!_parked.TryGetValue(first.Run.Head.Id, out var parked))
                        _parked[first.Run.Head.Id] = parked = new();
                    parked.Enqueue(queue.Dequeue());
                    line.Parked++;
                    continue;
                }

                var group = first.Run.Plan.Gang ? GangOf(first.Run) : WithServices(first.Run, first.Instance);
                var needs = Resources.None;
                string? nowhere = null;
                foreach (var (run, instance) in group)
                {
                    var task = run.Plan.Tasks[instance.Task];
                    var executor = ExecutorOf(run, task);
                    if (executor == Place.Process)
                        needs += task.Needs;
                    nowhere ??= Seats.WhyNever(task, executor);
                }

                var why = needs == Resources.None ? null : Placement.WhyNot(needs, line.Pool, line.Used, Seats.Used, Seats.Capacity);
                var never = why is null || Seats.Capacity == Resources.None ? null : Placement.WhyNever(needs, line.Pool, Seats.Capacity);
                never ??= nowhere;
                if (first.Run.Plan.Gang)
                    never ??= Seats.WhyNever(first.Run.Plan);
                if (never is not null)
                {
                    queue.Dequeue();
                    return new Placing(group, [], never);
                }

                // What a pool is guaranteed and waits for is not taken by those that have their share already.
                var within = (line.Used + needs).FitsIn(Placement.Share(Seats.Capacity, line.Pool.Guaranteed));
                if (why is not null && within)
                    keptFor ??= line.Pool.Name;
                if (why is null && !within && keptFor is not null)
                    why = $"waiting for pool {keptFor}, which has not got what it is guaranteed";
                IReadOnlyList<string> seats = [];
                if (why is null)
                {
                    seats = Seats.Assign(group, ExecutorOf, out why, out var port) ?? [];
                    WaitsForPort |= port && why is not null;
                }

                if (why is not null)
                {
                    _reasons[line.Pool.Name] = (first.Run.Head.Id, why);
                    break;
                }

                queue.Dequeue();
                return new Placing(group, seats, null);
            }

            if (line.Length == 0)
                _reasons.TryRemove(line.Pool.Name, out _);
            _uses[line.Pool.Name] = line.Use;
        }

        return null;
    }

    private static List<(RunView Run, InstanceView Instance)> GangOf(RunView run) =>
        [.. run.Instances.Where(instance => instance.State == TaskState.Ready).Select(instance => (run, instance))];

    /// <summary>An instance with the services of its run that have not started, before it.</summary>
    private static List<(RunView Run, InstanceView Instance)> WithServices(RunView run, InstanceView instance) => run.HasServices
        ? [.. run.Instances.Where(other => other != instance && other.State == TaskState.Ready && IsService(run, other)).Append(instance).Select(one => (run, one))]
        : [(run, instance)];

    private static bool IsService(RunView run, InstanceView instance) => run.Plan.Tasks[instance.Task].Service;

    /// <summary>Where a task runs: where it says, or its pool, or else the installation.</summary>
    private string ExecutorOf(RunView run, PlanTask task) => task.Executor ?? LineOf(run).Pool.Executor ?? _options.DefaultExecutor;

    /// <summary>The pool of a run as it is now.</summary>
    public Pool PoolOf(RunView run) => LineOf(run).Pool;

    private Line LineOf(RunView run) => _lines.TryGetValue(run.Plan.Pool, out var line) ? line : _lines[Pool.DefaultName];

    private sealed class Line(Pool pool)
    {
        public Pool Pool { get; set; } = pool;
        public Queue<(RunView Run, InstanceView Instance, long AttemptId)> Ready { get; } = new();

        /// <summary>Those of runs whose services are up: they go first, so that not all runs of a batch keep services going at once.</summary>
        private Queue<(RunView Run, InstanceView Instance, long AttemptId)> Served { get; } = new();
        public Resources Used { get; set; }

        /// <summary>Attempts that hold something.</summary>
        public int Held { get; set; }

        /// <summary>Instances that stand in no queue until another of their run gives its share back.</summary>
        public int Parked { get; set; }

        public PoolUse Use => new(Used, Held, Length + Parked);

        public int Length => Ready.Count + Served.Count;

        /// <summary>The queue whose first is the line's.</summary>
        public Queue<(RunView Run, InstanceView Instance, long AttemptId)> Next => Served.Count > 0 ? Served : Ready;

        /// <summary>The queue that an instance of a run stands in.</summary>
        public Queue<(RunView Run, InstanceView Instance, long AttemptId)> Of(RunView run) =>
            run.HasServices && run.Instances.Any(instance => instance.State.IsPlaced() && IsService(run, instance)) ? Served : Ready;

        /// <summary>How much of its guarantee a pool uses, of what it uses most: the neediest is served first.</summary>
        public double Ratio(Resources total)
        {
            var share = Placement.Share(total, Pool.Guaranteed);
            return Math.Max(Math.Max(Part(Used.Slots, share.Slots), Part(Used.CpuMillis, share.CpuMillis)), Math.Max(Part(Used.MemoryMb, share.MemoryMb), Part(Used.Gpus, share.Gpus)));
        }

        private static double Part(double used, double share) => used == 0 ? 0 : share == 0 ? double.MaxValue : used / share;
    }
}

/// <summary>Instances that may start, each at its place, or the reason why they never can.</summary>
internal sealed record Placing(IReadOnlyList<(RunView Run, InstanceView Instance)> Group, IReadOnlyList<string> Places, string? Never);
