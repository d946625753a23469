using System.Text.Json;
using Switchyard.Core.Execution;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Stores.Sqlite.Raw;
using Switchyard.Stores.Sqlite.Writing;

namespace Switchyard.Stores.Sqlite;

public sealed partial class SqliteStore
{
    private const string FromRuns = "from runs r left join users u on u.id = r.owner_id";

    /// <inheritdoc />
    public Task<IReadOnlyList<Result<RunInserted>>> RunsInsert(IReadOnlyList<NewRun> runs, CancellationToken stop) =>
        _writer.Do(session => session.Runs.Insert(runs), stop);

    /// <inheritdoc />
    public async Task<IReadOnlyList<bool>> RunsApply(IReadOnlyList<RunMoves> runs, CancellationToken stop)
    {
        if (runs is not [var only])
            return await _writer.Do(session => session.Moves.Apply(runs), stop).ConfigureAwait(false);

        // One run needs no savepoint inside the one it has.
        return [await _writer.Do(session => session.Moves.ApplyOne(only), static applied => applied, stop).ConfigureAwait(false)];
    }

    /// <inheritdoc />
    public Task<IReadOnlyList<RunView>> RunsLoad(IReadOnlyList<LeaderNote> notes, CancellationToken stop) => RunsLoad([.. notes.Select(note => note.Subject)], stop);

    /// <inheritdoc />
    public async Task<IReadOnlyList<RunView>> RunsLoad(IReadOnlyList<long> ids, CancellationToken stop)
    {
        // One short read each: a run and its instances must be of one moment, two runs need not be.
        var views = new List<RunView>(ids.Count);
        foreach (var id in ids)
        {
            if (await _readers.Read(db => Load(db, id), stop).ConfigureAwait(false) is { } view)
                views.Add(view);
        }

        return views;
    }

    /// <inheritdoc />
    public Task<IReadOnlyList<long>> RunsOpen(long after, int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<long>>(
        db => db["select id from runs indexed by runs_open where ended_at is null and id > ? order by id limit ?"].Add(after).Add(limit).All(row => row.Long()), stop);

    /// <inheritdoc />
    public Task<IReadOnlyDictionary<long, int>> RunsActiveByJob(CancellationToken stop) => _readers.Read<IReadOnlyDictionary<long, int>>(
        db => db["select job_id, count(*) from runs indexed by runs_open where ended_at is null and state <> 'Queued' group by job_id"]
            .All(row => (JobId: row.Long(), Count: row.Int())).ToDictionary(row => row.JobId, row => row.Count),
        stop);

    /// <inheritdoc />
    public Task<RunRow?> RunGet(long id, CancellationToken stop) => _readers.Read(db => Get(db, id), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<RunRow>> RunsList(RunQuery query, CancellationToken stop) => _readers.Read(db => RunLists.Page(db, query), stop);

    /// <inheritdoc />
    public Task<IReadOnlyDictionary<long, RunRow>> RunsLatest(IReadOnlyList<long> jobIds, CancellationToken stop) => _readers.Read<IReadOnlyDictionary<long, RunRow>>(
        db => db[
            $"""
            select {Rows.RunColumns}
            from json_each(?) asked cross join runs r on r.id = (select max(o.id) from runs o indexed by runs_of_job where o.job_id = asked.value) left join users u on u.id = r.owner_id
            """]
            .Add(List(jobIds)).All(Rows.Run).DistinctBy(run => run.JobId).ToDictionary(run => run.JobId),
        stop);

    /// <inheritdoc />
    public Task<JobGrid> JobGrid(long jobId, IReadOnlyList<long>? owners, int runs, long? before, CancellationToken stop) => _readers.Read(
        db => Grids.Read(db, jobId, List(owners), runs, before, hash => PlanOf(db, hash)), stop);

    /// <inheritdoc />
    public Task<RunCounts> RunsCount(IReadOnlyList<long>? owners, DateTimeOffset endedFrom, int most, CancellationToken stop) => _readers.Read(
        db =>
        {
            const string Count = "select state, count(*), sum(?1 is null or owner_id in (select value from json_each(?1))) from ";
            var living = db[$"{Count} (select state, owner_id from runs indexed by runs_open where ended_at is null order by id desc limit ?2) group by state"]
                .Add(List(owners)).Add(most).All(ReadCount);
            var ended = db[$"{Count} (select state, owner_id from runs indexed by runs_ended where ended_at is not null and ended_at >= ?2 order by ended_at desc limit ?3) group by state"]
                .Add(List(owners)).Add(endedFrom).Add(most).All(ReadCount);
            return new RunCounts(
                living.Concat(ended).Where(row => row.Wanted > 0).ToDictionary(row => row.State, row => row.Wanted), living.Sum(row => row.All) >= most || ended.Sum(row => row.All) >= most);
        },
        stop);

    /// <inheritdoc />
    public Task<bool> RunSetTimeout(long id, long timeoutMs, CancellationToken stop) => _writer.Do(
        session => session.Db["update runs set timeout_ms = ? where id = ? and ended_at is null"].Add(timeoutMs).Add(id).Run() == 1, stop);

    /// <inheritdoc />
    public Task<Refusal?> RunRepair(Repair repair, CancellationToken stop) =>
        _writer.Do(session => RunRepairs.Write(session, _plans, repair), static refusal => refusal is null, stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<RunPass>> RunPasses(long id, CancellationToken stop) => _readers.Read(db => RunRepairs.Passes(db, id), stop);

    /// <inheritdoc />
    public Task<bool> RunDelete(long id, CancellationToken stop) => _writer.Do(session => RunRows.Delete(session, id), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<PrunableRun>> RunsPrunable(DateTimeOffset endedBy, int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<PrunableRun>>(
        db =>
        {
            var runs = db["select id, ended_at from runs indexed by runs_ended where ended_at is not null and ended_at <= ? order by ended_at limit ?"]
                .Add(endedBy).Add(limit).All(row => (Id: row.Long(), EndedAt: row.Instant()));
            return [.. runs.Select(run => new PrunableRun(
                run.Id, run.EndedAt,
                db["select attempt_id from tasks where run_id = ?1 union all select id from attempts where run_id = ?1"].Add(run.Id).All(row => row.Long())))];
        },
        stop);

    /// <inheritdoc />
    public Task<DateTimeOffset?> RunsFirstEnded(CancellationToken stop) => _readers.Read(
        db => db["select ended_at from runs indexed by runs_ended where ended_at is not null order by ended_at limit 1"].First(row => row.InstantOrNull()), stop);

    /// <inheritdoc />
    public Task<int> RunsDelete(IReadOnlyList<long> ids, CancellationToken stop) => _writer.Do(
        session => ids.Count(id => session.Step(id, run => RunRows.Delete(session, run), static deleted => deleted)), stop);

    /// <inheritdoc />
    public Task<string?> DocumentGet(string hash, CancellationToken stop) => _readers.Read(db => Document(db, hash), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<AttemptRow>> AttemptsOfRun(long runId, CancellationToken stop) => _readers.Read<IReadOnlyList<AttemptRow>>(
        db => db[$"{AttemptRows.Select} where run_id = ? order by task, idx, attempt, current"].Add(runId).All(Rows.Attempt), stop);

    /// <inheritdoc />
    public Task<IReadOnlyDictionary<long, TaskOutcome>> Outcomes(IReadOnlyList<long> runIds, string taskKey, CancellationToken stop) => _readers.Read<IReadOnlyDictionary<long, TaskOutcome>>(
        db => db["select t.run_id, t.outcome from json_each(?) asked cross join tasks t on t.run_id = asked.value where t.task_key = ? and t.idx <= 0 and t.outcome is not null"]
            .Add(List(runIds)).Add(taskKey).All(row => (RunId: row.Long(), Outcome: JsonSerializer.Deserialize(row.Text(), StoreJson.Default.TaskOutcome)!))
            .DistinctBy(row => row.RunId).ToDictionary(row => row.RunId, row => row.Outcome),
        stop);

    /// <inheritdoc />
    public Task<AttemptRow?> AttemptGet(long id, CancellationToken stop) => _readers.Read(
        db => db[$"{AttemptRows.Select} where id = ?"].Add(id).First(Rows.Attempt), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<EventRow>> EventsOfRun(long runId, long after, int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<EventRow>>(
        db => db[$"{SelectEvents} where run_id = ? and seq > ? order by seq limit ?"].Add(runId).Add(after).Add(limit).All(ReadEvent), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<EventRow>> EventsAfter(long after, int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<EventRow>>(
        db => db[$"{SelectEvents} where seq > ? order by seq limit ?"].Add(after).Add(limit).All(ReadEvent), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<long>> JobsOfEnded(string dialect, long after, long upTo, CancellationToken stop) => _readers.Read<IReadOnlyList<long>>(
        db => db[
            """
            select distinct r.job_id from events e cross join runs r on r.id = e.run_id
            where e.seq > ? and e.seq <= ? and e.task is null and r.dialect = ? and r.ended_at is not null
            """].Add(after).Add(upTo).Add(dialect).All(row => row.Long()),
        stop);

    /// <inheritdoc />
    public Task<long> EventsLast(CancellationToken stop) => _readers.Read(db => db[Events.LastSql].First(row => row.Long()), stop);

    private const string SelectEvents = "select seq, run_id, task, idx, attempt_id, from_state, to_state, reason_code, reason_text, at from events";

    private static EventRow ReadEvent(Statement row) => new(
        row.Long(), row.Long(), row.IntOrNull(), row.IntOrNull(), row.LongOrNull(), row.Text(), row.Text(), row.Reason(), row.Instant());

    private static (RunState State, long All, long Wanted) ReadCount(Statement row) => (row.Word<RunState>(), row.Long(), row.Long());

    /// <summary>Ids as a parameter of <c>json_each</c>; null for all.</summary>
    private static string? List(IReadOnlyList<long>? ids) => ids is null ? null : JsonSerializer.Serialize(ids, StoreJson.Default.IReadOnlyListInt64);

    private static RunRow? Get(Database db, long id) => db[$"select {Rows.RunColumns} {FromRuns} where r.id = ?"].Add(id).First(Rows.Run);

    private static string? Document(Database db, string hash) =>
        db["select text from documents where hash = ?"].Add(hash).First(row => row.Text());

    private RunView? Load(Database db, long id)
    {
        if (Get(db, id) is not { } run)
            return null;
        var jobName = db["select name from jobs where id = ?"].Add(run.JobId).First(row => row.Text());
        var instances = db[$"select attempt_id, {Rows.AttemptColumns}, 1 from tasks where run_id = ? order by task, idx"].Add(id).All(row => Views.Of(Rows.Attempt(row)));
        return new RunView(Views.Of(run, jobName), PlanOf(db, run.PlanHash), instances);
    }

    private Plan PlanOf(Database db, string hash)
    {
        if (_plans.Find(hash) is { } known)
            return known;
        var text = Document(db, hash) ?? throw new InvalidDataException($"the plan {hash} is missing");
        var plan = PlanText.Read(text);
        _plans.Keep(hash, plan, text.Length);
        return plan;
    }
}
