using Switchyard.Core.Pools;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres;

public sealed partial class PostgresStore
{
    /// <inheritdoc />
    public Task<IReadOnlyList<Pool>> PoolsList(CancellationToken stop) => _readers.Read<IReadOnlyList<Pool>>(async db => await Pools(db).ConfigureAwait(false), stop);

    /// <inheritdoc />
    public Task<bool> PoolsReplace(IReadOnlyList<Pool> before, IReadOnlyList<Pool> after, CancellationToken stop) => _writer.Do(
        async session =>
        {
            var db = session.Db;
            if (!(await Pools(db).ConfigureAwait(false)).SequenceEqual(before.OrderBy(pool => pool.Name, StringComparer.Ordinal)))
                return false;
            db.Queue("delete from pools");
            foreach (var pool in after)
            {
                db.Queue("insert into pools (name, guaranteed, maximum, open, executor, partition, account, qos) values ($1, $2, $3, $4, $5, $6, $7, $8)")
                    .Add(pool.Name).Add(pool.Guaranteed).Add(pool.Maximum).Add(pool.Open).Add(pool.Executor).Add(pool.Queue?.Partition).Add(pool.Queue?.Account).Add(pool.Queue?.Qos);
            }

            return await Sent(db).ConfigureAwait(false);
        },
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<string>> PoolGrantsGet(long userId, CancellationToken stop) => _readers.Read<IReadOnlyList<string>>(
        async db => await db["select pool from pool_grants where user_id = $1 order by pool"].Add(userId).All(row => row.Text()).ConfigureAwait(false), stop);

    /// <inheritdoc />
    public Task<bool> PoolGrantsSet(long userId, IReadOnlyList<string> pools, CancellationToken stop) => _writer.Do(
        async session =>
        {
            var db = session.Db;
            if (!await db["select 1 from users where id = $1"].Add(userId).Any().ConfigureAwait(false))
                return false;
            db.Queue("delete from pool_grants where user_id = $1").Add(userId);
            Grant(db, userId, pools);
            return await Sent(db).ConfigureAwait(false);
        },
        stop);

    private static void Grant(Database db, long userId, IReadOnlyList<string> pools)
    {
        foreach (var pool in pools.Distinct(StringComparer.Ordinal))
            db.Queue("insert into pool_grants (user_id, pool) values ($1, $2)").Add(userId).Add(pool);
    }

    private static Task<List<Pool>> Pools(Database db) =>
        db["select name, guaranteed, maximum, open, executor, partition, account, qos from pools order by name"].All(row =>
            new Pool(row.Text(), row.Int(), row.Int(), row.Bool()) { Executor = row.TextOrNull(), Queue = Queue(row.TextOrNull(), row.TextOrNull(), row.TextOrNull()) });

    private static ClusterQueue? Queue(string? partition, string? account, string? qos) =>
        partition is null && account is null && qos is null ? null : new ClusterQueue(partition, account, qos);
}
