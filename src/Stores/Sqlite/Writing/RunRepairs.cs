using Switchyard.Core.Runs;
using Switchyard.Core.Text;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite.Writing;

/// <summary>Opens ended runs again, and keeps how their earlier passes ended.</summary>
internal static class RunRepairs
{
    /// <summary>Writes a repair; when it is refused, what was written is to be taken back.</summary>
    public static Refusal? Write(WriteSession session, PlanCache plans, Repair repair)
    {
        var (db, request) = (session.Db, repair.Request);
        var run = db[$"select {Rows.RunColumns} from runs r left join users u on u.id = r.owner_id where r.id = ?"].Add(request.RunId).First(Rows.Run);
        if (run is null)
            return new Refusal(RefusalCode.NotFound, $"there is no run {request.RunId}");
        if (!run.State.IsEnd() || run.EndedAt is not { } ended || run.Revision != request.Revision)
            return new Refusal(RefusalCode.Conflict, $"run {run.Id} has not ended, or was repaired since");

        foreach (var task in repair.Dropped)
        {
            db[$"insert into attempts (id, {Rows.AttemptColumns}) select attempt_id, {Rows.AttemptColumns} from tasks where run_id = ? and task = ? and idx >= 0"].Add(run.Id).Add(task).Run();
            db["delete from tasks where run_id = ? and task = ? and idx >= 0"].Add(run.Id).Add(task).Run();
        }

        session.Events.OfRun(run.Id, run.State, RunState.Queued, new Reason(ReasonCode.Progress, $"repair {repair.Id}"), repair.At);
        foreach (var move in repair.Reopened)
        {
            if (!session.Moves.Reopen(run.Id, move))
                return new Refusal(RefusalCode.Conflict, $"run {run.Id} was changed by somebody else");
            db["update tasks set charged = 0, free = 0, reason_code = 'None', reason_text = '' where run_id = ? and task = ? and idx = ?"]
                .Add(run.Id).Add(move.Task).Add(move.Index).Run();
        }

        db["insert or ignore into passes (run_id, no, started_at) values (?, 0, ?)"].Add(run.Id).Add(run.CreatedAt).Run();
        db["update passes set ended_at = ?, state = ?, reason_code = ?, reason_text = ? where run_id = ? and no = ?"]
            .Add(ended).Word(run.State).Add(run.Reason).Add(run.Id).Add(run.Revision).Run();
        db["insert into passes (run_id, no, repair_id, started_at) values (?, ?, ?, ?)"].Add(run.Id).Add(run.Revision + 1).Add(repair.Id).Add(repair.At).Run();

        db["""
            update runs set state = 'Queued', reason_code = 'None', reason_text = '', revision = ?, plan_hash = ?, shown_hash = ?, overrides = ?, timeout_ms = ?,
                queue_when_full = 1, charged_rounds = 0, platform_rounds = 0, resource_rounds = 0, started_at = null, ended_at = null, due_at = null, exit_code = null
            where id = ?
            """]
            .Add(run.Revision + 1).Add(request.Plan.Document.Hash).Add(request.Shown.Hash).Add(request.Overrides).Add(request.TimeoutMs).Add(run.Id).Run();
        session.Documents.Hold(request.Plan.Document);
        session.Documents.Hold(request.Shown);
        session.Documents.Release(run.PlanHash);
        session.Documents.Release(run.ShownHash);
        plans.Keep(request.Plan.Document.Hash, request.Plan.Plan, request.Plan.Document.Text.Length);
        session.Counters.Count(run.JobId, run.State, -1);
        session.Counters.Count(run.JobId, RunState.Queued, 1);
        session.Batches.Count(run.Batch?.BatchId, run.State, -1);
        session.Batches.Count(run.Batch?.BatchId, RunState.Queued, 1);
        return null;
    }

    /// <summary>The passes over a run, in order.</summary>
    public static IReadOnlyList<RunPass> Passes(Database db, long id) =>
        db["select repair_id, started_at, ended_at, state, reason_code, reason_text from passes where run_id = ? order by no"].Add(id).All(row =>
        {
            var (repair, started, ended) = (row.LongOrNull(), row.Instant(), row.InstantOrNull());
            return new RunPass(repair, started, ended is { } at ? new PassEnd(row.Word<RunState>(), row.Reason(), at) : null);
        });
}
