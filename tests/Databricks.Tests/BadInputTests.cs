using System.Text;

namespace Switchyard.Databricks.Tests;

/// <summary>Whatever is sent: the platform's error shape and status, never a 500, and nothing half-written.</summary>
public sealed class BadInputTests(SharedHost host) : IClassFixture<SharedHost>
{
    private const string Invalid = "INVALID_PARAMETER_VALUE";
    private const string Malformed = "MALFORMED_REQUEST";

    [Theory]
    [InlineData("""{"name":""", Malformed, "Could not parse request object: ")]
    [InlineData("""[1]""", Malformed, "Expected object for the body, found ARRAY")]
    [InlineData("""{"name":"a","name":"b"}""", Malformed, "Could not parse request object: ")]
    [InlineData("""{"name":"\ud800"}""", Malformed, "Unicode")]
    [InlineData("""{"name":1}""", Malformed, "Expected string for field 'name, found NUMBER")]
    [InlineData("""{"tasks":{}}""", Malformed, "Expected array for field 'tasks, found OBJECT")]
    [InlineData("""{"tasks":[1]}""", Malformed, "Expected object for field 'tasks[0], found NUMBER")]
    [InlineData("""{"tasks":[null]}""", Malformed, "tasks[0] is null")]
    [InlineData("""{"tasks":[{"task_key":"a","notebook_task":"x"}]}""", Malformed, "Expected object for field 'tasks[0].notebook_task, found STRING")]
    [InlineData("""{"tasks":[{"task_key":"a","notebook_task":{}}]}""", Invalid, "Missing required field: settings.tasks.notebook_task.notebook_path")]
    [InlineData("""{"tasks":[{"notebook_task":{"notebook_path":"/x"}}]}""", Invalid, "Missing required field: settings.tasks.task_key")]
    [InlineData("""{}""", Invalid, "Run settings must be specified.")]
    [InlineData("""{"name":"x","tasks":[]}""", Invalid, "Run settings must be specified.")]
    [InlineData("""{"timeout_seconds":1e400,"tasks":[]}""", Invalid, "timeout_seconds: 1e400 is not a whole number")]
    [InlineData("""{"timeout_seconds":-1,"tasks":[]}""", Invalid, "timeout_seconds: -1 is not a whole number from 0")]
    [InlineData("""{"timeout_seconds":1.5,"tasks":[]}""", Invalid, "timeout_seconds: 1.5 is not")]
    [InlineData("""{"timeout_seconds":99999999999999999999999,"tasks":[]}""", Invalid, "timeout_seconds: 99999999999999999999999 is not")]
    [InlineData("""{"max_concurrent_runs":1001,"tasks":[]}""", Invalid, "max_concurrent_runs: 1001 is not a whole number from 0 to 1000")]
    [InlineData("""{"name":"a\u0000b","tasks":[]}""", Invalid, "name: it contains a NUL character")]
    [InlineData("""{"tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/x","base_parameters":{"k":"\u0000"}}}]}""", Invalid, "NUL character")]
    [InlineData("""{"tasks":[{"task_key":"a b","notebook_task":{"notebook_path":"/x"}}]}""", Invalid, "task_key: 'a b'")]
    [InlineData("""{"tasks":[{"task_key":"a"}]}""", Invalid, "Task 'a' has no task type")]
    [InlineData("""{"tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/x"},"spark_python_task":{"python_file":"/y"}}]}""", Invalid, "several task types")]
    [InlineData("""{"tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/x"}},{"task_key":"a","notebook_task":{"notebook_path":"/x"}}]}""", Invalid, "Duplicate task_key 'a'")]
    [InlineData("""{"tasks":[{"task_key":"a","depends_on":[{"task_key":"a"}],"notebook_task":{"notebook_path":"/x"}}]}""", Invalid, "Invalid dependency graph, task 'a' can not reference itself.")]
    [InlineData("""{"tasks":[{"task_key":"a","depends_on":[{"task_key":"z"}],"notebook_task":{"notebook_path":"/x"}}]}""", Invalid, "Invalid dependency graph, task 'a' depends on task 'z', which is not defined")]
    [InlineData("""{"tasks":[{"task_key":"a","depends_on":[{}],"notebook_task":{"notebook_path":"/x"}}]}""", Invalid, "Missing required field: settings.tasks.depends_on.task_key")]
    [InlineData("""{"tasks":[{"task_key":"a","depends_on":[{"task_key":"b"}],"notebook_task":{"notebook_path":"/x"}},{"task_key":"b","depends_on":[{"task_key":"a"}],"notebook_task":{"notebook_path":"/x"}}]}""", Invalid, "form a cycle")]
    [InlineData("""{"tasks":[{"task_key":"a","job_cluster_key":"none","notebook_task":{"notebook_path":"/x"}}]}""", Invalid, "Job cluster 'none' of task 'a' is not defined in field 'job_clusters'")]
    [InlineData("""{"job_clusters":[{"job_cluster_key":"c","libraries":[]}],"tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/x"}}]}""", Invalid, "Libraries cannot be declared in the shared job cluster 'c'")]
    [InlineData("""{"existing_cluster_id":"c","tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/x"}}]}""", Invalid, "Multi-task jobs require clusterspec to be specified within the tasks.")]
    [InlineData("""{"max_retries":1,"tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/x"}}]}""", Invalid, "Field 'max_retries' at the root")]
    [InlineData("""{"notebook_task":{"notebook_path":"/x"}}""", Invalid, "Field 'notebook_task' at the root is the single-task form of API 2.0")]
    [InlineData("""{"schedule":{"quartz_cron_expression":"0 30 2,7,11,15 * * *","timezone_id":"UTC"},"tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/x"}}]}""", Invalid, "Invalid quartz_cron_expression: 0 30 2,7,11,15 * * *. Databricks uses Quartz cron syntax, which is different from the standard cron syntax. See http://www.quartz-scheduler.org/documentation/quartz-2.1.x/tutorials/crontrigger.html for more details.")]
    [InlineData("""{"schedule":{"quartz_cron_expression":"0 99 0 * * ?","timezone_id":"UTC"},"tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/x"}}]}""", Invalid, "Invalid quartz_cron_expression: 0 99 0 * * ?.")]
    [InlineData("""{"schedule":{"quartz_cron_expression":"0 0 0 * * ?","timezone_id":"Mars/Base"},"tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/x"}}]}""", Invalid, "schedule.timezone_id: 'Mars/Base' is not a known time zone")]
    [InlineData("""{"tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/x","base_parameters":{"p":"{{job.naem}}"}}}]}""", Invalid, "Invalid dynamic value reference '{{job.naem}}'")]
    [InlineData("""{"tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/x","base_parameters":{"p":"{{tasks.z.values.v}}"}}}]}""", Invalid, "there is no task 'z'")]
    [InlineData("""{"continuous":{},"schedule":{"quartz_cron_expression":"0 0 0 * * ?","timezone_id":"UTC"},"tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/x"}}]}""", Invalid, "Only one of schedule, continuous and trigger can be set, but the job has schedule and continuous.")]
    [InlineData("""{"git_source":{"git_url":"https://x/y"},"tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/x"}}]}""", Invalid, "git_source.git_provider must be one of: github,gitlab,")]
    public async Task Create_refuses_what_no_job_can_be_made_of(string body, string code, string message)
    {
        (await host.Server.Post("/api/2.1/jobs/create", body)).Refused(400, code, message);
        Assert.False((await host.Server.Get("/api/2.1/jobs/list?limit=100")).Ok().ContainsKey("jobs"));
    }

    [Fact]
    public async Task A_job_has_at_most_100_tasks_except_in_the_latest_version()
    {
        await using var server = await DialectHost.Start();
        var tasks = string.Join(',', Enumerable.Range(0, 101).Select(no => $$$"""{"task_key":"t{{{no}}}","notebook_task":{"notebook_path":"/x"}}"""));
        var body = $$"""{"name":"many","tasks":[{{tasks}}]}""";
        (await server.Post("/api/2.1/jobs/create", body)).Refused(400, Invalid, "A maximum of 100 tasks can be specified per job.");
        (await server.Post("/api/2.0/jobs/create", body)).Refused(400, Invalid, "A maximum of 100 tasks can be specified per job.");
        (await server.Post("/api/2.2/jobs/create", body)).Ok();
    }

    [Theory]
    [InlineData("GET", "/api/2.1/jobs/get?job_id=abc", null, Invalid, "Invalid value for parameter job_id")]
    [InlineData("GET", "/api/2.1/jobs/get?job_id=-1", null, Invalid, "Invalid value for parameter job_id")]
    [InlineData("GET", "/api/2.1/jobs/get?job_id=99999999999999999999", null, Invalid, "Invalid value for parameter job_id")]
    [InlineData("GET", "/api/2.1/jobs/get", null, Invalid, "Job 0 does not exist.")]
    [InlineData("GET", "/api/2.1/jobs/get", """{"job_id":"123"}""", Invalid, "Job 123 does not exist.")]
    [InlineData("POST", "/api/2.1/jobs/get", "{}", "ENDPOINT_NOT_FOUND", "No API endpoint found")]
    [InlineData("POST", "/api/2.1/jobs/delete", """{"job_id":123}""", Invalid, "Job 123 does not exist.")]
    [InlineData("POST", "/api/2.1/jobs/reset", """{"job_id":123}""", Invalid, "Missing required field: new_settings")]
    [InlineData("POST", "/api/2.1/jobs/run-now", """{"job_id":true}""", Malformed, "Expected integer for field 'job_id, found BOOLEAN")]
    [InlineData("POST", "/api/2.1/jobs/run-now", """{"job_id":1,"notebook_params":"x"}""", Malformed, "Could not parse request object: Expected object for field 'notebook_params, found STRING")]
    [InlineData("POST", "/api/2.1/jobs/run-now", """{"job_id":1,"python_params":["é"]}""", Invalid, "outside ASCII")]
    [InlineData("GET", "/api/2.1/jobs/runs/get?run_id=5", null, Invalid, "Run 5 does not exist.")]
    [InlineData("GET", "/api/2.1/jobs/runs/get-output?run_id=5", null, Invalid, "Run 5 does not exist.")]
    [InlineData("GET", "/api/2.1/jobs/runs/list?limit=26", null, Invalid, "limit: 26")]
    [InlineData("GET", "/api/2.1/jobs/runs/list?active_only=True&completed_only=true", null, Invalid, "cannot both be true")]
    [InlineData("GET", "/api/2.1/jobs/runs/list?offset=10020", null, Invalid, "The supplied offset 10020 has exceeded the value of 10000 allowed for this parameter.Please use the page_token parameter to paginate: https://docs.databricks.com/api/workspace/jobs/listruns.")]
    [InlineData("GET", "/api/2.1/jobs/list?page_token=zzz", null, Invalid, "Invalid value for parameter page_token: 'zzz'")]
    [InlineData("POST", "/api/2.1/jobs/runs/submit", """{"job_clusters":[{}],"tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/x"}}]}""", Invalid, "not supported in runs/submit")]
    [InlineData("POST", "/api/2.1/jobs/runs/submit", """{"tasks":[{"task_key":"a","job_cluster_key":"c","notebook_task":{"notebook_path":"/x"}}]}""", Invalid, "job_cluster_key 'c'")]
    [InlineData("POST", "/api/2.0/workspace/mkdirs", """{"path":"/a/../../etc"}""", Invalid, "component '..'")]
    [InlineData("POST", "/api/2.0/workspace/mkdirs", """{"path":"relative"}""", Invalid, "must be absolute")]
    [InlineData("POST", "/api/2.0/workspace/mkdirs", """{"path":"/a\u0000b"}""", Invalid, "NUL character")]
    [InlineData("GET", "/api/2.0/workspace/get-status?path=%2Fa%00b", null, Invalid, "NUL character")]
    [InlineData("POST", "/api/2.0/workspace/mkdirs", "{}", Invalid, "Missing required field: path")]
    public async Task Every_call_refuses_in_the_same_shape(string method, string path, string? body, string code, string message) =>
        (await host.Server.Send(method, path, body)).Refused(code == "ENDPOINT_NOT_FOUND" ? 404 : 400, code, message);

    [Fact]
    public async Task Long_names_and_tokens_are_refused_with_their_limit()
    {
        var name = new string('x', 4097);
        (await host.Server.Post("/api/2.1/jobs/create", $$"""{"name":"{{name}}"}""")).Refused(400, Invalid, "name: 4097 bytes are too long; at most 4096");
        (await host.Server.Post("/api/2.1/jobs/run-now", $$"""{"job_id":1,"idempotency_token":"{{name}}"}""")).Refused(400, Invalid, "idempotency_token: 4097 characters are too long; at most 64");
        (await host.Server.Post("/api/2.1/jobs/run-now", $$$"""{"job_id":1,"notebook_params":{"a":"{{{name}}}{{{name}}}{{{name}}}"}}""")).Refused(400, Invalid, "at most 10000");
        (await host.Server.Post("/api/2.0/workspace/mkdirs", $$"""{"path":"/{{name[..300]}}"}""")).Refused(400, Invalid, "longer than 220 bytes");
    }

    [Fact]
    public async Task A_path_of_thousands_of_levels_is_refused_and_makes_nothing()
    {
        var deep = string.Concat(Enumerable.Repeat("/a", 1400));
        (await host.Server.Post("/api/2.0/workspace/mkdirs", $$"""{"path":"{{deep}}"}""")).Refused(400, Invalid, "has 1400 levels; at most 100 are allowed");
        (await host.Server.Get("/api/2.0/workspace/get-status?path=/a")).Refused(404, "RESOURCE_DOES_NOT_EXIST", "Path (/a) doesn't exist.");
        // What is just allowed does not keep the server busy.
        (await host.Server.Post("/api/2.0/workspace/mkdirs", $$"""{"path":"/deep{{deep[..198]}}"}""")).Ok();
        (await host.Server.Post("/api/2.0/workspace/delete", """{"path":"/deep","recursive":true}""")).Ok();
    }

    [Theory]
    [InlineData("0 0 0 * * ? 909999")]
    [InlineData("0 0 0 29 2 ? 21010")]
    [InlineData("0 0 0 30 2 ?")]
    public async Task A_schedule_that_never_comes_is_kept_and_never_fires(string cron)
    {
        await using var server = await DialectHost.Start();
        var job = (await server.Post("/api/2.1/jobs/create",
            $$$"""{"schedule":{"quartz_cron_expression":"{{{cron}}}","timezone_id":"UTC"},"tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/x"}}]}""")).Ok()["job_id"];
        Assert.Equal(cron, (await server.Get($"/api/2.1/jobs/get?job_id={job}")).Ok()["settings"]!["schedule"]!["quartz_cron_expression"]!.GetValue<string>());
    }

    [Fact]
    public async Task Shared_and_home_directories_are_there_from_the_start()
    {
        await using var server = await DialectHost.Start();
        Assert.Equal("DIRECTORY", (await server.Get("/api/2.0/workspace/get-status?path=/Shared")).Ok()["object_type"]!.GetValue<string>());
        (await server.Get("/api/2.0/workspace/list?path=/Users")).Ok();
        foreach (var path in new[] { "/Shared/a", "/Users/admin/a" })
            (await server.Post("/api/2.0/workspace/import", $$"""{"path":"{{path}}","format":"SOURCE","language":"PYTHON","content":"MQ=="}""")).Ok();
        (await server.Post("/api/2.0/workspace/import", """{"path":"/Users/admin/none/a","format":"SOURCE","language":"PYTHON","content":"MQ=="}"""))
            .Refused(404, "RESOURCE_DOES_NOT_EXIST", "The parent folder (/Users/admin/none) does not exist.");
        (await server.Post("/api/2.0/workspace/delete", """{"path":"/Shared","recursive":true}""")).Ok();
        (await server.Post("/api/2.0/workspace/delete", """{"path":"/Shared","recursive":true}""")).Ok();
    }

    [Fact]
    public async Task A_body_over_10_megabytes_is_413_in_the_same_shape() =>
        (await host.Server.Post("/api/2.1/jobs/create", "{\"name\":\"" + new string('x', 11 * 1024 * 1024) + "\"}")).Refused(413, "REQUEST_ENTITY_TOO_LARGE", "Request too large");

    [Fact]
    public async Task Deep_and_broken_bodies_are_refused()
    {
        var deep = new StringBuilder().Insert(0, "[", 5000).Append(']', 5000);
        (await host.Server.Post("/api/2.1/jobs/create", $$"""{"x":{{deep}}}""")).Refused(400, Malformed, "Could not parse request object");
        // What is just shallow enough to be read is shown again by every version.
        await using var server = await DialectHost.Start();
        var nested = new StringBuilder().Insert(0, "{\"x\":", 44).Append('1').Append('}', 44);
        var job = await server.Job("{\"dashboard_task\":" + nested + "}", "2.0");
        foreach (var version in new[] { "2.0", "2.1", "2.2" })
        {
            (await server.Get($"/api/{version}/jobs/get?job_id={job}")).Ok();
            (await server.Get($"/api/{version}/jobs/list?expand_tasks=true")).Ok();
        }

        var run = await server.RunToEnd(job);
        (await server.Get($"/api/2.1/jobs/runs/get-output?run_id={run["tasks"]![0]!["run_id"]}")).Ok();
        (await host.Server.Post("/api/2.1/jobs/create", "\0\0\0")).Refused(400, Malformed, "Could not parse request object");
    }

    [Fact]
    public async Task Without_a_valid_credential_every_route_answers_401_or_403()
    {
        string[] posts =
            ["jobs/create", "jobs/update", "jobs/reset", "jobs/delete", "jobs/run-now", "jobs/runs/submit", "jobs/runs/cancel", "jobs/runs/cancel-all", "jobs/runs/delete",
            "workspace/import", "workspace/mkdirs", "workspace/delete", "whatever"];
        string[] gets =
            ["jobs/get?job_id=1", "jobs/list", "jobs/runs/get?run_id=1", "jobs/runs/list", "jobs/runs/get-output?run_id=1", "jobs/runs/export?run_id=1",
            "workspace/export?path=/x", "workspace/list?path=/", "workspace/get-status?path=/", "clusters/get", "clusters/list", "clusters/spark-versions",
            "clusters/list-node-types", "preview/scim/v2/Me", "whatever"];
        foreach (var (method, path) in new[] { "2.0", "2.1", "2.2" }
            .SelectMany(version => posts.Select(path => ("POST", $"/api/{version}/{path}")).Concat(gets.Select(path => ("GET", $"/api/{version}/{path}")))))
        {
            (await host.Server.Send(method, path, method == "POST" ? "{}" : null, "")).Refused(401, "UNAUTHENTICATED", "Credential was not sent or was of an unsupported type for this API.");
            (await host.Server.Send(method, path, method == "POST" ? "{}" : null, "wrong")).Refused(403, "PERMISSION_DENIED", "Invalid access token.");
        }
    }

    [Theory]
    [InlineData("text/json")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("text/plain; charset=latin1")]
    public async Task Any_content_type_is_read_as_json(string type) =>
        (await host.Server.Send("POST", "/api/2.0/jobs/delete", """{"job_id":"77"}""", null, type)).Refused(400, Invalid, "Job 77 does not exist.");
}

/// <summary>One server for tests that leave nothing behind.</summary>
public sealed class SharedHost : IAsyncLifetime
{
    public DialectHost Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await DialectHost.Start();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
