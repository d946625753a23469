using System.Text.Json.Nodes;

namespace Switchyard.Databricks.Tests;

/// <summary>What decides whether published clients work, fact by fact; what other tests show is not repeated here.</summary>
public sealed class FactTests(SharedHost host) : IClassFixture<SharedHost>
{
    private const string OneTask = """{"name":"facts","tasks":[{"task_key":"t","notebook_task":{"notebook_path":"/Shared/n"}}]}""";

    private DialectHost Server => host.Server;

    [Fact]
    public async Task Numbers_may_be_texts_and_are_answered_as_numbers()
    {
        var job = await Server.Job("""{"name":"texts","timeout_seconds":"3600","max_concurrent_runs":"2","tasks":[{"task_key":"t","max_retries":"1","new_cluster":{"spark_version":"15","num_workers":"2"},"notebook_task":{"notebook_path":"/x"}}]}""");
        var settings = (await Server.Get($"/api/2.1/jobs/get?job_id={job}")).Ok()["settings"]!;
        Assert.Equal(3600, settings["timeout_seconds"]!.GetValue<int>());
        Assert.Equal(2, settings["max_concurrent_runs"]!.GetValue<int>());
        Assert.Equal(2, settings["tasks"]![0]!["new_cluster"]!["num_workers"]!.GetValue<int>());
        (await Server.Post("/api/2.1/jobs/delete", $$"""{"job_id":"{{job}}"}""")).Ok();
    }

    [Theory]
    [InlineData("expand_tasks=True")]
    [InlineData("expand_tasks=true")]
    [InlineData("expand_tasks=TRUE&page_token=")]
    public async Task Truth_in_a_query_is_read_in_any_case_and_an_empty_token_is_none(string query)
    {
        var job = await Server.Job(OneTask);
        var jobs = (JsonArray)(await Server.Get($"/api/2.1/jobs/list?{query}")).Ok()["jobs"]!;
        Assert.NotNull(jobs.Single(j => j!["job_id"]!.GetValue<long>() == job)!["settings"]!["tasks"]);
        (await Server.Post("/api/2.1/jobs/delete", $$"""{"job_id":{{job}}}""")).Ok();
    }

    [Fact]
    public async Task Success_without_content_is_an_empty_object()
    {
        var job = await Server.Job(OneTask);
        foreach (var (path, body) in new[]
        {
            ("jobs/update", $$$"""{"job_id":{{{job}}},"new_settings":{"name":"other"}}"""), ("jobs/reset", $$"""{"job_id":{{job}},"new_settings":{{OneTask}}}"""),
            ("jobs/runs/cancel-all", $$"""{"job_id":{{job}}}"""), ("jobs/delete", $$"""{"job_id":{{job}}}"""),
        })
            Assert.Equal("{}", (await Server.Post($"/api/2.2/{path}", body)).Ok().ToJsonString());
    }

    [Fact]
    public async Task The_last_page_has_no_token_and_only_the_older_lists_have_has_more()
    {
        var job = await Server.Job(OneTask);
        Assert.False((await Server.Get($"/api/2.2/jobs/get?job_id={job}")).Ok().ContainsKey("next_page_token"));
        Assert.False((await Server.Get("/api/2.1/jobs/list")).Ok()["has_more"]!.GetValue<bool>());
        Assert.False((await Server.Get("/api/2.0/jobs/runs/list")).Ok()["has_more"]!.GetValue<bool>());
        foreach (var path in new[] { "jobs/list", "jobs/runs/list" })
        {
            Assert.False((await Server.Get($"/api/2.2/{path}")).Ok().ContainsKey("has_more"));
            Assert.False((await Server.Get($"/api/2.2/{path}")).Ok().ContainsKey("next_page_token"));
        }

        (await Server.Post("/api/2.1/jobs/delete", $$"""{"job_id":{{job}}}""")).Ok();
    }

    [Fact]
    public async Task Runs_and_tasks_have_both_forms_of_their_state_and_ids_that_scripts_can_hold()
    {
        await Server.Notebook("/Shared/n", "1");
        var job = await Server.Job(OneTask);
        var run = await Server.RunToEnd(job);
        foreach (var version in new[] { "2.0", "2.1", "2.2" })
        {
            var shown = (await Server.Get($"/api/{version}/jobs/runs/get?run_id={run["run_id"]}")).Ok();
            Assert.Equal("SUCCESS", shown["state"]!["result_state"]!.GetValue<string>());
            Assert.Equal("SUCCESS", shown["status"]!["termination_details"]!["code"]!.GetValue<string>());
            Assert.NotNull(shown["tasks"]![0]!["state"]);
            Assert.NotNull(shown["tasks"]![0]!["status"]);
            Assert.InRange(shown["run_id"]!.GetValue<long>(), 1, (1L << 53) - 1);
        }

        (await Server.Post("/api/2.1/jobs/delete", $$"""{"job_id":{{job}}}""")).Ok();
    }

    [Fact]
    public async Task An_update_with_empty_lists_and_nulls_changes_only_what_it_names()
    {
        var job = await Server.Job(OneTask);
        (await Server.Post("/api/2.1/jobs/update",
            $$$"""{"job_id":{{{job}}},"new_settings":{"tasks":[],"parameters":[],"git_source":null,"email_notifications":{"on_failure":["a@b.c"] } } }""")).Ok();
        var settings = (await Server.Get($"/api/2.1/jobs/get?job_id={job}")).Ok()["settings"]!.AsObject();
        Assert.Single((JsonArray)settings["tasks"]!);
        Assert.False(settings.ContainsKey("parameters"));
        Assert.False(settings.ContainsKey("git_source"));
        Assert.Equal("a@b.c", settings["email_notifications"]!["on_failure"]![0]!.GetValue<string>());
        (await Server.Post("/api/2.1/jobs/delete", $$"""{"job_id":{{job}}}""")).Ok();
    }

    [Fact]
    public async Task The_workspace_id_that_clients_read_from_a_header_is_a_number()
    {
        Assert.True(long.TryParse((await Server.Get("/api/2.0/preview/scim/v2/Me")).Org, out var id));
        Assert.Equal(id.ToString(), (await Server.Get("/.well-known/databricks-config", "")).Ok()["workspace_id"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("gitHub")]
    [InlineData("GITHUB")]
    public async Task The_git_provider_is_read_in_any_case(string provider)
    {
        var job = await Server.Job($$$"""{"git_source":{"git_url":"https://x/y","git_provider":"{{{provider}}}","git_branch":"main"},"tasks":[{"task_key":"t","notebook_task":{"notebook_path":"x"}}]}""");
        (await Server.Post("/api/2.1/jobs/delete", $$"""{"job_id":{{job}}}""")).Ok();
    }
}
