using Switchyard.Core.Runs;
using Switchyard.Core.Sweeps;
using Switchyard.Stores.Postgres.Raw;
using Switchyard.Stores.Postgres.Writing;

namespace Switchyard.Stores.Postgres;

/// <summary>Batches as rows.</summary>
internal static class BatchRows
{
    public static readonly string Select =
        $"""
        select b.id, b.job_id, b.job_version, b.dialect, b.name, b.owner_id, coalesce(u.email, u.name, (select t.name from teams t where t.id = b.owner_id), ''), b.settings_hash, b.sweep_hash, b.size, b.made,
            b.created_at, b.built_at, b.problem, {StateColumns.All}
        from batches b left join users u on u.id = b.owner_id
        """;

    public static async Task<bool> Insert(WriteSession session, Batch batch, Document settings, Document sweep)
    {
        var db = session.Db;
        if (batch.Token is { } token && await db["select 1 from batches where token = $1"].Add(token).Any().ConfigureAwait(false))
            return false;
        session.Documents.Hold(settings);
        session.Documents.Hold(sweep);
        db.Queue(
            """
            insert into batch_sums as b (job_id, batches, runs, last_at) values ($1, 1, $2, $3)
            on conflict (job_id) do update set batches = b.batches + 1, runs = b.runs + excluded.runs, last_at = excluded.last_at
            """).Add(batch.JobId).Add(batch.Size).Add(batch.CreatedAt);
        return await db[
            """
            insert into batches (id, job_id, job_version, dialect, name, owner_id, settings_hash, sweep_hash, size, created_at, token, number_in_job)
            select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, batches from batch_sums where job_id = $2
            """]
            .Add(batch.Id).Add(batch.JobId).Add(batch.JobVersion).Add(batch.Dialect).Add(batch.Name).Add(batch.OwnerId)
            .Add(settings.Hash).Add(sweep.Hash).Add(batch.Size).Add(batch.CreatedAt).Add(batch.Token).Run().ConfigureAwait(false) == 1;
    }

    /// <summary>Inserts the next runs; when the answer is that it did not grow, what was written is to be taken back.</summary>
    public static async Task<BatchGrowth> Grow(WriteSession session, long id, long made, IReadOnlyList<NewRun> runs, bool byLeader)
    {
        foreach (var run in runs)
            RunInserter.Check(run);
        var inserter = new RunInserter(session);
        inserter.Ask(runs);
        var moved = await session.Db["update batches set made = made + $1, built_at = case when made + $1 >= size then $2::bigint end where id = $3 and made = $4 and built_at is null"]
            .Add((long)runs.Count).Add(runs[^1].At).Add(id).Add(made).Run().ConfigureAwait(false);
        if (moved != 1)
            return new BatchGrowth(false);
        for (var at = 0; at < runs.Count; at++)
        {
            if (!inserter.Insert(runs[at], byLeader).Ok(out _, out var refusal))
                return new BatchGrowth(false, at, refusal);
        }

        inserter.Flush();
        await session.Db.Send().ConfigureAwait(false);
        return new BatchGrowth(true);
    }

    /// <summary>Pages of a batch's runs, read along the index of their places.</summary>
    public static async Task<IReadOnlyList<RunRow>> Runs(Database db, BatchRunQuery query)
    {
        if (query is { States.Count: 0 } or { Indices.Count: 0 })
            return [];
        var filter = new Filter()
            .That("r.batch_id = ?", query.BatchId)
            .That("r.batch_index > ?", query.After ?? -1)
            .That("r.state = any(?)", query.States is null ? null : (IReadOnlyList<string>)[.. query.States.Select(Words<RunState>.Of)])
            .That("r.batch_index = any(?)", query.Indices);
        return await filter.Around(db, where => $"{RunRows.Select}{where} order by r.batch_index limit ?").Add((long)query.Limit).All(Rows.Run).ConfigureAwait(false);
    }

    /// <summary>Deletes batches that are built and have no run left; answers how many.</summary>
    public static async Task<int> DeleteEmpty(WriteSession session, IReadOnlyList<long> ids)
    {
        if (ids.Count == 0)
            return 0;
        var gone = await session.Db["delete from batches b where id = any($1) and built_at is not null and not exists (select 1 from runs r where r.batch_id = b.id) returning settings_hash, sweep_hash"]
            .Add(ids).All(row => (row.Text(), row.Text())).ConfigureAwait(false);
        foreach (var (settings, sweep) in gone)
        {
            session.Documents.Release(settings);
            session.Documents.Release(sweep);
        }

        return gone.Count;
    }
}
