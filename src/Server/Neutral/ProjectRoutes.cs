using Microsoft.AspNetCore.Http;
using Switchyard.Core.Projects;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;

namespace Switchyard.Server.Neutral;

/// <summary>Projects.</summary>
internal sealed class ProjectRoutes(Desk desk, ProjectTree tree, ProjectImports? imports)
{
    public async Task Create(HttpContext http)
    {
        var read = await Desk.Read(http, WireJson.Default.ProjectRequest).ConfigureAwait(false);
        if (!read.Ok(out var asked, out var refusal) || !(await Owner(http, asked.Owner).ConfigureAwait(false)).Ok(out var owner, out refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        var slug = asked.Slug ?? Slug.Of(asked.Name ?? "");
        if ((Project.NameProblem(asked.Name, asked.Slug) ?? Problem(asked)) is { } bad)
        {
            await http.Refuse(bad).ConfigureAwait(false);
            return;
        }

        var now = desk.Clock.GetUtcNow();
        var project = new Project
        {
            Id = desk.Dispatch.NextId(),
            OwnerId = owner.Id,
            OwnerName = owner.Name,
            Name = asked.Name!,
            Slug = slug,
            Environment = Given(asked.Environment) ?? new Dictionary<string, string>(),
            CreatedAt = now,
            ChangedAt = now,
        };
        // The directory first: a project whose files cannot be kept is none. One that is there already stays as it is.
        if (tree.Files.Make(ProjectTree.PlaceOf(project), 0x1ED) is var fault && fault != TreeFault.None)
            await http.Refuse(ProjectTree.Explain(fault, slug)).ConfigureAwait(false);
        else if (!(await desk.Store.ProjectInsert(project, http.RequestAborted).ConfigureAwait(false)).Ok(out var made, out refusal))
            await http.Refuse(refusal).ConfigureAwait(false);
        else
            await http.Answer(Wire(made), WireJson.Default.ProjectWire, StatusCodes.Status201Created).ConfigureAwait(false);
    }

    public async Task List(HttpContext http)
    {
        var query = new Query(http);
        var limit = Desk.Limit(query);
        var before = query.Number("before");
        var (owners, forbidden) = await desk.Owners(http, query).ConfigureAwait(false);
        if ((query.Refusal ?? forbidden) is { } refusal)
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        var projects = await desk.Store.ProjectsList(owners, before, limit, http.RequestAborted).ConfigureAwait(false);
        var page = new ProjectPage([.. projects.Select(Wire)], projects.Count == limit ? projects[^1].Id : null);
        await http.Answer(page, WireJson.Default.ProjectPage).ConfigureAwait(false);
    }

    public async Task Get(HttpContext http)
    {
        if (!(await desk.Project(http).ConfigureAwait(false)).Ok(out var project, out var refusal))
            await http.Refuse(refusal).ConfigureAwait(false);
        else
            await http.Answer(Wire(project), WireJson.Default.ProjectWire).ConfigureAwait(false);
    }

    /// <summary>Changes what people call it, and its variables (all of them at once).</summary>
    public async Task Change(HttpContext http)
    {
        var read = await Desk.Read(http, WireJson.Default.ProjectRequest).ConfigureAwait(false);
        if (!read.Ok(out var asked, out var refusal) || !(await desk.Project(http).ConfigureAwait(false)).Ok(out var project, out refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        if (asked.Slug is not null || asked.Owner is not null)
            refusal = Http.Invalid("a project's address does not change", asked.Slug is not null ? "slug" : "owner");
        else
            refusal = (asked.Name is null ? null : Project.NameProblem(asked.Name, project.Slug)) ?? Problem(asked);
        if (refusal is not null)
            await http.Refuse(refusal).ConfigureAwait(false);
        else if (await desk.Store.ProjectUpdate(project.Id, asked.Name, Given(asked.Environment), desk.Clock.GetUtcNow(), http.RequestAborted).ConfigureAwait(false) is { } changed)
            await http.Answer(Wire(changed), WireJson.Default.ProjectWire).ConfigureAwait(false);
        else
            await http.Refuse(Http.NotFound("project", project.Id)).ConfigureAwait(false);
    }

    public async Task Delete(HttpContext http)
    {
        if (!(await desk.Project(http).ConfigureAwait(false)).Ok(out var project, out var refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        // The files first: what is left after a crash in between is a project that can be deleted again, not files that the next of this name inherits.
        if (tree.Remove(project) is var fault && fault != TreeFault.None)
        {
            await http.Refuse(ProjectTree.Explain(fault, project.Slug)).ConfigureAwait(false);
            return;
        }

        await desk.Store.ProjectDelete(project.Id, desk.Clock.GetUtcNow(), http.RequestAborted).ConfigureAwait(false);
        await http.Answer().ConfigureAwait(false);
    }

    /// <summary>Begins to fetch a project from a git repository; how far it is, its own address tells.</summary>
    public async Task Import(HttpContext http)
    {
        if (!(await Desk.Read(http, WireJson.Default.ImportRequest).ConfigureAwait(false)).Ok(out var asked, out var refusal) || !(await Owner(http, asked.Owner).ConfigureAwait(false)).Ok(out var owner, out refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        if (imports is null)
            await http.Refuse(new(RefusalCode.Unavailable, "This server imports nothing.")).ConfigureAwait(false);
        else if (!(await imports.Start(asked.Url, asked.Branch, asked.Name, asked.Slug, owner.Id, owner.Name, http.RequestAborted).ConfigureAwait(false)).Ok(out var import, out refusal))
            await http.Refuse(refusal).ConfigureAwait(false);
        else
            await http.Answer(Wire(import), WireJson.Default.ImportWire, StatusCodes.Status202Accepted).ConfigureAwait(false);
    }

    public async Task GetImport(HttpContext http)
    {
        if (Guid.TryParse((string?)http.Request.RouteValues["import"], out var id) && imports?.Find(id) is { } import && http.Caller().MayUse(import.Project.OwnerId))
            await http.Answer(Wire(import), WireJson.Default.ImportWire).ConfigureAwait(false);
        else
            await http.Refuse(new(RefusalCode.NotFound, "There is no such import; what a server fetches, it forgets when it stops.")).ConfigureAwait(false);
    }

    /// <summary>Whose the new project is: the caller's, or a team's that the caller is in, or for an administrator anybody's.</summary>
    private async Task<Result<(long Id, string Name)>> Owner(HttpContext http, string? asked)
    {
        var caller = http.Caller();
        var name = asked ?? caller.Name;
        var found = name == caller.Name ? caller.UserId : await desk.OwnerNamed(name, http.RequestAborted).ConfigureAwait(false);
        if (found is { } id && caller.MayUse(id))
            return ReservedNames.Contains(name) ? Http.Invalid(ReservedNames.Problem(name), "owner") : (id, name);
        return caller.Admin
            ? Http.Invalid("there is no such user or team", "owner")
            : new Refusal(RefusalCode.Forbidden, "Projects are made for oneself or for a team one is in; only administrators make them for others.") { Field = "owner" };
    }

    private static Refusal? Problem(ProjectRequest asked) =>
        asked.Environment is not null && Project.Problem(asked.Environment) is { } problem ? Http.Invalid(problem, "environment") : null;

    private static Dictionary<string, string>? Given(IReadOnlyDictionary<string, string?>? environment) => environment?.ToDictionary(pair => pair.Key, pair => pair.Value!);

    private static ImportWire Wire(ProjectImport import) => new(
        import.Id, import.Url, Names<ImportState>.Of(import.State), import.Progress, import.Problem, import.Project.OwnerName, import.Project.Name, import.Project.Slug,
        import.State == ImportState.Succeeded ? import.Project.Id : null, import.CreatedAt);

    public static ProjectWire Wire(Project project) => new(project.Id, project.OwnerName, project.Name, project.Slug, project.Environment, project.CreatedAt, project.ChangedAt);
}
