using Switchyard.Core.Runs;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite.Writing;

/// <summary>How many runs a job has in each state, and how many were ever made of it: one row a job, written once a group.</summary>
internal sealed class JobCounters(Database db)
{
    /// <summary>The columns of the states, in the order of <see cref="RunState"/>.</summary>
    public const string StateColumns =
        "queued, waiting, running, cancelling, waiting_for_retry, succeeded, succeeded_with_failures, failed, timed_out, cancelled, skipped";

    private const int Made = (int)RunState.Skipped + 1;
    private const int Slots = Made + 1;

    private readonly Sums<(long Job, int Slot)> _sums = new();
    private readonly Dictionary<long, long> _madeBefore = [];
    private readonly Statement _read = db["select made from job_counters where job_id = ?"];
    private readonly Statement _write = db[
        $"""
        insert into job_counters (job_id, {StateColumns}, made) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        on conflict (job_id) do update set
            queued = queued + excluded.queued, waiting = waiting + excluded.waiting, running = running + excluded.running,
            cancelling = cancelling + excluded.cancelling, waiting_for_retry = waiting_for_retry + excluded.waiting_for_retry,
            succeeded = succeeded + excluded.succeeded, succeeded_with_failures = succeeded_with_failures + excluded.succeeded_with_failures,
            failed = failed + excluded.failed, timed_out = timed_out + excluded.timed_out, cancelled = cancelled + excluded.cancelled,
            skipped = skipped + excluded.skipped, made = made + excluded.made
        """];

    private readonly Statement _drop = db["delete from job_counters where job_id = ?1 and not exists (select 1 from jobs where id = ?1)"];
    private readonly HashSet<long> _dropped = [];

    public int Mark => _sums.Mark;

    /// <summary>Counts a run in or out of a state.</summary>
    public void Count(long job, RunState state, int change) => _sums.Add((job, (int)state), change);

    /// <summary>The number of the next run of a job, from 1.</summary>
    public long NextNumber(long job)
    {
        if (!_madeBefore.TryGetValue(job, out var before))
            _madeBefore.Add(job, before = _read.Add(job).First(row => row.Long()));
        _sums.Add((job, Made), 1);
        return before + _sums[(job, Made)];
    }

    /// <summary>Forgets a job's row if the job's own row is gone by the end of the group.</summary>
    public void Drop(long job) => _dropped.Add(job);

    public void Undo(int mark) => _sums.Undo(mark);

    /// <summary>Writes the sums in the order of jobs.</summary>
    public void Flush()
    {
        var row = new long[Slots];
        foreach (var job in _sums.Totals.Where(total => total.Value != 0).GroupBy(total => total.Key.Job).OrderBy(job => job.Key))
        {
            Array.Clear(row);
            foreach (var (key, change) in job)
                row[key.Slot] = change;
            _write.Add(job.Key);
            foreach (var change in row)
                _write.Add(change);
            _write.Run();
        }

        foreach (var job in _dropped)
            _drop.Add(job).Run();
        Clear();
    }

    public void Clear()
    {
        _sums.Clear();
        _madeBefore.Clear();
        _dropped.Clear();
    }
}
