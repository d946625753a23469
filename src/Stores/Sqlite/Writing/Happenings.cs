using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite.Writing;

/// <summary>Writes down what happens to runs of jobs that want it told. Statements are kept: every run passes here.</summary>
internal sealed class Happenings(Database db)
{
    private readonly Statement _attempt = db[
        """
        insert or ignore into happenings (run_id, attempt_id, state, last, at, notify)
        select ?, ?, ?, ?, ?, notify from jobs indexed by jobs_notifying where id = ? and notify is not null
        """];

    private readonly Statement _warnOfRun = db[
        """
        insert or ignore into warnings (run_id, attempt_id, due_at)
        select ?1, 0, ?2 where not exists (select 1 from runs where id = ?1 and started_at is not null)
        """];

    private readonly Statement _warnOfAttempt = db["insert or ignore into warnings (run_id, attempt_id, due_at) values (?, ?, ?)"];

    private readonly Statement _attemptIsOver = db["delete from warnings where run_id = ? and attempt_id = ?"];

    private readonly Statement _runIsOver = db["delete from warnings where run_id = ?"];

    private readonly Statement _started = db[
        """
        insert or ignore into happenings (run_id, state, at, notify)
        select ?1, 'Running', ?2, notify from jobs indexed by jobs_notifying
        where id = ?3 and notify is not null and not exists (select 1 from runs where id = ?1 and started_at is not null)
        """];

    private readonly Statement _ended = db[
        """
        insert or ignore into happenings (run_id, state, at, notify)
        select ?, ?, ?, notify from jobs indexed by jobs_notifying where id = ? and notify is not null
        """];

    /// <summary>A run starts. Before its row says so: of several rounds only the first is a start.</summary>
    public void Started(long runId, long jobId, DateTimeOffset at) => _started.Add(runId).Add(at).Add(jobId).Run();

    /// <summary>An attempt of a watched run starts or ends.</summary>
    public void OfAttempt(RunMoves run, Move.OfTask move)
    {
        var plan = run.Watched!;
        var ended = move.Next?.Ended ?? move.To;
        if (plan.TellTasks && (ended == TaskState.Running || ended.IsEnd()))
            _attempt.Add(run.RunId).Add(move.AttemptId).Word(ended).Add(move.Next is null).Add(move.At).Add(run.JobId).Run();
        var task = plan.Tasks[move.Task];
        if (task.WarnAfterMs <= 0 || (task.Action is ForEachAction && move.Index != InstanceView.HeadIndex))
            return;
        if (ended == TaskState.Running)
            _warnOfAttempt.Add(run.RunId).Add(move.AttemptId).Add(move.At.AddMilliseconds(task.WarnAfterMs)).Run();
        else if (ended.IsEnd())
            _attemptIsOver.Add(run.RunId).Add(move.AttemptId).Run();
    }

    /// <summary>A watched run starts; before its row says so.</summary>
    public void Watch(RunMoves run, DateTimeOffset started)
    {
        if (run.Watched is { WarnAfterMs: > 0 and var after })
            _warnOfRun.Add(run.RunId).Add(started.AddMilliseconds(after)).Run();
    }

    /// <summary>A watched run is over.</summary>
    public void Unwatch(long runId) => _runIsOver.Add(runId).Run();

    public void Ended(long runId, long jobId, RunState state, DateTimeOffset at) => _ended.Add(runId).Word(state).Add(at).Add(jobId).Run();
}
