using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Neighbours;

/// <summary>Calls that clients make around jobs: what is found where, and what they tell of themselves.</summary>
internal sealed class NeighboursApi(DatabricksOptions options)
{
    /// <summary>The first request of current clients, made without a credential.</summary>
    public JsonObject Discovery(HttpContext http) => new()
    {
        ["oidc_endpoint"] = $"{http.Request.Scheme}://{http.Request.Host}/oidc",
        ["workspace_id"] = options.WorkspaceId.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>What the current command line tells of itself is taken and forgotten; it repeats what is not counted.</summary>
    public static Task<Reply> TakeTelemetry(Call call) => Task.FromResult<Reply>(new JsonObject
    {
        ["errors"] = new JsonArray(),
        ["numSuccess"] = (call.Args["items"] as JsonArray)?.Count ?? 0,
        ["numProtoSuccess"] = (call.Args["protoLogs"] as JsonArray)?.Count ?? 0,
    });
}
