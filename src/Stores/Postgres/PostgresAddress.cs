using System.Globalization;
using Npgsql;

namespace Switchyard.Stores.Postgres;

/// <summary>
/// Where a database is: a connection string of Npgsql's (<c>Host=db;Database=yard;Username=yard</c>), or an address
/// (<c>postgresql://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=require</c>). As text it has no password.
/// </summary>
public sealed class PostgresAddress
{
    /// <summary>How one is written, for messages.</summary>
    public const string Remedy =
        "Write postgresql://USER@HOST:PORT/DATABASE or Host=HOST;Database=DATABASE;Username=USER, and give the password by a file or PGPASSWORD; in an address write special characters as %XX";

    private readonly NpgsqlConnectionStringBuilder _parts;

    private PostgresAddress(NpgsqlConnectionStringBuilder parts) => _parts = parts;

    /// <summary>What Npgsql connects by, with the password.</summary>
    public string ConnectionString => _parts.ConnectionString;

    /// <summary>Whether it names a password itself.</summary>
    public bool HasPassword => _parts.Password is not null;

    /// <summary>Whether a password would travel over a network in clear text.</summary>
    public bool IsClear => _parts.SslMode is SslMode.Disable or SslMode.Allow or SslMode.Prefer
        && !(_parts.Host ?? "").Split(',').All(host => host.StartsWith('/') || host is "localhost" or "127.0.0.1" or "::1");

    /// <summary>Whether a text is an address of this kind and not some other.</summary>
    public static bool IsUrl(string text) => text.StartsWith("postgresql://", StringComparison.Ordinal) || text.StartsWith("postgres://", StringComparison.Ordinal);

    /// <summary>Reads either form; null for what is neither, or names no host and no database.</summary>
    public static PostgresAddress? Read(string text)
    {
        try
        {
            var parts = IsUrl(text) ? OfUrl(text) : new NpgsqlConnectionStringBuilder(text);
            return parts is { Host.Length: > 0, Database.Length: > 0 } ? new PostgresAddress(parts) : null;
        }
        catch (Exception error) when (error is ArgumentException or FormatException or KeyNotFoundException or InvalidCastException or OverflowException)
        {
            // What it complains of may be the password.
            return null;
        }
    }

    /// <summary>The same with a password.</summary>
    public PostgresAddress With(string password) => new(new NpgsqlConnectionStringBuilder(ConnectionString) { Password = password });

    /// <summary>Why a store could not be opened there, with what to do; null when it could. Changes nothing.</summary>
    public async Task<string?> Problem(CancellationToken stop)
    {
        try
        {
            var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false, Timeout = 5 });
            await using (source.ConfigureAwait(false))
            {
                var connection = await source.OpenConnectionAsync(stop).ConfigureAwait(false);
                await using (connection.ConfigureAwait(false))
                    return await Schema.Problem(connection, ToString()).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            if (Raw.PostgresFailure.ForCallers(error, ToString()) is Core.Storage.StoreUnavailable known)
                return known.Message;
            throw;
        }
    }

    /// <summary>Without the password.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"postgresql://{(_parts.Username is { } user ? user + (HasPassword ? ":***" : "") + "@" : "")}{_parts.Host}:{_parts.Port}/{_parts.Database}");

    private static NpgsqlConnectionStringBuilder OfUrl(string text)
    {
        var uri = new Uri(text);
        var parts = new NpgsqlConnectionStringBuilder { Database = Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/')) };
        if (uri.Host.Length > 0)
            parts.Host = uri.Host.Trim('[', ']');
        if (uri.Port > 0)
            parts.Port = uri.Port;
        var signIn = uri.UserInfo.Split(':', 2);
        if (signIn[0].Length > 0)
            parts.Username = Uri.UnescapeDataString(signIn[0]);
        if (signIn.Length == 2)
            parts.Password = Uri.UnescapeDataString(signIn[1]);
        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = pair.Split('=', 2) is [var left, var right] ? (Uri.UnescapeDataString(left), Uri.UnescapeDataString(right)) : throw new FormatException();
            // The names that PostgreSQL's own programs know, and all of Npgsql's.
            parts[name switch
            {
                "sslmode" => "SSL Mode",
                "sslrootcert" => "Root Certificate",
                "sslcert" => "SSL Certificate",
                "sslkey" => "SSL Key",
                "dbname" => "Database",
                "user" => "Username",
                "application_name" => "Application Name",
                "connect_timeout" => "Timeout",
                "target_session_attrs" => "Target Session Attributes",
                _ => name,
            }] = name == "sslmode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }

        return parts;
    }
}
