using System.Diagnostics;
using System.Globalization;
using Switchyard.Tests;

namespace Switchyard.Bench;

/// <summary>
/// PostgreSQL against SQLite, two servers against one, and graphile-worker on the same database: one-task runs of /bin/true and condition tasks over HTTP, by a cluster
/// that writes to the disk as an installation's does.
/// </summary>
internal static class Servers
{
    private const int Concurrency = 64;
    private const int TasksInRun = 1_000;

    /// <summary>So many that waves of tasks as short as /bin/true do not leave the stores idle in between.</summary>
    private const string Slots = "64";

    public static async Task<IReadOnlyList<Line>> Run(Sizes sizes)
    {
        if (PostgresCluster.Missing is { } missing)
            throw new InvalidOperationException(missing);
        await using var cluster = await PostgresCluster.Start("127.0.0.1", "fsync=on", "full_page_writes=on", "shared_buffers=256MB");
        var (sqlite, one, two, oneConditions, twoConditions, graphile) = (new List<double>(), new List<double>(), new List<double>(), new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < sizes.Rounds; round++)
        {
            sqlite.Add(await Runs(null, 1, sizes.Jobs));
            one.Add(await Runs(cluster, 1, sizes.Jobs));
            two.Add(await Runs(cluster, 2, sizes.Jobs));
            oneConditions.Add(await Conditions(cluster, 1, sizes.Conditions * 3));
            twoConditions.Add(await Conditions(cluster, 2, sizes.Conditions * 3));
            if (await Graphile(cluster, sizes.Jobs) is { } rate)
                graphile.Add(rate);
        }

        var lines = new List<Line>
        {
            new("postgres", Statistics.Median(one), Statistics.Median(sqlite), "runs/s", "the same over SQLite", $"{sizes.Jobs} runs of /bin/true, {Concurrency} calls at once, one server, {Slots} slots"),
            new("two_servers", Statistics.Median(two), Statistics.Median(one), "runs/s", "one server over PostgreSQL", "calls and tasks on both, on the same two cores"),
            new("two_servers_conditions", Statistics.Median(twoConditions), Statistics.Median(oneConditions), "tasks/s", "one server over PostgreSQL", $"{sizes.Conditions * 3} condition tasks in runs of {TasksInRun}"),
        };
        if (graphile.Count > 0)
            lines.Add(new("graphile", Statistics.Median(one), Statistics.Median(graphile), "jobs/s", "graphile-worker, batched", "on the same cluster"));
        return lines;
    }

    private static async Task<double> Runs(PostgresCluster? cluster, int count, int runs)
    {
        await using var all = await Installed.Start(cluster, count);
        var job = await all.First.CreateJob("""{"name":"true","tasks":[{"key":"true","command":["/bin/true"]}]}""");
        for (var warm = 0; warm < 50; warm++)
            await all.Servers[warm % count].RunNow(job);
        await OneTaskRuns.AllEnded(all.First, job, 50);
        var watch = Stopwatch.StartNew();
        await Parallel.ForAsync(0, runs, new ParallelOptions { MaxDegreeOfParallelism = Concurrency }, async (i, _) => await all.Servers[i % count].RunNow(job));
        await OneTaskRuns.AllEnded(all.First, job, runs + 50);
        return runs / watch.Elapsed.TotalSeconds;
    }

    private static async Task<double> Conditions(PostgresCluster cluster, int count, int tasks)
    {
        await using var all = await Installed.Start(cluster, count);
        var words = string.Join(',', Enumerable.Range(0, TasksInRun).Select(i => $$$"""{"key":"c{{{i}}}","condition":{"op":"equal_to","left":"a","right":"a"}}"""));
        var job = await all.First.CreateJob($$"""{"name":"conditions","tasks":[{{words}}]}""");
        foreach (var server in all.Servers)
            await server.RunNow(job);
        await OneTaskRuns.AllEnded(all.First, job, count);
        var watch = Stopwatch.StartNew();
        await Parallel.ForAsync(0, tasks / TasksInRun, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) => await all.Servers[i % count].RunNow(job));
        await OneTaskRuns.AllEnded(all.First, job, (tasks / TasksInRun) + count);
        return tasks / watch.Elapsed.TotalSeconds;
    }

    /// <summary>Jobs a second of graphile-worker; null where it is not installed beside the benchmarks.</summary>
    private static async Task<double?> Graphile(PostgresCluster cluster, int jobs)
    {
        var folder = Environment.GetEnvironmentVariable("YARD_BENCH_GRAPHILE");
        if (folder is null || !Directory.Exists(Path.Combine(folder, "node_modules", "graphile-worker")))
            return null;
        var database = await cluster.Create();
        using var process = Process.Start(new ProcessStartInfo("node", ["worker.mjs", cluster.Url(database), jobs.ToString(CultureInfo.InvariantCulture)])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
        })!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        await cluster.Drop(database);
        return process.ExitCode == 0 ? double.Parse(said.Trim(), CultureInfo.InvariantCulture) : throw new InvalidOperationException($"graphile-worker ended with {process.ExitCode}");
    }

    /// <summary>Servers over one database and one data directory, or one over SQLite.</summary>
    private sealed class Installed : IAsyncDisposable
    {
        private readonly PostgresCluster? _cluster;
        private readonly string? _database;
        private readonly string? _data;

        private Installed(PostgresCluster? cluster, string? database, string? data) => (_cluster, _database, _data) = (cluster, database, data);

        public List<Server> Servers { get; } = [];

        public Server First => Servers[0];

        public static async Task<Installed> Start(PostgresCluster? cluster, int count)
        {
            if (cluster is null)
            {
                var alone = new Installed(null, null, null);
                alone.Servers.Add(await Server.Start(null, ("SLOTS", Slots)));
                return alone;
            }

            var all = new Installed(cluster, await cluster.Create(), Directory.CreateTempSubdirectory("yard-bench-").FullName);
            for (var i = 1; i <= count; i++)
                all.Servers.Add(await Server.Start(all._data, ("STORE", cluster.Connection(all._database!)), ("NODE", $"n{i}"), ("SLOTS", Slots)));
            var ready = Stopwatch.StartNew();
            // The leader's links to all of them are there within two of its looks.
            while (ready.Elapsed < TimeSpan.FromSeconds(4))
                await Task.Delay(200);
            return all;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var server in Servers)
                await server.DisposeAsync();
            if (_database is not null)
                await _cluster!.Drop(_database);
            if (_data is not null)
                Directory.Delete(_data, recursive: true);
        }
    }
}
