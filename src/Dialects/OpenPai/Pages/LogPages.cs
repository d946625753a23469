using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Switchyard.Core.Execution;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.OpenPai.Pages;

/// <summary>The pages that <c>containerLog</c> and <c>appTrackingUrl</c> lead to, in the form the portal picks apart.</summary>
internal sealed class LogPages(IStore store, IAttemptLogs logs, Links links)
{
    private const int TailLines = 200;
    private const int TailBytes = 64 * 1024;
    private const int Block = 64 * 1024;

    /// <summary>The last lines of an attempt.</summary>
    public async Task Log(HttpContext http)
    {
        if (await Attempt(http) is not { } attempt)
            return;
        var tail = Encoding.UTF8.GetString(logs.Tail(attempt.Id, TailLines, TailBytes).Bytes.Span);
        var full = $"{attempt.Id}/full{http.Request.QueryString}";
        await Html(http, $"{attempt.TaskKey}[{attempt.Index}]",
            $"<p>Showing the last {TailLines} lines. <a href=\"{WebUtility.HtmlEncode(full)}\">Click here</a> for the full log.</p>\n<pre>{WebUtility.HtmlEncode(tail)}</pre>");
    }

    /// <summary>All that an attempt wrote.</summary>
    public async Task Full(HttpContext http)
    {
        if (await Attempt(http) is not { } attempt)
            return;
        http.Response.ContentType = "text/plain; charset=utf-8";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        for (long offset = 0; logs.Read(attempt.Id, offset, Block) is { Bytes.Length: > 0 } slice; offset = slice.Next)
            await http.Response.Body.WriteAsync(slice.Bytes, http.RequestAborted);
    }

    /// <summary>A job's tasks, with their states and logs.</summary>
    public async Task Track(HttpContext http)
    {
        var stop = http.RequestAborted;
        var run = Id(http, "run") is { } id ? await store.RunGet(id, stop) : null;
        if (run is not { Dialect: OpenPaiDialect.DialectName } || !await MayRead(http, "track", run.Id, run.OwnerId))
        {
            await Refuse(http);
            return;
        }

        var rows = new StringBuilder();
        foreach (var attempt in (await store.AttemptsOfRun(run.Id, stop)).Where(attempt => attempt.Current))
        {
            var name = WebUtility.HtmlEncode($"{attempt.TaskKey}[{attempt.Index}]");
            var link = attempt.Node is null ? name : $"<a href=\"{WebUtility.HtmlEncode(await links.Log("", attempt.Id, true, stop))}\">{name}</a>";
            rows.Append(CultureInfo.InvariantCulture, $"<tr><td>{link}</td><td>{attempt.State}</td><td>{attempt.ExitCode}</td><td>{WebUtility.HtmlEncode(attempt.Reason.Text)}</td></tr>\n");
        }

        await Html(http, run.Name,
            $"<p>{WebUtility.HtmlEncode(run.OwnerName)}: {run.State} {WebUtility.HtmlEncode(run.Reason.Text)}</p>\n<table><tr><th>task</th><th>state</th><th>exit code</th><th>reason</th></tr>\n{rows}</table>");
    }

    private async Task<AttemptRow?> Attempt(HttpContext http)
    {
        var stop = http.RequestAborted;
        var attempt = Id(http, "attempt") is { } id ? await store.AttemptGet(id, stop) : null;
        var run = attempt is null ? null : await store.RunGet(attempt.RunId, stop);
        if (run is { Dialect: OpenPaiDialect.DialectName } && await MayRead(http, "log", attempt!.Id, run.OwnerId))
            return attempt;
        await Refuse(http);
        return null;
    }

    private async Task<bool> MayRead(HttpContext http, string kind, long id, long owner) =>
        http.CallerOrNull()?.MayUse(owner) == true || await links.Fits(kind, id, http.Request.Query["key"], http.RequestAborted);

    /// <summary>One answer for what is not there and what may not be read.</summary>
    private static Task Refuse(HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Html(http, "Not shown", "<p>There is no such page, or it needs the token of the job's owner or of an administrator: open the address that the job's status shows to them.</p>");
    }

    private static Task Html(HttpContext http, string title, string body)
    {
        var headers = http.Response.Headers;
        headers.AccessControlAllowOrigin = "*";
        headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'";
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        http.Response.ContentType = "text/html; charset=utf-8";
        return http.Response.WriteAsync(
            $"<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>{WebUtility.HtmlEncode(title)}</title></head>\n<body><div class=\"content\">\n<h3>{WebUtility.HtmlEncode(title)}</h3>\n{body}\n</div></body></html>\n",
            http.RequestAborted);
    }

    private static long? Id(HttpContext http, string name) =>
        long.TryParse(http.Request.RouteValues[name] as string, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
}
