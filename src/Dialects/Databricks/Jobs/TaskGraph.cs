using System.Text.Json.Nodes;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Jobs;

/// <summary>The graph that <c>depends_on</c> makes: what it names must exist and it must have no cycle.</summary>
internal static class TaskGraph
{
    /// <summary>The first problem; everything undefined is named in one message.</summary>
    public static Problem? Check(IReadOnlyList<JsonObject> tasks, IReadOnlySet<string> jobClusters)
    {
        var byKey = tasks.ToDictionary(task => task.Text("task_key")!);
        var undefined = new List<string>();
        foreach (var (key, task) in byKey)
        {
            var seen = new HashSet<string>();
            foreach (var dependency in task.Objects("depends_on"))
            {
                var on = dependency.Text("task_key")!;
                if (on == key)
                    return Problem.Invalid($"Invalid dependency graph, task '{key}' can not reference itself.");
                if (!byKey.TryGetValue(on, out var target))
                    undefined.Add($"Invalid dependency graph, task '{key}' depends on task '{on}', which is not defined in tasks. Add that task or remove the dependency.");
                else if (dependency.ContainsKey("outcome") && !target.ContainsKey("condition_task"))
                    return Problem.Invalid($"Invalid dependency graph, task '{key}' depends on an outcome of task '{on}', which is not a condition_task. Remove the outcome.");
                if (!seen.Add($"{on}"))
                    return Problem.Invalid($"Invalid dependency graph, task '{key}' depends on task '{on}' twice. Remove one of the entries.");
            }

            foreach (var holder in new[] { task, SettingsForm.Nested(task) })
            {
                if (holder?.Text("job_cluster_key") is { } cluster && !jobClusters.Contains(cluster))
                    undefined.Add($"Job cluster '{cluster}' of task '{key}' is not defined in field 'job_clusters'. Define it there, or give the task a cluster of its own.");
            }
        }

        return undefined.Count > 0 ? Problem.Invalid(string.Join(" ", undefined.Take(10))) : Cycle(byKey);
    }

    private static Problem? Cycle(Dictionary<string, JsonObject> tasks)
    {
        // Ends first: what remains when nothing can be taken away any more is a cycle or leads into one.
        var open = tasks.ToDictionary(pair => pair.Key, pair => pair.Value.Objects("depends_on").Select(d => d.Text("task_key")!).ToHashSet());
        var successors = open.SelectMany(pair => pair.Value.Select(on => (On: on, pair.Key))).ToLookup(edge => edge.On, edge => edge.Key);
        var free = new Queue<string>(open.Where(pair => pair.Value.Count == 0).Select(pair => pair.Key));
        while (free.TryDequeue(out var done))
        {
            open.Remove(done);
            foreach (var next in successors[done])
            {
                if (open.TryGetValue(next, out var waits) && waits.Remove(done) && waits.Count == 0)
                    free.Enqueue(next);
            }
        }

        if (open.Count == 0)
            return null;
        var path = new List<string>();
        for (var at = open.Keys.First(); !path.Contains(at); at = open[at].First(open.ContainsKey))
            path.Add(at);
        var cycle = path[path.IndexOf(open[path[^1]].First(open.ContainsKey))..];
        cycle.Reverse();
        return Problem.Invalid(
            $"Invalid dependency graph, tasks {string.Join(" -> ", cycle.Append(cycle[0]).Select(key => $"'{key}'"))} form a cycle. Remove one of these dependencies.");
    }
}
