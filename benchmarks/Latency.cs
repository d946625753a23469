using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Switchyard.Bench;

/// <summary>From the run-now call to the host's timestamp after the spawn, on an idle server.</summary>
internal static class Latency
{
    public static async Task<IReadOnlyList<Line>> Run(Sizes sizes)
    {
        await using var server = await Server.Start();
        var job = await server.CreateJob("""{"name":"true","tasks":[{"key":"true","command":["/bin/true"]}]}""");
        var delays = new List<double>();
        for (var i = 0; i < sizes.Latencies + 30; i++)
        {
            var sent = TimeProvider.System.GetUtcNow();
            var run = await server.RunNow(job);
            await server.Get($"/api/yard/v1/runs/{run}/wait?seconds=10");
            var attempt = (await server.Get($"/api/yard/v1/runs/{run}/attempts")).GetProperty("attempts")[0];
            var started = DateTimeOffset.Parse(attempt.GetProperty("started_at").GetString()!, CultureInfo.InvariantCulture);
            if (i >= 30)
                delays.Add((started - sent).TotalMilliseconds);
        }

        var fsync = FsyncsPerSecond();
        var note = FormattableString.Invariant($"the disk does {fsync:0} fsync/s, {1000 / fsync:0.00} ms each");
        return
        [
            new Line("start_p50", Statistics.Percentile(delays, 50), 10, "ms", "the target", note),
            new Line("start_p99", Statistics.Percentile(delays, 99), 50, "ms", "the target", note),
        ];
    }

    private static double FsyncsPerSecond()
    {
        var path = Path.GetTempFileName();
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        var block = new byte[4096];
        var watch = Stopwatch.StartNew();
        const int Count = 300;
        for (var i = 0; i < Count; i++)
        {
            file.Write(block);
            file.Flush(flushToDisk: true);
        }

        return Count / watch.Elapsed.TotalSeconds;
    }
}

/// <summary>A run of 1,000 tasks of true in fully connected layers of 50.</summary>
internal static class Layers
{
    public static async Task<Line> Run(Sizes sizes)
    {
        await using var server = await Server.Start();
        var tasks = new List<object>();
        for (var task = 0; task < 1000; task++)
        {
            var layer = task / 50;
            tasks.Add(new
            {
                key = $"t{task}",
                command = new[] { "/bin/true" },
                depends_on = layer == 0 ? [] : Enumerable.Range((layer - 1) * 50, 50).Select(before => $"t{before}").ToArray(),
            });
        }

        var job = await server.CreateJob(JsonSerializer.Serialize(new { name = "layers", tasks }));
        var seconds = new List<double>();
        for (var round = 0; round <= sizes.Rounds; round++)
        {
            var watch = Stopwatch.StartNew();
            var run = await server.RunNow(job);
            while ((await server.Get($"/api/yard/v1/runs/{run}/wait?seconds=30")).GetProperty("state").GetString() != "succeeded")
            {
                // The long poll answers every 30 s at the latest.
            }

            if (round > 0)
                seconds.Add(watch.Elapsed.TotalSeconds);
        }

        return new Line("layers", Statistics.Median(seconds), 1.5, "s", "the target", "1,000 tasks, 47,500 edges");
    }
}

/// <summary>What an idle server costs, and how soon it answers.</summary>
internal static class Idle
{
    public static async Task<IReadOnlyList<Line>> Run(Sizes sizes)
    {
        var answers = new List<double>();
        var megabytes = new List<double>();
        for (var round = 0; round < sizes.Rounds; round++)
        {
            await using var server = await Server.Start();
            answers.Add(server.FirstAnswer);
            await server.RunNow(await server.CreateJob("""{"name":"true","tasks":[{"key":"true","command":["/bin/true"]}]}"""));
            await Task.Delay(2000);
            megabytes.Add(Server.ResidentMb(server.Pid) + Server.ResidentMb(server.HostPid()));
        }

        return
        [
            new Line("idle_memory", Statistics.Median(megabytes), 150, "MB", "the target", "server and host together, after one run"),
            new Line("first_answer", Statistics.Median(answers), 1.5, "s", "the target", "from the command, an empty data directory"),
        ];
    }
}
