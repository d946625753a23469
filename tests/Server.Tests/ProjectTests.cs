using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Core.Projects;
using Switchyard.Dialects.OpenPai;

namespace Switchyard.Server.Tests;

public sealed class ProjectTests
{
    private const string Root = "/api/yard/v1/projects";

    [Fact]
    public async Task A_project_is_made_listed_changed_and_deleted_with_its_files()
    {
        await using var server = await TestServer.Start();
        using var alice = await server.User("alice");
        var made = await TestServer.Post(alice, Root, """{"name":"Risk Analysis","environment":{"A":"1"}}""");
        Assert.Equal(("alice", "risk-analysis", "1"), (Text(made, "owner"), Text(made, "slug"), made["environment"]!["A"]!.GetValue<string>()));
        using var again = await TestServer.Send(alice, "POST", Root, """{"name":"risk analysis"}""");
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);

        Assert.Equal("risk-analysis", Text(Assert.Single((await TestServer.Get(alice, Root))["projects"]!.AsArray())!, "slug"));
        using var changed = await TestServer.Send(alice, "PATCH", $"{Root}/alice/risk-analysis", """{"name":"Risks","environment":{"B":"2"}}""");
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        var shown = await TestServer.Get(alice, $"{Root}/alice/risk-analysis");
        Assert.Equal("Risks", Text(shown, "name"));
        Assert.Equal("""{"B":"2"}""", shown["environment"]!.ToJsonString());

        Assert.Equal(HttpStatusCode.NoContent, await Put(alice, "alice/risk-analysis", "data/a b ü.csv", "1,2\n"));
        Assert.Equal("1,2\n", await alice.GetStringAsync($"{Root}/alice/risk-analysis/files/data/a%20b%20ü.csv"));
        Assert.Equal("data directory", Listed(await TestServer.Get(alice, $"{Root}/alice/risk-analysis/files/")));
        Assert.Equal("a b ü.csv file", Listed(await TestServer.Get(alice, $"{Root}/alice/risk-analysis/files/data")));
        using var full = await TestServer.Send(alice, "DELETE", $"{Root}/alice/risk-analysis/files/data");
        Assert.Equal(HttpStatusCode.Conflict, full.StatusCode);
        using var emptied = await TestServer.Send(alice, "DELETE", $"{Root}/alice/risk-analysis/files/data?recursive=true");
        Assert.Equal(HttpStatusCode.NoContent, emptied.StatusCode);

        await Put(alice, "alice/risk-analysis", "left.txt", "x");
        using var deleted = await TestServer.Send(alice, "DELETE", $"{Root}/alice/risk-analysis");
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        await TestServer.Post(alice, Root, """{"name":"Risk Analysis"}""");
        Assert.Equal("", Listed(await TestServer.Get(alice, $"{Root}/alice/risk-analysis/files")));
    }

    [Fact]
    public async Task What_belongs_to_others_reads_as_missing()
    {
        await using var server = await TestServer.Start();
        using var alice = await server.User("alice");
        using var bob = await server.User("bob");
        using var admin = server.Client();
        await TestServer.Post(alice, Root, """{"name":"mine"}""");
        await Put(alice, "alice/mine", "a.txt", "secret");
        foreach (var (verb, path) in new[] { ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/files/a.txt"), ("PUT", "/files/a.txt"), ("DELETE", "/files/a.txt") })
        {
            using var answer = await TestServer.Send(bob, verb, $"{Root}/alice/mine{path}", verb is "PATCH" or "PUT" ? "{}" : null);
            Assert.Equal((verb, path, HttpStatusCode.NotFound), (verb, path, answer.StatusCode));
        }

        Assert.Empty((await TestServer.Get(bob, Root))["projects"]!.AsArray());
        Assert.Equal("secret", await admin.GetStringAsync($"{Root}/alice/mine/files/a.txt"));
        using var forAlice = await TestServer.Send(bob, "POST", Root, """{"name":"x","owner":"alice"}""");
        Assert.Equal(HttpStatusCode.Forbidden, forAlice.StatusCode);
        Assert.Equal("alice", Text(await TestServer.Post(admin, Root, """{"name":"x","owner":"alice"}"""), "owner"));
    }

    [Theory]
    [InlineData("..%2f..%2fother%2fa.txt")]
    [InlineData("data/%2e%2e/a.txt")]
    [InlineData("a%00b")]
    [InlineData("link/secret.txt")]
    [InlineData("file-link")]
    public async Task No_path_leaves_a_project(string path)
    {
        await using var server = await TestServer.Start();
        using var alice = await server.User("alice");
        await TestServer.Post(alice, Root, """{"name":"mine"}""");
        var outside = Directory.CreateTempSubdirectory("yard-outside-").FullName;
        await File.WriteAllTextAsync(Path.Combine(outside, "secret.txt"), "secret");
        var project = Path.Combine(server.Folder, "projects", "alice", "mine");
        File.CreateSymbolicLink(Path.Combine(project, "link"), outside);
        File.CreateSymbolicLink(Path.Combine(project, "file-link"), Path.Combine(outside, "secret.txt"));

        using var read = await alice.GetAsync($"{Root}/alice/mine/files/{path}");
        Assert.InRange((int)read.StatusCode, 400, 499);
        // A slash that was encoded is a part of a name, and a link gives way to the file: what is written stays inside.
        using var written = await alice.PutAsync($"{Root}/alice/mine/files/{path}", new StringContent("x"));
        Assert.InRange((int)written.StatusCode, 204, 499);
        Assert.Equal([project], Directory.GetFileSystemEntries(Path.GetDirectoryName(project)!));
        Assert.Equal("secret", await File.ReadAllTextAsync(Path.Combine(outside, "secret.txt")));
        Assert.Single(Directory.GetFileSystemEntries(outside));
        Directory.Delete(outside, true);
    }

    [Theory]
    [InlineData("""{}""", "name")]
    [InlineData("""{"name":" "}""", "name")]
    [InlineData("""{"name":"日本"}""", "name")]
    [InlineData("""{"name":"API"}""", "name")]
    [InlineData("""{"name":"x","slug":"Up"}""", "slug")]
    [InlineData("""{"name":"x","slug":"metrics"}""", "slug")]
    [InlineData("""{"name":"x","environment":{"a=b":"1"}}""", "environment")]
    [InlineData("""{"name":"x","environment":{"a":null}}""", "environment")]
    [InlineData("""{"name":"x","owner":"nobody"}""", "owner")]
    public async Task What_cannot_be_a_project_is_refused_with_the_field(string body, string field)
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        using var answer = await TestServer.Send(admin, "POST", Root, body);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(field, Text(JsonNode.Parse(await answer.Content.ReadAsStringAsync())!, "field"));
    }

    [Fact]
    public async Task Nobody_is_called_as_an_address_of_ours_begins()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        var app = WebApplication.CreateEmptyBuilder(new());
        app.WebHost.UseKestrelCore();
        app.Services.AddRoutingCore();
        await using var other = app.Build();
        new OpenPaiDialect(null!, null!, null!, null!, new OpenPaiOptions { Capacity = default, StorageRoot = server.Folder }, TimeProvider.System).Map(other);
        var first = server.Server.Endpoints.Concat(((IEndpointRouteBuilder)other).DataSources.SelectMany(source => source.Endpoints)).OfType<RouteEndpoint>()
            .Select(endpoint => endpoint.RoutePattern.PathSegments[0].Parts[0]).OfType<RoutePatternLiteralPart>().Select(part => part.Content).Distinct().ToList();
        Assert.Contains("webhdfs", first);
        Assert.All(first, segment => Assert.True(ReservedNames.Contains(segment), segment));
        foreach (var name in new[] { "api", "Login", "webhdfs" })
        {
            using var answer = await TestServer.Send(admin, "POST", "/api/yard/v1/users", $$"""{"name":"{{name}}"}""");
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }
    }

    [Theory]
    [InlineData("Risk Analysis", "risk-analysis")]
    [InlineData("  a  B__c!", "a-b-c")]
    [InlineData("Ümlaut 2", "mlaut-2")]
    [InlineData("!!!", "")]
    public void A_slug_is_what_of_a_name_can_stand_in_an_address(string name, string slug) => Assert.Equal(slug, Slug.Of(name));

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();

    private static string Listed(JsonNode page) => string.Join(';', page["entries"]!.AsArray().Select(entry => $"{Text(entry!, "name")} {Text(entry!, "kind")}"));

    private static async Task<HttpStatusCode> Put(HttpClient client, string project, string path, string content)
    {
        using var answer = await client.PutAsync($"{Root}/{project}/files/{path}", new StringContent(content));
        return answer.StatusCode;
    }
}
