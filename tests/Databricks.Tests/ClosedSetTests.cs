using System.Text.Json;
using System.Text.Json.Nodes;

namespace Switchyard.Databricks.Tests;

/// <summary>
/// The fields of answers are a closed set per version: every field of the published examples with its type, additions
/// only from the platform's own lists.
/// </summary>
public sealed class ClosedSetTests : IAsyncLifetime
{
    private const string Both = "job_id:n settings:o created_time:n creator_user_name:s";

    private const string CommonSettings =
        "name:s email_notifications:o timeout_seconds:n max_concurrent_runs:n format:s";

    private const string Task = "task_key:s description:s notebook_task:o depends_on:a existing_cluster_id:s max_retries:n min_retry_interval_millis:n retry_on_timeout:b timeout_seconds:n email_notifications:o";

    private const string Run =
        "job_id:n run_id:n number_in_job:n original_attempt_run_id:n state:o cluster_spec:o start_time:n setup_duration:n execution_duration:n cleanup_duration:n trigger:s creator_user_name:s run_name:s run_type:s format:s";

    private const string RunAdditions = "status:o end_time:n run_duration:n job_run_id:n run_page_url:s";

    private const string TaskRun = "run_id:n task_key:s description:s notebook_task:o existing_cluster_id:s state:o";

    private const string TaskRunAdditions =
        "status:o start_time:n end_time:n setup_duration:n execution_duration:n cleanup_duration:n run_duration:n attempt_number:n run_page_url:s cluster_instance:o max_retries:n retry_on_timeout:b timeout_seconds:n";

    private DialectHost _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await DialectHost.Start();
        foreach (var name in new[] { "clean-data", "analyze-data" })
            await _server.Notebook($"/Users/user@databricks.com/{name}", "1");
        await _server.Notebook("/notebooks/example-notebook", "1");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Theory]
    [InlineData("2.0", "", "", "")]
    [InlineData("2.1", "webhook_notifications:o", "run_if:s", "")]
    [InlineData("2.2", "webhook_notifications:o queue:o", "run_if:s", "")]
    public async Task Multi_task_jobs_and_runs(string version, string moreSettings, string moreTask, string moreRun)
    {
        var api = $"/api/{version}/jobs";
        var job = await _server.Job(Example("multi-task-job"), version);
        var shown = (await _server.Get($"{api}/get?job_id={job}")).Ok();
        Closed(shown, Both + " run_as_user_name:s");
        Closed(shown["settings"], $"{CommonSettings} tasks:a {moreSettings}");
        Closed(shown["settings"]!["tasks"]![1], $"{Task} {moreTask}");
        var list = (await _server.Get($"{api}/list")).Ok();
        Closed(list, version == "2.2" ? "jobs:a" : "jobs:a has_more:b");
        Closed(list["jobs"]![0], Both);
        Closed(list["jobs"]![0]!["settings"], $"{CommonSettings} {moreSettings}");

        var started = (await _server.Post($"{api}/run-now", $$"""{"job_id":"{{job}}"}""")).Ok();
        Closed(started, "run_id:n number_in_job:n");
        await _server.Ended(started["run_id"]!.GetValue<long>());
        var run = (await _server.Get($"{api}/runs/get?run_id={started["run_id"]}")).Ok();
        Closed(run, $"{Run} {RunAdditions} tasks:a {moreRun}");
        Closed(run["state"], "life_cycle_state:s result_state:s state_message:s user_cancelled_or_timedout:b");
        Closed(run["status"], "state:s termination_details:o");
        Closed(run["status"]!["termination_details"], "code:s type:s message:s");
        Closed(run["tasks"]![1], $"{TaskRun} depends_on:a {TaskRunAdditions} {moreTask}");
        var runs = (await _server.Get($"{api}/runs/list")).Ok();
        Closed(runs, version == "2.2" ? "runs:a" : "runs:a has_more:b");
        Closed(runs["runs"]![0], $"{Run} {RunAdditions} {(version == "2.2" ? "" : "tasks:a")}");
        var output = (await _server.Get($"{api}/runs/get-output?run_id={run["tasks"]![0]!["run_id"]}")).Ok();
        Closed(output, "notebook_output:o info:s metadata:o");
        Closed(output["metadata"], $"{Run} {RunAdditions} tasks:a attempt_number:n cluster_instance:o");
    }

    [Fact]
    public async Task Single_task_jobs_and_runs_of_2_0()
    {
        var job = await _server.Job(Example("single-task-job-2.0"), "2.0");
        var shown = (await _server.Get($"/api/2.0/jobs/get?job_id={job}")).Ok();
        Closed(shown, Both);
        Closed(shown["settings"], CommonSettings + " existing_cluster_id:s libraries:a schedule:o notebook_task:o");
        Closed(shown["settings"]!["notebook_task"], "notebook_path:s revision_timestamp:n");
        Assert.Equal("SINGLE_TASK", shown["settings"]!["format"]!.GetValue<string>());
        var list = (await _server.Get("/api/2.0/jobs/list")).Ok();
        Assert.True(JsonNode.DeepEquals(shown, list["jobs"]![0]), list.ToJsonString());
        var run = (await _server.RunToEnd(job))["run_id"]!.GetValue<long>();
        var single = (await _server.Get($"/api/2.0/jobs/runs/get?run_id={run}")).Ok();
        Closed(single, $"{Run} {RunAdditions} task:o cluster_instance:o");
        Assert.Equal(1, single["number_in_job"]!.GetValue<long>());
    }

    [Fact]
    public async Task Active_runs_and_their_tasks_have_no_result_and_no_end()
    {
        await _server.Notebook("/Shared/waits", "wait");
        var job = await _server.Job("""{"name":"w","tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/Shared/waits"}},{"task_key":"b","depends_on":[{"task_key":"a"}],"notebook_task":{"notebook_path":"/Shared/waits"}}]}""");
        var id = (await _server.Post("/api/2.1/jobs/run-now", $$"""{"job_id":{{job}}}""")).Ok()["run_id"]!.GetValue<long>();
        JsonObject run;
        do
            run = (await _server.Get($"/api/2.1/jobs/runs/get?run_id={id}")).Ok();
        while (run["tasks"]![0]!["state"]!["life_cycle_state"]!.GetValue<string>() != "RUNNING");
        Closed(run["state"], "life_cycle_state:s state_message:s user_cancelled_or_timedout:b");
        Closed(run["status"], "state:s");
        Assert.Equal(0, run["end_time"]!.GetValue<long>());
        Assert.Equal("BLOCKED", run["tasks"]![1]!["state"]!["life_cycle_state"]!.GetValue<string>());
        Assert.Equal("BLOCKED", run["tasks"]![1]!["status"]!["state"]!.GetValue<string>());
        (await _server.Post("/api/2.1/jobs/runs/cancel", $$"""{"run_id":"{{id}}"}""")).Ok();
        await _server.Ended(id);
    }

    /// <summary>The object has exactly these fields, with these types: n(umber), s(tring), b(oolean), o(bject), a(rray).</summary>
    private static void Closed(JsonNode? node, string fields)
    {
        var found = Assert.IsType<JsonObject>(node).Select(pair => $"{pair.Key}:{Kind(pair.Value)}").Order(StringComparer.Ordinal);
        Assert.Equal(fields.Split(' ', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal), found);
    }

    private static char Kind(JsonNode? node) => node?.GetValueKind() switch
    {
        JsonValueKind.Number => 'n',
        JsonValueKind.String => 's',
        JsonValueKind.Object => 'o',
        JsonValueKind.Array => 'a',
        JsonValueKind.True or JsonValueKind.False => 'b',
        _ => '?',
    };

    private static string Example(string name)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (Path.Join(at.FullName, "examples", "databricks", name + ".json") is var file && File.Exists(file))
                return File.ReadAllText(file);
        }

        throw new FileNotFoundException(name);
    }
}
