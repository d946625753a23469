using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Xunit;

namespace Switchyard.Crash.Tests;

/// <summary>Servers and hosts killed under load: nothing acknowledged is lost, nothing runs twice, nothing is left over.</summary>
public sealed class KillTests
{
    private static readonly int Rounds = Environment.GetEnvironmentVariable("YARD_TEST_LONG") is null ? 10 : 50;

    [Fact]
    public async Task Killing_the_server_at_random_moments_under_load_loses_nothing_and_runs_nothing_twice() =>
        await KillRounds(async (server, _) =>
        {
            server.Kill9();
            await Task.CompletedTask;
        });

    [Fact]
    public async Task Stopping_the_server_gracefully_under_load_loses_nothing_and_runs_nothing_twice() =>
        await KillRounds(async (server, _) => await server.Terminate(), rounds: 2);

    [Fact]
    public async Task Killing_the_host_leaves_nothing_alive_and_its_attempts_are_repeated_without_charge()
    {
        await using var server = new RealServer();
        await server.Start();
        var lines = Directory.CreateDirectory(Path.Combine(server.Root, "lines")).FullName;
        var job = await CreateJob(server, lines, "sleep 1.5");
        var runs = await Submit(server, job, 12, () => Task.CompletedTask);
        await Until(async () => Directory.GetFiles(lines).Length >= 6, server);
        var before = Directory.GetFiles(lines).Select(file => long.Parse(Path.GetFileName(file), CultureInfo.InvariantCulture)).ToList();
        foreach (var host in server.Hosts())
            RealServer.Signal(host, 9);

        foreach (var run in runs)
            Assert.Equal("succeeded", (await server.Ended(run))["state"]!.GetValue<string>());
        var attempts = new List<JsonNode>();
        foreach (var run in runs)
            attempts.AddRange((await server.Get($"/api/yard/v1/runs/{run}/attempts"))["attempts"]!.AsArray()!);
        var lost = attempts.Where(a => a["state"]!.GetValue<string>() == "lost").ToList();
        Assert.NotEmpty(lost);
        Assert.All(lost, a => Assert.Equal("host_lost", a["reason"]!["code"]!.GetValue<string>()));
        Assert.All(lost, a => Assert.Empty(RealServer.ProcessesOf(a["id"]!.GetValue<long>())));
        Assert.All(before, id => Assert.Empty(RealServer.ProcessesOf(id)));
        AssertOneLineEach(lines);
    }

    [Fact]
    public async Task A_rebuild_of_the_program_while_tasks_run_disturbs_none()
    {
        var copy = Directory.CreateTempSubdirectory("yard-program-").FullName;
        CopyDirectory(Path.GetDirectoryName(RealServer.DefaultProgram)!, copy);
        await using var server = new RealServer(Path.Combine(copy, "yard"));
        await server.Start();
        var lines = Directory.CreateDirectory(Path.Combine(server.Root, "lines")).FullName;
        var job = await CreateJob(server, lines, "sleep 3");
        var runs = await Submit(server, job, 8, () => Task.CompletedTask);
        await Until(async () => Directory.GetFiles(lines).Length == 8, server);

        server.Kill9();
        foreach (var file in Directory.EnumerateFiles(copy, "*", SearchOption.AllDirectories))
            File.WriteAllText(file, "overwritten by a build");
        server.Program = RealServer.DefaultProgram;
        await server.Start();

        foreach (var run in runs)
        {
            Assert.Equal("succeeded", (await server.Ended(run))["state"]!.GetValue<string>());
            Assert.Single((await server.Get($"/api/yard/v1/runs/{run}/attempts"))["attempts"]!.AsArray());
        }

        AssertOneLineEach(lines);
        Directory.Delete(copy, true);
    }

    private static async Task KillRounds(Func<RealServer, int, Task> end, int? rounds = null)
    {
        await using var server = new RealServer();
        await server.Start();
        var lines = Directory.CreateDirectory(Path.Combine(server.Root, "lines")).FullName;
        var job = await CreateJob(server, lines, "sleep 0.05");
        for (var round = 0; round < (rounds ?? Rounds); round++)
        {
            var delay = new Random(round).Next(50, 1500);
            var runs = await Submit(server, job, 500, async () =>
            {
                await Task.Delay(delay);
                await end(server, round);
            });
            await server.Start();
            foreach (var run in runs)
                Assert.Equal("succeeded", (await server.Ended(run))["state"]!.GetValue<string>());
            // Adopted, not restarted: one attempt each.
            foreach (var run in runs.Take(20))
                Assert.Single((await server.Get($"/api/yard/v1/runs/{run}/attempts"))["attempts"]!.AsArray());
            Assert.True(Directory.GetFiles(lines).Length >= runs.Count);
            AssertOneLineEach(lines);
            foreach (var file in Directory.GetFiles(lines))
                File.Delete(file);
        }
    }

    /// <summary>Sends run-now calls side by side until all are sent or the server is gone; answers the acknowledged runs.</summary>
    private static async Task<IReadOnlyCollection<long>> Submit(RealServer server, long job, int count, Func<Task> meanwhile)
    {
        var acknowledged = new ConcurrentBag<long>();
        var sent = 0;
        var senders = Enumerable.Range(0, 16).Select(async _ =>
        {
            while (Interlocked.Increment(ref sent) <= count)
            {
                try
                {
                    acknowledged.Add((await server.Post($"/api/yard/v1/jobs/{job}/run", "{}"))["run_id"]!.GetValue<long>());
                }
                catch (HttpRequestException)
                {
                    return;
                }
            }
        });
        await Task.WhenAll(senders.Append(meanwhile()));
        return acknowledged;
    }

    private static async Task<long> CreateJob(RealServer server, string lines, string then) =>
        (await server.Post("/api/yard/v1/jobs", $$"""
            {"name":"append","tasks":[{"key":"append","command":["/bin/sh","-c","echo line >> {{lines}}/$SWITCHYARD_ATTEMPT; {{then}}"]}]}
            """))["id"]!.GetValue<long>();

    private static void AssertOneLineEach(string lines)
    {
        foreach (var file in Directory.GetFiles(lines))
            Assert.Equal("line\n", File.ReadAllText(file));
    }

    private static async Task Until(Func<Task<bool>> condition, RealServer server)
    {
        for (var tries = 0; tries < 600; tries++)
        {
            if (await condition())
                return;
            await Task.Delay(50);
        }

        throw new TimeoutException($"not within 30 s:\n{server.Said}");
    }

    private static void CopyDirectory(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
