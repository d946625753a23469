using System.Text.Json.Nodes;
using Switchyard.Core.Storage;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Neighbours;

/// <summary>Who the caller is, in SCIM's words. Groups are the caller's teams, <c>users</c>, and for administrators <c>admins</c>.</summary>
internal sealed class ScimApi(IStore store)
{
    private const int MostTeams = 1000;
    private static readonly Shape.Fields Nothing = new([]);

    public void Map(DatabricksDialect.Routes api)
    {
        if (api.Version == ApiVersion.V20)
            api.Get("/preview/scim/v2/Me", Nothing, Me);
    }

    private async Task<Reply> Me(Call call)
    {
        var groups = new JsonArray(Group("users", "users"));
        if (call.Caller.Admin)
            groups.Add(Group("admins", "admins"));
        foreach (var team in await store.TeamsList(call.Caller.UserId, null, MostTeams, call.Stop))
            groups.Add(Group(team.Name, Json.Digits(team.Id)));
        return new JsonObject
        {
            ["schemas"] = new JsonArray("urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:workspace:2.0:User"),
            ["id"] = Json.Digits(call.Caller.UserId),
            ["userName"] = call.Caller.Display,
            ["displayName"] = call.Caller.Name,
            ["name"] = new JsonObject { ["givenName"] = call.Caller.Name },
            ["active"] = true,
            ["emails"] = new JsonArray(new JsonObject { ["type"] = "work", ["value"] = call.Caller.Display, ["primary"] = true }),
            ["entitlements"] = new JsonArray(new JsonObject { ["value"] = "workspace-access" }),
            ["groups"] = groups,
        };
    }

    private static JsonObject Group(string display, string id) => new()
    {
        ["display"] = display,
        ["type"] = "direct",
        ["value"] = id,
        ["$ref"] = "Groups/" + id,
    };
}
