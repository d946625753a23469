using System.Text;
using System.Text.Json.Nodes;
using Switchyard.Core.Projects;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.Orchest.Jobs;
using Switchyard.Dialects.Orchest.Pipelines;
using Switchyard.Dialects.Orchest.Wire;

namespace Switchyard.Dialects.Orchest.Projects;

/// <summary>
/// Environments, as files of their project (<c>.orchest/environments/UUID/properties.json</c> and <c>setup_script.sh</c>), so
/// that a job's snapshot pins them.
/// </summary>
internal sealed class EnvironmentsApi(ProjectTree tree, JobFinder finder, PipelineFinder pipelines)
{
    private static readonly string[] Languages = ["python", "r", "julia", "javascript"];

    public void Map(OrchestDialect.Routes api)
    {
        const string All = "/store/environments/{project}", One = All + "/{environment}";
        api.Add("GET", All, List);
        api.Add("GET", One, Get);
        api.Add("POST", One, Put);
        api.Add("PUT", One, Put);
        api.Add("DELETE", One, Delete);
    }

    /// <summary>The environments of a project.</summary>
    public static IReadOnlyList<string> Uuids(ProjectTree tree, Project project)
    {
        if (tree.Files.Open([.. ProjectTree.PlaceOf(project), ".orchest", "environments"], out var directory) != TreeFault.None)
            return [];
        using (directory)
            return [.. directory.Names().Where(name => !name.StartsWith('.')).Order(StringComparer.Ordinal)];
    }

    private async Task<Reply> List(Call call)
    {
        if (await finder.Project(call, call.Path("project")) is not { } project)
            return Reply.Problem(404, "Project doesn't exist.");
        return new Reply(200, new JsonArray([.. Uuids(tree, project).Select(uuid => Read(project, uuid)).OfType<JsonNode>()]));
    }

    private async Task<Reply> Get(Call call) =>
        await finder.Project(call, call.Path("project")) is { } project && Read(project, call.Path("environment")) is { } found
            ? new Reply(200, found)
            : Reply.Problem(404, "Environment could not be found.");

    private async Task<Reply> Put(Call call)
    {
        if (await finder.Project(call, call.Path("project")) is not { } project)
            return Reply.Problem(404, "Project doesn't exist.");
        if (!(await call.Body()).Ok(out var body, out var refusal))
            return Reply.From(refusal);
        // Clients send it bare, or as a member.
        var sent = body["environment"] as JsonObject ?? body;
        var uuid = call.Path("environment") is "new" ? Guid.NewGuid().ToString() : call.Path("environment");
        if (!Guid.TryParse(uuid, out _))
            return Reply.Problem(400, $"'{PathParts.Short(uuid)}' is no UUID; send a new environment to .../new.");
        if (call.Path("environment") is not "new" && Read(project, uuid) is null)
            return Reply.Problem(404, "Environment could not be found.");
        var (name, language, image, script) = (sent.Text("name"), sent.Text("language") ?? "python", sent.Text("base_image") ?? "", sent.Text("setup_script") ?? "");
        if (name is not { Length: > 0 and <= 255 })
            return Reply.Problem(400, "name: a text of 1 to 255 characters is expected.");
        if (!Languages.Contains(language))
            return Reply.Problem(400, $"language: '{PathParts.Short(language)}' is none of {string.Join(", ", Languages)}.");
        var properties = new JsonObject { ["uuid"] = uuid, ["name"] = name, ["language"] = language, ["base_image"] = image, ["gpu_support"] = sent["gpu_support"]?.GetValueKind() == System.Text.Json.JsonValueKind.True };
        IReadOnlyList<string> place = Place(project, uuid);
        var fault = tree.Files.Make(place, 0x1ED);
        fault = fault == TreeFault.None ? await Write(place, "properties.json", properties.ToJsonString(), call.Stop) : fault;
        fault = fault == TreeFault.None ? await Write(place, "setup_script.sh", script, call.Stop) : fault;
        return fault == TreeFault.None ? new Reply(200, Read(project, uuid)) : Reply.From(ProjectTree.Explain(fault, ".orchest/environments/" + uuid));
    }

    private async Task<Reply> Delete(Call call)
    {
        if (await finder.Project(call, call.Path("project")) is not { } project || !Guid.TryParse(call.Path("environment"), out _) || Read(project, call.Path("environment")) is null)
            return Reply.Problem(404, "Environment could not be found.");
        var fault = tree.Files.Delete(Place(project, call.Path("environment")), true);
        return fault == TreeFault.None ? Reply.Said("Environment deletion was successful.") : Reply.From(ProjectTree.Explain(fault, ".orchest/environments/" + call.Path("environment")));
    }

    private JsonObject? Read(Project project, string uuid)
    {
        var directory = ".orchest/environments/" + uuid;
        if (uuid.Contains('/') || !pipelines.Bytes(project, directory + "/properties.json").Ok(out var bytes, out _) || JsonBody.Parse(bytes).Body is not { } properties)
            return null;
        properties["uuid"] = uuid;
        properties["project_uuid"] = IdUuid.Of(IdKind.Project, project.Id);
        properties["setup_script"] = pipelines.Bytes(project, directory + "/setup_script.sh").Ok(out var script, out _) ? Encoding.UTF8.GetString(script) : "";
        return properties;
    }

    private async Task<TreeFault> Write(IReadOnlyList<string> place, string name, string text, CancellationToken stop)
    {
        using var content = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return await tree.Files.Write([.. place, name], true, 0x1A4, content, stop);
    }

    private static List<string> Place(Project project, string uuid) => [.. ProjectTree.PlaceOf(project), ".orchest", "environments", uuid];
}
