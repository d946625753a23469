using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite;

/// <summary>The tasks of a job's newest runs, as a table.</summary>
internal static class Grids
{
    public static JobGrid Read(Database db, long jobId, string? owners, int most, long? before, Func<string, Plan> planOf)
    {
        var runs = db[
            $"""
            select {RunRows.Columns} from runs r indexed by runs_of_job left join users u on u.id = r.owner_id
            where r.job_id = ?1 and r.id < coalesce(?2, 9223372036854775807) and (?3 is null or +r.owner_id in (select value from json_each(?3)))
            order by r.id desc limit ?4
            """]
            .Add(jobId).Add(before).Add(owners).Add(most).All(RunRows.Read);
        var rows = new Dictionary<string, GridCell?[]>(StringComparer.Ordinal);
        var order = new List<string>();
        var places = new Dictionary<string, GridCell?[][]>(StringComparer.Ordinal);
        // By plan, so that the keys of its tasks are looked up once and not for every run.
        foreach (var hash in runs.Select(run => run.PlanHash).Distinct(StringComparer.Ordinal))
            places[hash] = [.. planOf(hash).Tasks.Select(task => Row(task.Key))];

        var node = new Node();
        // Run by run, in the order of the rows: nothing is sorted.
        for (var column = 0; column < runs.Count; column++)
        {
            var tasks = places[runs[column].PlanHash];
            foreach (var one in db[Instance.Select].Add(runs[column].Id).All(Instance.Read))
            {
                if (node.Task != one.Task)
                {
                    Put(column, tasks);
                    node.Begin(one);
                }

                node.Add(one);
            }

            Put(column, tasks);
            node.Clear();
        }

        return new JobGrid(runs, [.. order.Select(key => new GridTask(key, rows[key]))]);

        GridCell?[] Row(string key)
        {
            if (!rows.TryGetValue(key, out var row))
            {
                rows[key] = row = new GridCell?[runs.Count];
                order.Add(key);
            }

            return row;
        }

        void Put(int column, GridCell?[][] tasks)
        {
            if (node.Cell is { } cell)
                tasks[node.Task][column] = cell;
        }
    }

    /// <summary>An instance of a task. Its small numbers come as one, since there are tens of thousands of rows.</summary>
    private readonly record struct Instance(int Task, int Index, TaskState State, int Attempt, long? StartedAt, long? EndedAt)
    {
        private const int Wide = 20, Narrow = 8;

        /// <summary>Every state at a multiple of its width, in the order of the enum.</summary>
        private static readonly string States = string.Concat(Enum.GetNames<TaskState>().Select(name => name.PadRight(Wide)));

        public static readonly string Select =
            $"""
            select (task << {Wide + Wide + Narrow}) | ((idx + 1) << {Wide + Narrow}) | (min(attempt, {(1 << Wide) - 1}) << {Narrow}) | (instr('{States}', state) / {Wide}), coalesce(started_at, 0), coalesce(ended_at, 0)
            from tasks where run_id = ? order by task, idx
            """;

        public static Instance Read(Statement row)
        {
            var (packed, started, ended) = (row.Long(), row.Long(), row.Long());
            return new(
                (int)(packed >> (Wide + Wide + Narrow)), (int)(packed >> (Wide + Narrow) & ((1 << Wide) - 1)) - 1, (TaskState)(packed & ((1 << Narrow) - 1)), (int)(packed >> Narrow & ((1 << Wide) - 1)),
                started == 0 ? null : started, ended == 0 ? null : ended);
        }
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

        public void Begin(Instance one)
        {
            Clear();
            (Task, _hasHead) = (one.Task, one.Index == InstanceView.HeadIndex);
        }

        public void Add(Instance one)
        {
            // The head of a for-each comes first and tells for all; its iterations say how often it was tried.
            _attempts = Math.Max(_attempts, one.Attempt + 1);
            if (_hasHead && one.Index != InstanceView.HeadIndex)
                return;
            _states.Add(one.State);
            (_from, _to) = (Least(_from, one.StartedAt), Most(_to, one.EndedAt));
        }

        private GridCell Of(TaskState state) => new(state, state.IsEnd() && _from is { } from && _to is { } to ? (to - from) / 1000 : null, _attempts);

        private static long? Least(long? a, long? b) => a is null ? b : b is null ? a : Math.Min(a.Value, b.Value);

        private static long? Most(long? a, long? b) => a is null ? b : b is null ? a : Math.Max(a.Value, b.Value);
    }
}
