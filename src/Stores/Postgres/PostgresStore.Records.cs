using System.Text.Json;
using Switchyard.Core.Execution;
using Switchyard.Core.Runs;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres;

/// <summary>Documents, attempts, events.</summary>
public sealed partial class PostgresStore
{
    private const string SelectEvents = "select seq, run_id, task, idx, attempt_id, from_state, to_state, reason_code, reason_text, at from events";

    /// <inheritdoc />
    public Task<string?> DocumentGet(string hash, CancellationToken stop) => _readers.Read(
        db => db["select text from documents where hash = $1"].Add(hash).First(row => row.TextOrNull()), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<AttemptRow>> AttemptsOfRun(long runId, CancellationToken stop) => _readers.Read<IReadOnlyList<AttemptRow>>(
        async db => await db[$"{AttemptRows.Select} where run_id = $1 order by task, idx, attempt, current"].Add(runId).All(Rows.Attempt).ConfigureAwait(false), stop);

    /// <inheritdoc />
    public Task<IReadOnlyDictionary<long, TaskOutcome>> Outcomes(IReadOnlyList<long> runIds, string taskKey, CancellationToken stop) => _readers.Read<IReadOnlyDictionary<long, TaskOutcome>>(
        async db =>
        {
            var outcomes = new Dictionary<long, TaskOutcome>();
            await db["select run_id, outcome from tasks where run_id = any($1) and task_key = $2 and idx <= 0 and outcome is not null order by run_id, task, idx"].Add(runIds).Add(taskKey)
                .Each(row => outcomes.TryAdd(row.Long(), JsonSerializer.Deserialize(row.Text(), StoreJson.Default.TaskOutcome)!)).Run().ConfigureAwait(false);
            return outcomes;
        },
        stop);

    /// <inheritdoc />
    public Task<AttemptRow?> AttemptGet(long id, CancellationToken stop) => _readers.Read(
        db => db[$"{AttemptRows.Select} where id = $1"].Add(id).First(Rows.Attempt), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<EventRow>> EventsOfRun(long runId, long after, int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<EventRow>>(
        async db => await db[$"{SelectEvents} where run_id = $1 and seq > $2 order by seq limit $3"].Add(runId).Add(after).Add(limit).All(ReadEvent).ConfigureAwait(false), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<EventRow>> EventsAfter(long after, int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<EventRow>>(
        async db => await db[$"{SelectEvents} where seq > $1 order by seq limit $2"].Add(after).Add(limit).All(ReadEvent).ConfigureAwait(false), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<long>> JobsOfEnded(string dialect, long after, long upTo, CancellationToken stop) => _readers.Read<IReadOnlyList<long>>(
        async db => await db[
            """
            select distinct r.job_id from events e join runs r on r.id = e.run_id
            where e.seq > $1 and e.seq <= $2 and e.task is null and r.dialect = $3 and r.ended_at is not null
            """].Add(after).Add(upTo).Add(dialect).All(row => row.Long()).ConfigureAwait(false),
        stop);

    /// <inheritdoc />
    public Task<long> EventsLast(CancellationToken stop) => _readers.Read(db => db[Writing.Events.SelectLast].First(row => row.Long()), stop);

    private static EventRow ReadEvent(Row row) => new(
        row.Long(), row.Long(), row.IntOrNull(), row.IntOrNull(), row.LongOrNull(), row.Text(), row.Text(), row.Reason(), row.Instant());
}
