using Switchyard.Core.Plans;

namespace Switchyard.Databricks.Tests;

/// <summary>How large a shared job cluster is where a cluster engine holds it.</summary>
public sealed class SharedClusterTests
{
    private const string Cluster = "\"job_cluster_key\":\"k\"", Work = "\"notebook_task\":{\"notebook_path\":\"/Shared/good\"}";

    private static string Task(string key, string? after = null, bool shared = true) =>
        "{\"task_key\":\"" + key + "\"," + (shared ? Cluster + "," : "") + (after is null ? "" : "\"depends_on\":[{\"task_key\":\"" + after + "\"}],") + Work + "}";

    private static string Loop(string key, int concurrency) =>
        "{\"task_key\":\"" + key + "\",\"for_each_task\":{\"inputs\":\"[]\",\"concurrency\":" + concurrency + ",\"task\":" + Task("each") + "}}";

    private static async Task<Plan> PlanOf(DialectHost server, string cluster, params string[] tasks)
    {
        var job = await server.Job(
            "{\"name\":\"j\",\"job_clusters\":[{\"job_cluster_key\":\"k\",\"new_cluster\":{\"spark_version\":\"v\"" + cluster + "}},{\"job_cluster_key\":\"unused\",\"new_cluster\":{\"spark_version\":\"v\"}}],\"tasks\":["
            + string.Join(',', tasks) + "]}");
        return await server.PlanOf((await server.Post("/api/2.1/jobs/run-now", $$"""{"job_id":{{job}}}""")).Ok()["run_id"]!.GetValue<long>());
    }

    [Fact]
    public async Task Its_nodes_take_four_tasks_each_and_it_has_no_more_places_than_tasks_run_side_by_side()
    {
        await using var server = await DialectHost.StartWithNotebooks();
        string[] graph = [Task("a"), Task("b", "a"), Task("c", "a"), Task("d", "a", shared: false), Task("e", "c"), Task("f", "a")];
        foreach (var (cluster, places) in new[] { ("", 3), (",\"num_workers\":0", 3), (",\"num_workers\":9", 3) })
        {
            var plan = await PlanOf(server, cluster, graph);
            Assert.Equal([("k", places, Resources.OneSlot)], plan.Allocations.Select(allocation => (allocation.Key, allocation.Places, allocation.Each)));
            Assert.Equal(["k", "k", "k", "", "k", "k"], plan.Tasks.Select(task => string.Join(' ', task.Uses)));
        }

        foreach (var (cluster, places) in new[] { ("", 4), (",\"num_workers\":2", 12), (",\"autoscale\":{\"min_workers\":1,\"max_workers\":4}", 20), (",\"num_workers\":100000", 51) })
            Assert.Equal(places, Assert.Single((await PlanOf(server, cluster, Task("a"), Loop("loop", 50))).Allocations).Places);
        var none = await PlanOf(server, "", Task("a", shared: false));
        Assert.Empty(none.Allocations);
        Assert.Empty(none.Tasks[0].Uses);
    }
}
