namespace Switchyard.Core.Storage;

/// <summary>A table as it is moved to another database.</summary>
/// <param name="Name">Its name, in every store the same.</param>
/// <param name="Columns">Its columns, in the order of their names.</param>
/// <param name="Key">The columns that tell its rows apart, in the order by which they are read.</param>
public sealed record StoreTable(string Name, IReadOnlyList<string> Columns, IReadOnlyList<string> Key);

/// <summary>
/// The rows of a store as they are, for moving a whole installation to another database. Values are null, <see cref="long"/> (yes is 1), <see cref="string"/> or
/// bytes, in every store the same. Nobody else writes while it is open. What was written is there after <see cref="Keep"/> and not before.
/// </summary>
public interface IStoreTables : IAsyncDisposable
{
    /// <summary>What to call the database in messages; without its password.</summary>
    string Name { get; }

    /// <summary>All tables, in the order of their names.</summary>
    Task<IReadOnlyList<StoreTable>> Tables(CancellationToken stop);

    /// <summary>How many rows a table has.</summary>
    Task<long> Count(StoreTable table, CancellationToken stop);

    /// <summary>The rows of a table in the order of its key, after those of a key.</summary>
    Task<IReadOnlyList<object?[]>> Read(StoreTable table, IReadOnlyList<object?>? after, int limit, CancellationToken stop);

    /// <summary>The highest number the database has given out itself to the rows of a table, those that are gone too; 0 where that is not kept.</summary>
    Task<long> LastNumber(StoreTable table, CancellationToken stop);

    /// <summary>Writes rows into a table, in the order of its columns.</summary>
    Task Write(StoreTable table, IReadOnlyList<object?[]> rows, CancellationToken stop);

    /// <summary>Makes the numbers of a table go on above one, and above those of its rows.</summary>
    Task GoOnAbove(StoreTable table, long number, CancellationToken stop);

    /// <summary>Keeps what was written, all at once.</summary>
    Task Keep(CancellationToken stop);
}
