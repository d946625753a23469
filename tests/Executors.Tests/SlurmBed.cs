using System.Diagnostics;
using Switchyard.Core.Execution;
using Switchyard.Executors.Process;
using Switchyard.Executors.Slurm;

[assembly: AssemblyFixture(typeof(Switchyard.Executors.Tests.SlurmCluster))]

namespace Switchyard.Executors.Tests;

/// <summary>A real Slurm on this machine, started when the first test wants it and ended after the last.</summary>
public sealed class SlurmCluster : IAsyncDisposable
{
    private static readonly SemaphoreSlim Gate = new(1);
    private static string? _directory;
    private static string? _problem;

    private static string Script => Path.Combine(Root, "eng", "slurm-here");

    private static string Root
    {
        get
        {
            var directory = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(directory, "Switchyard.slnx"))) directory = Path.GetDirectoryName(directory)!;
            return directory;
        }
    }

    /// <summary>Starts it unless it runs; skips the test where there cannot be one.</summary>
    public static async Task Need()
    {
        await Gate.WaitAsync();
        try
        {
            if (_directory is null && _problem is null) await Begin();
        }
        finally
        {
            Gate.Release();
        }
        Assert.SkipWhen(_problem is not null, _problem ?? "");
    }

    /// <summary>Runs one of Slurm's programs and answers what it says.</summary>
    public static Task<string> Run(string program, params string[] arguments) => Said(program, arguments);

    /// <summary>Starts the slurmd of a node again.</summary>
    public static Task StartNode(string name) => Said(Script, ["node", _directory!, name]);

    /// <summary>Ends the slurmd of a node, and nothing else of it.</summary>
    public static void KillNode(string name) => Bed.Kill(int.Parse(File.ReadAllText(Path.Combine(_directory!, $"slurmd-{name}.pid")), System.Globalization.CultureInfo.InvariantCulture));

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_directory is null) return;
        await Said(Script, ["stop", _directory]);
        Directory.Delete(_directory, recursive: true);
    }

    private static async Task Begin()
    {
        if (Environment.UserName != "root") _problem = "a Slurm of the tests' own needs root";
        else if (!File.Exists("/usr/sbin/slurmctld")) _problem = "there is no Slurm here: apt-get install slurmctld slurmd slurm-client munge";
        if (_problem is not null) return;
        var directory = Directory.CreateTempSubdirectory("yard-slurm-").FullName;
        var said = await Said(Script, ["start", directory]);
        _directory = directory;
        Environment.SetEnvironmentVariable("SLURM_CONF", said.Trim().Split('=')[1]);
    }

    private static async Task<string> Said(string program, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = System.Diagnostics.Process.Start(start)!;
        // What it starts may keep its output open.
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {(process.ExitCode == 0 ? "" : await error)}");
        return await output;
    }
}

/// <summary>A bed in the cluster: a shared directory of its own.</summary>
public sealed class SlurmBed(SlurmOptions? options = null, string? directory = null) : Bed(directory)
{
    private SlurmExecutor? _executor;

    public override SlurmExecutor Executor => _executor!;

    public override IAttemptLogs Logs => Executor.Logs;

    public override NodeFiles Files => Executor.Files;

    public static async Task<SlurmBed> Opened(SlurmOptions? options = null, string? directory = null)
    {
        await SlurmCluster.Need();
        var bed = new SlurmBed(options, directory);
        await bed.Open();
        return bed;
    }

    public override async ValueTask DisposeAsync()
    {
        await Executor.DisposeAsync();
        await SlurmCluster.Run("scancel", "--me", "--quiet");
        await base.DisposeAsync();
    }

    protected override void Renew(Action<string> say) =>
        _executor = SlurmExecutor.Create((options ?? new() { Directory = "", QueueMs = 1000, SettleMs = 500 }) with { Directory = Directory }, TimeProvider.System, say);
}

/// <summary>What every executor promises, over Slurm.</summary>
[Collection("slurm")]
public sealed class OverSlurm : ExecutorConformance
{
    protected override async Task<Bed> OpenBed() => await SlurmBed.Opened();
}
