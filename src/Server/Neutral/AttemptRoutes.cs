using System.Text;
using Microsoft.AspNetCore.Http;
using Switchyard.Core.Execution;
using Switchyard.Core.Runs;
using Switchyard.Dialects.Edge;

namespace Switchyard.Server.Neutral;

/// <summary>Attempts and their logs.</summary>
internal sealed class AttemptRoutes(Desk desk)
{
    private const int MostBytes = 4 * 1024 * 1024;
    private const int MostHits = 1000;

    public async Task Get(HttpContext http)
    {
        if (!(await desk.Attempt(http).ConfigureAwait(false)).Ok(out var attempt, out var refusal))
            await http.Refuse(refusal).ConfigureAwait(false);
        else
            await http.Answer((await desk.Wire([attempt], true, http.RequestAborted).ConfigureAwait(false))[0], WireJson.Default.AttemptWire).ConfigureAwait(false);
    }

    public async Task Cancel(HttpContext http)
    {
        if (!(await desk.Attempt(http).ConfigureAwait(false)).Ok(out var attempt, out var refusal))
            await http.Refuse(refusal).ConfigureAwait(false);
        else if (await desk.Dispatch.CancelAttempt(attempt.Id, http.Caller(), http.RequestAborted).ConfigureAwait(false) is { } refused)
            await http.Refuse(refused).ConfigureAwait(false);
        else
            await http.Answer().ConfigureAwait(false);
    }

    /// <summary>A piece of the log: from an offset, from a line, the last lines, or the lines that hold a text.</summary>
    public async Task Log(HttpContext http)
    {
        var query = new Query(http);
        var offset = query.Number("offset", 0);
        var line = query.Number("line", 0);
        var tail = query.Number("tail", 1, 1_000_000);
        var lines = query.Number("lines", 1, 1_000_000) ?? 1000;
        var search = query.Text("search");
        var bytes = (int)(query.Number("bytes", 1, MostBytes) ?? MostBytes / 4);
        if ((offset is null ? 0 : 1) + (tail is null ? 0 : 1) + (line is null || search is not null ? 0 : 1) + (search is null ? 0 : 1) > 1)
            query.Refuse<string>("offset", "use one of offset, line, tail and search (search may begin at a line)");
        if (search is { Length: 0 or > 1000 })
            query.Refuse<string>("search", "search for 1 to 1000 characters");
        if (query.Refusal is { } bad)
        {
            await http.Refuse(bad).ConfigureAwait(false);
            return;
        }

        if (!(await desk.Attempt(http).ConfigureAwait(false)).Ok(out var attempt, out var refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        if (search is not null)
        {
            var hits = await Task.Run(() => desk.Logs.Search(attempt.Id, search, query.Text("case") != "exact", line ?? 0, MostHits, http.RequestAborted)).ConfigureAwait(false);
            await http.Answer(new LogHits([.. hits.Select(hit => new LogHitWire(hit.Line, hit.Offset, hit.Text))]), WireJson.Default.LogHits).ConfigureAwait(false);
            return;
        }

        var slice = tail is { } last ? desk.Logs.Tail(attempt.Id, (int)last, bytes)
            : line is { } first ? desk.Logs.ReadLines(attempt.Id, first, (int)lines, bytes)
            : desk.Logs.Read(attempt.Id, offset ?? 0, bytes);
        await Answer(http, attempt, slice).ConfigureAwait(false);
    }

    /// <summary>Where a log first looks like an error.</summary>
    public async Task FirstError(HttpContext http)
    {
        if (!(await desk.Attempt(http).ConfigureAwait(false)).Ok(out var attempt, out var refusal))
            await http.Refuse(refusal).ConfigureAwait(false);
        else if (await Task.Run(() => ErrorLines.First(desk.Logs, attempt.Id, http.RequestAborted)).ConfigureAwait(false) is { } hit)
            await http.Answer(new LogHitWire(hit.Line, hit.Offset, hit.Text), WireJson.Default.LogHitWire).ConfigureAwait(false);
        else
            await http.Refuse(new(Core.Text.RefusalCode.NotFound, "Nothing in this log looks like an error.")).ConfigureAwait(false);
    }

    /// <summary>The log as it grows: plain text, or server-sent events for who asks for them.</summary>
    public async Task Follow(HttpContext http)
    {
        var query = new Query(http);
        var offset = query.Number("offset", 0) ?? FeedRoutes.LastEventId(http) ?? 0;
        if (query.Refusal is { } bad)
        {
            await http.Refuse(bad).ConfigureAwait(false);
            return;
        }

        if (!(await desk.Attempt(http).ConfigureAwait(false)).Ok(out var attempt, out var refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        if (http.Request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.Ordinal))
        {
            await FollowEvents(http, attempt.Id, offset).ConfigureAwait(false);
            return;
        }

        Plain(http);
        await http.Response.StartAsync(http.RequestAborted).ConfigureAwait(false);
        await http.Response.Body.FlushAsync(http.RequestAborted).ConfigureAwait(false);
        await foreach (var slice in desk.Logs.Follow(attempt.Id, offset, http.RequestAborted).ConfigureAwait(false))
        {
            await http.Response.Body.WriteAsync(slice.Bytes, http.RequestAborted).ConfigureAwait(false);
            await http.Response.Body.FlushAsync(http.RequestAborted).ConfigureAwait(false);
        }
    }

    private async Task FollowEvents(HttpContext http, long attemptId, long offset)
    {
        await using var events = new EventStream(http, desk.Clock);
        await events.Begin().ConfigureAwait(false);
        // A decoder with memory: a slice may end within a character.
        var decoder = Encoding.UTF8.GetDecoder();
        await foreach (var slice in desk.Logs.Follow(attemptId, offset, http.RequestAborted).ConfigureAwait(false))
        {
            var text = new char[Encoding.UTF8.GetMaxCharCount(slice.Bytes.Length)];
            var length = decoder.GetChars(slice.Bytes.Span, text, false);
            await events.Send("log", slice.Next, new LogSliceWire(slice.Offset, slice.Next, slice.FirstLine, new string(text, 0, length), false), WireJson.Default.LogSliceWire).ConfigureAwait(false);
        }

        var info = desk.Logs.Info(attemptId);
        await events.Send("end", null, new LogSliceWire(info.Bytes, info.Bytes, null, "", true), WireJson.Default.LogSliceWire).ConfigureAwait(false);
    }

    private Task Answer(HttpContext http, AttemptRow attempt, LogSlice slice)
    {
        http.Response.Headers["X-Log-Next"] = slice.Next.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (http.Request.Headers.Accept.ToString().Contains("application/json", StringComparison.Ordinal))
        {
            var wire = new LogSliceWire(slice.Offset, slice.Next, slice.FirstLine, Encoding.UTF8.GetString(slice.Bytes.Span), desk.Logs.Info(attempt.Id) is { Complete: true } info && slice.Next >= info.Bytes);
            return http.Answer(wire, WireJson.Default.LogSliceWire);
        }

        Plain(http);
        return http.Response.Body.WriteAsync(slice.Bytes, http.RequestAborted).AsTask();
    }

    private static void Plain(HttpContext http)
    {
        http.Response.ContentType = "text/plain; charset=utf-8";
        // What a task writes is not to be taken for a page of ours.
        http.Response.Headers.XContentTypeOptions = "nosniff";
    }
}
