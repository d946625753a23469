using Switchyard.Core.Runs;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite;

/// <summary>
/// Pages of runs. Without statistics SQLite cannot know which of several indexes is the narrow one, so the query says it:
/// a plus before a column keeps its index out.
/// </summary>
internal static class RunLists
{
    private const string EndedBadly = "r.state in ('SucceededWithFailures', 'Failed', 'TimedOut', 'Cancelled', 'Skipped')";

    public static IReadOnlyList<RunRow> Page(Database db, RunQuery query) => query.States is { Count: 0 }
        ? []
        : Owned.Page(
            query.Owners, query.Limit, query.Skip, query.After is not null && query.Before is null, run => run.Id,
            (owner, limit, skip) => Page(db, query, owner, limit, skip));

    private static IReadOnlyList<RunRow> Page(Database db, RunQuery query, long? owner, int limit, int skip)
    {
        var named = query is { Named: true, Dialect: not null, UniqueName: null, JobId: null, States: null };
        var filter = new Filter()
            .That("r.job_id = ?", query.JobId)
            .That(query.JobId is null ? "r.owner_id = ?" : "+r.owner_id = ?", owner)
            .That(named || (query.JobId is null && owner is null) ? "r.dialect = ?" : "+r.dialect = ?", query.Dialect)
            .That("r.kind = ?", query.Kind is { } kind ? Words<RunKind>.Of(kind) : null);
        if (query.UniqueName is { } name)
        {
            filter.That("r.unique_name = ?", name);
            if (name.StartsWith('~'))
                filter.That("substr(r.unique_name, 1, 1) = '~'");
        }
        else if (query.Named)
            filter.That("r.unique_name is not null");
        Created(filter, query);
        var source = named ? $"indexed by {(owner is null ? "runs_named_of_dialect" : "runs_named_of_owner")}" : States(filter, query.States);
        return filter.Page(
            db, $"select {RunRows.Columns} from runs r {source} left join users u on u.id = r.owner_id", "r.id",
            limit, query.Before, query.After, skip, RunRows.Read);
    }

    /// <summary>
    /// Turns a span of creation times into a span of ids, which the page is ordered by. Exact whatever the order of ids is;
    /// it reads the index alone.
    /// </summary>
    private static void Created(Filter filter, RunQuery query)
    {
        if (query.CreatedFrom is null && query.CreatedTo is null)
            return;
        var from = query.CreatedFrom is { } first ? Instants.Write(first) : long.MinValue;
        var to = query.CreatedTo is { } last ? Instants.Write(last) : long.MaxValue;
        const string Span = "from runs indexed by runs_created where created_at between ? and ?";
        filter
            .That("+r.created_at >= ?", from).That("+r.created_at <= ?", to)
            .That($"r.id >= (select min(id) {Span})", from, to)
            .That($"r.id <= (select max(id) {Span})", from, to);
    }

    /// <summary>Adds the states; answers the index to read by, for states that few runs are in.</summary>
    private static string States(Filter filter, IReadOnlyList<RunState>? states)
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
        return "indexed by runs_ended_badly";
    }
}
