using System.Collections.Concurrent;
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
    private readonly Dictionary<long, (Line Line, Resources Needs)> _held = [];
    private readonly ConcurrentDictionary<string, string> _reasons = new();
    private Resources _used;

    private readonly Func<RunView, bool> _isCurrent;

    /// <param name="options">Pools and capacity.</param>
    /// <param name="isCurrent">False for a view that was thrown away: what it left in a line is passed over.</param>
    public Placer(EngineOptions options, Func<RunView, bool> isCurrent)
    {
        _options = options;
        _isCurrent = isCurrent;
        foreach (var pool in options.Pools)
            _lines[pool.Name] = new Line(pool);
    }

    /// <summary>Why the first in a pool's line waits, for people; null when nothing waits. Safe from any thread.</summary>
    public string? WhyWaiting(string pool) => _reasons.GetValueOrDefault(pool);

    /// <summary>Instances that hold capacity now.</summary>
    public int Held => _held.Count;

    /// <summary>Instances that wait for capacity now.</summary>
    public int Waiting => _lines.Values.Sum(line => line.Ready.Count);

    /// <summary>Puts a Ready instance at the end of its pool's line.</summary>
    public void Enqueue(RunView run, InstanceView instance) => LineOf(run).Ready.Enqueue((run, instance, instance.AttemptId));

    /// <summary>Notes that an attempt holds its share: it was placed, or was found placed at start.</summary>
    public void Hold(RunView run, InstanceView instance)
    {
        var needs = run.Plan.Tasks[instance.Task].Needs;
        var line = LineOf(run);
        if (!_held.TryAdd(instance.AttemptId, (line, needs)))
            return;
        line.Used += needs;
        _used += needs;
    }

    /// <summary>Gives an attempt's share back.</summary>
    public void Release(long attemptId)
    {
        if (!_held.Remove(attemptId, out var held))
            return;
        held.Line.Used -= held.Needs;
        _used -= held.Needs;
    }

    /// <summary>
    /// The next instances to start, one gang or one instance at a time; empty when nothing more fits. What can never fit is
    /// answered too, with the reason, so that it does not hold the others back for ever.
    /// </summary>
    public IReadOnlyList<(RunView Run, InstanceView Instance)> Next(out string? never)
    {
        never = null;
        foreach (var line in _lines.Values.OrderBy(line => line.Ratio(_options.Capacity)))
        {
            while (line.Ready.TryPeek(out var first))
            {
                if (first.Instance.State != TaskState.Ready || first.Instance.AttemptId != first.AttemptId || !_isCurrent(first.Run))
                {
                    line.Ready.Dequeue();
                    continue;
                }

                var group = first.Run.Plan.Gang ? GangOf(first.Run) : [(first.Run, first.Instance)];
                var needs = Resources.None;
                foreach (var (run, instance) in group)
                    needs += run.Plan.Tasks[instance.Task].Needs;
                never = Placement.WhyNever(needs, line.Pool, _options.Capacity);
                if (never is null && Placement.WhyNot(needs, line.Pool, line.Used, _used, _options.Capacity) is { } why)
                {
                    _reasons[line.Pool.Name] = why;
                    break;
                }

                line.Ready.Dequeue();
                return group;
            }

            if (line.Ready.Count == 0)
                _reasons.TryRemove(line.Pool.Name, out _);
        }

        return [];
    }

    private static List<(RunView Run, InstanceView Instance)> GangOf(RunView run) =>
        [.. run.Instances.Where(instance => instance.State == TaskState.Ready).Select(instance => (run, instance))];

    private Line LineOf(RunView run) => _lines.TryGetValue(run.Plan.Pool, out var line) ? line : _lines[Pool.DefaultName];

    private sealed class Line(Pool pool)
    {
        public Pool Pool { get; } = pool;
        public Queue<(RunView Run, InstanceView Instance, long AttemptId)> Ready { get; } = new();
        public Resources Used { get; set; }

        /// <summary>How much of its guarantee a pool uses: the neediest is served first.</summary>
        public double Ratio(Resources total)
        {
            var share = Placement.Share(total, Pool.Guaranteed);
            return share.Slots == 0 ? 0 : (double)Used.Slots / share.Slots;
        }
    }
}
