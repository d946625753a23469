using System.Text;
using System.Text.Json.Nodes;
using Switchyard.Core.Projects;
using Switchyard.Core.Runs;
using Switchyard.Core.Snapshots;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.Orchest.Jobs;
using Switchyard.Dialects.Orchest.Pipelines;
using Switchyard.Dialects.Orchest.Wire;

namespace Switchyard.Dialects.Orchest.Projects;

/// <summary>Projects: the same that all dialects have, as this API shows them, and the snapshots of their jobs.</summary>
internal sealed class ProjectsApi(
    IStore store, IDispatch dispatch, ISnapshots snapshots, ProjectTree tree, JobFinder finder, PipelineFinder pipelines, TimeProvider time)
{
    private const int LongestName = 200;

    /// <summary>What a new project's own files leave out of snapshots, as the platform's projects do.</summary>
    private const string Ignored = ".orchest/pipelines/*/logs/\n.orchest/pipelines/*/data/\n.orchest/plasma.sock\n.ipynb_checkpoints/\n";

    private static readonly Reply Missing = Reply.Problem(404, "Project doesn't exist.");

    public void Map(OrchestDialect.Routes api)
    {
        const string Projects = "/async/projects", One = Projects + "/{project}";
        api.Add("GET", Projects, List);
        api.Add("POST", Projects, Create);
        api.Add("GET", One, Get);
        api.Add("PUT", One, Change);
        api.Add("DELETE", One, Delete);
        api.Add("GET", "/catch/api-proxy/api/snapshots/{snapshot}", Snapshot);
        api.Add("POST", "/catch/api-proxy/api/validations/environments", Validate);
    }

    private async Task<Reply> List(Call call)
    {
        var list = new JsonArray();
        foreach (var project in await finder.Projects(call))
            list.Add(Shown(project));
        return new Reply(200, list);
    }

    private async Task<Reply> Get(Call call)
    {
        if (await finder.Project(call, call.Path("project")) is not { } project)
            return Missing;
        var shown = Shown(project);
        var jobs = await finder.Jobs(call, project.Id);
        shown["job_count"] = jobs.Count;
        shown["project_snapshot_size"] = await Megabytes(project, call.Stop);
        return new Reply(200, shown);
    }

    private async Task<Reply> Create(Call call)
    {
        if (!(await call.Body()).Ok(out var body, out var refusal))
            return Reply.From(refusal);
        if (body["name"] is not JsonValue value || !value.TryGetValue(out string? name) || name.Trim().Length == 0 || name.Length > LongestName || name.Contains('/') || name.Any(char.IsControl))
            return Reply.Problem(400, $"name: a text of 1 to {LongestName} characters is expected, without '/' and control characters.");
        var slug = Slug.Of(name);
        if (slug.Length == 0 || ReservedNames.Contains(slug))
            return Reply.Problem(400, slug.Length == 0 ? $"name: nothing of '{name}' can stand in an address; use letters or digits." : $"name: {ReservedNames.Problem(slug)}.");
        var now = time.GetUtcNow();
        var project = new Project
        {
            Id = dispatch.NextId(),
            OwnerId = call.Caller.UserId,
            OwnerName = call.Caller.Name,
            Name = name,
            Slug = slug,
            CreatedAt = now,
            ChangedAt = now,
        };
        if (tree.Files.Make(ProjectTree.PlaceOf(project), 0x1ED) is var fault && fault != TreeFault.None)
            return Reply.From(ProjectTree.Explain(fault, slug));
        if (!(await store.ProjectInsert(project, call.Stop)).Ok(out _, out _))
            return Reply.Problem(409, "Project with name \"" + name + "\" already exists.");
        using var ignore = new MemoryStream(Encoding.UTF8.GetBytes(Ignored));
        await tree.Files.Write([.. ProjectTree.PlaceOf(project), ".gitignore"], false, 0x1A4, ignore, call.Stop);
        return new Reply(200, new JsonObject { ["project_uuid"] = IdUuid.Of(IdKind.Project, project.Id) });
    }

    private async Task<Reply> Change(Call call)
    {
        if (await finder.Project(call, call.Path("project")) is not { } project)
            return Missing;
        if (!(await call.Body()).Ok(out var body, out var refusal))
            return Reply.From(refusal);
        string? name = null;
        if (body["name"] is { } given && (given is not JsonValue value || !value.TryGetValue(out name) || name.Trim().Length == 0 || name.Length > LongestName || name.Contains('/') || name.Any(char.IsControl)))
            return Reply.Problem(400, $"name: a text of 1 to {LongestName} characters is expected, without '/' and control characters.");
        IReadOnlyDictionary<string, string>? variables = null;
        if (body.ContainsKey("env_variables") && !JobUpdate.Variables(body["env_variables"]).Ok(out variables, out refusal))
            return Reply.From(refusal);
        return await store.ProjectUpdate(project.Id, name, variables, time.GetUtcNow(), call.Stop) is null ? Missing : Reply.Said("Project was updated successfully.");
    }

    private async Task<Reply> Delete(Call call)
    {
        if (await finder.Project(call, call.Path("project")) is not { } project)
            return Missing;
        if (tree.Remove(project) is var fault && fault != TreeFault.None)
            return Reply.From(ProjectTree.Explain(fault, project.Slug));
        await store.ProjectDelete(project.Id, time.GetUtcNow(), call.Stop);
        return Reply.Said("Project deleted.");
    }

    private async Task<Reply> Snapshot(Call call)
    {
        if (IdUuid.Read(IdKind.Snapshot, call.Path("snapshot")) is not { } id || await finder.Job(call, IdUuid.Of(IdKind.Job, id)) is not { } job)
            return Reply.Problem(404, "Snapshot not found.");
        var state = JobState.Of(job);
        var all = new JsonObject();
        foreach (var (path, read) in pipelines.In(state.Snapshot))
        {
            if (read.Ok(out var file, out _))
                all[file.Uuid] = new JsonObject { ["path"] = path, ["definition"] = file.Definition.DeepClone() };
        }

        var facts = snapshots.Find(state.Snapshot).Ok(out var found, out _) ? found : null;
        return new Reply(200, new JsonObject
        {
            ["uuid"] = call.Path("snapshot"),
            ["project_uuid"] = IdUuid.Of(IdKind.Project, job.ProjectId ?? 0),
            ["timestamp"] = Times.Naive(job.CreatedAt),
            ["pipelines"] = all,
            ["files"] = facts?.Files,
            ["bytes"] = facts?.Bytes,
        });
    }

    /// <summary>Environments need no build before a job: what a run needs is made when it starts.</summary>
    private async Task<Reply> Validate(Call call)
    {
        if (!(await call.Body()).Ok(out var body, out var refusal))
            return Reply.From(refusal);
        if (await finder.Project(call, body.Text("project_uuid")) is not { } project)
            return Missing;
        var pass = new JsonArray([.. EnvironmentsApi.Uuids(tree, project).Select(environment => JsonValue.Create(environment))]);
        return new Reply(201, new JsonObject { ["validation"] = "pass", ["fail"] = new JsonArray(), ["actions"] = new JsonArray(), ["pass"] = pass });
    }

    private JsonObject Shown(Project project) => new()
    {
        ["uuid"] = IdUuid.Of(IdKind.Project, project.Id),
        ["path"] = project.Name,
        ["slug"] = project.Slug,
        ["owner"] = project.OwnerName,
        ["status"] = "READY",
        ["env_variables"] = JobRenderer.Map(project.Environment),
        ["pipeline_count"] = pipelines.PathsIn(project).Count,
        ["environment_count"] = EnvironmentsApi.Uuids(tree, project).Count,
    };

    private async Task<double> Megabytes(Project project, CancellationToken stop) =>
        Math.Round((await tree.Files.Sum(ProjectTree.PlaceOf(project), _ => new ValueTask<bool>(true), stop)).Bytes / 1e6, 3);
}
