using Switchyard.Core.Text;

namespace Switchyard.Orchest.Tests;

/// <summary>Jobs of this dialect as the neutral API shows, starts, finds and repairs them.</summary>
public sealed class NeutralTests(Lab lab) : IClassFixture<Lab>
{
    private const string Root = "/api/yard/v1";

    [Fact]
    public async Task A_job_is_found_by_its_uuids_and_pages_started_and_repaired()
    {
        var project = await lab.Project("Neutral");
        await project.Put("first.py", "open('left', 'w').write('here')\n");
        await project.Put("second.py", "import os, sys\nsys.exit(0 if os.path.exists('left') and os.path.exists('again') else open('again', 'w').close() or 3)\n");
        await project.Pipeline("{}", new Step(Step.A, "first.py"), new Step(Step.B, "second.py", [Step.A]));
        var job = await project.Run();
        await job.Ended();
        var run = (await job.Runs())[0];
        var (jobId, runId) = (IdUuid.Read(IdKind.Job, job.Uuid)!.Value, IdUuid.Read(IdKind.Run, run["uuid"]!.GetValue<string>())!.Value);
        Assert.Equal(run["uuid"]!.GetValue<string>(), (await Get($"runs/{runId}"))["public_id"]!.GetValue<string>());
        Assert.Equal("failed", (await Get($"runs/{runId}"))["state"]!.GetValue<string>());

        // The run's own copy of the project is still there: what the first step left is found.
        (await lab.Yard.Send("POST", $"{Root}/runs/{runId}/repair", "{}", lab.Token)).Is(201);
        Assert.Equal("succeeded", (await Get($"runs/{runId}/wait?seconds=100"))["state"]!.GetValue<string>());
        var started = await lab.Yard.Send("POST", $"{Root}/jobs/{jobId}/run", "", lab.Token);
        started.Is(201);
        Assert.Equal("failed", (await Get($"runs/{started.Json["run_id"]}/wait?seconds=100"))["state"]!.GetValue<string>());

        var draft = IdUuid.Read(IdKind.Job, (await project.Draft()).Uuid)!.Value;
        (await lab.Yard.Send("POST", $"{Root}/jobs/{draft}/run", "", lab.Token)).Is(409);
        var stranger = await lab.Yard.User("neutralstranger");
        foreach (var (text, list) in new[] { (job.Uuid, "jobs"), (run["uuid"]!.GetValue<string>(), "runs"), (project.Uuid, "projects") })
        {
            Assert.Single((await Get($"search?q={text}"))[list]!.AsArray());
            Assert.Empty((await lab.Yard.Send("GET", $"{Root}/search?q={text}", null, stranger)).Ok()[list]!.AsArray());
        }

        foreach (var (page, kind) in new[]
        {
            ($"/job?project_uuid={project.Uuid}&job_uuid={job.Uuid}", "job"), ($"/job-run?job_uuid={job.Uuid}&run_uuid={run["uuid"]}", "run"),
            ($"/pipeline?project_uuid={project.Uuid}&pipeline_uuid={Project.Main}", "pipeline"), ($"/project?project_uuid={project.Uuid}", "project"),
        })
        {
            var found = await Get($"addresses?path={Uri.EscapeDataString(page)}");
            Assert.Equal((kind, "alice", project.Slug), (found["kind"]!.GetValue<string>(), found["owner"]!.GetValue<string>(), found["slug"]!.GetValue<string>()));
            (await lab.Yard.Send("GET", $"{Root}/addresses?path={Uri.EscapeDataString(page)}", null, stranger)).Is(404);
        }

        // Its own copy, what was frozen, and how two of them differ.
        Assert.Contains("left", (await Get($"runs/{runId}/files/"))["entries"]!.AsArray().Select(entry => entry!["name"]!.GetValue<string>()));
        Assert.DoesNotContain("left", (await Get($"runs/{runId}/files/?frozen=true"))["entries"]!.AsArray().Select(entry => entry!["name"]!.GetValue<string>()));
        Assert.Equal("here", (await lab.Yard.Send("GET", $"{Root}/runs/{runId}/files/left", null, lab.Token)).Text);
        foreach (var missing in new[] { "none", "left/more", "../project/left", "%2e%2e/left" })
            Assert.InRange((await lab.Yard.Send("GET", $"{Root}/runs/{runId}/files/{missing}", null, lab.Token)).Status, 400, 404);
        await project.Put("first.py", "open('left', 'w').write('changed')\n");
        await project.Put("data/new.csv", "1\n");
        var other = await project.Run();
        await other.Ended();
        var otherId = IdUuid.Read(IdKind.Run, (await other.Runs())[0]["uuid"]!.GetValue<string>())!.Value;
        Assert.Equal(
            """{"entries":[{"path":"data/new.csv","b_bytes":2,"change":"added"},{"path":"first.py","a_bytes":32,"b_bytes":35,"change":"changed"}],"capped":false}""",
            (await Get($"compare/files?a={runId}&b={otherId}")).ToJsonString());
        Assert.Empty((await Get($"compare/files?a={runId}&b={runId}"))["entries"]!.AsArray());
        foreach (var path in new[] { $"runs/{runId}/files/", $"runs/{runId}/files/left", $"compare/files?a={runId}&b={otherId}" })
            (await lab.Yard.Send("GET", $"{Root}/{path}", null, stranger)).Is(404);

        foreach (var (settings, field) in new[]
        {
            ($$"""{"name":"x","project_uuid":"{{project.Uuid}}","pipeline_uuid":"{{Project.Main}}","cron_schedule":"0 1 * * *","parameters":[{}]}""", null),
            ($$"""{"name":"","project_uuid":"{{project.Uuid}}","pipeline_uuid":"{{Project.Main}}"}""", "name"), ($$"""{"name":"x","project_uuid":"{{project.Uuid}}","pipeline_uuid":"none"}""", "pipeline_uuid"),
            ($$"""{"name":"x","project_uuid":"{{project.Uuid}}","pipeline_uuid":"{{Project.Main}}","cron_schedule":"0 99 * * *"}""", "cron_schedule"), ("""{"name":"x"}""", "project_uuid"),
        })
        {
            var problems = (await lab.Yard.Send("POST", $"{Root}/settings/check", $$"""{"dialect":"orchest","settings":{{settings}}}""", lab.Token)).Ok()["problems"]!.AsArray();
            Assert.Equal(field, problems.Count == 0 ? null : problems[0]!["field"]!.GetValue<string>());
        }

        async Task<System.Text.Json.Nodes.JsonObject> Get(string path) => (await lab.Yard.Send("GET", $"{Root}/{path}", null, lab.Token)).Ok();
    }
}
