using System.Text.Json.Nodes;
using Switchyard.Core.Projects;
using Switchyard.Core.Storage;
using Switchyard.Dialects.Cloudera.Projects;
using Switchyard.Dialects.Cloudera.Wire;

namespace Switchyard.Dialects.Cloudera.V2;

/// <summary>Projects.</summary>
internal sealed class ProjectsV2(IStore store, ProjectFinder finder)
{
    private const int LargestPage = 100_000;

    private static readonly string[] Filters = ["name", "description", "owner.username", "owner.name", "owner.email", "creator.username", "creator.name", "creator.email"];

    public void Map(ClouderaDialect.Routes api)
    {
        api.Add("GET", "/projects", List);
        api.Add("GET", "/projects/{project_id}", Get);
    }

    /// <summary>The caller's projects; for an administrator who asks for it, everybody's.</summary>
    private async Task<Reply> List(Call call)
    {
        if (!Listing.Read(call, Filters, ["name", "created_at", "updated_at"], LargestPage).Ok(out var listing, out var refusal))
            return Reply.From(refusal);
        var shown = new List<JsonObject>();
        foreach (var project in await finder.Projects(call.Caller.Admin && call.Query("include_all_projects") == "true" ? null : call.Caller.UserId, call.Stop))
            shown.Add(await Shown(project, call.Stop));
        return listing.Page("projects", shown);
    }

    private async Task<Reply> Get(Call call)
    {
        var (project, problem) = await finder.Project(call);
        return project is null ? problem! : new Reply(200, await Shown(project, call.Stop));
    }

    private async Task<JsonObject> Shown(Project project, CancellationToken stop)
    {
        var user = JobShape.Creator(project, await store.UserGet(project.OwnerId, stop));
        return new JsonObject
        {
            ["id"] = Ids.Grouped(project.Id),
            ["name"] = project.Name,
            ["description"] = "",
            ["owner"] = user.DeepClone(),
            ["creator"] = user,
            ["visibility"] = "private",
            ["default_engine_type"] = "ml_runtime",
            ["default_project_engine_type"] = "ml_runtime",
            ["shared_memory_limit"] = 0,
            ["creation_status"] = "success",
            ["environment"] = new JsonObject(project.Environment.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))).ToJsonString(),
            ["created_at"] = JobShape.Time(project.CreatedAt),
            ["updated_at"] = JobShape.Time(project.ChangedAt),
        };
    }
}
