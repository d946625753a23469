using System.Net;

namespace Switchyard.Server.Tests;

/// <summary>Finding things by names, ids and addresses.</summary>
public sealed class PlaceTests
{
    private const string Root = "/api/yard/v1";

    [Fact]
    public async Task A_number_finds_what_has_it_and_others_find_nothing()
    {
        await using var server = await TestServer.Start();
        using var alice = await server.User("alice");
        using var bob = await server.User("bob");
        var run = await TestServer.EndedRun(alice);
        var job = (await TestServer.Get(alice, $"{Root}/runs/{run}"))["job_id"]!.GetValue<long>();
        var attempt = (await TestServer.Get(alice, $"{Root}/runs/{run}/attempts"))["attempts"]![0]!["id"]!.GetValue<long>();
        await TestServer.Post(alice, $"{Root}/projects", """{"name":"My Stuff"}""");
        foreach (var (text, list, id) in new[] { ($"{run}", "runs", run), ($"{attempt}", "runs", run), ($"{job}", "jobs", job), ("ONE", "jobs", job) })
        {
            Assert.Equal(id, Assert.Single((await TestServer.Get(alice, $"{Root}/search?q={text}"))[list]!.AsArray())!["id"]!.GetValue<long>());
            Assert.Empty((await TestServer.Get(bob, $"{Root}/search?q={text}"))[list]!.AsArray());
        }

        Assert.Equal("my-stuff", Assert.Single((await TestServer.Get(alice, $"{Root}/search?q=stuff"))["projects"]!.AsArray())!["slug"]!.GetValue<string>());
        Assert.Empty((await TestServer.Get(bob, $"{Root}/search?q=stuff"))["projects"]!.AsArray());
        foreach (var bad in new[] { "", "?q=", "?q=%20", $"?q={new string('x', 201)}", "?q=%00" })
        {
            using var refused = await alice.GetAsync($"{Root}/search{bad}");
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        }
    }

    [Fact]
    public async Task Pages_of_Databricks_runs_are_found_by_either_form_of_their_address()
    {
        await using var server = await TestServer.Start();
        using var alice = await server.User("alice");
        using var bob = await server.User("bob");
        var job = (await TestServer.Post(alice, "/api/2.1/jobs/create", """{"name":"job","tasks":[{"task_key":"s","spark_python_task":{"python_file":"/tmp/x.py"}}]}"""))["job_id"]!.GetValue<long>();
        var run = (await TestServer.Post(alice, "/api/2.1/jobs/run-now", $$"""{"job_id":{{job}}}"""))["run_id"]!.GetValue<long>();
        var seen = await TestServer.Get(alice, $"/api/2.1/jobs/runs/get?run_id={run}");
        var page = new Uri(seen["run_page_url"]!.GetValue<string>());
        var task = new Uri(seen["tasks"]![0]!["run_page_url"]!.GetValue<string>());
        foreach (var (address, kind, found) in new[]
        {
            (page.PathAndQuery + page.Fragment, "run", run), (task.PathAndQuery + task.Fragment, "attempt", run), ($"/#job/{job}/run/{run}?o=1", "run", run),
            ($"/jobs/{job}/runs/{run}?o=1", "run", run), ($"/#job/{job}", "job", 0L), ($"/jobs/{job}", "job", 0L),
        })
        {
            var place = await TestServer.Get(alice, $"{Root}/addresses?path={Uri.EscapeDataString(address)}");
            Assert.Equal((kind, job, found), (place["kind"]!.GetValue<string>(), place["job_id"]!.GetValue<long>(), place["run_id"]?.GetValue<long>() ?? 0));
            using var hidden = await bob.GetAsync($"{Root}/addresses?path={Uri.EscapeDataString(address)}");
            Assert.Equal(HttpStatusCode.NotFound, hidden.StatusCode);
        }

        foreach (var (address, status) in new[] { ("/nowhere", HttpStatusCode.NotFound), ("/#job/x/run/y", HttpStatusCode.NotFound), ("/jobs/99999999999999999999", HttpStatusCode.NotFound), ("%", HttpStatusCode.NotFound), ("", HttpStatusCode.BadRequest) })
        {
            using var refused = await alice.GetAsync($"{Root}/addresses?path={Uri.EscapeDataString(address)}");
            Assert.True(refused.StatusCode == status, address);
        }
    }
}
