using Microsoft.AspNetCore.Http;
using Switchyard.Core.Projects;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Dialects.Edge;

namespace Switchyard.Server.Neutral;

/// <summary>Projects.</summary>
internal sealed class ProjectRoutes(Desk desk, ProjectTree tree)
{
    private const int LongestName = 200;

    public async Task Create(HttpContext http)
    {
        var read = await Desk.Read(http, WireJson.Default.ProjectRequest).ConfigureAwait(false);
        if (!read.Ok(out var asked, out var refusal) || !(await Owner(http, asked.Owner).ConfigureAwait(false)).Ok(out var owner, out refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        var slug = asked.Slug ?? Slug.Of(asked.Name ?? "");
        if ((asked.Name is null ? Http.Invalid("a project has a name", "name") : Problem(asked) ?? SlugProblem(slug, asked.Slug is not null)) is { } bad)
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
        var (owner, forbidden) = await desk.Owner(http, query).ConfigureAwait(false);
        if ((query.Refusal ?? forbidden) is { } refusal)
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        var projects = await desk.Store.ProjectsList(owner, before, limit, http.RequestAborted).ConfigureAwait(false);
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
            refusal = Problem(asked);
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
        if (tree.Files.Delete(ProjectTree.PlaceOf(project), true) is var fault && fault is not (TreeFault.None or TreeFault.Missing))
        {
            await http.Refuse(ProjectTree.Explain(fault, project.Slug)).ConfigureAwait(false);
            return;
        }

        await desk.Store.ProjectDelete(project.Id, desk.Clock.GetUtcNow(), http.RequestAborted).ConfigureAwait(false);
        await http.Answer().ConfigureAwait(false);
    }

    /// <summary>Whose the new project is: the caller's, or for an administrator anybody's.</summary>
    private async Task<Result<User>> Owner(HttpContext http, string? name)
    {
        var caller = http.Caller();
        if (name is not null && name != caller.Name && !caller.Admin)
            return new Refusal(RefusalCode.Forbidden, "Only administrators make projects for others.") { Field = "owner" };
        var user = name is null
            ? await desk.Store.UserGet(caller.UserId, http.RequestAborted).ConfigureAwait(false)
            : User.IsName(name) ? (await desk.Store.UserByName(name, http.RequestAborted).ConfigureAwait(false))?.User : null;
        if (user is null)
            return Http.Invalid("there is no such user", "owner");
        return ReservedNames.Contains(user.Name) ? Http.Invalid(ReservedNames.Problem(user.Name), "owner") : user;
    }

    private static Refusal? Problem(ProjectRequest asked)
    {
        if (asked.Name is { } name && (name.Trim().Length == 0 || name.Length > LongestName || name.Any(char.IsControl)))
            return Http.Invalid($"a name has 1 to {LongestName} characters, none of them a control character", "name");
        return asked.Environment is not null && Project.Problem(asked.Environment) is { } problem ? Http.Invalid(problem, "environment") : null;
    }

    private static Refusal? SlugProblem(string slug, bool given)
    {
        var field = given ? "slug" : "name";
        if (!Slug.IsSlug(slug))
        {
            return Http.Invalid(
                given ? $"a slug has 1 to {Slug.Longest} lower-case letters, digits and dashes, with no dash at its ends" : "nothing of this name can stand in an address; give a slug too", field);
        }

        return ReservedNames.Contains(slug) ? Http.Invalid(ReservedNames.Problem(slug), field) : null;
    }

    private static Dictionary<string, string>? Given(IReadOnlyDictionary<string, string?>? environment) => environment?.ToDictionary(pair => pair.Key, pair => pair.Value!);

    private static ProjectWire Wire(Project project) => new(project.Id, project.OwnerName, project.Name, project.Slug, project.Environment, project.CreatedAt, project.ChangedAt);
}
