using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Switchyard.Dialects.Edge;

/// <summary>Why a body could not be read.</summary>
public enum BodyFault
{
    /// <summary>Not JSON, or JSON that no program could rely on: doubled names, broken Unicode, absurd depth.</summary>
    Malformed,

    /// <summary>JSON, but not an object.</summary>
    NotAnObject,

    /// <summary>More bytes than the limit.</summary>
    TooLarge,
}

/// <summary>A body, or why there is none.</summary>
public readonly record struct BodyRead(JsonObject? Body, BodyFault? Fault, string Detail)
{
    public static implicit operator BodyRead(JsonObject body) => new(body, null, "");
}

/// <summary>
/// Reads a request's body as a JSON object whatever its content type says, since clients of every platform send JSON
/// under other names. An empty body is an empty object.
/// </summary>
public static class JsonBody
{
    // Answers wrap what was sent in a few more levels, and writers stop at 64.
    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 48 };

    /// <summary>Reads at most <paramref name="limit"/> bytes.</summary>
    public static async Task<BodyRead> Read(HttpContext http, int limit, CancellationToken stop)
    {
        if (http.Request.ContentLength > limit)
            return TooLarge(limit);
        if (http.Request.ContentLength == 0)
            return new JsonObject();
        var (bytes, length) = await ReadBytes(http.Request, limit, stop);
        return length > limit ? TooLarge(limit) : Parse(bytes.AsMemory(0, length));
    }

    /// <summary>Parses an object. Strings are checked, numbers keep their digits.</summary>
    public static BodyRead Parse(ReadOnlyMemory<byte> text)
    {
        if (text.Span.StartsWith("\uFEFF"u8))
            text = text[3..];
        if (text.Span.Trim(" \t\r\n"u8).IsEmpty)
            return new JsonObject();
        var value = ParseValue(text, out var problem);
        if (value is JsonObject body)
            return body;
        return problem is null
            ? new BodyRead(null, BodyFault.NotAnObject, (value?.GetValueKind() ?? JsonValueKind.Null).ToString().ToUpperInvariant())
            : new BodyRead(null, BodyFault.Malformed, problem);
    }

    /// <summary>Parses any value, with the same checks; <paramref name="problem"/> says why there is none.</summary>
    public static JsonNode? ParseValue(ReadOnlyMemory<byte> text, out string? problem)
    {
        problem = null;
        try
        {
            using var document = JsonDocument.Parse(text, Options);
            return Copy(document.RootElement);
        }
        catch (JsonException error)
        {
            problem = error.Message;
        }
        catch (InvalidOperationException)
        {
            problem = "a text is not valid Unicode (a lone surrogate or broken UTF-8)";
        }

        return null;
    }

    /// <summary>Reads a body of another kind; null when it is longer than the limit.</summary>
    public static async Task<ReadOnlyMemory<byte>?> ReadRaw(HttpContext http, int limit, CancellationToken stop)
    {
        if (http.Request.ContentLength > limit)
            return null;
        var (bytes, length) = await ReadBytes(http.Request, limit, stop);
        return length > limit ? null : bytes.AsMemory(0, length);
    }

    private static async Task<(byte[] Bytes, int Length)> ReadBytes(HttpRequest request, int limit, CancellationToken stop)
    {
        var bytes = new byte[Math.Min(limit + 1, (int)(request.ContentLength ?? 4096))];
        var length = 0;
        while (true)
        {
            if (length == bytes.Length)
            {
                if (length > limit || length == request.ContentLength)
                    return (bytes, length);
                Array.Resize(ref bytes, Math.Min(limit + 1, bytes.Length * 2));
            }

            var read = await request.Body.ReadAsync(bytes.AsMemory(length), stop);
            if (read == 0)
                return (bytes, length);
            length += read;
        }
    }

    // Copied instead of wrapped: a wrapped document finds a broken text only when somebody looks at it.
    private static JsonNode? Copy(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var copy = new JsonObject();
                foreach (var property in element.EnumerateObject())
                    copy.Add(property.Name, Copy(property.Value));
                return copy;
            case JsonValueKind.Array:
                var list = new JsonArray();
                foreach (var item in element.EnumerateArray())
                    list.Add(Copy(item));
                return list;
            case JsonValueKind.String:
                return JsonValue.Create(element.GetString());
            case JsonValueKind.Number:
                return element.TryGetInt64(out var whole) && element.GetRawText() == whole.ToString(System.Globalization.CultureInfo.InvariantCulture)
                    ? JsonValue.Create(whole)
                    : JsonValue.Create(element.Clone());
            case JsonValueKind.True:
            case JsonValueKind.False:
                return JsonValue.Create(element.GetBoolean());
            default:
                return null;
        }
    }

    private static BodyRead TooLarge(int limit) => new(null, BodyFault.TooLarge, $"the body is longer than {limit} bytes");
}
