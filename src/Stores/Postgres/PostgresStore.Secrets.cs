using Switchyard.Core.Text;
using Switchyard.Core.Users;

namespace Switchyard.Stores.Postgres;

public sealed partial class PostgresStore
{
    /// <inheritdoc />
    public Task<Refusal?> SecretScopeInsert(string name, Right first, int most, DateTimeOffset at, CancellationToken stop) => _writer.Do(
        async session =>
        {
            var db = session.Db;
            if (await db["select 1 from secret_scopes where name = $1"].Add(name).Any().ConfigureAwait(false))
                return new Refusal(RefusalCode.Conflict, $"there is a scope '{name}' already");
            if (await db["select count(*) from secret_scopes"].First(row => row.Long()).ConfigureAwait(false) >= most)
                return new Refusal(RefusalCode.Exhausted, $"there are {most} scopes already");
            db.Queue("insert into secret_scopes (name, created_at) values ($1, $2)").Add(name).Add(at);
            await db["insert into secret_rights (scope, principal, level) values ($1, $2, $3)"].Add(name).Add(first.Principal).Add(first.Level).Run().ConfigureAwait(false);
            return null;
        },
        stop);

    /// <inheritdoc />
    public Task<bool> SecretScopeDelete(string name, CancellationToken stop) => _writer.Do(
        async session =>
        {
            var db = session.Db;
            db.Queue("delete from secrets where scope = $1").Add(name);
            db.Queue("delete from secret_rights where scope = $1").Add(name);
            return await db["delete from secret_scopes where name = $1"].Add(name).Run().ConfigureAwait(false) == 1;
        },
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<SecretScope>> SecretScopes(CancellationToken stop) => _readers.ReadAtOnce<IReadOnlyList<SecretScope>>(
        async db =>
        {
            var rights = (await db["select scope, principal, level from secret_rights order by scope, principal"]
                .All(row => (Scope: row.Text(), Right: new Right(row.Long(), row.Int()))).ConfigureAwait(false)).ToLookup(entry => entry.Scope, entry => entry.Right);
            return (await db["select name from secret_scopes order by name"].All(row => row.Text()).ConfigureAwait(false)).ConvertAll(name => new SecretScope(name, [.. rights[name]]));
        },
        stop);

    /// <inheritdoc />
    public Task<Refusal?> SecretPut(SealedSecret secret, int most, CancellationToken stop) => _writer.Do(
        async session =>
        {
            var db = session.Db;
            if (!await db["select 1 from secret_scopes where name = $1"].Add(secret.Scope).Any().ConfigureAwait(false))
                return new Refusal(RefusalCode.NotFound, $"there is no scope '{secret.Scope}'");
            if (!await db["select 1 from secrets where scope = $1 and name = $2"].Add(secret.Scope).Add(secret.Name).Any().ConfigureAwait(false)
                && await db["select count(*) from secrets where scope = $1"].Add(secret.Scope).First(row => row.Long()).ConfigureAwait(false) >= most)
                return new Refusal(RefusalCode.Exhausted, $"the scope '{secret.Scope}' has {most} secrets already");
            await db[
                """
                insert into secrets (scope, name, sealed, changed_at) values ($1, $2, $3, $4)
                on conflict (scope, name) do update set sealed = excluded.sealed, changed_at = excluded.changed_at
                """]
                .Add(secret.Scope).Add(secret.Name).Add(secret.Sealed).Add(secret.ChangedAt).Run().ConfigureAwait(false);
            return null;
        },
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<SealedSecret>> Secrets(string scope, CancellationToken stop) => _readers.Read<IReadOnlyList<SealedSecret>>(
        async db => await db["select name, sealed, changed_at from secrets where scope = $1 order by name"].Add(scope)
            .All(row => new SealedSecret(scope, row.Text(), row.Text(), row.Instant())).ConfigureAwait(false),
        stop);

    /// <inheritdoc />
    public Task<bool> SecretDelete(string scope, string name, CancellationToken stop) => _writer.Do(
        async session => await session.Db["delete from secrets where scope = $1 and name = $2"].Add(scope).Add(name).Run().ConfigureAwait(false) == 1, stop);

    /// <inheritdoc />
    public Task<bool> SecretRightSet(string scope, long principal, int? level, CancellationToken stop) => _writer.Do(
        async session =>
        {
            var db = session.Db;
            if (!await db["select 1 from secret_scopes where name = $1"].Add(scope).Any().ConfigureAwait(false))
                return false;
            var change = level is { } given
                ? db["insert into secret_rights (scope, principal, level) values ($1, $2, $3) on conflict (scope, principal) do update set level = excluded.level"].Add(scope).Add(principal).Add(given)
                : db["delete from secret_rights where scope = $1 and principal = $2"].Add(scope).Add(principal);
            return await change.Run().ConfigureAwait(false) == 1;
        },
        stop);
}
