using System.Text.Json;
using Switchyard.Core.Projects;
using Switchyard.Core.Text;

namespace Switchyard.Stores.Sqlite;

public sealed partial class SqliteStore
{
    /// <inheritdoc />
    public Task<Result<Project>> ProjectInsert(Project project, CancellationToken stop) => _writer.Do<Result<Project>>(
        session =>
        {
            var inserted = session.Db[
                """
                insert into projects (id, owner_id, owner_name, name, slug, environment, created_at, changed_at) values (?, ?, ?, ?, ?, ?, ?, ?)
                on conflict (owner_name, slug) do nothing
                """]
                .Add(project.Id).Add(project.OwnerId).Add(project.OwnerName).Add(project.Name).Add(project.Slug).Add(Write(project.Environment))
                .Add(project.CreatedAt).Add(project.ChangedAt).Run();
            return inserted == 1 ? project : new Refusal(RefusalCode.Conflict, $"{project.OwnerName} has a project '{project.Slug}' already: choose another name or slug");
        },
        stop);

    /// <inheritdoc />
    public Task<Project?> ProjectUpdate(long id, string? name, IReadOnlyDictionary<string, string>? environment, DateTimeOffset at, CancellationToken stop) => _writer.Do(
        session =>
        {
            session.Db["update projects set name = coalesce(?, name), environment = coalesce(?, environment), changed_at = ? where id = ?"]
                .Add(name).Add(environment is null ? null : Write(environment)).Add(at).Add(id).Run();
            return session.Db[$"{Rows.SelectProjects} where p.id = ?"].Add(id).First(Rows.Project);
        },
        stop);

    /// <inheritdoc />
    public Task<bool> ProjectDelete(long id, DateTimeOffset at, CancellationToken stop) => _writer.Do(
        session =>
        {
            session.Db["update jobs set deleted_at = ? where project_id = ? and deleted_at is null"].Add(at).Add(id).Run();
            return session.Db["delete from projects where id = ?"].Add(id).Run() == 1;
        },
        stop);

    /// <inheritdoc />
    public Task<Project?> ProjectGet(long id, CancellationToken stop) => _readers.Read(db => db[$"{Rows.SelectProjects} where p.id = ?"].Add(id).First(Rows.Project), stop);

    /// <inheritdoc />
    public Task<IReadOnlyDictionary<long, Project>> ProjectsLoad(IReadOnlyList<long> ids, CancellationToken stop) => _readers.Read<IReadOnlyDictionary<long, Project>>(
        db => db[$"{Rows.SelectProjects} where p.id in (select value from json_each(?))"].Add(List(ids)).All(Rows.Project).ToDictionary(project => project.Id), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<Project>> ProjectsSearch(IReadOnlyList<long>? owners, string text, int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<Project>>(
        db => db[
            $"""
            {Rows.SelectProjects} where (?1 is null or p.owner_id in (select value from json_each(?1))) and (instr(lower(p.name), ?2) > 0 or instr(p.slug, ?2) > 0)
            order by p.id desc limit ?3
            """]
            .Add(List(owners)).Add(JobRows.Fold(text)).Add(limit).All(Rows.Project),
        stop);

    /// <inheritdoc />
    public Task<Project?> ProjectFind(string ownerName, string slug, CancellationToken stop) => _readers.Read(
        db => db[$"{Rows.SelectProjects} where p.owner_name = ? and p.slug = ?"].Add(ownerName).Add(slug).First(Rows.Project), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<Project>> ProjectsList(IReadOnlyList<long>? owners, long? before, int limit, CancellationToken stop) => _readers.Read(
        db => Owned.Page(
            owners, limit, 0, false, project => project.Id,
            (owner, limit, _) => new Filter().That("p.owner_id = ?", owner).Page(db, Rows.SelectProjects, "p.id", limit, before, null, 0, Rows.Project)),
        stop);

    private static string Write(IReadOnlyDictionary<string, string> environment) =>
        JsonSerializer.Serialize(new Dictionary<string, string>(environment), StoreJson.Default.DictionaryStringString);
}
