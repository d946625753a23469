using System.Text.Json.Nodes;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Jobs;

/// <summary>
/// The partial update: fields are removed first, then those given replace what was there; lists with keys are merged, an
/// entry with a known key replacing that entry whole. A job keeps its form.
/// </summary>
internal static class SettingsUpdate
{
    private static readonly Dictionary<string, string> Keyed = new()
    {
        ["tasks"] = "task_key",
        ["job_clusters"] = "job_cluster_key",
        ["parameters"] = "name",
        ["environments"] = "environment_key",
    };

    /// <summary>The settings after the update; neither argument is changed.</summary>
    public static Outcome<JsonObject> Apply(JsonObject stored, JsonObject change, IReadOnlyList<string> remove)
    {
        var result = stored.Copy();
        foreach (var field in remove)
            Remove(result, field);
        var multi = SettingsForm.IsMulti(stored);
        foreach (var (name, value) in change.ToList())
        {
            if (multi && Schema.FlatFields.Contains(name))
                return Problem.Invalid($"Field '{name}' is a single-task setting, but the job is of the multi-task format, which update does not change. Put it into an entry of tasks, or use reset.");
            if (name is "access_control_list" or "format")
                continue;
            if (!multi && name == "tasks")
            {
                if (FlatTasks(result, (JsonArray)value!, SettingsForm.FlatKey(stored)) is { } problem)
                    return problem;
            }
            else if (Keyed.TryGetValue(name, out var key))
                Merge(result, name, key, (JsonArray)value!);
            else
                result[name] = value!.DeepClone();
        }

        return result;
    }

    private static void Remove(JsonObject settings, string field)
    {
        if (field.Split('/', 2) is not [var list, var key] || !Keyed.TryGetValue(list, out var keyName))
        {
            settings.Remove(field);
            return;
        }

        if (settings[list] is not JsonArray entries)
            return;
        foreach (var entry in entries.OfType<JsonObject>().Where(entry => entry.Text(keyName) == key).ToList())
            entries.Remove(entry);
        if (entries.Count == 0 && list != "tasks")
            settings.Remove(list);
    }

    private static void Merge(JsonObject settings, string name, string key, JsonArray change)
    {
        if (settings[name] is not JsonArray entries)
        {
            // An empty list in an update says nothing: clients send all of them with every update.
            if (change.Count > 0)
                settings[name] = change.DeepClone();
            return;
        }

        foreach (var entry in change.OfType<JsonObject>())
        {
            var at = entries.OfType<JsonObject>().FirstOrDefault(old => old.Text(key) == entry.Text(key));
            if (at is null)
                entries.Add(entry.DeepClone());
            else
                entries[entries.IndexOf(at)] = entry.DeepClone();
        }
    }

    private static Problem? FlatTasks(JsonObject settings, JsonArray change, string flatKey)
    {
        foreach (var entry in change.OfType<JsonObject>())
        {
            if (entry.Text("task_key") != flatKey)
                return Problem.Invalid($"The job is of the single-task format, which update does not change, and its only task is '{flatKey}': task '{entry.Text("task_key")}' cannot be added. Use reset with tasks.");
            foreach (var name in Schema.FlatFields)
                settings.Remove(name);
            foreach (var (name, value) in entry.Where(pair => Schema.FlatFields.Contains(pair.Key)))
                settings[name] = value!.DeepClone();
        }

        return null;
    }
}
