using System.Diagnostics;

namespace Switchyard.Tests;

/// <summary>
/// A little Slurm of the tests' own: a cluster in a directory that goes with this process, however it ends. A shared file: projects that need it
/// compile it.
/// </summary>
internal sealed class SlurmHere : IAsyncDisposable
{
    private readonly Process _keeper;

    private SlurmHere(string directory, Process keeper) => (Directory, _keeper) = (directory, keeper);

    /// <summary>Why there is none, with the remedy; null when there can be one.</summary>
    public static string? Missing { get; } = !Environment.IsPrivilegedProcess ? "a Slurm of the tests' own needs root"
        : !File.Exists("/usr/sbin/slurmctld") || !File.Exists("/usr/sbin/munged") ? "there is no Slurm here: apt-get install slurmctld slurmd slurm-client munge"
        : null;

    /// <summary>Whether its nodes can be hosts of their own: network namespaces.</summary>
    public static bool CanHaveHosts { get; } = Missing is null && Try("ip", "netns", "add", "slurmprobe") && Try("ip", "netns", "del", "slurmprobe");

    /// <summary>Where all of it is.</summary>
    public string Directory { get; }

    /// <summary>By this, as <c>SLURM_CONF</c>, Slurm's programs find it.</summary>
    public string Configuration => Path.Combine(Directory, "slurm.conf");

    private static string Script
    {
        get
        {
            var directory = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(directory, "Switchyard.slnx"))) directory = Path.GetDirectoryName(directory)!;
            return Path.Combine(directory, "eng", "slurm-here");
        }
    }

    /// <summary>Makes a cluster of so many nodes, the last of them hosts of their own, and starts it.</summary>
    public static async Task<SlurmHere> Start(int nodes = 2, int hosts = 0)
    {
        var directory = System.IO.Directory.CreateTempSubdirectory("yard-slurm-").FullName;
        var cluster = new SlurmHere(directory, Keep(directory));
        try
        {
            await Said("env", $"SLURM_HERE_HOSTS={(hosts > 0 ? hosts : "")}", Script, "start", directory, $"{nodes}");
            return cluster;
        }
        catch (IOException)
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The address of a node.</summary>
    public string AddressOf(string node) => File.ReadLines(Configuration).Single(line => line.StartsWith($"NodeName={node} ", StringComparison.Ordinal)).Split("NodeAddr=")[1].Split(' ')[0];

    /// <summary>Runs one of Slurm's programs and answers what it says.</summary>
    public Task<string> Run(string program, params string[] arguments) => Said("env", [$"SLURM_CONF={Configuration}", program, .. arguments]);

    /// <summary>Starts the slurmd of a node again.</summary>
    public Task StartNode(string name) => Said(Script, "node", Directory, name);

    /// <summary>Ends all of it, and what runs in it.</summary>
    public async ValueTask DisposeAsync()
    {
        _keeper.StandardInput.Close();
        await _keeper.WaitForExitAsync();
        _keeper.Dispose();
    }

    /// <summary>A process that waits until this one closes its input, by will or by dying, and then clears up.</summary>
    private static Process Keep(string directory)
    {
        const string Clear = "trap '' INT TERM HUP; cat >/dev/null; \"$1\" stop \"$2\"; rm -rf \"$2\"";
        return Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Clear, "sh", Script, directory]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
    }

    private static bool Try(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static async Task<string> Said(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        // What it starts may keep its output open.
        var (error, output) = (process.StandardError.ReadToEndAsync(), process.StandardOutput.ReadToEndAsync());
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? await output : throw new IOException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {await error}");
    }
}
