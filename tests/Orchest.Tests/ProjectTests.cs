using System.Text.Json.Nodes;

namespace Switchyard.Orchest.Tests;

/// <summary>Projects, pipelines, environments and files as clients of jobs need them.</summary>
public sealed class ProjectTests(Lab lab) : IClassFixture<Lab>
{
    [Fact]
    public async Task A_project_is_made_listed_changed_and_removed()
    {
        var made = (await lab.Alice.Call("POST", "/async/projects", """{"name":"Gemüse & Obst"}""")).Ok()["project_uuid"]!.GetValue<string>();
        (await lab.Alice.Call("POST", "/async/projects", """{"name":"Gemüse & Obst"}""")).Is(409);
        var project = (await lab.Alice.Call("GET", $"/async/projects/{made}")).Ok();
        Assert.Equal(("Gemüse & Obst", "READY", 0, 0, 0), ((string)project["path"]!, (string)project["status"]!, (int)project["pipeline_count"]!, (int)project["environment_count"]!, (int)project["job_count"]!));
        (await lab.Alice.Call("PUT", $"/async/projects/{made}", """{"env_variables":{"A":"1"},"name":"Other"}""")).Is(200);
        (await lab.Alice.Call("PUT", $"/async/projects/{made}", """{"env_variables":{"A":1}}""")).Is(400);
        var listed = (await lab.Alice.Call("GET", "/async/projects")).Json.AsArray().Single(one => (string)one!["uuid"]! == made)!;
        Assert.Equal(("Other", "1"), ((string)listed["path"]!, (string)listed["env_variables"]!["A"]!));
        (await lab.Alice.Call("DELETE", $"/async/projects/{made}")).Is(200);
        (await lab.Alice.Call("GET", $"/async/projects/{made}")).Is(404);
        foreach (var bad in new[] { "{}", """{"name":""}""", """{"name":"a/b"}""", """{"name":"///"}""", """{"name":"api"}""", """{"name":5}""", """{"name":"\u0007"}""" })
            (await lab.Alice.Call("POST", "/async/projects", bad)).Is(400);
    }

    [Fact]
    public async Task A_pipeline_is_made_written_moved_and_removed_as_a_file()
    {
        var project = await lab.Project();
        var uuid = (await lab.Alice.Call("POST", $"/async/pipelines/create/{project.Uuid}", """{"pipeline_path":"sub/new.orchest","name":"new"}""")).Ok()["pipeline_uuid"]!.GetValue<string>();
        (await lab.Alice.Call("POST", $"/async/pipelines/create/{project.Uuid}", """{"pipeline_path":"sub/new.orchest","name":"new"}""")).Is(400);
        foreach (var bad in new[] { "../x.orchest", "x.json", ".orchest", "a/../../b.orchest", "" })
            (await lab.Alice.Call("POST", $"/async/pipelines/create/{project.Uuid}", new JsonObject { ["pipeline_path"] = bad, ["name"] = "n" }.ToJsonString())).Is(400);
        var listed = Assert.Single((await lab.Alice.Call("GET", $"/async/pipelines/{project.Uuid}")).Ok()["result"]!.AsArray())!;
        Assert.Equal((uuid, "sub/new.orchest", "new"), ((string)listed["uuid"]!, (string)listed["path"]!, (string)listed["name"]!));
        var json = $"/async/pipelines/json/{project.Uuid}/{uuid}";
        var definition = JsonNode.Parse((await lab.Alice.Call("GET", json)).Ok()["pipeline_json"]!.GetValue<string>())!;
        definition["parameters"]!["x"] = 1;
        (await Put(definition.ToJsonString())).Is(200);
        var file = await File.ReadAllTextAsync(Path.Combine(project.Directory, "sub/new.orchest"));
        Assert.StartsWith("{\n    \"name\": \"new\",\n    \"parameters\": {\n        \"x\": 1\n    },", file, StringComparison.Ordinal);
        definition["steps"]![Step.A] = new Step(Step.A, "a.sh", [Step.B]).Json();
        var refused = await Put(definition.ToJsonString());
        refused.Is(400);
        Assert.StartsWith("Invalid value: ", refused.Json["reason"]!.GetValue<string>(), StringComparison.Ordinal);
        foreach (var bad in new[] { "", "[]", "{", "{\"uuid\":\"other\",\"name\":\"n\"}" })
            (await Put(bad)).Is(400);
        (await lab.Alice.Call("PUT", $"/async/pipelines/{project.Uuid}/{uuid}", """{"path":"moved.orchest"}""")).Is(200);
        (await lab.Alice.Call("PUT", $"/async/pipelines/{project.Uuid}/{uuid}", """{"path":"../../bob/x/moved.orchest"}""")).Is(400);
        Assert.Equal("moved.orchest", (string)(await lab.Alice.Call("GET", $"/async/pipelines/{project.Uuid}/{uuid}")).Ok()["path"]!);
        (await lab.Alice.Call("DELETE", $"/async/pipelines/{project.Uuid}/{uuid}")).Is(200);
        (await lab.Alice.Call("GET", json)).Is(404);

        Task<OpenPai.Tests.Answer> Put(string text) => lab.Alice.Form(json, "pipeline_json=" + Uri.EscapeDataString(text), "PUT");
    }

    [Fact]
    public async Task Files_are_shown_of_the_project_of_a_job_and_of_a_run()
    {
        var project = await lab.Script("echo changed > word; echo made > \"new file\"\n");
        await project.Put("word", "first");
        await project.Put("ordner ü/tief/x y.txt", "unicode");
        var job = await project.Run();
        await project.Put("word", "second");
        await job.Ended();
        var run = (await job.Runs())[0];
        string Read(string path, string where) => $"/async/file-management/read?path={Uri.EscapeDataString(path)}&{where}";
        string inProject = $"project_uuid={project.Uuid}", inJob = $"{inProject}&job_uuid={job.Uuid}", inRun = $"{inJob}&run_uuid={run["uuid"]}";
        Assert.Equal(["second", "first", "changed\n"], await Task.WhenAll(new[] { inProject, inJob, inRun }.Select(async where => (await lab.Alice.Call("GET", Read("word", where))).Text)));
        Assert.Equal(["unicode", "unicode", "unicode"], await Task.WhenAll(new[] { inProject, inJob, inRun }.Select(async where => (await lab.Alice.Call("GET", Read("/project-dir/ordner ü/tief/x y.txt", where))).Text)));
        Assert.Equal("404 404 200", string.Join(' ', await Task.WhenAll(new[] { inProject, inJob, inRun }.Select(async where => (await lab.Alice.Call("GET", $"/async/file-management/exists?path=new%20file&{where}")).Status))));
        foreach (var where in new[] { inProject, inJob, inRun })
        {
            var listed = (await lab.Alice.Call("GET", $"/async/file-management/browse?path=/&{where}")).Ok()["children"]!.AsArray();
            Assert.Contains(listed, entry => (string)entry!["path"]! == "/ordner ü/" && (string)entry["type"]! == "directory");
            Assert.Contains(listed, entry => (string)entry!["path"]! == "/a.sh" && (string)entry["type"]! == "file");
            var inside = (await lab.Alice.Call("GET", $"/async/file-management/browse?path={Uri.EscapeDataString("/ordner ü/tief/")}&{where}")).Ok()["children"]!.AsArray();
            Assert.Equal("x y.txt", (string)Assert.Single(inside)!["name"]!);
            foreach (var away in new[] { "../../../switchyard.db", "..", "a.sh/..", "/etc/passwd", "ordner ü" })
                Assert.True((await lab.Alice.Call("GET", Read(away, where))).Status is 400 or 404 or 409, away);
        }

        var viewed = (await lab.Alice.Call("GET", $"/async/file-viewer/{project.Uuid}/{Project.Main}/{Step.A}?job_uuid={job.Uuid}")).Ok();
        Assert.Equal(("sh", "Step a", "a.sh"), ((string)viewed["ext"]!, (string)viewed["step_title"]!, (string)viewed["filename"]!));
        Assert.StartsWith("echo changed", (string)viewed["content"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_step_whose_file_lies_above_its_pipeline_is_run_and_shown()
    {
        var project = await lab.Project();
        await project.Put("scripts/a.sh", "echo from above\n");
        await project.PipelineAt("pipelines/main.orchest", Project.Main, "{}", new Step(Step.A, "../scripts/a.sh"));
        var job = await project.Run();
        Assert.Equal("SUCCESS", await job.Ended());
        Assert.Equal("from above\n", await job.Log((await job.Runs())[0]));
        var viewed = (await lab.Alice.Call("GET", $"/async/file-viewer/{project.Uuid}/{Project.Main}/{Step.A}?job_uuid={job.Uuid}")).Ok();
        Assert.Equal("echo from above\n", (string)viewed["content"]!);
    }

    [Fact]
    public async Task An_environment_is_built_before_a_step_needs_it_as_a_run_whose_log_is_the_scripts()
    {
        var project = await lab.Project();
        await project.Put("words.txt", "of the project");
        var script = new JsonObject { ["name"] = "built", ["language"] = "python", ["setup_script"] = "echo made $(cat words.txt)" };
        var environment = (await lab.Alice.Call("POST", $"/store/environments/{project.Uuid}/new", script.ToJsonString())).Ok()["uuid"]!.GetValue<string>();
        var builds = $"/store/environments/{project.Uuid}/{environment}/builds";
        Assert.Null((await lab.Alice.Call("GET", builds)).Ok()["job_id"]);
        var bob = await lab.User("builder");
        (await bob.Call("POST", builds)).Is(404);
        (await lab.Alice.Call("POST", $"/store/environments/{project.Uuid}/{Guid.NewGuid()}/builds")).Is(404);

        Assert.Equal("succeeded", await Build());
        Assert.Equal("failed", await Build("exit 3"));
        var job = (await lab.Alice.Call("GET", builds)).Ok()["job_id"]!.GetValue<long>();
        var runs = (await lab.Yard.Send("GET", $"/api/yard/v1/runs?job_id={job}", null, lab.Token)).Json["runs"]!.AsArray();
        Assert.Equal(["failed", "succeeded"], runs.Select(run => (string)run!["state"]!));
        var attempt = (await lab.Yard.Send("GET", $"/api/yard/v1/runs/{runs[1]!["id"]}/attempts", null, lab.Token)).Json["attempts"]![0]!["id"]!;
        Assert.Equal("Building the environment built ...\nmade of the project\nThe environment is ready.\n", (await lab.Yard.Send("GET", $"/api/yard/v1/attempts/{attempt}/log", null, lab.Token)).Text);
        // Lists of jobs are of those that people make.
        Assert.Empty((await lab.Yard.Send("GET", $"/api/yard/v1/jobs?name={Uri.EscapeDataString((string)runs[0]!["name"]!)}", null, lab.Token)).Json["jobs"]!.AsArray());

        async Task<string> Build(string? changed = null)
        {
            if (changed is not null)
            {
                script["setup_script"] = changed;
                (await lab.Alice.Call("PUT", $"/store/environments/{project.Uuid}/{environment}", script.ToJsonString())).Is(200);
            }

            var made = await lab.Alice.Call("POST", builds);
            made.Is(201);
            return (string)(await lab.Yard.Send("GET", $"/api/yard/v1/runs/{made.Json["run_id"]}/wait?seconds=60", null, lab.Token)).Json["state"]!;
        }
    }

    [Fact]
    public async Task Environments_are_pinned_when_the_job_is_made()
    {
        var project = await lab.Project();
        var environment = (await lab.Alice.Call("POST", $"/store/environments/{project.Uuid}/new", Environment("first"))).Ok()["uuid"]!.GetValue<string>();
        await project.Put("a.py", "import word\nprint(word.word)\n");
        await project.Pipeline("{}", new Step(Step.A, "a.py", Environment: environment));
        var validation = await lab.Alice.Call("POST", "/catch/api-proxy/api/validations/environments", $$"""{"project_uuid":"{{project.Uuid}}"}""");
        validation.Is(201);
        Assert.Equal(("pass", environment), ((string)validation.Json["validation"]!, (string)validation.Json["pass"]![0]!));
        var once = await project.Draft();
        var cron = await project.Draft();
        await cron.Confirm(",\"cron_schedule\":\"0 0 1 1 *\"");
        (await lab.Alice.Call("PUT", $"/store/environments/{project.Uuid}/{environment}", Environment("second"))).Is(200);
        var later = await project.Run();
        (await lab.Alice.Call("DELETE", $"/store/environments/{project.Uuid}/{environment}")).Is(200);
        (await project.Ask()).Is(409);
        await once.Confirm();
        (await cron.Call("POST", "/runs/trigger")).Is(200);
        foreach (var (job, word) in new[] { (once, "first"), (cron, "first"), (later, "second") })
        {
            var run = (await job.EndedRuns(1))[0];
            var log = await job.Log(run);
            Assert.True((string)run["status"]! == "SUCCESS" && log.EndsWith(word + "\n", StringComparison.Ordinal), log);
        }

        // And what another job installs beside it changes nothing for later batches.
        (await cron.Call("POST", "/runs/trigger")).Is(200);
        Assert.Equal("first\n", await cron.Log((await cron.EndedRuns(2))[1]));
        static string Environment(string word) => new JsonObject
        {
            ["name"] = "words",
            ["language"] = "python",
            ["setup_script"] = $"echo 'word = \"{word}\"' > \"$(echo $VIRTUAL_ENV/lib/python3*/site-packages)/word.py\"\n",
        }.ToJsonString();
    }

    [Fact]
    public async Task A_setup_script_that_fails_fails_the_step_and_says_so_and_the_next_run_tries_again()
    {
        var project = await lab.Project();
        var environment = (await lab.Alice.Call("POST", $"/store/environments/{project.Uuid}/new", """{"name":"broken","setup_script":"test -e /data/mended || { echo no such package; exit 9; }\n"}""")).Ok()["uuid"]!.GetValue<string>();
        await project.Put("a.sh", "echo ran\n");
        await project.Pipeline("{}", new Step(Step.A, "a.sh", Environment: environment));
        var job = await project.Run();
        Assert.Equal("FAILURE", await job.Ended());
        var log = await job.Log((await job.Runs())[0]);
        Assert.Contains("no such package\nOrchest error: the setup script of the environment broken ended with code 9", log, StringComparison.Ordinal);
        Assert.DoesNotContain("ran", log, StringComparison.Ordinal);
    }
}
