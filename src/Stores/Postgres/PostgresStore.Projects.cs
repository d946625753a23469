using System.Text.Json;
using Switchyard.Core.Projects;
using Switchyard.Core.Text;

namespace Switchyard.Stores.Postgres;

public sealed partial class PostgresStore
{
    /// <inheritdoc />
    public Task<Result<Project>> ProjectInsert(Project project, CancellationToken stop) => _writer.Do<Result<Project>>(
        async session =>
        {
            var inserted = await session.Db[
                """
                insert into projects (id, owner_id, owner_name, name, slug, environment, created_at, changed_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
                on conflict (owner_name, slug) do nothing
                """]
                .Add(project.Id).Add(project.OwnerId).Add(project.OwnerName).Add(project.Name).Add(project.Slug).Add(Write(project.Environment))
                .Add(project.CreatedAt).Add(project.ChangedAt).Run().ConfigureAwait(false);
            return inserted == 1 ? project : new Refusal(RefusalCode.Conflict, $"{project.OwnerName} has a project '{project.Slug}' already: choose another name or slug");
        },
        stop);

    /// <inheritdoc />
    public Task<Project?> ProjectUpdate(long id, string? name, IReadOnlyDictionary<string, string>? environment, DateTimeOffset at, CancellationToken stop) => _writer.Do(
        session =>
        {
            session.Db.Queue("update projects set name = coalesce($1, name), environment = coalesce($2, environment), changed_at = $3 where id = $4")
                .Add(name).Add(environment is null ? null : Write(environment)).Add(at).Add(id);
            return session.Db[$"{Rows.SelectProjects} where p.id = $1"].Add(id).First(Rows.Project);
        },
        stop);

    /// <inheritdoc />
    public Task<bool> ProjectDelete(long id, DateTimeOffset at, CancellationToken stop) => _writer.Do(
        async session =>
        {
            session.Db.Queue("update jobs set deleted_at = $1 where project_id = $2 and deleted_at is null").Add(at).Add(id);
            return await session.Db["delete from projects where id = $1"].Add(id).Run().ConfigureAwait(false) == 1;
        },
        stop);

    /// <inheritdoc />
    public Task<Project?> ProjectGet(long id, CancellationToken stop) => _readers.Read(db => db[$"{Rows.SelectProjects} where p.id = $1"].Add(id).First(Rows.Project), stop);

    /// <inheritdoc />
    public Task<IReadOnlyDictionary<long, Project>> ProjectsLoad(IReadOnlyList<long> ids, CancellationToken stop) => _readers.Read<IReadOnlyDictionary<long, Project>>(
        async db => (await db[$"{Rows.SelectProjects} where p.id = any($1)"].Add(ids).All(Rows.Project).ConfigureAwait(false)).ToDictionary(project => project.Id), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<Project>> ProjectsSearch(IReadOnlyList<long>? owners, string text, int limit, CancellationToken stop) => _readers.Read<IReadOnlyList<Project>>(
        async db => await db[
            $"""
            {Rows.SelectProjects} where ($1::bigint[] is null or p.owner_id = any($1)) and (strpos(lower(p.name), $2) > 0 or strpos(p.slug, $2) > 0)
            order by p.id desc limit $3
            """]
            .Add(owners).Add(JobRows.Fold(text)).Add(limit).All(Rows.Project).ConfigureAwait(false),
        stop);

    /// <inheritdoc />
    public Task<Project?> ProjectFind(string ownerName, string slug, CancellationToken stop) => _readers.Read(
        db => db[$"{Rows.SelectProjects} where p.owner_name = $1 and p.slug = $2"].Add(ownerName).Add(slug).First(Rows.Project), stop);

    /// <inheritdoc />
    public Task<IReadOnlyList<Project>> ProjectsList(IReadOnlyList<long>? owners, long? before, int limit, CancellationToken stop) => _readers.Read(
        db => Owned.Page(
            owners, limit, 0, false, project => project.Id,
            (owner, limit, _) => new Filter().That("p.owner_id = ?", owner).Page(db, Rows.SelectProjects, "p.id", limit, before, null, 0, Rows.Project)),
        stop);

    private static string Write(IReadOnlyDictionary<string, string> environment) =>
        JsonSerializer.Serialize(new Dictionary<string, string>(environment), StoreJson.Default.DictionaryStringString);
}
