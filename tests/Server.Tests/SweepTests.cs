using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Switchyard.Server.Tests;

/// <summary>Sweeps through the neutral API, over jobs of every dialect that has them.</summary>
public sealed class SweepTests
{
    private const string Root = "/api/yard/v1";

    [Fact]
    public async Task A_grid_becomes_one_batch_of_runs_with_their_parameters_in_order()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        var job = await Job(admin);
        var batch = await TestServer.Post(admin, $"{Root}/jobs/{job}/sweep", """{"grid":{"a":[1,"x"],"b":[[1,2],{"k":true},null]},"name":"six"}""");
        var ended = await Ended(admin, batch);
        Assert.Equal((6L, 6L, "six"), (ended["size"]!.GetValue<long>(), ended["made"]!.GetValue<long>(), ended["name"]!.GetValue<string>()));
        Assert.Equal("""{"succeeded":6}""", ended["runs"]!.ToJsonString());
        Assert.Equal("""{"a":[1,"x"],"b":[[1,2],{"k":true},null]}""", ended["grid"]!.ToJsonString());
        var runs = (await TestServer.Get(admin, $"{Root}/batches/{batch["id"]}/runs?limit=4"))!;
        Assert.Equal("""{"a":1,"b":{"k":true}}""", runs["runs"]![1]!["parameters"]!.ToJsonString());
        Assert.Equal("""{"a":"1","b":"{\u0022k\u0022:true}"}""", runs["runs"]![1]!["run"]!["parameters"]!.ToJsonString());
        Assert.Equal(3, runs["next_after"]!.GetValue<long>());
        Assert.Equal([4, 5], await Indices(admin, batch, "after=3"));
        Assert.Equal([3, 4, 5], await Indices(admin, batch, "parameter=a=x"));
        Assert.Equal([3], await Indices(admin, batch, "parameter=a=x&parameter=b=[1,2]&state=succeeded,failed"));
        Assert.Empty(await Indices(admin, batch, "state=failed"));
        var run = await TestServer.Get(admin, $"{Root}/runs/{runs["runs"]![2]!["run"]!["id"]}");
        Assert.Equal((batch["id"]!.GetValue<long>(), 2L, "sweep"), (run["batch_id"]!.GetValue<long>(), run["batch_index"]!.GetValue<long>(), run["trigger"]!.GetValue<string>()));
        Assert.Contains("six", (await TestServer.Get(admin, $"{Root}/batches?job_id={job}")).ToJsonString());
    }

    [Fact]
    public async Task Sets_and_a_selection_make_the_runs_they_name()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        var job = await Job(admin);
        var batch = await TestServer.Post(admin, $"{Root}/jobs/{job}/sweep", """{"sets":[{"a":1},{"b":2},{}],"select":[2,0]}""");
        Assert.Equal("""{"succeeded":2}""", (await Ended(admin, batch))["runs"]!.ToJsonString());
        Assert.Equal([0, 2], await Indices(admin, batch, "limit=10"));
    }

    [Fact]
    public async Task A_preview_counts_and_makes_nothing()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        var job = await Job(admin);
        var preview = await TestServer.Post(admin, $"{Root}/jobs/{job}/sweep", $$"""{"grid":{"a":{{Numbers(1000)}},"b":{{Numbers(1000)}}},"preview":true}""");
        Assert.Equal((1_000_000L, false), (preview["runs"]!.GetValue<long>(), preview["within_limit"]!.GetValue<bool>()));
        Assert.Equal("""{"a":0,"b":9}""", preview["first"]![9]!["parameters"]!.ToJsonString());
        Assert.Empty((await TestServer.Get(admin, $"{Root}/batches"))["batches"]!.AsArray());
    }

    [Fact]
    public async Task What_cannot_be_swept_is_refused_in_shape_and_leaves_nothing_behind()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        using var alice = await server.User("alice");
        var job = await Job(admin);
        var large = $$"""{"sets":[{{string.Join(',', Enumerable.Range(0, 40_000).Select(n => $$"""{"a":"{{n}} and some more text"}"""))}}]}""";
        Assert.True(Encoding.UTF8.GetByteCount(large) > 1_000_000);
        foreach (var (body, field) in new (string, string?)[]
        {
            ("", null), ("{", null), ("[]", null), ("null", null), ("{}", "grid"), ("""{"grid":7}""", "grid"), ("""{"grid":{"a":7}}""", "grid.a"), ("""{"grid":{"a":[]}}""", "grid.a"),
            ("""{"sets":[]}""", "sets"), ("""{"sets":[7]}""", "sets[0]"), ("""{"grid":{"c":[1]}}""", "parameters.c"), ("""{"sets":[{"a":1},{"c":1}]}""", "parameters.c"),
            ("""{"grid":{"a":["\ud800"]}}""", null), ("""{"grid":{"a":[1]},"select":[1]}""", "select"), ("""{"grid":{"a":[1]},"select":["x"]}""", "select[0]"),
            ("""{"grid":{"a":[1]},"name":""}""", "name"), ("""{"grid":{"a":[1]},"extra":1}""", "extra"), (large, "sets"),
            ($$$"""{"grid":{"a":{{{Numbers(1000)}}},"b":{{{Numbers(1000)}}}}}""", "grid"),
            ($$$"""{"grid":{{{{string.Join(',', Enumerable.Range(0, 30).Select(n => $"\"p{n}\":{Numbers(100)}"))}}}}}""", "grid"),
        })
        {
            using var answer = await TestServer.Send(admin, "POST", $"{Root}/jobs/{job}/sweep", body);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.StatusCode == HttpStatusCode.BadRequest, $"{body[..Math.Min(80, body.Length)]}: {answer.StatusCode} {text}");
            Assert.Equal(field, JsonNode.Parse(text)!["field"]?.GetValue<string>());
        }

        foreach (var (client, id) in new[] { (admin, 12345L), (alice, job) })
        {
            using var missing = await TestServer.Send(client, "POST", $"{Root}/jobs/{id}/sweep", """{"grid":{"a":[1]}}""");
            Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        }

        Assert.Empty((await TestServer.Get(admin, $"{Root}/batches"))["batches"]!.AsArray());
    }

    [Fact]
    public async Task A_batch_of_another_user_reads_as_missing()
    {
        await using var server = await TestServer.Start();
        using var alice = await server.User("alice");
        using var bob = await server.User("bob");
        var batch = await TestServer.Post(alice, $"{Root}/jobs/{await Job(alice)}/sweep", """{"grid":{"a":[1]}}""");
        foreach (var (verb, path) in new[] { ("GET", ""), ("GET", "/runs"), ("POST", "/cancel") })
        {
            using var refused = await TestServer.Send(bob, verb, $"{Root}/batches/{batch["id"]}{path}");
            Assert.Equal(HttpStatusCode.NotFound, refused.StatusCode);
            using var allowed = await TestServer.Send(alice, verb, $"{Root}/batches/{batch["id"]}{path}");
            Assert.True(allowed.IsSuccessStatusCode);
        }

        Assert.Empty((await TestServer.Get(bob, $"{Root}/batches"))["batches"]!.AsArray());
        using var wrong = await bob.GetAsync($"{Root}/batches?owner=alice");
        Assert.Equal(HttpStatusCode.Forbidden, wrong.StatusCode);
        using var unknown = await alice.GetAsync($"{Root}/batches/{batch["id"]}/runs?parameter=z=1");
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
    }

    [Fact]
    public async Task Cancelling_a_batch_ends_what_lives_of_it()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        var job = await Job(admin, "hold");
        var batch = await TestServer.Post(admin, $"{Root}/jobs/{job}/sweep", $$$"""{"grid":{"a":{{{Numbers(40)}}}}}""");
        using var answer = await TestServer.Send(admin, "POST", $"{Root}/batches/{batch["id"]}/cancel");
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        var ended = await Ended(admin, batch);
        Assert.All(ended["runs"]!.AsObject(), count => Assert.Equal("cancelled", count.Key));
    }

    [Fact]
    public async Task A_Databricks_job_gets_the_set_as_job_parameters_or_as_those_of_its_tasks()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        const string Wheel = """{"task_key":"w","python_wheel_task":{"package_name":"p","entry_point":"e"}}""";
        const string Script = """{"task_key":"s","spark_python_task":{"python_file":"/tmp/x.py"}}""";
        await Sweeps($$"""{"name":"job","parameters":[{"name":"a","default":"0"}],"tasks":[{{Wheel}}]}""", """{"grid":{"a":[1,2]}}""", """{"job_parameters":{"a":"1"}}""");
        await Sweeps($$"""{"name":"wheel","tasks":[{{Wheel}}]}""", """{"grid":{"a":[0.5,2]}}""", """{"parameters":{"python_named_params":{"a":"0.5"}}}""");
        await Sweeps($$"""{"name":"script","tasks":[{{Script}}]}""", """{"grid":{"python_params":[["--a","1"],["--a","2"]]}}""", """{"parameters":{"python_params":["--a","1"]}}""");
        var id = (await TestServer.Post(admin, "/api/2.1/jobs/create", $$"""{"name":"none","tasks":[{{Script}}]}"""))["job_id"];
        using var refused = await TestServer.Send(admin, "POST", $"{Root}/jobs/{id}/sweep", """{"grid":{"a":[1]}}""");
        Assert.Contains("python_params", await refused.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);

        async Task Sweeps(string settings, string sweep, string first)
        {
            var job = (await TestServer.Post(admin, "/api/2.1/jobs/create", settings))["job_id"];
            var batch = await TestServer.Post(admin, $"{Root}/jobs/{job}/sweep", sweep);
            Assert.Equal(2, (await Ended(admin, batch))["made"]!.GetValue<long>());
            Assert.Equal(first, (await TestServer.Get(admin, $"{Root}/batches/{batch["id"]}/runs"))["runs"]![0]!["run"]!["parameters"]!.ToJsonString());
        }
    }

    internal static async Task<long> Job(HttpClient client, string program = "/bin/true") =>
        (await TestServer.Post(client, $"{Root}/jobs", $$"""{"name":"swept","parameters":{"a":"0","b":"0"},"tasks":[{"key":"t","command":["{{program}}"]}]}"""))["id"]!.GetValue<long>();

    private static async Task<JsonNode> Ended(HttpClient client, JsonNode batch)
    {
        for (var tries = 0; tries < 600; tries++)
        {
            var seen = await TestServer.Get(client, $"{Root}/batches/{batch["id"]}");
            if (seen["ended"]!.GetValue<bool>())
                return seen;
            await Task.Delay(100);
        }

        throw new TimeoutException($"batch {batch["id"]} has not ended");
    }

    private static async Task<IEnumerable<long>> Indices(HttpClient client, JsonNode batch, string query) =>
        (await TestServer.Get(client, $"{Root}/batches/{batch["id"]}/runs?{query}"))["runs"]!.AsArray().Select(row => row!["index"]!.GetValue<long>());

    private static string Numbers(int count) => $"[{string.Join(',', Enumerable.Range(0, count))}]";
}
