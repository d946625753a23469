using System.Text.Json.Nodes;
using Switchyard.Dialects.Databricks.Jobs;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Notifications;

/// <summary>
/// Whom settings want told of what: the parts of a job's or a task's settings that say so, as they were sent. They are kept
/// with the job apart from its settings, so that the store knows at each move whether anybody is to be told.
/// </summary>
internal sealed class Wishes(JsonObject holder)
{
    public const string OnStart = "on_start";
    public const string OnSuccess = "on_success";
    public const string OnFailure = "on_failure";
    public const string OnLong = "on_duration_warning_threshold_exceeded";

    private const string Email = "email_notifications";
    private const string Webhook = "webhook_notifications";
    private const string Settings = "notification_settings";

    /// <summary>The events that happen here; the others of the platform are kept and never come.</summary>
    private static readonly string[] Events = [OnStart, OnSuccess, OnFailure, OnLong];

    /// <summary>True if somebody is to be told of something.</summary>
    public bool Any => Events.Any(Wants);

    public bool OnlyLastAttempt => Set(Settings, "alert_on_last_attempt");

    /// <summary>Addresses that get a mail.</summary>
    public IEnumerable<string> Mails(string word) => (holder.Object(Email)?.Texts(word) ?? []).Distinct();

    /// <summary>Ids of destinations.</summary>
    public IEnumerable<string> Webhooks(string word) => (holder.Object(Webhook)?.Objects(word) ?? []).Select(one => one.Text("id") ?? "").Distinct();

    /// <summary>Ids of all destinations that are named for any event.</summary>
    public IEnumerable<string> Destinations => (holder.Object(Webhook) ?? []).Select(pair => pair.Key).SelectMany(Webhooks).Distinct();

    public bool Wants(string word) => Mails(word).Any() || Webhooks(word).Any();

    /// <summary>Whether failures that are none (a skipped or a cancelled run) are kept from those who get mails, and from webhooks.</summary>
    public (bool Mails, bool Webhooks) Mutes(string flag) => (Set(Email, flag) || Set(Settings, flag), Set(Settings, flag));

    /// <summary>Milliseconds after which a run or an attempt is to be warned of; 0 when nobody is.</summary>
    public long WarnAfterMs
    {
        get
        {
            if (!Wants(OnLong))
                return 0;
            var rules = holder.Object("health")?.Objects("rules").Where(rule => rule.Text("metric") == "RUN_DURATION_SECONDS").ToList() ?? [];
            return rules.Count == 0 ? 0 : Math.Max(1, rules.Min(rule => rule.Whole("value") ?? 0) * 1000);
        }
    }

    /// <summary>Those of each task in the order of the plan, and of what a for-each repeats.</summary>
    public static IReadOnlyList<(Wishes Task, Wishes? Each)> OfTasks(JsonObject settings) =>
        // The one task of the flat form has none of its own: what stands there is the job's.
        SettingsForm.IsMulti(settings)
            ? [.. settings.Objects("tasks").Select(task => (new Wishes(task), SettingsForm.Nested(task) is { } each ? new Wishes(each) : null))]
            : [];

    /// <summary>The text to keep with the job; null when nobody is to be told of anything.</summary>
    public static string? Write(JsonObject settings)
    {
        var tasks = OfTasks(settings);
        var told = tasks.Any(task => task.Task.Any || task.Each?.Any == true);
        var job = new Wishes(settings);
        if (!told && !job.Any)
            return null;
        var kept = job.Kept();
        if (told)
        {
            kept["tasks"] = new JsonArray([.. tasks.Select(task =>
            {
                var one = task.Task.Kept();
                if (task.Each is not null)
                    one["for_each_task"] = new JsonObject { ["task"] = task.Each.Kept() };
                return one;
            })]);
        }

        return kept.Write();
    }

    private JsonObject Kept()
    {
        var kept = new JsonObject();
        foreach (var name in new[] { Email, Webhook, Settings })
        {
            if (holder[name] is JsonObject { Count: > 0 } part)
                kept[name] = part.DeepClone();
        }

        if (holder.Text("task_key") is { } key)
            kept["task_key"] = key;
        return kept;
    }

    private bool Set(string part, string flag) => holder.Object(part)?.Flag(flag) == true;
}
