using Switchyard.Core.Pools;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres;

public sealed partial class PostgresStore
{
    private const string SelectClusters =
        """
        select c.id, c.run_id, c.owner_id, coalesce(u.email, u.name, ''), c.settings, c.running, c.created_at, c.changed_at, c.changed_by
        from clusters c left join users u on u.id = c.owner_id
        """;

    /// <inheritdoc />
    public Task ClusterPut(Cluster cluster, CancellationToken stop) => _writer.Do(
        session => session.Db[
            """
            insert into clusters (id, run_id, owner_id, settings, running, created_at, changed_at, changed_by) values ($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict (id) do update set settings = excluded.settings, running = excluded.running, changed_at = excluded.changed_at, changed_by = excluded.changed_by
            """]
            .Add(cluster.Id).Add(cluster.RunId).Add(cluster.OwnerId).Add(cluster.Settings).Add(cluster.Running).Add(cluster.CreatedAt).Add(cluster.ChangedAt).Add(cluster.ChangedBy).Run(),
        stop);

    /// <inheritdoc />
    public Task<Cluster?> ClusterGet(string id, CancellationToken stop) => _readers.Read(db => db[$"{SelectClusters} where c.id = $1"].Add(id).First(ReadCluster), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<Cluster>> ClustersList(string? after, int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<Cluster>>(
        async db => await db[$"{SelectClusters} where c.run_id is null and c.id > $1 order by c.id limit $2"].Add(after ?? "").Add(limit).All(ReadCluster).ConfigureAwait(false), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<Cluster>> ClustersOfRun(long runId, CancellationToken stop) => _readers.Read<IReadOnlyList<Cluster>>(
        async db => await db[$"{SelectClusters} where c.run_id = $1 order by c.changed_at"].Add(runId).All(ReadCluster).ConfigureAwait(false), stop);

    /// <inheritdoc />
    public Task<bool> ClusterDelete(string id, CancellationToken stop) => _writer.Do(
        async session => await session.Db["delete from clusters where id = $1 and run_id is null"].Add(id).Run().ConfigureAwait(false) > 0, stop);

    private static Cluster ReadCluster(Row row) => new()
    {
        Id = row.Text(),
        RunId = row.LongOrNull(),
        OwnerId = row.Long(),
        OwnerName = row.Text(),
        Settings = row.Text(),
        Running = row.Bool(),
        CreatedAt = row.Instant(),
        ChangedAt = row.Instant(),
        ChangedBy = row.Text(),
    };
}
