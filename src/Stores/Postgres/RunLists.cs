using Switchyard.Core.Runs;
using Switchyard.Stores.Postgres.Raw;
using Switchyard.Stores.Postgres.Writing;

namespace Switchyard.Stores.Postgres;

/// <summary>Pages of runs. Each list has an index in its own order, so that a page costs what it shows.</summary>
internal static class RunLists
{
    /// <summary>An hour, in microseconds.</summary>
    private const long MostDisorder = 3_600_000_000;

    private const string EndedBadly = "r.end_state in ('SucceededWithFailures', 'Failed', 'TimedOut', 'Cancelled', 'Skipped')";

    public static async Task<IReadOnlyList<RunRow>> Page(Database db, RunQuery query)
    {
        if (query.States is { Count: 0 })
            return [];
        var disorder = query.CreatedFrom is null && query.CreatedTo is null ? 0 : await db[CreationOrder.Select].First(row => row.Long()).ConfigureAwait(false);
        return await Owned.Page(
            query.Owners, query.Limit, query.Skip, query.After is not null && query.Before is null, run => run.Id,
            (owner, limit, skip) => Page(db, query, disorder, owner, limit, skip),
            query.SharedWith is { Count: > 0 } principals && query is { JobId: null, Named: false, UniqueName: null } ? reach => Shared(db, query, disorder, principals, reach) : null)
            .ConfigureAwait(false);
    }

    /// <summary>
    /// Runs of jobs that are shared with principals. Of those that have not ended there are few: they are all looked through.
    /// Of the others, a page of N newest runs is made of at most N jobs: those whose newest run is the newest.
    /// </summary>
    private static async Task<IReadOnlyList<RunRow>> Shared(Database db, RunQuery query, long disorder, IReadOnlyList<long> principals, int reach)
    {
        if (query.Kind == RunKind.Nested || (query.States is { } states && states.All(state => !state.IsEnd())))
        {
            return await Page(db, query, disorder, null, reach, 0, filter => filter.That("exists (select 1 from job_rights s where s.job_id = r.job_id and s.principal = any(?))", principals))
                .ConfigureAwait(false);
        }

        var upwards = query.After is not null && query.Before is null;
        var filter = new Filter().Leading(principals).That("r.job_id = s.job_id");
        Conditions(filter, query, disorder, null);
        States(filter, query.States);
        filter.That("r.id < ?", query.Before).That("r.id > ?", query.After);
        // All runs of a job are of one kind, nested ones apart: jobs of the other kind are not looked through in vain.
        var which = query.Kind is { } kind ? $" and exists (select 1 from jobs j where j.id = job_id and j.hidden = {(kind == RunKind.Submitted ? "true" : "false")})" : "";
        var order = upwards ? "asc" : "desc";
        var jobs = await filter.Around(db, where =>
            $"""
            select s.job_id, n.newest from (select distinct job_id from job_rights where principal = any(?){which}) s
            cross join lateral (select r.id as newest from runs r{where} order by r.id {order} limit 1) n
            order by n.newest {order} limit ?
            """).Add((long)reach).All(row => row.Long()).ConfigureAwait(false);
        return await Merged(jobs, reach, upwards, (job, limit) => Page(db, query with { JobId = job }, disorder, null, limit, 0)).ConfigureAwait(false);
    }

    /// <summary>
    /// The nearest rows of several jobs: of each at first about its share, and more of those whose last row read is still nearer
    /// than the last row wanted.
    /// </summary>
    private static async Task<List<RunRow>> Merged(List<long> jobs, int reach, bool upwards, Func<long, int, Task<IReadOnlyList<RunRow>>> page)
    {
        if (jobs.Count == 0)
            return [];
        var limits = Enumerable.Repeat(Math.Min(reach, 2 * reach / jobs.Count + 16), jobs.Count).ToArray();
        var pages = new IReadOnlyList<RunRow>[jobs.Count];
        for (var no = 0; no < pages.Length; no++)
            pages[no] = await page(jobs[no], limits[no]).ConfigureAwait(false);
        while (true)
        {
            var all = pages.SelectMany(rows => rows);
            List<RunRow> nearest = [.. (upwards ? all.OrderBy(run => run.Id) : all.OrderByDescending(run => run.Id)).Take(reach)];
            var again = Enumerable.Range(0, jobs.Count).Where(no => pages[no].Count == limits[no] && limits[no] < reach
                && (nearest.Count < reach || (upwards ? pages[no][0].Id < nearest[^1].Id : pages[no][^1].Id > nearest[^1].Id))).ToList();
            if (again.Count == 0)
                return nearest;
            foreach (var no in again)
                pages[no] = await page(jobs[no], limits[no] = (int)Math.Min(reach, 4L * limits[no])).ConfigureAwait(false);
        }
    }

    private static Task<IReadOnlyList<RunRow>> Page(Database db, RunQuery query, long disorder, long? owner, int limit, int skip, Action<Filter>? more = null)
    {
        var filter = new Filter().That("r.job_id = ?", query.JobId);
        Conditions(filter, query, disorder, owner);
        more?.Invoke(filter);
        if (query.UniqueName is { } name)
        {
            filter.That("r.unique_name = ?", name);
            if (name.StartsWith('~'))
                filter.That("substr(r.unique_name, 1, 1) = '~'");
        }
        else if (query.Named)
            filter.That("r.unique_name is not null");
        if (query is not { Named: true, UniqueName: null, JobId: null, States: null })
            States(filter, query.States);
        return filter.Page(db, RunRows.Select, "r.id", limit, query.Before, query.After, skip, Rows.Run);
    }

    private static void Conditions(Filter filter, RunQuery query, long disorder, long? owner)
    {
        filter
            .That("r.owner_id = ?", owner)
            .That("r.dialect = ?", query.Dialect)
            .That("r.kind = ?", query.Kind is { } kind ? Words<RunKind>.Of(kind) : null);
        Created(filter, query, disorder);
    }

    /// <summary>
    /// Turns a span of creation times into a span of ids, which the page is ordered by: ids follow creation times but for a known disorder, so that the
    /// runs just outside the span, farther away than that, bound it. Where it is large (runs were taken over with their old times), the index of the span is read instead.
    /// </summary>
    private static void Created(Filter filter, RunQuery query, long disorder)
    {
        if (query.CreatedFrom is null && query.CreatedTo is null)
            return;
        long? from = query.CreatedFrom is { } first ? Instants.Write(first) : null;
        long? to = query.CreatedTo is { } last ? Instants.Write(last) : null;
        // The sum keeps the index of times out: what it finds would have to be sorted.
        filter.That("r.created_at + 0 >= ?", from).That("r.created_at + 0 <= ?", to);
        if (disorder > MostDisorder)
        {
            const string Span = "from runs where created_at between ? and ?";
            filter
                .That($"r.id >= (select min(id) {Span})", from ?? long.MinValue, to ?? long.MaxValue)
                .That($"r.id <= (select max(id) {Span})", from ?? long.MinValue, to ?? long.MaxValue);
            return;
        }

        filter
            .That("r.id > coalesce((select id from runs where created_at < ? order by created_at desc, id desc limit 1), 0)", from - disorder)
            .That("r.id < coalesce((select id from runs where created_at > ? order by created_at, id limit 1), 9223372036854775807)", to + disorder);
    }

    /// <summary>Adds the states, and for those that few runs are in what their index says.</summary>
    private static void States(Filter filter, IReadOnlyList<RunState>? states)
    {
        if (states is null)
            return;
        filter.That("r.state = any(?)", (IReadOnlyList<string>)[.. states.Select(Words<RunState>.Of)]);
        if (states.All(state => !state.IsEnd()))
            filter.That("r.ended_at is null");
        else if (states.All(state => state.IsEnd() && state != RunState.Succeeded))
            filter.That(EndedBadly);
    }
}
