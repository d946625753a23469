using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Neighbours;

/// <summary>Calls that clients make around jobs: who am I.</summary>
internal sealed class NeighboursApi(DatabricksOptions options)
{
    public void Map(DatabricksDialect.Routes api)
    {
        if (api.Version == ApiVersion.V20)
            api.Get("/preview/scim/v2/Me", Schema.Nothing, call => Task.FromResult<Reply>(Me(call)));
    }

    /// <summary>The first request of current clients, made without a credential.</summary>
    public JsonObject Discovery(HttpContext http) => new()
    {
        ["oidc_endpoint"] = $"{http.Request.Scheme}://{http.Request.Host}/oidc",
        ["workspace_id"] = options.WorkspaceId.ToString(CultureInfo.InvariantCulture),
    };

    private static JsonObject Me(Call call) => new()
    {
        ["schemas"] = new JsonArray("urn:ietf:params:scim:schemas:core:2.0:User"),
        ["id"] = Json.Digits(call.Caller.UserId),
        ["userName"] = call.Caller.Display,
        ["displayName"] = call.Caller.Name,
        ["active"] = true,
        ["emails"] = new JsonArray(new JsonObject { ["type"] = "work", ["value"] = call.Caller.Display, ["primary"] = true }),
        ["groups"] = new JsonArray([.. (call.Caller.Admin ? new[] { "users", "admins" } : ["users"]).Select(group => new JsonObject { ["display"] = group, ["value"] = group })]),
    };
}
