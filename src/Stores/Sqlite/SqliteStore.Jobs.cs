using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Triggers;

namespace Switchyard.Stores.Sqlite;

public sealed partial class SqliteStore
{
    // By the rights' index, which is in the order of the list: the jobs are looked up one by one, and no more than the page needs.
    private const string SelectShared = $"select {Rows.JobColumns} from job_rights s cross join jobs j on j.id = s.job_id left join users u on u.id = j.owner_id";

    private const string SelectJobs = $"select {Rows.JobColumns} from jobs j left join users u on u.id = j.owner_id";

    /// <inheritdoc />
    public Task JobsInsert(IReadOnlyList<Job> jobs, CancellationToken stop) => _writer.Do(
        session =>
        {
            foreach (var job in jobs)
                JobRows.Insert(session.Db, job);
            return true;
        },
        stop);

    /// <inheritdoc />
    public Task<bool> JobUpdate(Job job, CancellationToken stop) => _writer.Do(session => JobRows.Update(session.Db, job), stop);

    /// <inheritdoc />
    public Task<bool> JobDelete(long id, DateTimeOffset at, CancellationToken stop) => _writer.Do(
        session => session.Db["update jobs set deleted_at = ? where id = ? and deleted_at is null"].Add(at).Add(id).Run() == 1, stop);

    /// <inheritdoc />
    public Task<Job?> JobGet(long id, CancellationToken stop) => _readers.Read(
        db => db[$"{SelectJobs} where j.id = ? and j.deleted_at is null"].Add(id).First(Rows.Job), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<Job>> JobsList(JobQuery query, CancellationToken stop) => _readers.Read(
        db => Owned.Page(
            query.Owners, query.Limit, query.Skip, query.After is not null && query.Before is null, job => job.Id,
            (owner, limit, skip) => new Filter()
                .That("j.hidden = 0").That("j.deleted_at is null")
                .That("j.dialect = ?", query.Dialect)
                .That("j.name_folded = ?", query.Name is null ? null : JobRows.Fold(query.Name))
                .That("j.owner_id = ?", owner)
                .That("instr(j.name_folded, ?) > 0", query.Search is null ? null : JobRows.Fold(query.Search))
                .That("j.project_id = ?", query.ProjectId)
                .That("j.public_id = ?", query.PublicId)
                .Page(db, SelectJobs, "j.id", limit, query.Before, query.After, skip, Rows.Job),
            query.SharedWith is not { } principals ? null : reach => principals.SelectMany(principal => new Filter()
                .That("s.principal = ?", principal)
                .That("j.hidden = 0").That("j.deleted_at is null")
                .That("j.dialect = ?", query.Dialect)
                .That("j.name_folded = ?", query.Name is null ? null : JobRows.Fold(query.Name))
                .That("instr(j.name_folded, ?) > 0", query.Search is null ? null : JobRows.Fold(query.Search))
                .Page(db, SelectShared, "s.job_id", reach, query.Before, query.After, 0, Rows.Job))),
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<Job>> JobsDue(DateTimeOffset at, int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<Job>>(
        db => db[$"{SelectJobs} where j.next_fire_at <= ? and j.paused = 0 and j.deleted_at is null order by j.next_fire_at, j.id limit ?"]
            .Add(at).Add(limit).All(Rows.Job),
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<Job>> JobsUpcoming(IReadOnlyList<long>? owners, int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<Job>>(
        db => db[
            $"""
            select {Rows.JobColumns} from jobs j indexed by jobs_due left join users u on u.id = j.owner_id
            where j.next_fire_at is not null and j.paused = 0 and j.deleted_at is null and (?1 is null or j.owner_id in (select value from json_each(?1)))
            order by j.next_fire_at, j.id limit ?2
            """]
            .Add(List(owners)).Add(limit).All(Rows.Job),
        stop);

    /// <inheritdoc />
    public Task<DateTimeOffset?> JobsNextDue(CancellationToken stop) => _readers.Read(
        db => db["select min(next_fire_at) from jobs where next_fire_at is not null and paused = 0 and deleted_at is null"].First(row => row.InstantOrNull()), stop);

    /// <inheritdoc />
    public Task JobsSetNextFire(IReadOnlyList<(long JobId, DateTimeOffset? Was, DateTimeOffset? NextFireAt)> fires, CancellationToken stop) => _writer.Do(
        session =>
        {
            foreach (var (jobId, was, nextFireAt) in fires)
                session.Db["update jobs set next_fire_at = ? where id = ? and next_fire_at is ?"].Add(nextFireAt).Add(jobId).Add(was).Run();
            return true;
        },
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<long>> JobsContinuous(CancellationToken stop) => _readers.Read<IReadOnlyList<long>>(
        db => db["select id from jobs indexed by jobs_continuous where continuous = 1 and deleted_at is null order by id"].All(row => row.Long()), stop);

    /// <inheritdoc />
    public Task JobForgetFailures(long id, CancellationToken stop) => _writer.Do(
        session => session.Db["update jobs set failures = 0 where id = ?"].Add(id).Run(), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<long>> ArrivalsJobs(CancellationToken stop) => _readers.Read<IReadOnlyList<long>>(
        db => db["select job_id from arrivals order by job_id"].All(row => row.Long()), stop);

    /// <inheritdoc />
    public Task<Arrivals?> ArrivalsGet(long jobId, CancellationToken stop) => _readers.Read(
        db => db["select state from arrivals where job_id = ? and state <> ''"].Add(jobId).First(row => Arrivals.Read(row.Text())), stop);

    /// <inheritdoc />
    public Task ArrivalsPut(long jobId, Arrivals? seen, CancellationToken stop) => _writer.Do(
        session => seen is null
            ? session.Db["delete from arrivals where job_id = ?"].Add(jobId).Run()
            : session.Db["insert into arrivals (job_id, state) values (?, ?) on conflict (job_id) do update set state = excluded.state"].Add(jobId).Add(seen.Write()).Run(),
        stop);

    /// <inheritdoc />
    public Task<long> NextNumber(string sequence, CancellationToken stop) => _writer.Do(
        session => session.Db["insert into marks (name, value) values (?, 1) on conflict (name) do update set value = value + 1 returning value"]
            .Add($"sequence {sequence}").First(row => row.Long()),
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<FollowUp>> FollowUps(int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<FollowUp>>(
        db => db["select run_id, job_id, at from follow_ups order by run_id, job_id limit ?"].Add(limit).All(row => new FollowUp(row.Long(), row.Long(), row.Instant())),
        stop);

    /// <inheritdoc />
    public Task FollowUpsDone(IReadOnlyList<FollowUp> done, CancellationToken stop) => _writer.Do(
        session =>
        {
            foreach (var followUp in done)
                session.Db["delete from follow_ups where run_id = ? and job_id = ?"].Add(followUp.RunId).Add(followUp.JobId).Run();
            return true;
        },
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyDictionary<RunState, long>> JobCounters(long jobId, CancellationToken stop) => _readers.Read<IReadOnlyDictionary<RunState, long>>(
        db => db[$"select {Writing.JobCounters.StateColumns} from job_counters where job_id = ?"].Add(jobId).First(
            row => Enum.GetValues<RunState>().Select(state => (State: state, Count: row.Long())).Where(entry => entry.Count != 0)
                .ToDictionary(entry => entry.State, entry => entry.Count)) ?? [],
        stop);
}
