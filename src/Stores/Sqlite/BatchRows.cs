using System.Text.Json;
using Switchyard.Core.Runs;
using Switchyard.Core.Sweeps;
using Switchyard.Stores.Sqlite.Raw;
using Switchyard.Stores.Sqlite.Writing;

namespace Switchyard.Stores.Sqlite;

/// <summary>Batches as rows.</summary>
internal static class BatchRows
{
    public const string Select =
        $"""
        select b.id, b.job_id, b.job_version, b.dialect, b.name, b.owner_id, coalesce(u.email, u.name, (select t.name from teams t where t.id = b.owner_id), ''), b.settings_hash, b.sweep_hash, b.size, b.made,
            b.created_at, b.built_at, b.problem, {JobCounters.StateColumns}
        from batches b left join users u on u.id = b.owner_id
        """;

    public static bool Insert(WriteSession session, Batch batch, Document settings, Document sweep)
    {
        if (batch.Token is { } token && session.Db["select 1 from batches where token = ?"].Add(token).First(row => row.Int()) == 1)
            return false;
        session.Documents.Hold(settings);
        session.Documents.Hold(sweep);
        var number = session.Db[
            """
            insert into batch_sums (job_id, batches, runs, last_at) values (?, 1, ?, ?)
            on conflict (job_id) do update set batches = batches + 1, runs = runs + excluded.runs, last_at = excluded.last_at
            returning batches
            """]
            .Add(batch.JobId).Add(batch.Size).Add(batch.CreatedAt).First(row => row.Long());
        return session.Db[
            """
            insert into batches (id, job_id, job_version, dialect, name, owner_id, settings_hash, sweep_hash, size, created_at, token, number_in_job)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """]
            .Add(batch.Id).Add(batch.JobId).Add(batch.JobVersion).Add(batch.Dialect).Add(batch.Name).Add(batch.OwnerId)
            .Add(settings.Hash).Add(sweep.Hash).Add(batch.Size).Add(batch.CreatedAt).Add(batch.Token).Add(number).Run() == 1;
    }

    /// <summary>Inserts the next runs; when the answer is that it did not grow, what was written is to be taken back.</summary>
    public static BatchGrowth Grow(WriteSession session, long id, long made, IReadOnlyList<NewRun> runs)
    {
        var moved = session.Db["update batches set made = made + ?1, built_at = case when made + ?1 >= size then ?2 end where id = ?3 and made = ?4 and built_at is null"]
            .Add(runs.Count).Add(runs[^1].At).Add(id).Add(made).Run();
        if (moved != 1)
            return new BatchGrowth(false);
        for (var at = 0; at < runs.Count; at++)
        {
            if (!session.Runs.InsertOne(runs[at]).Ok(out _, out var refusal))
                return new BatchGrowth(false, at, refusal);
        }

        return new BatchGrowth(true);
    }

    /// <summary>Pages of a batch's runs, read along the index of their places.</summary>
    public static IReadOnlyList<RunRow> Runs(Database db, BatchRunQuery query)
    {
        if (query is { States.Count: 0 } or { Indices.Count: 0 })
            return [];
        var states = query.States is { } wanted ? $" and r.state in ({string.Join(", ", wanted.Select(_ => "?"))})" : "";
        var indices = query.Indices is null ? "" : " and r.batch_index in (select value from json_each(?))";
        var statement = db[
            $"""
            select {Rows.RunColumns} from runs r indexed by runs_of_batch left join users u on u.id = r.owner_id
            where r.batch_id = ? and r.batch_index > ?{states}{indices} order by r.batch_index limit ?
            """]
            .Add(query.BatchId).Add(query.After ?? -1);
        foreach (var state in query.States ?? [])
            statement.Add(Words<RunState>.Of(state));
        if (query.Indices is not null)
            statement.Add(JsonSerializer.Serialize(query.Indices, StoreJson.Default.IReadOnlyListInt64));
        return statement.Add(query.Limit).All(Rows.Run);
    }

    /// <summary>Deletes a batch that is built and has no run left.</summary>
    public static bool DeleteIfEmpty(WriteSession session, long id)
    {
        var gone = session.Db["delete from batches where id = ?1 and built_at is not null and not exists (select 1 from runs where batch_id = ?1) returning settings_hash, sweep_hash"]
            .Add(id).First(row => ((string, string)?)(row.Text(), row.Text()));
        if (gone is not var (settings, sweep))
            return false;
        session.Documents.Release(settings);
        session.Documents.Release(sweep);
        return true;
    }
}
