using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite;

/// <summary>Runs as rows.</summary>
internal static class RunRows
{
    /// <summary>Deletes an ended run with all that hangs on it; false if it is not there or has not ended.</summary>
    public static bool Delete(Writing.WriteSession session, long id)
    {
        var db = session.Db;
        var run = db[$"select {Rows.RunColumns} from runs r left join users u on u.id = r.owner_id where r.id = ? and r.ended_at is not null"].Add(id).First(Rows.Run);
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
