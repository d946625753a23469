using Switchyard.Core.Runs;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite;

/// <summary>Runs as rows.</summary>
internal static class RunRows
{
    public const string Columns =
        """
        r.id, r.job_id, r.dialect, r.kind, r.name, r.owner_id, coalesce(u.email, u.name, (select t.name from teams t where t.id = r.owner_id), ''), r.number_in_job, r.trigger_kind, r.triggered_at,
        r.state, r.reason_code, r.reason_text, r.round, r.charged_rounds, r.platform_rounds, r.resource_rounds, r.revision, r.plan_hash, r.shown_hash,
        r.overrides, r.max_concurrent, r.queue_when_full, r.timeout_ms, r.idempotency_token, r.parent_attempt_id, r.created_at, r.started_at,
        r.ended_at, r.due_at, r.unique_name, r.exit_code, r.batch_id, r.batch_index
        """;

    public static RunRow Read(Statement row) => new()
    {
        Id = row.Long(),
        JobId = row.Long(),
        Dialect = row.Text(),
        Kind = row.Word<RunKind>(),
        Name = row.Text(),
        OwnerId = row.Long(),
        OwnerName = row.Text(),
        NumberInJob = row.Long(),
        TriggerKind = row.Text(),
        TriggeredAt = row.InstantOrNull(),
        State = row.Word<RunState>(),
        Reason = row.Reason(),
        Round = row.Int(),
        ChargedRounds = row.Int(),
        PlatformRounds = row.Int(),
        ResourceRounds = row.Int(),
        Revision = row.Int(),
        PlanHash = row.Text(),
        ShownHash = row.Text(),
        Overrides = row.TextOrNull(),
        MaxConcurrent = row.Int(),
        QueueWhenFull = row.Bool(),
        TimeoutMs = row.Long(),
        IdempotencyToken = row.TextOrNull(),
        ParentAttemptId = row.LongOrNull(),
        CreatedAt = row.Instant(),
        StartedAt = row.InstantOrNull(),
        EndedAt = row.InstantOrNull(),
        DueAt = row.InstantOrNull(),
        UniqueName = row.TextOrNull(),
        ExitCode = row.IntOrNull(),
        Batch = (row.LongOrNull(), row.LongOrNull()) is ({ } batch, { } index) ? new BatchPlace(batch, index) : null,
    };

    /// <summary>Deletes an ended run with all that hangs on it; false if it is not there or has not ended.</summary>
    public static bool Delete(Writing.WriteSession session, long id)
    {
        var db = session.Db;
        var run = db[$"select {Columns} from runs r left join users u on u.id = r.owner_id where r.id = ? and r.ended_at is not null"].Add(id).First(Read);
        if (run is null)
            return false;

        // What must never fall or be given out again outlives the rows it came from.
        var highest = db["select max(?, coalesce((select max(attempt_id) from tasks where run_id = ?), 0), coalesce((select max(id) from attempts where run_id = ?), 0), ?)"]
            .Add(id).Add(id).Add(id).Add(run.JobId).First(row => row.Long());
        Mark(db, "ids", highest);
        Mark(db, "events", session.Events.Last);
        if (run.IdempotencyToken is { } token)
            db["insert or replace into deleted_tokens (dialect, owner_id, token, run_id) values (?, ?, ?, ?)"].Add(run.Dialect).Add(run.OwnerId).Add(token).Add(id).Run();

        NoticeRows.DeleteOfRun(db, id);
        db["delete from events where run_id = ?"].Add(id).Run();
        db["delete from attempts where run_id = ?"].Add(id).Run();
        db["delete from tasks where run_id = ?"].Add(id).Run();
        db["delete from passes where run_id = ?"].Add(id).Run();
        db["delete from clusters where run_id = ?"].Add(id).Run();
        db["delete from runs where id = ?"].Add(id).Run();
        session.Documents.Release(run.PlanHash);
        session.Documents.Release(run.ShownHash);
        session.Counters.Count(run.JobId, run.State, -1);
        session.Batches.Count(run.Batch?.BatchId, run.State, -1);
        if (run.Batch is { } place)
            BatchRows.DeleteIfEmpty(session, place.BatchId);
        if (db["delete from jobs where id = ?1 and hidden = 1 and not exists (select 1 from runs where job_id = ?1)"].Add(run.JobId).Run() > 0)
        {
            session.Counters.Drop(run.JobId);
            db["delete from batch_sums where job_id = ?"].Add(run.JobId).Run();
        }

        return true;
    }

    private static void Mark(Database db, string name, long value) =>
        db["insert into marks (name, value) values (?, ?) on conflict (name) do update set value = max(value, excluded.value)"].Add(name).Add(value).Run();
}
