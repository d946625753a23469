using Switchyard.Core.Storage;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite;

/// <summary>What a copy of a database holds.</summary>
/// <param name="Schema">The version of its schema.</param>
public sealed record BackupFacts(int Schema, long Jobs, long Runs);

/// <summary>Copies of a database, also of one that a server works with meanwhile.</summary>
public static class SqliteBackup
{
    private static readonly TimeSpan Busy = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Writes a copy as of one instant, with everything that was acknowledged before; it is on the disk when this comes back. Writers
    /// are not held up. Fails with <see cref="StoreUnavailable"/>, and then leaves no copy.
    /// </summary>
    /// <param name="path">The database.</param>
    /// <param name="target">The copy, which must not exist. Only its owner may read it: it holds what the database holds.</param>
    public static BackupFacts Write(string path, string target)
    {
        if (!File.Exists(path))
            throw new StoreUnavailable(StoreTrouble.NotOurs, $"{path} does not exist: name the data directory of an installation");
        var part = target + ".part";
        try
        {
            using (var file = new FileStream(part, FileMode.Create, FileAccess.Write))
            {
                if (!OperatingSystem.IsWindows())
                    File.SetUnixFileMode(file.SafeFileHandle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            using (var db = Open(path))
                db["vacuum into ?"].Add(part).Run();
            var facts = Read(part);
            using (var written = new FileStream(part, FileMode.Open, FileAccess.ReadWrite))
                written.Flush(true);
            File.Move(part, target, false);
            return facts;
        }
        catch (SqliteFailure failure)
        {
            File.Delete(part);
            throw failure.Primary == SQLitePCL.raw.SQLITE_FULL || failure.Primary == SQLitePCL.raw.SQLITE_IOERR ? failure.ForCallers(target) : failure.ForCallers(path);
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }

    /// <summary>Looks through all of a copy. Refuses, as <see cref="StoreUnavailable"/>, what is damaged, no database of ours, or newer than this program.</summary>
    public static BackupFacts Read(string path)
    {
        try
        {
            using var db = Open(path);
            if (db["pragma integrity_check(1)"].First(row => row.Text()) is var said && said != "ok")
                throw new StoreUnavailable(StoreTrouble.NotOurs, $"{path} is damaged ({said})");
            var facts = new BackupFacts(
                db["select max(version) from schema_version"].First(row => row.Int()), db["select count(*) from jobs"].First(row => row.Long()), db["select count(*) from runs"].First(row => row.Long()));
            return facts.Schema <= Schema.Known
                ? facts
                : throw new StoreUnavailable(StoreTrouble.NewerSchema, $"{path} has schema version {facts.Schema}, this program knows up to {Schema.Known}: use the program that wrote it, or a newer one");
        }
        catch (SqliteFailure failure)
        {
            throw new StoreUnavailable(StoreTrouble.NotOurs, $"{path} is not a Switchyard database or is damaged ({failure.Message})", failure);
        }
    }

    private static Database Open(string path) => Database.Open(path, forWriting: false, Busy);
}
