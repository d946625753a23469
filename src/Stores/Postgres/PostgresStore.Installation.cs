namespace Switchyard.Stores.Postgres;

public sealed partial class PostgresStore
{
    /// <inheritdoc />
    public Task<string?> SettingGet(string name, CancellationToken stop) => _readers.Read(
        db => db["select value from settings where name = $1"].Add(name).First(row => row.Text()), stop);

    /// <inheritdoc />
    public Task<string> SettingPutIfAbsent(string name, string value, CancellationToken stop) => _writer.Do(
        async session =>
        {
            session.Db.Queue("insert into settings (name, value) values ($1, $2) on conflict do nothing").Add(name).Add(value);
            return (await session.Db["select value from settings where name = $1"].Add(name).First(row => row.Text()).ConfigureAwait(false))!;
        },
        stop);
}
