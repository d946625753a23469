using Switchyard.Core.Pools;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite;

public sealed partial class SqliteStore
{
    /// <inheritdoc />
    public Task<IReadOnlyList<Pool>> PoolsList(CancellationToken stop) => _readers.Read<IReadOnlyList<Pool>>(Pools, stop);

    /// <inheritdoc />
    public Task<bool> PoolsReplace(IReadOnlyList<Pool> before, IReadOnlyList<Pool> after, CancellationToken stop) => _writer.Do(
        session =>
        {
            var db = session.Db;
            if (!Pools(db).SequenceEqual(before.OrderBy(pool => pool.Name, StringComparer.Ordinal)))
                return false;
            db["delete from pools"].Run();
            foreach (var pool in after)
            {
                db["insert into pools (name, guaranteed, maximum, open, executor, partition, account, qos) values (?, ?, ?, ?, ?, ?, ?, ?)"]
                    .Add(pool.Name).Add(pool.Guaranteed).Add(pool.Maximum).Add(pool.Open).Add(pool.Executor).Add(pool.Queue?.Partition).Add(pool.Queue?.Account).Add(pool.Queue?.Qos).Run();
            }

            return true;
        },
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<string>> PoolGrantsGet(long userId, CancellationToken stop) => _readers.Read<IReadOnlyList<string>>(
        db => db["select pool from pool_grants where user_id = ? order by pool"].Add(userId).All(row => row.Text()), stop);

    /// <inheritdoc />
    public Task<bool> PoolGrantsSet(long userId, IReadOnlyList<string> pools, CancellationToken stop) => _writer.Do(
        session =>
        {
            if (!session.Db["select 1 from users where id = ?"].Add(userId).Any())
                return false;
            session.Db["delete from pool_grants where user_id = ?"].Add(userId).Run();
            Grant(session.Db, userId, pools);
            return true;
        },
        stop);

    private static void Grant(Database db, long userId, IReadOnlyList<string> pools)
    {
        foreach (var pool in pools.Distinct(StringComparer.Ordinal))
            db["insert into pool_grants (user_id, pool) values (?, ?)"].Add(userId).Add(pool).Run();
    }

    private static List<Pool> Pools(Database db) =>
        db["select name, guaranteed, maximum, open, executor, partition, account, qos from pools order by name"].All(row =>
            new Pool(row.Text(), row.Int(), row.Int(), row.Bool()) { Executor = row.TextOrNull(), Queue = Queue(row.TextOrNull(), row.TextOrNull(), row.TextOrNull()) });

    private static ClusterQueue? Queue(string? partition, string? account, string? qos) =>
        partition is null && account is null && qos is null ? null : new ClusterQueue(partition, account, qos);
}
