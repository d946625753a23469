using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Switchyard.Server.Tests;

public sealed class TokenTests
{
    [Fact]
    public async Task A_token_is_made_used_seen_and_revoked()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        var made = await TestServer.Post(admin, "/api/yard/v1/tokens", """{"name":"ci"}""");
        var text = made["token"]!.GetValue<string>();
        Assert.Matches("^yard_[0-9a-f]{64}$", text);
        Assert.StartsWith(made["info"]!["prefix"]!.GetValue<string>(), text);

        using var user = server.Client(text);
        Assert.Equal("admin", (await TestServer.Get(user, "/api/yard/v1/me"))["name"]!.GetValue<string>());
        var listed = await Listed(admin, "ci");
        Assert.NotNull(listed["last_used_at"]);
        Assert.DoesNotContain(text, listed.ToJsonString());

        using var revoked = await TestServer.Send(admin, "DELETE", $"/api/yard/v1/tokens/{made["info"]!["id"]}");
        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await user.GetAsync("/api/yard/v1/me")).StatusCode);
        using var again = await TestServer.Send(admin, "DELETE", $"/api/yard/v1/tokens/{made["info"]!["id"]}");
        Assert.Equal(HttpStatusCode.NotFound, again.StatusCode);
    }

    [Fact]
    public async Task A_token_ends_with_its_time_even_while_it_is_trusted_without_a_look()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        var made = await TestServer.Post(admin, "/api/yard/v1/tokens", """{"name":"short","expires_in_seconds":60}""");
        using var user = server.Client(made["token"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.OK, (await user.GetAsync("/api/yard/v1/me")).StatusCode);
        server.Clock.Shift = TimeSpan.FromSeconds(61);
        Assert.Equal(HttpStatusCode.Unauthorized, (await user.GetAsync("/api/yard/v1/me")).StatusCode);
    }

    [Fact]
    public async Task Basic_takes_a_password_or_a_token_and_forgets_a_changed_password_at_once()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        await TestServer.Post(admin, "/api/yard/v1/users", """{"name":"alice","password":"the first password"}""");
        using var alice = server.Client(Basic("alice", "the first password"));
        using var token = server.Client(Basic("token", TestServer.AdminToken));
        using var wrong = server.Client(Basic("alice", "another password"));
        Assert.Equal("alice", (await TestServer.Get(alice, "/api/yard/v1/me"))["name"]!.GetValue<string>());
        Assert.Equal("alice", (await TestServer.Get(alice, "/api/yard/v1/me"))["name"]!.GetValue<string>());
        Assert.Equal("admin", (await TestServer.Get(token, "/api/yard/v1/me"))["name"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.Unauthorized, (await wrong.GetAsync("/api/yard/v1/me")).StatusCode);

        using var changed = await TestServer.Send(alice, "PATCH", "/api/yard/v1/users/alice", """{"password":"the second password"}""");
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await alice.GetAsync("/api/yard/v1/me")).StatusCode);
    }

    [Fact]
    public async Task A_removed_user_and_all_tokens_are_gone_at_once()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        using var bob = await server.User("bob");
        Assert.Equal(HttpStatusCode.OK, (await bob.GetAsync("/api/yard/v1/me")).StatusCode);
        using var removed = await TestServer.Send(admin, "DELETE", "/api/yard/v1/users/bob");
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await bob.GetAsync("/api/yard/v1/me")).StatusCode);
    }

    [Fact]
    public async Task Login_gives_a_token_for_a_password_and_refuses_a_wrong_one()
    {
        await using var server = await TestServer.Start();
        using var nobody = server.Client(null);
        var made = await TestServer.Post(nobody, "/api/yard/v1/login", $$"""{"name":"admin","password":"{{TestServer.AdminPassword}}"}""");
        using var admin = server.Client(made["token"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.OK, (await admin.GetAsync("/api/yard/v1/me")).StatusCode);
        foreach (var body in new[] { """{"name":"admin","password":"wrong"}""", """{"name":"nobody_here","password":"wrong"}""", """{"name":"../admin","password":"wrong"}""" })
        {
            using var refused = await TestServer.Send(nobody, "POST", "/api/yard/v1/login", body);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        }
    }

    private static string Basic(string name, string password) => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{name}:{password}"));

    private static async Task<JsonNode> Listed(HttpClient client, string name) =>
        (await TestServer.Get(client, "/api/yard/v1/tokens"))["tokens"]!.AsArray().Single(token => token!["name"]!.GetValue<string>() == name)!;
}
