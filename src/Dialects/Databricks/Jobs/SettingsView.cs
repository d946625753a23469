using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Jobs;

/// <summary>Settings as answers show them: what was sent, with the platform's defaults, in the version's form.</summary>
internal static class SettingsView
{
    /// <summary>The settings of a job.</summary>
    /// <param name="version">2.0 shows the stored form, the later versions always the form with tasks.</param>
    /// <param name="withTasks">False for lists, which leave out what is defined per task.</param>
    public static JsonObject Of(Job job, ApiVersion version, bool withTasks)
    {
        var stored = Json.Parse(job.Settings);
        var flat = version == ApiVersion.V20 && !SettingsForm.IsMulti(stored);
        var shown = flat ? stored : SettingsForm.ToMulti(stored);
        shown.Default("name", "Untitled");
        shown.Default("email_notifications", new JsonObject());
        shown.Default("timeout_seconds", 0);
        shown.Default("max_concurrent_runs", 1);
        if (version > ApiVersion.V20)
            shown.Default("webhook_notifications", new JsonObject());
        if (job.QueueWhenFull)
            shown.Default("queue", new JsonObject { ["enabled"] = true });
        if (shown.Object("schedule") is { } schedule)
            schedule.Default("pause_status", "UNPAUSED");
        var source = shown.ContainsKey("git_source") ? "GIT" : "WORKSPACE";
        if (flat)
        {
            shown.Object("notebook_task")?.Default("revision_timestamp", 0);
            RetryDefaults(shown);
        }
        else if (!withTasks)
        {
            shown.Remove("tasks");
            shown.Remove("job_clusters");
        }
        else if (version < ApiVersion.V22 && shown["tasks"] is JsonArray { Count: > Window.Size })
        {
            // A job that only 2.2 can make: the older versions leave its tasks out, as the platform does.
            shown.Remove("tasks");
        }
        else
        {
            foreach (var task in shown.Objects("tasks"))
                TaskDefaults(task, version, source);
        }

        shown["format"] = flat ? SettingsForm.Single : SettingsForm.Multi;
        return shown;
    }

    /// <summary>What a task shows beyond what was sent; <c>depends_on</c> comes back in the order of its keys.</summary>
    public static void TaskDefaults(JsonObject task, ApiVersion version, string source)
    {
        SortDependencies(task);
        task.Default("email_notifications", new JsonObject());
        task.Default("timeout_seconds", 0);
        RetryDefaults(task);
        if (version == ApiVersion.V20)
            return;
        task.Default("run_if", "ALL_SUCCESS");
        foreach (var type in new[] { "notebook_task", "spark_python_task", "dbt_task" })
            task.Object(type)?.Default("source", source);
    }

    public static void SortDependencies(JsonObject task)
    {
        if (task["depends_on"] is not JsonArray { Count: > 1 } list)
            return;
        var sorted = list.OfType<JsonObject>().OrderBy(entry => entry.Text("task_key"), StringComparer.Ordinal).ToList();
        list.Clear();
        foreach (var entry in sorted)
            list.Add(entry);
    }

    // The published examples set max_retries and get the interval back as well.
    private static void RetryDefaults(JsonObject holder)
    {
        if (holder.ContainsKey("max_retries"))
            holder.Default("min_retry_interval_millis", 0);
    }
}
