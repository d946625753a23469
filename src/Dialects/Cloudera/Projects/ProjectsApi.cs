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

    private async Task<Reply> GetUser(Call call)
    {
        var name = call.Path("user");
        return User.IsName(name) && (call.Caller.Admin || call.Caller.Name == name) && await store.UserByName(name, call.Stop) is { User: var user }
            ? new Reply(200, Shown(user, call.Origin))
            : Reply.Problem(404, $"User {name} does not exist.");
    }

    /// <summary>The key for the second version: the one key of the user, told to whoever calls with it.</summary>
    private static Task<Reply> GetKey(Call call) => Task.FromResult(
        call.Caller.Name != call.Path("user") ? Reply.Problem(403, $"A key is given to its owner alone; you are {call.Caller.Name}.")
        : ApiKeyText.Of(call.Http) is { } key ? new Reply(200, new JsonObject { ["apiKey"] = key })
        : Reply.Problem(403, "The key for the second version is the one that opens the first: make this call with it. 'yard user api-key' shows it."));

    /// <summary>The projects of a user, those with a text in their name; a page of them by limit and offset.</summary>
    private async Task<Reply> Summary(Call call)
    {
        var name = call.Path("user");
        if (!User.IsName(name) || !(call.Caller.Admin || call.Caller.Name == name) || await store.UserByName(name, call.Stop) is not { User: var user })
            return Reply.Problem(404, $"User {name} does not exist.");
        if (!Number(call.Query("limit"), 30, out var limit) || !Number(call.Query("offset"), 0, out var offset))
            return Reply.Problem(400, "limit and offset must be whole numbers from 0 to 10000.");
        var wanted = (call.Query("projectName") ?? "").Trim('%');
        var rows = new JsonArray();
        long? before = null;
        while (rows.Count < limit && await store.ProjectsList(user.Id, before, PageSize, call.Stop) is { Count: > 0 } page)
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
        ["owner"] = new JsonObject { ["username"] = project.OwnerName, ["type"] = "user" },
        ["creator"] = new JsonObject { ["username"] = project.OwnerName },
    };

    private static bool Number(string? text, int otherwise, out int number)
    {
        number = otherwise;
        return text is null || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= 10_000);
    }
}
