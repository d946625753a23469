using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres.Writing;

/// <summary>Opens ended runs again, and keeps how their earlier passes ended.</summary>
internal static class RunRepairs
{
    /// <summary>Writes a repair; when it is refused, what was written is to be taken back.</summary>
    public static async Task<Refusal?> Write(WriteSession session, Repair repair, bool byLeader)
    {
        var (db, request) = (session.Db, repair.Request);
        var run = await db[$"{RunRows.Select} where r.id = $1"].Add(request.RunId).First(Rows.Run).ConfigureAwait(false);
        if (run is null)
            return new Refusal(RefusalCode.NotFound, $"there is no run {request.RunId}");
        if (!run.State.IsEnd() || run.EndedAt is not { } ended || run.Revision != request.Revision)
            return new Refusal(RefusalCode.Conflict, $"run {run.Id} has not ended, or was repaired since");

        var dropped = repair.Dropped.ToList();
        db.Queue($"insert into attempts (id, {Rows.AttemptColumns}) select attempt_id, {Rows.AttemptColumns} from tasks where run_id = $1 and task = any($2) and idx >= 0").Add(run.Id).Add(dropped);
        db.Queue("delete from tasks where run_id = $1 and task = any($2) and idx >= 0").Add(run.Id).Add(dropped);
        session.Events.OfRun(run.Id, run.State, RunState.Queued, new Reason(ReasonCode.Progress, $"repair {repair.Id}"), repair.At);
        if (!await Reopen(session, run, repair).ConfigureAwait(false))
            return new Refusal(RefusalCode.Conflict, $"run {run.Id} was changed by somebody else");

        db.Queue("insert into passes (run_id, no, started_at) values ($1, 0, $2) on conflict do nothing").Add(run.Id).Add(run.CreatedAt);
        db.Queue("update passes set ended_at = $1, state = $2, reason_code = $3, reason_text = $4 where run_id = $5 and no = $6")
            .Add(ended).Word(run.State).Add(run.Reason).Add(run.Id).Add(run.Revision);
        db.Queue("insert into passes (run_id, no, repair_id, started_at) values ($1, $2, $3, $4)").Add(run.Id).Add(run.Revision + 1).Add(repair.Id).Add(repair.At);
        db.Queue(
            """
            update runs set state = 'Queued', reason_code = 'None', reason_text = '', revision = $1, plan_hash = $2, shown_hash = $3, overrides = $4, timeout_ms = $5,
                queue_when_full = true, charged_rounds = 0, platform_rounds = 0, resource_rounds = 0, started_at = null, ended_at = null, due_at = null, exit_code = null
            where id = $6
            """)
            .Add(run.Revision + 1).Add(request.Plan.Document.Hash).Add(request.Shown.Hash).Add(request.Overrides).Add(request.TimeoutMs).Add(run.Id);
        if (!byLeader)
        {
            db.Queue($"insert into notes (kind, subject, body) values ('{LeaderNote.RunKind}', $1, '')").Add(run.Id);
            session.Say(StoreSignal.Notes, 0);
        }

        session.Documents.Hold(request.Plan.Document);
        session.Documents.Hold(request.Shown);
        session.Documents.Release(run.PlanHash);
        session.Documents.Release(run.ShownHash);
        session.Plans.Keep(request.Plan.Document.Hash, request.Plan.Plan, request.Plan.Document.Text.Length);
        session.Counters.Count(run.JobId, run.State, -1);
        session.Counters.Count(run.JobId, RunState.Queued, 1);
        session.Batches.Count(run.Batch?.BatchId, run.State, -1);
        session.Batches.Count(run.Batch?.BatchId, RunState.Queued, 1);
        await db.Send().ConfigureAwait(false);
        return null;
    }

    /// <summary>The passes over a run, in order.</summary>
    public static async Task<IReadOnlyList<RunPass>> Passes(Database db, long id) =>
        await db["select repair_id, started_at, ended_at, state, reason_code, reason_text from passes where run_id = $1 order by no"].Add(id).All(row =>
        {
            var (repair, started, ended) = (row.LongOrNull(), row.Instant(), row.InstantOrNull());
            return new RunPass(repair, started, ended is { } at ? new PassEnd(row.Word<RunState>(), row.Reason(), at) : null);
        }).ConfigureAwait(false);

    private static async Task<bool> Reopen(WriteSession session, RunRow run, Repair repair)
    {
        if (repair.Reopened.Count == 0)
            return true;
        var db = session.Db;
        var moves = new RunMoves(run.Id, run.JobId, repair.Reopened, run.Batch?.BatchId);
        var applier = new MoveApplier(session);
        applier.Ask([moves]);
        await db.Send().ConfigureAwait(false);
        if (!applier.Apply(moves))
            return false;
        applier.Flush();
        db.Queue("update tasks t set charged = 0, free = 0, reason_code = 'None', reason_text = '' from unnest($2::int[], $3::int[]) n (task, idx) where t.run_id = $1 and t.task = n.task and t.idx = n.idx")
            .Add(run.Id).Add(repair.Reopened.Select(move => move.Task).ToList()).Add(repair.Reopened.Select(move => move.Index).ToList());
        await db.Send().ConfigureAwait(false);
        return true;
    }
}
