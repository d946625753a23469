using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Switchyard.Core.Text;

namespace Switchyard.Dialects.Orchest.Wire;

/// <summary>An answer: a status with a JSON body. Whatever is no success has a <c>message</c>.</summary>
internal sealed record Reply(int Status, JsonNode? Body = null)
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Done, with a sentence about it.</summary>
    public static Reply Said(string message) => new(200, new JsonObject { ["message"] = message });

    /// <summary>A refusal.</summary>
    public static Reply Problem(int status, string message) => new(status, new JsonObject { ["message"] = message });

    /// <summary>A refusal of the parts below, as this API says it.</summary>
    public static Reply From(Refusal refusal) => Problem(
        refusal.Code switch
        {
            RefusalCode.Invalid => 400,
            RefusalCode.Unauthenticated => 401,
            RefusalCode.Forbidden => 403,
            RefusalCode.NotFound => 404,
            RefusalCode.Conflict => 409,
            RefusalCode.Exhausted => 413,
            RefusalCode.Unavailable => 503,
            _ => 500,
        },
        refusal.Message);

    public async Task Send(HttpContext http)
    {
        if (http.Response.HasStarted)
            return;
        http.Response.StatusCode = Status;
        if (Body is null)
            return;
        http.Response.ContentType = "application/json";
        await http.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(Body, Plain), http.RequestAborted);
    }
}
