using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres;

public sealed partial class PostgresStore
{
    /// <inheritdoc />
    public Task<string?> SettingGet(string name, CancellationToken stop) => _readers.Read(
        db => db["select value from settings where name = $1"].Add(name).First(row => row.Text()), stop);

    /// <inheritdoc />
    public Task<string> SettingPutIfAbsent(string name, string value, CancellationToken stop) => _writes.Do(
        async session =>
        {
            // Two servers that start at once have one value: the second waits here for the first one's commit.
            session.Db.Queue("insert into settings (name, value) values ($1, $2) on conflict do nothing").Add(name).Add(value);
            return (await session.Db["select value from settings where name = $1"].Add(name).First(row => row.Text()).ConfigureAwait(false))!;
        },
        stop);

    /// <inheritdoc />
    public Task<long> HighestId(CancellationToken stop) => _readers.Read(
        db => db[
            """
            select greatest((select max(id) from runs), (select max(attempt_id) from tasks), (select max(id) from attempts), (select max(id) from jobs), (select max(id) from batches),
                (select value from marks where name = 'ids'), 0)
            """].First(row => row.Long()),
        stop);

    /// <inheritdoc />
    public async Task Check(CancellationToken stop)
    {
        await _readers.Read(db => db["select count(*) from schema_version"].First(row => row.Long()), stop).ConfigureAwait(false);
        await _writes.Do(session => Touch(session.Db, _time.GetUtcNow()), stop).ConfigureAwait(false);
    }

    /// <summary>Writes something, to see whether that can be done.</summary>
    private static Task<int> Touch(Database db, DateTimeOffset now) =>
        db["insert into marks (name, value) values ('checked', $1) on conflict (name) do update set value = excluded.value"].Add(now).Run();
}
