using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Cloudera.Wire;

/// <summary>An answer: a status with a JSON body, or none. Whatever is no success has a <c>message</c>, without which clients break.</summary>
internal sealed record Reply(int Status, JsonNode? Body = null)
{
    /// <summary>A refusal.</summary>
    public static Reply Problem(int status, string message) => new(status, new JsonObject { ["message"] = message });

    /// <summary>A refusal of the parts below, as this API says it.</summary>
    public static Reply From(Refusal refusal) => Problem(JsonAnswer.StatusOf(refusal.Code, 429), refusal.Message);

    /// <summary>Writes it, with the headers that the platform's proxy sent.</summary>
    public async Task Send(HttpContext http)
    {
        if (http.Response.HasStarted)
            return;
        http.Response.StatusCode = Status;
        http.Response.Headers.AccessControlAllowOrigin = "*";
        http.Response.Headers.Vary = "Accept-Encoding";
        if (Body is null)
            return;
        if (Status >= 400 && http.Request.Path.StartsWithSegments(ClouderaDialect.SecondVersion))
            Explain((JsonObject)Body);
        await JsonAnswer.Write(http, Body, "application/json; charset=utf-8");
    }

    /// <summary>What the second version's clients read beside the message: the gateway's form, with its numbers for statuses.</summary>
    private void Explain(JsonObject body)
    {
        body["error"] = body["message"]?.DeepClone();
        body["code"] = Status switch
        {
            401 => 16,
            403 => 7,
            404 => 5,
            409 => 10,
            429 => 8,
            503 => 14,
            >= 500 => 13,
            _ => 3,
        };
        body["details"] = new JsonArray();
    }
}
