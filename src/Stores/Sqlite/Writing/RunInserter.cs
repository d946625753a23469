using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Core.Text;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite.Writing;

/// <summary>Inserts runs with their instances and first event. Statements are kept: this is half of the hot path.</summary>
internal sealed class RunInserter(WriteSession session, PlanCache plans)
{
    private readonly Statement _byToken = session.Db[
        "select id, number_in_job from runs where dialect = ? and owner_id = ? and idempotency_token = ?"];

    private readonly Statement _deletedToken = session.Db[
        "select run_id from deleted_tokens where dialect = ? and owner_id = ? and token = ?"];

    private readonly Statement _version = session.Db["select version from jobs where id = ? and deleted_at is null"];

    private readonly Statement _insertRun = session.Db[
        """
        insert into runs (id, job_id, dialect, kind, name, owner_id, number_in_job, trigger_kind, triggered_at, state, reason_code, reason_text,
            plan_hash, shown_hash, overrides, max_concurrent, queue_when_full, timeout_ms, idempotency_token, unique_name, parent_attempt_id, created_at, ended_at,
            batch_id, batch_index)
        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """];

    private readonly Statement _insertTask = session.Db[
        """
        insert into tasks (run_id, task, idx, attempt_id, task_key, attempt, state, reason_code, reason_text, ended_at)
        values (?, ?, ?, ?, ?, 0, ?, ?, ?, ?)
        """];

    private readonly Statement _setPast = session.Db[
        "update runs set started_at = ?, charged_rounds = ?, platform_rounds = ?, resource_rounds = ? where id = ?"];

    /// <summary>Inserts each run by itself.</summary>
    public IReadOnlyList<Result<RunInserted>> Insert(IReadOnlyList<NewRun> runs) =>
        runs is [var only] ? [InsertOne(only)] : [.. runs.Select(run => session.Step(run, InsertOne, answer => answer.Ok(out _, out _)))];

    /// <summary>Inserts a run; when it is refused, what was written is to be taken back.</summary>
    public Result<RunInserted> InsertOne(NewRun run)
    {
        if (run.IdempotencyToken is { } token)
        {
            if (_byToken.Add(run.Dialect).Add(run.OwnerId).Add(token).First(row => new RunInserted(row.Long(), row.Long(), Existed: true)) is { } first)
                return first;
            if (_deletedToken.Add(run.Dialect).Add(run.OwnerId).Add(token).First(row => (long?)row.Long()) is { } deleted)
                return new Refusal(RefusalCode.Invalid, $"the run {deleted} of idempotency token '{token}' was deleted");
        }

        if (run.UniqueName is { } name && NameIsTaken(run, name) is { } taken)
            return taken;
        if (run.HiddenJob is { } hidden)
            JobRows.Insert(session.Db, hidden);
        else if (_version.Add(run.JobId).First(row => (int?)row.Int()) is not { } version)
            return new Refusal(RefusalCode.NotFound, $"there is no job {run.JobId}");
        else if (run.JobVersion is { } planned && planned != version)
            return new Refusal(RefusalCode.Conflict, $"job {run.JobId} has changed: version {version}, planned from {planned}");

        var number = session.Counters.NextNumber(run.JobId);
        session.Documents.Hold(run.Plan.Document);
        session.Documents.Hold(run.Shown);
        plans.Keep(run.Plan.Document.Hash, run.Plan.Plan, run.Plan.Document.Text.Length);
        session.Order.Take(run);
        InsertRow(run, number);
        InsertTasks(run);
        session.Events.Made(run.Id, run.At);
        if (EndOf(run) is { } end)
            session.Events.OfRun(run.Id, RunState.Queued, end.State, end.Reason, end.EndedAt);
        if (run.Refused is not null)
        {
            session.Happenings.Ended(run.Id, run.JobId, RunState.Failed, run.At);
            session.Succession.Ended(run.JobId, RunState.Failed, run.At);
        }

        if (run.Past is { } past)
            _setPast.Add(past.StartedAt).Add(past.ChargedRounds).Add(past.PlatformRounds).Add(past.ResourceRounds).Add(run.Id).Run();
        session.Counters.Count(run.JobId, EndOf(run)?.State ?? RunState.Queued, 1);
        session.Batches.Count(run.Batch?.BatchId, EndOf(run)?.State ?? RunState.Queued, 1);
        return new RunInserted(run.Id, number, Existed: false);
    }

    /// <summary>Takes the name over from the run that gives it up, and says who has it otherwise.</summary>
    private Refusal? NameIsTaken(NewRun run, string name)
    {
        if (run.TakesNameFrom is { } before
            && session.Db["update runs set unique_name = null where id = ? and unique_name = ? and ended_at is not null"].Add(before).Add(name).Run() != 1)
            return new Refusal(RefusalCode.Conflict, $"run {before} has not ended, or is not called '{name}' any more");
        var taken = name.StartsWith('~')
            ? session.Db["select 1 from runs where dialect = ? and unique_name = ? and substr(unique_name, 1, 1) = '~'"].Add(run.Dialect).Add(name).Any()
            : session.Db["select 1 from runs where dialect = ? and owner_id = ? and unique_name = ?"].Add(run.Dialect).Add(run.OwnerId).Add(name).Any();
        return taken
            ? new Refusal(RefusalCode.Conflict, $"there is a run called '{name}' already")
            : null;
    }

    /// <summary>How a run ended that has ended already.</summary>
    private static PastRun? EndOf(NewRun run) => run.Past ?? (run.Refused is { } refused ? new PastRun(RunState.Failed, refused, null, run.At) : null);

    private void InsertRow(NewRun run, long number) =>
        _insertRun.Add(run.Id).Add(run.JobId).Add(run.Dialect).Word(run.Kind).Add(run.Name).Add(run.OwnerId).Add(number).Add(run.TriggerKind).Add(run.TriggeredAt)
            .Word(EndOf(run)?.State ?? RunState.Queued).Add(EndOf(run)?.Reason ?? Reason.None)
            .Add(run.Plan.Document.Hash).Add(run.Shown.Hash).Add(run.Overrides).Add(run.MaxConcurrent).Add(run.QueueWhenFull).Add(run.TimeoutMs)
            .Add(run.IdempotencyToken).Add(run.UniqueName).Add(run.ParentAttemptId).Add(run.At).Add(EndOf(run)?.EndedAt)
            .Add(run.Batch?.BatchId).Add(run.Batch?.Index)
            .Run();

    private void InsertTasks(NewRun run)
    {
        var tasks = run.Plan.Plan.Tasks;
        if (run.AttemptIds.Count != tasks.Count)
            throw new ArgumentException($"run {run.Id} has {tasks.Count} tasks and attempt ids for {run.AttemptIds.Count}");
        for (var task = 0; task < tasks.Count; task++)
        {
            var ids = run.AttemptIds[task];
            var isHead = tasks[task].Action is ForEachAction;
            var instances = isHead ? 1 : tasks[task].Instances;
            if (ids.Count != instances)
                throw new ArgumentException($"task '{tasks[task].Key}' of run {run.Id} has {instances} instances and {ids.Count} attempt ids");
            for (var index = 0; index < instances; index++)
                InsertTask(run, task, isHead ? InstanceView.HeadIndex : index, ids[index], tasks[task].Key);
        }
    }

    private void InsertTask(NewRun run, int task, int index, long attemptId, string key)
    {
        _insertTask.Add(run.Id).Add(task).Add(index).Add(attemptId).Add(key);
        if (EndOf(run) is { } end)
            _insertTask.Word(TaskState.Skipped).Add(run.Refused is null ? end.Reason : new Reason(ReasonCode.PlanRefused, end.Reason.Text)).Add(end.EndedAt).Run();
        else
            _insertTask.Word(TaskState.Blocked).Add(Reason.None).Add((long?)null).Run();
    }
}
