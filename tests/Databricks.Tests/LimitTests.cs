namespace Switchyard.Databricks.Tests;

/// <summary>The platform's limits: the last value that is taken and the first that is refused.</summary>
public sealed class LimitTests(SharedHost host) : IClassFixture<SharedHost>
{
    private const string Invalid = "INVALID_PARAMETER_VALUE";

    /// <summary>A setting of a job at its limit and beyond it; <c>#</c> stands where the repeated text goes.</summary>
    [Theory]
    [InlineData("name", "\"name\":\"#\"", 4096)]
    [InlineData("description", "\"description\":\"#\"", 27_700)]
    [InlineData("git_source.git_url", "\"git_source\":{\"git_provider\":\"gitHub\",\"git_branch\":\"m\",\"git_url\":\"https://h/#\"}", 290)]
    [InlineData("git_source.git_branch", "\"git_source\":{\"git_provider\":\"gitHub\",\"git_url\":\"https://x/y\",\"git_branch\":\"#\"}", 255)]
    [InlineData("git_source.git_commit", "\"git_source\":{\"git_provider\":\"gitHub\",\"git_url\":\"https://x/y\",\"git_commit\":\"#\"}", 64)]
    public async Task Texts_of_a_job(string field, string setting, int longest)
    {
        await Takes($$"""{{{setting.Replace("#", new string('a', longest))}},"tasks":[{{Task("")}}]}""");
        await Refuses($$"""{{{setting.Replace("#", new string('a', longest + 1))}},"tasks":[{{Task("")}}]}""", $"{field}: ");
    }

    [Fact]
    public async Task A_description_has_27700_characters_whatever_their_bytes()
    {
        await Takes($$"""{"description":"{{new string('é', 27_700)}}","tasks":[{{Task("")}}]}""");
        await Refuses($$"""{"description":"{{new string('é', 27_701)}}","tasks":[{{Task("")}}]}""", "27701 characters are too long; at most 27700");
    }

    [Theory]
    [InlineData("tasks[0].task_key", "\"task_key\":\"#\"", 100)]
    [InlineData("tasks[0].description", "\"description\":\"#\"", 4096)]
    public async Task Texts_of_a_task(string field, string setting, int longest)
    {
        var key = setting.Contains("task_key", StringComparison.Ordinal) ? "" : "\"task_key\":\"t\",";
        string Body(int length) => $$$"""{"tasks":[{{{{setting.Replace("#", new string('a', length))}}},{{{key}}}"notebook_task":{"notebook_path":"/x"}}]}""";
        await Takes(Body(longest));
        await Refuses(Body(longest + 1), field);
    }

    [Fact]
    public async Task The_inputs_of_a_for_each_have_10000_characters()
    {
        static string Body(int length) =>
            $$$"""{"tasks":[{"task_key":"t","for_each_task":{"inputs":"[\"{{{new string('é', length - 4)}}}\"]","task":{"task_key":"u","notebook_task":{"notebook_path":"/x"} } } } ] }""";
        await Takes(Body(10_000));
        await Refuses(Body(10_001), "for_each_task.inputs: 10001 characters are too long; at most 10000");
    }

    [Fact]
    public async Task Numbers_of_things()
    {
        static string Many(int count, Func<int, string> one) => string.Join(',', Enumerable.Range(0, count).Select(one));
        await Takes($$"""{"tags":{{{Many(25, no => $"\"t{no}\":\"v\"")}}},"tasks":[{{Task("")}}]}""");
        await Refuses($$"""{"tags":{{{Many(26, no => $"\"t{no}\":\"v\"")}}},"tasks":[{{Task("")}}]}""", "tags: 26 entries are too many; at most 25");
        await Takes($$"""{"job_clusters":[{{Many(100, no => $$$"""{"job_cluster_key":"c{{{no}}}","new_cluster":{"spark_version":"v"}}""")}}],"tasks":[{{Task("")}}]}""");
        await Refuses($$"""{"job_clusters":[{{Many(101, no => $$$"""{"job_cluster_key":"c{{{no}}}","new_cluster":{"spark_version":"v"}}""")}}],"tasks":[{{Task("")}}]}""", "A maximum of 100 job clusters");
        await Takes($$$"""{"webhook_notifications":{"on_start":[{{{Many(3, no => $$"""{"id":"d{{no}}"}""")}}}]},"tasks":[{{{Task("")}}}]}""", needsDestinations: true);
        await Refuses($$$"""{"webhook_notifications":{"on_start":[{{{Many(4, no => $$"""{"id":"d{{no}}"}""")}}}]},"tasks":[{{{Task("")}}}]}""", "webhook_notifications.on_start: 4 elements are too many; at most 3");
        await Takes($$$"""{"tasks":[{"task_key":"t","dbt_task":{"commands":[{{{Many(10, no => "\"dbt run\"")}}}]}}]}""");
        await Refuses($$$"""{"tasks":[{"task_key":"t","dbt_task":{"commands":[{{{Many(11, no => "\"dbt run\"")}}}]}}]}""", "dbt_task.commands: 11 elements are too many; at most 10");
    }

    [Theory]
    [InlineData("\"max_concurrent_runs\":1000", "\"max_concurrent_runs\":1001", "max_concurrent_runs: 1001 is not a whole number from 0 to 1000")]
    [InlineData("\"timeout_seconds\":0", "\"timeout_seconds\":-1", "timeout_seconds: -1")]
    public async Task Numbers_of_a_job(string taken, string refused, string message)
    {
        await Takes($$"""{{{taken}},"tasks":[{{Task("")}}]}""");
        await Refuses($$"""{{{refused}},"tasks":[{{Task("")}}]}""", message);
    }

    [Fact]
    public async Task Retries_end_at_5000()
    {
        await Takes($$"""{"tasks":[{{Task("\"max_retries\":5000,")}}]}""");
        await Takes($$"""{"tasks":[{{Task("\"max_retries\":-1,")}}]}""");
        await Refuses($$"""{"tasks":[{{Task("\"max_retries\":5001,")}}]}""", "max_retries: 5001 is not a whole number from -1 to 5000");
    }

    [Fact]
    public async Task A_for_each_runs_at_most_100_iterations_at_once()
    {
        static string Body(int at) => $$$"""{"tasks":[{"task_key":"t","for_each_task":{"inputs":"[1]","concurrency":{{{at}}},"task":{"task_key":"u","notebook_task":{"notebook_path":"/x"} } } } ] }""";
        await Takes(Body(100));
        await Refuses(Body(101), "concurrency: 101");
        await Refuses(Body(0), "concurrency: 0");
    }

    [Fact]
    public async Task Base_parameters_have_a_megabyte_of_json()
    {
        static string Body(int length) => $$$"""{"tasks":[{"task_key":"t","notebook_task":{"notebook_path":"/x","base_parameters":{"a":"{{{new string('a', length - 8)}}}"} } } ] }""";
        await Takes(Body(1_000_000));
        await Refuses(Body(1_000_001), "base_parameters: its JSON has 1000001 bytes; at most 1000000");
    }

    [Theory]
    [InlineData("notebook_params", "{\"a\":\"#\"}", 9_992)]
    [InlineData("python_named_params", "{\"a\":\"#\"}", 9_992)]
    [InlineData("sql_params", "{\"a\":\"#\"}", 9_992)]
    [InlineData("pipeline_params", "{\"a\":\"#\"}", 9_992)]
    [InlineData("jar_params", "[\"#\"]", 9_996)]
    [InlineData("python_params", "[\"#\"]", 9_996)]
    [InlineData("spark_submit_params", "[\"#\"]", 9_996)]
    public async Task Parameters_of_a_run_have_10000_bytes_of_json(string family, string value, int longest)
    {
        await host.Server.Notebook("/Shared/n", "1");
        var job = await host.Server.Job("""{"max_concurrent_runs":10,"tasks":[{"task_key":"t","notebook_task":{"notebook_path":"/Shared/n"}}]}""");
        string Body(int length) => $$"""{"job_id":{{job}},"{{family}}":{{value.Replace("#", new string('a', length))}}}""";
        await host.Server.Ended((await host.Server.Post("/api/2.1/jobs/run-now", Body(longest))).Ok()["run_id"]!.GetValue<long>());
        (await host.Server.Post("/api/2.1/jobs/run-now", Body(longest + 1))).Refused(400, Invalid, $"{family}: its JSON has 10001 bytes; at most 10000");
    }

    [Fact]
    public async Task An_idempotency_token_has_64_characters()
    {
        await host.Server.Notebook("/Shared/n", "1");
        var job = await host.Server.Job("""{"tasks":[{"task_key":"t","notebook_task":{"notebook_path":"/Shared/n"}}]}""");
        (await host.Server.Post("/api/2.1/jobs/run-now", $$"""{"job_id":{{job}},"idempotency_token":"{{new string('ü', 64)}}"}""")).Ok();
        (await host.Server.Post("/api/2.1/jobs/run-now", $$"""{"job_id":{{job}},"idempotency_token":"{{new string('ü', 65)}}"}"""))
            .Refused(400, Invalid, "idempotency_token: 65 characters are too long; at most 64");
    }

    private static string Task(string more) => $$$"""{"task_key":"t",{{{more}}}"notebook_task":{"notebook_path":"/x","source":"WORKSPACE"}}""";

    private async Task Takes(string body, bool needsDestinations = false)
    {
        var answer = await host.Server.Post("/api/2.1/jobs/create", body);
        // Where destinations are checked, ids of none are refused for that, and not for their number.
        if (needsDestinations && answer.Status != System.Net.HttpStatusCode.OK)
            Assert.DoesNotContain("too many", answer.Text, StringComparison.Ordinal);
        else
            (await host.Server.Post("/api/2.1/jobs/delete", $$"""{"job_id":{{answer.Ok()["job_id"]}}}""")).Ok();
    }

    private async Task Refuses(string body, string message) => (await host.Server.Post("/api/2.1/jobs/create", body)).Refused(400, Invalid, message);
}
