using System.Globalization;
using System.Reflection;
using Npgsql;
using Switchyard.Core.Storage;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres;

/// <summary>Brings a database forward, one numbered script after the other; there is no way back. Of several servers that start at once one does it.</summary>
internal static class Schema
{
    private const long MigrationLock = 0x5977_6172_6400;
    private const int OldestServer = 150000;

    private static readonly IReadOnlyList<(int Version, string Name)> Scripts =
    [
        .. typeof(Schema).Assembly.GetManifestResourceNames()
            .Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
            .Select(name => (int.Parse(name.AsSpan(0, 3), CultureInfo.InvariantCulture), name))
            .Order(),
    ];

    /// <summary>The version this program knows.</summary>
    public static int Known => Scripts[^1].Version;

    /// <summary>Applies what is missing; refuses a database that is newer than this program, or cannot hold what it has to.</summary>
    public static async Task Migrate(NpgsqlConnection connection, string where, DateTimeOffset now)
    {
        var db = new Database(connection);
        if (await Unfit(db, where).ConfigureAwait(false) is { } unfit)
            throw new StoreUnavailable(StoreTrouble.NotOurs, unfit);

        await db["select pg_advisory_lock($1)"].Add(MigrationLock).Run().ConfigureAwait(false);
        try
        {
            await Script(connection, "create table if not exists schema_version (version integer primary key, name text not null, applied_at bigint not null)").ConfigureAwait(false);
            var current = await db["select coalesce(max(version), 0) from schema_version"].First(row => row.Int()).ConfigureAwait(false);
            if (current > Known)
                throw new StoreUnavailable(StoreTrouble.NewerSchema, Newer(where, current));

            foreach (var (version, name) in Scripts.Where(script => script.Version > current))
            {
                // Of several statements in one text all are kept or none.
                var note = $"insert into schema_version (version, name, applied_at) values ({version}, '{name}', {Instants.Write(now)})";
                await Script(connection, $"{Text(name)};\n{note}").ConfigureAwait(false);
            }

            if (current < Known)
                await Script(connection, "analyze").ConfigureAwait(false);
        }
        finally
        {
            if (connection.State == System.Data.ConnectionState.Open)
                await db["select pg_advisory_unlock($1)"].Add(MigrationLock).Run().ConfigureAwait(false);
        }
    }

    /// <summary>Why <see cref="Migrate"/> would refuse it, or null.</summary>
    public static async Task<string?> Problem(NpgsqlConnection connection, string where)
    {
        var db = new Database(connection);
        if (await Unfit(db, where).ConfigureAwait(false) is { } unfit)
            return unfit;
        if (!await db["select 1 where to_regclass('schema_version') is not null"].Any().ConfigureAwait(false))
            return null;
        var current = await db["select coalesce(max(version), 0) from schema_version"].First(row => row.Int()).ConfigureAwait(false);
        return current > Known ? Newer(where, current) : null;
    }

    private static string Newer(string where, int version) =>
        $"{where} has schema version {version}, this program knows up to {Known}: start the newer program that wrote it, or restore a backup made before the upgrade";

    private static async Task<string?> Unfit(Database db, string where)
    {
        var (server, encoding) = await db["select current_setting('server_version_num')::int, current_setting('server_encoding')"].First(row => (row.Int(), row.Text())).ConfigureAwait(false);
        if (server < OldestServer)
            return $"{where} is PostgreSQL {server / 10000}: 15 or newer is needed";
        return encoding == "UTF8" ? null : $"{where} is encoded in {encoding}: create the database with encoding UTF8";
    }

    private static async Task Script(NpgsqlConnection connection, string text)
    {
        var command = new NpgsqlCommand(text, connection) { CommandTimeout = 0 };
        await using (command.ConfigureAwait(false))
            await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }

    private static string Text(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
