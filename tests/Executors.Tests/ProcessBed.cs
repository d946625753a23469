using Switchyard.Core.Execution;
using Switchyard.Executors.Process;

namespace Switchyard.Executors.Tests;

/// <summary>A bed for processes of this machine: a node directory of its own.</summary>
public sealed class ProcessBed(ProcessExecutorOptions options, string? directory = null, string? folder = null) : Bed(directory)
{
    private readonly string _folder = folder ?? StubFolder;
    private ProcessExecutor? _executor;

    /// <summary>Where the program that tests use as their host is built.</summary>
    public static string StubFolder { get; } =
        Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "HostStub", Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/'))));

    public override ProcessExecutor Executor => _executor!;

    public override IAttemptLogs Logs => Executor.Logs;

    public override NodeFiles Files => Executor.Files;

    public static async Task<ProcessBed> Open(ProcessExecutorOptions options, string? directory = null, string? folder = null)
    {
        var bed = new ProcessBed(options, directory, folder);
        await bed.Open();
        return bed;
    }

    public override async ValueTask DisposeAsync()
    {
        var host = Executor.HostPid;
        await Executor.DisposeAsync();
        // The host would leave by itself; a test does not wait for that, and what it left running goes with a next host's start.
        if (host > 0) _ = Process.Spawning.Libc.kill(host, 9);
        foreach (var pid in Alive(Directory)) _ = Process.Spawning.Libc.kill(pid, 9);
        if (host > 0) while (Process.Spawning.Libc.kill(host, 0) == 0 && !Reaped(host)) await Task.Delay(5);
        Sweep();
        await base.DisposeAsync();
    }

    protected override void Renew(Action<string> say) =>
        _executor = new(Directory, new(Path.Combine(_folder, "hoststub"), [], _folder), options, TimeProvider.System, say);

    // What a killed host left: its cgroups are cleared as its successor would.
    private void Sweep()
    {
        var hosts = Path.Combine(Directory, "hosts");
        if (!System.IO.Directory.Exists(hosts)) return;
        foreach (var place in System.IO.Directory.GetDirectories(hosts))
        {
            var (_, cgroups, _) = Process.Hosting.Journal.Read(Path.Combine(place, "journal"));
            if (cgroups is not null) Process.Killing.CgroupGround.Clear(cgroups, 5000);
        }
    }

    private static unsafe bool Reaped(int pid) => Process.Spawning.Libc.waitpid(pid, null, 1) != 0;
}
