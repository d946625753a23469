using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Dialects.Edge;
using Switchyard.Server.Live;

namespace Switchyard.Server.Neutral;

/// <summary>Live events. Each event's id is its sequence number, so a client that reconnects with <c>Last-Event-ID</c> misses nothing.</summary>
internal sealed class FeedRoutes(Desk desk, LiveFeed feed)
{
    private const int MostFacts = 20_000;

    private readonly ConcurrentDictionary<long, RunFacts> _facts = new();
    private readonly ConcurrentDictionary<string, string[]> _keys = new(StringComparer.Ordinal);

    /// <summary>Events of all runs the caller may see.</summary>
    public async Task All(HttpContext http)
    {
        var query = new Query(http);
        var after = query.Number("after", 0) ?? LastEventId(http);
        if (query.Refusal is { } bad)
        {
            await http.Refuse(bad).ConfigureAwait(false);
            return;
        }

        await using var events = new EventStream(http, desk.Clock);
        await events.Begin().ConfigureAwait(false);
        var caller = http.Caller();
        long? seen = after;
        await foreach (var row in feed.Watch(after, null, http.RequestAborted).ConfigureAwait(false))
        {
            seen = row.Seq;
            if (await Facts(row.RunId, http.RequestAborted).ConfigureAwait(false) is { } facts && caller.MayUse(facts.OwnerId))
                await events.Send("move", row.Seq, Wire(row, facts.Keys), WireJson.Default.EventWire).ConfigureAwait(false);
        }

        await events.Send("resume", seen, new FeedResume(seen ?? 0), WireJson.Default.FeedResume).ConfigureAwait(false);
    }

    /// <summary>Events of one run, from its beginning or where the client left off; ends with the run.</summary>
    public async Task OfRun(HttpContext http)
    {
        var query = new Query(http);
        var after = query.Number("after", 0) ?? LastEventId(http) ?? 0;
        if (query.Refusal is { } bad)
        {
            await http.Refuse(bad).ConfigureAwait(false);
            return;
        }

        if (!(await desk.Run(http, http.Id()).ConfigureAwait(false)).Ok(out var run, out var refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        await using var events = new EventStream(http, desk.Clock);
        await events.Begin().ConfigureAwait(false);
        var keys = await Keys(run.PlanHash, http.RequestAborted).ConfigureAwait(false);
        if (run.State.IsEnd())
        {
            // Nothing more will come: the past in pages, then the end.
            for (var more = true; more;)
            {
                var page = await desk.Store.EventsOfRun(run.Id, after, 500, http.RequestAborted).ConfigureAwait(false);
                foreach (var row in page)
                    await events.Send("move", after = row.Seq, Wire(row, keys), WireJson.Default.EventWire).ConfigureAwait(false);
                more = page.Count == 500;
            }

            await events.Send("end", null, desk.Wire(run), WireJson.Default.RunWire).ConfigureAwait(false);
            return;
        }

        await foreach (var row in feed.Watch(after, run.Id, http.RequestAborted).ConfigureAwait(false))
        {
            await events.Send("move", after = row.Seq, Wire(row, keys), WireJson.Default.EventWire).ConfigureAwait(false);
            if (row.Task is not null || !EndNames.Contains(row.To))
                continue;
            // A repair may have reopened it since: only the row knows.
            if (await desk.Store.RunGet(run.Id, http.RequestAborted).ConfigureAwait(false) is { } now && now.State.IsEnd())
            {
                await events.Send("end", null, desk.Wire(now), WireJson.Default.RunWire).ConfigureAwait(false);
                return;
            }
        }

        await events.Send("resume", after, new FeedResume(after), WireJson.Default.FeedResume).ConfigureAwait(false);
    }

    /// <summary>Where a client that reconnects left off.</summary>
    public static long? LastEventId(HttpContext http) =>
        long.TryParse(http.Request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;

    public static EventWire Wire(EventRow row, string[] keys) => new(
        row.Seq, row.RunId, row.Task, row.Task is { } no && no < keys.Length ? keys[no] : null, row.Index, row.AttemptId, Http.Snake(row.From), Http.Snake(row.To), row.Reason.Wire(), row.At);

    private static readonly HashSet<string> EndNames =
        [.. States.Ended.SelectMany(state => new[] { state.ToString(), Names<RunState>.Of(state) })];

    private async ValueTask<RunFacts?> Facts(long runId, CancellationToken stop)
    {
        if (_facts.TryGetValue(runId, out var known))
            return known;
        if (await desk.Store.RunGet(runId, stop).ConfigureAwait(false) is not { } run)
            return null;
        if (_facts.Count > MostFacts)
            _facts.Clear();
        return _facts[runId] = new RunFacts(run.OwnerId, await Keys(run.PlanHash, stop).ConfigureAwait(false));
    }

    private async ValueTask<string[]> Keys(string planHash, CancellationToken stop)
    {
        if (_keys.TryGetValue(planHash, out var known))
            return known;
        if (_keys.Count > 1000)
            _keys.Clear();
        return _keys[planHash] = await desk.Store.DocumentGet(planHash, stop).ConfigureAwait(false) is { } text
            ? [.. PlanText.Read(text).Tasks.Select(task => task.Key)]
            : [];
    }

    private sealed record RunFacts(long OwnerId, string[] Keys);
}
