using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Projects;
using Switchyard.Core.Text;
using Switchyard.Core.Triggers;
using Switchyard.Core.Users;
using Switchyard.Dialects.Cloudera.Jobs;
using Switchyard.Dialects.Cloudera.Wire;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Cloudera.V2;

/// <summary>Jobs in the words of the second version, out of the settings that both share.</summary>
internal static class JobShape
{
    /// <summary>Names for the same setting: who sends one means them all.</summary>
    private static readonly string[][] Same = [["parent_id", "parent_job_id", "parent"], ["kill_on_timeout", "timeout_kill"]];

    /// <summary>What is shown of a job but cannot be set.</summary>
    private static readonly string[] Fixed = ["id", "job_id", "project_id", "type", "english_schedule", "created_at", "updated_at", "creator", "owner", "project"];

    /// <summary>Whole numbers that come as texts too, since the platform's have 64 bits.</summary>
    private static readonly string[] Long = ["timeout", "max_retry", "retry_delay"];

    private static readonly string[] Optional = ["run_as", "accelerator_label_id", "engine_image_id", "resource_group_id", "resource_profile_id"];

    /// <summary>A job.</summary>
    /// <param name="parent">The id of the job it waits for, or null.</param>
    /// <param name="user">Its project's owner, as <see cref="Creator"/> shows one.</param>
    public static JsonObject Shown(Job job, long? parent, Project project, JsonObject user)
    {
        var settings = (JsonObject)JsonNode.Parse(job.Settings)!;
        var zone = Text(settings, "timezone") is { Length: > 0 } named ? named : JobForm.DefaultZone;
        var schedule = job.Trigger is Trigger.Cron ? Text(settings, "schedule") : "";
        var shown = new JsonObject
        {
            ["id"] = Ids.Grouped(job.PublicId ?? 0),
            ["name"] = job.Name,
            ["type"] = JobRenderer.Kind(job),
            ["script"] = Text(settings, "script"),
            ["arguments"] = Text(settings, "arguments"),
            ["kernel"] = Text(settings, "kernel"),
            ["cpu"] = settings["cpu"]?.DeepClone() ?? 1,
            ["memory"] = settings["memory"]?.DeepClone() ?? 1,
            ["nvidia_gpu"] = settings["nvidia_gpu"]?.DeepClone() ?? 0,
            ["runtime_identifier"] = Text(settings, "runtime_identifier"),
            ["runtime_addon_identifiers"] = List(settings, "runtime_addon_identifiers"),
            ["environment"] = (settings["environment"] as JsonObject ?? []).ToJsonString(),
            ["schedule"] = schedule,
            ["english_schedule"] = schedule.Length > 0 ? $"{schedule} in {zone}" : "",
            ["timezone"] = zone,
            ["paused"] = job.Paused,
            ["parent_id"] = parent is { } id ? Ids.Grouped(id) : "",
            ["timeout"] = settings["timeout"]?.ToJsonString() ?? "0",
            ["kill_on_timeout"] = (settings["timeout_kill"] ?? settings["kill_on_timeout"])?.DeepClone() ?? false,
            ["recipients"] = List(settings, "recipients"),
            ["attachments"] = List(settings, "attachments"),
        };
        foreach (var kind in new[] { "success", "failure", "timeout", "stopped" })
            shown[kind + "_recipients"] = settings[kind + "_recipients"] is JsonArray list ? string.Join(',', list.Select(one => one?.ToString())) : Text(settings, kind + "_recipients");
        shown["retry_enabled"] = settings["retry_enabled"]?.DeepClone() ?? false;
        shown["max_retry"] = settings["max_retry"]?.DeepClone() ?? 0;
        shown["retry_delay"] = settings["retry_delay"]?.DeepClone() ?? 0;
        foreach (var cause in new[] { "script_failure", "system_failure", "timedout_runs", "skipped_runs" })
            shown["retry_for_" + cause] = settings["retry_for_" + cause]?.DeepClone() ?? false;
        foreach (var name in Optional.Where(settings.ContainsKey))
            shown[name] = settings[name]?.DeepClone();
        shown["project"] = new JsonObject { ["id"] = Ids.Grouped(project.Id), ["name"] = project.Name };
        shown["creator"] = user.DeepClone();
        shown["owner"] = user.DeepClone();
        shown["created_at"] = Time(job.CreatedAt);
        shown["updated_at"] = Time(job.ChangedAt);
        return shown;
    }

    /// <summary>A user; of one that was deleted the name is left.</summary>
    public static JsonObject Creator(Project project, User? user) => new()
    {
        ["username"] = project.OwnerName,
        ["name"] = project.OwnerName,
        ["email"] = user?.Email ?? "",
    };

    /// <summary>A body's settings as both versions keep them, or what is wrong with it. Schedule and parent say what type it is.</summary>
    public static Result<JsonObject> Settings(JsonObject body)
    {
        var settings = new JsonObject();
        foreach (var (name, value) in body)
        {
            if (value is null || Fixed.Contains(name) || (name is "cpu" or "memory" && value.ToJsonString() == "0"))
                continue;
            if (name == "environment")
            {
                if (!Environment(value).Ok(out var environment, out var refusal))
                    return refusal;
                settings[name] = environment;
            }
            else if (Long.Contains(name) && value is JsonValue text && text.TryGetValue(out string? digits) && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var whole))
                settings[name] = whole;
            else
                settings[name] = value.DeepClone();
        }

        return settings;
    }

    /// <summary>Settings with what a body changes of them. Clients send a whole job back with one member changed: what is as it was <paramref name="shown"/> is left alone.</summary>
    public static Result<JsonObject> Changed(JsonObject settings, JsonObject body, JsonObject shown)
    {
        var sent = new JsonObject(body.Where(pair => !JsonNode.DeepEquals(pair.Value, shown[pair.Key])).Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone())));
        if (!Settings(sent).Ok(out var change, out var refusal))
            return refusal;
        var (schedule, parents) = (change["schedule"], Same[0].Where(change.ContainsKey).ToList());
        if (schedule is not null || parents.Count > 0)
        {
            // Each takes the other's place, unless both were sent.
            settings.Remove("type");
            if (parents.Count > 0)
                settings.Remove("schedule");
            else
                Remove(settings, Same[0]);
        }

        foreach (var names in Same.Where(names => names.Any(change.ContainsKey)))
            Remove(settings, names);
        foreach (var (name, value) in change)
            settings[name] = value?.DeepClone();
        return settings;
    }

    /// <summary>Variables, as an object or as the text of one.</summary>
    public static Result<JsonNode> Environment(JsonNode value)
    {
        if (value is not JsonValue plain || !plain.TryGetValue(out string? text))
            return value.DeepClone();
        if (text.Length == 0)
            return new JsonObject();
        return JsonBody.ParseValue(Encoding.UTF8.GetBytes(text), out _) is JsonObject map
            ? map
            : new Refusal(RefusalCode.Invalid, "environment must be an object of strings, or the text of one, such as {\"NAME\": \"value\"}.") { Field = "environment" };
    }

    public static string? Time(DateTimeOffset? at) => at?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    public static string Text(JsonObject settings, string name) => settings[name] is JsonValue value && value.TryGetValue(out string? text) ? text : "";

    private static JsonArray List(JsonObject settings, string name) => settings[name] is JsonArray list ? (JsonArray)list.DeepClone() : [];

    private static void Remove(JsonObject settings, string[] names)
    {
        foreach (var name in names)
            settings.Remove(name);
    }
}
