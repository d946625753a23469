using System.Text.Json.Nodes;

namespace Switchyard.Databricks.Tests;

/// <summary>jobs/runs/repair: what runs again, what stays, and what the history says.</summary>
public sealed class RepairTests : IAsyncLifetime
{
    private const string Chain =
        """{"name":"chain","tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/Shared/flaky"}},{"task_key":"b","depends_on":[{"task_key":"a"}],"notebook_task":{"notebook_path":"/Shared/echo","base_parameters":{"p":"{{job.repair_count}} {{job.parameters.q}}"}}},{"task_key":"c","notebook_task":{"notebook_path":"/Shared/good"}}],"parameters":[{"name":"q","default":"d"}]}""";

    private DialectHost _server = null!;

    public async ValueTask InitializeAsync() => _server = await DialectHost.StartWithNotebooks();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static string State(JsonNode holder) => $"{holder["state"]!["life_cycle_state"]}/{holder["state"]!["result_state"]}";

    private static List<string> States(JsonObject run, string key) =>
        [.. run["tasks"]!.AsArray().Where(task => task!["task_key"]!.GetValue<string>() == key).Select(task => $"{task!["attempt_number"]} {State(task)}")];

    private static long Id(JsonObject run) => run["run_id"]!.GetValue<long>();

    private async Task<long> Repair(long run, string more) => (await _server.Post("/api/2.1/jobs/runs/repair", $$"""{"run_id":{{run}},{{more}}}""")).Ok()["repair_id"]!.GetValue<long>();

    private async Task<JsonObject> History(long run)
    {
        await _server.Ended(run);
        return (await _server.Get($"/api/2.1/jobs/runs/get?run_id={run}&include_history=true")).Ok();
    }

    [Fact]
    public async Task Failed_tasks_and_what_they_held_up_run_again_and_the_rest_stays()
    {
        var run = await _server.RunToEnd(await _server.Job(Chain), ""","job_parameters":{"q":"given"}""");
        Assert.Equal("INTERNAL_ERROR/FAILED", State(run));
        var repair = await Repair(Id(run), "\"rerun_all_failed_tasks\":true");
        var after = await History(Id(run));
        Assert.Equal("TERMINATED/SUCCESS", State(after));
        Assert.Equal(["0 TERMINATED/FAILED", "1 TERMINATED/SUCCESS"], States(after, "a"));
        Assert.Equal(["0 TERMINATED/UPSTREAM_FAILED", "1 TERMINATED/SUCCESS"], States(after, "b"));
        Assert.Equal(["0 TERMINATED/SUCCESS"], States(after, "c"));
        Assert.Equal(run["start_time"]!.GetValue<long>(), after["start_time"]!.GetValue<long>());

        var history = after["repair_history"]!.AsArray();
        Assert.Equal(["ORIGINAL", "REPAIR"], history.Select(entry => entry!["type"]!.GetValue<string>()));
        Assert.Equal(["INTERNAL_ERROR/FAILED", "TERMINATED/SUCCESS"], history.Select(entry => State(entry!)));
        Assert.StartsWith("Task a failed with message: Workload failed", history[0]!["state"]!["state_message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.False(history[0]!.AsObject().ContainsKey("id"));
        Assert.Equal(repair, history[1]!["id"]!.GetValue<long>());
        Assert.Equal([3, 2], history.Select(entry => entry!["task_run_ids"]!.AsArray().Count));

        // Parameters given with the run do not count again unless they are sent again.
        var b = after["tasks"]!.AsArray().Last(task => task!["task_key"]!.GetValue<string>() == "b")!;
        Assert.Equal("1 d", (await _server.Get($"/api/2.1/jobs/runs/get-output?run_id={b["run_id"]}")).Ok()["notebook_output"]!["result"]!.GetValue<string>());
    }

    [Fact]
    public async Task The_second_repair_names_the_first_and_can_take_dependents_along()
    {
        var run = Id(await _server.RunToEnd(await _server.Job(Chain)));
        var first = await Repair(run, "\"rerun_all_failed_tasks\":true");
        await _server.Ended(run);
        (await _server.Post("/api/2.1/jobs/runs/repair", $$"""{"run_id":{{run}},"rerun_tasks":["a"]}"""))
            .Refused(400, "INVALID_PARAMETER_VALUE", "The latest repair ID needs to be provided in order to create a new repair");
        await Repair(run, $$"""
            "rerun_tasks":["a"],"rerun_dependent_tasks":true,"latest_repair_id":{{first}},"job_parameters":{"q":"again"}
            """);
        var after = await History(run);
        Assert.Equal(3, States(after, "a").Count);
        Assert.Equal(3, States(after, "b").Count);
        Assert.Single(States(after, "c"));
        Assert.Equal("again", after["job_parameters"]![0]!["value"]!.GetValue<string>());
        Assert.Equal(3, after["repair_history"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_repair_uses_the_jobs_settings_as_they_are_now()
    {
        var job = await _server.Job("""{"name":"r","tasks":[{"task_key":"x","max_retries":1,"notebook_task":{"notebook_path":"/Shared/fails"}},{"task_key":"y","notebook_task":{"notebook_path":"/Shared/fails"}}]}""");
        var run = Id(await _server.RunToEnd(job));
        (await _server.Post("/api/2.1/jobs/update", $$$"""{"job_id":{{{job}}},"new_settings":{"tasks":[{"task_key":"x","notebook_task":{"notebook_path":"/Shared/good"}}]},"fields_to_remove":["tasks/y"]}""")).Ok();
        (await _server.Post("/api/2.1/jobs/runs/repair", $$"""{"run_id":{{run}},"rerun_tasks":["y"]}""")).Refused(400, "INVALID_PARAMETER_VALUE", "'y' is no longer in the job");
        await Repair(run, "\"rerun_tasks\":[\"x\"]");
        var after = await _server.Ended(run);
        Assert.Equal(["0 TERMINATED/FAILED", "1 TERMINATED/FAILED", "2 TERMINATED/SUCCESS"], States(after, "x"));
        Assert.Equal("INTERNAL_ERROR/FAILED", State(after));
        (await _server.Post("/api/2.1/jobs/delete", $$"""{"job_id":{{job}}}""")).Ok();
        var latest = (await History(run))["repair_history"]![1]!["id"]!.GetValue<long>();
        await Repair(run, $"\"rerun_tasks\":[\"y\"],\"latest_repair_id\":{latest}");
        Assert.Equal(["0 TERMINATED/FAILED", "1 TERMINATED/FAILED"], States(await _server.Ended(run), "y"));
    }

    [Fact]
    public async Task A_one_time_run_and_its_loop_are_repaired_too()
    {
        const string Submit = """{"run_name":"s","tasks":[{"task_key":"t","for_each_task":{"inputs":"[1,2]","task":{"task_key":"each","notebook_task":{"notebook_path":"/Shared/flaky"}}}}]}""";
        var run = (await _server.Post("/api/2.1/jobs/runs/submit", Submit)).Ok()["run_id"]!.GetValue<long>();
        Assert.Equal("INTERNAL_ERROR/FAILED", State(await _server.Ended(run)));
        await Repair(run, "\"rerun_all_failed_tasks\":true");
        var after = await _server.Ended(run);
        Assert.Equal("TERMINATED/SUCCESS", State(after));
        Assert.Equal(["0 INTERNAL_ERROR/FAILED", "1 TERMINATED/SUCCESS"], States(after, "t").Select(state => state.Replace("0 TERMINATED/FAILED", "0 INTERNAL_ERROR/FAILED", StringComparison.Ordinal)));
        Assert.Equal(2, after["tasks"]!.AsArray()[^1]!["for_each_task"]!["stats"]!["task_run_stats"]!["succeeded_iterations"]!.GetValue<long>());
    }

    [Theory]
    [InlineData("\"rerun_tasks\":[]", "Exactly one of rerun_tasks and rerun_all_failed_tasks")]
    [InlineData("\"rerun_tasks\":[\"a\"],\"rerun_all_failed_tasks\":true", "Exactly one of rerun_tasks and rerun_all_failed_tasks")]
    [InlineData("\"rerun_tasks\":[\"a\",\"a\"]", "rerun_tasks cannot contain duplicate task keys.")]
    [InlineData("\"rerun_tasks\":[\"z\"]", "there is no task 'z' in this run")]
    [InlineData("\"rerun_tasks\":[\"a\"],\"latest_repair_id\":7", "has no repair 7")]
    [InlineData("\"rerun_tasks\":[\"a\"],\"notebook_params\":{\"p\":\"x\"}", "Use job_parameters")]
    public async Task What_cannot_be_meant_is_refused_and_changes_nothing(string arguments, string why)
    {
        var run = Id(await _server.RunToEnd(await _server.Job(Chain)));
        (await _server.Post("/api/2.1/jobs/runs/repair", $$"""{"run_id":{{run}},{{arguments}}}""")).Refused(400, "INVALID_PARAMETER_VALUE", why);
        Assert.Single((await History(run))["repair_history"]!.AsArray());
    }

    [Fact]
    public async Task An_active_run_is_not_repaired_and_neither_is_a_tasks_run()
    {
        var job = await _server.Job("""{"name":"w","tasks":[{"task_key":"t","notebook_task":{"notebook_path":"/Shared/waits"}}]}""");
        var run = (await _server.Post("/api/2.1/jobs/run-now", $$"""{"job_id":{{job}}}""")).Ok()["run_id"]!.GetValue<long>();
        (await _server.Post("/api/2.1/jobs/runs/repair", $$"""{"run_id":{{run}},"rerun_tasks":["t"]}""")).Refused(400, "INVALID_STATE", "is active and cannot be repaired");
        (await _server.Post("/api/2.1/jobs/runs/cancel", $$"""{"run_id":{{run}}}""")).Ok();
        var task = (await _server.Ended(run))["tasks"]![0]!["run_id"];
        (await _server.Post("/api/2.1/jobs/runs/repair", $$"""{"run_id":{{task}},"rerun_tasks":["t"]}""")).Refused(400, "INVALID_PARAMETER_VALUE", $"is a task of run {run}");
        // What was cancelled counts as not done.
        await Repair(run, "\"rerun_all_failed_tasks\":true");
        Assert.Equal("RUNNING", (await _server.Until(run, "RUNNING"))["state"]!["life_cycle_state"]!.GetValue<string>());
        (await _server.Post("/api/2.1/jobs/runs/cancel", $$"""{"run_id":{{run}}}""")).Ok();
        await _server.Ended(run);
    }
}
