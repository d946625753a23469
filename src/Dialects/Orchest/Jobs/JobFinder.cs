using Switchyard.Core.Jobs;
using Switchyard.Core.Projects;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Dialects.Orchest.Wire;

namespace Switchyard.Dialects.Orchest.Jobs;

/// <summary>Projects, jobs and runs by the UUIDs of this API. What the caller has no right to is as if it were not there.</summary>
internal sealed class JobFinder(IStore store)
{
    private const int Page = 500;

    public async Task<Project?> Project(Call call, string? uuid) =>
        IdUuid.Read(IdKind.Project, uuid) is { } id && await store.ProjectGet(id, call.Stop) is { } project && call.Caller.MayUse(project.OwnerId) ? project : null;

    /// <summary>All projects the caller may use, the first made first.</summary>
    public async Task<IReadOnlyList<Project>> Projects(Call call)
    {
        var all = new List<Project>();
        long? before = null;
        while (await store.ProjectsList(call.Caller.Sees, before, Page, call.Stop) is { Count: > 0 } page)
        {
            all.AddRange(page);
            before = page[^1].Id;
        }

        all.Reverse();
        return all;
    }

    public async Task<Job?> Job(Call call, string? uuid) =>
        IdUuid.Read(IdKind.Job, uuid) is { } id && await store.JobGet(id, call.Stop) is { Dialect: OrchestDialect.DialectName } job && call.Caller.MayUse(job.OwnerId) ? job : null;

    /// <summary>All jobs the caller may see, newest first: of one project, or of all.</summary>
    public Task<IReadOnlyList<Job>> Jobs(Call call, long? projectId) => All(store, call.Caller.Sees, projectId, call.Stop);

    /// <summary>All jobs of this dialect, newest first: of some owners or a project, or of all.</summary>
    public static async Task<IReadOnlyList<Job>> All(IStore store, IReadOnlyList<long>? owners, long? projectId, CancellationToken stop)
    {
        var all = new List<Job>();
        var query = new JobQuery(Page, OrchestDialect.DialectName, Owners: owners, ProjectId: projectId);
        while (await store.JobsList(query, stop) is { Count: > 0 } page)
        {
            all.AddRange(page);
            query = query with { Before = page[^1].Id };
        }

        return all;
    }

    /// <summary>The job of a run.</summary>
    public Task<Job?> JobOf(RunRow run, CancellationToken stop) => store.JobGet(run.JobId, stop);

    public async Task<RunRow?> Run(Call call, string? uuid) =>
        IdUuid.Read(IdKind.Run, uuid) is { } id && await store.RunGet(id, call.Stop) is { Dialect: OrchestDialect.DialectName } run && call.Caller.MayUse(run.OwnerId) ? run : null;
}
