using System.Diagnostics;
using System.Globalization;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Stores.Postgres;
using Switchyard.Stores.Sqlite;

namespace Switchyard.Stores.Tests;

/// <summary>
/// Measures the store by hand: <c>dotnet run -c Release --project tests/Stores.Tests -- probe FILE|DATABASE [callers] [runs]</c>.
/// Prints rates; asserts nothing.
/// </summary>
internal static class Probe
{
    public static async Task<int> Run(string path, string[] sizes)
    {
        var callers = sizes.Length > 0 ? int.Parse(sizes[0], CultureInfo.InvariantCulture) : 64;
        var runs = sizes.Length > 1 ? int.Parse(sizes[1], CultureInfo.InvariantCulture) : 20_000;
        await using IStore store = PostgresAddress.IsUrl(path) ? await PostgresStore.Open(PostgresAddress.Read(path)!.ConnectionString, TimeProvider.System) : await SqliteStore.Open(path, TimeProvider.System);
        var make = new Make(await store.HighestId(default) + 1000);
        for (var round = 0; round < 3; round++)
        {
            await Measure("one-task runs, one call each step", runs, async () => await Lives(store, make, callers, runs / callers));
            await Measure("one-task runs, inserts one by one, moves in sets of 64", runs, async () => await Lives(store, make, callers, runs / callers, batch: 64));
            await Measure("instance moves in a plan of 1000 tasks, sets of 100", 6000, async () => await Moves(store, make, 100));
            await Measure("condition tasks (3 moves in one update), sets of 500", 10_000, async () => await Conditions(store, make));
            await Latencies(store, make);
            await Measure("tokens looked up, one caller", 5_000, async () => await Lookups(store));
        }

        return 0;
    }

    private static async Task Measure(string what, int count, Func<Task> work)
    {
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var allocated = GC.GetTotalAllocatedBytes();
        var clock = Stopwatch.StartNew();
        await work();
        var seconds = clock.Elapsed.TotalSeconds;
        var used = (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{what,-60} {count / seconds,9:0}/s  cpu {used / count * 1e6,6:0.0} us each ({used / seconds:0.00} cores)  {(GC.GetTotalAllocatedBytes() - allocated) / count,6} B each"));
    }

    private static async Task Lives(IStore store, Make make, int callers, int each, int batch = 1)
    {
        var job = make.Job();
        await store.JobsInsert([job], default);
        var prototype = make.Run(job);
        NewRun Next() => prototype with { Id = make.Id(), AttemptIds = [[make.Id()]] };
        await Task.WhenAll(Enumerable.Range(0, batch == 1 ? callers : callers / batch).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < each; i++)
            {
                var runs = Enumerable.Range(0, batch).Select(_ => Next()).ToList();
                await Task.WhenAll(runs.Select(run => store.RunsInsert([run], default)));
                var lives = runs.Select(Make.WholeLife).ToList();
                for (var step = 0; step < 3; step++)
                {
                    foreach (var applied in await store.RunsApply([.. lives.Select(life => life[step])], default))
                        Debug.Assert(applied);
                }
            }
        })));
    }

    private static async Task<(NewRun Run, IReadOnlyList<long> Attempts)> Wide(IStore store, Make make, int tasks)
    {
        var job = make.Job();
        await store.JobsInsert([job], default);
        var run = make.Run(job, new Plan { Tasks = [.. Enumerable.Range(0, tasks).Select(i => Make.Command($"t{i}"))] });
        await store.RunsInsert([run], default);
        return (run, [.. run.AttemptIds.Select(ids => ids[0])]);
    }

    private static async Task Moves(IStore store, Make make, int set)
    {
        for (var runs = 0; runs < 2; runs++)
        {
            var (run, attempts) = await Wide(store, make, 1000);
            foreach (var (from, to) in ((TaskState, TaskState)[])[(TaskState.Blocked, TaskState.Ready), (TaskState.Ready, TaskState.Starting), (TaskState.Starting, TaskState.Running)])
            {
                for (var first = 0; first < 1000; first += set)
                {
                    Move[] moves = [.. Enumerable.Range(first, set).Select(task => Make.TaskMove(attempts[task], from, to, task) with { Node = "n1" })];
                    await store.RunsApply([new RunMoves(run.Id, run.JobId, moves)], default);
                }
            }
        }
    }

    private static async Task Conditions(IStore store, Make make)
    {
        for (var runs = 0; runs < 10; runs++)
        {
            var (run, attempts) = await Wide(store, make, 1000);
            for (var first = 0; first < 1000; first += 500)
            {
                var moves = Enumerable.Range(first, 500).SelectMany(task => (Move[])
                [
                    Make.TaskMove(attempts[task], TaskState.Blocked, TaskState.Ready, task),
                    Make.TaskMove(attempts[task], TaskState.Ready, TaskState.Running, task),
                    Make.TaskMove(attempts[task], TaskState.Running, TaskState.Succeeded, task) with { Branch = true },
                ]).ToList();
                await store.RunsApply([new RunMoves(run.Id, run.JobId, moves)], default);
            }
        }
    }

    /// <summary>How long one caller waits for one insertion on an idle store: little more than the disk's flush.</summary>
    private static async Task Latencies(IStore store, Make make)
    {
        var job = make.Job();
        await store.JobsInsert([job], default);
        var waits = new List<double>();
        for (var i = 0; i < 500; i++)
        {
            var run = make.Run(job);
            var began = Stopwatch.GetTimestamp();
            await store.RunsInsert([run], default);
            waits.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }

        waits.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"one caller, one insertion: p50 {waits[250]:0.00} ms, p99 {waits[495]:0.00} ms, longest {waits[^1]:0.0} ms"));
    }

    private static async Task Lookups(IStore store)
    {
        for (var i = 0; i < 5_000; i++)
            await store.TokenByHash("none", default);
    }
}
