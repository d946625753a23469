using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite;

public sealed partial class SqliteStore
{
    private const string TeamColumns = "t.id, t.name, t.created_at";

    /// <inheritdoc />
    public Task<Result<Team>> TeamInsert(Team team, long firstAdmin, CancellationToken stop) => _writer.Do<Result<Team>>(
        session =>
        {
            var db = session.Db;
            if (db["select 1 from users where name = ?"].Add(team.Name).Any())
                return new Refusal(RefusalCode.Conflict, $"there is a user '{team.Name}': a team is called otherwise");
            if (db["insert into teams (id, name, created_at) values (?, ?, ?) on conflict (name) do nothing"].Add(team.Id).Add(team.Name).Add(team.CreatedAt).Run() == 0)
                return new Refusal(RefusalCode.Conflict, $"there is a team '{team.Name}' already");
            PutMember(db, team.Id, firstAdmin, true);
            return team;
        },
        stop);

    /// <inheritdoc />
    public Task<Team?> TeamFind(string name, CancellationToken stop) => _readers.Read(
        db => db[$"select {TeamColumns} from teams t where t.name = ?"].Add(name).First(Rows.Team), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<Team>> TeamsList(long? userId, string? afterName, int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<Team>>(
        db => userId is { } member
            ? db[$"select {TeamColumns} from team_members m join teams t on t.id = m.team_id where m.user_id = ? and t.name > ? order by t.name limit ?"]
                .Add(member).Add(afterName ?? "").Add(limit).All(Rows.Team)
            : db[$"select {TeamColumns} from teams t where t.name > ? order by t.name limit ?"].Add(afterName ?? "").Add(limit).All(Rows.Team),
        stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<TeamMember>> TeamMembers(long id, CancellationToken stop) => _readers.Read<IReadOnlyList<TeamMember>>(
        db => db["select u.id, u.name, m.admin from team_members m join users u on u.id = m.user_id where m.team_id = ? order by u.name"]
            .Add(id).All(row => new TeamMember(row.Long(), row.Text(), row.Bool())),
        stop);

    /// <inheritdoc />
    public Task<Refusal?> TeamMemberPut(long id, long userId, bool admin, CancellationToken stop) => _writer.Do(
        session =>
        {
            var db = session.Db;
            if (!db["select 1 from teams where id = ?"].Add(id).Any() || !db["select 1 from users where id = ?"].Add(userId).Any())
                return new Refusal(RefusalCode.NotFound, "the team or the user was deleted");
            if (!admin && IsLastAdmin(db, id, userId))
                return LastAdmin;
            PutMember(db, id, userId, admin);
            return null;
        },
        stop);

    /// <inheritdoc />
    public Task<Refusal?> TeamMemberRemove(long id, long userId, CancellationToken stop) => _writer.Do(
        session =>
        {
            if (IsLastAdmin(session.Db, id, userId))
                return LastAdmin;
            return session.Db["delete from team_members where team_id = ? and user_id = ?"].Add(id).Add(userId).Run() == 1
                ? null
                : new Refusal(RefusalCode.NotFound, "this user is not in the team");
        },
        stop);

    /// <inheritdoc />
    public Task<Refusal?> TeamDelete(long id, CancellationToken stop) => _writer.Do(
        session =>
        {
            var db = session.Db;
            if (db["select count(*) from projects where owner_id = ?"].Add(id).First(row => row.Long()) is var projects and > 0)
                return new Refusal(RefusalCode.Conflict, $"the team owns {projects} {(projects == 1 ? "project" : "projects")}: delete them first");
            db["delete from team_members where team_id = ?"].Add(id).Run();
            return db["delete from teams where id = ?"].Add(id).Run() == 1 ? null : new Refusal(RefusalCode.NotFound, "there is no such team");
        },
        stop);

    private static readonly Refusal LastAdmin =
        new(RefusalCode.Conflict, "a team has at least one administrator: make another member one first, or delete the team");

    private static bool IsLastAdmin(Database db, long id, long userId) =>
        db["select 1 from team_members where team_id = ? and user_id = ? and admin = 1"].Add(id).Add(userId).Any()
        && !db["select 1 from team_members where team_id = ? and user_id <> ? and admin = 1"].Add(id).Add(userId).Any();

    private static void PutMember(Database db, long id, long userId, bool admin) =>
        db["insert into team_members (team_id, user_id, admin) values (?, ?, ?) on conflict do update set admin = excluded.admin"].Add(id).Add(userId).Add(admin).Run();
}
