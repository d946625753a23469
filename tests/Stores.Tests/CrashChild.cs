using System.Globalization;
using Switchyard.Stores.Sqlite;

namespace Switchyard.Stores.Tests;

/// <summary>The process that a crash test kills: it writes for ever and says each id after its answer came.</summary>
internal static class CrashChild
{
    public static async Task<int> Write(string path)
    {
        var store = await SqliteStore.Open(path, TimeProvider.System);
        var make = new Make(await store.HighestId(default) + 1000);
        var job = make.Job();
        await store.JobsInsert([job], default);
        var output = Console.Out;
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            while (true)
            {
                var run = make.Run(job);
                if (!(await store.RunsInsert([run], default))[0].Ok(out var inserted, out var refusal))
                    throw new InvalidOperationException(refusal.Message);
                foreach (var moves in Make.WholeLife(run))
                    await store.RunsApply([moves], default);
                lock (output)
                    output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{inserted.RunId}"));
            }
        })));
        return 0;
    }
}
