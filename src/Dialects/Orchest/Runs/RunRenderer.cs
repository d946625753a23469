using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Dialects.Orchest.Jobs;
using Switchyard.Dialects.Orchest.Wire;
using Switchyard.Snapshots;

namespace Switchyard.Dialects.Orchest.Runs;

/// <summary>Pipeline runs as this API shows them.</summary>
internal sealed class RunRenderer(IStore store, JobPlanner planner, TimeProvider time)
{
    /// <summary>The numbers of the runs' batches among those of their jobs.</summary>
    public Task<IReadOnlyDictionary<long, long>> Batches(IEnumerable<RunRow> runs, CancellationToken stop) =>
        store.BatchNumbers([.. runs.Select(run => run.Batch?.BatchId).OfType<long>().Distinct()], stop);

    /// <param name="batches">The numbers of batches, with the run's.</param>
    public JsonObject Shown(RunRow run, Job? job, JobState? state, IReadOnlyDictionary<long, long> batches)
    {
        var status = RunWords.Of(run.State);
        return new JsonObject
        {
            ["uuid"] = IdUuid.Of(IdKind.Run, run.Id),
            ["id"] = run.Id,
            ["project_uuid"] = IdUuid.Of(IdKind.Project, job?.ProjectId ?? 0),
            ["pipeline_uuid"] = state?.PipelineUuid,
            ["job_uuid"] = IdUuid.Of(IdKind.Job, run.JobId),
            ["status"] = status,
            ["reason"] = run.Reason.Text.Length > 0 ? run.Reason.Text : null,
            ["created_time"] = Times.Naive(run.CreatedAt),
            ["started_time"] = Times.Naive(run.StartedAt ?? (status is "SUCCESS" or "FAILURE" ? run.EndedAt : null)),
            ["finished_time"] = status == "ABORTED" ? null : Times.Naive(run.EndedAt),
            ["parameters"] = run.Overrides is { } text ? JsonNode.Parse(text) : new JsonObject(),
            ["pipeline_steps"] = new JsonArray(),
            ["job_run_index"] = run.Batch is { } batch && batches.TryGetValue(batch.BatchId, out var number) ? number - 1 : 0,
            ["job_run_pipeline_run_index"] = run.Batch?.Index ?? 0,
            ["pipeline_run_index"] = run.NumberInJob - 1,
            ["env_variables"] = null,
            ["server_time"] = Times.Iso(time.GetUtcNow()),
        };
    }

    /// <summary>One run with its steps and its variables.</summary>
    public async Task<JsonObject> Whole(RunRow run, Job? job, JobState? state, CancellationToken stop)
    {
        var shown = Shown(run, job, state, await Batches([run], stop));
        var steps = (JsonArray)shown["pipeline_steps"]!;
        // The state of this run's own time, not the job's of today.
        if (await store.DocumentGet(run.ShownHash, stop) is { } then)
            shown["env_variables"] = JobRenderer.Map(System.Text.Json.JsonSerializer.Deserialize<JobState>(then)!.Environment);
        shown["working_copy"] = await HowCopied(run.Id, stop);
        var plan = await store.DocumentGet(run.PlanHash, stop) is { } document ? PlanText.Read(document) : null;
        var attempts = (await store.AttemptsOfRun(run.Id, stop)).Where(attempt => attempt.Current).ToDictionary(attempt => attempt.Task);
        var services = new JsonArray();
        shown["services"] = services;
        for (var at = 0; at < (plan?.Tasks.Count ?? 0); at++)
        {
            var attempt = attempts.GetValueOrDefault(at);
            if (plan!.Tasks[at].Service)
            {
                services.Add(new JsonObject
                {
                    ["name"] = RunTexts.NameOf(plan.Tasks[at].Key),
                    ["status"] = attempt is null ? "PENDING" : RunWords.Of(attempt.State),
                    ["attempt_id"] = attempt?.Id,
                    ["reason"] = attempt is { Reason.Text.Length: > 0 } ? attempt.Reason.Text : null,
                });
                continue;
            }

            var status = attempt is null ? "PENDING" : RunWords.Of(attempt.State);
            steps.Add(new JsonObject
            {
                ["run_uuid"] = shown["uuid"]!.DeepClone(),
                ["step_uuid"] = plan.Tasks[at].Key,
                ["status"] = status,
                ["started_time"] = Times.Naive(attempt?.StartedAt ?? (status is "SUCCESS" or "FAILURE" ? attempt?.EndedAt : null)),
                ["finished_time"] = status == "ABORTED" ? null : Times.Naive(attempt?.EndedAt),
                ["attempt_id"] = attempt?.Id,
                ["reason"] = attempt is { Reason.Text.Length: > 0 } ? attempt.Reason.Text : null,
            });
        }

        return shown;
    }

    /// <summary>How the run's copy of the project was made, or null as long as there is none.</summary>
    private async Task<string?> HowCopied(long runId, CancellationToken stop)
    {
        var file = Path.Combine(planner.DirectoryOf(runId), WorkingCopyExecutor.HowFile);
        return File.Exists(file) ? (await File.ReadAllTextAsync(file, stop)).Trim() : null;
    }
}
