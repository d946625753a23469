using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Orchest.Wire;

/// <summary>An answer: a status with a JSON body. Whatever is no success has a <c>message</c>.</summary>
internal sealed record Reply(int Status, JsonNode? Body = null)
{
    /// <summary>Done, with a sentence about it.</summary>
    public static Reply Said(string message) => new(200, new JsonObject { ["message"] = message });

    /// <summary>A refusal.</summary>
    public static Reply Problem(int status, string message) => new(status, new JsonObject { ["message"] = message });

    /// <summary>A refusal of the parts below, as this API says it.</summary>
    public static Reply From(Refusal refusal) => Problem(JsonAnswer.StatusOf(refusal.Code, 413), refusal.Message);

    public async Task Send(HttpContext http)
    {
        if (http.Response.HasStarted)
            return;
        http.Response.StatusCode = Status;
        if (Body is null)
            return;
        await JsonAnswer.Write(http, Body, "application/json");
    }
}
