using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Switchyard.Core.Text;

namespace Switchyard.Dialects.Edge;

/// <summary>What dialects that answer in plain JSON have in common.</summary>
public static class JsonAnswer
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The usual status of a refusal; <paramref name="exhausted"/> is the dialect's own for a limit that was reached.</summary>
    public static int StatusOf(RefusalCode code, int exhausted) => code switch
    {
        RefusalCode.Invalid => 400,
        RefusalCode.Unauthenticated => 401,
        RefusalCode.Forbidden => 403,
        RefusalCode.NotFound => 404,
        RefusalCode.Conflict => 409,
        RefusalCode.Exhausted => exhausted,
        RefusalCode.Unavailable => 503,
        _ => 500,
    };

    /// <summary>Writes a body; the status is set already.</summary>
    public static Task Write(HttpContext http, JsonNode body, string type)
    {
        http.Response.ContentType = type;
        return http.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(body, Plain), http.RequestAborted).AsTask();
    }
}
