using System.Diagnostics;
using Switchyard.Core.Execution;
using Switchyard.Executors.Slurm;

namespace Switchyard.Bench;

/// <summary>Tasks of /bin/true through the Slurm executor, against a plain array of as many elements in the same little cluster.</summary>
internal static class Slurm
{
    private static string Script => Path.Combine(Root, "eng", "slurm-here");

    private static string Root
    {
        get
        {
            var directory = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(directory, "Switchyard.slnx")))
                directory = Path.GetDirectoryName(directory)!;
            return directory;
        }
    }

    public static async Task<IReadOnlyList<Line>> Run(Sizes sizes)
    {
        if (Environment.UserName != "root" || !File.Exists("/usr/sbin/slurmctld"))
        {
            Console.Error.WriteLine("  left out: it needs root, and Debian's slurmctld slurmd slurm-client munge");
            return [];
        }

        var directory = Directory.CreateTempSubdirectory("yard-bench-").FullName;
        var count = sizes.Quick ? 300 : 1_000;
        try
        {
            Environment.SetEnvironmentVariable("SLURM_CONF", (await Said(Script, "start", Path.Combine(directory, "cluster"))).Trim().Split('=')[1]);
            List<double> ours = [], peer = [];
            await Plain(directory, 50);
            for (var round = 0; round < 3; round++)
            {
                peer.Add(await Plain(directory, count));
                ours.Add(await Ours(Path.Combine(directory, $"shared{round}"), count));
            }

            peer.Add(await Plain(directory, count));
            return [new Line("slurm", Statistics.Median(ours), Statistics.Median(peer), "tasks/s", "sbatch --array, a script that is /bin/true", $"{count} tasks, two nodes on this machine")];
        }
        finally
        {
            await Said(Script, "stop", Path.Combine(directory, "cluster"));
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task<double> Ours(string directory, int count)
    {
        await using var executor = SlurmExecutor.Create(new SlurmOptions { Directory = directory, MemoryMb = 16 }, TimeProvider.System, Console.Error.WriteLine);
        await executor.Open(CancellationToken.None);
        var watch = Stopwatch.StartNew();
        await executor.Start([.. Enumerable.Range(1, count).Select(id => new StartOrder(id, ["/bin/true"], [new("PATH", "/usr/bin:/bin")], "/", [], []))], CancellationToken.None);
        var ended = 0;
        await foreach (var signal in executor.Reports.ReadAllAsync())
        {
            if (signal is AttemptRefused refused)
                throw new InvalidOperationException(refused.Reason);
            if (signal is not AttemptExited exited)
                continue;
            if (exited.ExitCode != 0)
                throw new InvalidOperationException($"attempt {exited.AttemptId} ended with {exited.ExitCode} {exited.Unproven} {exited.Because.Text}");
            await executor.Acknowledge([exited.AttemptId], CancellationToken.None);
            if (++ended == count)
                break;
        }

        return count / watch.Elapsed.TotalSeconds;
    }

    private static async Task<double> Plain(string directory, int count)
    {
        var script = Path.Combine(directory, "true.sh");
        await File.WriteAllTextAsync(script, "#!/bin/sh\nexec /bin/true\n");
        var watch = Stopwatch.StartNew();
        var job = (await Said("sbatch", "--parsable", "--propagate=NONE", "--ntasks=1", "--cpus-per-task=1", "--mem=16M", $"--array=0-{count - 1}", "--output=/dev/null", "--error=/dev/null", script)).Trim();
        while ((await Said("squeue", "--noheader", $"--jobs={job}")).Trim().Length > 0)
            await Task.Delay(100);
        return count / watch.Elapsed.TotalSeconds;
    }

    private static async Task<string> Said(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output;
    }
}
