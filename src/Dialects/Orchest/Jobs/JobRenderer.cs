using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Projects;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Sweeps;
using Switchyard.Core.Text;
using Switchyard.Core.Triggers;
using Switchyard.Dialects.Orchest.Runs;
using Switchyard.Dialects.Orchest.Wire;

namespace Switchyard.Dialects.Orchest.Jobs;

/// <summary>Jobs as this API shows them, with the status that their phase and their runs make.</summary>
internal sealed class JobRenderer(IStore store, IDispatch dispatch, TimeProvider time)
{
    /// <summary>The status word (Orchest reference, Job columns).</summary>
    public async Task<string> Status(Job job, JobState state, CancellationToken stop)
    {
        if (state.Phase == JobPhase.Draft)
            return "DRAFT";
        if (state.Phase == JobPhase.Aborted)
            return "ABORTED";
        if (job.Trigger is Trigger.Cron)
            return job.Paused ? "PAUSED" : "STARTED";
        if (job.NextFireAt > time.GetUtcNow())
            return "PENDING";
        var batch = await store.BatchesList(new BatchQuery(1, JobId: job.Id), stop) is [var newest] ? newest : null;
        var counts = await store.JobCounters(job.Id, stop);
        // Confirmed a moment ago, or its runs are still being made.
        if (job.NextFireAt is not null || batch is { BuiltAt: null } || counts.Any(count => count.Value > 0 && !count.Key.IsEnd()))
            return "STARTED";
        return counts.Any(count => count.Value > 0 && RunWords.Of(count.Key) == "FAILURE") || batch?.Problem is not null ? "FAILURE" : "SUCCESS";
    }

    /// <param name="counted">Whether the runs are counted by status.</param>
    public async Task<JsonObject> Shown(Job job, Project? project, bool counted, CancellationToken stop) =>
        await Shown(job, project, false, counted, (await store.JobBatches([job.Id], stop)).GetValueOrDefault(job.Id), stop);

    /// <summary>Jobs as lists show them, without their variables.</summary>
    public async IAsyncEnumerable<JsonObject> Listed(IReadOnlyList<Job> jobs, [EnumeratorCancellation] CancellationToken stop)
    {
        var batches = await store.JobBatches([.. jobs.Select(job => job.Id)], stop);
        foreach (var job in jobs)
            yield return await Shown(job, null, true, false, batches.GetValueOrDefault(job.Id), stop);
    }

    private async Task<JsonObject> Shown(Job job, Project? project, bool listed, bool counted, JobBatches? batches, CancellationToken stop)
    {
        var state = JobState.Of(job);
        var status = await Status(job, state, stop);
        var projectUuid = IdUuid.Of(IdKind.Project, job.ProjectId ?? 0);
        var spec = (JsonObject)state.RunSpec.DeepClone();
        spec["uuids"] ??= new JsonArray();
        spec["run_type"] ??= "full";
        spec["project_uuid"] = projectUuid;
        spec["run_config"] = new JsonObject { ["project_dir"] = $"/userdir/projects/{project?.Name}", ["pipeline_path"] = state.PipelinePath, ["userdir_pvc"] = "userdir-pvc" };
        spec["scheduled_start"] = Times.Aware(state.StartAt);
        return new JsonObject
        {
            ["uuid"] = IdUuid.Of(IdKind.Job, job.Id),
            ["id"] = job.Id,
            ["project_uuid"] = projectUuid,
            ["pipeline_uuid"] = state.PipelineUuid,
            ["total_scheduled_executions"] = batches?.Batches ?? 0,
            ["total_scheduled_pipeline_runs"] = batches?.Runs ?? 0,
            ["pipeline_definition"] = state.Definition.DeepClone(),
            ["next_scheduled_time"] = job.Paused || state.Phase == JobPhase.Aborted ? null : Times.Aware(state.Phase == JobPhase.Draft ? Planned(state) : job.NextFireAt > time.GetUtcNow() ? job.NextFireAt : null),
            ["last_scheduled_time"] = Times.Aware(batches?.LastAt),
            ["parameters"] = state.Parameters.DeepClone(),
            ["schedule"] = state.Schedule,
            ["time_zone"] = state.Zone,
            ["overlap_policy"] = state.Overlap,
            ["pipeline_run_spec"] = spec,
            ["status"] = status,
            ["created_time"] = Times.Naive(job.CreatedAt),
            ["pipeline_name"] = state.PipelineName,
            ["name"] = job.Name,
            ["strategy_json"] = state.Strategy.DeepClone(),
            ["env_variables"] = listed ? null : Map(state.Environment),
            ["max_retained_pipeline_runs"] = state.MaxRetained,
            ["pipeline_run_status_counts"] = counted ? await Counts(job, stop) : null,
            ["snapshot_uuid"] = IdUuid.Of(IdKind.Snapshot, job.Id),
        };
    }

    public static JsonObject Map(IReadOnlyDictionary<string, string> texts) => new(texts.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));

    /// <summary>A draft's schedule is not in force yet; clients still show when it would run.</summary>
    private DateTimeOffset? Planned(JobState draft) => draft.StartAt ?? (draft.Cron() is { } cron ? dispatch.NextFireOf(cron, false) : null);

    private async Task<JsonObject> Counts(Job job, CancellationToken stop)
    {
        var words = new JsonObject();
        foreach (var (state, count) in await store.JobCounters(job.Id, stop))
        {
            if (count > 0)
                words[RunWords.Of(state)] = ((long?)words[RunWords.Of(state)] ?? 0) + count;
        }

        return words;
    }
}
