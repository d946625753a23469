using System.Text.Json.Nodes;
using Switchyard.Crash.Tests;

namespace Switchyard.Orchest.Tests;

/// <summary>Projects of teams: their members see them, their jobs and runs, and are told of them; others see nothing.</summary>
public sealed class TeamTests
{
    [Fact]
    public async Task A_teams_jobs_are_its_members_and_nobody_elses()
    {
        await using var lab = await Lab.Start();
        using var receiver = new WebReceiver();
        using var bob = await lab.User("bob");
        using var carol = await lab.User("carol");
        (await lab.Yard.Send("POST", "/api/yard/v1/teams", """{"name":"growers"}""", lab.Token)).Is(201);
        (await lab.Yard.Send("PUT", "/api/yard/v1/teams/growers/members/bob", "{}", lab.Token)).Is(204);
        (await lab.Yard.Send("POST", "/api/yard/v1/projects", """{"name":"Shared","owner":"growers"}""", lab.Token)).Is(201);
        foreach (var (path, content) in new[] { ("a.sh", "echo hello\n"), ("main.orchest", Project.Definition(Project.Main, "{}", new Step(Step.A, "a.sh")).ToJsonString()) })
            (await lab.Yard.Send("PUT", $"/api/yard/v1/projects/growers/shared/files/{path}", content, lab.Token, "text/plain")).Is(204);
        var uuid = Assert.Single((await bob.Call("GET", "/async/projects")).Json.AsArray())!["uuid"]!.GetValue<string>();
        Assert.Empty((await carol.Call("GET", "/async/projects")).Json.AsArray());

        // Alice is told of what Bob runs, since she is in the team too.
        (await lab.Alice.Call("POST", "/catch/api-proxy/api/notifications/subscribers/webhooks", $$"""
            {"url":"{{receiver.Url}}","name":"w","verify_ssl":false,"secret":"of alice","content_type":"application/json","subscriptions":[{"event_type":"project:one-off-job:pipeline-run:succeeded","project_uuid":"{{uuid}}"}]}
            """)).Is(201);
        var made = await bob.Call("POST", Lab.Jobs, $$"""{"project_uuid":"{{uuid}}","pipeline_uuid":"{{Project.Main}}","name":"ours","parameters":[{}]}""");
        made.Is(201);
        var job = made.Json["uuid"]!.GetValue<string>();
        (await carol.Call("PUT", $"{Lab.Jobs}/{job}", """{"confirm_draft":true}""")).Is(404);
        (await bob.Call("PUT", $"{Lab.Jobs}/{job}", """{"confirm_draft":true}""")).Is(200);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(100));
        while (receiver.Seen.IsEmpty)
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, patience.Token);
        Assert.Equal("ours", receiver.Seen.First().Json["event"]!["project"]!["job"]!["name"]!.ToString());

        foreach (var member in new[] { bob, lab.Alice })
        {
            var listed = (JsonObject)Assert.Single((await member.Call("GET", Lab.Jobs)).Ok()["jobs"]!.AsArray())!;
            Assert.Equal(("SUCCESS", 1, 1), ((string?)listed["status"], (int)listed["total_scheduled_executions"]!, (int)listed["total_scheduled_pipeline_runs"]!));
            Assert.Single((await member.Call("GET", $"{Lab.Jobs}/pipeline_runs")).Ok()["pipeline_runs"]!.AsArray());
        }

        Assert.Empty((await carol.Call("GET", Lab.Jobs)).Ok()["jobs"]!.AsArray());
        Assert.Empty((await carol.Call("GET", $"{Lab.Jobs}/pipeline_runs")).Ok()["pipeline_runs"]!.AsArray());
        (await carol.Call("GET", $"{Lab.Jobs}/{job}")).Is(404);
    }
}
