using System.Text.Json.Nodes;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Orchest.Pipelines;

/// <summary>
/// A parameters file (<c>main.parameters.json</c> beside <c>main.orchest</c>) as the list of runs it means: every value of
/// each parameter with every value of the others, the first parameter varying slowest. What the file leaves out is taken
/// from the pipeline.
/// </summary>
internal static class ParameterGrid
{
    /// <summary>The file that belongs to a pipeline file.</summary>
    public static string FileOf(string pipelinePath) =>
        (pipelinePath.EndsWith(".orchest", StringComparison.Ordinal) ? pipelinePath[..^".orchest".Length] : pipelinePath) + ".parameters.json";

    /// <summary>The runs a file means, at most so many, or what is wrong with it.</summary>
    /// <param name="text">The file's content.</param>
    public static Result<JsonArray> Expand(ReadOnlyMemory<byte> text, string file, PipelineFile pipeline, int most)
    {
        var read = JsonBody.Parse(text);
        if (read.Body is not { } body)
            return Bad(file, read.Fault == BodyFault.NotAnObject ? "it is not a JSON object" : $"it is not JSON: {read.Detail}");
        return Axes(body, file, pipeline).Ok(out var axes, out var refusal) ? Product(axes, file, most) : refusal;
    }

    /// <summary>The one run with the pipeline's own values.</summary>
    public static JsonArray Defaults(PipelineFile pipeline) =>
        Axes(new JsonObject(), "", pipeline).Ok(out var axes, out _) && Product(axes, "", 1).Ok(out var runs, out _) ? runs : [new JsonObject()];

    private static Result<List<(string Group, string Name, IReadOnlyList<JsonNode?> Values)>> Axes(JsonObject file, string name, PipelineFile pipeline)
    {
        var own = pipeline.Steps.ToDictionary(step => step.Uuid, step => step.Parameters, StringComparer.Ordinal);
        own[PipelineFile.PipelineGroup] = pipeline.Parameters;
        // As in the file, then the steps it does not name, then the pipeline.
        var groups = file.Select(member => member.Key).Where(own.ContainsKey)
            .Concat(pipeline.Steps.Select(step => step.Uuid)).Append(PipelineFile.PipelineGroup).Distinct(StringComparer.Ordinal);
        var axes = new List<(string, string, IReadOnlyList<JsonNode?>)>();
        foreach (var group in groups)
        {
            var where = group == PipelineFile.PipelineGroup ? group : $"step {group} ({pipeline.Steps.First(step => step.Uuid == group).Title})";
            if (file[group] is { } given)
            {
                if (given is not JsonObject parameters)
                    return Bad(name, $"{where}: an object with a list of values for each parameter is expected");
                foreach (var (key, values) in parameters)
                {
                    if (values is not JsonArray list)
                        return Bad(name, $"{where}, {key}: a list of values is expected; write [{Short(values)}] for this one value");
                    if (list.Count == 0)
                        return Bad(name, $"{where}, {key}: the list is empty, so that nothing would run; give at least one value, or leave the parameter out");
                    axes.Add((group, key, [.. list]));
                }
            }

            foreach (var (key, value) in own[group])
            {
                if (file[group] is not JsonObject named || !named.ContainsKey(key))
                    axes.Add((group, key, [value]));
            }
        }

        return axes;
    }

    private static Result<JsonArray> Product(List<(string Group, string Name, IReadOnlyList<JsonNode?> Values)> axes, string file, int most)
    {
        var count = 1L;
        foreach (var axis in axes)
        {
            count *= axis.Values.Count;
            if (count > most)
                return Bad(file, $"it means more than {most} runs, which is the most one batch may have; leave out values, or raise the setting sweep_max_runs");
        }

        var runs = new JsonArray();
        for (var index = 0L; index < count; index++)
        {
            var (run, rest, block) = (new JsonObject(), index, count);
            foreach (var (group, name, values) in axes)
            {
                block /= values.Count;
                run[group] ??= new JsonObject();
                run[group]![name] = values[(int)(rest / block)]?.DeepClone();
                rest %= block;
            }

            runs.Add(run);
        }

        return runs;
    }

    private static string Short(JsonNode? value) => value?.ToJsonString() is { Length: <= 40 } text ? text : value is null ? "null" : "...";

    private static Refusal Bad(string file, string why) => new(RefusalCode.Invalid, $"Parameters file {PathParts.Short(file)}: {why}.") { Field = "parameters" };
}
