using SQLitePCL;
using Switchyard.Core.Storage;

namespace Switchyard.Stores.Sqlite.Raw;

/// <summary>An error code of SQLite, as it came.</summary>
internal sealed class SqliteFailure(int code, string message) : Exception($"SQLite: {message} (code {code})")
{
    /// <summary>The code without its extension.</summary>
    public int Primary { get; } = code & 0xff;

    /// <summary>True for a row that another row forbids.</summary>
    public bool IsConstraint => Primary == raw.SQLITE_CONSTRAINT;

    /// <summary>True when the database itself is in trouble, so that no neighbour in the transaction may be acknowledged either.</summary>
    public bool EndsTransaction => Primary is raw.SQLITE_FULL or raw.SQLITE_IOERR or raw.SQLITE_NOMEM or raw.SQLITE_BUSY or raw.SQLITE_INTERRUPT
        or raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB or raw.SQLITE_READONLY or raw.SQLITE_CANTOPEN or raw.SQLITE_PROTOCOL;

    /// <summary>The same for callers, with what to do about it; a mistake of ours stays what it is.</summary>
    public Exception ForCallers(string path) => Primary switch
    {
        raw.SQLITE_FULL => new StoreUnavailable(StoreTrouble.Full,
            $"the disk that holds {path} is full: free some space there; nothing needs to be restarted", this),
        raw.SQLITE_IOERR => new StoreUnavailable(StoreTrouble.Broken,
            $"the disk that holds {path} answered with an error ({Message}): check the file system and its free space", this),
        raw.SQLITE_READONLY or raw.SQLITE_CANTOPEN or raw.SQLITE_PERM => new StoreUnavailable(StoreTrouble.ReadOnly,
            $"{path} cannot be opened for writing ({Message}): give this user write permission on the file and its directory, or name another data directory", this),
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_PROTOCOL => new StoreUnavailable(StoreTrouble.Busy,
            $"another process holds {path}: end it, or name another data directory", this),
        raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => new StoreUnavailable(StoreTrouble.NotOurs,
            $"{path} is not a Switchyard database or is damaged ({Message}): restore it from a backup, or name another data directory", this),
        _ => this,
    };
}
