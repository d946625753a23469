using System.Net;
using System.Net.Sockets;
using System.Text;
using Switchyard.Core.Execution;
using Switchyard.Executors.Process;

namespace Switchyard.Executors.Tests;

/// <summary>What every executor promises, and what the one of processes promises beyond; run once at each kill level that this machine offers.</summary>
public abstract class ProcessConformance(KillLevel level) : ExecutorConformance
{
    protected virtual ProcessExecutorOptions Options => new() { KillLevel = level == KillLevel.Cgroup ? "cgroup" : "subreaper" };

    private int HostPid => ((ProcessBed)Bed).Executor.HostPid;

    protected override async Task<Bed> OpenBed()
    {
        try
        {
            var bed = await ProcessBed.Open(Options);
            Assert.Equal(level, bed.Executor.KillLevel);
            return bed;
        }
        catch (IOException e) when (e.Message.Contains("is not available", StringComparison.Ordinal))
        {
            Assert.Skip(e.Message);
            throw;
        }
    }

    [Fact]
    public async Task When_the_host_dies_its_attempts_die_and_are_lost()
    {
        await Bed.Run(Bed.Shell(1, "exit 6"));
        await Bed.Start(Bed.Shell(2, $"(setsid {Sleep} &) ; echo up; {Sleep}"), Bed.Order(3, ["sleep", Mark]));
        await Bed.Wait<OutputGrew>(_ => true);
        await Bed.Wait<AttemptStarted>(s => s.AttemptId == 3);
        Bed.Clear();
        Bed.Kill(HostPid);
        await Bed.Wait<ExecutorGone>(_ => true);
        Assert.True((await Bed.Exit(2)).Lost);
        Assert.True((await Bed.Exit(3)).Lost);
        Assert.Empty(Bed.Alive(Sleep));
        Assert.Equal((6, false), await Bed.Exit(1) is var kept ? (kept.ExitCode, kept.Lost) : default);
        await Bed.Wait<ExecutorSync>(_ => true);
        await Bed.Run(Bed.Order(4, ["true"]));
    }

    [Fact]
    public async Task What_undoes_an_attempt_runs_also_when_the_host_died()
    {
        await Bed.Start(Bed.Shell(4, $"echo up; {Sleep}") with { Undo = ["/bin/sh", "-c", "echo > $1", "sh", Path.Combine(Bed.Directory, "undone-4")] });
        await Bed.Wait<OutputGrew>(_ => true);
        Bed.Kill(HostPid);
        Assert.Equal((true, true), ((await Bed.Exit(4)).Lost, File.Exists(Path.Combine(Bed.Directory, "undone-4"))));
    }

    [Fact]
    public async Task Two_thousand_short_tasks_leave_nothing_behind()
    {
        const int count = 2000;
        await Bed.Run(Bed.Order(1_000_000, ["true"]));
        var (files, cgroups) = (Files(), Cgroups());
        for (var first = 1; first <= count; first += 50) await Bed.Start([.. Enumerable.Range(first, 50).Select(i => Bed.Order(i, ["/bin/true"]))]);
        for (var id = 1; id <= count; id++) await Bed.Exit(id);
        await Bed.Executor.Acknowledge([.. Enumerable.Range(1, count).Select(i => (long)i)], default);
        await Bed.Run(Bed.Order(1_000_001, ["true"]));
        var stock = Cgroups() - cgroups;
        // A cgroup in stock keeps two files open.
        Assert.InRange(Files() - files, 0, 2 * stock);
        Assert.InRange(stock, 0, 1100);
        Assert.False(Directory.Exists(Path.Combine(Bed.Directory, "attempts")));
        Assert.False(Directory.Exists(Path.Combine(Bed.Directory, "logs")));
        Assert.True(new FileInfo(Directory.GetFiles(Path.Combine(Bed.Directory, "hosts"), "journal", SearchOption.AllDirectories)[0]).Length < 2_000_000);

        int Files() => Directory.GetFiles($"/proc/{HostPid}/fd").Length;
        int Cgroups() => Process.Killing.CgroupGround.OwnDirectory() is { } own
            ? Directory.GetDirectories(own, "switchyard-*").Where(d => d.Contains(File.ReadAllText(Path.Combine(Bed.Directory, "node.id")), StringComparison.Ordinal)).Sum(d => Directory.GetDirectories(d).Length)
            : 0;
    }

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

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
