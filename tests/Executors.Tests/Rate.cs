using System.Diagnostics;
using Switchyard.Core.Execution;

namespace Switchyard.Executors.Tests;

/// <summary>Not a test: prints how many programs a second the executor starts and ends. Run with <c>-explicit only</c>.</summary>
public sealed class Rate(ITestOutputHelper output)
{
    [Theory(Explicit = true), InlineData("cgroup", false), InlineData("subreaper", false), InlineData("subreaper", true)]
    public async Task Spawns_a_second(string level, bool portable)
    {
        await using var bed = await ProcessBed.Open(new() { KillLevel = level, PortableSpawn = portable });
        const int count = 4000, batch = 50, inFlight = 200;
        for (var round = 0; round < 3; round++)
        {
            var watch = Stopwatch.StartNew();
            var first = round * 100_000 + 1;
            var (sent, ended) = (0, 0);
            using var left = new SemaphoreSlim(inFlight);
            bed.Clear();
            async Task Send()
            {
                for (; sent < count; sent += batch)
                {
                    for (var i = 0; i < batch; i++) await left.WaitAsync();
                    await bed.Start([.. Enumerable.Range(first + sent, batch).Select(i => Bed.Order(i, ["/bin/true"]))]);
                }
            }
            var exits = bed.Exits(count);
            var sender = Task.Run(Send);
            var acks = new List<long>();
            await foreach (var exit in exits)
            {
                left.Release();
                acks.Add(exit.AttemptId);
                if (acks.Count == batch)
                {
                    await bed.Executor.Acknowledge(acks, default);
                    acks.Clear();
                }
                ended++;
            }
            await sender;
            output.WriteLine($"{level}{(portable ? " posix_spawn" : "")}: {count / watch.Elapsed.TotalSeconds:0}/s, host RSS {Rss(bed.Executor.HostPid)} MB");
        }

        var waits = new List<double>();
        for (var i = 0; i < 200; i++)
        {
            var watch = Stopwatch.StartNew();
            await bed.Start(Bed.Order(900_000 + i, ["/bin/true"]));
            await bed.Wait<AttemptStarted>(s => s.AttemptId == 900_000 + i);
            waits.Add(watch.Elapsed.TotalMilliseconds);
            await bed.Exit(900_000 + i);
            bed.Clear();
        }
        waits.Sort();
        output.WriteLine($"{level}: order to started p50 {waits[100]:0.00} ms, p99 {waits[197]:0.00} ms");
    }

    [Theory(Explicit = true), InlineData("cgroup")]
    public async Task Idle_memory(string level)
    {
        await using var bed = await ProcessBed.Open(new() { KillLevel = level });
        output.WriteLine($"idle host RSS {Rss(bed.Executor.HostPid)} MB");
        await bed.Run(Bed.Shell(1, "echo x"));
        output.WriteLine($"after one attempt {Rss(bed.Executor.HostPid)} MB");
    }

    private static string Rss(int pid) =>
        File.ReadLines($"/proc/{pid}/status").First(l => l.StartsWith("VmRSS", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1] is var kb
            ? (long.Parse(kb) / 1024.0).ToString("0.0") : "";
}
