using System.Text.Json.Nodes;
using Switchyard.Dialects.Databricks.Compute;
using Switchyard.Dialects.Databricks.Planning;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Jobs;

/// <summary>What settings must be beyond their types: keys, references, graph, trigger. Every message names the field, its value and the remedy.</summary>
internal static class SettingsRules
{
    /// <summary>The first problem of settings whose types already fit, or null.</summary>
    public static Problem? Check(JsonObject settings, ApiVersion version, bool submit, bool requireCluster, IReadOnlyList<string>? protocols = null)
    {
        if (RootFields(settings, version, submit) is { } misplaced)
            return misplaced;
        if (JobClusters(settings, submit) is { } clusters)
            return clusters;
        var tasks = SettingsForm.Tasks(settings);
        if (tasks.Count == 0 || (!SettingsForm.IsMulti(settings) && !SettingsForm.TypesOf(settings).Any()))
            return Problem.Invalid("Run settings must be specified.");
        return TaskProblems(tasks, settings, submit, requireCluster)
            ?? TaskGraph.Check(tasks, DefinedClusters(settings))
            ?? Parameters(settings)
            ?? Git(settings, protocols ?? Edge.GitUrl.Protocols)
            ?? JobTrigger.Check(settings)
            ?? References.Check(settings, tasks);
    }

    /// <summary>Fields at the root that belong into a task in this form or version.</summary>
    public static Problem? RootFields(JsonObject settings, ApiVersion version, bool submit)
    {
        var multi = SettingsForm.IsMulti(settings);
        if (!multi && (version == ApiVersion.V20 || submit))
            return null;
        foreach (var name in Schema.FlatFields)
        {
            if (!settings.ContainsKey(name))
                continue;
            if (multi && name is "existing_cluster_id" or "new_cluster")
                return Problem.Invalid("Multi-task jobs require clusterspec to be specified within the tasks.");
            return Problem.Invalid(multi
                ? $"Field '{name}' at the root belongs to a single-task job, but 'tasks' is given too. Move it into an entry of tasks."
                : $"Field '{name}' at the root is the single-task form of API 2.0. In API 2.1 and later put it into an entry of tasks.");
        }

        return null;
    }

    private static Problem? JobClusters(JsonObject settings, bool submit)
    {
        if (settings["job_clusters"] is not JsonArray { Count: > 0 } list)
            return null;
        if (submit)
            return Problem.Invalid("Shared job clusters are not supported in runs/submit: job_clusters must be left out. Give each task its own new_cluster or existing_cluster_id.");
        if (!SettingsForm.IsMulti(settings))
            return Problem.Invalid("Shared job cluster feature is only supported in multi-task jobs.");
        var keys = new HashSet<string>();
        foreach (var cluster in list.OfType<JsonObject>())
        {
            var key = cluster.Text("job_cluster_key")!;
            if (!keys.Add(key))
                return Problem.Invalid($"Duplicate job_cluster_key '{key}' in job_clusters. Give each job cluster its own key.");
            if (cluster.ContainsKey("libraries") || cluster.Object("new_cluster")?.ContainsKey("libraries") == true)
                return Problem.Invalid($"Libraries cannot be declared in the shared job cluster '{key}'. Move libraries into the settings of the tasks that need them.");
            if (cluster.Object("new_cluster") is not { } made)
                return Problem.MissingField("settings.job_clusters.new_cluster");
            if (ClusterRules.Check(made, "settings.job_clusters.new_cluster.") is { } wrong)
                return wrong;
        }

        return null;
    }

    private static HashSet<string> DefinedClusters(JsonObject settings) =>
        [.. settings.Objects("job_clusters").Select(cluster => cluster.Text("job_cluster_key")!)];

    private static Problem? TaskProblems(IReadOnlyList<JsonObject> tasks, JsonObject settings, bool submit, bool requireCluster)
    {
        var multi = SettingsForm.IsMulti(settings);
        var keys = new HashSet<string>();
        foreach (var task in tasks)
        {
            var key = task.Text("task_key")!;
            if (multi && (key.Length == 0 || !key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-')))
                return Problem.Invalid($"Invalid value for parameter task_key: '{key}'. A task key has 1 to 100 letters, digits, '-' and '_'.");
            if (!keys.Add(key))
                return Problem.Invalid($"Duplicate task_key '{key}' in tasks. Give each task its own key.");
            if (OneType(task, key) is { } types)
                return types;
            if (TaskRules.Check(task, key, settings) is { } rule)
                return rule;
            if (submit && task.ContainsKey("job_cluster_key"))
                return Problem.Invalid($"Task '{key}' has job_cluster_key '{task.Text("job_cluster_key")}', but runs/submit does not support shared job clusters. Use new_cluster or existing_cluster_id.");
            if (Cluster(task, key, multi, requireCluster) is { } cluster)
                return cluster;
            foreach (var holder in new[] { task, SettingsForm.Nested(task) })
            {
                if (holder?.Object("new_cluster") is { } made && ClusterRules.Check(made, multi ? "settings.tasks.new_cluster." : "settings.new_cluster.") is { } wrong)
                    return wrong;
            }
        }

        return null;
    }

    private static Problem? OneType(JsonObject task, string key)
    {
        var types = SettingsForm.TypesOf(task).ToList();
        if (types.Count != 1)
        {
            return Problem.Invalid(types.Count == 0
                ? $"Task '{key}' has no task type. Give it one, such as notebook_task or spark_python_task."
                : $"Task '{key}' has several task types: {string.Join(", ", types)}. Keep one, and make tasks of their own of the others.");
        }

        if (SettingsForm.Nested(task) is not { } nested)
            return null;
        return nested.ContainsKey("for_each_task")
            ? Problem.Invalid($"Task '{key}': a for_each_task cannot contain another for_each_task.")
            : OneType(nested, nested.Text("task_key")!);
    }

    private static Problem? Cluster(JsonObject task, string key, bool multi, bool requireCluster)
    {
        string[] names = ["existing_cluster_id", "new_cluster", "job_cluster_key"];
        var given = names.Where(task.ContainsKey).ToList();
        if (given.Count > 1)
            return Problem.Invalid($"Task '{key}' has {string.Join(" and ", given)}. Keep one of them.");
        if (task.Object("new_cluster") is { } cluster && requireCluster && !cluster.ContainsKey("num_workers") && !cluster.ContainsKey("autoscale"))
            return Problem.Invalid("Cluster validation error: Missing required field: settings.cluster_spec.new_cluster.size");
        if (!requireCluster || given.Count == 1 || task.ContainsKey("environment_key")
            || SettingsForm.TypesOf(task).Single() is "condition_task" or "run_job_task" or "for_each_task" or "sql_task" or "dbt_task" or "pipeline_task")
            return null;
        return Problem.Invalid(multi
            ? "One of job_cluster_key, new_cluster, or existing_cluster_id must be specified."
            : "Either new_cluster or existing_cluster_id must be specified.");
    }

    private static Problem? Parameters(JsonObject settings)
    {
        var names = new HashSet<string>();
        foreach (var parameter in settings.Objects("parameters"))
        {
            var name = parameter.Text("name")!;
            if (!name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-'))
                return Problem.Invalid($"Invalid value for parameter parameters.name: '{name}'. A job parameter's name has letters, digits, '_', '-' and '.' only.");
            if (!names.Add(name))
                return Problem.Invalid($"Duplicate job parameter '{name}' in parameters. Keep one of them.");
        }

        return null;
    }

    private static Problem? Git(JsonObject settings, IReadOnlyList<string> protocols)
    {
        if (settings.ContainsKey("git_source"))
            return GitSource.Read(settings, protocols).Ok(out _, out var problem) ? null : problem;
        var orphan = SettingsForm.Tasks(settings).FirstOrDefault(task => GitSource.OfTask(task)?.Text("source") == "GIT");
        return orphan is null ? null : Problem.Invalid($"Task '{orphan.Text("task_key")}' has source GIT, and the job has no git_source. Add git_source, or set source to WORKSPACE.");
    }
}
