using System.Net;
using System.Text.Json.Nodes;

namespace Switchyard.Server.Tests;

/// <summary>Starting runs of other dialects' jobs, repairs, and the table of a job's tasks.</summary>
public sealed class RunAgainTests
{
    private const string Root = "/api/yard/v1";
    private const string Three =
        """
        {"name":"three","parameters":{"program":"/bin/false","x":"1"},
         "tasks":[{"key":"a","command":["/bin/true"]},{"key":"b","command":["${{ parameters.program }}"],"depends_on":["a"]},{"key":"c","command":["/bin/true"],"depends_on":["b"]}]}
        """;

    [Fact]
    public async Task What_failed_runs_again_with_another_parameter_and_what_succeeded_stays()
    {
        await using var server = await TestServer.Start();
        using var alice = await server.User("alice");
        using var bob = await server.User("bob");
        var job = (await TestServer.Post(alice, $"{Root}/jobs", Three))["id"];
        var run = (await TestServer.Post(alice, $"{Root}/jobs/{job}/run", """{"parameters":{"x":"2"}}"""))["run_id"]!.GetValue<long>();
        Assert.Equal("failed", await End(alice, run));
        using var hidden = await TestServer.Send(bob, "POST", $"{Root}/runs/{run}/repair", "{}");
        Assert.Equal(HttpStatusCode.NotFound, hidden.StatusCode);
        foreach (var (body, field) in new[]
        {
            ("""{"tasks":["z"]}""", "tasks[0]"), ("""{"tasks":[]}""", "tasks"), ("""{"parameters":{"y":"1"}}""", "parameters.y"), ("""{"parameters":{"x":1}}""", "parameters.x"), ("""{"tasks":[null]}""", "tasks[0]"),
        })
        {
            using var bad = await TestServer.Send(alice, "POST", $"{Root}/runs/{run}/repair", body);
            Assert.True(bad.StatusCode == HttpStatusCode.BadRequest, $"{body}: {bad.StatusCode}");
            Assert.Equal(field, JsonNode.Parse(await bad.Content.ReadAsStringAsync())!["field"]!.GetValue<string>());
        }

        var made = await TestServer.Post(alice, $"{Root}/runs/{run}/repair", """{"parameters":{"program":"/bin/true"}}""");
        Assert.Equal(1, made["revision"]!.GetValue<int>());
        Assert.Equal("succeeded", await End(alice, run));
        var seen = await TestServer.Get(alice, $"{Root}/runs/{run}");
        Assert.Equal([0, 1, 1], seen["tasks"]!.AsArray().Select(task => task!["instances"]![0]!["attempt"]!.GetValue<int>()));
        Assert.Equal("""{"x":"2","program":"/bin/true"}""", seen["parameters"]!.ToJsonString());
        var settings = await TestServer.Get(alice, $"{Root}/runs/{run}/settings");
        Assert.Equal(["failed", "succeeded"], settings["passes"]!.AsArray().Select(pass => pass!["state"]!.GetValue<string>()));
        Assert.Equal(made["repair_id"]!.GetValue<long>(), settings["passes"]![1]!["repair_id"]!.GetValue<long>());

        using var again = await TestServer.Send(alice, "POST", $"{Root}/runs/{run}/repair");
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
        await TestServer.Post(alice, $"{Root}/runs/{run}/repair", """{"tasks":["b"],"with_dependents":false}""");
        Assert.Equal("succeeded", await End(alice, run));
        Assert.Equal([0, 2, 1], (await TestServer.Get(alice, $"{Root}/runs/{run}"))["tasks"]!.AsArray().Select(task => task!["instances"]![0]!["attempt"]!.GetValue<int>()));
    }

    [Fact]
    public async Task A_run_that_lives_is_not_repaired()
    {
        await using var server = await TestServer.Start();
        using var alice = await server.User("alice");
        var run = (await TestServer.Post(alice, $"{Root}/jobs/{await TestServer.Job(alice, "hold")}/run", "{}"))["run_id"];
        using var refused = await TestServer.Send(alice, "POST", $"{Root}/runs/{run}/repair", "{}");
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
    }

    [Fact]
    public async Task A_Databricks_job_is_started_and_repaired_with_parameters_as_a_sweep_has_them()
    {
        await using var server = await TestServer.Start();
        using var alice = await server.User("alice");
        using var bob = await server.User("bob");
        const string Wheel = """{"task_key":"w","python_wheel_task":{"package_name":"p","entry_point":"e"}}""";
        var job = (await TestServer.Post(alice, "/api/2.1/jobs/create", $$"""{"name":"job","parameters":[{"name":"a","default":"0"},{"name":"b","default":"0"}],"tasks":[{{Wheel}}]}"""))["job_id"];
        var run = (await TestServer.Post(alice, $"{Root}/jobs/{job}/run", """{"parameters":{"a":1},"idempotency_token":"t"}"""))["run_id"]!.GetValue<long>();
        Assert.True((await TestServer.Post(alice, $"{Root}/jobs/{job}/run", """{"parameters":{"a":1},"idempotency_token":"t"}"""))["existed"]!.GetValue<bool>());
        await End(alice, run);
        var seen = await TestServer.Get(alice, $"{Root}/runs/{run}");
        Assert.Equal(("manual", """{"job_parameters":{"a":"1"}}""", run.ToString()), (seen["trigger"]!.GetValue<string>(), seen["parameters"]!.ToJsonString(), seen["public_id"]!.GetValue<string>()));
        await TestServer.Post(alice, $"{Root}/jobs/{job}/run", "");
        await TestServer.Post(alice, $"{Root}/runs/{run}/repair", """{"tasks":["w"],"parameters":{"b":"2"}}""");
        await End(alice, run);
        Assert.Equal("""{"job_parameters":{"a":"1","b":"2"}}""", (await TestServer.Get(alice, $"{Root}/runs/{run}"))["parameters"]!.ToJsonString());
        await TestServer.Post(alice, $"{Root}/runs/{run}/repair", """{"tasks":["w"]}""");
        await End(alice, run);
        Assert.Equal("""{"job_parameters":{"a":"1","b":"2"}}""", (await TestServer.Get(alice, $"{Root}/runs/{run}"))["parameters"]!.ToJsonString());
        using var hidden = await TestServer.Send(bob, "POST", $"{Root}/jobs/{job}/run", "{}");
        Assert.Equal(HttpStatusCode.NotFound, hidden.StatusCode);
    }

    [Fact]
    public async Task The_tasks_of_a_jobs_runs_are_a_table()
    {
        await using var server = await TestServer.Start();
        using var alice = await server.User("alice");
        using var bob = await server.User("bob");
        var job = (await TestServer.Post(alice, $"{Root}/jobs", Three))["id"];
        long[] runs = [await Run("""{"parameters":{"program":"/bin/true"}}"""), await Run("{}")];
        var grid = await TestServer.Get(alice, $"{Root}/jobs/{job}/grid?runs=2");
        Assert.Equal(runs.Reverse(), grid["runs"]!.AsArray().Select(run => run!["id"]!.GetValue<long>()));
        var states = grid["states"]!.AsArray().Select(state => state!.GetValue<string>()).ToList();
        Assert.Equal(
            ["a: succeeded succeeded", "b: failed succeeded", "c: skipped succeeded"],
            grid["tasks"]!.AsArray().Select(task => $"{task!["key"]}: {string.Join(' ', task["states"]!.AsArray().Select(no => states[no!.GetValue<int>()]))}"));
        Assert.Equal("[1,1]", grid["tasks"]![1]!["attempts"]!.ToJsonString());
        Assert.NotNull(grid["tasks"]![1]!["durations_ms"]![0]);
        Assert.Null(grid["tasks"]![2]!["durations_ms"]![0]);
        Assert.Equal([runs[0]], (await TestServer.Get(alice, $"{Root}/jobs/{job}/grid?before={grid["runs"]![0]!["id"]}"))["runs"]!.AsArray().Select(run => run!["id"]!.GetValue<long>()));
        Assert.Equal(runs[0], grid["next_before"]!.GetValue<long>());
        using var hidden = await bob.GetAsync($"{Root}/jobs/{job}/grid");
        Assert.Equal(HttpStatusCode.NotFound, hidden.StatusCode);

        async Task<long> Run(string body)
        {
            var run = (await TestServer.Post(alice, $"{Root}/jobs/{job}/run", body))["run_id"]!.GetValue<long>();
            await End(alice, run);
            return run;
        }
    }

    private static async Task<string> End(HttpClient client, long run) => (await TestServer.Get(client, $"{Root}/runs/{run}/wait?seconds=60"))["state"]!.GetValue<string>();
}
