using System.Globalization;
using System.Reflection;
using Switchyard.Core.Storage;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite;

/// <summary>Brings a database forward, one numbered script after the other; there is no way back.</summary>
internal static class Schema
{
    private static readonly IReadOnlyList<(int Version, string Name)> Scripts =
    [
        .. typeof(Schema).Assembly.GetManifestResourceNames()
            .Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
            .Select(name => (int.Parse(name.AsSpan(0, 3), CultureInfo.InvariantCulture), name))
            .Order(),
    ];

    /// <summary>The version this program knows.</summary>
    public static int Known => Scripts[^1].Version;

    /// <summary>Applies what is missing; refuses a database that is newer than this program.</summary>
    public static void Migrate(Database db, string path, DateTimeOffset now)
    {
        db.Execute("create table if not exists schema_version (version integer primary key, name text not null, applied_at integer not null) strict");
        var current = db["select coalesce(max(version), 0) from schema_version"].First(row => row.Int());
        if (current > Known)
        {
            throw new StoreUnavailable(StoreTrouble.NewerSchema,
                $"{path} has schema version {current}, this program knows up to {Known}: start the newer program that wrote it, or restore a backup made before the upgrade");
        }

        foreach (var (version, name) in Scripts.Where(script => script.Version > current))
        {
            db.Execute("begin immediate");
            try
            {
                db.Execute(Text(name));
                db["insert into schema_version (version, name, applied_at) values (?, ?, ?)"].Add(version).Add(name).Add(now).Run();
                db.Execute("commit");
            }
            catch
            {
                if (db.InTransaction)
                    db.Execute("rollback");
                throw;
            }
        }
    }

    private static string Text(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
