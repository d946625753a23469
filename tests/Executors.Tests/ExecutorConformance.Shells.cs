using System.Net;
using System.Net.Sockets;
using System.Text;
using Switchyard.Core.Execution;

namespace Switchyard.Executors.Tests;

/// <summary>Shells for people in running attempts, as far as they go without a client of theirs.</summary>
public abstract partial class ExecutorConformance
{
    private const string AnyKey = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBDNIItgfC98cBOahU5fc2Gg4qGZlae6Ndi1BgA96RLetN9YT3t33zYQYKLj9ex0e9koT2wXJEwQ0hC5Ieh54PTE=";

    [Fact]
    public async Task Whoever_stays_at_the_door_of_a_task_goes_with_it()
    {
        Assert.SkipUnless(File.Exists("/usr/sbin/sshd"), "there is no OpenSSH here: apt-get install openssh-server");
        var port = FreePort();
        await Bed.Start(Bed.Shell(1, $"echo up; {Sleep}", directory: null) with { Shell = new("127.0.0.1", port, AnyKey) });
        await Bed.Wait<AttemptStarted>(_ => true);
        using var visitor = new TcpClient();
        await visitor.ConnectAsync(IPAddress.Loopback, port);
        var banner = new byte[4];
        await visitor.GetStream().ReadExactlyAsync(banner);
        Assert.Equal("SSH-", Encoding.ASCII.GetString(banner));
        // Another server finds the attempt, and the host still listens.
        await Bed.Reopen();
        using var second = new TcpClient();
        await second.ConnectAsync(IPAddress.Loopback, port);
        await Bed.Executor.Stop([new(1, 0)], default);
        Assert.Null((await Bed.Exit(1)).Unproven);
        await visitor.GetStream().CopyToAsync(Stream.Null).WaitAsync(Bed.Patience).ContinueWith(_ => { }, TaskScheduler.Default);
        await Assert.ThrowsAsync<SocketException>(() => new TcpClient().ConnectAsync(IPAddress.Loopback, port));
    }

    [Theory, InlineData("127.0.0.1"), InlineData("192.0.2.1"), InlineData("nowhere")]
    public async Task A_task_runs_also_where_nobody_can_log_in(string address)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var end = await Bed.Run(Bed.Shell(1, "exit 3") with { Shell = new(address, ((IPEndPoint)taken.LocalEndpoint).Port, AnyKey) });
        Assert.Equal(3, end.ExitCode);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
