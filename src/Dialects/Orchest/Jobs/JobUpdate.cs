using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Switchyard.Core.Jobs;
using Switchyard.Core.Projects;
using Switchyard.Core.Text;
using Switchyard.Core.Triggers;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.Orchest.Pipelines;
using Switchyard.Dialects.Orchest.Wire;

namespace Switchyard.Dialects.Orchest.Jobs;

/// <summary>A change of a job's fields, and what of it is allowed when (Orchest reference, Job endpoints, update body).</summary>
internal sealed partial class JobUpdate(JsonObject body, int mostRuns)
{
    private static readonly string[] Known =
        ["name", "cron_schedule", "time_zone", "overlap_policy", "parameters", "env_variables", "next_scheduled_time", "strategy_json", "max_retained_pipeline_runs"];

    /// <summary>Why the job may not be changed so in its present status; null when it may.</summary>
    public string? NotAllowed(Job job, string status)
    {
        if (status is "SUCCESS" or "FAILURE" or "ABORTED")
            return $"The job has ended ({status}) and is not changed any more; duplicate it.";
        if (status == "DRAFT")
            return null;
        if (body.ContainsKey("confirm_draft"))
            return "The job is not a draft.";
        if (job.Trigger is Trigger.Cron)
            return body.ContainsKey("next_scheduled_time") ? "Cannot set the next scheduled time of a cron job." : null;
        return Known.Skip(1).FirstOrDefault(body.ContainsKey) is { } field ? $"{field}: of a job that runs once only the name is changed after it was confirmed." : null;
    }

    /// <summary>The state with the change, or what is wrong with it.</summary>
    public Result<JobState> ApplyTo(JobState state, PipelineFile file)
    {
        if (body["cron_schedule"] is not null && body["next_scheduled_time"] is not null)
            return Bad("next_scheduled_time", "Failed update operation. Cannot set the next scheduled time of a cron job.");
        // As clients expect: a draft whose change names no time runs at once.
        if (state.Phase == JobPhase.Draft && body["cron_schedule"] is null && body["next_scheduled_time"] is null)
            state = state with { Schedule = null, StartAt = null };
        if (body["time_zone"] is { } zone)
        {
            if (zone.Text() is not { } name)
                return Bad("time_zone", "time_zone: the name of a zone is expected, such as Europe/Amsterdam.");
            state = state with { Zone = name };
        }

        if (body["overlap_policy"] is { } overlap)
        {
            if (overlap.Text() is not (JobState.OverlapAllow or JobState.OverlapSkip))
                return Bad("overlap_policy", "overlap_policy: allow (due runs start beside those that still run) or skip (a due time is passed over while earlier runs live) is expected.");
            state = state with { Overlap = overlap.Text()! };
        }

        if (body["cron_schedule"] is { } cron)
        {
            if (cron.Text() is not { } schedule)
                return Bad("cron_schedule", "cron_schedule: a text is expected, such as '0 * * * *'.");
            if (!CronText.ToQuartz(schedule).Ok(out _, out var refusal))
                return Bad("cron_schedule", $"Failed update operation. Invalid cron schedule: {refusal.Message}");
            state = state with { Schedule = schedule, StartAt = null };
        }

        if ((body["time_zone"] ?? body["cron_schedule"]) is not null && Schedules.Problem(state.Cron() ?? new Trigger.Cron("0 0 0 * * ?", state.Zone)) is { } problem)
            return Bad("cron_schedule", $"Failed update operation. Invalid cron schedule: {problem}.");

        if (body["next_scheduled_time"] is { } next)
        {
            if (next.Text() is not { } time)
                return Bad("next_scheduled_time", "next_scheduled_time: a text is expected, such as 2023-01-01T12:00:00 (UTC).");
            if (!Times.Read(time, "next_scheduled_time").Ok(out var at, out var refusal))
                return refusal;
            state = state with { Schedule = null, StartAt = at };
        }

        if (body.ContainsKey("parameters"))
        {
            if (ParametersProblem(body["parameters"], file) is { } wrong)
                return Bad("parameters", wrong);
            state = state with { Parameters = (JsonArray)body["parameters"]!.DeepClone() };
        }

        if (body.ContainsKey("env_variables"))
        {
            if (!Variables(body["env_variables"]).Ok(out var environment, out var refusal))
                return refusal;
            state = state with { Environment = environment };
        }

        if (body.ContainsKey("strategy_json"))
        {
            if (body["strategy_json"] is not (null or JsonObject))
                return Bad("strategy_json", "strategy_json: an object is expected.");
            state = state with { Strategy = (JsonObject?)body["strategy_json"]?.DeepClone() ?? [] };
        }

        if (body["max_retained_pipeline_runs"] is { } retained)
        {
            if (retained is not JsonValue value || !value.TryGetValue(out long most) || most is < -1 or > int.MaxValue)
                return Bad("max_retained_pipeline_runs", "max_retained_pipeline_runs: a whole number from -1 (keep all) is expected.");
            state = state with { MaxRetained = (int)most };
        }

        return state;
    }

    /// <summary>Variables as this API takes them.</summary>
    public static Result<IReadOnlyDictionary<string, string>> Variables(JsonNode? node)
    {
        const string invalid = "Invalid environment variables definition.";
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        if (node is null)
            return texts;
        if (node is not JsonObject map)
            return Bad("env_variables", $"{invalid} An object of texts is expected.");
        foreach (var (name, value) in map)
        {
            if (!VariableName().IsMatch(name))
                return Bad("env_variables", $"{invalid} '{PathParts.Short(name)}' is no name: letters, digits, '-' and '_' are.");
            if (value.Text() is not { } text)
                return Bad("env_variables", $"{invalid} The value of {PathParts.Short(name)} is not a text; write numbers in quotes.");
            texts[name] = text;
        }

        return Project.Problem(texts.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value))) is { } problem ? Bad("env_variables", $"{invalid} {problem}.") : texts;
    }

    private string? ParametersProblem(JsonNode? node, PipelineFile file)
    {
        if (node is not JsonArray list)
            return "parameters: a list of parameter sets is expected, one for each run.";
        if (list.Count == 0)
            return "Cannot use an empty list of parameters. That would result in the job having no runs.";
        if (list.Count > mostRuns)
            return $"parameters: they would make {list.Count} runs, and a batch may have {mostRuns}; leave some out, or raise the setting sweep_max_runs.";
        for (var at = 0; at < list.Count; at++)
        {
            if (JobPlanner.Problem(list[at], file) is { } problem)
                return $"parameters[{at}]: {problem}.";
        }

        return null;
    }

    private static Refusal Bad(string field, string message) => new(RefusalCode.Invalid, message) { Field = field };

    [GeneratedRegex(@"^[0-9a-zA-Z\-_]+\z")]
    private static partial Regex VariableName();
}
