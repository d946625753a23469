using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Core.Projects;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.Orchest.Jobs;
using Switchyard.Dialects.Orchest.Projects;
using Switchyard.Dialects.Orchest.Wire;

namespace Switchyard.Dialects.Orchest.Pipelines;

/// <summary>Pipelines of projects: listed, made, moved and removed as files; their JSON, also as a job froze it.</summary>
internal sealed class PipelinesApi(ProjectTree tree, JobFinder finder, PipelineFinder pipelines, PipelineVariables variables)
{
    /// <summary>As the platform writes its files: indented by four, keys sorted.</summary>
    private static readonly JsonSerializerOptions OnDisk = new() { WriteIndented = true, IndentSize = 4, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly Reply Missing = Reply.Problem(404, "Pipeline doesn't exist.");

    public void Map(OrchestDialect.Routes api)
    {
        const string One = "/async/pipelines/{project}/{pipeline}", Json = "/async/pipelines/json/{project}/{pipeline}";
        api.Add("GET", "/async/pipelines", ListAll);
        api.Add("GET", "/async/pipelines/{project}", List);
        api.Add("POST", "/async/pipelines/create/{project}", Create);
        api.Add("GET", Json, GetJson);
        api.Add("PUT", Json, PutJson);
        api.Add("GET", One, Get);
        api.Add("PUT", One, Change);
        api.Add("DELETE", One, Delete);
    }

    private async Task<Reply> ListAll(Call call)
    {
        var all = new JsonArray();
        foreach (var project in await finder.Projects(call))
            Add(project, all);
        return new Reply(200, new JsonObject { ["success"] = true, ["result"] = all });
    }

    private async Task<Reply> List(Call call)
    {
        if (await finder.Project(call, call.Path("project")) is not { } project)
            return Reply.Problem(404, "Project doesn't exist.");
        var all = new JsonArray();
        Add(project, all);
        return new Reply(200, new JsonObject { ["success"] = true, ["result"] = all });
    }

    private async Task<Reply> Get(Call call)
    {
        if (await Find(call) is not ({ } project, { } found))
            return Missing;
        var shown = Shown(project, found.Path, found.File);
        shown["env_variables"] = JobRenderer.Map(variables.Own(project, found.File.Uuid));
        shown["status"] = "READY";
        return new Reply(200, shown);
    }

    private async Task<Reply> Create(Call call)
    {
        if (await finder.Project(call, call.Path("project")) is not { } project)
            return Reply.Problem(404, "Project doesn't exist.");
        if (!(await call.Body()).Ok(out var body, out var refusal))
            return Reply.From(refusal);
        if (!PathOf(body["pipeline_path"]).Ok(out var path, out refusal))
            return Reply.From(refusal);
        if (body["name"] is not JsonValue value || !value.TryGetValue(out string? name) || name.Length is 0 or > 255)
            return Reply.Problem(400, "name: a text of 1 to 255 characters is expected.");
        var definition = new JsonObject
        {
            ["name"] = name,
            ["parameters"] = new JsonObject(),
            ["settings"] = new JsonObject { ["auto_eviction"] = false, ["data_passing_memory_size"] = "1GB" },
            ["steps"] = new JsonObject(),
            ["uuid"] = Guid.NewGuid().ToString(),
            ["version"] = "1.0.0",
        };
        var uuid = (string)definition["uuid"]!;
        return await Write(project, path, definition, false, call.Stop) is { } fault
            ? fault.Code == RefusalCode.Conflict ? Reply.Problem(400, $"Pipeline with path \"{path}\" already exists.") : Reply.From(fault)
            : new Reply(200, new JsonObject { ["pipeline_uuid"] = uuid });
    }

    private async Task<Reply> Change(Call call)
    {
        if (await Find(call) is not ({ } project, { } found))
            return Missing;
        if (!(await call.Body()).Ok(out var body, out var refusal))
            return Reply.From(refusal);
        IReadOnlyDictionary<string, string>? own = null;
        if (body.ContainsKey("env_variables") && !JobUpdate.Variables(body["env_variables"]).Ok(out own, out refusal))
            return Reply.From(refusal);
        if (body.ContainsKey("path"))
        {
            if (!PathOf(body["path"]).Ok(out var path, out refusal) || !ProjectTree.PlaceOf(project, path).Ok(out var to, out refusal) || !ProjectTree.PlaceOf(project, found.Path).Ok(out var from, out refusal))
                return Reply.From(refusal);
            if (tree.Files.Move(from, to) is var fault && fault != TreeFault.None)
                return Reply.From(ProjectTree.Explain(fault, path));
        }

        return own is not null && await variables.Set(project, found.File.Uuid, own, call.Stop) is { } problem ? Reply.From(problem) : new Reply(200, new JsonObject { ["message"] = "Pipeline was updated successfully." });
    }

    private async Task<Reply> Delete(Call call)
    {
        if (await Find(call) is not ({ } project, { } found) || !ProjectTree.PlaceOf(project, found.Path).Ok(out var place, out _))
            return Missing;
        var fault = tree.Files.Delete(place, false);
        return fault == TreeFault.None ? new Reply(200, new JsonObject { ["success"] = true }) : Reply.From(ProjectTree.Explain(fault, found.Path));
    }

    /// <summary>A pipeline's JSON, as a text: of the project as it is, or as a job froze it.</summary>
    private async Task<Reply> GetJson(Call call)
    {
        JsonObject definition;
        if (call.Query("job_uuid") is { } jobUuid)
        {
            if (await finder.Job(call, jobUuid) is not { } job)
                return Failed(404, ".orchest file doesn't exist: there is no such job.");
            var state = JobState.Of(job);
            definition = state.Definition;
            if (call.Query("pipeline_run_uuid") is { } runUuid)
            {
                if (await finder.Run(call, runUuid) is not { } run || run.JobId != job.Id)
                    return Failed(404, ".orchest file doesn't exist: there is no such run.");
                definition = RunDefinition.Of(definition, run.Overrides is { } text ? (JsonObject)JsonNode.Parse(text)! : []);
            }
        }
        else
        {
            if (await Find(call) is not (_, { } found))
                return Failed(404, ".orchest file doesn't exist.");
            definition = found.File.Definition;
        }

        return new Reply(200, new JsonObject { ["success"] = true, ["pipeline_json"] = definition.ToJsonString(OnDisk) });
    }

    private async Task<Reply> PutJson(Call call)
    {
        if (await Find(call) is not ({ } project, { } found))
            return Failed(404, ".orchest file doesn't exist.");
        var text = (string?)(await call.Form())["pipeline_json"] ?? "";
        var read = JsonBody.Parse(Encoding.UTF8.GetBytes(text));
        if (read.Body is not { Count: > 0 } definition)
            return Failed(400, "Invalid value: pipeline_json is a form field with the pipeline as a JSON object.");
        if (!PipelineFile.Read(definition, found.Path).Ok(out var file, out var refusal))
            return Failed(400, "Invalid value: " + refusal.Message);
        if (file.Uuid != found.File.Uuid)
            return Failed(400, $"Invalid value: uuid: the pipeline at {found.Path} is {found.File.Uuid}, and that does not change.");
        return await Write(project, found.Path, file.Definition, true, call.Stop) is { } fault
            ? Failed(409, fault.Message)
            : new Reply(200, new JsonObject { ["success"] = true, ["message"] = "Successfully saved pipeline." });
    }

    private async Task<(Project? Project, FoundPipeline? Found)> Find(Call call)
    {
        var project = await finder.Project(call, call.Path("project"));
        return (project, project is null ? null : pipelines.Find(project, call.Path("pipeline")));
    }

    private void Add(Project project, JsonArray all)
    {
        foreach (var path in pipelines.PathsIn(project))
        {
            if (pipelines.Read(project, path).Ok(out var file, out _))
                all.Add(Shown(project, path, file));
        }
    }

    private async Task<Refusal?> Write(Project project, string path, JsonObject definition, bool over, CancellationToken stop)
    {
        if (!ProjectTree.PlaceOf(project, path).Ok(out var place, out var refusal))
            return refusal;
        var fault = tree.Files.Make([.. place.SkipLast(1)], 0x1ED);
        using var text = new MemoryStream(Encoding.UTF8.GetBytes(Sorted(definition)!.ToJsonString(OnDisk)));
        fault = fault == TreeFault.None ? await tree.Files.Write(place, over, 0x1A4, text, stop) : fault;
        return fault == TreeFault.None ? null : ProjectTree.Explain(fault, path);
    }

    private static Result<string> PathOf(JsonNode? node)
    {
        if (node is not JsonValue value || !value.TryGetValue(out string? path) || !path.EndsWith(".orchest", StringComparison.Ordinal) || path is ".orchest" || path.EndsWith("/.orchest", StringComparison.Ordinal))
            return new Refusal(RefusalCode.Invalid, "pipeline_path: a path in the project that ends in .orchest is expected, such as main.orchest.");
        return path.TrimStart('/');
    }

    private static JsonObject Shown(Project project, string path, PipelineFile file) =>
        new() { ["uuid"] = file.Uuid, ["path"] = path, ["project_uuid"] = IdUuid.Of(IdKind.Project, project.Id), ["name"] = file.Name };

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => KeyValuePair.Create(member.Key, Sorted(member.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };

    private static Reply Failed(int status, string reason) => new(status, new JsonObject { ["success"] = false, ["reason"] = reason, ["message"] = reason });
}

/// <summary>The definition that one run works with: the job's, with the run's parameters in the place of the pipeline's and of the steps it names.</summary>
internal static class RunDefinition
{
    public static JsonObject Of(JsonObject definition, JsonObject parameters)
    {
        definition = (JsonObject)definition.DeepClone();
        definition["parameters"] = parameters[PipelineFile.PipelineGroup]?.DeepClone() ?? new JsonObject();
        foreach (var (step, values) in parameters)
        {
            if (definition["steps"]![step] is JsonObject named)
                named["parameters"] = values?.DeepClone();
        }

        return definition;
    }
}
