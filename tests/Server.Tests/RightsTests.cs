using System.Net;
using System.Text.Json.Nodes;

namespace Switchyard.Server.Tests;

/// <summary>Who is no administrator sees and touches only what is their own, wherever they ask.</summary>
public sealed class RightsTests
{
    [Fact]
    public async Task What_belongs_to_others_reads_as_missing_everywhere()
    {
        await using var server = await TestServer.Start();
        using var alice = await server.User("alice");
        using var bob = await server.User("bob");
        var job = await TestServer.Job(alice);
        var run = await TestServer.EndedRun(alice);
        var attempt = (await TestServer.Get(alice, $"/api/yard/v1/runs/{run}/attempts"))["attempts"]![0]!["id"]!.GetValue<long>();
        (string Verb, string Path, string? Body)[] calls =
        [
            ("GET", $"jobs/{job}", null), ("PUT", $"jobs/{job}", """{"name":"x","tasks":[{"key":"a","command":["/bin/true"]}]}"""), ("POST", $"jobs/{job}/run", "{}"),
            ("GET", $"runs/{run}", null), ("GET", $"runs/{run}/tasks", null), ("GET", $"runs/{run}/attempts", null), ("GET", $"runs/{run}/events", null), ("GET", $"runs/{run}/wait", null),
            ("GET", $"runs/{run}/feed", null), ("GET", $"runs/{run}/notices", null), ("PATCH", $"runs/{run}", """{"timeout_ms":1}"""), ("POST", $"runs/{run}/cancel", null),
            ("GET", $"attempts/{attempt}", null), ("GET", $"attempts/{attempt}/log", null), ("GET", $"attempts/{attempt}/log?search=line", null), ("GET", $"attempts/{attempt}/log/follow", null),
            ("POST", $"attempts/{attempt}/cancel", null), ("DELETE", $"runs/{run}", null), ("DELETE", $"jobs/{job}", null),
        ];
        // A job that alice has run is planned and kept in memory: it must be as invisible.
        await TestServer.Post(alice, $"/api/yard/v1/jobs/{job}/run", "{}");
        foreach (var (verb, path, body) in calls)
        {
            using var refused = await TestServer.Send(bob, verb, "/api/yard/v1/" + path, body);
            Assert.True(refused.StatusCode == HttpStatusCode.NotFound, $"{verb} {path}: {refused.StatusCode}");
        }

        foreach (var (verb, path, body) in calls.Where(call => call is not { Verb: "PATCH" }))
        {
            using var allowed = await TestServer.Send(alice, verb, "/api/yard/v1/" + path, body);
            Assert.True(allowed.IsSuccessStatusCode, $"{verb} {path}: {allowed.StatusCode}");
        }
    }

    [Fact]
    public async Task Lists_show_only_ones_own_and_administrators_may_choose()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        using var alice = await server.User("alice");
        using var bob = await server.User("bob");
        await TestServer.EndedRun(alice);
        await TestServer.EndedRun(bob);
        foreach (var list in new[] { "jobs", "runs" })
        {
            Assert.All(await Owners(alice, $"{list}?limit=10"), owner => Assert.Equal("alice", owner));
            Assert.Equal(2, (await Owners(admin, list)).Count);
            Assert.Equal(["bob"], await Owners(admin, $"{list}?owner=bob"));
            using var refused = await alice.GetAsync($"/api/yard/v1/{list}?owner=bob");
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }

        async Task<IReadOnlyList<string>> Owners(HttpClient client, string path) =>
            [.. (await TestServer.Get(client, "/api/yard/v1/" + path))[path[..4]]!.AsArray().Select(row => row!["owner"]!.GetValue<string>())];
    }

    [Fact]
    public async Task The_feed_shows_only_ones_own_runs()
    {
        await using var server = await TestServer.Start();
        using var alice = await server.User("alice");
        using var bob = await server.User("bob");
        var theirs = await TestServer.EndedRun(bob);
        var own = await TestServer.EndedRun(alice);
        var seen = await Sse.Read(alice, "/api/yard/v1/feed?after=0", events => events.Any(e => e.Data["run_id"]?.GetValue<long>() == own && e.Data["to"]!.GetValue<string>() == "succeeded" && e.Data["task"] is null));
        Assert.DoesNotContain(seen, e => e.Data["run_id"]!.GetValue<long>() == theirs);
    }

    [Fact]
    public async Task Users_see_and_change_only_themselves_and_their_own_tokens()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        using var alice = await server.User("alice");
        var token = (await TestServer.Post(admin, "/api/yard/v1/tokens", """{"name":"admins"}"""))["info"]!["id"];
        foreach (var (verb, path, body, status) in new (string, string, string?, HttpStatusCode)[]
        {
            ("PATCH", "users/admin", """{"password":"taken over by alice"}""", HttpStatusCode.NotFound),
            ("PATCH", "users/alice", """{"admin":true}""", HttpStatusCode.Forbidden),
            ("GET", "tokens?user=admin", null, HttpStatusCode.Forbidden),
            ("POST", "tokens?user=admin", """{"name":"stolen"}""", HttpStatusCode.Forbidden),
            ("DELETE", $"tokens/{token}", null, HttpStatusCode.NotFound),
        })
        {
            using var answer = await TestServer.Send(alice, verb, "/api/yard/v1/" + path, body);
            Assert.True(answer.StatusCode == status, $"{verb} {path}: {answer.StatusCode}");
        }

        Assert.False((await TestServer.Get(alice, "/api/yard/v1/me"))["admin"]!.GetValue<bool>());
    }
}

/// <summary>Reading server-sent events.</summary>
internal static class Sse
{
    public static async Task<IReadOnlyList<(string? Id, string Name, JsonNode Data)>> Read(
        HttpClient client, string path, Func<IReadOnlyList<(string? Id, string Name, JsonNode Data)>, bool> enough, string? lastEventId = null)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(limit.Token));
        var events = new List<(string?, string, JsonNode)>();
        string? id = null, name = null;
        while (await reader.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal))
                id = line[4..];
            else if (line.StartsWith("event: ", StringComparison.Ordinal))
                name = line[7..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                events.Add((id, name!, JsonNode.Parse(line[6..])!));
                if (enough(events))
                    break;
            }
        }

        return events;
    }
}
