using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Switchyard.Crash.Tests;

/// <summary>A disk that fills under load: clear refusals, nothing half-written, and all goes on when there is room.</summary>
public sealed class FullDiskTests
{
    [Fact]
    public async Task A_full_disk_is_refused_clearly_and_when_there_is_room_everything_acknowledged_ends()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, SmallDisk.WhyNot);
        await using var disk = await SmallDisk.Mount("400m");
        var data = Path.Combine(disk.Path, "data");
        await using var server = new RealServer(data: data);
        await server.Start();
        var lines = Directory.CreateDirectory(Path.Combine(server.Root, "lines")).FullName;
        var before = new List<long>();
        for (var i = 0; i < 4; i++)
            before.Add(await Submit(server, $"echo begun > {lines}/$SWITCHYARD_ATTEMPT; sleep 6; echo ended >> {lines}/$SWITCHYARD_ATTEMPT"));
        while (Directory.GetFiles(lines).Length < 4)
            await Task.Delay(20, TestContext.Current.CancellationToken);

        // A little room is left, so that the disk fills in the middle of the work.
        var ballast = Path.Combine(disk.Path, "ballast");
        Fill(ballast, disk.Free - (6 << 20));
        var acknowledged = new ConcurrentBag<long>();
        var refused = new ConcurrentBag<(HttpStatusCode Status, string Text)>();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async sender =>
        {
            for (var i = 0; i < 2000 && refused.Count < 50; i++)
            {
                var (status, text) = await Ask(server, "/api/yard/v1/runs", Settings($"echo line >> {lines}/$SWITCHYARD_ATTEMPT", $"{sender}-{i} {new string('x', 20_000)}"));
                if (status == HttpStatusCode.Created)
                    acknowledged.Add(JsonNode.Parse(text)!["run_id"]!.GetValue<long>());
                else
                    refused.Add((status, text));
            }
        }));
        Assert.NotEmpty(acknowledged);
        Assert.True(refused.Count >= 50, "the disk did not fill");
        foreach (var (status, text) in refused)
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
            Assert.Equal("unavailable", JsonNode.Parse(text)!["code"]!.GetValue<string>());
            Assert.Contains("nothing of this call was kept", JsonNode.Parse(text)!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        }


        // Nothing at all is left; nothing can be written, everything can be read.
        while (disk.Free > 0)
            Fill(ballast, disk.Free);
        var others = new List<long>();
        var (full, wire) = await Ask(server, "/api/2.1/jobs/runs/submit", DatabricksSettings(0));
        for (var tries = 1; full == HttpStatusCode.OK && tries < 1000; tries++)
        {
            // The database still had room of its own.
            others.Add(JsonNode.Parse(wire)!["run_id"]!.GetValue<long>());
            (full, wire) = await Ask(server, "/api/2.1/jobs/runs/submit", DatabricksSettings(tries));
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, full);
        Assert.Equal("TEMPORARILY_UNAVAILABLE", JsonNode.Parse(wire)!["error_code"]!.GetValue<string>());
        Assert.NotEqual("", JsonNode.Parse(wire)!["message"]!.GetValue<string>());
        await Answers(server, "/readyz", HttpStatusCode.ServiceUnavailable);
        await Answers(server, "/healthz", HttpStatusCode.OK);
        await Answers(server, $"/api/yard/v1/runs/{before[0]}", HttpStatusCode.OK);
        await Answers(server, "/api/yard/v1/runs?limit=100", HttpStatusCode.OK);
        using (var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30)))
        using (var cancel = await server.Http.PostAsync($"/api/yard/v1/runs/{before[3]}/cancel", null, patience.Token))
        {
            Assert.Contains(cancel.StatusCode, (HttpStatusCode[])[HttpStatusCode.ServiceUnavailable, HttpStatusCode.NoContent]);
            if (cancel.StatusCode == HttpStatusCode.NoContent)
            {
                others.Add(before[3]);
                before.RemoveAt(3);
            }
        }

        // Tasks run on and end, whether that can be written down or not.
        await Until(server, () => Task.FromResult(Directory.GetFiles(lines).Count(file => File.ReadAllText(file) == "begun\nended\n") >= before.Count));
        Assert.False(server.HasExited);

        File.Delete(ballast);
        await Until(server, async () => (await server.Http.GetAsync("/readyz")).IsSuccessStatusCode);
        foreach (var run in before.Concat(acknowledged))
            Assert.Equal("succeeded", await EndOf(server, run));
        foreach (var run in others)
            await server.Ended(run);
        Assert.Equal("succeeded", await EndOf(server, await Submit(server, "true")));
        Assert.All(Directory.GetFiles(lines), file => Assert.Contains(File.ReadAllText(file), (string[])["line\n", "begun\nended\n", "begun\n"]));

        await server.Terminate();
        var database = Path.Combine(data, "switchyard.db");
        Assert.Equal("ok", RawSqlite.Ask(database, "pragma integrity_check"));
        Assert.Equal("0", RawSqlite.Ask(database, "select count(*) from runs where ended_at is null"));
        Assert.Equal(
            "0", RawSqlite.Ask(database, "select count(*) from job_counters c where succeeded <> (select count(*) from runs r where r.job_id = c.job_id and r.state = 'Succeeded')"));
        await server.Start();
        Assert.Equal("succeeded", await EndOf(server, await Submit(server, "true")));
    }

    [Fact]
    public async Task A_server_on_a_full_disk_refuses_to_start_and_says_that_it_is_full()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, SmallDisk.WhyNot);
        await using var disk = await SmallDisk.Mount("8m");
        var ballast = Path.Combine(disk.Path, "ballast");
        while (disk.Free > 0)
            Fill(ballast, disk.Free);
        await using var server = new RealServer(data: Path.Combine(disk.Path, "data"));
        var (code, said) = await server.StartRefused();
        Assert.NotEqual(0, code);
        Assert.Matches("full|[Nn]o space|[Mm]ake room|free some space", said);
        Assert.Contains(disk.Path, said, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
    }

    private static void Fill(string path, long bytes)
    {
        using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.None, 1);
        var block = new byte[1 << 16];
        try
        {
            for (; bytes > 0; bytes -= block.Length)
                file.Write(block, 0, (int)Math.Min(bytes, block.Length));
        }
        catch (IOException)
        {
            // Somebody else took the rest.
        }
    }

    private static string Settings(string script, string environment = "") => new JsonObject
    {
        ["name"] = "once",
        ["tasks"] = new JsonArray(new JsonObject
        {
            ["key"] = "once",
            ["command"] = new JsonArray("/bin/sh", "-c", script),
            ["env"] = new JsonObject { ["LARGE"] = environment },
        }),
    }.ToJsonString();

    private static string DatabricksSettings(int number) => $$$"""
        {"run_name":"{{{number}}}","tasks":[{"task_key":"a","existing_cluster_id":"c","spark_python_task":{"python_file":"/none.py","parameters":["{{{new string('x', 100_000)}}}"]}}]}
        """;

    private static async Task<long> Submit(RealServer server, string script) =>
        (await server.Post("/api/yard/v1/runs", Settings(script)))["run_id"]!.GetValue<long>();

    private static async Task<(HttpStatusCode Status, string Text)> Ask(RealServer server, string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await server.Http.PostAsync(path, content);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private static async Task Answers(RealServer server, string path, HttpStatusCode status)
    {
        using var answer = await server.Http.GetAsync(path);
        Assert.Equal(status, answer.StatusCode);
    }

    private static async Task<string> EndOf(RealServer server, long run)
    {
        var ended = await server.Ended(run);
        var state = ended["state"]!.GetValue<string>();
        return state == "succeeded" ? state : state + ": " + await server.Get($"/api/yard/v1/runs/{run}/attempts");
    }

    private static async Task Until(RealServer server, Func<Task<bool>> condition)
    {
        for (var tries = 0; tries < 600; tries++)
        {
            if (await condition())
                return;
            await Task.Delay(50);
        }

        throw new TimeoutException($"not within 30 s:\n{server.Said}");
    }
}
