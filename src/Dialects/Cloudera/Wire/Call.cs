using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Cloudera.Wire;

/// <summary>A call on its way to its handler.</summary>
internal sealed record Call(HttpContext Http)
{
    /// <summary>Bytes a body may have: variables up to a mebibyte, written as JSON.</summary>
    private const int MaxBody = 4 * 1024 * 1024;

    public Caller Caller => Http.Caller();

    public CancellationToken Stop => Http.RequestAborted;

    /// <summary>A part of the path.</summary>
    public string Path(string name) => Http.Request.RouteValues[name] as string ?? "";

    /// <summary>A member of the query, or null.</summary>
    public string? Query(string name) => Http.Request.Query[name] is [.., { Length: > 0 } last] ? last : null;

    /// <summary>Where this server is, as the caller sees it.</summary>
    public string Origin => $"{Http.Request.Scheme}://{Http.Request.Host}";

    /// <summary>Whether the body is said to be JSON, whatever the parameters.</summary>
    public bool SaysJson =>
        MediaTypeHeaderValue.TryParse(Http.Request.ContentType, out var type) && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase);

    /// <summary>The body as an object, an empty one where there is none, or the answer to give instead.</summary>
    public async Task<(JsonObject? Body, Reply? Problem)> Body()
    {
        var read = await JsonBody.Read(Http, MaxBody, Stop);
        return read.Fault switch
        {
            null => (read.Body, null),
            BodyFault.TooLarge => (null, Reply.Problem(413, $"The request body is larger than {MaxBody} bytes.")),
            BodyFault.NotAnObject => (null, Reply.Problem(400, "The request body must be a JSON object.")),
            _ => (null, Reply.Problem(400, $"The request body is not valid JSON: {read.Detail}")),
        };
    }

    /// <summary>A map of texts in a body (none where the member is missing or null), or what is wrong with it.</summary>
    public static Result<Dictionary<string, string>> Texts(JsonNode? node, string field)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        if (node is null)
            return texts;
        if (node is not JsonObject map)
            return Bad($"{field} must be an object of strings, such as {{\"NAME\": \"value\"}}.");
        foreach (var (name, value) in map)
        {
            if (value is not JsonValue text || !text.TryGetValue(out string? plain))
                return Bad($"{field}.{name} must be a string; write numbers and others in quotes.");
            texts[name] = plain;
        }

        return Core.Projects.Project.Problem(texts.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value))) is { } problem ? Bad($"{field}: {problem}.") : texts;

        Refusal Bad(string message) => new(RefusalCode.Invalid, message) { Field = field };
    }
}
