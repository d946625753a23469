using System.Globalization;
using System.Text.Json.Nodes;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Orchest.Pipelines;

/// <summary>A step of a pipeline.</summary>
/// <param name="FilePath">Relative to the pipeline file's directory, or absolute below /data.</param>
/// <param name="Environment">The UUID of its environment; empty for the machine's own programs.</param>
/// <param name="Incoming">The steps whose output it reads, which run before it.</param>
internal sealed record PipelineStep(string Uuid, string Title, string FilePath, string Environment, IReadOnlyList<string> Incoming, JsonObject Parameters);

/// <summary>
/// A pipeline file (<c>.orchest</c>, JSON), brought to the current version when it is read. What could not run is refused
/// here: the platform's own server found out while it ran.
/// </summary>
internal sealed class PipelineFile
{
    public const string CurrentVersion = "1.2.3";

    /// <summary>The key beside the steps' UUIDs under which a run's parameters for the whole pipeline stand.</summary>
    public const string PipelineGroup = "pipeline_parameters";

    private const int LongestName = 255;

    private PipelineFile(JsonObject definition, IReadOnlyList<PipelineStep> steps, IReadOnlyList<PipelineService> services) =>
        (Definition, Steps, Services) = (definition, steps, services);

    /// <summary>The whole file, of the current version.</summary>
    public JsonObject Definition { get; }

    public IReadOnlyList<PipelineStep> Steps { get; }

    public string Uuid => (string)Definition["uuid"]!;

    public string Name => (string)Definition["name"]!;

    public JsonObject Parameters => (JsonObject)Definition["parameters"]!;

    /// <summary>Steps that may run side by side; 0 for no limit.</summary>
    public long MaxParallel => (long)Definition["settings"]!["max_steps_parallelism"]!;

    /// <summary>Services that each run of a job has.</summary>
    public IReadOnlyList<PipelineService> Services { get; }

    /// <summary>Reads a file's text.</summary>
    public static Result<PipelineFile> Parse(ReadOnlyMemory<byte> text, string path)
    {
        var read = JsonBody.Parse(text);
        return read.Body is { } definition
            ? Read(definition, path)
            : Bad(path, "", read.Fault == BodyFault.NotAnObject ? "it is not a JSON object" : $"it is not JSON: {read.Detail}");
    }

    /// <summary>Reads a definition.</summary>
    public static Result<PipelineFile> Read(JsonObject definition, string path)
    {
        definition = (JsonObject)definition.DeepClone();
        if (definition["uuid"] is not JsonValue uuid || !uuid.TryGetValue(out string? id) || id.Length is 0 or > LongestName)
            return Bad(path, "uuid", "a text is expected");
        if (definition["name"] is not JsonValue title || !title.TryGetValue(out string? name) || name.Length is 0 or > LongestName)
            return Bad(path, "name", $"a text of 1 to {LongestName} characters is expected");
        if (VersionProblem(definition["version"]) is { } version)
            return Bad(path, "version", version);
        definition["version"] = CurrentVersion;
        if (Member(definition, "parameters") is not { } || Member(definition, "settings") is not { } settings || Member(definition, "services") is not { } services || Member(definition, "steps") is not { } steps)
            return Bad(path, new[] { "parameters", "settings", "services", "steps" }.First(member => definition[member] is not JsonObject), "an object is expected");
        if (!Whole(settings, "max_steps_parallelism", out var most) || most < 0)
            return Bad(path, "settings.max_steps_parallelism", "a whole number from 0 (no limit) is expected");
        settings["max_steps_parallelism"] = most;
        settings["auto_eviction"] ??= false;
        settings["data_passing_memory_size"] ??= "1GB";

        var read = new List<PipelineStep>(steps.Count);
        foreach (var (key, value) in steps)
        {
            if (value is not JsonObject step)
                return Bad(path, $"steps.{key}", "an object is expected");
            if (!Step(key, step, path).Ok(out var made, out var refusal))
                return refusal;
            read.Add(made);
        }

        services = PipelineService.Current(services);
        definition["services"] = services;
        var running = new List<PipelineService>();
        foreach (var (key, value) in services)
        {
            if (value is not JsonObject service)
                return Bad(path, $"services.{key}", "an object is expected");
            if (!PipelineService.IsForJobs(service))
                continue;
            if (PipelineService.Read(key, service, out var wrong) is not { } made)
                return Bad(path, $"services.{key}.{wrong.Member}", wrong.Why);
            running.Add(made);
        }

        return Order(read, path).Ok(out var ordered, out var problem) ? new PipelineFile(definition, ordered, running) : problem;
    }

    private static Result<PipelineStep> Step(string key, JsonObject step, string path)
    {
        var at = $"steps.{key}";
        step["uuid"] ??= key;
        step["title"] ??= "";
        step["environment"] ??= "";
        step["file_path"] ??= "";
        foreach (var member in new[] { "uuid", "title", "environment", "file_path" })
        {
            if (step[member] is not JsonValue text || !text.TryGetValue(out string? _))
                return Bad(path, $"{at}.{member}", "a text is expected");
        }

        if ((string)step["uuid"]! != key)
            return Bad(path, $"{at}.uuid", $"'{step["uuid"]}' is not the key it stands under");
        var file = (string)step["file_path"]!;
        if (file.Length == 0 || file.Contains('\0'))
            return Bad(path, $"{at}.file_path", $"step '{step["title"]}' has no file; give it one");
        if (Member(step, "parameters") is not { } parameters)
            return Bad(path, $"{at}.parameters", "an object is expected");
        if (step["kernel"] is JsonObject kernel && kernel["name"] is JsonValue named && named.TryGetValue(out string? kernelName) && kernelName == "ir")
            kernel["name"] = "r";
        step["incoming_connections"] ??= new JsonArray();
        if (step["incoming_connections"] is not JsonArray incoming || incoming.Any(one => one is not JsonValue text || !text.TryGetValue(out string? _)))
            return Bad(path, $"{at}.incoming_connections", "a list of step UUIDs is expected");
        return new PipelineStep(key, (string)step["title"]!, file, (string)step["environment"]!, [.. incoming.Select(one => (string)one!).Distinct()], parameters);
    }

    /// <summary>The steps so that each stands behind those it waits for; otherwise as in the file.</summary>
    private static Result<IReadOnlyList<PipelineStep>> Order(List<PipelineStep> steps, string path)
    {
        var known = steps.ToDictionary(step => step.Uuid, StringComparer.Ordinal);
        foreach (var step in steps)
        {
            if (step.Incoming.FirstOrDefault(parent => !known.ContainsKey(parent)) is { } missing)
                return Bad(path, $"steps.{step.Uuid}.incoming_connections", $"there is no step '{missing}'; remove the connection or add the step");
        }

        var open = steps.ToDictionary(step => step.Uuid, step => step.Incoming.Count, StringComparer.Ordinal);
        var after = steps.SelectMany(step => step.Incoming.Select(parent => (parent, step))).ToLookup(edge => edge.parent, edge => edge.step, StringComparer.Ordinal);
        var ordered = new List<PipelineStep>(steps.Count);
        ordered.AddRange(steps.Where(step => step.Incoming.Count == 0));
        for (var at = 0; at < ordered.Count; at++)
            ordered.AddRange(after[ordered[at].Uuid].Where(step => --open[step.Uuid] == 0));
        if (ordered.Count < steps.Count)
        {
            var stuck = string.Join(", ", steps.Except(ordered).Take(5).Select(step => $"'{step.Title}' ({step.Uuid})"));
            return Bad(path, "steps", $"the connections of {stuck} go round in a circle, so that none of them can be first; remove one");
        }

        return ordered;
    }

    private static string? VersionProblem(JsonNode? version)
    {
        if (version is null)
            return null;
        if (version is not JsonValue value || !value.TryGetValue(out string? text) || !Version.TryParse(text, out var number))
            return $"a version such as \"{CurrentVersion}\" is expected";
        return number > Version.Parse(CurrentVersion) ? string.Create(CultureInfo.InvariantCulture, $"'{number}' is newer than {CurrentVersion}, the last there was") : null;
    }

    /// <summary>A member that is an object, made where it is missing; null when it is something else.</summary>
    private static JsonObject? Member(JsonObject holder, string name)
    {
        holder[name] ??= new JsonObject();
        return holder[name] as JsonObject;
    }

    private static bool Whole(JsonObject holder, string name, out long number)
    {
        number = 0;
        return holder[name] is null || (holder[name] is JsonValue value && value.TryGetValue(out number));
    }

    private static Refusal Bad(string path, string field, string why) =>
        new(RefusalCode.Invalid, $"Pipeline {PathParts.Short(path)}: {(field.Length == 0 ? "" : field + ": ")}{why}.") { Field = field };
}
