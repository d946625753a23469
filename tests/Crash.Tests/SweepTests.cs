using System.Text.Json.Nodes;
using Xunit;

namespace Switchyard.Crash.Tests;

/// <summary>A server killed in the middle of a large sweep: each parameter set becomes one run, and runs once.</summary>
public sealed class SweepTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(600)]
    public async Task A_sweep_whose_server_is_killed_runs_each_set_exactly_once(int delayMs)
    {
        await using var server = new RealServer();
        await server.Start();
        var lines = Directory.CreateDirectory(Path.Combine(server.Root, "lines")).FullName;
        var job = (await server.Post("/api/yard/v1/jobs", $$$"""
            {"name":"mark","parameters":{"a":"","b":""},
             "tasks":[{"key":"t","command":["/bin/sh","-c","echo line >> \"$0/$1-$2\"","{{{lines}}}","${{ parameters.a }}","${{ parameters.b }}"]}]}
            """))["id"];
        var batch = (await server.Post($"/api/yard/v1/jobs/{job}/sweep", $$$"""{"grid":{"a":{{{Numbers(50)}}},"b":{{{Numbers(40)}}}}}"""))["id"];
        await Task.Delay(delayMs);
        server.Kill9();
        await server.Start();

        var ended = await Ended(server, $"/api/yard/v1/batches/{batch}");
        Assert.Equal(("""{"succeeded":2000}""", 2000L), (ended["runs"]!.ToJsonString(), ended["made"]!.GetValue<long>()));
        var files = Directory.GetFiles(lines);
        Assert.Equal(2000, files.Length);
        Assert.All(files, file => Assert.Equal("line\n", File.ReadAllText(file)));
    }

    private static async Task<JsonNode> Ended(RealServer server, string path)
    {
        for (var tries = 0; tries < 6000; tries++)
        {
            var batch = await server.Get(path);
            if (batch["ended"]!.GetValue<bool>())
                return batch;
            await Task.Delay(100);
        }

        throw new TimeoutException($"the batch has not ended:\n{await server.Get(path)}\n{server.Said}");
    }

    private static string Numbers(int count) => $"[{string.Join(',', Enumerable.Range(0, count))}]";
}
