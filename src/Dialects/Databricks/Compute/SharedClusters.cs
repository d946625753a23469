using System.Text.Json.Nodes;
using Switchyard.Core.Plans;
using Switchyard.Dialects.Databricks.Jobs;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Compute;

/// <summary>
/// Shared job clusters as allocations of a plan: what a cluster engine holds for the tasks that name one. A node of a cluster takes four tasks at once, as many
/// as the smallest node types have cores; nothing is held that the tasks could not use side by side.
/// </summary>
internal static class SharedClusters
{
    private const int TasksOfANode = 4;

    /// <summary>The shared cluster that a task, or the task of a loop, runs on; null for none.</summary>
    public static string? KeyOf(JsonObject task) => (SettingsForm.Nested(task) ?? task).Text("job_cluster_key");

    /// <summary>An allocation for each shared cluster that a task names.</summary>
    public static IReadOnlyList<Allocation> Of(JsonObject settings, IReadOnlyList<JsonObject> tasks)
    {
        var clusters = settings.Objects("job_clusters").ToList();
        if (clusters.Count == 0)
            return [];
        var levels = Levels(tasks);
        var allocations = new List<Allocation>();
        foreach (var cluster in clusters)
        {
            var key = cluster.Text("job_cluster_key")!;
            // What stands on one level waits for nothing else of it.
            var atOnce = tasks.Where(task => KeyOf(task) == key).GroupBy(task => levels[task.Text("task_key")!]).Select(level => level.Sum(Width)).DefaultIfEmpty(0).Max();
            if (atOnce > 0)
                allocations.Add(new Allocation(key, false, true, null, $"job cluster {key}") { Places = (int)Math.Min(atOnce, TasksOfANode * NodesOf(cluster.Object("new_cluster"))) });
        }

        return allocations;
    }

    /// <summary>The driver and the workers, as many as there may be.</summary>
    private static long NodesOf(JsonObject? cluster) => 1 + (cluster?.Whole("num_workers") ?? cluster?.Object("autoscale")?.Whole("max_workers") ?? 0);

    private static long Width(JsonObject task) => task.Object("for_each_task") is { } loop ? Math.Max(1, loop.Whole("concurrency") ?? 1) : 1;

    /// <summary>How many tasks lie before each on the longest way to it.</summary>
    private static Dictionary<string, int> Levels(IReadOnlyList<JsonObject> tasks)
    {
        var byKey = tasks.ToDictionary(task => task.Text("task_key")!);
        var levels = new Dictionary<string, int>();
        foreach (var key in byKey.Keys)
        {
            // Without recursion: a chain may be as long as there are tasks.
            var open = new Stack<string>([key]);
            while (open.TryPeek(out var at))
            {
                var before = byKey[at].Objects("depends_on").Select(edge => edge.Text("task_key")!).ToList();
                var unknown = before.Where(other => !levels.ContainsKey(other)).ToList();
                foreach (var other in unknown)
                    open.Push(other);
                if (unknown.Count == 0)
                    levels[open.Pop()] = before.Count == 0 ? 0 : before.Max(other => levels[other]) + 1;
            }
        }

        return levels;
    }
}
