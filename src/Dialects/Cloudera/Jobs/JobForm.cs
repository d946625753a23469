using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Core.Plans;
using Switchyard.Core.Text;
using Switchyard.Core.Triggers;
using Switchyard.Dialects.Cloudera.Wire;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Cloudera.Jobs;

/// <summary>How a job is to be started.</summary>
internal enum JobKind
{
    Manual,
    Cron,
    Dependent,
}

/// <summary>A job's settings as they are taken. What is sent beside them is kept and shown again.</summary>
internal sealed record JobForm
{
    /// <summary>The time zone of schedules that name none.</summary>
    public const string DefaultZone = "America/Los_Angeles";

    /// <summary>Where the files of a project lie on the platform; scripts may be named from there.</summary>
    private const string Home = "/home/cdsw/";

    private const int LongestName = 200;

    public required string Name { get; init; }

    /// <summary>The script, from the project's directory.</summary>
    public required string Script { get; init; }
    public IReadOnlyList<string> Arguments { get; init; } = [];
    public string Kernel { get; init; } = "";
    public double? Cpu { get; init; }
    public double? MemoryGb { get; init; }
    public int Gpus { get; init; }
    public long TimeoutSeconds { get; init; }
    public bool KillOnTimeout { get; init; }

    /// <summary>How often a script that failed is run again.</summary>
    public RetryPolicy Retry { get; init; } = RetryPolicy.None;
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
    public JobKind Kind { get; init; }

    /// <summary>The schedule of a recurring job, in the engine's syntax.</summary>
    public Trigger.Cron? Schedule { get; init; }

    /// <summary>The id of the job after whose success this one runs.</summary>
    public long? Parent { get; init; }
    public bool Paused { get; init; }

    /// <summary>Reads settings, or says what is wrong with them.</summary>
    public static Result<JobForm> Read(JsonObject sent)
    {
        var fields = new Fields(sent);
        var name = fields.Text("name") ?? "";
        var script = fields.Text("script") ?? "";
        var arguments = fields.Text("arguments") ?? "";
        var schedule = fields.Text("schedule") is { Length: > 0 } cron ? cron : null;
        var parent = fields.Parent();
        var kind = fields.Text("type") switch
        {
            "manual" => JobKind.Manual,
            "cron" or "recurring" => JobKind.Cron,
            "dependent" => JobKind.Dependent,
            null or "" => schedule is not null ? JobKind.Cron : parent is not null ? JobKind.Dependent : JobKind.Manual,
            var other => fields.Wrong("type", $"'{other}' is not known; use manual, cron or dependent", JobKind.Manual),
        };
        var form = new JobForm
        {
            Name = name,
            Script = script.StartsWith(Home, StringComparison.Ordinal) ? script[Home.Length..] : script,
            Kernel = fields.Text("kernel") ?? "",
            Cpu = fields.Number("cpu", 0.001, 10_000),
            MemoryGb = fields.Number("memory", 0.001, 1_000_000),
            Gpus = (int)(fields.Number("nvidia_gpu", 0, 10_000) ?? 0),
            TimeoutSeconds = (long)(fields.Number("timeout", 0, 10.0 * 366 * 24 * 3600) ?? 0),
            KillOnTimeout = fields.Flag("timeout_kill") ?? fields.Flag("kill_on_timeout") ?? false,
            Environment = fields.Texts("environment"),
            Retry = fields.Retry(),
            Paused = fields.Flag("paused") ?? false,
            Kind = kind,
            Parent = kind == JobKind.Dependent ? parent : null,
            Arguments = ArgumentText.Split(arguments) ?? fields.Wrong<IReadOnlyList<string>>("arguments", "a quote is never closed", []),
        };
        if (name.Trim().Length == 0 || name.Length > LongestName || name.Any(char.IsControl))
            fields.Wrong("name", $"a job has a name of 1 to {LongestName} characters, none of them a control character", 0);
        if (script.Length == 0)
            fields.Wrong("script", "name the file in the project that is to be run", 0);
        if (arguments.Contains('\0'))
            fields.Wrong("arguments", "a NUL cannot be an argument's", 0);
        if (schedule is not null && parent is not null)
            fields.Wrong("schedule", "a job that depends on another one has no schedule; leave one of the two out", 0);
        if (kind == JobKind.Cron && schedule is null)
            fields.Wrong("schedule", "a recurring job has a schedule of five fields, such as '0 13 * * 1'", 0);
        if (kind == JobKind.Dependent && parent is null)
            fields.Wrong("parent_id", "a dependent job names the id of the job that it follows", 0);
        // Also where no schedule uses it yet.
        var zone = fields.Text("timezone") is { Length: > 0 } named ? named : DefaultZone;
        var zoneProblem = Schedules.Problem(new Trigger.Cron("0 0 0 * * ?", zone));
        if (zoneProblem is not null)
            fields.Wrong("timezone", zoneProblem, 0);
        if (kind == JobKind.Cron && schedule is not null)
        {
            if (!CronText.ToQuartz(schedule).Ok(out var quartz, out var refusal))
                return fields.Refusal ?? refusal;
            form = form with { Schedule = new Trigger.Cron(quartz, zone) };
            if (zoneProblem is null && Schedules.Problem(form.Schedule) is { } problem)
                fields.Wrong("schedule", problem, 0);
        }

        return fields.Refusal is { } wrong ? wrong : form;
    }

    /// <summary>Members of a body, read with care: the first thing wrong is kept.</summary>
    private sealed class Fields(JsonObject sent)
    {
        public Refusal? Refusal { get; private set; }

        public T Wrong<T>(string field, string why, T instead)
        {
            Refusal ??= new Refusal(RefusalCode.Invalid, $"{field}: {why}.") { Field = field };
            return instead;
        }

        public string? Text(string name) => sent[name] switch
        {
            null => null,
            JsonValue value when value.TryGetValue(out string? text) => text,
            _ => Wrong<string?>(name, "a string is expected", null),
        };

        public double? Number(string name, double least, double most)
        {
            if (sent[name] is not { } node)
                return null;
            return node.GetValueKind() == JsonValueKind.Number && double.TryParse(node.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
                ? number
                : Wrong<double?>(name, FormattableString.Invariant($"a number from {least} to {most} is expected"), null);
        }

        public bool? Flag(string name) => sent[name] switch
        {
            null => null,
            JsonValue value when value.TryGetValue(out bool flag) => flag,
            _ => Wrong<bool?>(name, "true or false is expected", null),
        };

        public Dictionary<string, string> Texts(string name)
        {
            if (Call.Texts(sent[name], name).Ok(out var texts, out var refusal))
                return texts;
            Refusal ??= refusal;
            return [];
        }

        /// <summary>Retries: those after a script's failure. What is lost to the machine is repeated anyway.</summary>
        public RetryPolicy Retry()
        {
            var (enabled, times, delay) = (Flag("retry_enabled") ?? false, Number("max_retry", 0, 1000) ?? 1, Number("retry_delay", 0, 366.0 * 24 * 3600) ?? 0);
            var causes = new[] { "retry_for_script_failure", "retry_for_system_failure", "retry_for_timedout_runs", "retry_for_skipped_runs" }.Select(Flag).ToList();
            // Without any cause named, the usual one is meant.
            return enabled && (causes[0] ?? causes.TrueForAll(cause => cause is null)) ? new RetryPolicy((int)times, (long)(delay * 1000)) : RetryPolicy.None;
        }

        /// <summary>The parent's id, under any of the names that clients use.</summary>
        public long? Parent()
        {
            var node = sent["parent_id"] ?? sent["parent_job_id"] ?? (sent["parent"] is JsonObject parent ? parent["id"] : sent["parent"]);
            return node switch
            {
                null => null,
                JsonValue value when value.TryGetValue(out long id) => id > 0 ? id : null,
                JsonValue value when value.TryGetValue(out string? text) && text.Length == 0 => null,
                JsonValue value when value.TryGetValue(out string? text) && Ids.Read(text) is { } id => id,
                _ => Wrong<long?>("parent_id", "the id of a job is expected", null),
            };
        }
    }
}
