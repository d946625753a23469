using System.Net;
using System.Text.Json.Nodes;

namespace Switchyard.Server.Tests;

/// <summary>What people look at first: the overview, the pools, lists of jobs and what comes next.</summary>
public sealed class OverviewTests
{
    private const string Root = "/api/yard/v1";

    [Fact]
    public async Task The_overview_counts_and_shows_what_the_caller_may_see_and_nothing_else()
    {
        await using var server = await TestServer.Start();
        using var alice = await server.User("alice");
        using var bob = await server.User("bob");
        await TestServer.EndedRun(alice);
        await Fails(alice);
        var held = await TestServer.Job(alice, "hold");
        var run = (await TestServer.Post(alice, $"{Root}/jobs/{held}/run", "{}"))["run_id"]!.GetValue<long>();
        await Running(alice, run);
        await Scheduled(alice, "0 0 12 * * ?");
        var seen = await TestServer.Get(alice, $"{Root}/overview");
        Assert.Equal("""{"running":1,"waiting":0,"failed_day":1,"succeeded_day":1}""", seen["counts"]!.ToJsonString());
        Assert.Equal([run], seen["running"]!.AsArray().Select(one => one!["id"]!.GetValue<long>()));
        Assert.Equal("failed", Assert.Single(seen["failed"]!.AsArray())!["state"]!.GetValue<string>());
        Assert.Equal("daily", Assert.Single(seen["next"]!.AsArray())!["name"]!.GetValue<string>());
        Assert.True(seen["has_jobs"]!.GetValue<bool>() && seen["has_runs"]!.GetValue<bool>());
        var pool = Assert.Single(seen["pools"]!.AsArray())!;
        Assert.Equal(("default", 1, 0, 1, 16), (
            pool["name"]!.GetValue<string>(), pool["running"]!.GetValue<int>(), pool["waiting"]!.GetValue<int>(), pool["used"]!["slots"]!.GetValue<int>(), pool["total"]!["slots"]!.GetValue<int>()));

        var others = await TestServer.Get(bob, $"{Root}/overview");
        Assert.Equal("""{"running":0,"waiting":0,"failed_day":0,"succeeded_day":0}""", others["counts"]!.ToJsonString());
        Assert.All(new[] { "running", "failed", "next" }, list => Assert.Empty(others[list]!.AsArray()));
        Assert.False(others["has_jobs"]!.GetValue<bool>() || others["has_runs"]!.GetValue<bool>());
        using var admin = server.Client();
        Assert.Equal(1, (await TestServer.Get(admin, $"{Root}/overview"))["counts"]!["failed_day"]!.GetValue<int>());
        Assert.Equal("default", (await TestServer.Get(bob, $"{Root}/pools"))["pools"]![0]!["name"]!.GetValue<string>());
    }

    [Fact]
    public async Task Jobs_are_found_by_a_part_of_their_name_and_show_their_newest_run()
    {
        await using var server = await TestServer.Start();
        using var alice = await server.User("alice");
        using var bob = await server.User("bob");
        var job = await Scheduled(alice, "0 0 12 * * ?");
        await TestServer.Job(alice);
        await TestServer.Post(alice, $"{Root}/jobs/{job}/run", "{}");
        var run = (await TestServer.Post(alice, $"{Root}/jobs/{job}/run", "{}"))["run_id"]!.GetValue<long>();
        await TestServer.Get(alice, $"{Root}/runs/{run}/wait?seconds=60");
        var found = Assert.Single((await TestServer.Get(alice, $"{Root}/jobs?search=AiL"))["jobs"]!.AsArray())!;
        Assert.Equal((job, run, "succeeded"), (found["id"]!.GetValue<long>(), found["last_run"]!["id"]!.GetValue<long>(), found["last_run"]!["state"]!.GetValue<string>()));
        Assert.Equal(job.ToString(), found["public_id"]!.GetValue<string>());
        Assert.Null((await TestServer.Get(alice, $"{Root}/jobs?search=one"))["jobs"]![0]!["last_run"]);
        Assert.Empty((await TestServer.Get(alice, $"{Root}/jobs?search=%25"))["jobs"]!.AsArray());
        Assert.Empty((await TestServer.Get(bob, $"{Root}/jobs?search=dail"))["jobs"]!.AsArray());
        Assert.Empty((await TestServer.Get(alice, $"{Root}/jobs?project=alice/nothing"))["jobs"]!.AsArray());
        using var wrong = await alice.GetAsync($"{Root}/jobs?project=alice");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    [Fact]
    public async Task The_next_fires_of_a_job_are_shown_in_order_to_who_may_see_it()
    {
        await using var server = await TestServer.Start();
        using var alice = await server.User("alice");
        using var bob = await server.User("bob");
        var job = await Scheduled(alice, "0 30 9 ? * MON", "Europe/Berlin");
        var fires = await TestServer.Get(alice, $"{Root}/jobs/{job}/next-fires?count=3");
        var times = fires["next"]!.AsArray().Select(time => time!.GetValue<DateTimeOffset>()).ToList();
        Assert.Equal(3, times.Count);
        Assert.All(times, time => Assert.Equal(DayOfWeek.Monday, TimeZoneInfo.ConvertTime(time, TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin")).DayOfWeek));
        Assert.Equal(times.Order(), times);
        Assert.Equal("Europe/Berlin", fires["zone"]!.GetValue<string>());
        Assert.Empty((await TestServer.Get(alice, $"{Root}/jobs/{await TestServer.Job(alice)}/next-fires"))["next"]!.AsArray());
        using var hidden = await bob.GetAsync($"{Root}/jobs/{job}/next-fires");
        Assert.Equal(HttpStatusCode.NotFound, hidden.StatusCode);
    }

    [Fact]
    public async Task A_schedule_is_shown_before_it_is_used_in_five_fields_or_as_Quartz()
    {
        await using var server = await TestServer.Start();
        using var alice = await server.User("alice");
        var five = await Preview("""{"cron":"0 13 * * 1","zone":"Asia/Tokyo","count":2}""");
        var quartz = await Preview("""{"cron":"0 0 13 ? * MON","zone":"Asia/Tokyo","dialect":"databricks","count":2}""");
        Assert.Equal(quartz.ToJsonString(), five.ToJsonString());
        Assert.Equal(4, five["next"]![0]!.GetValue<DateTimeOffset>().UtcDateTime.Hour);
        Assert.Equal(5, (await Preview("""{"cron":"* * * * *"}"""))["next"]!.AsArray().Count);
        foreach (var (body, field) in new (string, string?)[]
        {
            ("""{"cron":"0 13 * * 9"}""", "cron"), ("""{"cron":"0 13 * *"}""", "cron"), ("""{"cron":"0 0 13 ? * MON","dialect":"orchest"}""", "cron"), ("""{"cron":"0 13 * * 1","dialect":"yard"}""", "cron"),
            ("""{"cron":"0 13 * * 1","zone":"Mars/Base"}""", "zone"), ("""{"zone":"UTC"}""", "cron"), ("""{"cron":"* * * * *","count":0}""", "count"), ("{", null),
        })
        {
            using var answer = await TestServer.Send(alice, "POST", $"{Root}/schedules/preview", body);
            Assert.True(answer.StatusCode == HttpStatusCode.BadRequest, $"{body}: {answer.StatusCode}");
            Assert.Equal(field, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["field"]?.GetValue<string>());
        }

        Task<JsonNode> Preview(string body) => TestServer.Post(alice, $"{Root}/schedules/preview", body);
    }

    [Fact]
    public async Task A_run_shows_the_settings_and_the_plan_it_was_made_of()
    {
        await using var server = await TestServer.Start();
        using var alice = await server.User("alice");
        using var bob = await server.User("bob");
        const string Settings = """{"name":"two","parameters":{"x":"1"},"tasks":[{"key":"a","command":["/bin/true"]},{"key":"b","command":["/bin/true"],"depends_on":[{"task":"a"}]}]}""";
        var job = (await TestServer.Post(alice, $"{Root}/jobs", Settings))["id"];
        var run = (await TestServer.Post(alice, $"{Root}/jobs/{job}/run", """{"parameters":{"x":"2"}}"""))["run_id"];
        var seen = await TestServer.Get(alice, $"{Root}/runs/{run}/settings");
        Assert.Equal(Settings, seen["settings"]!.ToJsonString());
        Assert.Equal("""{"x":"2"}""", seen["parameters"]!.ToJsonString());
        Assert.Equal("""[{"task":"a"}]""", seen["plan"]!["tasks"]![1]!["depends_on"]!.ToJsonString());
        Assert.Empty(seen["passes"]!.AsArray());
        using var hidden = await bob.GetAsync($"{Root}/runs/{run}/settings");
        Assert.Equal(HttpStatusCode.NotFound, hidden.StatusCode);
    }

    private static async Task Fails(HttpClient client)
    {
        var run = (await TestServer.Post(client, $"{Root}/jobs/{await TestServer.Job(client, "/bin/false")}/run", "{}"))["run_id"];
        await TestServer.Get(client, $"{Root}/runs/{run}/wait?seconds=60");
    }

    private static async Task Running(HttpClient client, long run)
    {
        for (var tries = 0; (await TestServer.Get(client, $"{Root}/runs/{run}"))["state"]!.GetValue<string>() != "running"; tries++)
        {
            Assert.True(tries < 600);
            await Task.Delay(100);
        }
    }

    private static async Task<long> Scheduled(HttpClient client, string cron, string zone = "UTC") =>
        (await TestServer.Post(client, $"{Root}/jobs", $$$"""{"name":"daily","schedule":{"cron":"{{{cron}}}","zone":"{{{zone}}}"},"tasks":[{"key":"a","command":["/bin/true"]}]}"""))["id"]!.GetValue<long>();
}
