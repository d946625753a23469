using Switchyard.Core.Text;
using Switchyard.Core.Users;

namespace Switchyard.Stores.Sqlite;

public sealed partial class SqliteStore
{
    /// <inheritdoc />
    public Task<Refusal?> SecretScopeInsert(string name, Right first, int most, DateTimeOffset at, CancellationToken stop) => _writer.Do(
        session =>
        {
            var db = session.Db;
            if (db["select 1 from secret_scopes where name = ?"].Add(name).Any())
                return new Refusal(RefusalCode.Conflict, $"there is a scope '{name}' already");
            if (db["select count(*) from secret_scopes"].First(row => row.Long()) >= most)
                return new Refusal(RefusalCode.Exhausted, $"there are {most} scopes already");
            db["insert into secret_scopes (name, created_at) values (?, ?)"].Add(name).Add(at).Run();
            db["insert into secret_rights (scope, principal, level) values (?, ?, ?)"].Add(name).Add(first.Principal).Add(first.Level).Run();
            return null;
        },
        stop);

    /// <inheritdoc />
    public Task<bool> SecretScopeDelete(string name, CancellationToken stop) => _writer.Do(
        session =>
        {
            foreach (var table in new[] { "secrets", "secret_rights" })
                session.Db[$"delete from {table} where scope = ?"].Add(name).Run();
            return session.Db["delete from secret_scopes where name = ?"].Add(name).Run() == 1;
        },
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<SecretScope>> SecretScopes(CancellationToken stop) => _readers.Read<IReadOnlyList<SecretScope>>(
        db =>
        {
            var rights = db["select scope, principal, level from secret_rights order by scope, principal"]
                .All(row => (Scope: row.Text(), Right: new Right(row.Long(), row.Int()))).ToLookup(entry => entry.Scope, entry => entry.Right);
            return db["select name from secret_scopes order by name"].All(row => row.Text()).ConvertAll(name => new SecretScope(name, [.. rights[name]]));
        },
        stop);

    /// <inheritdoc />
    public Task<Refusal?> SecretPut(SealedSecret secret, int most, CancellationToken stop) => _writer.Do(
        session =>
        {
            var db = session.Db;
            if (!db["select 1 from secret_scopes where name = ?"].Add(secret.Scope).Any())
                return new Refusal(RefusalCode.NotFound, $"there is no scope '{secret.Scope}'");
            if (!db["select 1 from secrets where scope = ? and name = ?"].Add(secret.Scope).Add(secret.Name).Any()
                && db["select count(*) from secrets where scope = ?"].Add(secret.Scope).First(row => row.Long()) >= most)
                return new Refusal(RefusalCode.Exhausted, $"the scope '{secret.Scope}' has {most} secrets already");
            db["insert into secrets (scope, name, sealed, changed_at) values (?, ?, ?, ?) on conflict do update set sealed = excluded.sealed, changed_at = excluded.changed_at"]
                .Add(secret.Scope).Add(secret.Name).Add(secret.Sealed).Add(secret.ChangedAt).Run();
            return null;
        },
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<SealedSecret>> Secrets(string scope, CancellationToken stop) => _readers.Read<IReadOnlyList<SealedSecret>>(
        db => db["select name, sealed, changed_at from secrets where scope = ? order by name"].Add(scope)
            .All(row => new SealedSecret(scope, row.Text(), row.Text(), row.Instant())),
        stop);

    /// <inheritdoc />
    public Task<bool> SecretDelete(string scope, string name, CancellationToken stop) => _writer.Do(
        session => session.Db["delete from secrets where scope = ? and name = ?"].Add(scope).Add(name).Run() == 1, stop);

    /// <inheritdoc />
    public Task<bool> SecretRightSet(string scope, long principal, int? level, CancellationToken stop) => _writer.Do(
        session =>
        {
            var db = session.Db;
            if (!db["select 1 from secret_scopes where name = ?"].Add(scope).Any())
                return false;
            return level is { } given
                ? db["insert into secret_rights (scope, principal, level) values (?, ?, ?) on conflict do update set level = excluded.level"].Add(scope).Add(principal).Add(given).Run() == 1
                : db["delete from secret_rights where scope = ? and principal = ?"].Add(scope).Add(principal).Run() == 1;
        },
        stop);
}
