using System.Globalization;
using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Dialects.Cloudera.Jobs;
using Switchyard.Dialects.Cloudera.Projects;
using Switchyard.Dialects.Cloudera.Wire;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Cloudera;

/// <summary>What the neutral API is told of this dialect's jobs and runs.</summary>
internal sealed class ClouderaGuide(IStore store, ProjectFinder finder) : IDialectGuide
{
    /// <inheritdoc/>
    public string? PublicId(Job job) => job.PublicId?.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public string? PublicId(RunRow run) => Ids.Engine(run.Id);

    /// <summary>The short id of a job among those the caller sees, also in four groups; an engine's id is its run's.</summary>
    public async Task<Place?> Find(string id, Caller caller, CancellationToken stop)
    {
        if (Ids.Read(id) is not { } number)
            return null;
        if ((await store.JobsList(new JobQuery(1, ClouderaDialect.DialectName, PublicId: number), stop)) is [var job] && caller.MayUse(job.OwnerId))
            return new Place(PlaceKind.Job, job.Id);
        return await store.RunGet(number, stop) is { Dialect: ClouderaDialect.DialectName } run ? new Place(PlaceKind.Run, run.Id) : null;
    }

    /// <summary>What the settings alone tell: whether the project has the parent that they name is looked at when the job is made.</summary>
    public Task<Refusal?> Check(JsonObject settings, bool once, Caller caller, CancellationToken stop) => Task.FromResult(
        once ? new Refusal(RefusalCode.Invalid, "Runs of this API are runs of a job: make one, and start it.") : JobForm.Read(settings).Refusal);

    /// <summary><c>/alice/project</c> and <c>/alice/project/jobs/1</c>.</summary>
    public async Task<Place?> Find(PageAddress address, CancellationToken stop)
    {
        var path = address.Path;
        if (path.Count < 2 || await store.ProjectFind(path[0], path[1], stop) is not { } project)
            return null;
        if (path.Count == 2)
            return new Place(PlaceKind.Project, project.Id);
        return path[2] == "jobs" && path.Count is 4 or 5 && Ids.Read(path[3]) is { } id && await finder.Job(project, id, stop) is { } job ? new Place(PlaceKind.Job, job.Id) : null;
    }
}
