using System.Text.Json.Nodes;
using Xunit;

namespace Switchyard.Crash.Tests;

/// <summary>Tasks that leave their session, their parent and all manners behind are ended whole all the same.</summary>
public sealed class EscapeTests
{
    /// <summary>A child of a child in a session of its own, that ignores the polite signal; so does the task itself.</summary>
    private const string Escape = "trap '' TERM; ( setsid sh -c 'sleep 3600; :' TAG & ); echo ready; sleep 3601; :";

    /// <summary>The same without the environment by which it could be told.</summary>
    private const string Hide = "trap '' TERM; ( setsid env -i /bin/sh -c 'sleep 3600; :' TAG & ); echo ready; sleep 3601; :";

    [Theory]
    [InlineData("auto", true)]
    [InlineData("auto", false)]
    [InlineData("subreaper", true)]
    [InlineData("subreaper", false)]
    public async Task Nothing_of_an_escaped_task_is_alive_after_its_run_was_cancelled_or_timed_out(string level, bool cancel)
    {
        await using var server = new RealServer();
        server.Variables["YARD_KILL_LEVEL"] = level;
        server.Variables["YARD_GRACE_MS"] = "500";
        await server.Start();
        if (level != "auto")
            Assert.Equal(level, (await server.Get("/api/yard/v1/node"))["kill_level"]!.GetValue<string>());
        var (run, attempt, tag) = await Submit(server, Escape, cancel ? 0 : 1500);
        var escaped = await Escaped(server, tag);
        Assert.Contains(escaped, RealServer.ProcessesOf(attempt));
        if (cancel)
            await Cancel(server, run);

        var ended = await server.Ended(run);
        var task = (await server.Get($"/api/yard/v1/runs/{run}/attempts"))["attempts"]![0]!;
        Assert.Equal(cancel ? "cancelled" : "failed", ended["state"]!.GetValue<string>());
        Assert.Equal(cancel ? "cancelled" : "timed_out", task["state"]!.GetValue<string>());
        Assert.Equal(cancel ? "cancelled_by_user" : "timeout", task["reason"]!["code"]!.GetValue<string>());
        Assert.Empty(RealServer.ProcessesOf(attempt));
        Assert.Empty(RealServer.ProcessesWith(tag));
        Assert.False(Directory.Exists($"/proc/{escaped}"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task At_the_weak_kill_level_the_end_names_the_process_that_hides_from_it(bool cancel)
    {
        await using var server = new RealServer();
        server.Variables["YARD_KILL_LEVEL"] = "subreaper";
        server.Variables["YARD_GRACE_MS"] = "500";
        await server.Start();
        var (run, attempt, tag) = await Submit(server, Hide, cancel ? 0 : 1500);
        var hidden = await Escaped(server, tag);
        try
        {
            if (cancel)
                await Cancel(server, run);
            await server.Ended(run);
            var task = (await server.Get($"/api/yard/v1/runs/{run}/attempts"))["attempts"]![0]!;
            var reason = task["reason"]!["text"]!.GetValue<string>();
            Assert.Equal(cancel ? "cancelled" : "timed_out", task["state"]!.GetValue<string>());
            Assert.Contains($"process {hidden} ", reason, StringComparison.Ordinal);
            Assert.Contains(cancel ? "cancelled by" : "it ran longer", reason, StringComparison.Ordinal);
            Assert.Empty(RealServer.ProcessesOf(attempt));
        }
        finally
        {
            foreach (var left in RealServer.ProcessesWith(tag))
                RealServer.Signal(left, 9);
            RealServer.Signal(-hidden, 9);
        }
    }

    private static async Task<(long Run, long Attempt, string Tag)> Submit(RealServer server, string script, long timeoutMs)
    {
        var tag = "escaped-" + Guid.NewGuid().ToString("n");
        var settings = new JsonObject
        {
            ["name"] = "escape",
            ["tasks"] = new JsonArray(new JsonObject
            {
                ["key"] = "escape",
                ["command"] = new JsonArray("/bin/sh", "-c", script.Replace("TAG", tag, StringComparison.Ordinal)),
                ["timeout_ms"] = timeoutMs,
            }),
        };
        var run = (await server.Post("/api/yard/v1/runs", settings.ToJsonString()))["run_id"]!.GetValue<long>();
        var attempt = (await server.Get($"/api/yard/v1/runs/{run}/attempts"))["attempts"]![0]!["id"]!.GetValue<long>();
        return (run, attempt, tag);
    }

    /// <summary>The process id of what escaped: the one with the tag as its own name, not the task that quotes it.</summary>
    private static async Task<int> Escaped(RealServer server, string tag)
    {
        for (var tries = 0; tries < 600; tries++)
        {
            foreach (var id in RealServer.ProcessesWith("sleep 3600; : " + tag))
            {
                if (RealServer.ParentOf(id) is { } parent && server.Hosts().Contains(parent))
                    return id;
            }

            await Task.Delay(20);
        }

        throw new TimeoutException($"nothing escaped:\n{server.Said}");
    }

    private static async Task Cancel(RealServer server, long run)
    {
        using var answer = await server.Http.PostAsync($"/api/yard/v1/runs/{run}/cancel", null);
        answer.EnsureSuccessStatusCode();
    }
}
