using System.Diagnostics;
using Xunit;

namespace Switchyard.Crash.Tests;

/// <summary>A server that is asked to end does so, whoever is connected, and its tasks live on.</summary>
public sealed class LeaveTests
{
    [Fact]
    public async Task The_polite_signal_ends_a_server_within_seconds_although_clients_wait_and_watch()
    {
        await using var server = new RealServer();
        await server.Start();
        var mark = Path.Combine(server.Root, "mark");
        var run = (await server.Post("/api/yard/v1/runs", $$"""
            {"name":"long","tasks":[{"key":"a","command":["/bin/sh","-c","echo begun; while [ ! -e {{mark}} ]; do sleep 0.1; done; echo ended"]}]}
            """))["run_id"]!.GetValue<long>();
        var attempt = (await server.Get($"/api/yard/v1/runs/{run}/attempts"))["attempts"]![0]!["id"]!.GetValue<long>();
        while (RealServer.ProcessesOf(attempt).Count == 0)
            await Task.Delay(20, TestContext.Current.CancellationToken);

        string[] open =
        [
            $"/api/yard/v1/runs/{run}/wait?seconds=300", "/api/yard/v1/feed", $"/api/yard/v1/runs/{run}/feed", $"/api/yard/v1/attempts/{attempt}/log/follow",
        ];
        var watchers = open.SelectMany(path => Enumerable.Range(0, 5).Select(_ => Watch(server, path))).ToList();
        await Task.Delay(500, TestContext.Current.CancellationToken);
        var clock = Stopwatch.StartNew();
        await server.Terminate();
        // Generous: the time allowed to requests is two seconds.
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 20);
        Assert.Equal(0, server.ExitCode);
        await Task.WhenAll(watchers);
        Assert.NotEmpty(RealServer.ProcessesOf(attempt));

        await server.Start();
        await File.WriteAllTextAsync(mark, "", TestContext.Current.CancellationToken);
        Assert.Equal("succeeded", (await server.Ended(run))["state"]!.GetValue<string>());
        Assert.Single((await server.Get($"/api/yard/v1/runs/{run}/attempts"))["attempts"]!.AsArray());
        Assert.Equal("begun\nended\n", await server.Http.GetStringAsync($"/api/yard/v1/attempts/{attempt}/log", TestContext.Current.CancellationToken));
    }

    /// <summary>Reads until the server ends it.</summary>
    private static async Task Watch(RealServer server, string path)
    {
        try
        {
            using var answer = await server.Http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
            await using var stream = await answer.Content.ReadAsStreamAsync();
            var buffer = new byte[4096];
            while (await stream.ReadAsync(buffer) > 0)
            {
            }
        }
        catch (Exception gone) when (gone is HttpRequestException or IOException)
        {
            // That is how a server that leaves looks to its clients.
        }
    }
}
