using Switchyard.Core.Plans;
using Switchyard.Core.Runs;

namespace Switchyard.Stores;

/// <summary>The tasks of some runs, as a table that is filled run by run and instance by instance, in their order.</summary>
internal sealed class GridTable
{
    private readonly IReadOnlyList<RunRow> _runs;
    private readonly Dictionary<string, GridCell?[]> _rows = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];
    private readonly Dictionary<string, GridCell?[][]> _places = new(StringComparer.Ordinal);
    private readonly Node _node = new();
    private int _column;

    /// <param name="runs">The runs, a column each.</param>
    /// <param name="planOf">The plan of a hash; asked for once each, so that the keys of its tasks are not looked up for every run.</param>
    public GridTable(IReadOnlyList<RunRow> runs, Func<string, Plan> planOf)
    {
        _runs = runs;
        foreach (var hash in runs.Select(run => run.PlanHash).Distinct(StringComparer.Ordinal))
            _places[hash] = [.. planOf(hash).Tasks.Select(task => Row(task.Key))];
    }

    /// <summary>Goes to a run's column.</summary>
    public void Begin(int column)
    {
        Put();
        _node.Clear();
        _column = column;
    }

    /// <summary>Adds an instance of a task, times in microseconds.</summary>
    public void Add(int task, int index, TaskState state, int attempt, long? startedAt, long? endedAt)
    {
        if (_node.Task != task)
        {
            Put();
            _node.Begin(task, index);
        }

        _node.Add(index, state, attempt, startedAt, endedAt);
    }

    /// <summary>The table, when all instances were added.</summary>
    public JobGrid Finished()
    {
        Put();
        return new JobGrid(_runs, [.. _order.Select(key => new GridTask(key, _rows[key]))]);
    }

    private GridCell?[] Row(string key)
    {
        if (!_rows.TryGetValue(key, out var row))
        {
            _rows[key] = row = new GridCell?[_runs.Count];
            _order.Add(key);
        }

        return row;
    }

    private void Put()
    {
        if (_node.Cell is { } cell)
            _places[_runs[_column].PlanHash][_node.Task][_column] = cell;
    }

    /// <summary>The instances of one task of a run, as they come in.</summary>
    private sealed class Node
    {
        private const int None = -1;
        private readonly HashSet<TaskState> _states = [];
        private bool _hasHead;
        private int _attempts;
        private long? _from, _to;

        public int Task { get; private set; } = None;

        public GridCell? Cell => _states.Count == 0 ? null : Of(NodeWord.Of(_states));

        public void Clear()
        {
            (Task, _hasHead, _attempts, _from, _to) = (None, false, 0, null, null);
            _states.Clear();
        }

        public void Begin(int task, int index)
        {
            Clear();
            (Task, _hasHead) = (task, index == InstanceView.HeadIndex);
        }

        public void Add(int index, TaskState state, int attempt, long? startedAt, long? endedAt)
        {
            // The head of a for-each comes first and tells for all; its iterations say how often it was tried.
            _attempts = Math.Max(_attempts, attempt + 1);
            if (_hasHead && index != InstanceView.HeadIndex)
                return;
            _states.Add(state);
            (_from, _to) = (Least(_from, startedAt), Most(_to, endedAt));
        }

        private GridCell Of(TaskState state) => new(state, state.IsEnd() && _from is { } from && _to is { } to ? (to - from) / 1000 : null, _attempts);

        private static long? Least(long? a, long? b) => a is null ? b : b is null ? a : Math.Min(a.Value, b.Value);

        private static long? Most(long? a, long? b) => a is null ? b : b is null ? a : Math.Max(a.Value, b.Value);
    }
}
