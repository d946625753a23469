using Switchyard.Core.Runs;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres.Writing;

/// <summary>The columns that count runs by state, in jobs' counters and in batches.</summary>
internal static class StateColumns
{
    public static readonly string[] Names = ["queued", "waiting", "running", "cancelling", "waiting_for_retry", "succeeded", "succeeded_with_failures", "failed", "timed_out", "cancelled", "skipped"];

    public static readonly string All = string.Join(", ", Names);

    /// <summary>Sums as one list a column, in the order of the keys.</summary>
    public static (List<long> Keys, List<long>[] Columns) Transposed(Sums<(long Key, int Slot)> sums, int slots)
    {
        var rows = sums.Totals.Where(total => total.Value != 0).GroupBy(total => total.Key.Key).OrderBy(row => row.Key).ToList();
        var columns = Enumerable.Range(0, slots).Select(_ => new List<long>(rows.Count)).ToArray();
        foreach (var row in rows)
        {
            foreach (var column in columns)
                column.Add(0);
            foreach (var (key, change) in row)
                columns[key.Slot][^1] = change;
        }

        return (rows.ConvertAll(row => row.Key), columns);
    }
}

/// <summary>How many runs a job has in each state, and how many were ever made of it: one row a job, written once a group.</summary>
internal sealed class JobCounters
{
    private static readonly int Made = StateColumns.Names.Length;
    private static readonly string[] Columns = [.. StateColumns.Names, "made"];

    private static readonly string Write =
        $"""
        insert into job_counters as c (job_id, {string.Join(", ", Columns)})
        select * from unnest($1::bigint[], {string.Join(", ", Columns.Index().Select(column => $"${column.Index + 2}::bigint[]"))})
        on conflict (job_id) do update set {string.Join(", ", Columns.Select(column => $"{column} = c.{column} + excluded.{column}"))}
        """;

    private readonly Sums<(long Key, int Slot)> _sums = new();
    private readonly HashSet<long> _dropped = [];

    /// <summary>Counts a run in or out of a state.</summary>
    public void Count(long job, RunState state, int change) => _sums.Add((job, (int)state), change);

    /// <summary>Counts a run that was made; answers how many were in this group.</summary>
    public long CountMade(long job)
    {
        _sums.Add((job, Made), 1);
        return _sums[(job, Made)];
    }

    /// <summary>Forgets a job's row if the job's own row is gone by the end of the group.</summary>
    public void Drop(long job) => _dropped.Add(job);

    public void Forget()
    {
        _sums.Clear();
        _dropped.Clear();
    }

    public void Flush(Database db)
    {
        var (jobs, columns) = StateColumns.Transposed(_sums, Columns.Length);
        if (jobs.Count > 0)
        {
            var write = db.Queue(Write).Add(jobs);
            foreach (var column in columns)
                write.Add(column);
        }

        if (_dropped.Count > 0)
            db.Queue("delete from job_counters c where job_id = any($1) and not exists (select 1 from jobs where id = c.job_id)").Add([.. _dropped]);
        Forget();
    }
}

/// <summary>How many runs of a batch are in each state: columns of its row, written once a group.</summary>
internal sealed class BatchCounters
{
    private static readonly string Write =
        $"""
        update batches b set {string.Join(", ", StateColumns.Names.Select(column => $"{column} = b.{column} + n.{column}"))}
        from unnest($1::bigint[], {string.Join(", ", StateColumns.Names.Index().Select(column => $"${column.Index + 2}::bigint[]"))}) n (id, {StateColumns.All})
        where b.id = n.id
        """;

    private readonly Sums<(long Key, int Slot)> _sums = new();

    /// <summary>Counts a run in or out of a state; a plain run has no batch to be counted in.</summary>
    public void Count(long? batch, RunState state, int change)
    {
        if (batch is { } id)
            _sums.Add((id, (int)state), change);
    }

    public void Forget() => _sums.Clear();

    public void Flush(Database db)
    {
        var (batches, columns) = StateColumns.Transposed(_sums, StateColumns.Names.Length);
        _sums.Clear();
        if (batches.Count == 0)
            return;
        var write = db.Queue(Write).Add(batches);
        foreach (var column in columns)
            write.Add(column);
    }
}
