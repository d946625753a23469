using Switchyard.Core.Runs;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite;

/// <summary>
/// Pages of runs. Without statistics SQLite cannot know which of several indexes is the narrow one, so the query says it:
/// a plus before a column keeps its index out.
/// </summary>
internal static class RunLists
{
    /// <summary>An hour, in microseconds.</summary>
    private const long MostDisorder = 3_600_000_000;

    private const string EndedBadly = "r.state in ('SucceededWithFailures', 'Failed', 'TimedOut', 'Cancelled', 'Skipped')";

    public static IReadOnlyList<RunRow> Page(Database db, RunQuery query) => query.States is { Count: 0 }
        ? []
        : Owned.Page(
            query.Owners, query.Limit, query.Skip, query.After is not null && query.Before is null, run => run.Id,
            (owner, limit, skip) => Page(db, query, owner, limit, skip),
            query.SharedWith is { Count: > 0 } principals && query is { JobId: null, Named: false, UniqueName: null } ? reach => Shared(db, query, principals, reach) : null);

    /// <summary>
    /// Runs of jobs that are shared with principals. Of those that have not ended there are few: they are all looked through.
    /// Of the others, a page of N newest runs is made of at most N jobs: those whose newest run is the newest.
    /// </summary>
    private static IEnumerable<RunRow> Shared(Database db, RunQuery query, IReadOnlyList<long> principals, int reach)
    {
        var marks = string.Join(", ", principals.Select(_ => "?"));
        IReadOnlyList<object> those = [.. principals.Cast<object>()];
        if (query.Kind == RunKind.Nested || (query.States is { } states && states.All(state => !state.IsEnd())))
            return Page(db, query, null, reach, 0, filter => filter.That($"exists (select 1 from job_rights s where s.job_id = r.job_id and s.principal in ({marks}))", those));
        var upwards = query.After is not null && query.Before is null;
        var filter = new Filter().That("r.job_id = s.job_id");
        Conditions(db, filter, query, null, false);
        States(filter, query.States, false);
        filter.That("r.id < ?", query.Before).That("r.id > ?", query.After);
        var (where, parameters) = filter.Text;
        // All runs of a job are of one kind, nested ones apart: jobs of the other kind are not looked through in vain.
        var which = query.Kind is { } kind ? $" and exists (select 1 from jobs j where j.id = job_id and j.hidden = {(kind == RunKind.Submitted ? 1 : 0)})" : "";
        var order = upwards ? "asc" : "desc";
        var newest = $"(select r.id from runs r indexed by runs_of_job{where} order by r.id {order} limit 1)";
        // The limit in the middle keeps SQLite from looking for the newest run once for each of its uses.
        var statement = db[
            $"""
            select job_id, newest
            from (select s.job_id, {newest} as newest from (select distinct job_id from job_rights where principal in ({marks}){which}) s limit -1)
            where newest is not null order by newest {order} limit ?
            """];
        foreach (var parameter in parameters.Concat(those))
            _ = parameter is string text ? statement.Add(text) : statement.Add((long)parameter);
        return Merged(statement.Add(reach).All(row => row.Long()), reach, upwards, (job, limit) => Page(db, query with { JobId = job }, null, limit, 0));
    }

    /// <summary>
    /// The nearest rows of several jobs: of each at first about its share, and more of those whose last row read is still nearer
    /// than the last row wanted.
    /// </summary>
    private static List<RunRow> Merged(List<long> jobs, int reach, bool upwards, Func<long, int, IReadOnlyList<RunRow>> page)
    {
        if (jobs.Count == 0)
            return [];
        var limits = Enumerable.Repeat(Math.Min(reach, 2 * reach / jobs.Count + 16), jobs.Count).ToArray();
        var pages = jobs.Select((job, no) => page(job, limits[no])).ToArray();
        while (true)
        {
            var all = pages.SelectMany(rows => rows);
            List<RunRow> nearest = [.. (upwards ? all.OrderBy(run => run.Id) : all.OrderByDescending(run => run.Id)).Take(reach)];
            var again = Enumerable.Range(0, jobs.Count).Where(no => pages[no].Count == limits[no] && limits[no] < reach
                && (nearest.Count < reach || (upwards ? pages[no][0].Id < nearest[^1].Id : pages[no][^1].Id > nearest[^1].Id))).ToList();
            if (again.Count == 0)
                return nearest;
            foreach (var no in again)
                pages[no] = page(jobs[no], limits[no] = (int)Math.Min(reach, 4L * limits[no]));
        }
    }

    private static IReadOnlyList<RunRow> Page(Database db, RunQuery query, long? owner, int limit, int skip, Action<Filter>? more = null)
    {
        var named = query is { Named: true, Dialect: not null, UniqueName: null, JobId: null, States: null };
        var filter = new Filter().That("r.job_id = ?", query.JobId);
        Conditions(db, filter, query, owner, named || (query.JobId is null && owner is null));
        more?.Invoke(filter);
        if (query.UniqueName is { } name)
        {
            filter.That("r.unique_name = ?", name);
            if (name.StartsWith('~'))
                filter.That("substr(r.unique_name, 1, 1) = '~'");
        }
        else if (query.Named)
            filter.That("r.unique_name is not null");
        var source = named ? $"indexed by {(owner is null ? "runs_named_of_dialect" : "runs_named_of_owner")}" : States(filter, query.States, owner is not null && query.JobId is null);
        if (source.Length == 0 && query is { Kind: not null, JobId: null } && (owner ?? (object?)query.Dialect) is not null)
            source = $"indexed by {(owner is null ? "runs_of_kind" : "runs_owned_of_kind")}";
        return filter.Page(
            db, $"select {Rows.RunColumns} from runs r {source} left join users u on u.id = r.owner_id", "r.id",
            limit, query.Before, query.After, skip, Rows.Run);
    }

    private static void Conditions(Database db, Filter filter, RunQuery query, long? owner, bool byDialect)
    {
        filter
            .That(query.JobId is null ? "r.owner_id = ?" : "+r.owner_id = ?", owner)
            .That(byDialect ? "r.dialect = ?" : "+r.dialect = ?", query.Dialect)
            .That("r.kind = ?", query.Kind is { } kind ? Words<RunKind>.Of(kind) : null);
        Created(db, filter, query);
    }

    /// <summary>
    /// Turns a span of creation times into a span of ids, which the page is ordered by: ids follow creation times but for a known disorder, so that the
    /// runs just outside the span, farther away than that, bound it. Where it is large (runs were taken over with their old times), the index of the span is read instead.
    /// </summary>
    private static void Created(Database db, Filter filter, RunQuery query)
    {
        if (query.CreatedFrom is null && query.CreatedTo is null)
            return;
        long? from = query.CreatedFrom is { } first ? Instants.Write(first) : null;
        long? to = query.CreatedTo is { } last ? Instants.Write(last) : null;
        filter.That("+r.created_at >= ?", from).That("+r.created_at <= ?", to);
        var disorder = Writing.CreationOrder.Read(db);
        if (disorder > MostDisorder)
        {
            const string Span = "from runs indexed by runs_created where created_at between ? and ?";
            filter
                .That($"r.id >= (select min(id) {Span})", from ?? long.MinValue, to ?? long.MaxValue)
                .That($"r.id <= (select max(id) {Span})", from ?? long.MinValue, to ?? long.MaxValue);
            return;
        }

        filter
            .That("r.id > coalesce((select id from runs indexed by runs_created where created_at < ? order by created_at desc, id desc limit 1), 0)", from - disorder)
            .That("r.id < coalesce((select id from runs indexed by runs_created where created_at > ? order by created_at, id limit 1), 9223372036854775807)", to + disorder);
    }

    /// <summary>Adds the states; answers the index to read by, for states that few runs are in.</summary>
    /// <param name="ofOwner">Whether one owner's are wanted, of whatever job.</param>
    private static string States(Filter filter, IReadOnlyList<RunState>? states, bool ofOwner)
    {
        if (states is null)
            return "";
        filter.OneOf("r.state", [.. states.Select(Words<RunState>.Of)]);
        if (states.All(state => !state.IsEnd()))
        {
            filter.That("r.ended_at is null");
            return "indexed by runs_open";
        }

        if (!states.All(state => state.IsEnd() && state != RunState.Succeeded))
            return "";
        filter.That(EndedBadly);
        return ofOwner ? "indexed by runs_ended_badly_of_owner" : "indexed by runs_ended_badly";
    }
}
