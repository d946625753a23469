using Switchyard.Core.Pools;

namespace Switchyard.Stores.Sqlite;

public sealed partial class SqliteStore
{
    /// <inheritdoc />
    public Task ClusterPut(Cluster cluster, CancellationToken stop) => _writer.Do(
        session => session.Db[
            """
            insert into clusters (id, run_id, owner_id, settings, running, created_at, changed_at, changed_by) values (?, ?, ?, ?, ?, ?, ?, ?)
            on conflict (id) do update set settings = excluded.settings, running = excluded.running, changed_at = excluded.changed_at, changed_by = excluded.changed_by
            """]
            .Add(cluster.Id).Add(cluster.RunId).Add(cluster.OwnerId).Add(cluster.Settings).Add(cluster.Running).Add(cluster.CreatedAt).Add(cluster.ChangedAt).Add(cluster.ChangedBy).Run(),
        stop);

    /// <inheritdoc />
    public Task<Cluster?> ClusterGet(string id, CancellationToken stop) => _readers.Read(db => db[$"{Rows.SelectClusters} where c.id = ?"].Add(id).First(Rows.Cluster), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<Cluster>> ClustersList(string? after, int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<Cluster>>(
        db => db[$"{Rows.SelectClusters} where c.run_id is null and c.id > ? order by c.id limit ?"].Add(after ?? "").Add(limit).All(Rows.Cluster), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<Cluster>> ClustersOfRun(long runId, CancellationToken stop) => _readers.Read<IReadOnlyList<Cluster>>(
        db => db[$"{Rows.SelectClusters} where c.run_id = ? order by c.changed_at"].Add(runId).All(Rows.Cluster), stop);

    /// <inheritdoc />
    public Task<bool> ClusterDelete(string id, CancellationToken stop) => _writer.Do(
        session => session.Db["delete from clusters where id = ? and run_id is null"].Add(id).Run() > 0, stop);
}
