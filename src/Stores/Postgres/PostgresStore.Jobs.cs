using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Triggers;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres;

public sealed partial class PostgresStore
{
    private const string SelectShared = $"select {Rows.JobColumns} from job_rights s join jobs j on j.id = s.job_id left join users u on u.id = j.owner_id";

    private const string SelectJobs = $"select {Rows.JobColumns} from jobs j left join users u on u.id = j.owner_id";

    /// <inheritdoc />
    public Task JobsInsert(IReadOnlyList<Job> jobs, CancellationToken stop) => _writer.Do(
        async session =>
        {
            foreach (var job in jobs)
                JobRows.Insert(session.Db, job);
            await session.Db.Send().ConfigureAwait(false);
            return true;
        },
        stop);

    /// <inheritdoc />
    public Task<bool> JobUpdate(Job job, CancellationToken stop) => _writer.Do(session => JobRows.Update(session.Db, job), stop);

    /// <inheritdoc />
    public Task<bool> JobDelete(long id, DateTimeOffset at, CancellationToken stop) => _writer.Do(
        async session => await session.Db["update jobs set deleted_at = $1 where id = $2 and deleted_at is null"].Add(at).Add(id).Run().ConfigureAwait(false) == 1, stop);

    /// <inheritdoc />
    public Task<Job?> JobGet(long id, CancellationToken stop) => _readers.Read(
        db => db[$"{SelectJobs} where j.id = $1 and j.deleted_at is null"].Add(id).First(Rows.Job), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<Job>> JobsList(JobQuery query, CancellationToken stop) => _readers.Read(
        db => Owned.Page(
            query.Owners, query.Limit, query.Skip, query.After is not null && query.Before is null, job => job.Id,
            (owner, limit, skip) => Wanted(new Filter(), query)
                .That("j.owner_id = ?", owner)
                .That("j.project_id = ?", query.ProjectId)
                .That("j.public_id = ?", query.PublicId)
                .Page(db, SelectJobs, "j.id", limit, query.Before, query.After, skip, Rows.Job),
            query.SharedWith is not { } principals ? null : reach => SharedJobs(db, query, principals, reach)),
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<Job>> JobsDue(DateTimeOffset at, int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<Job>>(
        async db => await db[$"{SelectJobs} where j.next_fire_at is not null and j.next_fire_at <= $1 and not j.paused and j.deleted_at is null order by j.next_fire_at, j.id limit $2"]
            .Add(at).Add(limit).All(Rows.Job).ConfigureAwait(false),
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<Job>> JobsUpcoming(IReadOnlyList<long>? owners, int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<Job>>(
        async db => await db[
            $"""
            {SelectJobs}
            where j.next_fire_at is not null and not j.paused and j.deleted_at is null and ($1::bigint[] is null or j.owner_id = any($1))
            order by j.next_fire_at, j.id limit $2
            """]
            .Add(owners).Add(limit).All(Rows.Job).ConfigureAwait(false),
        stop);

    /// <inheritdoc />
    public Task<DateTimeOffset?> JobsNextDue(CancellationToken stop) => _readers.Read(
        db => db["select min(next_fire_at) from jobs where next_fire_at is not null and not paused and deleted_at is null"].First(row => row.InstantOrNull()), stop);

    /// <inheritdoc />
    public Task JobsSetNextFire(IReadOnlyList<(long JobId, DateTimeOffset? Was, DateTimeOffset? NextFireAt)> fires, CancellationToken stop) => _writer.Do(
        session =>
        {
            foreach (var (jobId, was, nextFireAt) in fires)
                session.Db.Queue("update jobs set next_fire_at = $1 where id = $2 and next_fire_at is not distinct from $3").Add(nextFireAt).Add(jobId).Add(was);
            return Sent(session.Db);
        },
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<long>> JobsContinuous(CancellationToken stop) => _readers.Read<IReadOnlyList<long>>(
        async db => await db["select id from jobs where continuous and deleted_at is null order by id"].All(row => row.Long()).ConfigureAwait(false), stop);

    /// <inheritdoc />
    public Task JobForgetFailures(long id, CancellationToken stop) => _writer.Do(
        session => session.Db["update jobs set failures = 0 where id = $1"].Add(id).Run(), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<long>> ArrivalsJobs(CancellationToken stop) => _readers.Read<IReadOnlyList<long>>(
        async db => await db["select job_id from arrivals order by job_id"].All(row => row.Long()).ConfigureAwait(false), stop);

    /// <inheritdoc />
    public Task<Arrivals?> ArrivalsGet(long jobId, CancellationToken stop) => _readers.Read(
        db => db["select state from arrivals where job_id = $1 and state <> ''"].Add(jobId).First(row => Arrivals.Read(row.Text())), stop);

    /// <inheritdoc />
    public Task ArrivalsPut(long jobId, Arrivals? seen, CancellationToken stop) => _writer.Do(
        session => seen is null
            ? session.Db["delete from arrivals where job_id = $1"].Add(jobId).Run()
            : session.Db["insert into arrivals (job_id, state) values ($1, $2) on conflict (job_id) do update set state = excluded.state"].Add(jobId).Add(seen.Write()).Run(),
        stop);

    /// <inheritdoc />
    public Task<long> NextNumber(string sequence, CancellationToken stop) => _writer.Do(
        session => session.Db["insert into marks (name, value) values ($1, 1) on conflict (name) do update set value = marks.value + 1 returning value"]
            .Add($"sequence {sequence}").First(row => row.Long()),
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<FollowUp>> FollowUps(int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<FollowUp>>(
        async db => await db["select run_id, job_id, at from follow_ups order by run_id, job_id limit $1"].Add(limit)
            .All(row => new FollowUp(row.Long(), row.Long(), row.Instant())).ConfigureAwait(false),
        stop);

    /// <inheritdoc />
    public Task FollowUpsDone(IReadOnlyList<FollowUp> done, CancellationToken stop) => _writer.Do(
        session =>
        {
            foreach (var followUp in done)
                session.Db.Queue("delete from follow_ups where run_id = $1 and job_id = $2").Add(followUp.RunId).Add(followUp.JobId);
            return Sent(session.Db);
        },
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyDictionary<RunState, long>> JobCounters(long jobId, CancellationToken stop) => _readers.Read<IReadOnlyDictionary<RunState, long>>(
        async db => await db[$"select {Writing.StateColumns.All} from job_counters where job_id = $1"].Add(jobId).First(
            row => Enum.GetValues<RunState>().Select(state => (State: state, Count: row.Long())).Where(entry => entry.Count != 0)
                .ToDictionary(entry => entry.State, entry => entry.Count)).ConfigureAwait(false) ?? [],
        stop);

    private static async Task<bool> Sent(Database db)
    {
        await db.Send().ConfigureAwait(false);
        return true;
    }

    /// <summary>The nearest jobs that are shared with principals, each principal's read by the index of rights.</summary>
    private static async Task<IReadOnlyList<Job>> SharedJobs(Database db, JobQuery query, IReadOnlyList<long> principals, int reach)
    {
        var found = new List<Job>();
        foreach (var principal in principals)
        {
            found.AddRange(await Wanted(new Filter().That("s.principal = ?", principal), query)
                .Page(db, SelectShared, "s.job_id", reach, query.Before, query.After, 0, Rows.Job).ConfigureAwait(false));
        }

        return found;
    }

    private static Filter Wanted(Filter filter, JobQuery query) => filter
        .That("not j.hidden").That("j.deleted_at is null")
        .That("j.dialect = ?", query.Dialect)
        .That("j.name_folded = ?", query.Name is null ? null : JobRows.Fold(query.Name))
        .That("strpos(j.name_folded, ?) > 0", query.Search is null ? null : JobRows.Fold(query.Search));
}
