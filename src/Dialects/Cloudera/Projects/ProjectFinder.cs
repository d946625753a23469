using Switchyard.Core.Jobs;
using Switchyard.Core.Projects;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Dialects.Cloudera.Wire;

namespace Switchyard.Dialects.Cloudera.Projects;

/// <summary>Projects, jobs and runs by the addresses of this API.</summary>
internal sealed class ProjectFinder(IStore store)
{
    private const int PageSize = 500;

    /// <summary>The project of a call's path, by owner and slug or by its id; or the answer to give instead.</summary>
    public async Task<(Project? Project, Reply? Problem)> Project(Call call)
    {
        var (id, owner, slug) = (call.Path("project_id"), call.Path("owner"), call.Path("project"));
        var name = id.Length > 0 ? id : $"{owner}/{slug}";
        var project = id.Length == 0 ? await store.ProjectFind(owner, slug, call.Stop) : Ids.Read(id) is { } number ? await store.ProjectGet(number, call.Stop) : null;
        if (project is null)
            return (null, Reply.Problem(404, $"Project {name} does not exist."));
        return call.Caller.MayUse(project.OwnerId) ? (project, null) : (null, Reply.Problem(403, $"User {call.Caller.Name} has no rights to project {name}."));
    }

    /// <summary>The job of a call's path, or the answer to give instead.</summary>
    public async Task<(Project? Project, Job? Job, Reply? Problem)> Job(Call call)
    {
        var (project, problem) = await Project(call);
        if (project is null)
            return (null, null, problem);
        var text = call.Path("id");
        var job = Ids.Read(text) is { } id ? await Job(project, id, call.Stop) : null;
        return job is null ? (project, null, Reply.Problem(404, $"Project {project.OwnerName}/{project.Slug} has no job {text}.")) : (project, job, null);
    }

    /// <summary>The run of a call's path with its job, or the answer to give instead.</summary>
    public async Task<(Project? Project, Job? Job, RunRow? Run, Reply? Problem)> Run(Call call)
    {
        var (project, job, problem) = await Job(call);
        if (job is null)
            return (null, null, null, problem);
        var text = call.Path("run");
        return Ids.Read(text) is { } id && await store.RunGet(id, call.Stop) is { } run && run.JobId == job.Id
            ? (project, job, run, null)
            : (project, job, null, Reply.Problem(404, $"Job {job.PublicId} has no run {text}."));
    }

    /// <summary>A project's job by its id, or null.</summary>
    public async Task<Job?> Job(Project project, long id, CancellationToken stop) =>
        (await store.JobsList(new JobQuery(1, ClouderaDialect.DialectName, ProjectId: project.Id, PublicId: id), stop)) is [var job] ? job : null;

    /// <summary>All jobs of a project, the first made first.</summary>
    public async Task<List<Job>> Jobs(Project project, CancellationToken stop)
    {
        var jobs = new List<Job>();
        var query = new JobQuery(PageSize, ClouderaDialect.DialectName, ProjectId: project.Id);
        while (await store.JobsList(query, stop) is { Count: > 0 } page)
        {
            jobs.AddRange(page);
            query = query with { Before = page[^1].Id };
        }

        jobs.Reverse();
        return jobs;
    }

    /// <summary>All projects of some owners, or of everybody; the first made first.</summary>
    public async Task<List<Project>> Projects(IReadOnlyList<long>? owners, CancellationToken stop)
    {
        var projects = new List<Project>();
        long? before = null;
        while (await store.ProjectsList(owners, before, PageSize, stop) is { Count: > 0 } page)
        {
            projects.AddRange(page);
            before = page[^1].Id;
        }

        projects.Reverse();
        return projects;
    }
}
