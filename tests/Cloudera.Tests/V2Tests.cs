using System.Text.Json.Nodes;
using Switchyard.OpenPai.Tests;

namespace Switchyard.Cloudera.Tests;

/// <summary>The second version of the API: the same jobs in other words, and their runs.</summary>
public sealed class V2Tests
{
    private const string Form = "^[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}$";

    [Fact]
    public async Task A_job_of_one_version_is_a_job_of_the_other_by_either_form_of_its_id()
    {
        await using var ml = await Ml.Start();
        var project = await Project(ml);
        var first = await ml.Script("a.sh", "echo first\n", ""","environment":{"A":"1"},"timeout":60,"success_recipients":["a@example.org","b@example.org"]""");
        var made = (await Send(ml, "POST", $"{project}/jobs", """{"name":"b","script":"a.sh","environment":{"B":"2"},"schedule":"0 13 * * 1","kill_on_timeout":true,"timeout":"90","runtime_identifier":"r/x:1","success_recipients":"c@example.org"}""")).Ok();
        Assert.Matches(Form, Text(made, "id"));
        Assert.Equal(("cron", "America/Los_Angeles", """{"B":"2"}""", "90", "r/x:1"), (Text(made, "type"), Text(made, "timezone"), Text(made, "environment"), Text(made, "timeout"), Text(made, "runtime_identifier")));

        var jobs = (await Send(ml, "GET", $"{project}/jobs")).Ok()["jobs"]!.AsArray();
        Assert.Equal(["a.sh", "b"], jobs.Select(job => Text(job!, "name")));
        Assert.Equal(("manual", """{"A":"1"}""", "60", "a@example.org,b@example.org"), (Text(jobs[0]!, "type"), Text(jobs[0]!, "environment"), Text(jobs[0]!, "timeout"), Text(jobs[0]!, "success_recipients")));
        foreach (var id in new[] { $"{first}", Text(jobs[0]!, "id") })
        {
            Assert.Equal("a.sh", Text((await Send(ml, "GET", $"{project}/jobs/{id}")).Ok(), "name"));
            Assert.Equal("a.sh", Text((await ml.Call("GET", $"{Ml.Jobs}/{id}")).Ok(), "name"));
        }

        var shown = (await ml.Call("GET", $"{Ml.Jobs}/{Text(made, "id")}")).Ok();
        Assert.Equal(("cron", """["c@example.org"]""", true), (Text(shown, "type"), shown["report"]!["success_recipients"]!.ToJsonString(), shown["kill_on_timeout"]!.GetValue<bool>()));
        var number = (await ml.Call("GET", "/api/v1/projects/alice/risk-analysis")).Ok()["id"];
        Assert.Equal(2, (await Send(ml, "GET", $"/api/v2/projects/{number}/jobs")).Ok()["jobs"]!.AsArray().Count);
        Assert.Equal(2, (await Send(ml, "GET", "/api/v2/jobs")).Ok()["jobs"]!.AsArray().Count);

        Assert.Equal("{}", (await Send(ml, "DELETE", $"{project}/jobs/{first}")).Ok().ToJsonString());
        (await ml.Call("GET", $"{Ml.Jobs}/{first}")).Is(404);
        (await ml.Call("DELETE", $"{Ml.Jobs}/{Text(made, "id")}")).Is(204);
        Assert.Empty((await Send(ml, "GET", $"{project}/jobs")).Ok()["jobs"]!.AsArray());
    }

    [Fact]
    public async Task Jobs_are_moved_from_another_workspace_as_its_tool_does_it()
    {
        await using var ml = await Ml.Start();
        var projects = (await Send(ml, "GET", """/api/v2/projects?search_filter={"name":"Risk Analysis"}&include_public_projects=true&page_size=100000""")).Ok()["projects"]!;
        Assert.Equal(("Risk Analysis", "alice", "ml_runtime"), (Text(projects[0]!, "name"), Text(projects[0]!["owner"]!, "username"), Text(projects[0]!, "default_engine_type")));
        var project = $"/api/v2/projects/{Text(projects[0]!, "id")}";
        Assert.Empty((await Send(ml, "GET", """/api/v2/projects?search_filter={"name":"Risk"}""")).Ok()["projects"]!.AsArray());
        await ml.Put("a.py", "print(1)\n");
        var ids = new List<string>();
        foreach (var name in new[] { "parent", "child" })
        {
            var search = Uri.EscapeDataString($$"""{"name":"{{name}}","script":"a.py"}""");
            Assert.Empty((await Send(ml, "GET", $"{project}/jobs?search_filter={search}&page_size=100000")).Ok()["jobs"]!.AsArray());
            ids.Add(Text((await Send(ml, "POST", $"{project}/jobs", $$"""{"name":"{{name}}","script":"a.py","paused":true,"cpu":1,"memory":1,"nvidia_gpu":0,"timeout":3600,"timezone":"Europe/Berlin"}""")).Ok(), "id"));
            Assert.Single((await Send(ml, "GET", $"{project}/jobs?search_filter={search}")).Ok()["jobs"]!.AsArray());
        }

        var child = (await Send(ml, "PATCH", $"{project}/jobs/{ids[1]}", $$"""{"parent_id":"{{ids[0]}}"}""")).Ok();
        Assert.Equal((ids[0], "dependent", true), (Text(child, "parent_id"), Text(child, "type"), child["paused"]!.GetValue<bool>()));
        Assert.Equal(Text(child, "name"), Text((await Send(ml, "GET", """/api/v2/jobs?search_filter={"type":"dependent","paused":true}""")).Ok()["jobs"]![0]!, "name"));
        // A paused job does not follow.
        await ml.Ended(await ml.Start(long.Parse(ids[0].Replace("-", "", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Empty((await Send(ml, "GET", $"{project}/jobs/{ids[1]}/runs")).Ok()["job_runs"]!.AsArray());
    }

    [Fact]
    public async Task A_whole_job_sent_back_changes_what_was_changed_in_it_and_nothing_else()
    {
        await using var ml = await Ml.Start();
        var project = await Project(ml);
        var number = await ml.Script("a.sh", "echo \"$A\"\n", ""","environment":{"A":"1"},"own":"kept","type":"manual","timeout_kill":true""");
        var job = (await Send(ml, "GET", $"{project}/jobs/{number}")).Ok();
        var before = (await ml.Call("GET", $"{Ml.Jobs}/{number}")).Ok();
        var same = (await Send(ml, "PATCH", $"{project}/jobs/{number}", job.ToJsonString())).Ok();
        job["updated_at"] = same["updated_at"]!.DeepClone();
        Assert.Equal(job.ToJsonString(), same.ToJsonString());

        job["environment"] = """{"A":"2"}""";
        job["schedule"] = "30 2 * * *";
        job["timezone"] = "Europe/Berlin";
        job["kill_on_timeout"] = false;
        var changed = (await Send(ml, "PATCH", $"{project}/jobs/{number}", job.ToJsonString())).Ok();
        Assert.Equal(("cron", "30 2 * * * in Europe/Berlin", """{"A":"2"}"""), (Text(changed, "type"), Text(changed, "english_schedule"), Text(changed, "environment")));
        Assert.False(changed["kill_on_timeout"]!.GetValue<bool>());
        Assert.Equal("2\n", await ml.Output(await ml.Start(number)));
        var shown = (await ml.Call("GET", $"{Ml.Jobs}/{number}")).Ok();
        Assert.Equal(("kept", Text(before, "created_at"), "cron"), (Text(shown, "own"), Text(shown, "created_at"), Text(shown, "type")));
        var fire = await NextFire(ml);
        Assert.NotNull(fire);

        Assert.Equal("Asia/Tokyo", Text((await Send(ml, "PATCH", $"{project}/jobs/{number}", """{"timezone":"Asia/Tokyo"}""")).Ok(), "timezone"));
        Assert.NotEqual(fire, await NextFire(ml));
        Assert.True((await Send(ml, "PATCH", $"{project}/jobs/{number}", """{"paused":true}""")).Ok()["paused"]!.GetValue<bool>());
        Assert.Null(await NextFire(ml));
        Assert.Equal("manual", Text((await Send(ml, "PATCH", $"{project}/jobs/{number}", """{"schedule":"","paused":false}""")).Ok(), "type"));
    }

    [Fact]
    public async Task Jobs_that_would_wait_for_each_other_are_refused_with_the_circle()
    {
        await using var ml = await Ml.Start();
        var project = await Project(ml);
        var a = await ml.Script("a.sh", "true\n");
        var b = await ml.Script("b.sh", "true\n", $$""","parent_id":{{a}}""");
        var c = await ml.Script("c.sh", "true\n", $$""","parent_id":{{b}}""");
        foreach (var (parent, circle) in new[] { (c, $"'a.sh' ({a}) after 'c.sh' ({c}) after 'b.sh' ({b}) after 'a.sh' ({a})"), (a, $"'a.sh' ({a}) after 'a.sh' ({a})") })
        {
            var refused = await Send(ml, "PATCH", $"{project}/jobs/{a}", $$"""{"parent_id":"{{parent}}"}""");
            Refused(refused, 400, 3);
            Assert.Contains(circle, refused.Message);
        }

        // Two changes at once, each right by itself: one of them is refused.
        var (d, e) = (await ml.Script("d.sh", "true\n"), await ml.Script("e.sh", "true\n"));
        var both = await Task.WhenAll(
            Send(ml, "PATCH", $"{project}/jobs/{d}", $$"""{"parent_job_id":"{{e}}"}"""), Send(ml, "PATCH", $"{project}/jobs/{e}", $$"""{"parent_job_id":"{{d}}"}"""));
        Assert.Equal([200, 400], both.Select(answer => answer.Status).Order());

        // Who lost the parent may be changed, and set free.
        (await ml.Call("DELETE", $"{Ml.Jobs}/{a}")).Is(204);
        Assert.Equal(("other", "dependent", ""), Kind((await Send(ml, "PATCH", $"{project}/jobs/{b}", """{"name":"other"}""")).Ok()));
        Refused(await Send(ml, "PATCH", $"{project}/jobs/{b}", """{"parent_id":"999"}"""), 400, 3);
        Assert.Equal(("other", "cron", ""), Kind((await Send(ml, "PATCH", $"{project}/jobs/{b}", """{"schedule":"* * * * *","paused":true}""")).Ok()));

        static (string, string, string) Kind(JsonNode job) => (Text(job, "name"), Text(job, "type"), Text(job, "parent_id"));
    }

    [Fact]
    public async Task Runs_are_made_followed_listed_and_stopped()
    {
        await using var ml = await Ml.Start();
        var project = await Project(ml);
        var job = await ml.Script("a.sh", "echo \"$A $B $*\"\nsleep ${S:-0}\nexit ${CODE:-0}\n", ""","arguments":"one","environment":{"A":"job","B":"job"}""");
        var runs = $"{project}/jobs/{job}/runs";
        var made = (await Send(ml, "POST", runs, """{"environment":{"B":"run"},"arguments":"'two three'"}""")).Ok();
        Assert.Matches("^[0-9a-z]{16}$", Text(made, "id"));
        Assert.StartsWith("ENGINE_", Text(made, "status"));
        Assert.Equal("job run two three\n", await ml.Output(Text(made, "id")));
        var ended = (await Send(ml, "GET", $"{runs}/{Text(made, "id")}")).Ok();
        Assert.Equal(("ENGINE_SUCCEEDED", "'two three'", """{"A":"job","B":"run"}"""), (Text(ended, "status"), Text(ended, "arguments"), Text(ended, "environment")));
        Assert.NotNull(ended["finished_at"]);
        Assert.Equal("job job one\n", await ml.Output(Text((await Send(ml, "POST", runs, """{"environment":"","arguments":""}""")).Ok(), "id")));

        var failed = Text((await Send(ml, "POST", runs, """{"environment":"{\"CODE\":\"3\"}"}""")).Ok(), "id");
        await ml.Ended(failed);
        var endless = Text((await Send(ml, "POST", runs, """{"environment":{"S":"600"}}""")).Ok(), "id");
        Assert.Equal("{}", (await Send(ml, "POST", $"{runs}/{endless}:stop", "{}")).Ok().ToJsonString());
        await ml.Ended(endless);
        Assert.Equal("ENGINE_STOPPED", Text((await Send(ml, "GET", $"{runs}/{endless}")).Ok(), "status"));
        (await Send(ml, "POST", $"{runs}/{endless}:stop")).Is(200);

        Assert.Equal([failed], await Ids($$"""{{runs}}?search_filter={"status":"ENGINE_FAILED"}"""));
        Assert.Empty(await Ids($$"""{{runs}}?search_filter={"status":"ENGINE_UNKNOWN"}"""));
        var down = await Ids(runs);
        Assert.Equal(4, down.Count);
        Assert.Equal(endless, down[0]);
        foreach (var sort in new[] { "", "&sort=-created_at", "&sort=%2Bcreated_at", "&sort=+created_at" })
        {
            var (all, token) = (new List<string>(), "");
            do
            {
                var page = (await Send(ml, "GET", $"{runs}?page_size=3&page_token={token}{sort}")).Ok();
                all.AddRange(page["job_runs"]!.AsArray().Select(run => Text(run!, "id")));
                token = Text(page, "next_page_token");
            }
            while (token.Length > 0);
            Assert.Equal(sort is "" or "&sort=-created_at" ? down : [.. down.AsEnumerable().Reverse()], all);
        }

        async Task<List<string>> Ids(string path) => [.. (await Send(ml, "GET", path)).Ok()["job_runs"]!.AsArray().Select(run => Text(run!, "id"))];
    }

    [Fact]
    public async Task Lists_are_sorted_and_come_in_pages()
    {
        await using var ml = await Ml.Start();
        var project = await Project(ml);
        foreach (var name in new[] { "b", "d", "a", "c" })
            await ml.Job($$"""{"name":"{{name}}","script":"x.py"}""");
        Assert.Equal(["b", "d", "a", "c"], await Names(""));
        Assert.Equal(["a", "b", "c", "d"], await Names("sort=name"));
        Assert.Equal(["d", "c", "b", "a"], await Names("sort=-name"));
        Assert.Equal(["a", "b", "c", "d"], await Names("sort=%2Bscript,%2Bname"));
        Assert.Equal(["c", "a", "d", "b"], await Names("sort=-created_at"));

        async Task<List<string>> Names(string query)
        {
            var (all, token) = (new List<string>(), "");
            do
            {
                var page = (await Send(ml, "GET", $"{project}/jobs?{query}&page_size=3&page_token={token}")).Ok();
                all.AddRange(page["jobs"]!.AsArray().Select(job => Text(job!, "name")));
                token = Text(page, "next_page_token");
            }
            while (token.Length > 0);
            return all;
        }
    }

    [Fact]
    public async Task The_key_and_tokens_open_it_as_bearer_and_refusals_have_the_gateways_form()
    {
        await using var ml = await Ml.Start();
        var project = await Project(ml);
        var job = await ml.Script("a.sh", "true\n");
        foreach (var credential in new[] { ml.Key, ml.Token, ml.Yard.Admin })
            (await ml.Yard.Send("GET", $"{project}/jobs/{job}", null, credential)).Is(200);
        (await ml.Call("GET", $"{project}/jobs/{job}")).Is(200);
        (await ml.Call("GET", $"{project}/jobs/{job}", pair: "alice:password of alice")).Is(200);
        Refused(await ml.Yard.Send("GET", $"{project}/jobs/{job}", null, new string('a', 32)), 401, 16);
        Refused(await ml.Yard.Send("GET", $"{project}/jobs/{job}", null, ""), 401, 16);
        (await ml.Yard.Send("GET", "/api/yard/v1/me", null, ml.Key)).Is(401);
        const string Exchange = "/api/v1/users/alice/apikey", Week = """{"expiryDate":"2027-01-01T00:00:00Z"}""";
        Assert.Equal($$"""{"apiKey":"{{ml.Key}}"}""", (await ml.Call("POST", Exchange, Week)).Ok().ToJsonString());
        (await ml.Call("POST", Exchange, Week, pair: "alice:password of alice")).Is(403);
        foreach (var token in new[] { ml.Token, ml.Yard.Admin })
            (await ml.Yard.Send("POST", Exchange, Week, token)).Is(403);
        (await ml.Yard.Send("GET", "/api/2.1/jobs/list", null, ml.Key)).Is(403);

        await ml.Yard.User("bob");
        var bob = await ml.Reveal("bob", await ml.Yard.SignIn("bob", "password of bob"));
        foreach (var (method, path) in new[] { ("GET", ""), ("GET", "/jobs"), ("POST", "/jobs"), ("GET", $"/jobs/{job}"), ("PATCH", $"/jobs/{job}"), ("DELETE", $"/jobs/{job}"), ("GET", $"/jobs/{job}/runs"), ("POST", $"/jobs/{job}/runs"), ("GET", $"/jobs/{job}/runs/1"), ("POST", $"/jobs/{job}/runs/1:stop") })
            Refused(await ml.Yard.Send(method, project + path, method is "GET" or "DELETE" ? null : "{}", bob), 403, 7);
        Assert.Empty((await ml.Yard.Send("GET", "/api/v2/projects", null, bob)).Ok()["projects"]!.AsArray());
        Assert.Empty((await ml.Yard.Send("GET", "/api/v2/jobs?include_all_projects=true", null, bob)).Ok()["jobs"]!.AsArray());
        Assert.Empty((await ml.Yard.Send("GET", "/api/v2/projects?include_all_projects=true", null, bob)).Ok()["projects"]!.AsArray());
        Assert.Single((await ml.Yard.Send("GET", "/api/v2/projects?include_all_projects=true")).Ok()["projects"]!.AsArray());

        foreach (var path in new[] { "/api/v2", "/api/v2/nothing", "/api/v2/projects/0000-0000-0000-0001", "/api/v2/projects/x", $"{project}/jobs/999", $"{project}/jobs/0000-0000-0000-0999", $"{project}/jobs/99999999999999999999", $"{project}/jobs/{job}/runs/1", $"{project}/jobs/{job}/runs/zzzzzzzzzzzzzzzz", $"{project}/jobs/{job}/runs/-1" })
            Refused(await Send(ml, "GET", path), 404, 5);
        // A run of another job is none of this one's.
        var other = await ml.Start(await ml.Script("b.sh", "true\n"));
        Refused(await Send(ml, "GET", $"{project}/jobs/{job}/runs/{other}"), 404, 5);
    }

    [Fact]
    public async Task What_makes_no_sense_is_refused_and_changes_nothing()
    {
        await using var ml = await Ml.Start();
        var project = await Project(ml);
        await ml.Script("a.sh", "true\n");
        var before = (await Send(ml, "GET", $"{project}/jobs")).Ok().ToJsonString();
        foreach (var (method, path, body) in new (string, string, string?)[]
        {
            ("POST", "/jobs", "[]"),
            ("POST", "/jobs", "{"),
            ("POST", "/jobs", "{}"),
            ("POST", "/jobs", """{"name":1,"script":"a.sh"}"""),
            ("POST", "/jobs", """{"name":"a","script":["a.sh"]}"""),
            ("POST", "/jobs", """{"name":"a","script":"a.sh","cpu":"many"}"""),
            ("POST", "/jobs", """{"name":"a","script":"a.sh","timeout":"long"}"""),
            ("POST", "/jobs", """{"name":"a","script":"a.sh","timeout":1e400}"""),
            ("POST", "/jobs", """{"name":"a","script":"a.sh","paused":"yes"}"""),
            ("POST", "/jobs", """{"name":"a","script":"a.sh","environment":"A=1"}"""),
            ("POST", "/jobs", """{"name":"a","script":"a.sh","environment":"{\"A\":1}"}"""),
            ("POST", "/jobs", """{"name":"a","script":"a.sh","environment":[]}"""),
            ("POST", "/jobs", """{"name":"a","script":"a.sh","schedule":"99 * * * *"}"""),
            ("POST", "/jobs", """{"name":"a","script":"a.sh","schedule":"0 0 * * *","timezone":"Mars/Base"}"""),
            ("POST", "/jobs", """{"name":"a","script":"a.sh","timezone":"Mars/Base"}"""),
            ("POST", "/jobs", """{"name":"a","script":"a.sh","parent_id":"zzzz-zzzz-zzzz-zzzz"}"""),
            ("POST", "/jobs", """{"name":"a","script":"a.sh","parent_id":{}}"""),
            ("POST", "/jobs", """{"name":"a","script":"a.sh","parent_id":"1","schedule":"0 0 * * *"}"""),
            ("PATCH", "/jobs/1", """{"name":""}"""),
            ("PATCH", "/jobs/1", """{"script":5}"""),
            ("PATCH", "/jobs/1", """{"parent_id":"1"}"""),
            ("PATCH", "/jobs/1", """{"environment":"{\"A\":{}}"}"""),
            ("PATCH", "/jobs/1", """{"environment":"big"}"""),
            ("PATCH", "/jobs/1", "[]"),
            ("POST", "/jobs/1/runs", """{"environment":{"A":1}}"""),
            ("POST", "/jobs/1/runs", """{"environment":"x"}"""),
            ("POST", "/jobs/1/runs", """{"environment":5}"""),
            ("POST", "/jobs/1/runs", """{"arguments":["a"]}"""),
            ("POST", "/jobs/1/runs", """{"arguments":"'"}"""),
            ("GET", "/jobs?search_filter=x", null),
            ("GET", "/jobs?search_filter=[]", null),
            ("GET", """/jobs?search_filter={"other":"x"}""", null),
            ("GET", """/jobs?search_filter={"name":{}}""", null),
            ("GET", """/jobs?search_filter={"name":"\ud800"}""", null),
            ("GET", "/jobs?sort=other", null),
            ("GET", "/jobs?page_size=-1", null),
            ("GET", "/jobs?page_size=many", null),
            ("GET", "/jobs?page_token=x", null),
            ("GET", "/jobs/1/runs?sort=name", null),
            ("GET", "/jobs/1/runs?page_token=x", null),
        })
        {
            var refused = await Send(ml, method, project + path, body?.Replace("big", $$"""{\"A\":\"{{new string('x', 200_000)}}\"}""", StringComparison.Ordinal));
            Assert.True(refused.Status == 400, $"{method} {path} {body}: {refused.Status} {refused.Text}");
            Refused(refused, 400, 3);
        }

        Assert.Equal(before, (await Send(ml, "GET", $"{project}/jobs")).Ok().ToJsonString());
        Assert.Empty((await Send(ml, "GET", $"{project}/jobs/1/runs")).Ok()["job_runs"]!.AsArray());
    }

    private static void Refused(Answer answer, int status, int code)
    {
        answer.Is(status);
        Assert.Equal(code, answer.Json["code"]!.GetValue<int>());
        Assert.NotEmpty(answer.Message!);
        Assert.Equal(answer.Message, answer.Json["error"]!.GetValue<string>());
        Assert.Empty(answer.Json["details"]!.AsArray());
    }

    /// <summary>A call with the key as bearer.</summary>
    private static Task<Answer> Send(Ml ml, string method, string path, string? body = null) => ml.Yard.Send(method, path, body, ml.Key);

    /// <summary>The address of the project.</summary>
    private static async Task<string> Project(Ml ml)
    {
        var id = Text((await Send(ml, "GET", "/api/v2/projects")).Ok()["projects"]![0]!, "id");
        Assert.Matches(Form, id);
        return $"/api/v2/projects/{id}";
    }

    private static async Task<string?> NextFire(Ml ml) => (await ml.Yard.Get("/api/yard/v1/jobs?dialect=cloudera")).Ok()["jobs"]![0]!["next_fire_at"]?.GetValue<string>();

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();
}
