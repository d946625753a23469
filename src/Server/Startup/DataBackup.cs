using System.Globalization;
using Switchyard.Server.Configuration;
using Switchyard.Stores.Sqlite;

namespace Switchyard.Server.Startup;

/// <summary>Takes the database of a data directory away as a copy, and puts one in its place.</summary>
public static class DataBackup
{
    /// <summary>Copies the database into a new file, while a server may work with it.</summary>
    /// <exception cref="StartRefusedException">The file is there, or cannot be made.</exception>
    public static BackupFacts Write(YardSettings settings, string file)
    {
        NeedSqlite(settings);
        var target = Path.GetFullPath(file);
        if (Path.Exists(target))
            throw new StartRefusedException($"{target} exists already. Name a new file: a backup replaces nothing.");
        if (!Directory.Exists(Path.GetDirectoryName(target)))
            throw new StartRefusedException($"The directory {Path.GetDirectoryName(target)} does not exist. Make it first.");
        try
        {
            return SqliteBackup.Write(settings.SqliteFile, target);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or (IOException and not Core.Storage.StoreUnavailable))
        {
            throw new StartRefusedException($"{target} cannot be written ({error.Message.TrimEnd('.')}).");
        }
    }

    /// <summary>Puts a copy into the place of the database, which is kept under another name. No server may run on the directory.</summary>
    /// <returns>What the copy holds, and where the database that was there lies now; null where there was none.</returns>
    /// <exception cref="StartRefusedException">A server runs on the directory, or it cannot be written.</exception>
    public static (BackupFacts Facts, string? Kept) Restore(YardSettings settings, string file, TimeProvider time)
    {
        NeedSqlite(settings);
        var source = Path.GetFullPath(file);
        if (!File.Exists(source))
            throw new StartRefusedException($"There is no file {source}.");
        using var dataLock = DataLock.Take(settings.Data);
        var facts = SqliteBackup.Read(source);
        var database = settings.SqliteFile;
        try
        {
            var fresh = database + ".restoring";
            File.Copy(source, fresh, true);
            using (var written = new FileStream(fresh, FileMode.Open, FileAccess.ReadWrite))
                written.Flush(true);
            string? kept = null;
            if (File.Exists(database))
            {
                kept = string.Create(CultureInfo.InvariantCulture, $"{database}.{time.GetUtcNow():yyyyMMdd-HHmmss}");
                // The log first: without it the database would be an older one, with it and another database there would be none.
                foreach (var ending in (string[])["-wal", "-shm", ""])
                {
                    if (File.Exists(database + ending))
                        File.Move(database + ending, kept + ending, true);
                }
            }

            File.Move(fresh, database);
            return (facts, kept);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw new StartRefusedException($"The database in {settings.Data} cannot be replaced ({error.Message.TrimEnd('.')}).");
        }
    }

    private static void NeedSqlite(YardSettings settings)
    {
        if (settings.StoreAddress is { } address)
            throw new StartRefusedException($"Everything is kept in {address}. Use the tools of PostgreSQL: pg_dump and pg_restore.");
    }
}
