using System.Globalization;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite;

public sealed partial class SqliteStore
{
    private const string UserColumns = "u.id, u.name, u.email, u.admin, u.created_at, (select group_concat(m.team_id) from team_members m where m.user_id = u.id)";
    private const string TokenColumns = "t.id, t.user_id, t.name, t.prefix, t.created_at, t.expires_at, t.last_used_at, t.revoked_at";

    /// <inheritdoc />
    public async Task<Result<User>> UserInsert(User user, string passwordHash, CancellationToken stop) =>
        (await UsersInsert([new NewUser(user, passwordHash, [])], stop).ConfigureAwait(false))[0];

    /// <inheritdoc />
    public Task<IReadOnlyList<Result<User>>> UsersInsert(IReadOnlyList<NewUser> users, CancellationToken stop) => _writer.Do<IReadOnlyList<Result<User>>>(
        session => [.. users.Select(user => Insert(session.Db, user))], stop);

    /// <inheritdoc />
    public Task<bool> UserRehash(long id, string before, string after, CancellationToken stop) => _writer.Do(
        session => session.Db["update users set password_hash = ? where id = ? and password_hash = ?"].Add(after).Add(id).Add(before).Run() == 1, stop);

    /// <inheritdoc />
    public Task<bool> UserUpdate(long id, string? email, bool? admin, string? passwordHash, CancellationToken stop) => _writer.Do(
        session => session.Db[
            """
            update users set email = nullif(coalesce(?, email), ''), admin = coalesce(?, admin), password_hash = coalesce(?, password_hash)
            where id = ?
            """]
            .Add(email).Add(admin).Add(passwordHash).Add(id).Run() == 1,
        stop);

    /// <inheritdoc />
    public Task<bool> UserDelete(long id, CancellationToken stop) => _writer.Do(
        session =>
        {
            session.Db["delete from tokens where user_id = ?"].Add(id).Run();
            session.Db["delete from pool_grants where user_id = ?"].Add(id).Run();
            session.Db["delete from api_keys where user_id = ?"].Add(id).Run();
            session.Db["delete from team_members where user_id = ?"].Add(id).Run();
            return session.Db["delete from users where id = ?"].Add(id).Run() == 1;
        },
        stop);

    /// <inheritdoc />
    public Task<UserSecret?> UserByName(string name, CancellationToken stop) => _readers.Read(
        db => db[$"select {UserColumns}, u.password_hash from users u where u.name = ?"].Add(name).First(row => new UserSecret(ReadUser(row), row.Text())), stop);

    /// <inheritdoc />
    public Task<User?> UserGet(long id, CancellationToken stop) => _readers.Read(
        db => db[$"select {UserColumns} from users u where u.id = ?"].Add(id).First(ReadUser), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<User>> UsersList(string? afterName, int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<User>>(
        db => db[$"select {UserColumns} from users u where u.name > ? order by u.name limit ?"].Add(afterName ?? "").Add(limit).All(ReadUser), stop);

    /// <inheritdoc />
    public Task<Result<Token>> TokenInsert(Token token, string hash, CancellationToken stop) => _writer.Do<Result<Token>>(
        session =>
        {
            var db = session.Db;
            if (!db["select 1 from users where id = ?"].Add(token.UserId).Any())
                return new Refusal(RefusalCode.NotFound, $"there is no user {token.UserId}");
            if (db["select 1 from tokens where user_id = ? and name = ? and revoked_at is null and (expires_at is null or expires_at > ?)"]
                .Add(token.UserId).Add(token.Name).Add(token.CreatedAt).Any())
                return new Refusal(RefusalCode.Conflict, $"there is a token '{token.Name}' of this user already: revoke it first, or choose another name");
            // What automation signs in with every hour is not kept for ever.
            db["delete from tokens where user_id = ? and expires_at < ?"].Add(token.UserId).Add(token.CreatedAt.AddDays(-1)).Run();
            db[
                """
                insert into tokens (id, user_id, name, prefix, hash, created_at, expires_at, last_used_at, revoked_at)
                values (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """]
                .Add(token.Id).Add(token.UserId).Add(token.Name).Add(token.Prefix).Add(hash)
                .Add(token.CreatedAt).Add(token.ExpiresAt).Add(token.LastUsedAt).Add(token.RevokedAt).Run();
            return token;
        },
        stop);

    /// <inheritdoc />
    public Task<(Token Token, User User)?> TokenByHash(string hash, CancellationToken stop) => _readers.Read(
        db => db[$"select {TokenColumns}, {UserColumns} from tokens t join users u on u.id = t.user_id where t.hash = ? and t.revoked_at is null"]
            .Add(hash).First(row => ((Token, User)?)(Rows.Token(row), ReadUser(row))),
        stop);

    /// <inheritdoc />
    public Task<bool> TokenRevoke(long id, DateTimeOffset at, CancellationToken stop) => _writer.Do(
        session => session.Db["update tokens set revoked_at = ? where id = ? and revoked_at is null"].Add(at).Add(id).Run() == 1, stop);

    /// <inheritdoc />
    public Task TokensTouch(IReadOnlyList<(long TokenId, DateTimeOffset At)> uses, CancellationToken stop) => _writer.Do(
        session =>
        {
            foreach (var (tokenId, at) in uses)
                session.Db["update tokens set last_used_at = max(coalesce(last_used_at, 0), ?) where id = ?"].Add(at).Add(tokenId).Run();
            return true;
        },
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<Token>> TokensList(long userId, CancellationToken stop) => _readers.Read<IReadOnlyList<Token>>(
        db => db[$"select {TokenColumns} from tokens t where t.user_id = ? order by t.id"].Add(userId).All(Rows.Token), stop);

    /// <inheritdoc />
    public Task<string?> ApiKeyPutIfAbsent(long userId, string sealedText, string hash, DateTimeOffset at, CancellationToken stop) => _writer.Do(
        session =>
        {
            if (!session.Db["select 1 from users where id = ?"].Add(userId).Any())
                return null;
            session.Db["insert into api_keys (user_id, sealed, hash, created_at) values (?, ?, ?, ?) on conflict (user_id) do nothing"]
                .Add(userId).Add(sealedText).Add(hash).Add(at).Run();
            return session.Db["select sealed from api_keys where user_id = ?"].Add(userId).First(row => row.Text());
        },
        stop);

    /// <inheritdoc />
    public Task<string?> ApiKeyGet(long userId, CancellationToken stop) => _readers.Read(
        db => db["select sealed from api_keys where user_id = ?"].Add(userId).First(row => row.Text()), stop);

    /// <inheritdoc />
    public Task<User?> ApiKeyOwner(string hash, CancellationToken stop) => _readers.Read(
        db => db[$"select {UserColumns} from api_keys k join users u on u.id = k.user_id where k.hash = ?"].Add(hash).First(ReadUser), stop);

    /// <inheritdoc />
    public Task<bool> ApiKeyDelete(long userId, CancellationToken stop) => _writer.Do(
        session => session.Db["delete from api_keys where user_id = ?"].Add(userId).Run() == 1, stop);

    private static Result<User> Insert(Database db, NewUser added)
    {
        var user = added.User;
        if (db["select 1 from teams where name = ?"].Add(user.Name).Any())
            return new Refusal(RefusalCode.Conflict, $"there is a team '{user.Name}': a user is called otherwise");
        var inserted = db["insert into users (id, name, email, admin, password_hash, created_at) values (?, ?, ?, ?, ?, ?) on conflict (name) do nothing"]
            .Add(user.Id).Add(user.Name).Add(user.Email).Add(user.Admin).Add(added.PasswordHash).Add(user.CreatedAt).Run();
        if (inserted == 0)
            return new Refusal(RefusalCode.Conflict, $"there is a user '{user.Name}' already");
        Grant(db, user.Id, added.Pools);
        return user;
    }

    private static User ReadUser(Statement row) => new(row.Long(), row.Text(), row.TextOrNull(), row.Bool(), row.Instant())
    {
        Teams = row.TextOrNull() is { } teams ? [.. teams.Split(',').Select(id => long.Parse(id, CultureInfo.InvariantCulture))] : [],
    };
}
