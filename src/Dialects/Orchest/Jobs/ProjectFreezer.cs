using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Core.Projects;
using Switchyard.Core.Snapshots;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.Orchest.Pipelines;
using Switchyard.Dialects.Orchest.Wire;

namespace Switchyard.Dialects.Orchest.Jobs;

/// <summary>Freezes projects for jobs, and reads from what was frozen what a job needs of it.</summary>
internal sealed class ProjectFreezer(ISnapshots snapshots, ProjectTree tree, PipelineFinder pipelines, OrchestOptions options)
{
    /// <summary>Freezes a project; its pipeline is read from what was frozen.</summary>
    public async Task<((string Snapshot, PipelineFile File)? Frozen, Reply? Problem)> Freeze(Project project, FoundPipeline pipeline, CancellationToken stop)
    {
        if (!(await snapshots.Freeze(tree.DirectoryOf(project), stop)).Ok(out var snapshot, out var refusal))
            return (null, Reply.From(refusal));
        if (pipelines.Bytes(snapshot.Id, pipeline.Path) is not { } text)
            return (null, Reply.Problem(400, $"Pipeline {pipeline.Path} is left out of the copy of the project by a .gitignore file; take it out of there."));
        if (!PipelineFile.Parse(text, pipeline.Path).Ok(out var file, out refusal))
            return (null, Reply.From(refusal));
        if (WithoutContainers(file) is { } services)
            return (null, Reply.Problem(400, $"Pipeline {pipeline.Path}: {services}"));
        var invalid = new JsonArray();
        var missing = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (_, read) in pipelines.In(snapshot.Id))
        {
            if (!read.Ok(out var other, out _) || EnvironmentsMissing(snapshot.Id, other).ToList() is not { Count: > 0 } without)
                continue;
            invalid.Add(other.Uuid);
            missing.UnionWith(without);
        }

        return invalid.Count == 0
            ? ((snapshot.Id, file), null)
            : (null, new Reply(409, new JsonObject { ["message"] = $"Pipelines of the project use environments it does not have: {string.Join(", ", missing)}.", ["invalid_pipelines"] = invalid }));
    }

    /// <summary>Why services of a pipeline could not start here, or null: better no job than one whose steps find nobody there.</summary>
    public string? WithoutContainers(PipelineFile file) => !options.Containers && file.Services.FirstOrDefault(service => service.InContainer) is { } service
        ? $"service {service.Name} wants the container image {service.Image}, and this server has no container runtime. Have the setting container_runtime made (podman or docker); "
            + "or let the service be a process: with an environment of the project as image (\"environment@UUID\"), or with none, and with a command; or take \"noninteractive\" out of its scope."
        : null;

    /// <summary>Environments of a pipeline that its snapshot does not have.</summary>
    public IEnumerable<string> EnvironmentsMissing(string snapshot, PipelineFile file) =>
        file.Steps.Select(step => step.Environment).Concat(file.Services.Select(service => service.Environment)).Where(environment => environment.Length > 0).Distinct()
            .Where(environment => environment.Contains('/') || !snapshots.Open(snapshot, $".orchest/environments/{environment}/properties.json").Ok(out var found, out _) || Closed(found));

    private static bool Closed(Stream stream)
    {
        stream.Dispose();
        return false;
    }

    /// <summary>The runs of a job that names no parameters: what its parameters file means, or one run with the pipeline's own.</summary>
    public Result<JsonArray> ParametersOf(JsonObject body, JobState state, PipelineFile file)
    {
        if (body["parameters_grid"] is { } grid)
            return ParameterGrid.Expand(JsonSerializer.SerializeToUtf8Bytes(grid), "parameters_grid", file, options.MaxRuns);
        var named = body.Text("parameters_file");
        var path = named ?? ParameterGrid.FileOf(state.PipelinePath);
        if (pipelines.Bytes(state.Snapshot, path) is { } text)
            return ParameterGrid.Expand(text, path, file, options.MaxRuns);
        return named is null ? ParameterGrid.Defaults(file) : new Refusal(RefusalCode.Invalid, $"parameters_file: the project has no file '{PathParts.Short(named)}'.");
    }

    /// <summary>The definition as jobs keep it: with what steps leave each other removed as they go.</summary>
    public static JsonObject Evicting(PipelineFile file)
    {
        var definition = (JsonObject)file.Definition.DeepClone();
        definition["settings"]!["auto_eviction"] = true;
        return definition;
    }
}
