using System.Text.Json.Nodes;
using Switchyard.Core.Snapshots;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.Orchest.Jobs;
using Switchyard.Dialects.Orchest.Pipelines;
using Switchyard.Dialects.Orchest.Wire;

namespace Switchyard.Dialects.Orchest.Files;

/// <summary>Files as clients look at them: of the project as it is, of a job's snapshot, of a run's own copy.</summary>
internal sealed class FilesApi(ProjectTree tree, ISnapshots snapshots, JobFinder finder, PipelineFinder pipelines, JobPlanner planner)
{
    private const int LargestFile = 64 * 1024 * 1024;
    private const int MostEntries = 10_000;

    public void Map(OrchestDialect.Routes api)
    {
        api.Stream("GET", "/async/file-management/read", Read);
        api.Add("GET", "/async/file-management/exists", Exists);
        api.Add("GET", "/async/file-management/browse", Browse);
        api.Add("GET", "/async/file-viewer/{project}/{pipeline}/{step}", View);
    }

    private async Task Read(Call call)
    {
        if (!(await Open(call, call.Query("path") ?? "")).Ok(out var file, out var refusal))
        {
            await Reply.From(refusal).Send(call.Http);
            return;
        }

        await using (file)
        {
            call.Http.Response.ContentType = "application/octet-stream";
            call.Http.Response.Headers.XContentTypeOptions = "nosniff";
            call.Http.Response.ContentLength = file.Length;
            await file.CopyToAsync(call.Http.Response.Body, call.Stop);
        }
    }

    private async Task<Reply> Exists(Call call)
    {
        if (!(await Open(call, call.Query("path") ?? "")).Ok(out var file, out var refusal))
            return refusal.Code == RefusalCode.NotFound ? Reply.Problem(404, "File does not exist.") : Reply.From(refusal);
        await file.DisposeAsync();
        return Reply.Said("File exists.");
    }

    /// <summary>What a step runs, as text.</summary>
    private async Task<Reply> View(Call call)
    {
        if (await finder.Project(call, call.Path("project")) is not { } project)
            return Reply.Problem(404, "Project doesn't exist.");
        var job = call.Query("job_uuid") is { } uuid ? await finder.Job(call, uuid) : null;
        if (call.Query("job_uuid") is not null && job is null)
            return Reply.Problem(404, "Job not found.");
        var (path, file) = (default(string), default(PipelineFile));
        if (job is not null)
        {
            var state = JobState.Of(job);
            (path, file) = (state.PipelinePath, PipelineFile.Read(state.Definition, state.PipelinePath).Ok(out var read, out _) ? read : null);
        }
        else if (pipelines.Find(project, call.Path("pipeline")) is { } found)
        {
            (path, file) = (found.Path, found.File);
        }

        if (file?.Steps.FirstOrDefault(step => step.Uuid == call.Path("step")) is not { } step)
            return Reply.Problem(404, "Step does not exist.");
        // A step's file may lie above its pipeline; what would lie above the project is cut off at its root.
        var full = Path.GetFullPath(step.FilePath, "/" + Path.GetDirectoryName(path));
        var (projectUuid, run) = (IdUuid.Of(IdKind.Project, project.Id), call.Query("pipeline_run_uuid"));
        // Of a notebook that a run executed there is a page, where what makes pages is installed.
        var page = run is not null && full.EndsWith(".ipynb", StringComparison.OrdinalIgnoreCase) && (await Open(call, $".orchest/pipelines/{file.Uuid}/notebooks/{step.Uuid}.html", projectUuid, run)).Ok(out var made, out _) ? made : null;
        var refusal = default(Refusal);
        if (page is null && !(await Open(call, full, projectUuid, run)).Ok(out page, out refusal))
            return Reply.From(refusal);
        using var reader = new StreamReader(page);
        return new Reply(200, new JsonObject
        {
            ["ext"] = Path.GetExtension(step.FilePath).TrimStart('.'),
            ["content"] = await reader.ReadToEndAsync(call.Stop),
            ["step_title"] = step.Title,
            ["filename"] = Path.GetFileName(step.FilePath),
        });
    }

    private async Task<Reply> Browse(Call call)
    {
        var path = Inside(call.Query("path") ?? "/");
        var (entries, prefix) = (new JsonArray(), path.Length == 0 ? "/" : $"/{path}/");
        if (call.Query("root") is { } root && root is not "/project-dir")
            return Reply.Problem(400, $"root: '{PathParts.Short(root)}' cannot be listed; /project-dir can.");
        if (!(await Place(call, call.Query("project_uuid"), call.Query("run_uuid") ?? call.Query("pipeline_run_uuid"))).Ok(out var place, out var refusal))
            return Reply.From(refusal);
        if (!PathParts.Parse("/" + path, "data", 255).Ok(out var parts, out refusal))
            return Reply.From(refusal);
        if (place.Snapshot is { } snapshot)
        {
            if (!(place.Copy is { } copy ? snapshots.ListCopy(snapshot, copy, path) : snapshots.List(snapshot, path)).Ok(out var listed, out refusal))
                return Reply.From(refusal);
            foreach (var entry in listed.Take(MostEntries))
                entries.Add(Entry(prefix, entry.Name, entry.Kind == SnapshotEntryKind.Directory));
        }
        else
        {
            if (tree.Files.Open([.. place.Project, .. parts], out var directory) is var fault && fault != TreeFault.None)
                return Reply.From(ProjectTree.Explain(fault, path));
            using (directory)
            {
                foreach (var name in directory.Names().Order(StringComparer.Ordinal).Take(MostEntries))
                    entries.Add(Entry(prefix, name, directory.Look(name, out var entry) == TreeFault.None && entry.Kind == TreeKind.Directory));
            }
        }

        return new Reply(200, new JsonObject { ["name"] = path.Length == 0 ? "/" : Path.GetFileName(path), ["path"] = prefix, ["root"] = path.Length == 0, ["type"] = "directory", ["children"] = entries });
    }

    private static JsonObject Entry(string prefix, string name, bool directory)
    {
        var entry = new JsonObject { ["name"] = name, ["path"] = prefix + name + (directory ? "/" : ""), ["root"] = false, ["type"] = directory ? "directory" : "file" };
        if (directory)
            entry["children"] = new JsonArray();
        return entry;
    }

    private Task<Result<Stream>> Open(Call call, string path) => Open(call, path, call.Query("project_uuid"), call.Query("run_uuid") ?? call.Query("pipeline_run_uuid"));

    private async Task<Result<Stream>> Open(Call call, string path, string? project, string? run)
    {
        path = Inside(path);
        if (!(await Place(call, project, run)).Ok(out var place, out var refusal) || !Open(place, path).Ok(out var file, out refusal))
            return refusal;
        if (file.Length <= LargestFile)
            return file;
        await file.DisposeAsync();
        return new Refusal(RefusalCode.Exhausted, $"'{PathParts.Short(path)}' has {file.Length} bytes; at most {LargestFile} are shown.");
    }

    private Result<Stream> Open((IReadOnlyList<string> Project, string? Snapshot, string? Copy) place, string path)
    {
        if (!PathParts.Parse("/" + path, "data/train.csv", 255).Ok(out var parts, out var refusal))
            return refusal;
        if (place.Snapshot is { } snapshot)
            return place.Copy is { } copy ? snapshots.OpenCopy(snapshot, copy, path) : snapshots.Open(snapshot, path);
        if (parts.Count == 0)
            return new Refusal(RefusalCode.Invalid, "path: the path of a file in the project is expected.");
        if (tree.Files.Read([.. place.Project, .. parts], out var handle, out _) is var fault && fault != TreeFault.None)
            return ProjectTree.Explain(fault, path);
        return new FileStream(handle, FileAccess.Read);
    }

    /// <summary>Where a call's files lie: a run's copy, a job's snapshot, or the project.</summary>
    private async Task<Result<(IReadOnlyList<string> Project, string? Snapshot, string? Copy)>> Place(Call call, string? projectUuid, string? runUuid)
    {
        if (runUuid is not null)
        {
            return await finder.Run(call, runUuid) is { } run && await finder.JobOf(run, call.Stop) is { } its
                ? ([], JobState.Of(its).Snapshot, planner.ProjectOf(run.Id))
                : new Refusal(RefusalCode.NotFound, "Run not found.");
        }

        if (call.Query("job_uuid") is { } jobUuid)
            return await finder.Job(call, jobUuid) is { } job ? ([], JobState.Of(job).Snapshot, null) : new Refusal(RefusalCode.NotFound, "Job not found.");
        return await finder.Project(call, projectUuid) is { } project
            ? (ProjectTree.PlaceOf(project), null, null)
            : new Refusal(RefusalCode.NotFound, "Project doesn't exist.");
    }

    /// <summary>A path below the project, however clients begin it.</summary>
    internal static string Inside(string path) => (path.StartsWith("/project-dir/", StringComparison.Ordinal) ? path["/project-dir".Length..] : path).Trim('/');
}
