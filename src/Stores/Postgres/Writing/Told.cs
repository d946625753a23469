using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres.Writing;

/// <summary>What a group's moves write down for others to act on: what happened to runs of jobs that want it told, what lasts too long, and which jobs follow.</summary>
internal sealed class Told(JobFacts jobs)
{
    private readonly List<(long RunId, long AttemptId, string State, bool Last, DateTimeOffset At, string Notify)> _happenings = [];
    private readonly Dictionary<(long RunId, long AttemptId), DateTimeOffset?> _warnings = [];
    private readonly HashSet<long> _unwatched = [];
    private readonly List<(long RunId, long JobId, DateTimeOffset At)> _successes = [];

    /// <summary>A run starts; of several rounds only the first is a start.</summary>
    public void Started(RunMoves run, DateTimeOffset at)
    {
        Happened(run.RunId, run.JobId, 0, nameof(RunState.Running), true, at);
        if (run.Watched is { WarnAfterMs: > 0 and var after })
            _warnings[(run.RunId, 0)] = at.AddMilliseconds(after);
    }

    /// <summary>An attempt of a watched run starts or ends.</summary>
    public void OfAttempt(RunMoves run, Move.OfTask move)
    {
        var plan = run.Watched!;
        var ended = move.Next?.Ended ?? move.To;
        if (plan.TellTasks && (ended == TaskState.Running || ended.IsEnd()))
            Happened(run.RunId, run.JobId, move.AttemptId, Words<TaskState>.Of(ended), move.Next is null, move.At);
        var task = plan.Tasks[move.Task];
        if (task.WarnAfterMs <= 0 || (task.Action is ForEachAction && move.Index != InstanceView.HeadIndex))
            return;
        if (ended == TaskState.Running)
            _warnings[(run.RunId, move.AttemptId)] = move.At.AddMilliseconds(task.WarnAfterMs);
        else if (ended.IsEnd())
            _warnings[(run.RunId, move.AttemptId)] = null;
    }

    /// <summary>A run is over.</summary>
    public void Ended(long runId, long jobId, RunState state, DateTimeOffset at)
    {
        Happened(runId, jobId, 0, Words<RunState>.Of(state), true, at);
        jobs.Ended(jobId, state, at);
    }

    /// <summary>A watched run is over.</summary>
    public void Unwatch(long runId) => _unwatched.Add(runId);

    /// <summary>A run succeeded: the jobs that wait for its job follow.</summary>
    public void Succeeded(long runId, long jobId, DateTimeOffset at) => _successes.Add((runId, jobId, at));

    public void Flush(Database db)
    {
        if (_happenings.Count > 0)
        {
            db.Queue(
                """
                insert into happenings (run_id, attempt_id, state, last, at, notify)
                select run_id, attempt_id, state, last, at, notify
                from unnest($1::bigint[], $2::bigint[], $3::text[], $4::boolean[], $5::bigint[], $6::text[]) with ordinality n (run_id, attempt_id, state, last, at, notify, no)
                order by no on conflict do nothing
                """)
                .Add(_happenings.ConvertAll(row => row.RunId)).Add(_happenings.ConvertAll(row => row.AttemptId)).Words(_happenings, row => row.State)
                .Add(_happenings.ConvertAll(row => row.Last)).Add(_happenings.ConvertAll(row => Instants.Write(row.At))).Texts(_happenings, row => row.Notify);
        }

        FlushWarnings(db);
        if (_successes.Count > 0)
        {
            db.Queue(
                """
                insert into follow_ups (run_id, job_id, at)
                select n.run_id, j.id, n.at from unnest($1::bigint[], $2::bigint[], $3::bigint[]) n (run_id, job_id, at) join jobs j on j.after_job_id = n.job_id
                where j.after_job_id is not null and j.deleted_at is null and not j.paused
                on conflict do nothing
                """)
                .Add(_successes.ConvertAll(row => row.RunId)).Add(_successes.ConvertAll(row => row.JobId)).Add(_successes.ConvertAll(row => Instants.Write(row.At)));
        }

        Forget();
    }

    public void Forget()
    {
        _happenings.Clear();
        _warnings.Clear();
        _unwatched.Clear();
        _successes.Clear();
    }

    private void FlushWarnings(Database db)
    {
        var over = _warnings.Where(entry => entry.Value is null).Select(entry => entry.Key).ToList();
        if (over.Count > 0)
        {
            db.Queue("delete from warnings w using unnest($1::bigint[], $2::bigint[]) n (run_id, attempt_id) where w.run_id = n.run_id and w.attempt_id = n.attempt_id")
                .Add(over.ConvertAll(key => key.RunId)).Add(over.ConvertAll(key => key.AttemptId));
        }

        if (_unwatched.Count > 0)
            db.Queue("delete from warnings where run_id = any($1)").Add([.. _unwatched]);
        var due = _warnings.Where(entry => entry.Value is not null && !_unwatched.Contains(entry.Key.RunId)).ToList();
        if (due.Count > 0)
        {
            db.Queue("insert into warnings (run_id, attempt_id, due_at) select * from unnest($1::bigint[], $2::bigint[], $3::bigint[]) on conflict do nothing")
                .Add(due.ConvertAll(entry => entry.Key.RunId)).Add(due.ConvertAll(entry => entry.Key.AttemptId)).Add(due.ConvertAll(entry => Instants.Write(entry.Value!.Value)));
        }
    }

    private void Happened(long runId, long jobId, long attemptId, string state, bool last, DateTimeOffset at)
    {
        if (jobs[jobId]?.Notify is { } notify)
            _happenings.Add((runId, attemptId, state, last, at, notify));
    }
}
