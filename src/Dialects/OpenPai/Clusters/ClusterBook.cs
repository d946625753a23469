using Switchyard.Core.Pools;
using Switchyard.Core.Storage;

namespace Switchyard.Dialects.OpenPai.Clusters;

/// <summary>Who may use which virtual cluster: administrators all, others the default one and what they were given.</summary>
internal sealed class ClusterBook(IStore store)
{
    /// <summary>The clusters of a user who is no administrator, sorted, the default one among them.</summary>
    public async Task<IReadOnlyList<string>> Of(long userId, CancellationToken stop) =>
        [.. (await store.PoolGrantsGet(userId, stop)).Append(Pool.DefaultName).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>A cluster by name, or null.</summary>
    public async Task<Pool?> Find(string name, CancellationToken stop) => (await store.PoolsList(stop)).FirstOrDefault(pool => pool.Name == name);

    /// <summary>Whether a user may add jobs to a cluster.</summary>
    public async Task<bool> MayUse(long userId, bool admin, string cluster, CancellationToken stop) =>
        admin || cluster == Pool.DefaultName || (await store.PoolGrantsGet(userId, stop)).Contains(cluster);
}
