using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace Switchyard.Crash.Tests;

/// <summary>What keeps a server from starting is said in one line that names the remedy, with an exit code that is not 0.</summary>
public sealed class StartTests
{
    [Fact]
    public async Task A_second_server_on_a_data_directory_is_refused_and_the_first_goes_on()
    {
        await using var first = new RealServer();
        await first.Start();
        await using var second = new RealServer(data: first.Data);
        await Refused(second, $"process {first.Pid}", "--data");
        await first.Get("/api/yard/v1/node");
    }

    [Fact]
    public async Task A_port_in_use_is_refused_and_named()
    {
        await using var server = new RealServer();
        using var taken = new TcpListener(IPAddress.Loopback, new Uri(server.Url).Port);
        taken.Start();
        await Refused(server, server.Url, "--urls");
        taken.Stop();
        await server.Start();
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_refused()
    {
        await using var server = new RealServer();
        await server.Start();
        await server.Terminate();
        Sqlite(server, "insert into schema_version (version, name, applied_at) values (99, '099_later.sql', 0)");
        await Refused(server, "schema version 99", "start the newer program");
    }

    [Theory]
    [InlineData("this is a letter, not a database\n")]
    [InlineData("SQLite format 3\0 and then nothing that one could read")]
    public async Task A_file_that_is_no_database_is_refused_and_left_as_it_is(string content)
    {
        await using var server = new RealServer();
        Directory.CreateDirectory(server.Data);
        var file = Path.Combine(server.Data, "switchyard.db");
        var text = string.Concat(Enumerable.Repeat(content, 400));
        await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
        await Refused(server, file, "restore it from a backup", "another data directory");
        Assert.Equal(text, await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_database_damaged_in_the_middle_is_refused()
    {
        await using var server = new RealServer();
        await server.Start();
        await server.Terminate();
        Sqlite(server, "pragma wal_checkpoint(truncate)");
        using (var file = File.OpenHandle(Path.Combine(server.Data, "switchyard.db"), FileMode.Open, FileAccess.Write))
            Overwrite(file);
        await Refused(server, "switchyard.db", "restore it from a backup");

        // The schema itself: the first page after the file's header.
        static void Overwrite(SafeFileHandle file) => RandomAccess.Write(file, Enumerable.Repeat((byte)0xAB, 3000).ToArray(), 100);
    }

    [Fact]
    public async Task A_data_directory_that_may_only_be_read_is_refused()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, SmallDisk.WhyNot);
        await using var disk = await SmallDisk.Mount("64m");
        var data = Path.Combine(disk.Path, "data");
        await using (var writable = new RealServer(data: data))
        {
            writable.Variables["YARD_NODE_DIR"] = Path.Combine(writable.Root, "node");
            await writable.Start();
            await writable.Terminate();
        }

        await disk.MakeReadOnly();
        await using var server = new RealServer(data: data);
        server.Variables["YARD_NODE_DIR"] = Path.Combine(server.Root, "node");
        await Refused(server, data, "cannot be written", "--data");
        await using var fresh = new RealServer(data: Path.Combine(disk.Path, "new"));
        await Refused(fresh, Path.Combine(disk.Path, "new"), "cannot be written", "--data");
        await using var apart = new RealServer();
        apart.Variables["YARD_NODE_DIR"] = Path.Combine(disk.Path, "node");
        await Refused(apart, Path.Combine(disk.Path, "node"), "cannot be written", "--node-dir");
    }

    private static async Task Refused(RealServer server, params string[] words)
    {
        var (code, said) = await server.StartRefused();
        Assert.NotEqual(0, code);
        foreach (var word in words)
            Assert.Contains(word, said, StringComparison.Ordinal);
        // A message, not a stack.
        Assert.DoesNotContain("   at ", said, StringComparison.Ordinal);
    }

    private static void Sqlite(RealServer server, string sql) => RawSqlite.Ask(Path.Combine(server.Data, "switchyard.db"), sql);
}
