using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres;

public sealed partial class PostgresStore
{
    private const string TeamColumns = "t.id, t.name, t.created_at";

    /// <inheritdoc />
    public Task<Result<Team>> TeamInsert(Team team, long firstAdmin, CancellationToken stop) => _writer.Do<Result<Team>>(
        async session =>
        {
            var db = session.Db;
            if (await db["select 1 from users where name = $1"].Add(team.Name).Any().ConfigureAwait(false))
                return new Refusal(RefusalCode.Conflict, $"there is a user '{team.Name}': a team is called otherwise");
            if (await db["insert into teams (id, name, created_at) values ($1, $2, $3) on conflict (name) do nothing"].Add(team.Id).Add(team.Name).Add(team.CreatedAt).Run().ConfigureAwait(false) == 0)
                return new Refusal(RefusalCode.Conflict, $"there is a team '{team.Name}' already");
            await PutMember(db, team.Id, firstAdmin, true).ConfigureAwait(false);
            return team;
        },
        stop);

    /// <inheritdoc />
    public Task<Team?> TeamFind(string name, CancellationToken stop) => _readers.Read(
        db => db[$"select {TeamColumns} from teams t where t.name = $1"].Add(name).First(Rows.Team), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<Team>> TeamsList(long? userId, string? afterName, int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<Team>>(
        async db => await (userId is { } member
            ? db[$"select {TeamColumns} from team_members m join teams t on t.id = m.team_id where m.user_id = $1 and t.name > $2 order by t.name limit $3"].Add(member).Add(afterName ?? "").Add(limit)
            : db[$"select {TeamColumns} from teams t where t.name > $1 order by t.name limit $2"].Add(afterName ?? "").Add(limit)).All(Rows.Team).ConfigureAwait(false),
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<TeamMember>> TeamMembers(long id, CancellationToken stop) => _readers.Read<IReadOnlyList<TeamMember>>(
        async db => await db["select u.id, u.name, m.admin from team_members m join users u on u.id = m.user_id where m.team_id = $1 order by u.name"]
            .Add(id).All(row => new TeamMember(row.Long(), row.Text(), row.Bool())).ConfigureAwait(false),
        stop);

    /// <inheritdoc />
    public Task<Refusal?> TeamMemberPut(long id, long userId, bool admin, CancellationToken stop) => _writer.Do(
        async session =>
        {
            var db = session.Db;
            if (!await db["select 1 from teams where id = $1"].Add(id).Any().ConfigureAwait(false)
                || !await db["select 1 from users where id = $1"].Add(userId).Any().ConfigureAwait(false))
                return new Refusal(RefusalCode.NotFound, "the team or the user was deleted");
            if (!admin && await IsLastAdmin(db, id, userId).ConfigureAwait(false))
                return LastAdmin;
            await PutMember(db, id, userId, admin).ConfigureAwait(false);
            return null;
        },
        stop);

    /// <inheritdoc />
    public Task<Refusal?> TeamMemberRemove(long id, long userId, CancellationToken stop) => _writer.Do(
        async session =>
        {
            var db = session.Db;
            if (await IsLastAdmin(db, id, userId).ConfigureAwait(false))
                return LastAdmin;
            return await db["delete from team_members where team_id = $1 and user_id = $2"].Add(id).Add(userId).Run().ConfigureAwait(false) == 1
                ? null
                : new Refusal(RefusalCode.NotFound, "this user is not in the team");
        },
        stop);

    /// <inheritdoc />
    public Task<Refusal?> TeamDelete(long id, CancellationToken stop) => _writer.Do(
        async session =>
        {
            var db = session.Db;
            if (await db["select count(*) from projects where owner_id = $1"].Add(id).First(row => row.Long()).ConfigureAwait(false) is var projects and > 0)
                return new Refusal(RefusalCode.Conflict, $"the team owns {projects} {(projects == 1 ? "project" : "projects")}: delete them first");
            db.Queue("delete from team_members where team_id = $1").Add(id);
            return await db["delete from teams where id = $1"].Add(id).Run().ConfigureAwait(false) == 1 ? null : new Refusal(RefusalCode.NotFound, "there is no such team");
        },
        stop);

    private static readonly Refusal LastAdmin =
        new(RefusalCode.Conflict, "a team has at least one administrator: make another member one first, or delete the team");

    private static Task<bool> IsLastAdmin(Database db, long id, long userId) =>
        db[
            """
            select 1 from team_members m where m.team_id = $1 and m.user_id = $2 and m.admin
                and not exists (select 1 from team_members o where o.team_id = $1 and o.user_id <> $2 and o.admin)
            """].Add(id).Add(userId).Any();

    private static Task<int> PutMember(Database db, long id, long userId, bool admin) =>
        db["insert into team_members (team_id, user_id, admin) values ($1, $2, $3) on conflict (team_id, user_id) do update set admin = excluded.admin"].Add(id).Add(userId).Add(admin).Run();
}
