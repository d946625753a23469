using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Switchyard.Core.Plans;
using Switchyard.Core.Pools;
using Switchyard.Dialects.OpenPai.Wire;

namespace Switchyard.Dialects.OpenPai.Jobs;

/// <summary>A job configuration with its defaults filled in.</summary>
internal sealed record JobConfig
{
    public required string Name { get; init; }
    public required string Image { get; init; }
    public required string AuthFile { get; init; }
    public required string DataDir { get; init; }
    public required string OutputDir { get; init; }
    public required string CodeDir { get; init; }
    public required string Cluster { get; init; }
    public required int RetryCount { get; init; }
    public required IReadOnlyList<RoleConfig> Roles { get; init; }
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>True for a job without a user's name before its own.</summary>
    public bool IsLegacy { get; init; }

    /// <summary>True when an obsolete key stands in it.</summary>
    public required bool KillAllGiven { get; init; }

    public int Tasks => Roles.Sum(role => role.Tasks);

    public int Gpus => Roles.Sum(role => role.Tasks * role.Gpus);

    /// <summary>Reads a checked configuration.</summary>
    public static JobConfig Read(JsonObject config)
    {
        string Text(string name) => config[name]?.GetValue<string>() ?? "";
        return new JobConfig
        {
            Name = Text("jobName"),
            Image = Text("image"),
            AuthFile = Text("authFile"),
            DataDir = Text("dataDir"),
            OutputDir = Text("outputDir"),
            CodeDir = Text("codeDir"),
            Cluster = Text("virtualCluster") is { Length: > 0 } cluster ? cluster : Pool.DefaultName,
            RetryCount = (int)(config["retryCount"]?.GetValue<long>() ?? 0),
            Roles = [.. config["taskRoles"]!.AsArray().Select(role => RoleConfig.Read(role!.AsObject()))],
            Environment = (config["jobEnvs"] as JsonObject ?? []).ToDictionary(pair => pair.Key, pair => PlainText(pair.Value)),
            KillAllGiven = config.ContainsKey("killAllOnCompletedTaskNumber"),
        };
    }

    private static string PlainText(JsonNode? value) =>
        value is JsonValue && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value?.ToJsonString() ?? "";
}

/// <summary>A task role of a job configuration.</summary>
internal sealed record RoleConfig(
    string Name, int Tasks, int Cpus, int MemoryMb, int ShmMb, int Gpus, IReadOnlyList<PortRequest> Ports, string Command, int? MinFailed, int? MinSucceeded)
{
    /// <summary>Reads a checked role.</summary>
    public static RoleConfig Read(JsonObject role)
    {
        int Number(string name, int otherwise) => (int)(role[name]?.GetValue<long>() ?? otherwise);
        int? Least(string name, int? otherwise) => role.TryGetPropertyValue(name, out var value) ? (int?)value?.GetValue<long>() : otherwise;
        var ports = (role["portList"] as JsonArray ?? []).Select(port => port!.AsObject())
            .Select(port => new PortRequest(port["label"]!.GetValue<string>(), (int)(port["portNumber"]?.GetValue<long>() ?? 1), (int)(port["beginAt"]?.GetValue<long>() ?? 0))).ToList();
        foreach (var label in new[] { "http", "ssh" })
        {
            if (!ports.Exists(port => port.Label == label))
                ports.Add(new PortRequest(label, 1));
        }

        return new RoleConfig(
            role["name"]!.GetValue<string>(), Number("taskNumber", 1), Number("cpuNumber", 1), Number("memoryMB", 100), Number("shmMB", 64), Number("gpuNumber", 0),
            ports, role["command"]!.GetValue<string>(), Least("minFailedTaskCount", 1), Least("minSucceededTaskCount", null));
    }
}

/// <summary>What a job configuration must be.</summary>
internal static partial class JobSchema
{
    private const long Int = int.MaxValue;

    private static readonly Joi Least = new Joi.Whole { Least = 1, Most = Int, Nullable = true };

    private static readonly Joi Port = new Joi.Fields(
        ("label", new Joi.Text { Needed = true, Pattern = RoleName() }),
        ("beginAt", new Joi.Whole { Least = 0, Most = 65_535 }),
        ("portNumber", new Joi.Whole { Least = 1, Most = 10_000 }));

    private static readonly Joi Role = new Joi.Fields(
        ("name", new Joi.Text { Needed = true, Pattern = RoleName() }),
        ("taskNumber", new Joi.Whole { Least = 1, Most = 50_000 }),
        ("cpuNumber", new Joi.Whole { Least = 1, Most = 1_000_000 }),
        ("memoryMB", new Joi.Whole { Least = 1, Most = Int }),
        ("shmMB", new Joi.Whole { Least = 0, Most = Int }),
        ("gpuNumber", new Joi.Whole { Least = 0, Most = 1_000_000 }),
        ("portList", new Joi.Items(Port) { Unique = "label" }),
        ("command", new Joi.Text { Needed = true }),
        ("minFailedTaskCount", Least),
        ("minSucceededTaskCount", Least));

    /// <summary>The shape as far as it can be told field by field.</summary>
    public static readonly Joi Shape = new Joi.Fields(
        ("jobName", new Joi.Text { Needed = true, Pattern = JobName() }),
        ("image", new Joi.Text { Needed = true }),
        ("authFile", new Joi.Text { MayBeEmpty = true }),
        ("dataDir", new Joi.Text { MayBeEmpty = true }),
        ("outputDir", new Joi.Text { MayBeEmpty = true }),
        ("codeDir", new Joi.Text { MayBeEmpty = true }),
        ("virtualCluster", new Joi.Text { MayBeEmpty = true }),
        ("taskRoles", new Joi.Items(Role) { Needed = true, Least = 1, Unique = "name" }),
        ("gpuType", new Joi.Text { MayBeEmpty = true }),
        ("killAllOnCompletedTaskNumber", new Joi.Whole()),
        ("retryCount", new Joi.Whole { Least = -2, Most = Int }),
        ("jobEnvs", new Joi.Fields { Others = AnyWord() }),
        ("extras", new Joi.Fields { Others = AnyWord() }));

    public static string NamePattern => $"/{JobName()}/";

    /// <summary>Whether a text can be a job's name.</summary>
    public static bool IsName(string text) => JobName().IsMatch(text);

    /// <summary>What remains to be said against a configuration of the right shape, or null.</summary>
    public static string? Problem(JobConfig config)
    {
        for (var at = 0; at < config.Roles.Count; at++)
        {
            var role = config.Roles[at];
            if (role.MinFailed > role.Tasks || role.MinSucceeded > role.Tasks)
                return "minFailedTaskCount or minSucceededTaskCount should not be greater than tasks number.";
            if (role.ShmMb > role.MemoryMb)
                return $"child \"taskRoles\" fails because [\"taskRoles\" at position {at} fails because [child \"shmMB\" fails because [\"shmMB\" must be less than or equal to {role.MemoryMb}]]]";
            if (role.Ports.FirstOrDefault(port => port.First > 0 && port.First + port.Count - 1 > 65_535) is { } port)
                return $"port {port.First + port.Count - 1} of {role.Name}'s {port.Label} is asked for, and the last one is 65535";
        }

        if (config.Environment.Keys.FirstOrDefault(name => name.Contains('=', StringComparison.Ordinal) || name.Contains('\0', StringComparison.Ordinal)) is { } bad)
            return $"child \"jobEnvs\" fails because [\"{bad}\" is not allowed]";
        return config.Environment.Values.Any(value => value.Contains('\0', StringComparison.Ordinal)) ? "a variable in jobEnvs contains a NUL character" : null;
    }

    [GeneratedRegex(@"^[A-Za-z0-9\-._]+$")]
    private static partial Regex JobName();

    [GeneratedRegex("^[A-Za-z0-9._~]+$")]
    private static partial Regex RoleName();

    [GeneratedRegex(@"[A-Za-z0-9._]+")]
    private static partial Regex AnyWord();
}
