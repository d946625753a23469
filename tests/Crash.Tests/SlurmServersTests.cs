using System.Globalization;
using Switchyard.Tests;
using Xunit;

namespace Switchyard.Crash.Tests;

/// <summary>Several servers whose tasks run on a Slurm cluster: the cluster is nobody's, and what runs there does not notice which server leads.</summary>
public sealed class SlurmServersTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Tasks_on_slurm_are_not_restarted_when_the_servers_that_started_them_are_killed()
    {
        if (SlurmHere.Missing is { } missing)
            Assert.Skip(missing);
        await using var slurm = await SlurmHere.Start();
        await using var all = await Installation.Start(
            variables: [("YARD_SLURM", "on"), ("YARD_EXECUTOR", "slurm"), ("SLURM_CONF", slurm.Configuration), ("YARD_SLURM_QUEUE_MS", "1000")]);

        // They run beyond the grace after which a dead node's own tasks would be given up.
        var runs = new List<long>();
        for (var i = 0; i < 12; i++)
            runs.Add(await all.Submit(i, Installation.GraceSeconds + 8, then: 0.2));
        await all.Until(() => Task.FromResult(Marks(all, "*-a.starts").Count == runs.Count), "start of all tasks", 120);
        var first = await all.Leader();

        // Some are on their way when it dies.
        var late = Task.Run(() => Parallel.ForAsync(0, 12, Stop, async (i, _) =>
        {
            var run = await all.Submit(i, 1);
            lock (runs)
                runs.Add(run);
        }), Stop);
        await Task.Delay(300, Stop);
        all.Servers[first].Kill9();
        await late;
        await all.Until(async () => await all.Leader() != first, "other leader");
        var second = await all.Leader();
        await all.Until(() => Task.FromResult(Marks(all, "*-b.ends").Count > 0), "end of a run that was on its way");
        all.Servers[second].Kill9();
        await all.Until(async () => await all.Leader() is var third && third != first && third != second, "third leader");

        await all.AllAccountedFor(runs);
        Assert.Equal($"slurm|{2 * runs.Count}", await all.Ask("select node, count(*) from tasks where state = 'Succeeded' group by node"));
        // Attempts before the last one.
        Assert.Equal("0", await all.Ask("select count(*) from attempts"));
        Assert.All(Marks(all, "*.starts"), file => Assert.Single(File.ReadLines(file)));
        Assert.All(Marks(all, "*.ends"), file => Assert.Single(File.ReadLines(file)));
        Assert.Empty((await slurm.Run("squeue", "--noheader")).Trim());
    }

    [Fact]
    public async Task A_server_that_is_alone_finds_its_tasks_on_slurm_again_however_often_it_is_killed()
    {
        if (SlurmHere.Missing is { } missing)
            Assert.Skip(missing);
        await using var slurm = await SlurmHere.Start();
        await using var server = new RealServer();
        foreach (var (name, value) in new[] { ("YARD_SLURM", "on"), ("YARD_EXECUTOR", "slurm"), ("SLURM_CONF", slurm.Configuration), ("YARD_SLURM_MEMORY_MB", "16") })
            server.Variables[name] = value;
        await server.Start();
        var trace = Path.Combine(server.Root, "trace");
        var end = Path.Combine(server.Root, "end");
        // Some run over all of it, more short ones than there are places are done beside them, also by jobs of others.
        var tasks = Enumerable.Range(0, 300).Select(no => $$"""{"key":"t{{no}}","command":["/bin/sh","-c","echo {{no}} >> {{trace}}; {{(no < 8 ? $"until test -e {end}; do sleep 0.2; done" : "sleep 0.3")}}"]}""");
        var run = (await server.Post("/api/yard/v1/runs", $$"""{"name":"many","tasks":[{{string.Join(',', tasks)}}]}"""))["run_id"]!.GetValue<long>();
        foreach (var started in (int[])[12, 80, 160])
        {
            while (!File.Exists(trace) || File.ReadLines(trace).Count() < started)
                await Task.Delay(50, Stop);
            server.Kill9();
            await server.Start();
        }

        while (File.ReadLines(trace).Count() < 300)
            await Task.Delay(100, Stop);
        await File.WriteAllTextAsync(end, "", Stop);
        Assert.Equal("succeeded", (await server.Ended(run))["state"]!.GetValue<string>());
        Assert.Equal(Enumerable.Range(0, 300), File.ReadLines(trace).Select(line => int.Parse(line, CultureInfo.InvariantCulture)).Order());
        for (var tries = 0; (await slurm.Run("squeue", "--noheader")).Trim().Length > 0; tries++)
        {
            Assert.True(tries < 300, await slurm.Run("squeue"));
            await Task.Delay(100, Stop);
        }
    }

    private static IReadOnlyList<string> Marks(Installation all, string pattern) => [.. Directory.EnumerateFiles(all.Marks, pattern)];
}
