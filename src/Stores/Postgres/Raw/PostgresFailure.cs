using System.Net.Sockets;
using Npgsql;
using Switchyard.Core.Storage;

namespace Switchyard.Stores.Postgres.Raw;

/// <summary>What the errors of PostgreSQL, and of the way to it, mean.</summary>
internal static class PostgresFailure
{
    /// <summary>True when the rows are at fault and not the database: what else is in the transaction may go on.</summary>
    public static bool IsOfRows(Exception failure) => failure is not StoreUnavailable && failure switch
    {
        PostgresException { SqlState: [var a, var b, ..] } => (a, b) is ('2', '1') or ('2', '2') or ('2', '3') or ('4', '2') or ('P', '0'),
        _ => !IsOfConnection(failure),
    };

    /// <summary>True for a row that another row forbids.</summary>
    public static bool IsConstraint(Exception failure) => failure is PostgresException { SqlState: ['2', '3', ..] };

    /// <summary>The same for callers, with what to do about it; a mistake of ours stays what it is.</summary>
    public static Exception ForCallers(Exception failure, string where) => failure switch
    {
        PostgresException { SqlState: PostgresErrorCodes.DiskFull } => new StoreUnavailable(StoreTrouble.Full,
            $"the disk of {where} is full: free some space there; nothing needs to be restarted", failure),
        PostgresException { SqlState: PostgresErrorCodes.IoError or PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted } broken => new StoreUnavailable(StoreTrouble.Broken,
            $"the disk of {where} answered with an error ({broken.MessageText}): check the file system and its free space", failure),
        PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction } => new StoreUnavailable(StoreTrouble.ReadOnly,
            $"{where} may only be read: it is a standby, or default_transaction_read_only is on; name the primary server", failure),
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } refused => new StoreUnavailable(StoreTrouble.ReadOnly,
            $"{where} does not let this user ({refused.MessageText}): make the user the owner of the database", failure),
        PostgresException { SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification } refused => new StoreUnavailable(StoreTrouble.Unreachable,
            $"{where} refuses the user ({refused.MessageText}): check user name and password", failure),
        PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } missing => new StoreUnavailable(StoreTrouble.Unreachable,
            $"{where}: {missing.MessageText}: create it (createdb), encoded in UTF8", failure),
        PostgresException { SqlState: PostgresErrorCodes.TooManyConnections } => new StoreUnavailable(StoreTrouble.Busy,
            $"{where} has too many connections: raise max_connections there, or end other clients", failure),
        PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled } held =>
            new StoreUnavailable(StoreTrouble.Busy, $"{where} is held by another client ({held.MessageText}): nothing was kept, it may be tried again", failure),
        PostgresException { SqlState: ['0', '8', ..] or ['5', '3', ..] or ['5', '7', ..] or "25P03" } gone => new StoreUnavailable(StoreTrouble.Unreachable,
            $"{where} ended the connection ({gone.MessageText}): see its log; nothing needs to be restarted here", failure),
        PostgresException or StoreUnavailable => failure,
        _ when IsOfConnection(failure) => new StoreUnavailable(StoreTrouble.Unreachable,
            $"{where} cannot be reached ({failure.GetBaseException().Message}): start it, or correct the connection; nothing needs to be restarted here", failure),
        _ => failure,
    };

    private static bool IsOfConnection(Exception failure) => failure is NpgsqlException or SocketException or IOException or TimeoutException or ObjectDisposedException;
}
