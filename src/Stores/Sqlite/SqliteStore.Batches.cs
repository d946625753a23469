using System.Text.Json;
using Switchyard.Core.Runs;
using Switchyard.Core.Sweeps;

namespace Switchyard.Stores.Sqlite;

public sealed partial class SqliteStore
{
    /// <inheritdoc />
    public Task<bool> BatchInsert(Batch batch, Document settings, Document sweep, CancellationToken stop) =>
        _writer.Do(session => BatchRows.Insert(session, batch, settings, sweep), stop);

    /// <inheritdoc />
    public Task<BatchGrowth> BatchGrow(long id, long made, IReadOnlyList<NewRun> runs, CancellationToken stop) =>
        _writer.Do(session => BatchRows.Grow(session, id, made, runs), static growth => growth.Grown, stop);

    /// <inheritdoc />
    public Task<bool> BatchClose(long id, DateTimeOffset at, string problem, CancellationToken stop) => _writer.Do(
        session => session.Db["update batches set built_at = ?, problem = ? where id = ? and built_at is null"].Add(at).Add(problem).Add(id).Run() == 1, stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<long>> BatchesUnbuilt(int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<long>>(
        db => db["select id from batches indexed by batches_unbuilt where built_at is null order by id limit ?"].Add(limit).All(row => row.Long()), stop);

    /// <inheritdoc />
    public Task<Batch?> BatchGet(long id, CancellationToken stop) => _readers.Read(
        db => db[$"{BatchRows.Select} where b.id = ?"].Add(id).First(Rows.Batch), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<Batch>> BatchesList(BatchQuery query, CancellationToken stop) => _readers.Read(
        db => Owned.Page(
            query.Owners, query.Limit, 0, false, batch => batch.Id,
            (owner, limit, _) => new Filter()
                .That("b.job_id = ?", query.JobId)
                .That(query.JobId is null ? "b.owner_id = ?" : "+b.owner_id = ?", owner)
                .Page(db, BatchRows.Select, "b.id", limit, query.Before, null, 0, Rows.Batch)),
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyDictionary<long, JobBatches>> JobBatches(IReadOnlyList<long> jobIds, CancellationToken stop) => _readers.Read<IReadOnlyDictionary<long, JobBatches>>(
        db => db["select job_id, batches, runs, last_at from batch_sums where job_id in (select value from json_each(?))"]
            .Add(JsonSerializer.Serialize(jobIds, StoreJson.Default.IReadOnlyListInt64))
            .All(row => KeyValuePair.Create(row.Long(), new JobBatches(row.Long(), row.Long(), row.Instant()))).ToDictionary(),
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyDictionary<long, long>> BatchNumbers(IReadOnlyList<long> ids, CancellationToken stop) => _readers.Read<IReadOnlyDictionary<long, long>>(
        db => db["select id, number_in_job from batches where id in (select value from json_each(?))"]
            .Add(JsonSerializer.Serialize(ids, StoreJson.Default.IReadOnlyListInt64)).All(row => KeyValuePair.Create(row.Long(), row.Long())).ToDictionary(),
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<RunRow>> BatchRuns(BatchRunQuery query, CancellationToken stop) => _readers.Read(db => BatchRows.Runs(db, query), stop);

    /// <inheritdoc />
    public Task<int> BatchesDeleteEmpty(DateTimeOffset builtBy, CancellationToken stop) => _writer.Do(
        session => session.Db["select id from batches indexed by batches_empty where made = 0 and built_at <= ?"].Add(builtBy).All(row => row.Long())
            .Count(id => BatchRows.DeleteIfEmpty(session, id)),
        stop);
}
