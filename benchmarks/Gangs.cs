using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Switchyard.Bench;

/// <summary>OpenPAI jobs of 1,000 instances of true in one role, which start together and are told of each other, against xargs.</summary>
internal static class Gangs
{
    private const int Instances = 1_000;
    private const double MemoryTarget = 50;

    private static readonly (string, string)[] Capacity = [("CPU_MILLIS", $"{Instances}000"), ("MEMORY_MB", $"{Instances}00")];

    public static async Task<IReadOnlyList<Line>> Run(Sizes sizes)
    {
        var ours = new List<double>();
        var peer = new List<double>();
        var grown = new List<double>();
        for (var round = 0; round < sizes.Rounds; round++)
        {
            await using var server = await Server.Start(settings: Capacity);
            await Job(server, "warm", 20);
            var processes = new[] { server.Pid, server.HostPid() };
            peer.Add(OneTaskRuns.Xargs(Instances, "bash", "-c", "true"));
            var before = processes.Sum(Server.ResidentMb);
            foreach (var process in processes)
                Server.ForgetPeak(process);
            ours.Add(Instances / await Job(server, "gang", Instances));
            grown.Add(processes.Sum(Server.PeakMb) - before);
            peer.Add(OneTaskRuns.Xargs(Instances, "bash", "-c", "true"));
        }

        return
        [
            new Line("gang", Statistics.Median(ours), Statistics.Median(peer), "tasks/s", "xargs -P2 -n1 bash -c true", $"a job of {Instances} instances, each told of all others"),
            new Line("gang_memory", Statistics.Median(grown), MemoryTarget, "MB", "the target", "growth of server and host, at their peaks"),
        ];
    }

    /// <summary>Seconds from the submit to the end of all instances, in the store.</summary>
    private static async Task<double> Job(Server server, string name, int instances)
    {
        var watch = Stopwatch.StartNew();
        var job = JsonSerializer.Serialize(new { jobName = name, image = "none", taskRoles = new[] { new { name = "main", taskNumber = instances, command = "true" } } });
        var run = (await server.Post("/api/v1/user/admin/jobs", job)).GetProperty("runId").GetInt64();
        while (true)
        {
            var state = (await server.Get(string.Create(CultureInfo.InvariantCulture, $"/api/yard/v1/runs/{run}/wait?seconds=30"))).GetProperty("state").GetString();
            if (state == "succeeded")
                return watch.Elapsed.TotalSeconds;
            if (state is "failed" or "cancelled")
                throw new InvalidOperationException($"the job of {instances} instances {state}");
        }
    }
}
