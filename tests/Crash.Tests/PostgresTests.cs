using System.Diagnostics;
using Switchyard.Tests;
using Xunit;

namespace Switchyard.Crash.Tests;

/// <summary>The real program over a PostgreSQL of the tests' own.</summary>
public sealed class PostgresTests
{
    private static readonly Dictionary<string, string> None = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Runs_end_that_are_submitted_by_the_command_line_and_survive_the_kill_of_their_server()
    {
        var (cluster, database) = await Database();
        await using var server = new RealServer();
        Use(server, cluster, database);
        await server.Start();
        var file = Path.Combine(server.Root, "job.json");
        await File.WriteAllTextAsync(file, """{"name":"hello","tasks":[{"key":"a","command":["/bin/sh","-c","echo hello"]},{"key":"b","depends_on":["a"],"command":["/bin/true"]}]}""", Stop);
        for (var round = 0; round < 3; round++)
        {
            var (code, said) = await Yard(server, None, "run", file, "--server", server.Url, "--token", RealServer.Token);
            Assert.True(code == 0, $"{said}\n{server.Said}");
        }

        var slow = await server.Post("/api/yard/v1/runs", """{"name":"slow","tasks":[{"key":"a","command":["/bin/sh","-c","sleep 3; exit 0"]}]}""");
        server.Kill9();
        await server.Start();
        Assert.Equal("succeeded", (await server.Ended(slow["run_id"]!.GetValue<long>()))["state"]!.GetValue<string>());
        var runs = await server.Get("/api/yard/v1/runs");
        Assert.Equal(4, runs["runs"]!.AsArray().Count);
        Assert.Equal("4", await cluster.Ask(database, "select count(*) from runs where state = 'Succeeded'"));
        Assert.False(File.Exists(Path.Combine(server.Data, "switchyard.db")));
        Assert.DoesNotContain(cluster.Password, server.Said, StringComparison.Ordinal);
        await server.Terminate();
        await cluster.Drop(database);
    }

    [Fact]
    public async Task An_installation_is_moved_by_the_command_line_there_and_back_and_goes_on()
    {
        var (cluster, database) = await Database();
        await using var server = new RealServer();
        await server.Start();
        var first = await Finished(server, "one");
        var (running, said) = await Yard(server, None, "store", "copy", "--from", "sqlite:" + server.Data, "--to", cluster.Connection(database));
        Assert.Equal(1, running);
        Assert.Contains($"process {server.Pid}", said, StringComparison.Ordinal);
        await server.Terminate();

        (var there, said) = await Yard(server, None, "store", "copy", "--from", "sqlite:" + server.Data, "--to", cluster.Connection(database));
        Assert.True(there == 0, said);
        Assert.Contains("same counts and checksums", said, StringComparison.Ordinal);
        (there, said) = await Yard(server, None, "store", "copy", "--from", "sqlite:" + server.Data, "--to", cluster.Connection(database));
        Assert.Equal(1, there);
        Assert.Contains("createdb", said, StringComparison.Ordinal);

        Use(server, cluster, database);
        await server.Start();
        Assert.Equal("succeeded", (await server.Get($"/api/yard/v1/runs/{first}"))["state"]!.GetValue<string>());
        var second = await Finished(server, "two");
        Assert.True(second > first);
        await server.Terminate();

        var back = Path.Combine(server.Root, "back");
        Directory.CreateDirectory(back);
        (var again, said) = await Yard(server, None, "store", "copy", "--from", cluster.Connection(database), "--to", $"sqlite:{back}");
        Assert.True(again == 0, said);
        File.Move(Path.Combine(back, "switchyard.db"), Path.Combine(server.Data, "switchyard.db"), overwrite: true);
        server.Variables.Remove("YARD_STORE");
        server.Variables.Remove("YARD_STORE_PASSWORD_FILE");
        await server.Start();
        Assert.Equal("succeeded", (await server.Get($"/api/yard/v1/runs/{second}"))["state"]!.GetValue<string>());
        Assert.True(await Finished(server, "three") > second);
        await server.Terminate();
        await cluster.Drop(database);
    }

    [Fact]
    public async Task A_configuration_is_tried_and_shown_without_its_password()
    {
        var (cluster, database) = await Database();
        await using var server = new RealServer();
        Use(server, cluster, database);
        var (code, said) = await Yard(server, server.Variables, "check-config", "--data", server.Data);
        Assert.True(code == 0, said);
        Assert.Contains($"store postgresql://yard@127.0.0.1:{cluster.Port}/{database}", said, StringComparison.Ordinal);
        // It looks and makes nothing.
        Assert.Equal("0", await cluster.Ask(database, "select count(*) from pg_class where relname = 'runs'"));

        await Refused($"postgresql://yard:wrong@127.0.0.1:{cluster.Port}/{database}", "check user name and password");
        await Refused(cluster.Url("none"), "createdb");
        await Refused(cluster.Url(database).Replace($":{cluster.Port}/", ":1/", StringComparison.Ordinal), "cannot be reached");
        await Refused("mysql://yard:wrong@127.0.0.1/x", "postgresql://USER@HOST");
        await cluster.Drop(database);

        async Task Refused(string store, string remedy)
        {
            server.Variables["YARD_STORE"] = store;
            server.Variables.Remove("YARD_STORE_PASSWORD_FILE");
            foreach (var (end, text) in new[] { await Yard(server, server.Variables, "check-config", "--data", server.Data), await server.StartRefused() })
            {
                Assert.Equal(1, end);
                Assert.Contains(remedy, text, StringComparison.Ordinal);
                Assert.DoesNotContain("wrong", text, StringComparison.Ordinal);
                Assert.DoesNotContain(cluster.Password, text, StringComparison.Ordinal);
            }
        }
    }

    private static async Task<(PostgresCluster Cluster, string Database)> Database()
    {
        Assert.SkipWhen(PostgresCluster.Missing is not null, PostgresCluster.Missing ?? "");
        var cluster = await PostgresCluster.Shared;
        return (cluster, await cluster.Create());
    }

    /// <summary>Lets the server's next start keep everything in a database, at its port and with its password in a file.</summary>
    private static void Use(RealServer server, PostgresCluster cluster, string database)
    {
        var file = Path.Combine(server.Root, "password");
        File.WriteAllText(file, cluster.Password + "\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        server.Variables["YARD_STORE"] = cluster.Url(database).Replace($":{cluster.Password}@", "@", StringComparison.Ordinal);
        server.Variables["YARD_STORE_PASSWORD_FILE"] = file;
    }

    private static async Task<long> Finished(RealServer server, string name)
    {
        var made = await server.Post("/api/yard/v1/runs", $$"""{"name":"{{name}}","tasks":[{"key":"a","command":["/bin/true"]}]}""");
        var run = await server.Ended(made["run_id"]!.GetValue<long>());
        Assert.Equal("succeeded", run["state"]!.GetValue<string>());
        return made["run_id"]!.GetValue<long>();
    }

    private static async Task<(int Code, string Said)> Yard(RealServer server, IReadOnlyDictionary<string, string> variables, params string[] arguments)
    {
        var start = new ProcessStartInfo(server.Program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = server.Root };
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (said, complained) = (process.StandardOutput.ReadToEndAsync(Stop), process.StandardError.ReadToEndAsync(Stop));
        await process.WaitForExitAsync(Stop);
        return (process.ExitCode, await said + await complained);
    }
}
