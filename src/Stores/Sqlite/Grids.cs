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
            select {Rows.RunColumns} from runs r indexed by runs_of_job left join users u on u.id = r.owner_id
            where r.job_id = ?1 and r.id < coalesce(?2, 9223372036854775807) and (?3 is null or +r.owner_id in (select value from json_each(?3)))
            order by r.id desc limit ?4
            """]
            .Add(jobId).Add(before).Add(owners).Add(most).All(Rows.Run);
        var table = new GridTable(runs, planOf);
        // Run by run, in the order of the rows: nothing is sorted.
        for (var column = 0; column < runs.Count; column++)
        {
            table.Begin(column);
            foreach (var one in db[Instance.Select].Add(runs[column].Id).All(Instance.Read))
                table.Add(one.Task, one.Index, one.State, one.Attempt, one.StartedAt, one.EndedAt);
        }

        return table.Finished();
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
}
