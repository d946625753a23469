using System.Diagnostics;
using Xunit;

namespace Switchyard.Crash.Tests;

/// <summary>A copy of the database is taken from a server at work, and another installation goes on from it.</summary>
public sealed class BackupTests
{
    [Fact]
    public async Task A_backup_of_a_working_server_holds_what_was_acknowledged_and_is_restored_elsewhere()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var server = new RealServer();
        await server.Start();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var runs = new List<long>();
        var work = Task.Run(
            async () =>
            {
                while (!enough.IsCancellationRequested)
                {
                    var run = (await server.Post("/api/yard/v1/runs", """{"name":"one","tasks":[{"key":"a","command":["echo","said"]}]}"""))["run_id"]!.GetValue<long>();
                    lock (runs)
                        runs.Add(run);
                }
            },
            stop);
        long[] before;
        do
        {
            await Task.Delay(20, stop);
            lock (runs)
                before = [.. runs];
        }
        while (before.Length < 100);

        var file = Path.Combine(server.Root, "copy.db");
        var (code, said) = await Yard("store", "backup", file, "--data", server.Data);
        await enough.CancelAsync();
        await work;
        Assert.True(code == 0, said);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(1, (await Yard("store", "backup", file, "--data", server.Data)).Code);
        (code, said) = await Yard("store", "restore", file, "--data", server.Data);
        Assert.Equal(1, code);
        Assert.Contains("Another server", said, StringComparison.Ordinal);

        await using var other = new RealServer();
        (code, said) = await Yard("store", "restore", file, "--data", other.Data);
        Assert.True(code == 0, said);
        await other.Start();
        foreach (var run in before)
            Assert.Equal("succeeded", (await other.Ended(run))["state"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_restored_database_knows_nothing_of_later_runs_whose_tasks_end_and_the_one_before_is_kept()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var server = new RealServer();
        await server.Start();
        var file = Path.Combine(server.Root, "copy.db");
        Assert.Equal(0, (await Yard("store", "backup", file, "--data", server.Data)).Code);
        var run = (await server.Post("/api/yard/v1/runs", """{"name":"later","tasks":[{"key":"a","command":["sleep","1000"]}]}"""))["run_id"]!.GetValue<long>();
        var attempt = (await server.Get($"/api/yard/v1/runs/{run}/attempts"))["attempts"]![0]!["id"]!.GetValue<long>();
        while (RealServer.ProcessesOf(attempt).Count == 0)
            await Task.Delay(20, stop);
        await server.Terminate();
        Assert.Equal(0, (await Yard("store", "restore", file, "--data", server.Data)).Code);
        Assert.Single(Directory.GetFiles(server.Data, "switchyard.db.2*"), path => !path.EndsWith("-wal", StringComparison.Ordinal) && !path.EndsWith("-shm", StringComparison.Ordinal));
        await server.Start();
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await server.Http.GetAsync($"/api/yard/v1/runs/{run}", stop)).StatusCode);
        for (var tries = 0; RealServer.ProcessesOf(attempt).Count > 0 && tries < 600; tries++)
            await Task.Delay(50, stop);
        Assert.Empty(RealServer.ProcessesOf(attempt));
    }

    [Fact]
    public async Task What_is_no_backup_is_not_restored()
    {
        await using var server = new RealServer();
        var file = Path.Combine(server.Root, "text");
        await File.WriteAllTextAsync(file, new string('x', 10_000), TestContext.Current.CancellationToken);
        var (code, said) = await Yard("store", "restore", file, "--data", server.Data);
        Assert.Equal(1, code);
        Assert.Contains("is not a Switchyard database", said, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Said)> Yard(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(RealServer.DefaultProgram, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }
}
