using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres;

/// <summary>What is looked at before something is written about it: other servers look and write too.</summary>
internal static class Held
{
    /// <summary>Lets only one write of the installation at a time look at something, until its commit.</summary>
    public static void Hold(this Database db, string what) => db.Queue("select pg_advisory_xact_lock(hashtext($1))").Add($"yard {what}");
}
