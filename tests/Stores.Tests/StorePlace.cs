using Switchyard.Core.Storage;
using Switchyard.Stores.Postgres;
using Switchyard.Stores.Sqlite;
using Switchyard.Tests;

namespace Switchyard.Stores.Tests;

/// <summary>A place for a store of either kind: a file or a database.</summary>
internal sealed record StorePlace(string? File, PostgresAddress? Address)
{
    /// <summary>A new place with nothing in it.</summary>
    public static async Task<StorePlace> New(bool sqlite, string directory) => sqlite
        ? new StorePlace(Path.Combine(directory, $"{Guid.NewGuid():N}.db"), null)
        : new StorePlace(null, await NewDatabase());

    public async Task<IStore> Open() => Address is null
        ? await SqliteStore.Open(File!, TimeProvider.System)
        : await PostgresStore.Open(Address.ConnectionString, TimeProvider.System);

    public async Task<IStoreTables> Existing(CancellationToken stop) => Address is null
        ? await SqliteTables.Existing(File!, TimeProvider.System, stop)
        : await PostgresTables.Existing(Address, TimeProvider.System, stop);

    public async Task<IStoreTables> Fresh(CancellationToken stop) => Address is null
        ? await SqliteTables.Fresh(File!, TimeProvider.System, stop)
        : await PostgresTables.Fresh(Address, TimeProvider.System, stop);

    /// <summary>Copies all of this into an empty place; answers what was said of it.</summary>
    public async Task<List<StoreCopyStep>> CopyTo(StorePlace other, CancellationToken stop, Func<IStoreTables, IStoreTables>? through = null)
    {
        var said = new List<StoreCopyStep>();
        await using var from = await Existing(stop);
        await using var to = await other.Fresh(stop);
        await StoreCopy.Run(from, through is null ? to : through(to), said.Add, stop);
        return said;
    }

    /// <summary>All rows of all tables as texts, but for what every store notes for itself.</summary>
    public async Task<Dictionary<string, List<string>>> Rows(CancellationToken stop)
    {
        var rows = new Dictionary<string, List<string>>();
        await using var tables = await Existing(stop);
        foreach (var table in await tables.Tables(stop))
        {
            rows[table.Name] = [.. (await tables.Read(table, null, 100_000, stop))
                .Where(row => table.Name != "marks" || row[0] is not ("checked" or "events"))
                .Select(row => string.Join('|', row.Select(value => value is byte[] bytes ? Convert.ToHexString(bytes) : $"{value?.GetType().Name} {value}")))];
        }

        return rows;
    }

    private static async Task<PostgresAddress> NewDatabase()
    {
        var cluster = await PostgresCluster.Shared;
        return PostgresAddress.Read(cluster.Connection(await cluster.Create()))!;
    }
}
