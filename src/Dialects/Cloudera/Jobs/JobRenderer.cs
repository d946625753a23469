using System.Globalization;
using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Projects;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Triggers;
using Switchyard.Dialects.Cloudera.Wire;

namespace Switchyard.Dialects.Cloudera.Jobs;

/// <summary>Shows jobs as clients read them.</summary>
internal sealed class JobRenderer(IStore store)
{
    /// <summary>A job: what was sent, and what is known beside it.</summary>
    public async Task<JsonObject> Shown(Job job, Project project, string origin, CancellationToken stop)
    {
        var shown = (JsonObject)JsonNode.Parse(job.Settings)!;
        // Clients read these of every job, whether they were sent or not.
        foreach (var (name, otherwise) in Defaults())
            shown[name] ??= otherwise;
        shown["id"] = job.PublicId;
        shown["type"] = Kind(job);
        shown["paused"] = job.Paused;
        shown["parent"] = await Parent(job, stop) is { } parent ? new JsonObject { ["id"] = parent } : null;
        shown["project"] = new JsonObject { ["id"] = project.Id, ["name"] = project.Name, ["slug"] = project.Slug, ["default_project_engine_type"] = "ml_runtime" };
        if (shown["runtime_id"] is { } runtime)
            shown["runtime"] ??= new JsonObject { ["id"] = runtime.DeepClone() };
        shown["report"] = new JsonObject
        {
            ["success_recipients"] = List(shown, "success_recipients"),
            ["failure_recipients"] = List(shown, "failure_recipients"),
            ["timeout_recipients"] = List(shown, "timeout_recipients"),
            ["stopped_recipients"] = List(shown, "stopped_recipients"),
            ["attachments"] = List(shown, "attachments"),
        };
        shown["created_at"] = Time(job.CreatedAt);
        shown["updated_at"] = Time(job.ChangedAt);
        shown["html_url"] = $"{origin}/{project.OwnerName}/{project.Slug}/jobs/{job.PublicId}";
        shown["url"] = $"{origin}/api/v1/projects/{project.OwnerName}/{project.Slug}/jobs/{job.PublicId}";
        shown["latest"] = await store.RunsList(new RunQuery(1, JobId: job.Id), stop) is [var run] ? Latest(run) : null;
        return shown;
    }

    /// <summary>The platform's word for how a job is started.</summary>
    public static string Kind(Job job) => job.Trigger switch
    {
        Trigger.Cron => "cron",
        Trigger.AfterSuccess => "dependent",
        _ => "manual",
    };

    /// <summary>The id of the job that one waits for; null for none, or one that was deleted.</summary>
    public async Task<long?> Parent(Job job, CancellationToken stop) =>
        job.Trigger is Trigger.AfterSuccess after && await store.JobGet(after.JobId, stop) is { } parent ? parent.PublicId : null;

    /// <summary>The platform's words for a run's state.</summary>
    public static string Status(RunState state) => state switch
    {
        RunState.Queued or RunState.Waiting => "scheduling",
        RunState.Running or RunState.WaitingForRetry => "running",
        RunState.Cancelling => "stopping",
        RunState.Succeeded or RunState.SucceededWithFailures => "succeeded",
        RunState.TimedOut => "timedout",
        RunState.Cancelled => "stopped",
        RunState.Skipped => "skipped",
        _ => "failed",
    };

    private static JsonObject Latest(RunRow run) => new()
    {
        ["engine_id"] = Ids.Engine(run.Id),
        ["status"] = Status(run.State),
        ["created_at"] = Time(run.CreatedAt),
        ["started_at"] = Time(run.StartedAt),
        ["finished_at"] = Time(run.EndedAt),
        ["exit_code"] = run.ExitCode,
        ["reason"] = run.Reason.Text,
    };

    private static IEnumerable<(string Name, JsonNode Otherwise)> Defaults() =>
    [
        ("arguments", ""), ("kernel", "python3"), ("cpu", 1), ("memory", 1), ("nvidia_gpu", 0), ("schedule", ""), ("timezone", JobForm.DefaultZone), ("timeout", 0),
        ("timeout_kill", false), ("environment", new JsonObject()),
    ];

    /// <summary>A list; the second version has some as one text with commas.</summary>
    private static JsonArray List(JsonObject settings, string name) => settings[name] switch
    {
        JsonArray list => (JsonArray)list.DeepClone(),
        JsonValue value when value.TryGetValue(out string? text) => [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(one => (JsonNode)one)],
        _ => [],
    };

    private static string? Time(DateTimeOffset? at) => at?.ToString("O", CultureInfo.InvariantCulture);
}
