using System.Text;
using System.Text.Json.Nodes;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Jobs;

/// <summary>
/// The two forms of job settings: several tasks in <c>tasks</c>, or in API 2.0 one task whose settings stand at the
/// root. Settings are stored in the form they were sent in; the form is derived from them.
/// </summary>
internal static class SettingsForm
{
    public const string Multi = "MULTI_TASK";
    public const string Single = "SINGLE_TASK";

    public static bool IsMulti(JsonObject settings) => settings["tasks"] is JsonArray;

    public static string Name(JsonObject settings) => settings.Text("name") ?? settings.Text("run_name") ?? "Untitled";

    /// <summary>The tasks of either form, each as an entry of <c>tasks</c>; those of the flat form are copies.</summary>
    public static IReadOnlyList<JsonObject> Tasks(JsonObject settings) =>
        IsMulti(settings) ? [.. settings.Objects("tasks")] : [FlatTask(settings)];

    /// <summary>The task that a for-each task repeats; null for another one.</summary>
    public static JsonObject? Nested(JsonObject task) => task.Object("for_each_task")?.Object("task");

    /// <summary>The key under which the later versions show the one task of the flat form: made of the job's name.</summary>
    public static string FlatKey(JsonObject settings)
    {
        var key = new StringBuilder();
        foreach (var c in Name(settings))
            key.Append(char.IsAsciiLetterOrDigit(c) || c is '_' or '-' ? c : '_');
        return key.Length == 0 ? "task" : key.ToString(0, Math.Min(key.Length, 100));
    }

    /// <summary>The later versions' form of flat settings; others are answered as they are. Always a copy.</summary>
    public static JsonObject ToMulti(JsonObject settings)
    {
        var multi = settings.Copy();
        if (IsMulti(settings))
            return multi;
        foreach (var name in Schema.FlatFields)
            multi.Remove(name);
        multi["tasks"] = new JsonArray(FlatTask(settings));
        return multi;
    }

    /// <summary>The fields of a task's type: one for a well-formed task.</summary>
    public static IEnumerable<string> TypesOf(JsonObject task) =>
        task.Where(pair => pair.Value is JsonObject && pair.Key.EndsWith("_task", StringComparison.Ordinal)).Select(pair => pair.Key);

    private static JsonObject FlatTask(JsonObject settings)
    {
        var task = new JsonObject { ["task_key"] = FlatKey(settings) };
        foreach (var name in Schema.FlatFields)
        {
            if (settings[name] is { } value)
                task[name] = value.DeepClone();
        }

        return task;
    }
}
