using System.Diagnostics;

namespace Switchyard.Bench;

/// <summary>One-task runs of /bin/true through run-now over HTTP, one call each, durable, against xargs.</summary>
internal static class OneTaskRuns
{
    private const int Concurrency = 64;

    public static async Task<Line> Run(Sizes sizes)
    {
        var ours = new List<double>();
        var peer = new List<double>();
        for (var round = 0; round < sizes.Rounds; round++)
        {
            peer.Add(Xargs(sizes.Jobs, "/bin/true"));
            ours.Add(await Ours(sizes.Jobs));
            peer.Add(Xargs(sizes.Jobs, "/bin/true"));
        }

        return new Line("runs", Statistics.Median(ours), Statistics.Median(peer), "jobs/s", "xargs -P2 -n1 /bin/true", $"{sizes.Jobs} runs, {Concurrency} calls at once");
    }

    public static async Task<double> Ours(int count)
    {
        await using var server = await Server.Start();
        var job = await server.CreateJob("""{"name":"true","tasks":[{"key":"true","command":["/bin/true"]}]}""");
        for (var warm = 0; warm < 50; warm++)
            await server.RunNow(job);
        await AllEnded(server, job, 50);
        var watch = Stopwatch.StartNew();
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = Concurrency }, async (_, _) => await server.RunNow(job));
        await AllEnded(server, job, count + 50);
        return count / watch.Elapsed.TotalSeconds;
    }

    /// <summary>Asks the job's counters, which the store keeps with the moves, until so many runs have succeeded; not so often that the asking is what is measured.</summary>
    public static async Task AllEnded(Server server, long job, int count)
    {
        while (true)
        {
            var counters = (await server.Get($"/api/yard/v1/jobs/{job}")).GetProperty("runs");
            var succeeded = counters.TryGetProperty("succeeded", out var n) ? n.GetInt64() : 0;
            if (succeeded >= count)
                return;
            await Task.Delay(20);
        }
    }

    /// <summary>So many commands by xargs, two at once: how many a second.</summary>
    public static double Xargs(int count, params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo("xargs", ["-P2", "-n1", .. command]) { RedirectStandardInput = true })!;
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < count; i++)
            process.StandardInput.WriteLine(i);
        process.StandardInput.Close();
        process.WaitForExit();
        return count / watch.Elapsed.TotalSeconds;
    }
}
