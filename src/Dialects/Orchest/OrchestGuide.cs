using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.Orchest.Jobs;

namespace Switchyard.Dialects.Orchest;

/// <summary>What the neutral API is told of this dialect's jobs and runs.</summary>
internal sealed class OrchestGuide(JobPlanner planner, JobsApi jobs) : IDialectGuide
{
    /// <inheritdoc/>
    public string? PublicId(Job job) => IdUuid.Of(IdKind.Job, job.Id);

    /// <inheritdoc/>
    public string? PublicId(RunRow run) => IdUuid.Of(IdKind.Run, run.Id);

    /// <inheritdoc/>
    public Task<Refusal?> Check(JsonObject settings, bool once, Caller caller, CancellationToken stop) => once
        ? Task.FromResult<Refusal?>(new Refusal(RefusalCode.Invalid, "Runs of this API are runs of a job: make one, and start it."))
        : jobs.Check(settings, caller, stop);

    /// <inheritdoc/>
    public string? CopyOf(RunRow run) => planner.ProjectOf(run.Id);

    /// <inheritdoc/>
    public Task<Place?> Find(string id, Caller caller, CancellationToken stop) => Task.FromResult(
        Of(PlaceKind.Run, IdKind.Run, id) ?? Of(PlaceKind.Job, IdKind.Job, id) ?? Of(PlaceKind.Project, IdKind.Project, id));

    /// <summary>Pages are told apart by what they name: <c>/job?project_uuid=&amp;job_uuid=</c>, <c>/job-run?job_uuid=&amp;run_uuid=</c>.</summary>
    public Task<Place?> Find(PageAddress address, CancellationToken stop)
    {
        var asked = address.Query;
        var project = Of(PlaceKind.Project, IdKind.Project, asked.GetValueOrDefault("project_uuid"));
        return Task.FromResult(
            Of(PlaceKind.Run, IdKind.Run, asked.GetValueOrDefault("run_uuid")) ?? Of(PlaceKind.Job, IdKind.Job, asked.GetValueOrDefault("job_uuid"))
            ?? (project is not null && asked.TryGetValue("pipeline_uuid", out var pipeline) ? project with { Kind = PlaceKind.Pipeline, Pipeline = pipeline } : project));
    }

    private static Place? Of(PlaceKind kind, IdKind of, string? uuid) => IdUuid.Read(of, uuid) is { } id ? new Place(kind, id) : null;
}
