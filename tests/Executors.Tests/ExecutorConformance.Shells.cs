using System.Net;
using System.Net.Sockets;

namespace Switchyard.Executors.Tests;

/// <summary>Shells for people in running attempts, as far as they go without a client of theirs.</summary>
public abstract partial class ExecutorConformance
{
    protected const string AnyKey = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBDNIItgfC98cBOahU5fc2Gg4qGZlae6Ndi1BgA96RLetN9YT3t33zYQYKLj9ex0e9koT2wXJEwQ0hC5Ieh54PTE=";

    [Theory, InlineData("127.0.0.1"), InlineData("192.0.2.1"), InlineData("nowhere")]
    public async Task A_task_runs_also_where_nobody_can_log_in(string address)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var end = await Bed.Run(Bed.Shell(1, "exit 3") with { Shell = new(address, ((IPEndPoint)taken.LocalEndpoint).Port, AnyKey) });
        Assert.Equal(3, end.ExitCode);
    }
}
