using System.Diagnostics;
using System.Text.Json.Nodes;
using Xunit;

namespace Switchyard.Crash.Tests;

/// <summary>The program as <c>./yard publish</c> makes it: one file, on which everything stands. Making it takes minutes, so that this runs with the long rounds.</summary>
public sealed class OneFileTests
{
    [Fact]
    public async Task The_one_file_needs_no_dotnet_shows_its_pages_runs_tasks_and_takes_them_over_after_a_kill()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("YARD_TEST_LONG") is null, "publishing takes minutes: ./test --long runs this");
        var output = Directory.CreateTempSubdirectory("yard-publish-").FullName;
        try
        {
            await Run(Path.Combine(Sources, "yard"), "publish", "--output", output);
            await Run("/bin/sh", "-c", "cd \"$0\" && sha256sum --check --quiet SHA256SUMS", output);
            var version = File.ReadLines(Path.Combine(Sources, "CHANGELOG.md")).First(line => line.StartsWith("## ", StringComparison.Ordinal)).Split(' ')[1];
            Assert.Equal(version, (await Run($"{output}/yard", "--version")).Trim());

            await using var server = new RealServer($"{output}/yard") { Bare = true };
            await server.Start();
            var libraries = (await File.ReadAllLinesAsync($"/proc/{server.Pid}/maps", TestContext.Current.CancellationToken)).Where(line => line.EndsWith(".dll", StringComparison.Ordinal));
            Assert.Empty(libraries);
            using var asked = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "Accept", "text/html" } } };
            var page = await (await server.Http.SendAsync(asked, TestContext.Current.CancellationToken)).Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.Contains("/assets/", page, StringComparison.Ordinal);

            var mark = Path.Combine(server.Root, "mark");
            var run = (await server.Post("/api/yard/v1/runs", $$"""
                {"name":"long","tasks":[{"key":"a","command":["/bin/sh","-c","echo begun; while [ ! -e {{mark}} ]; do sleep 0.1; done; echo ended"]}]}
                """))["run_id"]!.GetValue<long>();
            var attempt = (await server.Get($"/api/yard/v1/runs/{run}/attempts"))["attempts"]![0]!["id"]!.GetValue<long>();
            while (RealServer.ProcessesOf(attempt).Count == 0)
                await Task.Delay(20, TestContext.Current.CancellationToken);
            server.Kill9();
            await server.Start();
            Assert.NotEmpty(RealServer.ProcessesOf(attempt));
            await File.WriteAllTextAsync(mark, "", TestContext.Current.CancellationToken);
            Assert.Equal("succeeded", (await server.Ended(run))["state"]!.GetValue<string>());
            Assert.Equal("begun\nended\n", await server.Http.GetStringAsync($"/api/yard/v1/attempts/{attempt}/log", TestContext.Current.CancellationToken));
            await Notebook(server);
        }
        finally
        {
            Directory.Delete(output, true);
        }
    }

    /// <summary>Runs a notebook, which needs the files that were inside.</summary>
    private static async Task Notebook(RealServer server)
    {
        var source = Convert.ToBase64String("# Databricks notebook source\ndbutils.notebook.exit(str(6 * 7))\n"u8);
        await server.Post("/api/2.0/workspace/import", new JsonObject { ["path"] = "/n", ["format"] = "SOURCE", ["language"] = "PYTHON", ["content"] = source }.ToJsonString());
        var run = (await server.Post("/api/2.1/jobs/runs/submit", """{"tasks":[{"task_key":"n","notebook_task":{"notebook_path":"/n"}}]}"""))["run_id"]!.GetValue<long>();
        await server.Ended(run);
        var task = (await server.Get($"/api/2.1/jobs/runs/get?run_id={run}"))["tasks"]![0]!["run_id"]!;
        Assert.Equal("42", (await server.Get($"/api/2.1/jobs/runs/get-output?run_id={task}"))["notebook_output"]!["result"]!.GetValue<string>());
    }

    private static string Sources
    {
        get
        {
            var at = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(at.FullName, "Switchyard.slnx")))
                at = at.Parent!;
            return at.FullName;
        }
    }

    private static async Task<string> Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Sources })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {await error}");
        return await output;
    }
}
