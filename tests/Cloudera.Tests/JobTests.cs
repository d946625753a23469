using Switchyard.Dialects.Edge;

namespace Switchyard.Cloudera.Tests;

/// <summary>Jobs beyond the document: what Cloudera's own clients make, list, stop and delete.</summary>
public sealed class JobTests(SharedMl shared) : IClassFixture<SharedMl>
{
    [Fact]
    public async Task A_job_as_the_prototypes_send_it_is_made_listed_polled_and_deleted()
    {
        await using var ml = await Ml.Start();
        await ml.Put("3_train_models.py", "import sys, os\nprint(sys.argv[1:], os.getcwd())\n");
        var made = await ml.Call("POST", Ml.Jobs, """
            {"name":"Train Model","type":"manual","script":"3_train_models.py","timezone":"America/Los_Angeles","environment":{},"kernel":"python3",
             "cpu":1,"memory":2,"nvidia_gpu":0,"include_logs":true,"arguments":"--day 'a b' \"c\\\"d\" e\\ f",
             "notifications":[{"user_id":1,"success":false}],"recipients":{},"attachments":[],"report_attachments":[],"success_recipients":["a@example.org"]}
            """);
        made.Is(201);
        var id = made.Json["id"]!.GetValue<long>();
        Assert.True(made.Json["include_logs"]!.GetValue<bool>());
        Assert.Equal("""["a@example.org"]""", made.Json["report"]!["success_recipients"]!.ToJsonString());

        var output = await ml.Output(await ml.Start(id));
        Assert.Equal($"['--day', 'a b', 'c\"d', 'e f'] {ml.Yard.Data}/projects/alice/risk-analysis\n", output);
        var list = (await ml.Call("GET", Ml.Jobs, "{}")).Json.AsArray();
        Assert.Equal("succeeded", Assert.Single(list)!["latest"]!["status"]!.GetValue<string>());

        (await ml.Call("DELETE", $"{Ml.Jobs}/{id}")).Is(204);
        (await ml.Call("GET", $"{Ml.Jobs}/{id}")).Is(404);
        Assert.Empty((await ml.Call("GET", Ml.Jobs)).Json.AsArray());
        Assert.True(await ml.Script("b.py", "1\n") > id);
    }

    [Fact]
    public async Task Scripts_of_every_kind_run_and_fail_as_they_end()
    {
        await using var ml = await Ml.Start();
        Assert.Equal("failed 3", await Ending(ml, await ml.Script("a.sh", "exit 3\n")));
        Assert.Equal("failed 1", await Ending(ml, await ml.Script("a.py", "raise SystemExit(1)\n")));
        Assert.Equal("failed 2", await Ending(ml, await ml.Job("""{"name":"missing","script":"missing.py"}""")));
        var notebook = """{"cells":[{"cell_type":"code","metadata":{},"outputs":[],"execution_count":null,"source":["print(6 * 7)"]}],"metadata":{},"nbformat":4,"nbformat_minor":5}""";
        Assert.Contains("42", await ml.Output(await ml.Start(await ml.Script("a.ipynb", notebook))));
        var r = await ml.Start(await ml.Script("a.R", "cat(6 * 7)\n"));
        if (File.Exists("/usr/bin/Rscript"))
            Assert.Contains("42", await ml.Output(r));
        else
            Assert.Contains("Install the package r-base-core", (await ml.Ended(r))["reason"]!["text"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_run_is_stopped_and_ends_at_its_timeout_if_that_kills()
    {
        await using var ml = await Ml.Start();
        var endless = await ml.Script("a.sh", "sleep 600\n");
        var engine = await ml.Start(endless);
        var stopped = await ml.Call("POST", $"{Ml.Jobs}/{endless}/stop", "{}");
        Assert.Equal(engine, stopped.Ok()["stopped"]![0]!.GetValue<string>());
        await ml.Ended(engine);
        Assert.Equal("stopped", await Status(ml, endless));

        var late = await ml.Script("b.sh", "sleep 600\n", ""","timeout":1,"timeout_kill":true""");
        await ml.Ended(await ml.Start(late));
        Assert.Equal("timedout", await Status(ml, late));
    }

    [Fact]
    public async Task A_script_that_fails_is_run_again_as_often_as_the_job_says()
    {
        await using var ml = await Ml.Start();
        var script = "echo x >> tries\n[ $(wc -l < tries) -gt 2 ]\n";
        Assert.Equal("failed 1", await Ending(ml, await ml.Script("a.sh", script, ""","retry_enabled":true,"max_retry":1,"retry_delay":0""")));
        Assert.Equal("succeeded ", await Ending(ml, await ml.Script("a.sh", "rm -f tries; exec sh -c 'echo x >> b; [ $(wc -l < b) -gt 2 ]'\n", ""","retry_enabled":true,"max_retry":2,"retry_for_script_failure":true""")));
        Assert.Equal("failed 1", await Ending(ml, await ml.Script("c.sh", "exit 1\n", ""","retry_enabled":true,"max_retry":2,"retry_for_system_failure":true""")));
        Assert.Equal("failed 1", await Ending(ml, await ml.Script("d.sh", "exit 1\n", ""","max_retry":2""")));
        var tries = new Dictionary<string, int>();
        foreach (var run in (await ml.Yard.Get("/api/yard/v1/runs?dialect=cloudera")).Ok()["runs"]!.AsArray().Reverse())
            tries[$"{tries.Count} {run!["name"]}"] = (await ml.Yard.Get($"/api/yard/v1/runs/{run["id"]}/attempts")).Ok()["attempts"]!.AsArray().Count;
        Assert.Equal(["0 a.sh 2", "1 a.sh 3", "2 c.sh 1", "3 d.sh 1"], tries.Select(pair => $"{pair.Key} {pair.Value}"));
        (await ml.Call("POST", Ml.Jobs, """{"name":"a","script":"a.sh","max_retry":-1}""")).Is(400);
    }

    [Fact]
    public async Task Runtimes_are_what_the_machine_has_and_a_jobs_own_is_kept()
    {
        await using var ml = await Ml.Start();
        var python = (await ml.Call("GET", "/api/v1/runtimes?includeAll=true&runtimeCatalog=true", "{}")).Ok()["runtimes"]![0]!;
        Assert.Matches("^Python 3\\.[0-9]+$", python["kernel"]!.GetValue<string>());
        Assert.StartsWith(python["shortVersion"]!.GetValue<string>(), python["fullVersion"]!.GetValue<string>());
        var found = (await ml.Yard.Send("GET", $$"""/api/v2/runtimes?search_filter={"kernel":"{{python["kernel"]}}","editor":"Workbench"}&page_size=30""", null, ml.Key)).Ok();
        Assert.Equal(python["imageIdentifier"]!.GetValue<string>(), Assert.Single(found["runtimes"]!.AsArray())!["image_identifier"]!.GetValue<string>());
        Assert.Equal("", found["next_page_token"]!.GetValue<string>());
        Assert.Equal(File.Exists("/usr/bin/Rscript"), (await ml.Yard.Send("GET", "/api/v2/runtimes", null, ml.Key)).Ok()["runtimes"]!.AsArray().Count == 2);
        Assert.Empty((await ml.Yard.Send("GET", """/api/v2/runtimeaddons?search_filter={"identifier":"spark3","status":"AVAILABLE"}""", null, ml.Key)).Ok()["runtime_addons"]!.AsArray());
        Assert.Equal("[]", (await ml.Call("POST", "/api/v1/runtime-addons", """{"component":"Spark"}""")).Text);
        Assert.Equal(1, (await ml.Call("GET", "/api/v1/projects/alice/risk-analysis/engine-images", "{}")).Ok()["id"]!.GetValue<int>());
        (await ml.Call("POST", "/api/v1/projects/alice/risk-analysis/editors", """{"username":"bob"}""")).Is(400, message: "Nobody can be added to alice/risk-analysis: a project is its owner's and the administrators'. Make a project of the other user's, or an administrator of them.");
        var job = await ml.Job("""{"name":"a","script":"a.py","kernel":"","runtime_id":82,"addons":[1,2],"runtime_identifier":"registry/python3.9:1"}""");
        var shown = (await ml.Call("GET", $"{Ml.Jobs}/{job}")).Ok();
        Assert.Equal(("82", """{"id":82}""", "registry/python3.9:1"), (shown["runtime_id"]!.ToJsonString(), shown["runtime"]!.ToJsonString(), shown["runtime_identifier"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_dependent_job_follows_each_success_and_no_failure()
    {
        await using var ml = await Ml.Start();
        var first = await ml.Script("first.sh", "exit ${CODE:-0}\n");
        var second = await ml.Script("second.sh", "true\n", $$""","type":"dependent","parent_job_id":{{first}}""");
        var third = await ml.Script("third.sh", "true\n", $$""","parent":{"id":{{second}}}""");
        Assert.Equal(second, (await ml.Call("GET", $"{Ml.Jobs}/{third}")).Ok()["parent"]!["id"]!.GetValue<long>());

        await ml.Ended(await ml.Start(first, """{"environment":{"CODE":"1"}}"""));
        await ml.Ended(await ml.Start(first));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await Status(ml, third) != "succeeded")
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, patience.Token);
        var runs = (await ml.Yard.Get("/api/yard/v1/runs?dialect=cloudera")).Ok()["runs"]!.AsArray();
        Assert.Equal(["first.sh", "first.sh", "second.sh", "third.sh"], runs.Select(run => run!["name"]!.GetValue<string>()).Order());
        Assert.Equal("after_success", runs[0]!["trigger"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("""{"script":"a.py"}""", "name")]
    [InlineData("""{"name":"a"}""", "script")]
    [InlineData("""{"name":"a","script":1}""", "script")]
    [InlineData("""{"name":"a","script":"a.py","cpu":"1"}""", "cpu")]
    [InlineData("""{"name":"a","script":"a.py","memory":-1}""", "memory")]
    [InlineData("""{"name":"a","script":"a.py","type":"other"}""", "type")]
    [InlineData("""{"name":"a","script":"a.py","type":"cron"}""", "schedule")]
    [InlineData("""{"name":"a","script":"a.py","schedule":"0 13 * *"}""", "schedule")]
    [InlineData("""{"name":"a","script":"a.py","schedule":"99 13 * * 1"}""", "schedule")]
    [InlineData("""{"name":"a","script":"a.py","schedule":"0 13 1 * 1"}""", "schedule")]
    [InlineData("""{"name":"a","script":"a.py","schedule":"0 13 * * 1","timezone":"Mars/Base"}""", "timezone")]
    [InlineData("""{"name":"a","script":"a.py","type":"dependent"}""", "parent_id")]
    [InlineData("""{"name":"a","script":"a.py","parent_id":77}""", "parent_id")]
    [InlineData("""{"name":"a","script":"a.py","parent_id":77,"schedule":"0 13 * * 1"}""", "schedule")]
    [InlineData("""{"name":"a","script":"a.py","arguments":"'"}""", "arguments")]
    [InlineData("""{"name":"a","script":"a.py","environment":{"A":1}}""", "environment")]
    [InlineData("""[1]""", "object")]
    public async Task What_cannot_be_a_job_is_refused_with_the_field(string settings, string field)
    {
        var ml = shared.Ml;
        var refused = await ml.Call("POST", Ml.Jobs, settings);
        refused.Is(400);
        Assert.Contains(field, refused.Message);
        Assert.Empty((await ml.Call("GET", Ml.Jobs)).Json.AsArray());
    }

    [Fact]
    public async Task Users_projects_and_files_are_shown_as_clients_read_them()
    {
        await using var ml = await Ml.Start();
        await ml.Put("data/a.txt", "hello");
        var user = (await ml.Call("GET", "/api/v1/users/alice", "{}")).Ok();
        Assert.Equal(("alice", "user"), (user["username"]!.GetValue<string>(), user["type"]!.GetValue<string>()));
        (await ml.Call("GET", "/api/v1/users/admin", "{}")).Is(404);
        var project = (await ml.Call("GET", "/api/v1/projects/alice/risk-analysis", "{}")).Ok();
        Assert.Equal("Risk Analysis", project["name"]!.GetValue<string>());
        Assert.Equal("ml_runtime", project["default_project_engine_type"]!.GetValue<string>());
        Assert.Equal("hello", (await ml.Call("GET", "/api/v1/projects/alice/risk-analysis/files/data/a.txt")).Text);
        (await ml.Call("GET", "/api/v1/projects/alice/risk-analysis/files/..%2f..%2fswitchyard.db")).Is(404);
        (await ml.Call("GET", "/api/v1/projects/alice/risk-analysis/files/none")).Is(404);
        var summary = (await ml.Call("GET", "/api/v1/users/alice/projects-summary?all=true&scope=all&context=alice&sortColumn=updated_at&projectName=risk&limit=30&offset=0", "{}")).Json.AsArray();
        Assert.Equal("risk-analysis", Assert.Single(summary)!["slug_raw"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("0 13 * * 1", "0 0 13 ? * 2")]
    [InlineData("*/5 0-6 1,15 * *", "0 */5 0-6 1,15 * ?")]
    [InlineData("0 0 * JAN 0,7", "0 0 0 ? JAN 1")]
    [InlineData("0 0 * * MON-FRI", "0 0 0 ? * 2,3,4,5,6")]
    [InlineData("0 0 * * 5-7", "0 0 0 ? * 1,6,7")]
    [InlineData("0 0 * * */2", "0 0 0 ? * 1,3,5,7")]
    [InlineData("0 0 1 * 1", null)]
    [InlineData("0 0 * * 8", null)]
    [InlineData("0 0 * * ?", null)]
    [InlineData("@daily", null)]
    public void Five_field_cron_is_told_in_the_engines_own_words(string cron, string? quartz) => Assert.Equal(quartz, CronText.ToQuartz(cron).Value);

    private static async Task<string> Ending(Ml ml, long job)
    {
        await ml.Ended(await ml.Start(job));
        var latest = (await ml.Call("GET", $"{Ml.Jobs}/{job}")).Ok()["latest"]!;
        return $"{latest["status"]} {latest["exit_code"]}";
    }

    private static async Task<string?> Status(Ml ml, long job) => (await ml.Call("GET", $"{Ml.Jobs}/{job}")).Ok()["latest"]?["status"]?.GetValue<string>();
}
