using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Stores.Postgres.Raw;
using Switchyard.Stores.Postgres.Writing;

namespace Switchyard.Stores.Postgres;

public sealed partial class PostgresStore
{
    private const string SelectHeads = $"select r.id, j.name, {Rows.RunColumns} from runs r left join jobs j on j.id = r.job_id {RunRows.Owner}";

    /// <summary>Runs read at once; a page of them is to be of one moment, and no more than fits.</summary>
    private const int MostAtOnce = 200;

    /// <inheritdoc />
    public Task<IReadOnlyList<Result<RunInserted>>> RunsInsert(IReadOnlyList<NewRun> runs, CancellationToken stop) => _writer.Queue(new InsertWrite(runs, _lease, stop));

    /// <inheritdoc />
    public Task<IReadOnlyList<bool>> RunsApply(IReadOnlyList<RunMoves> runs, CancellationToken stop) => _writer.Queue(new ApplyWrite(runs, _lease, stop));

    /// <inheritdoc />
    public async Task<IReadOnlyList<RunView>> RunsLoad(IReadOnlyList<long> ids, CancellationToken stop)
    {
        var views = new List<RunView>(ids.Count);
        foreach (var some in ids.Chunk(MostAtOnce))
            views.AddRange(await _readers.ReadAtOnce(db => Load(db, some), stop).ConfigureAwait(false));
        return views;
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<RunView>> RunsLoad(IReadOnlyList<LeaderNote> notes, CancellationToken stop)
    {
        var attempts = notes.Where(note => note.Body.Length > 0).ToDictionary(note => note.Subject, note => note.Body);
        var fresh = await _readers.Read(
            async db =>
            {
                var runs = await db[$"{SelectHeads} where r.id = any($1) and r.state = 'Queued' and r.round = 0 and r.revision = 0"].Add([.. attempts.Keys])
                    .All(row => (Id: row.Long(), JobName: row.TextOrNull(), Run: Rows.Run(row))).ConfigureAwait(false);
                var plans = await PlansOf(db, runs.ConvertAll(run => run.Run)).ConfigureAwait(false);
                return runs.ConvertAll(run => new RunView(
                    Views.Of(run.Run, run.JobName), plans[run.Run.PlanHash], RunView.NewInstances(plans[run.Run.PlanHash], IdRanges.Read(attempts[run.Id]))));
            },
            stop).ConfigureAwait(false);
        var known = fresh.Select(run => run.Head.Id).ToHashSet();
        return [.. fresh, .. await RunsLoad([.. notes.Select(note => note.Subject).Where(id => !known.Contains(id))], stop).ConfigureAwait(false)];
    }

    /// <inheritdoc />
    public Task<IReadOnlyList<long>> RunsOpen(long after, int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<long>>(
        async db => await db["select id from runs where ended_at is null and id > $1 order by id limit $2"].Add(after).Add(limit).All(row => row.Long()).ConfigureAwait(false), stop);

    /// <inheritdoc />
    public Task<IReadOnlyDictionary<long, int>> RunsActiveByJob(CancellationToken stop) => _readers.Read<IReadOnlyDictionary<long, int>>(
        async db => (await db["select job_id, count(*) from runs where ended_at is null and state <> 'Queued' group by job_id"].All(row => (JobId: row.Long(), Count: row.Int())).ConfigureAwait(false))
            .ToDictionary(row => row.JobId, row => row.Count),
        stop);

    /// <inheritdoc />
    public Task<RunRow?> RunGet(long id, CancellationToken stop) => _readers.Read(db => db[$"{RunRows.Select} where r.id = $1"].Add(id).First(Rows.Run), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<RunRow>> RunsList(RunQuery query, CancellationToken stop) => _readers.Read(db => RunLists.Page(db, query), stop);

    /// <inheritdoc />
    public Task<IReadOnlyDictionary<long, RunRow>> RunsLatest(IReadOnlyList<long> jobIds, CancellationToken stop) => _readers.Read<IReadOnlyDictionary<long, RunRow>>(
        async db => (await db[
            $"""
            select {Rows.RunColumns}
            from (select distinct job_id from unnest($1::bigint[]) n (job_id)) asked cross join lateral (select * from runs o where o.job_id = asked.job_id order by o.id desc limit 1) r {RunRows.Owner}
            """]
            .Add(jobIds).All(Rows.Run).ConfigureAwait(false)).ToDictionary(run => run.JobId),
        stop);

    /// <inheritdoc />
    public Task<JobGrid> JobGrid(long jobId, IReadOnlyList<long>? owners, int runs, long? before, CancellationToken stop) => _readers.ReadAtOnce(
        async db =>
        {
            var rows = await db[
                $"""
                {RunRows.Select} where r.job_id = $1 and r.id < coalesce($2, 9223372036854775807) and ($3::bigint[] is null or r.owner_id = any($3))
                order by r.id desc limit $4
                """]
                .Add(jobId).Add(before).Add(owners).Add(runs).All(Rows.Run).ConfigureAwait(false);
            var plans = await PlansOf(db, rows).ConfigureAwait(false);
            var table = new GridTable(rows, hash => plans[hash]);
            var columns = rows.Index().ToDictionary(run => run.Item.Id, run => run.Index);
            long last = 0;
            await db["select run_id, task, idx, state, attempt, started_at, ended_at from tasks where run_id = any($1) order by run_id, task, idx"].Add(rows.ConvertAll(run => run.Id)).Each(row =>
            {
                var run = row.Long();
                if (run != last)
                    table.Begin(columns[last = run]);
                table.Add(row.Int(), row.Int(), row.Word<TaskState>(), row.Int(), row.LongOrNull(), row.LongOrNull());
            }).Run().ConfigureAwait(false);
            return table.Finished();
        },
        stop);

    /// <inheritdoc />
    public Task<RunCounts> RunsCount(IReadOnlyList<long>? owners, DateTimeOffset endedFrom, int most, CancellationToken stop) => _readers.Read(
        async db =>
        {
            static string Count(string from) => $"select state, count(*), count(*) filter (where $1::bigint[] is null or owner_id = any($1)) from ({from}) n (state, owner_id) group by state";
            var rows = new List<(RunState State, long All, long Wanted)>();
            var (living, ended) = (0L, 0L);
            db.Queue(Count("select state, owner_id from runs where ended_at is null order by id desc limit $2")).Add(owners).Add(most).Each(row => living += Take(row));
            await db[Count("select end_state, owner_id from runs where ended_at is not null and ended_at >= $2 order by ended_at desc limit $3")]
                .Add(owners).Add(endedFrom).Add(most).Each(row => ended += Take(row)).Run().ConfigureAwait(false);
            return new RunCounts(rows.Where(row => row.Wanted > 0).ToDictionary(row => row.State, row => row.Wanted), living >= most || ended >= most);

            long Take(Row row)
            {
                rows.Add((row.Word<RunState>(), row.Long(), row.Long()));
                return rows[^1].All;
            }
        },
        stop);

    /// <inheritdoc />
    public Task<bool> RunSetTimeout(long id, long timeoutMs, CancellationToken stop) => _writer.Do(
        async session => await session.Db["update runs set timeout_ms = $1 where id = $2 and ended_at is null"].Add(timeoutMs).Add(id).Run().ConfigureAwait(false) == 1, stop);

    /// <inheritdoc />
    public Task<Refusal?> RunRepair(Repair repair, CancellationToken stop) =>
        _writer.Do(session => RunRepairs.Write(session, repair, byLeader: _lease is not null), static refusal => refusal is null, stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<RunPass>> RunPasses(long id, CancellationToken stop) => _readers.Read(db => RunRepairs.Passes(db, id), stop);

    /// <inheritdoc />
    public async Task<bool> RunDelete(long id, CancellationToken stop) => await RunsDelete([id], stop).ConfigureAwait(false) == 1;

    /// <inheritdoc />
    public Task<int> RunsDelete(IReadOnlyList<long> ids, CancellationToken stop) => _writer.Do(session => RunDeletion.Delete(session, ids), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<PrunableRun>> RunsPrunable(DateTimeOffset endedBy, int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<PrunableRun>>(
        async db =>
        {
            var runs = await db["select id, ended_at from runs where ended_at is not null and ended_at <= $1 order by ended_at limit $2"].Add(endedBy).Add(limit)
                .All(row => (Id: row.Long(), EndedAt: row.Instant())).ConfigureAwait(false);
            var attempts = runs.ToDictionary(run => run.Id, _ => new List<long>());
            await db["select run_id, attempt_id from tasks where run_id = any($1) union all select run_id, id from attempts where run_id = any($1)"].Add(runs.ConvertAll(run => run.Id))
                .Each(row => attempts[row.Long()].Add(row.Long())).Run().ConfigureAwait(false);
            return runs.ConvertAll(run => new PrunableRun(run.Id, run.EndedAt, attempts[run.Id]));
        },
        stop);

    /// <inheritdoc />
    public Task<DateTimeOffset?> RunsFirstEnded(CancellationToken stop) => _readers.Read(
        db => db["select ended_at from runs where ended_at is not null order by ended_at limit 1"].First(row => row.InstantOrNull()), stop);

    private async Task<IReadOnlyList<RunView>> Load(Database db, long[] ids)
    {
        var jobNames = new Dictionary<long, string?>();
        var runs = new Dictionary<long, RunRow>();
        var instances = new Dictionary<long, List<InstanceView>>();
        db.Queue($"{SelectHeads} where r.id = any($1)").Add(ids).Each(row =>
        {
            var id = row.Long();
            jobNames[id] = row.TextOrNull();
            runs[id] = Rows.Run(row);
            instances[id] = [];
        });
        db.Queue(AttemptRows.SelectUntouched).Add(ids).Each(row => instances[row.Long()].Add(new InstanceView(row.Int(), row.Int(), row.Long())));
        await db[AttemptRows.SelectTouched].Add(ids).Each(row =>
        {
            var instance = Rows.Attempt(row);
            instances[instance.RunId].Add(Views.Of(instance));
        }).Run().ConfigureAwait(false);
        foreach (var of in instances.Values)
            of.Sort(static (one, other) => (one.Task, one.Index).CompareTo((other.Task, other.Index)));
        var plans = await PlansOf(db, runs.Values).ConfigureAwait(false);
        return [.. ids.Distinct().Where(runs.ContainsKey).Select(id => new RunView(Views.Of(runs[id], jobNames[id]), plans[runs[id].PlanHash], instances[id]))];
    }

    /// <summary>The plans of runs by their hashes; those that are not known yet are read in one look.</summary>
    private async Task<Dictionary<string, Plan>> PlansOf(Database db, IReadOnlyCollection<RunRow> runs)
    {
        var plans = new Dictionary<string, Plan>(StringComparer.Ordinal);
        var missing = new List<string>();
        foreach (var hash in runs.Select(run => run.PlanHash).Distinct(StringComparer.Ordinal))
        {
            if (_plans.Find(hash) is { } plan)
                plans[hash] = plan;
            else
                missing.Add(hash);
        }

        if (missing.Count == 0)
            return plans;
        foreach (var (hash, text) in await db["select hash, text from documents where hash = any($1)"].Add(missing).All(row => (row.Text(), row.Text())).ConfigureAwait(false))
        {
            plans[hash] = PlanText.Read(text);
            _plans.Keep(hash, plans[hash], text.Length);
        }

        return missing.Find(hash => !plans.ContainsKey(hash)) is { } lost ? throw new InvalidDataException($"the plan {lost} is missing") : plans;
    }
}
