using System.Text.Json.Nodes;

namespace Switchyard.Server.Tests;

public sealed class FeedTests
{
    [Fact]
    public async Task A_runs_feed_tells_its_whole_life_and_ends_with_it()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        var job = await TestServer.Job(admin, "hold");
        var run = (await TestServer.Post(admin, $"/api/yard/v1/jobs/{job}/run", "{}"))["run_id"]!.GetValue<long>();
        var cancelled = false;
        var events = await Sse.Read(admin, $"/api/yard/v1/runs/{run}/feed", seen =>
        {
            if (!cancelled && seen[^1].Data["to"]?.GetValue<string>() == "running" && seen[^1].Data["task_key"]?.GetValue<string>() == "a")
            {
                cancelled = true;
                _ = TestServer.Post(admin, $"/api/yard/v1/runs/{run}/cancel", "{}");
            }

            return false;
        });
        Assert.True(cancelled);
        Assert.Equal("end", events[^1].Name);
        Assert.Equal("cancelled", events[^1].Data["state"]!.GetValue<string>());
        var sequence = events.Where(e => e.Name == "move").Select(e => e.Data["seq"]!.GetValue<long>()).ToList();
        Assert.Equal(sequence.Order().Distinct(), sequence);
    }

    [Fact]
    public async Task A_feed_resumed_by_its_last_event_misses_nothing_and_repeats_nothing()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        var run = await TestServer.EndedRun(admin);
        var all = await Sse.Read(admin, $"/api/yard/v1/runs/{run}/feed", _ => false);
        var moves = all.Where(e => e.Name == "move").ToList();
        Assert.True(moves.Count >= 4);
        var rest = await Sse.Read(admin, $"/api/yard/v1/runs/{run}/feed", _ => false, moves[1].Id);
        Assert.Equal(moves.Skip(2).Select(e => e.Id), rest.Where(e => e.Name == "move").Select(e => e.Id));

        var live = await Sse.Read(admin, "/api/yard/v1/feed", seen => seen.Count == moves.Count - 2, moves[1].Id);
        Assert.Equal(moves.Skip(2).Select(e => e.Id), live.Select(e => e.Id));
    }

    [Fact]
    public async Task A_log_is_read_by_offset_line_tail_and_search_and_followed()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        var run = await TestServer.EndedRun(admin);
        var attempt = (await TestServer.Get(admin, $"/api/yard/v1/runs/{run}/attempts"))["attempts"]![0]!["id"];
        var log = $"/api/yard/v1/attempts/{attempt}/log";
        Assert.Equal("first line\nsecond line\nthird line\n", await admin.GetStringAsync(log));
        Assert.Equal("second line\nthird line\n", await admin.GetStringAsync(log + "?offset=11"));
        Assert.Equal("second line\n", await admin.GetStringAsync(log + "?line=1&lines=1"));
        Assert.Equal("third line\n", await admin.GetStringAsync(log + "?tail=1"));
        Assert.Equal(1, (await TestServer.Get(admin, log + "?search=second"))["hits"]![0]!["line"]!.GetValue<int>());
        Assert.Equal("first line\nsecond line\nthird line\n", await admin.GetStringAsync(log + "/follow"));
        using var request = new HttpRequestMessage(HttpMethod.Get, log);
        request.Headers.Accept.ParseAdd("application/json");
        using var answer = await admin.SendAsync(request);
        Assert.True(JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["complete"]!.GetValue<bool>());
        var events = await Sse.Read(admin, log + "/follow", _ => false);
        Assert.Equal(["log", "end"], events.Select(e => e.Name));
    }
}
