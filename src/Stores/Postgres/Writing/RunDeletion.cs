using Switchyard.Core.Runs;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres.Writing;

/// <summary>Deletes ended runs with all that hangs on them, as sets.</summary>
internal static class RunDeletion
{
    private sealed record Gone(long Id, long JobId, RunState State, string PlanHash, string ShownHash, long? BatchId);

    /// <summary>Deletes those that are there and have ended; answers how many.</summary>
    public static async Task<int> Delete(WriteSession session, IReadOnlyList<long> ids)
    {
        var db = session.Db;
        var runs = await db["select id, job_id, state, plan_hash, shown_hash, batch_id from runs where id = any($1) and ended_at is not null"].Add(ids)
            .All(row => new Gone(row.Long(), row.Long(), row.Word<RunState>(), row.Text(), row.Text(), row.LongOrNull())).ConfigureAwait(false);
        if (runs.Count == 0)
            return 0;
        var gone = runs.ConvertAll(run => run.Id);
        Remember(db, gone, Math.Max(gone.Max(), runs.Max(run => run.JobId)));
        await NoticeRows.DeleteOfRuns(db, gone).ConfigureAwait(false);
        foreach (var table in (string[])["events", "attempts", "tasks", "passes", "clusters"])
            db.Queue($"delete from {table} where run_id = any($1)").Add(gone);
        db.Queue("delete from runs where id = any($1)").Add(gone);
        foreach (var run in runs)
        {
            session.Documents.Release(run.PlanHash);
            session.Documents.Release(run.ShownHash);
            session.Counters.Count(run.JobId, run.State, -1);
            session.Batches.Count(run.BatchId, run.State, -1);
        }

        await BatchRows.DeleteEmpty(session, [.. runs.Select(run => run.BatchId).OfType<long>().Distinct()]).ConfigureAwait(false);
        var jobs = await db["delete from jobs j where id = any($1) and hidden and not exists (select 1 from runs r where r.job_id = j.id) returning id"]
            .Add([.. runs.Select(run => run.JobId).Distinct()]).All(row => row.Long()).ConfigureAwait(false);
        foreach (var job in jobs)
            session.Counters.Drop(job);
        if (jobs.Count > 0)
            await db["delete from batch_sums where job_id = any($1)"].Add(jobs).Run().ConfigureAwait(false);
        return runs.Count;
    }

    /// <summary>What must never fall or be given out again outlives the rows it came from.</summary>
    private static void Remember(Database db, List<long> runs, long highest)
    {
        db.Queue(
            """
            insert into marks (name, value)
            select 'ids', greatest($2, (select max(attempt_id) from tasks where run_id = any($1)), (select max(id) from attempts where run_id = any($1)))
            on conflict (name) do update set value = greatest(marks.value, excluded.value)
            """).Add(runs).Add(highest);
        db.Queue(
            """
            insert into deleted_tokens (dialect, owner_id, token, run_id)
            select dialect, owner_id, idempotency_token, id from runs where id = any($1) and idempotency_token is not null
            on conflict (dialect, owner_id, token) do update set run_id = excluded.run_id
            """).Add(runs);
    }
}
