using Switchyard.Core.Runs;
using Switchyard.Core.Sweeps;

namespace Switchyard.Stores.Postgres;

public sealed partial class PostgresStore
{
    /// <inheritdoc />
    public Task<bool> BatchInsert(Batch batch, Document settings, Document sweep, CancellationToken stop) =>
        _writer.Do(session => BatchRows.Insert(session, batch, settings, sweep), stop);

    /// <inheritdoc />
    public Task<BatchGrowth> BatchGrow(long id, long made, IReadOnlyList<NewRun> runs, CancellationToken stop) =>
        _writer.Do(session => BatchRows.Grow(session, id, made, runs, byLeader: _lease is not null), static growth => growth.Grown, stop);

    /// <inheritdoc />
    public Task<bool> BatchClose(long id, DateTimeOffset at, string problem, CancellationToken stop) => _writer.Do(
        async session => await session.Db["update batches set built_at = $1, problem = $2 where id = $3 and built_at is null"].Add(at).Add(problem).Add(id).Run().ConfigureAwait(false) == 1, stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<long>> BatchesUnbuilt(int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<long>>(
        async db => await db["select id from batches where built_at is null order by id limit $1"].Add(limit).All(row => row.Long()).ConfigureAwait(false), stop);

    /// <inheritdoc />
    public Task<Batch?> BatchGet(long id, CancellationToken stop) => _readers.Read(db => db[$"{BatchRows.Select} where b.id = $1"].Add(id).First(Rows.Batch), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<Batch>> BatchesList(BatchQuery query, CancellationToken stop) => _readers.Read(
        db => Owned.Page(
            query.Owners, query.Limit, 0, false, batch => batch.Id,
            (owner, limit, _) => new Filter().That("b.job_id = ?", query.JobId).That("b.owner_id = ?", owner)
                .Page(db, BatchRows.Select, "b.id", limit, query.Before, null, 0, Rows.Batch)),
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyDictionary<long, JobBatches>> JobBatches(IReadOnlyList<long> jobIds, CancellationToken stop) => _readers.Read<IReadOnlyDictionary<long, JobBatches>>(
        async db => (await db["select job_id, batches, runs, last_at from batch_sums where job_id = any($1)"].Add(jobIds)
            .All(row => KeyValuePair.Create(row.Long(), new JobBatches(row.Long(), row.Long(), row.Instant()))).ConfigureAwait(false)).ToDictionary(),
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyDictionary<long, long>> BatchNumbers(IReadOnlyList<long> ids, CancellationToken stop) => _readers.Read<IReadOnlyDictionary<long, long>>(
        async db => (await db["select id, number_in_job from batches where id = any($1)"].Add(ids).All(row => KeyValuePair.Create(row.Long(), row.Long())).ConfigureAwait(false)).ToDictionary(),
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<RunRow>> BatchRuns(BatchRunQuery query, CancellationToken stop) => _readers.Read(db => BatchRows.Runs(db, query), stop);

    /// <inheritdoc />
    public Task<int> BatchesDeleteEmpty(DateTimeOffset builtBy, CancellationToken stop) => _writer.Do(
        async session => await BatchRows.DeleteEmpty(
            session, await session.Db["select id from batches where made = 0 and built_at <= $1"].Add(builtBy).All(row => row.Long()).ConfigureAwait(false)).ConfigureAwait(false),
        stop);
}
