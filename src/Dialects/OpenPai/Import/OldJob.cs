using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Switchyard.Core.Pools;
using Switchyard.Core.Runs;
using Switchyard.Core.Text;
using Switchyard.Dialects.OpenPai.Jobs;
using Switchyard.Dialects.OpenPai.Wire;

namespace Switchyard.Dialects.OpenPai.Import;

/// <summary>A job of an old cluster: its configuration, and what that cluster's server told of it.</summary>
/// <param name="User">Whose it is here.</param>
/// <param name="Config">The configuration as it was sent; null where none is known.</param>
internal sealed partial record OldJob(string Name, string User, bool IsLegacy, JsonObject? Config, JsonObject Status, JsonObject TaskRoles)
{
    private const int Stopped = 214;

    private static readonly Joi Time = new Joi.Whole { Least = 0, Most = 253_402_300_799_999, Nullable = true };
    private static readonly Joi Count = new Joi.Whole { Least = 0, Most = int.MaxValue, Nullable = true };
    private static readonly Joi Code = new Joi.Whole { Least = int.MinValue, Most = int.MaxValue, Nullable = true };
    private static readonly Joi Word = new Joi.Text { MayBeEmpty = true, Nullable = true };

    private static readonly Joi StatusShape = new Joi.Fields(
        ("username", Word), ("namespace", Word), ("virtualCluster", Word),
        ("state", new Joi.Text { OneOf = ["SUCCEEDED", "FAILED", "STOPPED", "RUNNING", "WAITING", "UNKNOWN"], Nullable = true }),
        ("retryDetails", new Joi.Fields(("user", Count), ("platform", Count), ("resource", Count)) { Others = Anything(), Nullable = true }),
        ("createdTime", Time), ("completedTime", Time), ("appLaunchedTime", Time),
        ("appId", Word), ("appExitCode", Code), ("appExitDiagnostics", Word), ("appExitType", Word),
        ("totalGpuNumber", Count), ("totalTaskNumber", Count), ("totalTaskRoleNumber", Count))
    { Others = Anything() };

    private static readonly Joi TasksShape = new Joi.Items(new Joi.Fields(
        ("taskIndex", Count), ("taskState", Word), ("containerId", Word), ("containerIp", Word),
        ("containerPorts", new Joi.Fields { Others = Anything(), Nullable = true }),
        ("containerGpus", new Joi.Whole { Nullable = true }), ("containerExitCode", Code))
    { Others = Anything() });

    /// <summary>How it ended; null when it had not, or when that is not known.</summary>
    public RunState? End => Text(Status, "state") switch
    {
        "SUCCEEDED" => RunState.Succeeded,
        "FAILED" => RunState.Failed,
        "STOPPED" => RunState.Cancelled,
        _ => null,
    };

    /// <summary>Why it is here as stopped, when it had not ended.</summary>
    public string Left => $"It was {Text(Status, "state") ?? "not known to have ended"} when it was exported, and was not started here.";

    public DateTimeOffset? CreatedAt => At("createdTime");

    /// <summary>Reads an entry of a file.</summary>
    public static Result<OldJob> Read(JsonNode? node)
    {
        if (node is not JsonObject entry)
            return Bad("it is no object");
        if (entry["config"] is not (null or JsonObject) || entry["status"] is not (null or JsonObject))
            return Bad("its config or its status is no object");
        var config = entry["config"] as JsonObject;
        var told = entry["status"] as JsonObject ?? (entry.ContainsKey("jobStatus") || entry.ContainsKey("state") ? entry : null);
        if (config is null && told is null)
            return Bad("it has neither a config nor a status");
        if (StatusShape.Check("status", told?["jobStatus"] ?? told ?? [], out var taken) is { } problem)
            return Bad(problem);
        var status = (JsonObject)taken!;
        var name = Text(entry, "name") ?? Text(told, "name") ?? Text(config, "jobName") ?? "";
        var tilde = name.IndexOf('~', StringComparison.Ordinal);
        var space = Text(entry, "namespace") ?? Text(status, "namespace") ?? (tilde > 0 ? name[..tilde] : null);
        name = name[(tilde + 1)..];
        if (!JobSchema.IsName(name))
            return Bad($"the name '{name}' is none that a job can have");
        if ((space ?? Text(entry, "username") ?? Text(status, "username")) is not { } user)
            return Bad("it does not say whose it is (username)");
        return Roles(told?["taskRoles"] as JsonObject, config).Ok(out var roles, out var bad) ? new OldJob(name, user, space is null, config, status, roles) : bad;
    }

    /// <summary>What the pages of an imported job show beside the figures of its run.</summary>
    public static JsonObject Told(string text) => JsonNode.Parse(text)!.AsObject();

    /// <summary>The text that <see cref="Told"/> reads.</summary>
    public string Telling() => new JsonObject
    {
        ["appId"] = Text(Status, "appId"),
        ["appProgress"] = Status["appProgress"] is JsonValue progress && progress.GetValueKind() == JsonValueKind.Number ? progress.DeepClone() : End is null ? 0 : 1,
        ["appExitDiagnostics"] = End is null ? Left : Text(Status, "appExitDiagnostics"),
        ["appExitType"] = End is null ? "NON_TRANSIENT" : Text(Status, "appExitType"),
        ["taskRoles"] = TaskRoles.DeepClone(),
    }.ToJsonString();

    /// <summary>What lists show of it.</summary>
    public JobSummary Summary()
    {
        var known = Config is not null && JobSchema.Shape.Check("config", Config, out var taken) is null ? JobConfig.Read((JsonObject)taken!) : null;
        var cluster = Text(Status, "virtualCluster") ?? known?.Cluster ?? Pool.DefaultName;
        return new JobSummary(
            cluster, known?.Tasks ?? Number("totalTaskNumber"), known?.Roles.Count ?? Number("totalTaskRoleNumber"), known?.Gpus ?? Number("totalGpuNumber"),
            Imported: true, ExitCode: End is null ? Stopped : (int?)Status["appExitCode"]?.GetValue<long>());
    }

    /// <summary>How its run went. One that had not ended ends now.</summary>
    public PastRun Past(DateTimeOffset now)
    {
        var ended = End is null ? now : At("completedTime") ?? CreatedAt ?? now;
        var retries = Status["retryDetails"] as JsonObject;
        int Retries(string name) => (int)(retries?[name]?.GetValue<long>() ?? 0);
        return new PastRun(
            End ?? RunState.Cancelled, new Reason(ReasonCode.Imported, End is null ? Left : "So it ended on the cluster it was taken over from."),
            At("appLaunchedTime"), ended < CreatedAt ? CreatedAt.Value : ended, Retries("user"), Retries("platform"), Retries("resource"));
    }

    /// <summary>What is known of the tasks; without it the roles of the configuration. Addresses of the old cluster's pages are left out.</summary>
    private static Result<JsonObject> Roles(JsonObject? told, JsonObject? config)
    {
        var roles = new JsonObject();
        var named = told ?? new JsonObject((config?["taskRoles"] as JsonArray ?? []).Select(role => Text(role as JsonObject, "name")).OfType<string>().Distinct(StringComparer.Ordinal)
            .Select(name => KeyValuePair.Create(name, (JsonNode?)new JsonObject())));
        foreach (var (name, role) in named)
        {
            if (TasksShape.Check("taskStatuses", (role as JsonObject)?["taskStatuses"] ?? new JsonArray(), out var taken) is { } problem)
                return Bad($"child \"taskRoles\" fails because [child \"{name}\" fails because [{problem}]]");
            roles[name] = new JsonObject
            {
                ["taskRoleStatus"] = new JsonObject { ["name"] = name },
                ["taskStatuses"] = new JsonArray([.. taken!.AsArray().Select(task => Task(task!.AsObject()))]),
            };
        }

        return roles;
    }

    private static JsonObject Task(JsonObject task) => new()
    {
        ["taskIndex"] = task["taskIndex"]?.DeepClone(),
        ["taskState"] = task["taskState"]?.DeepClone(),
        ["containerId"] = task["containerId"]?.DeepClone(),
        ["containerIp"] = task["containerIp"]?.DeepClone(),
        ["containerPorts"] = task["containerPorts"]?.DeepClone() ?? new JsonObject(),
        ["containerGpus"] = task["containerGpus"]?.DeepClone(),
        ["containerLog"] = null,
        ["containerExitCode"] = task["containerExitCode"]?.DeepClone(),
    };

    private static Refusal Bad(string problem) => new(RefusalCode.Invalid, problem);

    private static string? Text(JsonObject? from, string name) =>
        from?[name] is JsonValue value && value.GetValueKind() == JsonValueKind.String && value.GetValue<string>() is { Length: > 0 } text ? text : null;

    private int Number(string name) => (int)(Status[name]?.GetValue<long>() ?? 0);

    private DateTimeOffset? At(string name) => Status[name] is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at.GetValue<long>()) : null;

    [GeneratedRegex("")]
    private static partial Regex Anything();
}
