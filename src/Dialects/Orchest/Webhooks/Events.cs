using System.Text.Json.Nodes;

namespace Switchyard.Dialects.Orchest.Webhooks;

/// <summary>The events there are to subscribe to (Orchest reference, Notifications): those of jobs and their runs.</summary>
internal static class Events
{
    public const string Ping = "ping";

    private static readonly string[] RunWords = ["started", "cancelled", "failed", "succeeded"];

    public static readonly IReadOnlyList<string> All =
    [
        .. new[] { "created", "started", "deleted", "cancelled", "failed", "succeeded", "updated" }.Select(word => OneOff(word)),
        .. RunWords.Select(word => OneOffRun(word)),
        .. new[] { "created", "started", "deleted", "cancelled", "updated", "paused", "unpaused" }.Select(word => Cron(word)),
        .. new[] { "started", "succeeded", "failed" }.Select(word => CronBatch(word)),
        .. RunWords.Select(word => CronRun(word)),
    ];

    public static string OneOff(string word) => $"project:one-off-job:{word}";

    public static string OneOffRun(string word) => $"project:one-off-job:pipeline-run:{word}";

    public static string Cron(string word) => $"project:cron-job:{word}";

    public static string CronBatch(string word) => $"project:cron-job:run:{word}";

    public static string CronRun(string word) => $"project:cron-job:run:pipeline-run:{word}";

    /// <summary>As clients are told of them.</summary>
    public static JsonObject Shown() => new()
    {
        ["events"] = new JsonArray([.. All.Select(name => new JsonObject
        {
            ["name"] = name,
            ["optional_filters"] = new JsonArray(new JsonArray("project_uuid"), new JsonArray("project_uuid", "job_uuid")),
        })]),
    };
}
