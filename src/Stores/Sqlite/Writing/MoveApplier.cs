using System.Text.Json;
using Switchyard.Core.Runs;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite.Writing;

/// <summary>
/// Applies moves: one guarded update for all moves of one row, one event for each. Statements are kept: this is the
/// other half of the hot path. Answers false as soon as a row is not as a move said; the caller takes the rest back.
/// </summary>
internal sealed class MoveApplier(WriteSession session)
{
    /// <summary>An event's word for a for-each node that got its iterations.</summary>
    public const string Expanded = nameof(Expanded);

    /// <summary>An event's word for an attempt that was asked to end.</summary>
    public const string Stopping = nameof(Move.Stopping);

    private const string Fresh =
        """
        node = null, ports = null, handle = null, exit_code = null, branch = null, child_run_id = null, outcome = null,
        stopping_code = null, stopping_text = null, ready_at = null, started_at = null, ended_at = null
        """;

    private readonly Dictionary<(int Task, int Index), TaskChange> _changes = [];

    private readonly Statement _updateRun = session.Db[
        """
        update runs set state = ?, reason_code = ?, reason_text = ?, round = coalesce(?, round), charged_rounds = coalesce(?, charged_rounds),
            platform_rounds = coalesce(?, platform_rounds), resource_rounds = coalesce(?, resource_rounds), due_at = ?,
            started_at = coalesce(started_at, ?), ended_at = ?, exit_code = ?
        where id = ? and job_id = ? and batch_id is ? and state = ?
        """];

    private readonly Statement _updateTask = session.Db[
        """
        update tasks set state = ?, reason_code = ?, reason_text = ?, node = coalesce(?, node), ports = coalesce(?, ports), handle = coalesce(?, handle),
            exit_code = coalesce(?, exit_code), outcome = coalesce(?, outcome), branch = coalesce(?, branch), child_run_id = coalesce(?, child_run_id),
            stopping_code = coalesce(stopping_code, ?), stopping_text = coalesce(stopping_text, ?),
            ready_at = coalesce(?, ready_at), started_at = coalesce(started_at, ?), ended_at = coalesce(?, ended_at)
        where run_id = ? and task = ? and idx = ? and state = ? and attempt_id = ?
        """];

    private readonly Statement _stopTask = session.Db[
        """
        update tasks set stopping_code = ?, stopping_text = ?
        where run_id = ? and task = ? and idx = ? and attempt_id = ? and stopping_code is null and ended_at is null
        returning state
        """];

    private readonly Statement _archive = session.Db[
        $"""
        insert into attempts (id, {Rows.AttemptColumns}) select attempt_id, {Rows.AttemptColumns} from tasks
        where run_id = ? and task = ? and idx = ? and state = ? and attempt_id = ?
        """];

    private readonly Statement _archiveIteration = session.Db[
        $"insert into attempts (id, {Rows.AttemptColumns}) select attempt_id, {Rows.AttemptColumns} from tasks where run_id = ? and task = ? and idx = ?"];

    private readonly Statement _endArchived = session.Db["update attempts set state = ?, ended_at = ? where id = ?"];

    private readonly Statement _nextAttempt = session.Db[
        $"update tasks set attempt_id = ?, attempt = ?, charged = ?, free = ?, due_at = ?, {Fresh} where run_id = ? and task = ? and idx = ?"];

    private readonly Statement _reopen = session.Db[
        $"update tasks set state = 'Blocked', attempt_id = ?, attempt = ?, due_at = null, {Fresh} where run_id = ? and task = ? and idx = ?"];

    private readonly Statement _head = session.Db[
        "select attempt_id, state, task_key from tasks where run_id = ? and task = ? and idx = ? and ended_at is null"];

    private readonly Statement _iteration = session.Db[
        """
        insert or replace into tasks (run_id, task, idx, attempt_id, task_key, attempt, state, reason_code, reason_text, input)
        values (?, ?, ?, ?, ?, 0, 'Blocked', 'None', '', ?)
        """];

    private readonly Statement _followUps = session.Db[
        """
        insert or ignore into follow_ups (run_id, job_id, at)
        select ?, id, ? from jobs where after_job_id = ? and after_job_id is not null and deleted_at is null and paused = 0
        """];

    private readonly Statement _taken = session.Db["select 1 from tasks where attempt_id = ?"];

    private RunChange? _runChange;

    /// <summary>Applies the moves of each run by itself.</summary>
    public IReadOnlyList<bool> Apply(IReadOnlyList<RunMoves> runs) => [.. runs.Select(run => session.Step(run, ApplyOne, applied => applied))];

    /// <summary>Applies the moves of one run; when the answer is no, what it wrote is to be taken back.</summary>
    public bool ApplyOne(RunMoves run)
    {
        _changes.Clear();
        _runChange = null;
        try
        {
            foreach (var move in run.Moves)
            {
                if (!Take(run, move))
                    return false;
            }

            return WriteTasks(run.RunId) && WriteRun(run);
        }
        catch (SqliteFailure failure) when (failure.IsConstraint)
        {
            // An attempt id that is there already: the same moves came before.
            return false;
        }
    }

    private bool Take(RunMoves run, Move move) => move switch
    {
        Move.OfTask task => TakeTask(run, task),
        Move.OfRun whole => TakeRun(run.RunId, whole),
        Move.Stopping stopping => TakeStopping(run.RunId, stopping),
        Move.Expand expand => TakeExpand(run.RunId, expand),
        Move.Reopen reopen => TakeReopen(run.RunId, reopen),
        _ => throw new ArgumentException($"a move of type {move.GetType().Name} is unknown to this store"),
    };

    private bool TakeRun(long runId, Move.OfRun move)
    {
        _runChange ??= new RunChange(move.From);
        if (_runChange.To != move.From)
            return false;
        _runChange.Take(move);
        session.Events.OfRun(runId, move.From, move.To, move.Reason, move.At);
        return true;
    }

    private bool TakeTask(RunMoves run, Move.OfTask move)
    {
        var runId = run.RunId;
        if (!_changes.TryGetValue((move.Task, move.Index), out var change))
            _changes.Add((move.Task, move.Index), change = new TaskChange(move));
        if (!change.Leads(move))
            return false;
        change.Take(move);
        session.Events.OfTask(runId, move.Task, move.Index, move.AttemptId, move.From, move.To, move.Reason, move.At);
        if (run.Watched is not null)
            session.Happenings.OfAttempt(run, move);
        if (move.Next is not { } next)
            return true;

        _changes.Remove((move.Task, move.Index));
        if (!WriteTask(runId, change) || !Archive(runId, move.Task, move.Index, move.To, move.AttemptId))
            return false;
        _endArchived.Word(next.Ended).Add(move.At).Add(move.AttemptId).Run();
        return _nextAttempt.Add(next.AttemptId).Add(next.Attempt).Add(next.Charged).Add(next.Free).Add(next.DueAt)
            .Add(runId).Add(move.Task).Add(move.Index).Run() == 1;
    }

    private bool TakeStopping(long runId, Move.Stopping move)
    {
        TaskState state;
        if (_changes.TryGetValue((move.Task, move.Index), out var change))
        {
            if (change.AttemptId != move.AttemptId || change.To.IsEnd())
                return false;
            change.Stopping ??= move.Reason;
            state = change.To;
        }
        else if (_stopTask.Add(move.Reason).Add(runId).Add(move.Task).Add(move.Index).Add(move.AttemptId).First(row => (TaskState?)row.Word<TaskState>()) is { } stopped)
        {
            state = stopped;
        }
        else
        {
            return false;
        }

        session.Events.OfTask(runId, move.Task, move.Index, move.AttemptId, state, Stopping, move.Reason, move.At);
        return true;
    }

    private bool TakeExpand(long runId, Move.Expand move)
    {
        if (!WriteTasks(runId))
            return false;
        var head = _head.Add(runId).Add(move.Task).Add(InstanceView.HeadIndex).First(row => ((long, TaskState, string)?)(row.Long(), row.Word<TaskState>(), row.Text()));
        if (head is not var (attemptId, state, key))
            return false;
        for (var index = 0; index < move.Iterations.Count; index++)
        {
            // An earlier round's iteration may stand here; it is kept among the attempts that were followed.
            var (iterationId, input) = move.Iterations[index];
            if (_taken.Add(iterationId).Any())
                return false;
            _archiveIteration.Add(runId).Add(move.Task).Add(index).Run();
            _iteration.Add(runId).Add(move.Task).Add(index).Add(iterationId).Add(key).Add(input).Run();
        }

        session.Events.OfTask(runId, move.Task, InstanceView.HeadIndex, attemptId, state, Expanded, move.Reason, move.At);
        return true;
    }

    /// <summary>Reopens one instance outside of a run's moves; what it was is to be taken back when the answer is no.</summary>
    public bool Reopen(long runId, Move.Reopen move)
    {
        _changes.Clear();
        return TakeReopen(runId, move);
    }

    private bool TakeReopen(long runId, Move.Reopen move)
    {
        if (_changes.Remove((move.Task, move.Index), out var change) && !WriteTask(runId, change))
            return false;
        if (!Archive(runId, move.Task, move.Index, move.From, move.AttemptId))
            return false;
        session.Events.OfTask(runId, move.Task, move.Index, move.NextAttemptId, move.From, TaskState.Blocked, move.Reason, move.At);
        return _reopen.Add(move.NextAttemptId).Add(move.NextAttempt).Add(runId).Add(move.Task).Add(move.Index).Run() == 1;
    }

    private bool Archive(long runId, int task, int index, TaskState state, long attemptId) =>
        _archive.Add(runId).Add(task).Add(index).Word(state).Add(attemptId).Run() == 1;

    private bool WriteTasks(long runId)
    {
        foreach (var change in _changes.Values)
        {
            if (!WriteTask(runId, change))
                return false;
        }

        _changes.Clear();
        return true;
    }

    private bool WriteTask(long runId, TaskChange change) =>
        _updateTask.Word(change.To).Add(change.Reason).Add(change.Node).Add(change.Grant?.ToString()).Add(change.Handle).Add(change.ExitCode)
            .Add(change.Outcome is null ? null : JsonSerializer.Serialize(change.Outcome, StoreJson.Default.TaskOutcome))
            .Add(change.Branch).Add(change.ChildRunId).Add(change.Stopping).Add(change.ReadyAt).Add(change.StartedAt).Add(change.EndedAt)
            .Add(runId).Add(change.Task).Add(change.Index).Word(change.From).Add(change.AttemptId)
            .Run() == 1;

    private bool WriteRun(RunMoves run)
    {
        if (_runChange is not { } change)
            return true;
        if (change.StartedAt is { } started)
        {
            session.Happenings.Started(run.RunId, run.JobId, started);
            session.Happenings.Watch(run, started);
        }

        var written = _updateRun.Word(change.To).Add(change.Reason).Add(change.Round).Add(change.ChargedRounds)
            .Add(change.FreeRounds?.Platform).Add(change.FreeRounds?.Resource).Add(change.DueAt).Add(change.StartedAt).Add(change.EndedAt).Add(change.ExitCode)
            .Add(run.RunId).Add(run.JobId).Add(run.BatchId).Word(change.From)
            .Run() == 1;
        if (!written)
            return false;
        session.Counters.Count(run.JobId, change.From, -1);
        session.Counters.Count(run.JobId, change.To, 1);
        if (change.EndedAt is { } ended)
        {
            session.Happenings.Ended(run.RunId, run.JobId, change.To, ended);
            session.Succession.Ended(run.JobId, change.To, ended);
            if (run.Watched is not null)
                session.Happenings.Unwatch(run.RunId);
            if (change.To == RunState.Succeeded)
                _followUps.Add(run.RunId).Add(ended).Add(run.JobId).Run();
        }

        session.Batches.Count(run.BatchId, change.From, -1);
        session.Batches.Count(run.BatchId, change.To, 1);
        return true;
    }
}
