using System.Text.Json.Nodes;

namespace Switchyard.Databricks.Tests;

/// <summary>Clusters: of runs, of tasks, and those that stand by themselves.</summary>
public sealed class ClusterTests : IAsyncLifetime
{
    private const string Shared =
        """{"name":"shared","job_clusters":[{"job_cluster_key":"k","new_cluster":{"spark_version":"15.4.x-scala2.12","num_workers":1,"spark_conf":{"spark.speculation":true}}}],"tasks":[TASKS]}""";

    private DialectHost _server = null!;

    public async ValueTask InitializeAsync() => _server = await DialectHost.StartWithNotebooks();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static string Task(string key, string notebook, string cluster, string more = "") =>
        "{\"task_key\":\"" + key + "\",\"notebook_task\":{\"notebook_path\":\"/Shared/" + notebook + "\"}," + cluster + more + "}";

    private static string? Cluster(JsonObject run, string key) => run["tasks"]!.AsArray().Last(task => task!["task_key"]!.GetValue<string>() == key)!["cluster_instance"]?["cluster_id"]?.GetValue<string>();

    private async Task<JsonObject> Get(string id) => (await _server.Get($"/api/2.1/clusters/get?cluster_id={id}")).Ok();

    private async Task<long> Start(long job) => (await _server.Post("/api/2.1/jobs/run-now", $$"""{"job_id":{{job}}}""")).Ok()["run_id"]!.GetValue<long>();

    private async Task<JsonObject> UntilTask(long run, string key, Func<JsonNode, bool> holds)
    {
        for (var round = 0; round < 600; round++)
        {
            var shown = (await _server.Get($"/api/2.1/jobs/runs/get?run_id={run}")).Ok();
            if (shown["tasks"]!.AsArray().LastOrDefault(task => task!["task_key"]!.GetValue<string>() == key) is { } task && holds(task))
                return shown;
            await System.Threading.Tasks.Task.Delay(50);
        }

        throw new TimeoutException($"task {key} of run {run} never came there");
    }

    private static bool Runs(JsonNode task) => task["state"]!["life_cycle_state"]!.GetValue<string>() == "RUNNING";

    [Fact]
    public async Task Tasks_of_one_key_share_a_cluster_that_lives_from_the_first_to_the_last()
    {
        const string Key = "\"job_cluster_key\":\"k\"";
        var tasks = string.Join(',', Task("a", "good", Key), Task("b", "good", Key, ",\"depends_on\":[{\"task_key\":\"a\"}]"), Task("own", "good", "\"new_cluster\":{\"spark_version\":\"v\",\"num_workers\":0}"));
        var run = await _server.RunToEnd(await _server.Job(Shared.Replace("TASKS", tasks, StringComparison.Ordinal)));
        Assert.Equal(Cluster(run, "a"), Cluster(run, "b"));
        Assert.Matches("^[0-9]{4}-[0-9]{6}-[0-9a-z]+$", Cluster(run, "a"));
        Assert.NotEqual(Cluster(run, "a"), Cluster(run, "own"));
        var cluster = await Get(Cluster(run, "a")!);
        Assert.Equal("TERMINATED", cluster["state"]!.GetValue<string>());
        Assert.Equal("JOB", cluster["cluster_source"]!.GetValue<string>());
        Assert.Equal("JOB_FINISHED", cluster["termination_reason"]!["code"]!.GetValue<string>());
        Assert.True(cluster["terminated_time"]!.GetValue<long>() >= cluster["start_time"]!.GetValue<long>());
        var events = (await _server.Post("/api/2.1/clusters/events", $$"""{"cluster_id":"{{Cluster(run, "own")}}"}""")).Ok()["events"]!.AsArray();
        Assert.Equal(["TERMINATING", "RUNNING", "CREATING"], events.Select(e => e!["type"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_cluster_ended_by_a_user_fails_what_runs_on_it_and_the_retry_gets_another()
    {
        var run = await Start(await _server.Job(Shared.Replace("TASKS", Task("t", "waits", "\"job_cluster_key\":\"k\"", ",\"max_retries\":1"), StringComparison.Ordinal)));
        var first = Cluster(await UntilTask(run, "t", Runs), "t")!;
        Assert.Equal("RUNNING", (await Get(first))["state"]!.GetValue<string>());
        Assert.Contains(first, (await _server.Get("/api/2.1/clusters/list")).Ok()["clusters"]!.AsArray().Select(c => c!["cluster_id"]!.GetValue<string>()));
        (await _server.Post("/api/2.1/clusters/delete", $$"""{"cluster_id":"{{first}}"}""")).Ok();
        var after = await UntilTask(run, "t", task => Runs(task) && task["attempt_number"]!.GetValue<long>() == 1);
        Assert.NotEqual(first, Cluster(after, "t"));
        var failed = after["tasks"]![0]!;
        Assert.Equal("INTERNAL_ERROR", failed["state"]!["life_cycle_state"]!.GetValue<string>());
        Assert.Equal("CLUSTER_TERMINATED_BY_USER", failed["status"]!["termination_details"]!["code"]!.GetValue<string>());
        Assert.Equal(first, failed["cluster_instance"]!["cluster_id"]!.GetValue<string>());
        Assert.Equal("USER_REQUEST", (await Get(first))["termination_reason"]!["code"]!.GetValue<string>());
        (await _server.Post("/api/2.1/clusters/delete", $$"""{"cluster_id":"{{Cluster(after, "t")}}"}""")).Ok();
        Assert.Equal("INTERNAL_ERROR", (await _server.Ended(run))["state"]!["life_cycle_state"]!.GetValue<string>());
    }

    [Fact]
    public async Task An_idle_shared_cluster_that_is_ended_is_replaced_for_the_next_task()
    {
        const string Key = "\"job_cluster_key\":\"k\"";
        var tasks = string.Join(',', Task("a", "good", Key), Task("between", "waits", "\"existing_cluster_id\":\"e\"", ",\"depends_on\":[{\"task_key\":\"a\"}],\"max_retries\":0"),
            Task("b", "good", Key, ",\"run_if\":\"ALL_DONE\",\"depends_on\":[{\"task_key\":\"between\"}]"));
        var run = await Start(await _server.Job(Shared.Replace("TASKS", tasks, StringComparison.Ordinal)));
        var first = Cluster(await UntilTask(run, "between", Runs), "a")!;
        Assert.Equal("RUNNING", (await Get(first))["state"]!.GetValue<string>());
        (await _server.Post("/api/2.1/clusters/delete", $$"""{"cluster_id":"{{first}}"}""")).Ok();
        Assert.Equal("TERMINATED", (await Get(first))["state"]!.GetValue<string>());
        // An id that nobody made names the default pool; ending it ends the caller's tasks on it.
        (await _server.Post("/api/2.1/clusters/delete", """{"cluster_id":"e"}""")).Ok();
        var ended = await _server.Ended(run);
        Assert.Equal(first, Cluster(ended, "a"));
        Assert.NotEqual(first, Cluster(ended, "b"));
        Assert.Equal("CLUSTER_TERMINATED_BY_USER", ended["tasks"]!.AsArray().Single(t => t!["task_key"]!.GetValue<string>() == "between")!["status"]!["termination_details"]!["code"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_cluster_of_its_own_is_made_changed_stopped_started_and_forgotten()
    {
        var id = (await _server.Post("/api/2.0/clusters/create", """{"cluster_name":"mine","spark_version":"15.4.x-scala2.12","node_type_id":"i3.xlarge","num_workers":"2","spark_conf":{"a":true}}""")).Ok()["cluster_id"]!.GetValue<string>();
        var made = await Get(id);
        Assert.Equal(("mine", "RUNNING", 2L), (made["cluster_name"]!.GetValue<string>(), made["state"]!.GetValue<string>(), made["num_workers"]!.GetValue<long>()));
        (await _server.Post("/api/2.0/clusters/edit", $$"""{"cluster_id":"{{id}}","cluster_name":"ours","spark_version":"15.4.x-scala2.12","num_workers":1}""")).Ok();
        (await _server.Post("/api/2.0/clusters/delete", $$"""{"cluster_id":"{{id}}"}""")).Ok();
        Assert.Equal(("ours", "TERMINATED"), ((await Get(id))["cluster_name"]!.GetValue<string>(), (await Get(id))["state"]!.GetValue<string>()));
        (await _server.Post("/api/2.0/clusters/restart", $$"""{"cluster_id":"{{id}}"}""")).Refused(400, "INVALID_STATE", "Terminated");
        (await _server.Post("/api/2.0/clusters/start", $$"""{"cluster_id":"{{id}}"}""")).Ok();
        (await _server.Post("/api/2.0/clusters/start", $$"""{"cluster_id":"{{id}}"}""")).Refused(400, "INVALID_STATE", "unexpected state Running");
        (await _server.Post("/api/2.0/clusters/permanent-delete", $$"""{"cluster_id":"{{id}}"}""")).Ok();
        (await _server.Post("/api/2.0/clusters/permanent-delete", $$"""{"cluster_id":"{{id}}"}""")).Refused(400, "INVALID_PARAMETER_VALUE", $"Cluster {id} does not exist");
        (await _server.Post("/api/2.0/clusters/create", """{"num_workers":2}""")).Refused(400, "INVALID_PARAMETER_VALUE", "Missing required field: spark_version");
        (await _server.Post("/api/2.0/clusters/create", """{"spark_version":"v","autoscale":{"min_workers":3,"max_workers":2}}""")).Refused(400, "INVALID_PARAMETER_VALUE", "greater than max_workers");
        Assert.Equal("RUNNING", (await Get("1201-my-cluster"))["state"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("""{"num_workers":1}""", "Missing required field: settings.tasks.new_cluster.spark_version")]
    [InlineData("""{"spark_version":"v","num_workers":1,"autoscale":{"min_workers":1,"max_workers":2}}""", "cannot both be set")]
    [InlineData("""{"spark_version":"v","autoscale":{"min_workers":3,"max_workers":2}}""", "greater than max_workers")]
    public async Task A_cluster_that_could_not_be_made_is_refused_with_the_job(string cluster, string why)
    {
        (await _server.Post("/api/2.1/jobs/create", "{\"tasks\":[" + Task("t", "good", "\"new_cluster\":" + cluster) + "]}")).Refused(400, "INVALID_PARAMETER_VALUE", why);
        (await _server.Post("/api/2.1/jobs/create", "{\"job_clusters\":[{\"job_cluster_key\":\"k\",\"new_cluster\":" + cluster + "}],\"tasks\":[" + Task("t", "good", "\"job_cluster_key\":\"k\"") + "]}"))
            .Refused(400, "INVALID_PARAMETER_VALUE", why.Replace("tasks.", "job_clusters.", StringComparison.Ordinal));
        (await _server.Post("/api/2.1/jobs/create", "{\"job_clusters\":[{\"job_cluster_key\":\"k\"}],\"tasks\":[" + Task("t", "good", "\"job_cluster_key\":\"k\"") + "]}"))
            .Refused(400, "INVALID_PARAMETER_VALUE", "Missing required field: settings.job_clusters.new_cluster");
    }

    [Fact]
    public async Task Where_clusters_must_be_known_an_unknown_one_is_refused()
    {
        await using var strict = await DialectHost.Start(options => options with { RequireKnownCluster = true });
        var body = "{\"name\":\"x\",\"tasks\":[" + Task("t", "good", "\"existing_cluster_id\":\"1122-151539-wo9bvqa5\"") + "]}";
        (await strict.Post("/api/2.1/jobs/create", body)).Refused(400, "INVALID_PARAMETER_VALUE", "Cluster 1122-151539-wo9bvqa5 does not exist");
        (await strict.Post("/api/2.1/jobs/runs/submit", body)).Refused(400, "INVALID_PARAMETER_VALUE", "Cluster 1122-151539-wo9bvqa5 does not exist");
        (await strict.Get("/api/2.1/clusters/get?cluster_id=1122-151539-wo9bvqa5")).Refused(400, "INVALID_PARAMETER_VALUE", "Cluster 1122-151539-wo9bvqa5 does not exist");
        var id = (await strict.Post("/api/2.1/clusters/create", """{"spark_version":"v","num_workers":1}""")).Ok()["cluster_id"]!.GetValue<string>();
        (await strict.Post("/api/2.1/jobs/create", body.Replace("1122-151539-wo9bvqa5", id, StringComparison.Ordinal))).Ok();
    }
}
