using System.Globalization;
using System.Text.Json.Nodes;
using Switchyard.Core.Projects;
using Switchyard.Core.Storage;
using Switchyard.Core.Users;
using Switchyard.Dialects.Cloudera.Wire;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Cloudera.Projects;

/// <summary>Users and projects, as far as Cloudera's own clients ask for them.</summary>
internal sealed class ProjectsApi(IStore store, ProjectFinder finder, ProjectTree tree, TimeProvider time)
{
    private const int PageSize = 500;

    /// <summary>What the platform calls a team.</summary>
    private const string TeamType = "organization";

    public void Map(ClouderaDialect.Routes api)
    {
        api.Add("GET", "/users/{user}", GetUser);
        api.Add("POST", "/users/{user}/apikey", GetKey);
        api.Add("GET", "/users/{user}/projects-summary", Summary);
        api.Add("GET", "/projects/{owner}/{project}", Get);
        api.Add("GET", "/projects/{owner}/{project}/environment", GetEnvironment);
        api.Add("PUT", "/projects/{owner}/{project}/environment", PutEnvironment);
        api.Stream("GET", "/projects/{owner}/{project}/files/{**path}", Download);
    }

    /// <summary>A user as this API shows one.</summary>
    public static JsonObject Shown(User user, string origin) => new()
    {
        ["id"] = user.Id,
        ["username"] = user.Name,
        ["name"] = user.Name,
        ["email"] = user.Email ?? "",
        ["type"] = "user",
        ["html_url"] = $"{origin}/{user.Name}",
        ["url"] = $"{origin}/api/v1/users/{user.Name}",
    };

    private static JsonObject Shown(Team team, string origin) => new()
    {
        ["id"] = team.Id,
        ["username"] = team.Name,
        ["name"] = team.Name,
        ["email"] = "",
        ["type"] = TeamType,
        ["html_url"] = $"{origin}/{team.Name}",
        ["url"] = $"{origin}/api/v1/users/{team.Name}",
    };

    private async Task<Reply> GetUser(Call call)
    {
        var name = call.Path("user");
        if (await UserOf(call, name) is { } user)
            return new Reply(200, Shown(user, call.Origin));
        return await TeamOf(call, name) is { } team ? new Reply(200, Shown(team, call.Origin)) : Missing(name);
    }

    /// <summary>The user of a name whom the caller may see: themselves; an administrator sees all.</summary>
    private async Task<User?> UserOf(Call call, string name) =>
        User.IsName(name) && (call.Caller.Admin || call.Caller.Name == name) && await store.UserByName(name, call.Stop) is { User: var user } ? user : null;

    /// <summary>The team of a name, for those who are in it.</summary>
    private async Task<Team?> TeamOf(Call call, string name) =>
        Slug.IsSlug(name) && await store.TeamFind(name, call.Stop) is { } team && call.Caller.MayUse(team.Id) ? team : null;

    private static Reply Missing(string name) => Reply.Problem(404, $"User {name} does not exist.");

    /// <summary>The key for the second version: the one key of the user, told to whoever calls with it.</summary>
    private static Task<Reply> GetKey(Call call) => Task.FromResult(
        call.Caller.Name != call.Path("user") ? Reply.Problem(403, $"A key is given to its owner alone; you are {call.Caller.Name}.")
        : ApiKeyText.Of(call.Http) is { } key ? new Reply(200, new JsonObject { ["apiKey"] = key })
        : Reply.Problem(403, "The key for the second version is the one that opens the first: make this call with it. 'yard user api-key' shows it."));

    /// <summary>The projects of a user or a team, those with a text in their name; a page of them by limit and offset.</summary>
    private async Task<Reply> Summary(Call call)
    {
        var name = call.Path("user");
        if (((await UserOf(call, name))?.Id ?? (await TeamOf(call, name))?.Id) is not { } owner)
            return Missing(name);
        if (!Number(call.Query("limit"), 30, out var limit) || !Number(call.Query("offset"), 0, out var offset))
            return Reply.Problem(400, "limit and offset must be whole numbers from 0 to 10000.");
        var wanted = (call.Query("projectName") ?? "").Trim('%');
        var rows = new JsonArray();
        long? before = null;
        while (rows.Count < limit && await store.ProjectsList([owner], before, PageSize, call.Stop) is { Count: > 0 } page)
        {
            foreach (var project in page.Where(project => project.Name.Contains(wanted, StringComparison.OrdinalIgnoreCase)))
            {
                if (offset-- <= 0 && rows.Count < limit)
                    rows.Add(Summed(project));
            }

            before = page[^1].Id;
        }

        return new Reply(200, rows);
    }

    private async Task<Reply> Get(Call call)
    {
        var (project, problem) = await finder.Project(call);
        if (project is null)
            return problem!;
        var shown = Summed(project);
        shown["slug"] = project.Slug;
        shown["description"] = "";
        shown["default_project_engine_type"] = "ml_runtime";
        shown["project_visibility"] = "private";
        shown["shared_memory_limit"] = 0;
        shown["html_url"] = $"{call.Origin}/{project.OwnerName}/{project.Slug}";
        shown["url"] = $"{call.Origin}/api/v1/projects/{project.OwnerName}/{project.Slug}";
        shown["created_at"] = project.CreatedAt.ToString("O", CultureInfo.InvariantCulture);
        shown["updated_at"] = project.ChangedAt.ToString("O", CultureInfo.InvariantCulture);
        return new Reply(200, shown);
    }

    private async Task<Reply> GetEnvironment(Call call)
    {
        var (project, problem) = await finder.Project(call);
        return project is null ? problem! : new Reply(200, new JsonObject(project.Environment.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))));
    }

    private async Task<Reply> PutEnvironment(Call call)
    {
        var (project, problem) = await finder.Project(call);
        if (project is null)
            return problem!;
        var (body, malformed) = await call.Body();
        if (body is null)
            return malformed!;
        if (!Call.Texts(body, "environment").Ok(out var environment, out var refusal))
            return Reply.From(refusal);
        return await store.ProjectUpdate(project.Id, null, environment, time.GetUtcNow(), call.Stop) is null
            ? Reply.Problem(404, $"Project {project.OwnerName}/{project.Slug} does not exist.")
            : new Reply(204);
    }

    private async Task Download(Call call)
    {
        var (project, problem) = await finder.Project(call);
        if (project is null)
        {
            await problem!.Send(call.Http);
            return;
        }

        var path = call.Path("path");
        if (!ProjectTree.PlaceOf(project, path).Ok(out var place, out var refusal))
        {
            await Reply.From(refusal).Send(call.Http);
            return;
        }

        if (tree.Files.Read(place, out var file, out var entry) is var fault && fault != TreeFault.None)
        {
            await Reply.From(ProjectTree.Explain(fault, path)).Send(call.Http);
            return;
        }

        await using var content = new FileStream(file, FileAccess.Read);
        call.Http.Response.ContentType = "text/plain; charset=utf-8";
        call.Http.Response.ContentLength = entry.Length;
        call.Http.Response.Headers.XContentTypeOptions = "nosniff";
        await content.CopyToAsync(call.Http.Response.Body, call.Stop);
    }

    private static JsonObject Summed(Project project) => new()
    {
        ["id"] = project.Id,
        ["name"] = project.Name,
        ["slug_raw"] = project.Slug,
        ["owner"] = new JsonObject { ["username"] = project.OwnerName, ["type"] = project.OfTeam ? TeamType : "user" },
        ["creator"] = new JsonObject { ["username"] = project.OwnerName },
    };

    private static bool Number(string? text, int otherwise, out int number)
    {
        number = otherwise;
        return text is null || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= 10_000);
    }
}
