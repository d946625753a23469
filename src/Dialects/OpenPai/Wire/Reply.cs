using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Switchyard.Core.Text;

namespace Switchyard.Dialects.OpenPai.Wire;

/// <summary>An answer: a status with a JSON body, or with a text of another type.</summary>
internal sealed record Reply(int Status, JsonNode? Body)
{
    private const string JsonType = "application/json; charset=utf-8";

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A body that is not JSON, with its content type.</summary>
    public (string Type, string Text)? Other { get; init; }

    /// <summary>A body that is an array, page by page: it is written as it comes, and never held as a whole.</summary>
    public IAsyncEnumerable<IReadOnlyList<JsonNode>>? Pages { get; init; }

    /// <summary>The <c>Location</c> header.</summary>
    public string? Location { get; init; }

    /// <summary>The <c>X-Warning</c> header.</summary>
    public string? Warning { get; init; }

    /// <summary>An answer that says a sentence.</summary>
    public static Reply Message(int status, string message) => new(status, new JsonObject { ["message"] = message });

    /// <summary>A refusal.</summary>
    public static Reply Problem(int status, string code, string message) => new(status, new JsonObject { ["code"] = code, ["message"] = message });

    public static Reply Invalid(string message) => Problem(400, "InvalidParametersError", message);

    public static Reply Guest { get; } = Problem(401, "UnauthorizedUserError", "Guest is not allowed to do this operation.");

    public static Reply NoApi(string url) => Problem(404, "NoApiError", $"API {url} is not found.");

    public static Reply NoJob(string name) => Problem(404, "NoJobError", $"Job {name} is not found.");

    public static Reply Forbidden(string message) => Problem(403, "ForbiddenUserError", message);

    /// <summary>A refusal of the parts below, as this API says it.</summary>
    public static Reply From(Refusal refusal) => refusal.Code switch
    {
        RefusalCode.Unauthenticated => Guest,
        RefusalCode.Forbidden => Forbidden(refusal.Message),
        RefusalCode.Invalid => Invalid(refusal.Message),
        RefusalCode.Exhausted => Message(413, "request entity too large"),
        RefusalCode.NotFound => Problem(404, "UnknownError", refusal.Message),
        RefusalCode.Conflict => Problem(409, "UnknownError", refusal.Message),
        RefusalCode.Unavailable => Problem(503, "UnknownError", refusal.Message),
        _ => Problem(500, "UnknownError", refusal.Message),
    };

    /// <summary>Answers the question that browsers ask before a call to another origin.</summary>
    public static Task Preflight(HttpContext http)
    {
        http.Response.Headers.AccessControlAllowMethods = "GET,HEAD,PUT,PATCH,POST,DELETE";
        if (http.Request.Headers.AccessControlRequestHeaders is { Count: > 0 } asked)
        {
            http.Response.Headers.AccessControlAllowHeaders = asked;
            http.Response.Headers.Vary = "Access-Control-Request-Headers";
        }

        return new Reply(204, null).Send(http);
    }

    /// <summary>Writes it.</summary>
    public async Task Send(HttpContext http)
    {
        if (http.Response.HasStarted)
            return;
        var headers = http.Response.Headers;
        http.Response.StatusCode = Status;
        headers.AccessControlAllowOrigin = "*";
        if (Location is { } location)
            headers.Location = location;
        if (Warning is { } warning)
            headers["X-Warning"] = warning;
        if (Other is var (type, text))
        {
            http.Response.ContentType = type;
            await http.Response.WriteAsync(text, http.RequestAborted);
            return;
        }

        if (Pages is not null)
        {
            await SendPages(http, Pages);
            return;
        }

        if (Body is null)
            return;
        http.Response.ContentType = JsonType;
        var bytes = JsonSerializer.SerializeToUtf8Bytes(Body, Plain);
        http.Response.ContentLength = bytes.Length;
        await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
    }

    private static async Task SendPages(HttpContext http, IAsyncEnumerable<IReadOnlyList<JsonNode>> pages)
    {
        http.Response.ContentType = JsonType;
        var body = http.Response.BodyWriter;
        await using var json = new Utf8JsonWriter(body, new JsonWriterOptions { Encoder = Plain.Encoder });
        var begun = false;
        await foreach (var page in pages.WithCancellation(http.RequestAborted))
        {
            // Not before the first page is there: what fails until then can still be said.
            if (!begun)
                json.WriteStartArray();
            begun = true;
            foreach (var row in page)
                row.WriteTo(json, Plain);
            await json.FlushAsync(http.RequestAborted);
            await body.FlushAsync(http.RequestAborted);
        }

        json.WriteEndArray();
    }
}
