namespace Switchyard.Databricks.Tests;

/// <summary>The platform's errors with status, code and text, as far as no other test has them.</summary>
public sealed class ErrorTests
{
    private const string Invalid = "INVALID_PARAMETER_VALUE";
    private const string Settings = """{"tasks":[{"task_key":"t","notebook_task":{"notebook_path":"/x"}}]}""";

    [Theory]
    [InlineData("2.0")]
    [InlineData("2.1")]
    [InlineData("2.2")]
    public async Task A_job_or_run_that_is_not_there(string version)
    {
        await using var server = await DialectHost.Start();
        (await server.Get($"/api/{version}/jobs/get?job_id=123")).Refused(400, Invalid, "Job 123 does not exist.");
        (await server.Get($"/api/{version}/jobs/get")).Refused(400, Invalid, "Job 0 does not exist.");
        foreach (var (path, body) in new[]
        {
            ("delete", """{"job_id":123}"""), ("reset", $$"""{"job_id":123,"new_settings":{{Settings}}}"""), ("update", """{"job_id":123,"new_settings":{"name":"x"}}"""),
            ("run-now", """{"job_id":123}"""),
        })
            (await server.Post($"/api/{version}/jobs/{path}", body)).Refused(400, Invalid, "Job 123 does not exist.");
        foreach (var path in new[] { "get", "get-output", "export" })
            (await server.Get($"/api/{version}/jobs/runs/{path}?run_id=123")).Refused(400, Invalid, "Run 123 does not exist.");
        foreach (var path in new[] { "cancel", "delete" })
            (await server.Post($"/api/{version}/jobs/runs/{path}", """{"run_id":123}""")).Refused(400, Invalid, "Run 123 does not exist.");
        (await server.Get($"/api/{version}/jobs/get?job_id=x")).Refused(400, Invalid, "Invalid value for parameter job_id");
        (await server.Get($"/api/{version}/jobs/list?offset=1020")).Refused(400, Invalid,
            "The supplied offset 1020 has exceeded the value of 1000 allowed for this parameter.Please use the page_token parameter to paginate: https://docs.databricks.com/api/workspace/jobs/list.");
    }

    [Theory]
    [InlineData("create", """{"name":"x"}""")]
    [InlineData("runs/submit", """{"run_name":"x"}""")]
    [InlineData("reset", """{"job_id":1,"new_settings":{"name":"x"}}""")]
    public async Task Nothing_to_run(string path, string body)
    {
        await using var server = await DialectHost.Start();
        (await server.Post($"/api/2.0/jobs/{path}", body)).Refused(400, Invalid, "Run settings must be specified.");
    }

    [Theory]
    [InlineData("2.0", """{"notebook_task":{"notebook_path":"/x"}}""", "Either new_cluster or existing_cluster_id must be specified.")]
    [InlineData("2.1", Settings, "One of job_cluster_key, new_cluster, or existing_cluster_id must be specified.")]
    [InlineData("2.1", """{"tasks":[{"task_key":"t","new_cluster":{"spark_version":"15"},"notebook_task":{"notebook_path":"/x"}}]}""",
        "Cluster validation error: Missing required field: settings.cluster_spec.new_cluster.size")]
    public async Task Without_a_cluster_where_one_is_required(string version, string body, string message)
    {
        await using var server = await DialectHost.Start(options => options with { RequireCluster = true });
        (await server.Post($"/api/{version}/jobs/create", body)).Refused(400, Invalid, message);
    }

    [Fact]
    public async Task A_job_cluster_without_tasks()
    {
        await using var server = await DialectHost.Start();
        (await server.Post("/api/2.0/jobs/create", """{"job_clusters":[{"job_cluster_key":"c"}],"notebook_task":{"notebook_path":"/x"}}"""))
            .Refused(400, Invalid, "Shared job cluster feature is only supported in multi-task jobs.");
    }

    [Fact]
    public async Task A_run_that_is_active_or_was_deleted()
    {
        await using var server = await DialectHost.Start();
        await server.Notebook("/Shared/wait", "wait");
        var job = await server.Job("""{"tasks":[{"task_key":"t","notebook_task":{"notebook_path":"/Shared/wait"}}]}""");
        var run = (await server.Post("/api/2.1/jobs/run-now", $$"""{"job_id":{{job}},"idempotency_token":"once"}""")).Ok()["run_id"]!.GetValue<long>();
        (await server.Post("/api/2.1/jobs/runs/delete", $$"""{"run_id":{{run}}}""")).Refused(400, "INVALID_STATE", $"Run {run} is active and cannot be deleted.");
        (await server.Post("/api/2.1/jobs/runs/cancel", $$"""{"run_id":{{run}}}""")).Ok();
        await server.Ended(run);
        (await server.Post("/api/2.1/jobs/runs/delete", $$"""{"run_id":{{run}}}""")).Ok();
        (await server.Post("/api/2.1/jobs/run-now", $$"""{"job_id":{{job}},"idempotency_token":"once"}""")).Refused(400, Invalid, "deleted");
        (await server.Get($"/api/2.1/jobs/runs/get?run_id={run}")).Refused(400, Invalid, $"Run {run} does not exist.");
    }
}
