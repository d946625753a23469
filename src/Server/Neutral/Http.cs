using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Switchyard.Core.Runs;
using Switchyard.Core.Text;

namespace Switchyard.Server.Neutral;

/// <summary>Reading requests and writing answers of the neutral API.</summary>
internal static class Http
{
    private const string JsonType = "application/json; charset=utf-8";

    public static async Task Answer<T>(this HttpContext http, T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = JsonType;
        await JsonSerializer.SerializeAsync(http.Response.BodyWriter, value, type, http.RequestAborted).ConfigureAwait(false);
    }

    public static Task Answer(this HttpContext http)
    {
        http.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    public static Task Refuse(this HttpContext http, Refusal refusal)
    {
        http.Response.StatusCode = refusal.Code switch
        {
            RefusalCode.Invalid => StatusCodes.Status400BadRequest,
            RefusalCode.Unauthenticated => StatusCodes.Status401Unauthorized,
            RefusalCode.Forbidden => StatusCodes.Status403Forbidden,
            RefusalCode.NotFound => StatusCodes.Status404NotFound,
            RefusalCode.Conflict => StatusCodes.Status409Conflict,
            RefusalCode.Exhausted => StatusCodes.Status429TooManyRequests,
            RefusalCode.Unavailable => StatusCodes.Status501NotImplemented,
            _ => StatusCodes.Status500InternalServerError,
        };
        http.Response.ContentType = JsonType;
        return JsonSerializer.SerializeAsync(
            http.Response.BodyWriter, new Problem(Snake(refusal.Code.ToString()), refusal.Message, refusal.Field), WireJson.Default.Problem, http.RequestAborted);
    }

    /// <summary>The whole body. Longer than allowed throws Kestrel's own refusal, which becomes a 413.</summary>
    public static async ValueTask<byte[]> Body(this HttpContext http)
    {
        if (http.Request.ContentLength == 0)
            return [];
        var reader = http.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(http.RequestAborted).ConfigureAwait(false);
            if (read.IsCompleted)
            {
                var bytes = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return bytes;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>A body as a record, or what is wrong with it.</summary>
    public static Result<T> Parse<T>(ReadOnlySpan<byte> body, JsonTypeInfo<T> type)
        where T : class
    {
        if (body.IsEmpty)
            return Invalid("the body is empty; a JSON object is expected");
        try
        {
            return JsonSerializer.Deserialize(body, type) is { } value ? value : Invalid("the body is null; a JSON object is expected");
        }
        catch (JsonException error)
        {
            return Explain(error);
        }
        catch (InvalidOperationException)
        {
            // A lone half of a surrogate pair: JSON by its grammar, but no text.
            return Invalid("the body holds a text that is not valid Unicode");
        }
    }

    public static Refusal Invalid(string message, string? field = null) => new(RefusalCode.Invalid, field is null ? Upper(message) : $"{field}: {message}.") { Field = field };

    public static Refusal NotFound(string noun, long id) =>
        new(RefusalCode.NotFound, string.Create(CultureInfo.InvariantCulture, $"There is no {noun} {id}."));

    /// <summary>An id of the path; 0, which nothing has, when it is out of range.</summary>
    public static long Id(this HttpContext http, string name = "id") =>
        long.TryParse((string?)http.Request.RouteValues[name], NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0;

    /// <summary>A name as the wire writes it.</summary>
    public static string Snake(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);

    public static ReasonWire? Wire(this Reason reason) =>
        reason.Code == ReasonCode.None && reason.Text.Length == 0 ? null : new(Names<ReasonCode>.Of(reason.Code), reason.Text);

    private static Refusal Explain(JsonException error)
    {
        var field = error.Path is { Length: > 2 } path && path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : null;
        if (error.InnerException is JsonException or null && error.Path is null)
            return Invalid("the body is not JSON");
        if (error.Message.Contains("could not be mapped to any", StringComparison.Ordinal))
            return Invalid("there is no such field", field);
        if (error.Message.Contains("Duplicate property", StringComparison.OrdinalIgnoreCase))
            return Invalid("a field is given twice", field);
        var place = string.Create(CultureInfo.InvariantCulture, $"line {(error.LineNumber ?? 0) + 1}, byte {(error.BytePositionInLine ?? 0) + 1}");
        return error.InnerException is JsonException
            ? Invalid($"the body is not JSON ({place})", field)
            : Invalid($"the value has the wrong type or size ({place})", field);
    }

    private static string Upper(string message) => $"{char.ToUpperInvariant(message[0])}{message[1..]}.";
}

/// <summary>The names of an enum's members on the wire, computed once.</summary>
internal static class Names<T>
    where T : struct, Enum
{
    private static readonly Dictionary<T, string> ByValue = Enum.GetValues<T>().ToDictionary(value => value, value => Http.Snake(value.ToString()));

    public static string Of(T value) => ByValue[value];

    /// <summary>All names, for messages.</summary>
    public static string All { get; } = string.Join(", ", Enum.GetValues<T>().Select(Of));

    public static bool TryParse(string text, out T value)
    {
        foreach (var (known, name) in ByValue)
        {
            if (name == text)
            {
                value = known;
                return true;
            }
        }

        value = default;
        return false;
    }
}
