namespace Switchyard.Cloudera.Tests;

/// <summary>Projects of teams: the same calls, with the team where else the user stands.</summary>
public sealed class TeamTests
{
    [Fact]
    public async Task A_teams_job_is_started_by_its_members_and_by_nobody_else()
    {
        await using var ml = await Ml.Start();
        var bob = await ml.Yard.User("bob");
        var bobsKey = await ml.Reveal("bob", bob);
        (await ml.Yard.Send("POST", "/api/yard/v1/teams", """{"name":"risk-team"}""", ml.Token)).Is(201);
        (await ml.Yard.Send("POST", "/api/yard/v1/projects", """{"name":"Shared Work","owner":"risk-team"}""", ml.Token)).Is(201);
        (await ml.Yard.Send("PUT", "/api/yard/v1/projects/risk-team/shared-work/files/a.sh", "echo $CDSW_CREATOR $CDSW_PROJECT ${CDSW_PROJECT_URL##*/projects/}\n", ml.Token, "text/plain")).Is(204);
        const string Jobs = "/api/v1/projects/risk-team/shared-work/jobs";
        var made = await ml.Call("POST", Jobs, """{"name":"a","script":"a.sh"}""");
        made.Is(201);
        var start = $"{Jobs}/{made.Json["id"]}/start";

        (await ml.Call("POST", start, pair: bobsKey + ":")).Is(403);
        (await ml.Call("GET", "/api/v1/users/risk-team", pair: bobsKey + ":")).Is(404);
        (await ml.Yard.Send("PUT", "/api/yard/v1/teams/risk-team/members/bob", "{}", ml.Token)).Is(204);
        var engine = (await ml.Call("POST", start, pair: bobsKey + ":")).Ok()["engine_id"]!.GetValue<string>();
        Assert.Equal("risk-team shared-work risk-team/shared-work\n", await ml.Output(engine));
        Assert.Equal("organization", (await ml.Call("GET", "/api/v1/users/risk-team", pair: bobsKey + ":")).Ok()["type"]!.GetValue<string>());
        Assert.Equal("organization", (await ml.Call("GET", "/api/v1/projects/risk-team/shared-work", pair: bobsKey + ":")).Ok()["owner"]!["type"]!.GetValue<string>());
        Assert.Equal("shared-work", Assert.Single((await ml.Call("GET", "/api/v1/users/risk-team/projects-summary", pair: bobsKey + ":")).Json.AsArray())!["slug_raw"]!.GetValue<string>());
        Assert.Equal("Shared Work", Assert.Single((await ml.Call("GET", "/api/v2/projects", pair: bobsKey + ":")).Ok()["projects"]!.AsArray())!["name"]!.GetValue<string>());
        Assert.Single((await ml.Call("GET", "/api/v2/jobs", pair: bobsKey + ":")).Ok()["jobs"]!.AsArray());

        // The run is the team's: every member sees it in the neutral API too, until they leave.
        Assert.Equal("risk-team", (await ml.Yard.Send("GET", "/api/yard/v1/runs?owner=risk-team", null, bob)).Ok()["runs"]![0]!["owner"]!.GetValue<string>());
        Assert.Single((await ml.Yard.Send("GET", "/api/yard/v1/runs", null, bob)).Ok()["runs"]!.AsArray());
        (await ml.Yard.Send("DELETE", "/api/yard/v1/teams/risk-team/members/bob", null, bob)).Is(204);
        Assert.Empty((await ml.Yard.Send("GET", "/api/yard/v1/runs", null, bob)).Ok()["runs"]!.AsArray());
        (await ml.Call("POST", start, pair: bobsKey + ":")).Is(403);
    }

    [Fact]
    public async Task Teams_and_their_projects_are_kept_by_the_command_line()
    {
        await using var ml = await Ml.Start();
        await ml.Yard.User("bob");
        foreach (var (words, said) in new[]
        {
            ("team create risk-team", "risk-team is made"), ("team list", "risk-team"), ("team add risk-team bob --admin", "bob is in risk-team and administers it"), ("team members risk-team", "bob"),
            ("project create Loans --slug loan-book --owner risk-team", "risk-team/loan-book"), ("project list --owner risk-team", "risk-team/loan-book"), ("project delete risk-team/loan-book", "is deleted"),
            ("team remove risk-team bob", "bob is not in risk-team any more"), ("team delete risk-team", "is deleted"), ("team list", "No teams."),
        })
        {
            var (exit, output, error) = await ml.Yard.Command(ml.Token, words.Split(' '));
            Assert.True(exit == 0 && output.Contains(said, StringComparison.Ordinal), $"{words}: {exit} {output} {error}");
        }

        foreach (var (words, why) in new[] { ("team create API", "name"), ("team delete none", "no such team"), ("project delete nothing", "OWNER/PROJECT"), ("project import file:///etc", "git_protocols") })
        {
            var (exit, _, error) = await ml.Yard.Command(ml.Token, words.Split(' '));
            Assert.Equal(1, exit);
            Assert.Contains(why, error);
        }
    }
}
