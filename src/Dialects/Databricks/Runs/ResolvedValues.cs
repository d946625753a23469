using System.Text.Json.Nodes;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Dialects.Databricks.Jobs;

namespace Switchyard.Dialects.Databricks.Runs;

/// <summary>
/// What a task's parameters were once their references were replaced. Computed from the run's plan and what its tasks left, not
/// kept: what a task refers to has ended before it starts.
/// </summary>
internal sealed class ResolvedValues(IStore store)
{
    /// <summary>By type of task: the field that shows its named parameters, and the one that shows its list.</summary>
    private static readonly Dictionary<string, (string? Named, string? List)> Fields = new()
    {
        ["notebook_task"] = ("base_parameters", null),
        ["spark_python_task"] = (null, "parameters"),
        ["python_wheel_task"] = ("named_parameters", "parameters"),
        ["spark_jar_task"] = (null, "parameters"),
        ["spark_submit_task"] = (null, "parameters"),
        ["sql_task"] = ("parameters", null),
        ["dbt_task"] = (null, "commands"),
    };

    /// <summary>What a run's attempts resolve to: a function from an attempt to its values, null where it has none.</summary>
    public async Task<Func<AttemptRow, JsonObject, JsonObject?>> Of(long runId, CancellationToken stop)
    {
        var view = await store.RunsLoad([runId], stop) is [var loaded] ? loaded : null;
        return (attempt, task) => view is null || attempt.State == TaskState.Blocked ? null : Values(view, attempt, task);
    }

    private static JsonObject? Values(RunView view, AttemptRow attempt, JsonObject task)
    {
        if (attempt.Task >= view.Plan.Tasks.Count || SettingsForm.TypesOf(task).FirstOrDefault() is not { } type)
            return null;
        var instance = new InstanceView(attempt.Task, attempt.Index, attempt.Id) { Attempt = attempt.Attempt, Input = attempt.Input };
        var values = new RunValues(view, instance, _ => null);
        var shown = view.ActionOf(instance) switch
        {
            ConditionAction condition => Texts(values, ("left", condition.Left), ("right", condition.Right)),
            RunJobAction child => Named("job_parameters", child.Parameters, values),
            CommandAction { TaskFile: { } file } when Fields.TryGetValue(type, out var fields) => Of(file, fields, values),
            _ => null,
        };
        return shown is { Count: > 0 } ? new JsonObject { [type] = shown } : null;
    }

    private static JsonObject? Of(TaskFile file, (string? Named, string? List) fields, RunValues values)
    {
        var shown = new JsonObject();
        if (fields.Named is { } named && file.Parameters.Count > 0)
        {
            if (Named(named, file.Parameters, values) is not { } parameters)
                return null;
            shown = parameters;
        }

        if (fields.List is { } list && file.Arguments.Count > 0)
        {
            var texts = file.Arguments.Select(binding => binding.Resolve(values, out _)).ToList();
            if (texts.Contains(null))
                return null;
            shown[list] = new JsonArray([.. texts.Select(text => (JsonNode?)text)]);
        }

        return shown;
    }

    private static JsonObject? Named(string field, IReadOnlyDictionary<string, Binding> bindings, RunValues values) =>
        Texts(values, [.. bindings.Select(pair => (pair.Key, pair.Value))]) is { } texts ? new JsonObject { [field] = texts } : null;

    // Null as soon as one is not known: values of which half are missing would be taken for what the task got.
    private static JsonObject? Texts(RunValues values, params IReadOnlyList<(string Name, Binding Binding)> bindings)
    {
        var shown = new JsonObject();
        foreach (var (name, binding) in bindings)
        {
            if (binding.Resolve(values, out _) is not { } text)
                return null;
            shown[name] = text;
        }

        return shown;
    }
}
