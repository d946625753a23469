using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.StaticFiles;
using Switchyard.Core.Projects;

namespace Switchyard.Server.Web;

/// <summary>
/// The pages of the web app, as its build left them in a folder. They are the same for everybody and hold nothing of anybody, so
/// they need no credential; what they show, they ask the API for.
/// </summary>
/// <param name="folder">Where they are; the server runs without, and says how to get them.</param>
internal sealed partial class WebApp(string folder)
{
    private const string Assets = "assets";

    /// <summary>Scripts, styles and connections from here alone; no page elsewhere may show one of these.</summary>
    private const string Policy =
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; "
        + "worker-src 'self' blob:; frame-src 'self' blob: data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'";

    /// <summary>The variants a build makes beside a file, the smaller one first.</summary>
    private static readonly (string Coding, string Ending)[] Variants = [("br", ".br"), ("gzip", ".gz")];

    private static readonly FileExtensionContentTypeProvider Types = new();

    /// <summary>Whether there is a web app in a folder.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, "index.html"));

    /// <summary>Answers what is the web app's; everything else is the next's.</summary>
    public Task Pass(HttpContext http, RequestDelegate next)
    {
        var path = http.Request.Path.Value is { Length: > 0 } given ? given : "/";
        // What a route takes is that route's, but for the address that people type: there a browser gets the page.
        if (!HttpMethods.IsGet(http.Request.Method) || (http.GetEndpoint() is not null && path != "/"))
            return next(http);
        var first = path.AsSpan(1).IndexOf('/') is var end && end < 0 ? path[1..] : path[1..(end + 1)];
        if (first == Assets)
            return Asset(http, path[1..]);
        if (first.Length == path.Length - 1 && first.Contains('.') && Name().IsMatch(first) && File.Exists(Path.Combine(folder, first)))
            return Send(http, first, "no-cache");
        return ReservedNames.IsOfApis(first) || !TakesPages(http.Request.Headers.Accept) ? next(http) : Page(http);
    }

    private Task Asset(HttpContext http, string path)
    {
        if (Name().IsMatch(path) && File.Exists(Path.Combine(folder, path)))
            return Send(http, path, Hashed().IsMatch(path) ? "public, max-age=31536000, immutable" : "no-cache");
        http.Response.StatusCode = StatusCodes.Status404NotFound;
        http.Response.Headers.CacheControl = "no-store";
        http.Response.ContentType = "text/plain; charset=utf-8";
        return http.Response.WriteAsync("There is no such file. The server may have got another version of the web app: load the page again.\n", http.RequestAborted);
    }

    private Task Page(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "same-origin";
        if (IsIn(folder))
            return Send(http, "index.html", "no-cache");
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        http.Response.ContentType = "text/html; charset=utf-8";
        return http.Response.WriteAsync(Missing, http.RequestAborted);
    }

    private async Task Send(HttpContext http, string path, string caching)
    {
        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = caching;
        headers.Vary = "Accept-Encoding";
        http.Response.ContentType = !Types.TryGetContentType(path, out var type) ? "application/octet-stream"
            : type.StartsWith("text/", StringComparison.Ordinal) ? type + "; charset=utf-8" : type;
        var file = new FileInfo(Path.Combine(folder, path));
        var asked = http.Request.GetTypedHeaders().AcceptEncoding;
        foreach (var (coding, ending) in Variants)
        {
            if (asked.Any(one => one.Value.Equals(coding, StringComparison.OrdinalIgnoreCase) && one.Quality is null or > 0) && new FileInfo(file.FullName + ending) is { Exists: true } variant)
            {
                (file, headers.ContentEncoding) = (variant, coding);
                break;
            }
        }

        var tag = $"\"{file.LastWriteTimeUtc.Ticks:x}-{file.Length:x}\"";
        headers.ETag = tag;
        if (http.Request.Headers.IfNoneMatch.Contains(tag))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        http.Response.ContentLength = file.Length;
        await http.Response.SendFileAsync(file.FullName, http.RequestAborted).ConfigureAwait(false);
    }

    private static bool TakesPages(string? accept) => accept?.Contains("text/html", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>Names that a build gives, none of which leads out of the folder.</summary>
    [GeneratedRegex(@"^([A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*\z")]
    private static partial Regex Name();

    /// <summary>Names that change with what is in the file.</summary>
    [GeneratedRegex(@"-[A-Za-z0-9_-]{8}\.[a-z0-9]+\z")]
    private static partial Regex Hashed();

    private const string Missing = """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Switchyard</title>
        <style>:root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}main{max-width:40rem;margin:4rem auto;padding:0 1rem}</style></head>
        <body><main><h1>Switchyard runs, without its web app</h1>
        <p>The web app was not built. Install <strong>Node.js 20</strong> or later with npm on the machine of the server, and start the server with <code>./yard serve</code>: that builds it. Then load this page again.</p>
        <p>Everything else works without it: the APIs, and the command line (<code>./yard --help</code>).</p></main></body></html>
        """;
}
