using Switchyard.Core.Storage;
using Switchyard.Server.Startup;
using Switchyard.Stores;
using Switchyard.Stores.Postgres;
using Switchyard.Stores.Sqlite;

namespace Switchyard.Server;

/// <summary>Opens the two ends of a copy, with servers held off both.</summary>
public static class StoreMoves
{
    private const string Scheme = "sqlite:";

    /// <summary>Copies everything from one database into another, empty one.</summary>
    /// <exception cref="StartRefusedException">An end is not written right, or a server runs on it.</exception>
    /// <exception cref="StoreUnavailable">An end cannot be used.</exception>
    /// <exception cref="StoreCopyFailedException">It did not come out right.</exception>
    public static async Task<(long Rows, int Tables)> Copy(string from, string to, Action<StoreCopyStep> say, TimeProvider time, CancellationToken stop)
    {
        var (source, target) = (End.Read("--from", from), End.Read("--to", to));
        if (source.File is { } file && !System.IO.File.Exists(file))
            throw new StartRefusedException($"There is no database {file}. Name a data directory, or the switchyard.db in it.");
        using var sourceLock = source.Lock();
        using var targetLock = source.IsBeside(target) ? null : target.Lock();
        var reading = await source.Existing(time, stop).ConfigureAwait(false);
        await using (reading.ConfigureAwait(false))
        {
            var writing = await target.Fresh(time, stop).ConfigureAwait(false);
            await using (writing.ConfigureAwait(false))
                return await StoreCopy.Run(reading, writing, say, stop).ConfigureAwait(false);
        }
    }

    /// <summary>One of the two: a file or a PostgreSQL database.</summary>
    private sealed record End(string? File, PostgresAddress? Address)
    {
        public static End Read(string flag, string text)
        {
            if (text.StartsWith(Scheme, StringComparison.Ordinal) && text.Length > Scheme.Length && !text.Contains('\0'))
            {
                var path = Path.GetFullPath(text[Scheme.Length..]);
                return new End(Directory.Exists(path) ? Path.Combine(path, "switchyard.db") : path, null);
            }

            return PostgresAddress.Read(text) is { } address
                ? new End(null, address)
                : throw new StartRefusedException($"{flag} names no database. Write sqlite:PATH, or a PostgreSQL database. {PostgresAddress.Remedy}.");
        }

        /// <summary>Holds servers off a file's directory; off a PostgreSQL database they are held by what is done there.</summary>
        public DataLock? Lock()
        {
            if (File is null)
                return null;
            var directory = Path.GetDirectoryName(File)!;
            return DataLock.Holder(directory) is var (process, _)
                ? throw new StartRefusedException($"A server (process {process}) runs on {directory}. Stop it first.")
                : DataLock.Take(directory);
        }

        /// <summary>Whether one lock holds servers off both.</summary>
        public bool IsBeside(End other) => File is not null && other.File is not null && Path.GetDirectoryName(File) == Path.GetDirectoryName(other.File);

        public async Task<IStoreTables> Existing(TimeProvider time, CancellationToken stop) => Address is { } address
            ? await PostgresTables.Existing(address, time, stop).ConfigureAwait(false)
            : await SqliteTables.Existing(File!, time, stop).ConfigureAwait(false);

        public async Task<IStoreTables> Fresh(TimeProvider time, CancellationToken stop) => Address is { } address
            ? await PostgresTables.Fresh(address, time, stop).ConfigureAwait(false)
            : await SqliteTables.Fresh(File!, time, stop).ConfigureAwait(false);
    }
}
