using System.Text.Json.Nodes;
using Switchyard.Core.Projects;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Dialects.Cloudera.Projects;
using Switchyard.Dialects.Cloudera.Wire;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Cloudera.V2;

/// <summary>Projects.</summary>
internal sealed class ProjectsV2(IStore store, IDispatch dispatch, ProjectFinder finder, ProjectTree tree, ProjectImports imports, TimeProvider time)
{
    private const int LargestPage = 100_000;

    private static readonly string[] Filters = ["name", "description", "owner.username", "owner.name", "owner.email", "creator.username", "creator.name", "creator.email"];

    public void Map(ClouderaDialect.Routes api)
    {
        api.Add("GET", "/projects", List);
        api.Add("POST", "/projects", Create);
        api.Add("GET", "/projects/{project_id}", Get);
        api.Add("PATCH", "/projects/{project_id}", Update);
        api.Add("DELETE", "/projects/{project_id}", Delete);
    }

    /// <summary>The projects of the caller and their teams; for an administrator who asks for it, everybody's.</summary>
    private async Task<Reply> List(Call call)
    {
        if (!Listing.Read(call, Filters, ["name", "created_at", "updated_at"], LargestPage).Ok(out var listing, out var refusal))
            return Reply.From(refusal);
        var shown = new List<JsonObject>();
        foreach (var project in await finder.Projects(call.Caller.Admin && call.Query("include_all_projects") == "true" ? null : call.Caller.Owners, call.Stop))
            shown.Add(await Shown(project, call.Stop));
        return listing.Page("projects", shown);
    }

    private async Task<Reply> Get(Call call)
    {
        var (project, problem) = await finder.Project(call);
        return project is null ? problem! : new Reply(200, await Shown(project, call.Stop));
    }

    /// <summary>A project of the caller's or of one of their teams; with <c>git_url</c> it is answered when the repository is there.</summary>
    private async Task<Reply> Create(Call call)
    {
        var (body, malformed) = await call.Body();
        if (body is null)
            return malformed!;
        if (Project.NameProblem(body.Text("name"), null) is { } bad)
            return Reply.From(bad);
        if (!Variables(body).Ok(out var environment, out var refusal))
            return Reply.From(refusal);
        var (ownerId, ownerName) = (call.Caller.UserId, call.Caller.Name);
        if (body.Text("team_name") is { Length: > 0 } name)
        {
            if (!Slug.IsSlug(name) || await store.TeamFind(name, call.Stop) is not { } team || !call.Caller.MayUse(team.Id))
                return Reply.Problem(404, $"Team {name} does not exist, or you are not in it.");
            (ownerId, ownerName) = (team.Id, team.Name);
        }

        if (body.Text("git_url") is { Length: > 0 } url)
        {
            if (!(await imports.Start(url, null, body.Text("name"), null, ownerId, ownerName, call.Stop)).Ok(out var import, out refusal))
                return Reply.From(refusal);
            import = await imports.Ended(import, call.Stop);
            if (import.Problem is { } problem)
                return Reply.Problem(400, $"git_url: {problem}");
            return environment.Count > 0 && await store.ProjectUpdate(import.Project.Id, null, environment, time.GetUtcNow(), call.Stop) is { } changed
                ? new Reply(200, await Shown(changed, call.Stop))
                : new Reply(200, await Shown(import.Project, call.Stop));
        }

        var now = time.GetUtcNow();
        var project = new Project
        {
            Id = dispatch.NextId(),
            OwnerId = ownerId,
            OwnerName = ownerName,
            Name = body.Text("name")!,
            Slug = Slug.Of(body.Text("name")!),
            Environment = environment,
            CreatedAt = now,
            ChangedAt = now,
        };
        if (tree.Files.Make(ProjectTree.PlaceOf(project), 0x1ED) is var fault && fault != TreeFault.None)
            return Reply.From(ProjectTree.Explain(fault, project.Slug));
        return (await store.ProjectInsert(project, call.Stop)).Ok(out var made, out refusal) ? new Reply(200, await Shown(made, call.Stop)) : Reply.From(refusal);
    }

    /// <summary>Changes name and variables; what else a project of the platform's has is not looked at.</summary>
    private async Task<Reply> Update(Call call)
    {
        var (project, problem) = await finder.Project(call);
        if (project is null)
            return problem!;
        var (body, malformed) = await call.Body();
        if (body is null)
            return malformed!;
        if (body.ContainsKey("name") && Project.NameProblem(body.Text("name"), project.Slug) is { } bad)
            return Reply.From(bad);
        if (!Variables(body).Ok(out var environment, out var refusal))
            return Reply.From(refusal);
        return await store.ProjectUpdate(project.Id, body.Text("name"), body.ContainsKey("environment") ? environment : null, time.GetUtcNow(), call.Stop) is { } changed
            ? new Reply(200, await Shown(changed, call.Stop))
            : Reply.Problem(404, $"Project {Ids.Grouped(project.Id)} does not exist.");
    }

    private async Task<Reply> Delete(Call call)
    {
        var (project, problem) = await finder.Project(call);
        if (project is null)
            return problem!;
        if (tree.Remove(project) is var fault && fault != TreeFault.None)
            return Reply.From(ProjectTree.Explain(fault, project.Slug));
        await store.ProjectDelete(project.Id, time.GetUtcNow(), call.Stop);
        return new Reply(200, new JsonObject());
    }

    /// <summary>The variables of a body: an object, or the text of one, as projects are shown.</summary>
    private static Result<Dictionary<string, string>> Variables(JsonObject body) =>
        body["environment"] is not { } sent ? Call.Texts(null, "environment")
        : JobShape.Environment(sent).Ok(out var map, out var refusal) ? Call.Texts(map, "environment")
        : refusal;

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
