using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres;

public sealed partial class PostgresStore
{
    private const string UserColumns = "u.id, u.name, u.email, u.admin, u.created_at, array(select m.team_id from team_members m where m.user_id = u.id order by m.team_id)";
    private const string TokenColumns = "t.id, t.user_id, t.name, t.prefix, t.created_at, t.expires_at, t.last_used_at, t.revoked_at";

    /// <inheritdoc />
    public async Task<Result<User>> UserInsert(User user, string passwordHash, CancellationToken stop) =>
        (await UsersInsert([new NewUser(user, passwordHash, [])], stop).ConfigureAwait(false))[0];

    /// <inheritdoc />
    public Task<IReadOnlyList<Result<User>>> UsersInsert(IReadOnlyList<NewUser> users, CancellationToken stop) => _writer.Do<IReadOnlyList<Result<User>>>(
        async session =>
        {
            var answers = new List<Result<User>>(users.Count);
            foreach (var user in users)
                answers.Add(await Insert(session.Db, user).ConfigureAwait(false));
            return answers;
        },
        stop);

    /// <inheritdoc />
    public Task<bool> UserRehash(long id, string before, string after, CancellationToken stop) => _writer.Do(
        async session => await session.Db["update users set password_hash = $1 where id = $2 and password_hash = $3"].Add(after).Add(id).Add(before).Run().ConfigureAwait(false) == 1, stop);

    /// <inheritdoc />
    public Task<bool> UserUpdate(long id, string? email, bool? admin, string? passwordHash, CancellationToken stop) => _writer.Do(
        async session => await session.Db[
            """
            update users set email = nullif(coalesce($1, email), ''), admin = coalesce($2, admin), password_hash = coalesce($3, password_hash)
            where id = $4
            """]
            .Add(email).Add(admin).Add(passwordHash).Add(id).Run().ConfigureAwait(false) == 1,
        stop);

    /// <inheritdoc />
    public Task<bool> UserDelete(long id, CancellationToken stop) => _writer.Do(
        async session =>
        {
            var db = session.Db;
            foreach (var table in (string[])["tokens", "pool_grants", "api_keys", "team_members"])
                db.Queue($"delete from {table} where user_id = $1").Add(id);
            return await db["delete from users where id = $1"].Add(id).Run().ConfigureAwait(false) == 1;
        },
        stop);

    /// <inheritdoc />
    public Task<UserSecret?> UserByName(string name, CancellationToken stop) => _readers.Read(
        db => db[$"select {UserColumns}, u.password_hash from users u where u.name = $1"].Add(name).First(row => new UserSecret(ReadUser(row), row.Text())), stop);

    /// <inheritdoc />
    public Task<User?> UserGet(long id, CancellationToken stop) => _readers.Read(
        db => db[$"select {UserColumns} from users u where u.id = $1"].Add(id).First(ReadUser), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<User>> UsersList(string? afterName, int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<User>>(
        async db => await db[$"select {UserColumns} from users u where u.name > $1 order by u.name limit $2"].Add(afterName ?? "").Add(limit).All(ReadUser).ConfigureAwait(false), stop);

    /// <inheritdoc />
    public Task<Result<Token>> TokenInsert(Token token, string hash, CancellationToken stop) => _writer.Do<Result<Token>>(
        async session =>
        {
            var db = session.Db;
            if (!await db["select 1 from users where id = $1"].Add(token.UserId).Any().ConfigureAwait(false))
                return new Refusal(RefusalCode.NotFound, $"there is no user {token.UserId}");
            if (await db["select 1 from tokens where user_id = $1 and name = $2 and revoked_at is null and (expires_at is null or expires_at > $3)"]
                .Add(token.UserId).Add(token.Name).Add(token.CreatedAt).Any().ConfigureAwait(false))
                return new Refusal(RefusalCode.Conflict, $"there is a token '{token.Name}' of this user already: revoke it first, or choose another name");
            // What automation signs in with every hour is not kept for ever.
            db.Queue("delete from tokens where user_id = $1 and expires_at < $2").Add(token.UserId).Add(token.CreatedAt.AddDays(-1));
            await db[
                """
                insert into tokens (id, user_id, name, prefix, hash, created_at, expires_at, last_used_at, revoked_at)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                """]
                .Add(token.Id).Add(token.UserId).Add(token.Name).Add(token.Prefix).Add(hash)
                .Add(token.CreatedAt).Add(token.ExpiresAt).Add(token.LastUsedAt).Add(token.RevokedAt).Run().ConfigureAwait(false);
            return token;
        },
        stop);

    /// <inheritdoc />
    public Task<(Token Token, User User)?> TokenByHash(string hash, CancellationToken stop) => _readers.Read(
        db => db[$"select {TokenColumns}, {UserColumns} from tokens t join users u on u.id = t.user_id where t.hash = $1 and t.revoked_at is null"]
            .Add(hash).First(row => ((Token, User)?)(Rows.Token(row), ReadUser(row))),
        stop);

    /// <inheritdoc />
    public Task<bool> TokenRevoke(long id, DateTimeOffset at, CancellationToken stop) => _writer.Do(
        async session => await session.Db["update tokens set revoked_at = $1 where id = $2 and revoked_at is null"].Add(at).Add(id).Run().ConfigureAwait(false) == 1, stop);

    /// <inheritdoc />
    public Task TokensTouch(IReadOnlyList<(long TokenId, DateTimeOffset At)> uses, CancellationToken stop) => _writer.Do(
        session =>
        {
            foreach (var (tokenId, at) in uses)
                session.Db.Queue("update tokens set last_used_at = greatest(last_used_at, $1) where id = $2").Add(at).Add(tokenId);
            return Sent(session.Db);
        },
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<Token>> TokensList(long userId, CancellationToken stop) => _readers.Read<IReadOnlyList<Token>>(
        async db => await db[$"select {TokenColumns} from tokens t where t.user_id = $1 order by t.id"].Add(userId).All(Rows.Token).ConfigureAwait(false), stop);

    /// <inheritdoc />
    public Task<string?> ApiKeyPutIfAbsent(long userId, string sealedText, string hash, DateTimeOffset at, CancellationToken stop) => _writer.Do(
        async session =>
        {
            var db = session.Db;
            if (!await db["select 1 from users where id = $1"].Add(userId).Any().ConfigureAwait(false))
                return null;
            db.Queue("insert into api_keys (user_id, sealed, hash, created_at) values ($1, $2, $3, $4) on conflict (user_id) do nothing")
                .Add(userId).Add(sealedText).Add(hash).Add(at);
            return await db["select sealed from api_keys where user_id = $1"].Add(userId).First(row => row.Text()).ConfigureAwait(false);
        },
        stop);

    /// <inheritdoc />
    public Task<string?> ApiKeyGet(long userId, CancellationToken stop) => _readers.Read(
        db => db["select sealed from api_keys where user_id = $1"].Add(userId).First(row => row.Text()), stop);

    /// <inheritdoc />
    public Task<User?> ApiKeyOwner(string hash, CancellationToken stop) => _readers.Read(
        db => db[$"select {UserColumns} from api_keys k join users u on u.id = k.user_id where k.hash = $1"].Add(hash).First(ReadUser), stop);

    /// <inheritdoc />
    public Task<bool> ApiKeyDelete(long userId, CancellationToken stop) => _writer.Do(
        async session => await session.Db["delete from api_keys where user_id = $1"].Add(userId).Run().ConfigureAwait(false) == 1, stop);

    private static async Task<Result<User>> Insert(Database db, NewUser added)
    {
        var user = added.User;
        if (await db["select 1 from teams where name = $1"].Add(user.Name).Any().ConfigureAwait(false))
            return new Refusal(RefusalCode.Conflict, $"there is a team '{user.Name}': a user is called otherwise");
        var inserted = await db["insert into users (id, name, email, admin, password_hash, created_at) values ($1, $2, $3, $4, $5, $6) on conflict (name) do nothing"]
            .Add(user.Id).Add(user.Name).Add(user.Email).Add(user.Admin).Add(added.PasswordHash).Add(user.CreatedAt).Run().ConfigureAwait(false);
        if (inserted == 0)
            return new Refusal(RefusalCode.Conflict, $"there is a user '{user.Name}' already");
        Grant(db, user.Id, added.Pools);
        await db.Send().ConfigureAwait(false);
        return user;
    }

    private static User ReadUser(Row row) => new(row.Long(), row.Text(), row.TextOrNull(), row.Bool(), row.Instant()) { Teams = row.Longs() };
}
