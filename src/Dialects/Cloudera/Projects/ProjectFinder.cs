using System.Globalization;
using Switchyard.Core.Jobs;
using Switchyard.Core.Projects;
using Switchyard.Core.Storage;
using Switchyard.Dialects.Cloudera.Wire;

namespace Switchyard.Dialects.Cloudera.Projects;

/// <summary>Projects and jobs by the addresses of this API.</summary>
internal sealed class ProjectFinder(IStore store)
{
    /// <summary>The project of a call's path, or the answer to give instead.</summary>
    public async Task<(Project? Project, Reply? Problem)> Project(Call call)
    {
        var (owner, slug) = (call.Path("owner"), call.Path("project"));
        if (await store.ProjectFind(owner, slug, call.Stop) is not { } project)
            return (null, Reply.Problem(404, $"Project {owner}/{slug} does not exist."));
        return call.Caller.MayUse(project.OwnerId) ? (project, null) : (null, Reply.Problem(403, $"User {call.Caller.Name} has no rights to project {owner}/{slug}."));
    }

    /// <summary>The job of a call's path, or the answer to give instead.</summary>
    public async Task<(Project? Project, Job? Job, Reply? Problem)> Job(Call call)
    {
        var (project, problem) = await Project(call);
        if (project is null)
            return (null, null, problem);
        var text = call.Path("id");
        var job = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? await Job(project, id, call.Stop) : null;
        return job is null ? (project, null, Reply.Problem(404, $"Project {project.OwnerName}/{project.Slug} has no job {text}.")) : (project, job, null);
    }

    /// <summary>A project's job by its id, or null.</summary>
    public async Task<Job?> Job(Project project, long id, CancellationToken stop) =>
        (await store.JobsList(new JobQuery(1, ClouderaDialect.DialectName, ProjectId: project.Id, PublicId: id), stop)) is [var job] ? job : null;
}
