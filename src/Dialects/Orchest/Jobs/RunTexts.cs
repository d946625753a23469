using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Core.Plans;
using Switchyard.Core.Text;
using Switchyard.Dialects.Orchest.Pipelines;

namespace Switchyard.Dialects.Orchest.Jobs;

/// <summary>What the tasks of a run are told: texts around what is known only when they start.</summary>
internal sealed class RunTexts(OrchestOptions options, JobState state, PipelineFile file, long projectId)
{
    /// <summary>The parameter of the plan that holds the run's parameter set.</summary>
    public const string RunParameters = "run";

    /// <summary>Where every task of a run finds its pipeline file.</summary>
    public const string PipelinePath = "/pipeline.json";

    private const string KeyBegin = "service:";

    private static readonly Segment RunUuid = new(null, new Reference(ReferenceKind.RunId, Name: "uuid"));
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The run's UUID.</summary>
    public static Binding SessionUuid { get; } = new([RunUuid]);

    /// <summary>The project's UUID.</summary>
    public string ProjectUuid { get; } = IdUuid.Of(IdKind.Project, projectId);

    /// <summary>JSON as it stands in files that people may read.</summary>
    public static string Json(JsonNode node) => node.ToJsonString(Plain);

    /// <summary>The key of a service's task.</summary>
    public static string KeyOf(PipelineService service) => KeyBegin + service.Name;

    /// <summary>The name of the service with this key.</summary>
    public static string NameOf(string key) => key[KeyBegin.Length..];

    /// <summary>A place in the run's directory.</summary>
    public Binding RunPath(string name) => new([new Segment(options.RunsDirectory + "/"), new Segment(null, new Reference(ReferenceKind.RunId)), new Segment("/" + name)]);

    /// <summary>The words that start a program of the runtime.</summary>
    public static Binding[] Program(string script) =>
        [Binding.Of(new Reference(ReferenceKind.Python, Name: "python")), Binding.Literal("-I"), Binding.Literal("-S"), Binding.Literal("-u"), new([new Segment(null, new Reference(ReferenceKind.RuntimeDirectory)), new Segment("/" + script)])];

    /// <summary>The name by which a service is found from its run.</summary>
    public static Binding HostOf(PipelineService service) => new([new Segment(service.Name + "-"), RunUuid]);

    /// <summary>The address at which a service is found from its run.</summary>
    public static Binding AddressOf(PipelineService service) => Binding.Of(new Reference(ReferenceKind.ServiceAddress, KeyOf(service)));

    /// <summary>A text of a service's settings, with the path below which it is reached from outside.</summary>
    public static Binding OfService(PipelineService service, string text)
    {
        var parts = text.Split(PipelineService.PrefixMark);
        var segments = new List<Segment> { new(parts[0]) };
        foreach (var part in parts.Skip(1))
            segments.AddRange([new(service.Prefix), RunUuid, new(part)]);
        return new(segments);
    }

    /// <summary>What the program of a step is told.</summary>
    public Binding StepFile(PipelineStep step)
    {
        var own = new JsonObject
        {
            ["step_uuid"] = step.Uuid,
            ["file_path"] = step.FilePath,
            ["title"] = step.Title,
        };
        return RunFile(own, step.Environment, file.Services);
    }

    /// <summary>What the program of a service is told.</summary>
    public Binding ServiceFile(PipelineService service) =>
        RunFile(new JsonObject { ["service"] = service.Name, ["container"] = service.InContainer }, service.Environment, file.Services);

    private Binding RunFile(JsonObject own, string environment, IReadOnlyList<PipelineService> services)
    {
        own["pipeline_uuid"] = state.PipelineUuid;
        own["pipeline_path"] = state.PipelinePath;
        own["project_uuid"] = ProjectUuid;
        own["data_directory"] = options.DataDirectory;
        own["environment"] = environment;
        own["environments_directory"] = options.EnvironmentsDirectory;
        // Of the current version, which the file in the project need not be.
        if (services.Count > 0)
            own["pipeline_services"] = file.Definition["services"]!.DeepClone();
        var runs = Json(JsonValue.Create(options.RunsDirectory))[..^1];
        List<Segment> segments =
        [
            new(Json(own)[..^1] + ",\"project_directory\":" + runs + "/"), new(null, new Reference(ReferenceKind.RunId)), new("/project\",\"session_uuid\":\""),
            RunUuid, new("\",\"python\":\""), new(null, new Reference(ReferenceKind.Python, Name: "python")),
            new("\",\"notebook_python\":\""), new(null, new Reference(ReferenceKind.Python, Name: "notebook")),
            new("\",\"run_parameters\":"), new(null, new Reference(ReferenceKind.Parameter, Name: RunParameters)), new(",\"services\":["),
        ];
        foreach (var service in services)
        {
            var ports = new JsonObject(service.Ports.Select(port => KeyValuePair.Create(port.ToString(System.Globalization.CultureInfo.InvariantCulture), (JsonNode?)JsonValue.Create(port))));
            var described = new JsonObject { ["name"] = service.Name, ["ports"] = ports };
            segments.AddRange([new((service == services[0] ? "" : ",") + Json(described)[..^1] + ",\"host\":\""), .. AddressOf(service).Segments, new("\"}")]);
        }

        segments.Add(new("]}"));
        return new(segments);
    }
}
