using System.Text.Json.Nodes;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Jobs;

/// <summary>What a task of one type must be beyond the types of its fields.</summary>
internal static class TaskRules
{
    /// <summary>The first problem of a task or of the task inside a for-each; null for none.</summary>
    public static Problem? Check(JsonObject task, string key, JsonObject settings)
    {
        if (SettingsForm.Nested(task) is { } nested)
            return Check(nested, key, settings);
        if (task.Object("python_wheel_task") is { } wheel && wheel["parameters"] is JsonArray { Count: > 0 } && wheel["named_parameters"] is JsonObject { Count: > 0 })
            return Problem.Invalid($"Task '{key}': python_wheel_task has both parameters and named_parameters. Keep one of them.");
        if (task.Object("dbt_task") is { } dbt && Dbt(dbt.Texts("commands")) is { } command)
            return Problem.Invalid($"Task '{key}': invalid value for parameter commands: {command}");
        if (task.Object("sql_task") is { } sql && SqlKinds.Where(sql.ContainsKey).ToList() is { Count: > 1 } kinds)
            return Problem.Invalid($"Task '{key}': sql_task has {string.Join(" and ", kinds)}. Keep one of them.");
        if (task.Text("environment_key") is { } environment && !settings.Objects("environments").Any(e => e.Text("environment_key") == environment))
            return Problem.Invalid($"Task '{key}': environment_key '{environment}' is not defined. Add it to environments, or leave it out.");
        return null;
    }

    /// <summary>What is wrong with a list of dbt commands, or null.</summary>
    public static string? Dbt(IReadOnlyList<string> commands)
    {
        if (commands.Count == 0)
            return "there is no command. Name one, such as 'dbt run'.";
        return commands.FirstOrDefault(command => command != "dbt" && !command.StartsWith("dbt ", StringComparison.Ordinal)) is { } wrong
            ? $"'{wrong}' does not start with 'dbt'. Each command is one of the dbt program."
            : null;
    }

    private static readonly string[] SqlKinds = ["query", "file", "alert", "dashboard"];
}
