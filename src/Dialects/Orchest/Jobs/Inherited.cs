using System.Text.Json.Nodes;
using Switchyard.Dialects.Orchest.Pipelines;

namespace Switchyard.Dialects.Orchest.Jobs;

/// <summary>
/// The parameters of a job that is duplicated, fitted to the pipeline as it is now: those it no longer has are dropped, new
/// ones come with their values, those that stay keep the job's. Runs that became equal are one.
/// </summary>
internal static class Inherited
{
    public static JsonArray Runs(JsonArray old, PipelineFile file)
    {
        var (runs, seen) = (new JsonArray(), new HashSet<string>(StringComparer.Ordinal));
        foreach (var set in old)
        {
            var run = new JsonObject();
            foreach (var (group, own) in Groups(file))
            {
                var kept = new JsonObject();
                foreach (var (name, value) in own)
                    kept[name] = set?[group] is JsonObject given && given.ContainsKey(name) ? given[name]?.DeepClone() : value?.DeepClone();
                if (kept.Count > 0)
                    run[group] = kept;
            }

            if (seen.Add(run.ToJsonString()))
                runs.Add(run);
        }

        return runs;
    }

    public static JsonObject Strategy(JsonObject old, PipelineFile file)
    {
        var strategy = new JsonObject();
        if (old.Count == 0)
            return strategy;
        foreach (var (group, own) in Groups(file))
        {
            var kept = new JsonObject();
            foreach (var (name, value) in own)
                kept[name] = (old[group] as JsonObject)?["parameters"] is JsonObject given && given.ContainsKey(name) ? given[name]?.DeepClone() : new JsonArray(value?.DeepClone()).ToJsonString();
            if (kept.Count > 0)
                strategy[group] = new JsonObject { ["key"] = group, ["title"] = Title(file, group), ["parameters"] = kept };
        }

        return strategy;
    }

    private static IEnumerable<(string Group, JsonObject Own)> Groups(PipelineFile file) =>
        file.Steps.Select(step => (step.Uuid, step.Parameters)).Prepend((PipelineFile.PipelineGroup, file.Parameters));

    private static string Title(PipelineFile file, string group) => file.Steps.FirstOrDefault(step => step.Uuid == group)?.Title ?? file.Name;
}
