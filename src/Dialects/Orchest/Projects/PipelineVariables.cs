using System.Text;
using Switchyard.Core.Projects;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.Orchest.Jobs;
using Switchyard.Dialects.Orchest.Pipelines;

namespace Switchyard.Dialects.Orchest.Projects;

/// <summary>
/// Variables of single pipelines, kept in the project beside what else belongs to a pipeline
/// (<c>.orchest/pipelines/UUID/env_variables.json</c>), and how they lie over the project's.
/// </summary>
internal sealed class PipelineVariables(ProjectTree tree, PipelineFinder pipelines)
{
    /// <summary>The pipeline's own.</summary>
    public IReadOnlyDictionary<string, string> Own(Project project, string pipeline) =>
        Path(pipeline) is { } path && pipelines.Bytes(project, path).Ok(out var bytes, out _) && JsonBody.Parse(bytes).Body is { } body && JobUpdate.Variables(body).Ok(out var own, out _)
            ? own
            : new Dictionary<string, string>();

    /// <summary>Project and pipeline together; the pipeline's win.</summary>
    public IReadOnlyDictionary<string, string> Of(Project project, string pipeline)
    {
        var all = new Dictionary<string, string>(project.Environment, StringComparer.Ordinal);
        foreach (var (name, value) in Own(project, pipeline))
            all[name] = value;
        return all;
    }

    /// <summary>Replaces the pipeline's own.</summary>
    public async Task<Refusal?> Set(Project project, string pipeline, IReadOnlyDictionary<string, string> own, CancellationToken stop)
    {
        if (Path(pipeline) is not { } path || !ProjectTree.PlaceOf(project, path).Ok(out var place, out _))
            return new Refusal(RefusalCode.Invalid, $"'{PathParts.Short(pipeline)}' is no UUID of a pipeline that can have variables.");
        var fault = tree.Files.Make([.. place.SkipLast(1)], 0x1ED);
        using var text = new MemoryStream(Encoding.UTF8.GetBytes(JobRenderer.Map(own).ToJsonString()));
        fault = fault == TreeFault.None ? await tree.Files.Write(place, true, 0x1A4, text, stop) : fault;
        return fault == TreeFault.None ? null : ProjectTree.Explain(fault, path);
    }

    /// <summary>
    /// A draft's variables when its pipeline changes: what somebody removed, changed or added against the old pipeline's stays
    /// so, all else is the new one's.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Moved(IReadOnlyDictionary<string, string> edited, IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after)
    {
        var moved = new Dictionary<string, string>(after, StringComparer.Ordinal);
        foreach (var name in before.Keys.Where(name => !edited.ContainsKey(name)))
            moved.Remove(name);
        foreach (var (name, value) in edited)
        {
            if (!before.TryGetValue(name, out var old) || old != value)
                moved[name] = value;
        }

        return moved;
    }

    private static string? Path(string pipeline) => pipeline.Length > 0 && !pipeline.Contains('/') && pipeline is not ("." or "..") ? $".orchest/pipelines/{pipeline}/env_variables.json" : null;
}
