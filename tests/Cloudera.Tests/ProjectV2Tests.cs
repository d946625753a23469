using System.Diagnostics;

namespace Switchyard.Cloudera.Tests;

/// <summary>Projects through the second version.</summary>
public sealed class ProjectV2Tests(SharedMl shared) : IClassFixture<SharedMl>
{
    [Fact]
    public async Task A_project_is_made_changed_and_deleted()
    {
        await using var ml = await Ml.Start();
        var made = (await ml.Call("POST", "/api/v2/projects", """{"name":"Loan Book","description":"x","template":"blank","visibility":"private","environment":{"A":"1"}}""")).Ok();
        var (id, name) = (made["id"]!.GetValue<string>(), made["name"]!.GetValue<string>());
        Assert.Equal(("Loan Book", """{"A":"1"}""", "alice"), (name, made["environment"]!.GetValue<string>(), made["owner"]!["username"]!.GetValue<string>()));
        Assert.Equal("loan-book", (await ml.Call("GET", "/api/v1/projects/alice/loan-book")).Ok()["slug"]!.GetValue<string>());
        Assert.Equal(409, (await ml.Call("POST", "/api/v2/projects", """{"name":"Loan Book"}""")).Status);

        Assert.Equal("Loans", (await ml.Call("PATCH", $"/api/v2/projects/{id}", """{"name":"Loans"}""")).Ok()["name"]!.GetValue<string>());
        var changed = (await ml.Call("PATCH", $"/api/v2/projects/{id}", """{"environment":"{\"B\":\"2\"}"}""")).Ok();
        Assert.Equal(("Loans", """{"B":"2"}"""), (changed["name"]!.GetValue<string>(), changed["environment"]!.GetValue<string>()));

        var bob = await ml.Reveal("bob", await ml.Yard.User("bob"));
        foreach (var verb in new[] { "PATCH", "DELETE" })
            (await ml.Call(verb, $"/api/v2/projects/{id}", "{}", bob + ":")).Is(403);
        Assert.Equal("{}", (await ml.Call("DELETE", $"/api/v2/projects/{id}")).Ok().ToJsonString());
        (await ml.Call("GET", $"/api/v2/projects/{id}")).Is(404);
        Assert.False(Directory.Exists(Path.Join(ml.Yard.Data, "projects", "alice", "loan-book")));
    }

    [Fact]
    public async Task A_project_is_made_for_a_team_and_from_a_repository()
    {
        var folder = Directory.CreateTempSubdirectory("yard-git-").FullName;
        foreach (var words in new[] { "init -q", "-c user.name=a -c user.email=a@example.org commit -q --allow-empty -m first" })
        {
            using var git = Process.Start(new ProcessStartInfo("git", words) { WorkingDirectory = folder })!;
            await git.WaitForExitAsync();
        }

        await using var ml = await Ml.Start(("GIT_PROTOCOLS", "file"));
        (await ml.Yard.Send("POST", "/api/yard/v1/teams", """{"name":"risk"}""", ml.Token)).Is(201);
        var made = (await ml.Call("POST", "/api/v2/projects", $$$"""{"name":"Cloned","team_name":"risk","template":"git","git_url":"file://{{{folder}}}","environment":{"A":"1"}}""")).Ok();
        Assert.Equal(("risk", """{"A":"1"}"""), (made["owner"]!["username"]!.GetValue<string>(), made["environment"]!.GetValue<string>()));
        Assert.True(Directory.Exists(Path.Join(ml.Yard.Data, "projects", "risk", "cloned", ".git")));
        (await ml.Call("POST", "/api/v2/projects", """{"name":"x","team_name":"others"}""")).Is(404);
        Assert.Contains("git_url", (await ml.Call("POST", "/api/v2/projects", $$"""{"name":"x","git_url":"file://{{folder}}/none"}""")).Message);
        Directory.Delete(folder, true);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"name":"api"}""")]
    [InlineData("""{"name":"x","environment":"no object"}""")]
    [InlineData("""{"name":"x","environment":{"A":1}}""")]
    [InlineData("""{"name":"x","git_url":"https://"}""")]
    public async Task What_is_no_project_is_refused(string body)
    {
        var refused = await shared.Ml.Call("POST", "/api/v2/projects", body);
        refused.Is(400);
        Assert.Equal(3, refused.Json["code"]!.GetValue<int>());
    }
}
