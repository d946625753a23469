using System.Text.Json.Nodes;

namespace Switchyard.Databricks.Tests;

/// <summary>What runs mean: parameters, states, retries, conditions, loops, limits.</summary>
public sealed class RunTests : IAsyncLifetime
{
    private DialectHost _server = null!;

    public async ValueTask InitializeAsync() => _server = await DialectHost.StartWithNotebooks();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static string One(string task, string more = "") => "{\"name\":\"one\",\"tasks\":[{\"task_key\":\"t\"," + task + "}]" + more + "}";

    private static string State(JsonObject holder) => $"{holder["state"]!["life_cycle_state"]}/{holder["state"]!["result_state"]}";

    private static JsonObject Task(JsonObject run, string key) => run["tasks"]!.AsArray().OfType<JsonObject>().Last(task => task["task_key"]!.GetValue<string>() == key);

    private async Task<JsonObject> Output(JsonObject run, string key = "t") => (await _server.Get($"/api/2.1/jobs/runs/get-output?run_id={Task(run, key)["run_id"]}")).Ok();

    private async Task<string?> Result(JsonObject run, string key = "t") => (await Output(run, key))["notebook_output"]!["result"]?.GetValue<string>();

    [Fact]
    public async Task Run_parameters_win_over_base_parameters()
    {
        var job = await _server.Job(One("""  "notebook_task":{"notebook_path":"/Shared/echo","base_parameters":{"p":"base"}}"""));
        Assert.Equal("base", await Result(await _server.RunToEnd(job)));
        var run = await _server.RunToEnd(job, ""","notebook_params":{"p":"now"}""");
        Assert.Equal("now", await Result(run));
        Assert.Equal("now", run["overriding_parameters"]!["notebook_params"]!["p"]!.GetValue<string>());
        Assert.Equal("base", await Result(await _server.RunToEnd(job)));
    }

    [Fact]
    public async Task Job_parameters_are_pushed_down_and_beat_the_tasks_own()
    {
        var job = await _server.Job(One("""  "notebook_task":{"notebook_path":"/Shared/echo","base_parameters":{"p":"base"}}""", ""","parameters":[{"name":"p","default":"job"}]"""));
        Assert.Equal("job", await Result(await _server.RunToEnd(job)));
        var run = await _server.RunToEnd(job, ""","job_parameters":{"p":"given"}""");
        Assert.Equal("given", await Result(run));
        Assert.Equal("""[{"name":"p","default":"job","value":"given"}]""", run["job_parameters"]!.ToJsonString());
        (await _server.Post("/api/2.1/jobs/run-now", $$$"""{"job_id":{{{job}}},"notebook_params":{"p":"x"}}""")).Refused(400, "INVALID_PARAMETER_VALUE", "Use job_parameters");
        (await _server.Post("/api/2.1/jobs/run-now", $$$"""{"job_id":{{{job}}},"notebook_params":{"p":"x"},"jar_params":["y"]}""")).Refused(400, "INVALID_PARAMETER_VALUE", "cannot be given together");
    }

    [Fact]
    public async Task References_are_filled_in_when_the_task_starts()
    {
        var job = await _server.Job(One("""  "notebook_task":{"notebook_path":"/Shared/echo","base_parameters":{"p":"{{job.id}} {{ task.name }} {{task.execution_count}} {{task_retry_count}} {{job.trigger.type}} {{job.parameters.`q r`}} {{what.ever}} {{workspace.id}}"}}""", ""","parameters":[{"name":"qr","default":"d"}]"""));
        var run = await _server.RunToEnd(job, ""","job_parameters":{"q r":"Q"}""");
        Assert.Equal($"{job} t 1 0 one_time Q {{{{what.ever}}}} 900800700600", await Result(run));
    }

    [Fact]
    public async Task A_python_file_gets_its_parameters_and_its_log_ends_with_one_newline()
    {
        Directory.CreateDirectory(Path.Join(_server.Workspace, "Shared"));
        await File.WriteAllTextAsync(Path.Join(_server.Workspace, "Shared", "count.py"), "print(\"saw ARGV\")");
        var job = await _server.Job(One("""  "spark_python_task":{"python_file":"/Workspace/Shared/count.py","parameters":["a","{{job.id}}"]}"""));
        var output = await Output(await _server.RunToEnd(job));
        Assert.Equal($"saw a {job}\n", output["logs"]!.GetValue<string>());
        Assert.False(output["logs_truncated"]!.GetValue<bool>());
        Assert.Equal("saw b\n", (await Output(await _server.RunToEnd(job, ""","python_params":["b"]""")))["logs"]!.GetValue<string>());
    }

    [Fact]
    public async Task Each_attempt_is_an_entry_of_tasks()
    {
        var job = await _server.Job(One("""  "max_retries":2,"notebook_task":{"notebook_path":"/Shared/flaky"}"""));
        var run = await _server.RunToEnd(job);
        Assert.Equal("TERMINATED/SUCCESS", State(run));
        var attempts = run["tasks"]!.AsArray().OfType<JsonObject>().ToList();
        Assert.Equal([0L, 1L], attempts.Select(task => task["attempt_number"]!.GetValue<long>()));
        Assert.Equal(["TERMINATED/FAILED", "TERMINATED/SUCCESS"], attempts.Select(State));
        var second = (await _server.Get($"/api/2.1/jobs/runs/get?run_id={attempts[1]["run_id"]}")).Ok();
        Assert.Equal(attempts[0]["run_id"]!.GetValue<long>(), second["original_attempt_run_id"]!.GetValue<long>());
        Assert.Equal(run["run_id"]!.GetValue<long>(), second["job_run_id"]!.GetValue<long>());
    }

    [Fact]
    public async Task A_notebook_that_is_missing_at_run_time_fails_its_task_alone()
    {
        var job = await _server.Job("""{"name":"two","tasks":[{"task_key":"gone","notebook_task":{"notebook_path":"/Shared/later"}},{"task_key":"there","notebook_task":{"notebook_path":"/Shared/good"}}]}""");
        var run = await _server.RunToEnd(job);
        Assert.Equal("INTERNAL_ERROR/FAILED", State(run));
        Assert.Equal("TERMINATED/SUCCESS", State(Task(run, "there")));
        Assert.Contains("Unable to access the notebook \"/Shared/later\". Either it does not exist", Task(run, "gone")["state"]!["state_message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("RESOURCE_NOT_FOUND", Task(run, "gone")["status"]!["termination_details"]!["code"]!.GetValue<string>());
        await _server.Notebook("/Shared/later", "1");
        Assert.Equal("TERMINATED/SUCCESS", State(await _server.RunToEnd(job)));
    }

    [Fact]
    public async Task A_type_that_cannot_run_here_is_kept_and_says_so_at_run()
    {
        var job = await _server.Job(One("""  "pipeline_task":{"pipeline_id":"p"}"""));
        var run = await _server.RunToEnd(job);
        Assert.Equal("INTERNAL_ERROR/FAILED", State(run));
        Assert.Contains("pipeline_task is not available on this server", run["state"]!["state_message"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Conditions_choose_their_branch()
    {
        var job = await _server.Job("""{"name":"if","tasks":[{"task_key":"c","condition_task":{"op":"GREATER_THAN","left":"{{job.parameters.n}}","right":"5"}},{"task_key":"yes","depends_on":[{"task_key":"c","outcome":"true"}],"notebook_task":{"notebook_path":"/Shared/good"}},{"task_key":"no","depends_on":[{"task_key":"c","outcome":"false"}],"notebook_task":{"notebook_path":"/Shared/good"}}],"parameters":[{"name":"n","default":"12.0"}]}""");
        var run = await _server.RunToEnd(job);
        Assert.Equal("TERMINATED/SUCCESS", State(run));
        Assert.Equal("true", Task(run, "c")["condition_task"]!["outcome"]!.GetValue<string>());
        Assert.Equal("TERMINATED/SUCCESS", State(Task(run, "yes")));
        Assert.Equal("TERMINATED/EXCLUDED", State(Task(run, "no")));
    }

    [Fact]
    public async Task A_for_each_shows_its_iterations_under_its_own_run_id()
    {
        var job = await _server.Job(One("""  "for_each_task":{"inputs":"[\"a\",\"b\",{\"k\":1}]","concurrency":2,"task":{"task_key":"t_each","notebook_task":{"notebook_path":"/Shared/echo","base_parameters":{"p":"{{input}}"}}}}"""));
        var run = await _server.RunToEnd(job);
        Assert.Equal("TERMINATED/SUCCESS", State(run));
        var head = Assert.Single(run["tasks"]!.AsArray());
        Assert.Equal(3, head!["for_each_task"]!["stats"]!["task_run_stats"]!["succeeded_iterations"]!.GetValue<long>());
        var iterations = (await _server.Get($"/api/2.1/jobs/runs/get?run_id={head["run_id"]}")).Ok()["iterations"]!.AsArray();
        Assert.Equal(3, iterations.Count);
        var output = (await _server.Get($"/api/2.1/jobs/runs/get-output?run_id={iterations[1]!["run_id"]}")).Ok();
        Assert.Equal("b", output["notebook_output"]!["result"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_run_job_task_runs_the_other_job_with_its_parameters()
    {
        var child = await _server.Job(One("""  "notebook_task":{"notebook_path":"/Shared/echo"}"""));
        var job = await _server.Job(One("""  "run_job_task":{"job_id":"CHILD","job_parameters":{"p":"from parent"}}""".Replace("CHILD", child.ToString(), StringComparison.Ordinal)));
        var run = await _server.RunToEnd(job);
        Assert.Equal("TERMINATED/SUCCESS", State(run));
        var inner = await _server.Ended((await Output(run))["run_job_output"]!["run_id"]!.GetValue<long>());
        Assert.Equal("RUN_JOB_TASK", inner["trigger"]!.GetValue<string>());
        Assert.Equal("from parent", await Result(inner));
    }

    [Fact]
    public async Task A_run_job_task_hands_the_older_parameters_to_the_tasks_of_their_type()
    {
        Directory.CreateDirectory(Path.Join(_server.Workspace, "Shared"));
        await File.WriteAllTextAsync(Path.Join(_server.Workspace, "Shared", "count.py"), "print(\"saw ARGV\")");
        var child = await _server.Job("""{"name":"c","tasks":[{"task_key":"n","notebook_task":{"notebook_path":"/Shared/echo"}},{"task_key":"p","spark_python_task":{"python_file":"/Shared/count.py"}}]}""");
        var job = await _server.Job(One("""  "run_job_task":{"job_id":"CHILD","notebook_params":{"p":"{{job.parameters.q}}"},"python_params":["a","{{job.parameters.q}}"]}""".Replace("CHILD", child.ToString(), StringComparison.Ordinal), ""","parameters":[{"name":"q","default":"Q"}]"""));
        var run = await _server.RunToEnd(job);
        var inner = await _server.Ended((await Output(run))["run_job_output"]!["run_id"]!.GetValue<long>());
        Assert.Equal("Q", await Result(inner, "n"));
        Assert.Equal("saw a Q\n", (await Output(inner, "p"))["logs"]!.GetValue<string>());
        Assert.Equal("""{"notebook_params":{"p":"Q"},"python_params":["a","Q"]}""", inner["overriding_parameters"]!.ToJsonString());
    }

    [Fact]
    public async Task A_failure_caught_by_a_leaf_is_success_with_failures()
    {
        var job = await _server.Job("""{"name":"caught","tasks":[{"task_key":"bad","notebook_task":{"notebook_path":"/Shared/fails"}},{"task_key":"handler","run_if":"AT_LEAST_ONE_FAILED","depends_on":[{"task_key":"bad"}],"notebook_task":{"notebook_path":"/Shared/good"}}]}""");
        Assert.Equal("TERMINATED/SUCCESS_WITH_FAILURES", State(await _server.RunToEnd(job)));
    }

    [Fact]
    public async Task Only_the_tasks_asked_for_run()
    {
        var job = await _server.Job("""{"name":"chain","tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/Shared/good"}},{"task_key":"b","depends_on":[{"task_key":"a"}],"notebook_task":{"notebook_path":"/Shared/good"}},{"task_key":"c","depends_on":[{"task_key":"b"}],"notebook_task":{"notebook_path":"/Shared/good"}}]}""");
        var run = await _server.RunToEnd(job, ""","only":["+b"]""");
        Assert.Equal("TERMINATED/SUCCESS", State(Task(run, "b")));
        Assert.Equal("TERMINATED/DISABLED", State(Task(run, "c")));
        (await _server.Post("/api/2.1/jobs/run-now", $$"""{"job_id":{{job}},"only":["z"]}""")).Refused(400, "INVALID_PARAMETER_VALUE", "there is no task 'z'");
    }

    [Fact]
    public async Task Over_the_limit_a_run_is_skipped_or_queued_as_the_version_says()
    {
        var old = await _server.Job(One("""  "notebook_task":{"notebook_path":"/Shared/waits"}"""));
        var first = (await _server.Post("/api/2.1/jobs/run-now", $$"""{"job_id":{{old}}}""")).Ok()["run_id"]!.GetValue<long>();
        var second = await _server.RunToEnd(old);
        Assert.Equal("SKIPPED/MAXIMUM_CONCURRENT_RUNS_REACHED", State(second));
        Assert.Equal("Skipping this run because the limit of 1 maximum concurrent runs has been reached.", second["state"]!["state_message"]!.GetValue<string>());
        var queued = (await _server.Post("/api/2.1/jobs/run-now", $$$"""{"job_id":{{{old}}},"queue":{"enabled":true}}""")).Ok()["run_id"]!.GetValue<long>();
        Assert.Equal("QUEUED", (await _server.Get($"/api/2.1/jobs/runs/get?run_id={queued}")).Ok()["state"]!["life_cycle_state"]!.GetValue<string>());
        (await _server.Post("/api/2.1/jobs/runs/cancel-all", $$"""{"job_id":{{old}}}""")).Ok();
        Assert.Equal("TERMINATED/CANCELED", State(await _server.Ended(first)));
        Assert.Equal("TERMINATED/CANCELED", State(await _server.Ended(queued)));
        var latest = await _server.Job(One("""  "notebook_task":{"notebook_path":"/Shared/waits"}"""), "2.2");
        Assert.True((await _server.Get($"/api/2.2/jobs/get?job_id={latest}")).Ok()["settings"]!["queue"]!["enabled"]!.GetValue<bool>());
        var none = await _server.Job(One("""  "notebook_task":{"notebook_path":"/Shared/good"}""", ""","max_concurrent_runs":0"""));
        Assert.Equal("SKIPPED/MAXIMUM_CONCURRENT_RUNS_REACHED", State(await _server.RunToEnd(none)));
    }

    [Fact]
    public async Task A_cancelled_run_and_a_timed_out_run_say_so()
    {
        var job = await _server.Job(One("""  "notebook_task":{"notebook_path":"/Shared/waits"}"""));
        var run = (await _server.Post("/api/2.1/jobs/run-now", $$"""{"job_id":{{job}}}""")).Ok()["run_id"]!.GetValue<long>();
        (await _server.Post("/api/2.1/jobs/runs/delete", $$"""{"run_id":{{run}}}""")).Refused(400, "INVALID_STATE", "is active");
        (await _server.Post("/api/2.1/jobs/runs/cancel", $$"""{"run_id":{{run}}}""")).Ok();
        var ended = await _server.Ended(run);
        Assert.Equal("TERMINATED/CANCELED", State(ended));
        Assert.True(ended["state"]!["user_cancelled_or_timedout"]!.GetValue<bool>());
        Assert.Equal("USER_CANCELED", ended["status"]!["termination_details"]!["code"]!.GetValue<string>());
        var slow = (await _server.Post("/api/2.1/jobs/run-now", $$"""{"job_id":{{job}}}""")).Ok()["run_id"]!.GetValue<long>();
        // A changed timeout holds for the run that is active already.
        (await _server.Post("/api/2.1/jobs/update", $$$"""{"job_id":{{{job}}},"new_settings":{"timeout_seconds":1,"tasks":[]}}""")).Ok();
        Assert.Equal("TERMINATED/TIMEDOUT", State(await _server.Ended(slow)));
    }

    [Fact]
    public async Task The_same_idempotency_token_answers_the_same_run()
    {
        var job = await _server.Job(One("""  "notebook_task":{"notebook_path":"/Shared/good"}"""));
        var first = await _server.RunToEnd(job, ""","idempotency_token":"once" """);
        Assert.Equal(first["run_id"]!.GetValue<long>(), (await _server.RunToEnd(job, ""","idempotency_token":"once" """))["run_id"]!.GetValue<long>());
        const string Submit = """{"run_name":"s","idempotency_token":"sub","tasks":[{"task_key":"t","notebook_task":{"notebook_path":"/Shared/good"}}]}""";
        var run = (await _server.Post("/api/2.1/jobs/runs/submit", Submit)).Ok()["run_id"]!.GetValue<long>();
        Assert.Equal(run, (await _server.Post("/api/2.1/jobs/runs/submit", Submit)).Ok()["run_id"]!.GetValue<long>());
        await _server.Ended(run);
        (await _server.Post("/api/2.1/jobs/runs/delete", $$"""{"run_id":{{run}}}""")).Ok();
        (await _server.Post("/api/2.1/jobs/runs/submit", Submit)).Refused(400, "INVALID_PARAMETER_VALUE", "");
    }

    [Fact]
    public async Task Pages_of_runs_lead_forward_and_back()
    {
        var job = await _server.Job(One("""  "notebook_task":{"notebook_path":"/Shared/good"}"""));
        var ids = new List<long>();
        for (var no = 0; no < 5; no++)
            ids.Insert(0, (await _server.RunToEnd(job))["run_id"]!.GetValue<long>());
        async Task<JsonObject> Page(string more, string version = "2.1") => (await _server.Get($"/api/{version}/jobs/runs/list?job_id={job}&limit=2{more}")).Ok();
        static IEnumerable<long> Ids(JsonObject page) => page["runs"]!.AsArray().Select(run => run!["run_id"]!.GetValue<long>());
        var first = await Page("&page_token=");
        Assert.Equal(ids[..2], Ids(first));
        Assert.True(first["has_more"]!.GetValue<bool>());
        Assert.False(first.ContainsKey("prev_page_token"));
        var second = await Page($"&page_token={first["next_page_token"]}");
        Assert.Equal(ids[2..4], Ids(second));
        var third = await Page($"&page_token={second["next_page_token"]}");
        Assert.Equal(ids[4..], Ids(third));
        Assert.False(third["has_more"]!.GetValue<bool>());
        Assert.False(third.ContainsKey("next_page_token"));
        Assert.Equal(ids[..2], Ids(await Page($"&page_token={second["prev_page_token"]}")));
        Assert.Equal(ids[3..5], Ids(await Page("&offset=3")));
        Assert.False((await Page("", "2.2")).ContainsKey("has_more"));
    }
}
