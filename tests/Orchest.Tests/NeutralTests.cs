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

        async Task<System.Text.Json.Nodes.JsonObject> Get(string path) => (await lab.Yard.Send("GET", $"{Root}/{path}", null, lab.Token)).Ok();
    }
}
