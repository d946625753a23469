using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Projects;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Core.Triggers;
using Switchyard.Dialects.Cloudera.Projects;

namespace Switchyard.Dialects.Cloudera.Jobs;

/// <summary>Makes, changes, starts and deletes jobs, whichever version of the API asks.</summary>
internal sealed class JobBook(IStore store, IDispatch dispatch, ProjectFinder finder, JobPlanner planner, TimeProvider time)
{
    private static readonly JsonSerializerOptions Kept = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Two changes at once, each right by itself, could close a circle of parents: one waits for the other.
    private readonly Lock _gate = new();
    private Task _before = Task.CompletedTask;

    /// <summary>Makes a job of settings as they were sent.</summary>
    public async Task<Result<Job>> Create(Project project, JsonObject settings, CancellationToken stop)
    {
        if (!JobForm.Read(settings).Ok(out var form, out var refusal) || !(await TriggerOf(project, null, form, stop)).Ok(out var trigger, out refusal))
            return refusal;
        var now = time.GetUtcNow();
        var job = new Job
        {
            Id = dispatch.NextId(),
            Dialect = ClouderaDialect.DialectName,
            Name = form.Name,
            OwnerId = project.OwnerId,
            Settings = settings.ToJsonString(Kept),
            Trigger = trigger,
            Paused = form.Paused,
            ProjectId = project.Id,
            Notify = Reports.Of(settings, project.Id),
            PublicId = await store.NextNumber(ClouderaDialect.DialectName, stop),
            CreatedAt = now,
            ChangedAt = now,
            NextFireAt = dispatch.NextFireOf(trigger, form.Paused),
        };
        await store.JobsInsert([job], stop);
        dispatch.JobChanged(job.Id);
        return job;
    }

    /// <summary>Changes a job. What it is afterwards is decided by what <paramref name="change"/> makes of its settings as they are then.</summary>
    public async Task<Result<Job>> Change(Project project, Job job, Func<Job, Task<Result<JsonObject>>> change, CancellationToken stop)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task turn;
        lock (_gate)
            (turn, _before) = (_before, done.Task);
        await turn;
        try
        {
            if (await store.JobGet(job.Id, stop) is not { } before)
                return new Refusal(RefusalCode.NotFound, $"Job {job.PublicId} was deleted.");
            if (!(await change(before)).Ok(out var settings, out var refusal)
                || !JobForm.Read(settings).Ok(out var form, out refusal)
                || !(await TriggerOf(project, before, form, stop)).Ok(out var trigger, out refusal))
                return refusal;
            var after = before with
            {
                Name = form.Name,
                Settings = settings.ToJsonString(Kept),
                Version = before.Version + 1,
                Trigger = trigger,
                Paused = form.Paused,
                Notify = Reports.Of(settings, project.Id),
                ChangedAt = time.GetUtcNow(),
                NextFireAt = dispatch.NextFireOf(trigger, form.Paused),
            };
            if (!await store.JobUpdate(after, stop))
                return new Refusal(RefusalCode.NotFound, $"Job {job.PublicId} was deleted.");
            dispatch.JobChanged(job.Id);
            return after;
        }
        finally
        {
            done.SetResult();
        }
    }

    public async Task Delete(Job job, CancellationToken stop)
    {
        await store.JobDelete(job.Id, time.GetUtcNow(), stop);
        dispatch.JobChanged(job.Id);
    }

    /// <summary>Starts a run, with variables and arguments for it alone; answers its id. What cannot be planned is a run all the same, which failed and says why.</summary>
    public async Task<Result<long>> Start(Job job, IReadOnlyDictionary<string, string> variables, string? arguments, CancellationToken stop)
    {
        // The settings may change between planning and insertion; the insertion notices, and the plan is made again.
        for (var round = 0; ; round++)
        {
            var now = time.GetUtcNow();
            if (!(await planner.Plan(job, variables, arguments, "manual", now, null, stop)).Ok(out var request, out var refusal))
                request = JobPlanner.Refused(job, refusal, "manual", now);
            if ((await dispatch.Submit(request, stop)).Ok(out var inserted, out refusal))
                return inserted.RunId;
            if (refusal.Code != RefusalCode.Conflict || round == 4 || await store.JobGet(job.Id, stop) is not { } again)
                return refusal;
            job = again;
        }
    }

    /// <summary>What starts a job of this form; null for <paramref name="self"/> is a job that is not made yet.</summary>
    private async Task<Result<Trigger>> TriggerOf(Project project, Job? self, JobForm form, CancellationToken stop)
    {
        if (form.Parent is not { } parent)
            return form.Schedule ?? Trigger.Manual;
        if (await finder.Job(project, parent, stop) is not { } before)
        {
            // One whose parent was deleted may be changed otherwise.
            return self?.Trigger is Trigger.AfterSuccess orphan && JobForm.Read((JsonObject)JsonNode.Parse(self.Settings)!).Value?.Parent == parent
                ? orphan
                : Wrong($"parent_id: project {project.OwnerName}/{project.Slug} has no job {parent}.");
        }

        var chain = new List<Job> { before };
        while (self is not null && chain[^1].Id != self.Id && chain[^1].Trigger is Trigger.AfterSuccess after && await store.JobGet(after.JobId, stop) is { } next)
            chain.Add(next);
        if (chain[^1].Id != self?.Id)
            return new Trigger.AfterSuccess(before.Id);
        var circle = string.Join(" after ", chain.Prepend(self).Select(job => $"'{job.Name}' ({job.PublicId})"));
        return Wrong($"parent_id: the jobs would wait for each other: {circle}. Choose another parent, or take one of these out of the circle first.");

        static Refusal Wrong(string why) => new(RefusalCode.Invalid, why) { Field = "parent_id" };
    }
}
