using System.Globalization;
using Switchyard.Core.Storage;
using Switchyard.Stores.Postgres;
using Switchyard.Stores.Sqlite;

namespace Switchyard.Stores.Tests;

/// <summary>The process that a crash test kills: it writes for ever and says each id after its answer came.</summary>
internal static class CrashChild
{
    /// <param name="path">A file, or where a PostgreSQL database is.</param>
    /// <param name="above">Above which its ids are; those of the store itself if it is not said.</param>
    public static async Task<int> Write(string path, string? above = null)
    {
        IStore store = path.StartsWith('/') ? await SqliteStore.Open(path, TimeProvider.System) : await PostgresStore.Open(path, TimeProvider.System);
        var make = new Make(above is null ? await store.HighestId(default) + 1000 : long.Parse(above, CultureInfo.InvariantCulture));
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
