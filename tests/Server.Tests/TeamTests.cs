using System.Net;
using System.Text.Json.Nodes;

namespace Switchyard.Server.Tests;

public sealed class TeamTests
{
    private const string Root = "/api/yard/v1";

    [Fact]
    public async Task Members_of_a_team_share_its_projects_from_the_moment_they_are_in_it()
    {
        await using var server = await TestServer.Start();
        using var alice = await server.User("alice");
        using var bob = await server.User("bob");
        using var carol = await server.User("carol");
        Assert.True((await TestServer.Post(alice, $"{Root}/teams", """{"name":"risk-team"}"""))["members"]![0]!["admin"]!.GetValue<bool>());
        var made = await TestServer.Post(alice, $"{Root}/projects", """{"name":"Shared","owner":"risk-team"}""");
        Assert.Equal("risk-team", made["owner"]!.GetValue<string>());
        using var put = await alice.PutAsync($"{Root}/projects/risk-team/shared/files/a.txt", new StringContent("ours"));
        Assert.Equal(HttpStatusCode.NoContent, put.StatusCode);
        await Refused(HttpStatusCode.NotFound, bob, "GET", "/projects/risk-team/shared");
        await Refused(HttpStatusCode.NotFound, bob, "GET", "/teams/risk-team");

        await Done(alice, "PUT", "/teams/risk-team/members/bob", "{}");
        Assert.Equal("ours", await bob.GetStringAsync($"{Root}/projects/risk-team/shared/files/a.txt"));
        Assert.Equal("shared", Assert.Single((await TestServer.Get(bob, $"{Root}/projects"))["projects"]!.AsArray())!["slug"]!.GetValue<string>());
        Assert.Single((await TestServer.Get(bob, $"{Root}/projects?owner=risk-team"))["projects"]!.AsArray());
        Assert.Equal("other", (await TestServer.Post(bob, $"{Root}/projects", """{"name":"other","owner":"risk-team"}"""))["slug"]!.GetValue<string>());
        Assert.Equal("""[{"name":"alice","admin":true},{"name":"bob","admin":false}]""", (await TestServer.Get(bob, $"{Root}/teams/risk-team"))["members"]!.ToJsonString());

        // Who is in it is not for every member to say; everybody may go.
        await Refused(HttpStatusCode.Forbidden, bob, "PUT", "/teams/risk-team/members/carol", "{}");
        await Refused(HttpStatusCode.Forbidden, bob, "DELETE", "/teams/risk-team/members/alice");
        await Refused(HttpStatusCode.Forbidden, bob, "DELETE", "/teams/risk-team");
        await Refused(HttpStatusCode.Forbidden, carol, "GET", "/projects?owner=risk-team");
        await Refused(HttpStatusCode.Forbidden, carol, "POST", "/projects", """{"name":"x","owner":"risk-team"}""");
        await Refused(HttpStatusCode.Conflict, alice, "DELETE", "/teams/risk-team/members/alice");
        await Done(bob, "DELETE", "/teams/risk-team/members/bob");
        await Refused(HttpStatusCode.NotFound, bob, "GET", "/projects/risk-team/shared");
    }

    [Fact]
    public async Task A_team_goes_when_its_projects_are_gone()
    {
        await using var server = await TestServer.Start();
        using var alice = await server.User("alice");
        await TestServer.Post(alice, $"{Root}/teams", """{"name":"risk"}""");
        await TestServer.Post(alice, $"{Root}/projects", """{"name":"p","owner":"risk"}""");
        await Refused(HttpStatusCode.Conflict, alice, "DELETE", "/teams/risk");
        await Done(alice, "DELETE", "/projects/risk/p");
        await Done(alice, "DELETE", "/teams/risk");
        Assert.Empty((await TestServer.Get(alice, $"{Root}/teams"))["teams"]!.AsArray());
        await Refused(HttpStatusCode.NotFound, alice, "GET", "/teams/risk");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"name":"Risk"}""")]
    [InlineData("""{"name":"-risk"}""")]
    [InlineData("""{"name":"api"}""")]
    [InlineData("""{"name":"health"}""")]
    public async Task What_cannot_be_the_name_of_a_team_is_refused(string body)
    {
        await using var server = await TestServer.Start();
        using var alice = await server.User("alice");
        await Refused(HttpStatusCode.BadRequest, alice, "POST", "/teams", body);
    }

    [Fact]
    public async Task A_team_and_a_user_never_have_one_name()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        using var alice = await server.User("alice");
        await Refused(HttpStatusCode.Conflict, alice, "POST", "/teams", """{"name":"alice"}""");
        await TestServer.Post(alice, $"{Root}/teams", """{"name":"risk"}""");
        await Refused(HttpStatusCode.Conflict, admin, "POST", "/users", """{"name":"risk"}""");
        await Refused(HttpStatusCode.NotFound, alice, "PUT", "/teams/risk/members/nobody", "{}");
    }

    private static async Task Done(HttpClient client, string verb, string path, string? body = null) => await Refused(HttpStatusCode.NoContent, client, verb, path, body);

    private static async Task Refused(HttpStatusCode expected, HttpClient client, string verb, string path, string? body = null)
    {
        using var answer = await TestServer.Send(client, verb, Root + path, body);
        Assert.Equal((verb, path, expected), (verb, path, answer.StatusCode));
        if (expected != HttpStatusCode.NoContent)
            Assert.NotNull(JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["message"]);
    }
}
