using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Switchyard.OpenPai.Tests;

/// <summary>Jobs of an old cluster, and those without a namespace.</summary>
public sealed class JobImportTests
{
    private const string Config = """{"jobName":"train","image":"i","virtualCluster":"default","taskRoles":[{"name":"main","taskNumber":"2","gpuNumber":1,"command":"echo again"}]}""";

    [Fact]
    public async Task An_ended_job_comes_with_its_history_and_may_run_again()
    {
        await using var yard = await Yard.Start();
        await yard.User("bob");
        var alice = await yard.User("alice");
        var created = TimeProvider.System.GetUtcNow().AddDays(-3).ToUnixTimeMilliseconds();
        var file = await yard.Beside("jobs.json", $$$$$"""
            [{"username":"alice","config":{{{{{Config}}}}},"status":{"name":"train","jobStatus":{"username":"alice","state":"FAILED","subState":"FRAMEWORK_COMPLETED","executionType":"START","retries":3,
              "retryDetails":{"user":1,"platform":2,"resource":0},"createdTime":{{{{{created}}}}},"completedTime":{{{{{created + 60_000}}}}},"appId":"application_1_0040","appProgress":1,
              "appTrackingUrl":"http://yarn/","appLaunchedTime":{{{{{created + 1000}}}}},"appCompletedTime":{{{{{created + 60_000}}}}},"appExitCode":177,"appExitDiagnostics":"it broke","appExitType":"UNKNOWN","virtualCluster":"vc9"},
              "taskRoles":{"main":{"taskRoleStatus":{"name":"main"},"taskStatuses":[{"taskIndex":0,"taskState":"FAILED","containerId":"c_2","containerIp":"10.0.0.4","containerPorts":{"http":"20020"},
              "containerGpus":1,"containerLog":"http://10.0.0.4:8042/","containerExitCode":1}]}}}},
             {"username":"bob","config":{{{{{Config}}}}},"status":null},
             {"name":"listed","username":"bob","state":"SUCCEEDED","createdTime":{{{{{created}}}}},"completedTime":{{{{{created}}}}},"appExitCode":0,"retryDetails":null,"totalTaskNumber":7,"totalTaskRoleNumber":2,"totalGpuNumber":0,"config":null},
             {"namespace":"bob","config":{{{{{Config}}}}}}]
            """);
        var (exit, output, error) = await yard.Command(null, "import", "openpai-jobs", file, "--json");
        Assert.True(exit == 0, output + error);
        Assert.Equal(["imported train", "exists train", "imported listed", "imported train"], JsonNode.Parse(output)!["jobs"]!.AsArray().Select(job => $"{job!["outcome"]} {job["name"]}"));

        var listed = (await yard.Get("/api/v1/jobs?username=alice")).Json.AsArray();
        Assert.Equal(
            $$$$$"""{"name":"train","legacy":true,"username":"alice","state":"FAILED","subState":"FRAMEWORK_COMPLETED","executionType":"START","retries":3,"retryDetails":{"user":1,"platform":2,"resource":0},"createdTime":{{{{{created}}}}},"completedTime":{{{{{created + 60_000}}}}},"appExitCode":177,"virtualCluster":"vc9","totalGpuNumber":2,"totalTaskNumber":2,"totalTaskRoleNumber":1}""",
            Assert.Single(listed)!.ToJsonString());
        var whole = (await yard.Get("/api/v1/jobs/train", "")).Ok();
        Assert.Equal(
            $$$$$"""{"name":"train","jobStatus":{"username":"alice","state":"FAILED","subState":"FRAMEWORK_COMPLETED","executionType":"START","retries":3,"retryDetails":{"user":1,"platform":2,"resource":0},"createdTime":{{{{{created}}}}},"completedTime":{{{{{created + 60_000}}}}},"appId":"application_1_0040","appProgress":1,"appTrackingUrl":null,"appLaunchedTime":{{{{{created + 1000}}}}},"appCompletedTime":{{{{{created + 60_000}}}}},"appExitCode":177,"appExitDiagnostics":"it broke","appExitType":"UNKNOWN","virtualCluster":"vc9"},"taskRoles":{"main":{"taskRoleStatus":{"name":"main"},"taskStatuses":[{"taskIndex":0,"taskState":"FAILED","containerId":"c_2","containerIp":"10.0.0.4","containerPorts":{"http":"20020"},"containerGpus":1,"containerLog":null,"containerExitCode":1}]}}}""",
            whole.ToJsonString());
        Assert.Equal(Config, (await yard.Get("/api/v1/jobs/train/config", alice)).Text);
        (await yard.Get("/api/v1/jobs/train/config", await yard.SignIn("bob", "password of bob"))).Is(403);
        Assert.Equal(("listed", 7, 2), ((await yard.Get("/api/v1/jobs/listed")).Ok()["name"]!.GetValue<string>(), Listed("listed", "totalTaskNumber"), Listed("listed", "totalTaskRoleNumber")));
        int Listed(string name, string field) => yard.Get("/api/v1/jobs").Result.Json.AsArray().Single(job => job!["name"]!.GetValue<string>() == name)![field]!.GetValue<int>();
        (await yard.Get("/api/v1/jobs/listed/config")).Is(404, "NoJobConfigError");
        (await yard.Send("PUT", "/api/v1/jobs/listed/executionType", """{"value":"START"}""")).Is(404, "NoJobConfigError");

        // What is not known to have ended is here as stopped; a namespace keeps a job in it.
        var stopped = (await yard.Get("/api/v1/user/bob/jobs/train")).Ok()["jobStatus"]!;
        Assert.Equal(("STOPPED", 214), (stopped["state"]!.GetValue<string>(), stopped["appExitCode"]!.GetValue<int>()));
        Assert.Contains("not started here", stopped["appExitDiagnostics"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.DoesNotContain("legacy", (await yard.Get("/api/v1/user/bob/jobs")).Json.AsArray().First(job => job!["name"]!.GetValue<string>() == "train")!.ToJsonString(), StringComparison.Ordinal);
        var runs = (await yard.Get("/api/yard/v1/runs?dialect=openpai")).Ok()["runs"]!.AsArray();
        Assert.All(runs, run => Assert.Equal("imported", run!["reason"]!["code"]!.GetValue<string>()));
        Assert.Equal(200, (await yard.Get($"/api/yard/v1/runs/{runs[0]!["id"]}")).Status);

        // Started again it is a job of this server, still without a namespace.
        (await yard.Send("PUT", "/api/v1/jobs/train/executionType", """{"value":"START"}""", alice)).Is(200);
        await Ended(yard, "train", "SUCCEEDED");
        Assert.True(Assert.Single((await yard.Get("/api/v1/jobs?username=alice")).Json.AsArray())!["legacy"]!.GetValue<bool>());
        await yard.KillAndRestart();
        Assert.Contains("4 exists", (await yard.Command(null, "import", "openpai-jobs", file)).Output, StringComparison.Ordinal);
        (await yard.Send("DELETE", "/api/v1/jobs/train", token: alice)).Is(202);
        (await yard.Get("/api/v1/jobs/train")).Is(404, "NoJobError");
    }

    [Fact]
    public async Task What_had_not_ended_is_started_where_that_is_asked_for()
    {
        await using var yard = await Yard.Start();
        var alice = await yard.User("alice");
        var file = await yard.Beside("jobs.json", """
            {"jobs":[{"username":"alice","config":{"jobName":"lives","image":"i","taskRoles":[{"name":"main","command":"echo $FRAMEWORK_NAME; sleep 100"}]},"status":{"state":"RUNNING"}},
             {"username":"alice","config":{"jobName":"nowhere","image":"i","virtualCluster":"gone","taskRoles":[{"name":"main","command":"true"}]},"status":{"state":"WAITING"}},
             {"username":"alice","config":{"jobName":"none","image":"i"},"status":{"state":"WAITING"}},
             {"username":"alice","name":"over","status":{"state":"STOPPED"}}, {"username":"alice","name":"empty","status":{"state":"UNKNOWN"}}]}
            """);
        var (exit, output, _) = await yard.Command(null, "import", "openpai-jobs", file, "--start", "--json");
        Assert.Equal(1, exit);
        Assert.Equal(
            ["started ", "unusable Virtual cluster gone is not found.", "unusable child \"taskRoles\" fails because [\"taskRoles\" is required]", "imported ", "unusable it has no config to be started with"],
            JsonNode.Parse(output)!["jobs"]!.AsArray().Select(job => $"{job!["outcome"]} {job["reason"]}"));
        await Until(yard, "lives", "RUNNING");
        (await yard.Send("PUT", "/api/v1/jobs/lives/executionType", """{"value":"STOP"}""", alice)).Is(200);
        var job = await Ended(yard, "lives", "STOPPED");
        Assert.Contains("lives\n", await yard.Log((await yard.Get("/api/v1/jobs/lives", alice)).Ok(), "main", 0), StringComparison.Ordinal);
        Assert.Equal(214, job["jobStatus"]!["appExitCode"]!.GetValue<int>());
    }

    [Fact]
    public async Task Entries_that_cannot_be_used_are_named_and_the_rest_comes()
    {
        await using var yard = await Yard.Start(("RETENTION_DAYS", "30"));
        var file = await yard.Beside("jobs.json", """
            [5, {}, {"name":"a/b","username":"admin","config":{}}, {"name":"x","config":{}}, {"name":"x","username":"nobody","config":{}}, {"name":"x","username":"no/body","config":{}},
             {"name":"x","username":"admin","config":[]}, {"name":"x","username":"admin","state":"PERHAPS"}, {"name":"x","username":"admin","state":"FAILED","createdTime":-1},
             {"name":"x","username":"admin","state":"FAILED","createdTime":99999999999999999}, {"name":"x","username":"admin","state":"FAILED","retryDetails":{"user":-1}},
             {"name":"x","username":"admin","state":"FAILED","taskRoles":{"main":{"taskStatuses":{"0":1}}}}, {"name":"old","username":"admin","state":"FAILED","completedTime":1500000000000},
             {"name":"admin~x","state":"FAILED"}]
            """);
        var (exit, output, error) = await yard.Command(null, "import", "openpai-jobs", file, "--json");
        Assert.True(exit == 1, output + error);
        Assert.Equal(
            [
                "it is no object", "it has neither a config nor a status", "the name 'a/b' is none that a job can have", "it does not say whose it is (username)",
                "there is no user 'nobody' here; import the users first", "there is no user 'no/body' here; import the users first", "its config or its status is no object",
                "child \"state\" fails because [\"state\" must be one of [SUCCEEDED, FAILED, STOPPED, RUNNING, WAITING, UNKNOWN]]",
                "child \"createdTime\" fails because [\"createdTime\" must be larger than or equal to 0]", "child \"createdTime\" fails because [\"createdTime\" must be an integer]",
                "child \"retryDetails\" fails because [child \"user\" fails because [\"user\" must be larger than or equal to 0]]",
                "child \"taskRoles\" fails because [child \"main\" fails because [\"taskStatuses\" must be an array]]",
                "it ended on 2017-07-14, and runs are kept for 30 days here: raise the setting retention_days first", "",
            ],
            JsonNode.Parse(output)!["jobs"]!.AsArray().Select(job => job!["reason"]?.ToString() ?? ""));
        Assert.Equal(200, (await yard.Get("/api/v1/user/admin/jobs/x")).Status);
        foreach (var text in new[] { "7", "\"a\"", "{}" })
            Assert.Contains("holds no jobs", (await yard.Command(null, "import", "openpai-jobs", await yard.Beside("bad.json", "  " + (text[0] == '{' ? text : $"# yaml\n{text}")))).Error, StringComparison.Ordinal);
        (await yard.Send("POST", "/rest-server/import/jobs", "[]", await yard.User("alice"))).Is(403);
    }

    [Fact]
    public async Task A_loop_with_curl_takes_the_jobs_of_an_old_server_along()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/jq") && File.Exists("/usr/bin/curl"), "curl or jq is not installed: apt-get install curl jq");
        await using var old = await Yard.Start(("OPENPAI_COMPATIBILITY", "Server"));
        await using var yard = await Yard.Start();
        foreach (var name in new[] { "alice", "bob" })
        {
            await yard.User(name);
            var token = await old.User(name);
            (await old.Submit("same", $"echo {name}", user: name, token: token)).Is(201);
            await old.Ended("same", name);
        }

        var legacy = await old.Send("POST", "/api/v1/jobs", Config.Replace("echo again", "exit 3", StringComparison.Ordinal), await old.SignIn("alice", "password of alice"));
        legacy.Is(201);
        Assert.EndsWith("/api/v1/jobs/train", legacy.Headers["Location"], StringComparison.Ordinal);
        await Ended(old, "train", "FAILED");
        (await old.Send("PUT", "/api/v1/jobs/train", Config)).Is(409, "ConflictJobError");
        (await old.Send("PUT", "/api/v1/jobs/a%20b", Config)).Is(400, "InvalidParametersError");

        var export = new ProcessStartInfo("/bin/bash", [ExampleTests.Example("export-jobs.sh"), $"{old.Address}rest-server"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        export.Environment["TOKEN"] = old.Admin;
        using var script = Process.Start(export)!;
        var (jobs, errors) = (script.StandardOutput.ReadToEndAsync(), script.StandardError.ReadToEndAsync());
        await script.WaitForExitAsync();
        Assert.True(script.ExitCode == 0, await errors);
        var (exit, output, error) = await yard.Command(null, "import", "openpai-jobs", await yard.Beside("jobs.json", await jobs));
        Assert.True(exit == 0 && output.Contains("3 imported", StringComparison.Ordinal), output + error);

        foreach (var path in new[] { "/api/v1/jobs/train/config", "/api/v1/user/alice/jobs/same/config", "/api/v1/user/bob/jobs/same/config" })
            Assert.True(JsonNode.DeepEquals((await old.Get(path)).Json, (await yard.Get(path)).Json));
        foreach (var path in new[] { "/api/v1/jobs/train", "/api/v1/user/alice/jobs/same", "/api/v1/user/bob/jobs/same" })
        {
            var (before, after) = ((await old.Get(path, "")).Ok(), (await yard.Get(path, "")).Ok());
            foreach (var field in new[] { "state", "retries", "createdTime", "completedTime", "appId", "appLaunchedTime", "appExitCode", "appExitDiagnostics", "appExitType", "virtualCluster" })
                Assert.Equal(before["jobStatus"]![field]?.ToJsonString(), after["jobStatus"]![field]?.ToJsonString());
            Assert.Equal(before["taskRoles"]!.ToJsonString().Length > 100, after["taskRoles"]!.ToJsonString().Length > 100);
        }

        // Newest first, as it was.
        Assert.Equal((await old.Get("/api/v1/jobs", "")).Text, (await yard.Get("/api/v1/jobs", "")).Text);
    }

    private static Task<JsonObject> Ended(Yard yard, string name, string state) => Until(yard, name, state);

    private static async Task<JsonObject> Until(Yard yard, string legacy, string state)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var job = (await yard.Get($"/api/v1/jobs/{legacy}")).Ok();
            if (job["jobStatus"]!["state"]!.GetValue<string>() == state)
                return job;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, patience.Token);
        }
    }
}
