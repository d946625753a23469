using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Projects;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Sweeps;
using Switchyard.Core.Text;
using Switchyard.Core.Triggers;
using Switchyard.Core.Users;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.Orchest.Pipelines;
using Switchyard.Dialects.Orchest.Projects;
using Switchyard.Dialects.Orchest.Webhooks;
using Switchyard.Dialects.Orchest.Wire;

namespace Switchyard.Dialects.Orchest.Jobs;

/// <summary>Jobs: made as drafts over a frozen project, changed, confirmed, paused, ended and removed.</summary>
internal sealed class JobsApi(
    IStore store, IDispatch dispatch, ProjectFreezer freezer, JobFinder finder, PipelineFinder pipelines, PipelineVariables variables,
    JobPlanner planner, Keeper keeper, JobRenderer renderer, Announcer announcer, OrchestOptions options, TimeProvider time)
{
    private const int LongestName = 255;

    /// <summary>Batches that may still live when a job is ended; those before them have ended long ago.</summary>
    private const int MostBatches = 10_000;

    private static readonly Reply Missing = Reply.Problem(404, "Job not found.");
    private static readonly Reply Changed = Reply.Problem(409, "The job was changed by somebody else at the same time; read it and try again.");

    public void Map(OrchestDialect.Routes api)
    {
        const string Jobs = "/catch/api-proxy/api/jobs", One = Jobs + "/{job}";
        api.Add("GET", Jobs, List);
        api.Add("POST", Jobs, Create);
        api.Add("GET", Jobs + "/next_scheduled_job", Next);
        api.Add("POST", Jobs + "/duplicate", Duplicate);
        api.Add("POST", Jobs + "/cronjobs/pause/{job}", call => Pause(call, true));
        api.Add("POST", Jobs + "/cronjobs/resume/{job}", call => Pause(call, false));
        api.Add("DELETE", Jobs + "/cleanup/{job}", Cleanup);
        api.Add("GET", One, Get);
        api.Add("PUT", One, Update);
        api.Add("DELETE", One, Abort);
        api.Add("PUT", One + "/pipeline", ChangePipeline);
        api.Add("POST", One + "/runs/trigger", Start);
    }

    private async Task<Reply> List(Call call)
    {
        long? projectId = null;
        if (call.Query("project_uuid") is { } uuid)
        {
            if (await finder.Project(call, uuid) is not { } project)
                return new Reply(200, new JsonObject { ["jobs"] = new JsonArray() });
            projectId = project.Id;
        }

        var active = call.Query("active") is "true" or "True" or "1";
        var jobs = new JsonArray();
        await foreach (var shown in renderer.Listed(await finder.Jobs(call, projectId), call.Stop))
        {
            if (!active || (string)shown["status"]! is "PENDING" or "STARTED")
                jobs.Add(shown);
        }

        return new Reply(200, new JsonObject { ["jobs"] = jobs });
    }

    private async Task<Reply> Get(Call call) =>
        await finder.Job(call, call.Path("job")) is { } job
            ? new Reply(200, await renderer.Shown(job, await ProjectOf(job, call.Stop), call.Http.Request.Query.ContainsKey("aggregate_run_statuses"), call.Stop))
            : Missing;

    private async Task<Reply> Create(Call call)
    {
        if (!(await call.Body()).Ok(out var body, out var refusal))
            return Reply.From(refusal);
        if (await finder.Project(call, body.Text("project_uuid")) is not { } project)
            return Reply.Problem(400, $"project_uuid: there is no project '{body.Text("project_uuid")}'.");
        if (pipelines.Find(project, body.Text("pipeline_uuid") ?? "") is not { } pipeline)
            return Reply.Problem(400, $"pipeline_uuid: project {project.Name} has no pipeline '{body.Text("pipeline_uuid")}'{(pipelines.Broken(project) is { } broken ? ", unless it is this one: " + broken : ".")}");
        if (body.Text("name") is not { Length: > 0 and <= LongestName } name)
            return Reply.Problem(400, $"name: a text of 1 to {LongestName} characters is expected.");
        var (frozen, problem) = await freezer.Freeze(project, pipeline, call.Stop);
        if (frozen is null)
            return problem!;
        var (snapshot, file, images) = frozen;
        var state = Draft(body, project, pipeline with { File = file }) with { Snapshot = snapshot, Images = images };
        if (body["parameters"] is null)
        {
            if (!freezer.ParametersOf(body, state, file).Ok(out var expanded, out refusal))
                return Reply.From(refusal);
            state = state with { Parameters = expanded };
        }

        if (!new JobUpdate(ChangeIn(body), options.MaxRuns).ApplyTo(state, file).Ok(out var updated, out refusal))
            return Reply.From(refusal);

        var now = time.GetUtcNow();
        var job = new Job
        {
            Id = dispatch.NextId(),
            Dialect = OrchestDialect.DialectName,
            Name = name,
            OwnerId = project.OwnerId,
            Settings = updated.Write(),
            ProjectId = project.Id,
            Notify = Announcer.Everybody,
            CreatedAt = now,
            ChangedAt = now,
        };
        await store.JobsInsert([job], call.Stop);
        await announcer.Tell(job, "created", call.Stop);
        return new Reply(201, await renderer.Shown(job, project, false, call.Stop));
    }

    /// <summary>A job as it is before anything was chosen for it, over nothing frozen yet.</summary>
    private JobState Draft(JsonObject body, Project project, FoundPipeline pipeline) => new()
    {
        PipelineUuid = pipeline.File.Uuid,
        PipelinePath = pipeline.Path,
        PipelineName = body.Text("pipeline_name") ?? pipeline.File.Name,
        Snapshot = "",
        Definition = ProjectFreezer.Evicting(pipeline.File),
        Parameters = [],
        Environment = variables.Of(project, pipeline.File.Uuid),
        RunSpec = body["pipeline_run_spec"] as JsonObject is { } spec ? (JsonObject)spec.DeepClone() : [],
    };

    /// <summary>What is chosen when a job is made, as a change of its draft.</summary>
    private static JsonObject ChangeIn(JsonObject body)
    {
        var change = new JsonObject(body.Where(member => member.Key is "parameters" or "env_variables" or "strategy_json" or "max_retained_pipeline_runs" or "cron_schedule" or "time_zone" or "overlap_policy")
            .Where(member => member.Value is not null).Select(member => KeyValuePair.Create(member.Key, member.Value?.DeepClone())));
        if (body["scheduled_start"] is { } start)
            change["next_scheduled_time"] = start.DeepClone();
        return change;
    }

    /// <summary>What making a job would refuse, as far as the project tells without being frozen; null where nothing is wrong.</summary>
    public async Task<Refusal?> Check(JsonObject body, Caller caller, CancellationToken stop)
    {
        if (IdUuid.Read(IdKind.Project, body.Text("project_uuid")) is not { } id || await store.ProjectGet(id, stop) is not { } project || !caller.MayUse(project.OwnerId))
            return Bad("project_uuid", $"there is no project '{body.Text("project_uuid")}'");
        if (pipelines.Find(project, body.Text("pipeline_uuid") ?? "") is not { } pipeline)
            return Bad("pipeline_uuid", pipelines.Broken(project) ?? $"project {project.Name} has no pipeline '{body.Text("pipeline_uuid")}'");
        if (body.Text("name") is not { Length: > 0 and <= LongestName })
            return Bad("name", $"a text of 1 to {LongestName} characters is expected");
        return new JobUpdate(ChangeIn(body), options.MaxRuns).ApplyTo(Draft(body, project, pipeline), pipeline.File).Refusal;

        static Refusal Bad(string field, string message) => new(RefusalCode.Invalid, $"{field}: {message}.") { Field = field };
    }

    private async Task<Reply> Update(Call call)
    {
        if (await finder.Job(call, call.Path("job")) is not { } job)
            return Missing;
        if (!(await call.Body()).Ok(out var body, out var refusal))
            return Reply.From(refusal);
        var state = JobState.Of(job);
        if (!PipelineFile.Read(state.Definition, state.PipelinePath).Ok(out var file, out refusal))
            return Reply.From(refusal);
        var update = new JobUpdate(body, options.MaxRuns);
        if (update.NotAllowed(job, await renderer.Status(job, state, call.Stop)) is { } forbidden)
            return Reply.Problem(400, "Failed update operation. " + forbidden);
        if (!update.ApplyTo(state, file).Ok(out var next, out refusal))
            return Reply.From(refusal);
        if (body.ContainsKey("name") && body.Text("name") is not { Length: > 0 and <= LongestName })
            return Reply.Problem(400, $"name: a text of 1 to {LongestName} characters is expected.");
        job = job with { Name = body.Text("name") ?? job.Name };
        if (body.ContainsKey("confirm_draft"))
            return await Confirm(call, job, next);
        var trigger = next.Phase == JobPhase.Draft ? Trigger.Manual : job.Trigger is Trigger.Cron ? next.Cron() ?? job.Trigger : job.Trigger;
        // The same schedule keeps its next time: it may be due at this moment.
        var fires = next.Phase == JobPhase.Draft ? null : trigger == job.Trigger ? job.NextFireAt : dispatch.NextFireOf(trigger, job.Paused);
        if (trigger is Trigger.Cron && !job.Paused && fires is null)
            return Never(next);
        var updated = next.In(job, trigger, job.Paused, fires, time.GetUtcNow());
        if (!await Put(updated, call.Stop))
            return Changed;
        await announcer.Tell(updated, "updated", call.Stop);
        return Reply.Said("Job was updated successfully");
    }

    /// <summary>Puts a draft's schedule in force, or makes its runs at once.</summary>
    private async Task<Reply> Confirm(Call call, Job job, JobState state)
    {
        // Milliseconds: what the store keeps, so that the token is the one its own start would have.
        var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        var trigger = (Trigger?)state.Cron() ?? new Trigger.Once(state.StartAt > now ? state.StartAt.Value : now);
        var due = trigger is Trigger.Once once ? once.At : dispatch.NextFireOf(trigger, false);
        if (due is null)
            return Never(state);
        var confirmed = (state with { Phase = JobPhase.Confirmed }).In(job, trigger, false, due, now);
        if (!JobPlanner.SweepOf(state.Parameters).Ok(out var sweep, out var refusal)
            || !(await planner.Plan(confirmed, sweep.At(0), call.Stop)).Ok(out _, out refusal))
            return Reply.From(refusal);
        if (!await store.JobUpdate(confirmed, call.Stop))
            return Changed;
        // The same start as the due time's own: whichever is first makes the runs.
        if (due <= now && !(await dispatch.Sweep(new SweepRequest(confirmed, confirmed.Name, sweep) { Token = $"fire:{job.Id}:{due.Value.ToUnixTimeMilliseconds()}" }, call.Stop)).Ok(out _, out refusal))
            return Reply.From(refusal);
        dispatch.JobChanged(job.Id);
        await announcer.Tell(confirmed, "started", call.Stop);
        return Reply.Said("Job was updated successfully");
    }

    private async Task<Reply> ChangePipeline(Call call)
    {
        if (await finder.Job(call, call.Path("job")) is not { } job)
            return Missing;
        if (!(await call.Body()).Ok(out var body, out var refusal))
            return Reply.From(refusal);
        var state = JobState.Of(job);
        if (state.Phase != JobPhase.Draft)
            return Typed("VALUE_ERROR", "The pipeline of a job can be changed while it is a draft, and no longer.");
        var uuid = body.Text("pipeline_uuid");
        string? broken = null;
        foreach (var (path, read) in pipelines.In(state.Snapshot))
        {
            if (!read.Ok(out var file, out refusal))
            {
                broken ??= refusal.Message;
                continue;
            }

            if (file.Uuid != uuid)
                continue;
            if (freezer.WithoutContainers(file) is { } services)
                return Typed("VALUE_ERROR", services);
            if (freezer.EnvironmentsMissing(state.Snapshot, file).FirstOrDefault() is { } environment)
                return Typed("IMAGE_NOT_FOUND", $"The project has no environment '{environment}'.");
            if (!(await freezer.Images.Pin(state.Snapshot, file, call.Stop)).Ok(out var images, out refusal))
                return Typed("IMAGE_NOT_FOUND", refusal.Message);
            var project = await ProjectOf(job, call.Stop);
            var next = state with
            {
                Images = images,
                PipelineUuid = file.Uuid,
                PipelinePath = path,
                PipelineName = file.Name,
                Definition = ProjectFreezer.Evicting(file),
                Parameters = [new JsonObject()],
                Strategy = [],
                Environment = project is null ? state.Environment : PipelineVariables.Moved(state.Environment, variables.Of(project, state.PipelineUuid), variables.Of(project, file.Uuid)),
            };
            return await Put(next.In(job, job.Trigger, job.Paused, job.NextFireAt, time.GetUtcNow()), call.Stop) ? Reply.Said("Job pipeline was updated successfully") : Changed;
        }

        return broken is null
            ? Typed("VALUE_ERROR", $"The snapshot of the job has no pipeline '{uuid}'.")
            : Typed("PIPELINE_DEFINITION_NOT_VALID", $"The snapshot of the job has no pipeline '{uuid}', unless it is this one: {broken}");
    }

    private async Task<Reply> Duplicate(Call call)
    {
        if (!(await call.Body()).Ok(out var body, out var refusal))
            return Reply.From(refusal);
        if (await finder.Job(call, body.Text("job_uuid")) is not { } parent)
            return Reply.Problem(409, "The job to duplicate does not exist any more.");
        if (await ProjectOf(parent, call.Stop) is not { } project)
            return Reply.Problem(409, "The project of the job does not exist any more.");
        var old = JobState.Of(parent);
        if (pipelines.Find(project, old.PipelineUuid) is not { } pipeline)
            return Reply.Problem(409, "The pipeline of the job does not exist any more.");
        var (frozen, problem) = await freezer.Freeze(project, pipeline, call.Stop);
        if (frozen is null)
            return problem!;
        var (snapshot, file, images) = frozen;
        var environment = new Dictionary<string, string>(variables.Of(project, file.Uuid), StringComparer.Ordinal);
        foreach (var (name, value) in old.Environment)
            environment[name] = value;
        var now = time.GetUtcNow();
        var name2 = "Duplicate of " + parent.Name;
        var job = new Job
        {
            Id = dispatch.NextId(),
            Dialect = OrchestDialect.DialectName,
            Name = name2.Length > LongestName ? name2[..LongestName] : name2,
            OwnerId = project.OwnerId,
            Settings = (old with
            {
                Phase = JobPhase.Draft,
                PipelinePath = pipeline.Path,
                PipelineName = file.Name,
                Snapshot = snapshot,
                Definition = ProjectFreezer.Evicting(file),
                Images = images,
                Parameters = Inherited.Runs(old.Parameters, file),
                Strategy = Inherited.Strategy(old.Strategy, file),
                Environment = environment,
                StartAt = null,
            }).Write(),
            ProjectId = project.Id,
            Notify = Announcer.Everybody,
            CreatedAt = now,
            ChangedAt = now,
        };
        await store.JobsInsert([job], call.Stop);
        await announcer.Tell(job, "created", call.Stop);
        return new Reply(201, await renderer.Shown(job, project, false, call.Stop));
    }

    private async Task<Reply> Pause(Call call, bool pause)
    {
        var failure = Reply.Problem(409, pause ? "Could not pause cron job." : "Could not resume cron job.");
        if (await finder.Job(call, call.Path("job")) is not { } job || job.Trigger is not Trigger.Cron || job.Paused == pause || JobState.Of(job).Phase != JobPhase.Confirmed)
            return failure;
        var next = dispatch.NextFireOf(job.Trigger, pause);
        if (!await Put(job with { Version = job.Version + 1, Paused = pause, NextFireAt = next, ChangedAt = time.GetUtcNow() }, call.Stop))
            return failure;
        await announcer.Tell(job, pause ? "paused" : "unpaused", call.Stop);
        return pause ? Reply.Said("Cron job pausing was successful.") : new Reply(200, new JsonObject { ["next_scheduled_time"] = Times.Aware(next) });
    }

    /// <summary>One more batch, now.</summary>
    private async Task<Reply> Start(Call call)
    {
        if (await finder.Job(call, call.Path("job")) is not { } job)
            return Missing;
        var state = JobState.Of(job);
        if (!(job.Trigger is Trigger.Cron && state.Phase == JobPhase.Confirmed) && await renderer.Status(job, state, call.Stop) != "PENDING")
            return Reply.Problem(409, "The job is not in a state which allows triggering a run.");
        return JobPlanner.SweepOf(state.Parameters).Ok(out var sweep, out var refusal) && (await dispatch.Sweep(new SweepRequest(job, job.Name, sweep), call.Stop)).Ok(out _, out refusal)
            ? new Reply(200, new JsonObject())
            : Reply.From(refusal);
    }

    private async Task<Reply> Next(Call call)
    {
        var project = call.Query("project_uuid") is { } uuid ? await finder.Project(call, uuid) : null;
        var now = time.GetUtcNow();
        var next = call.Query("project_uuid") is not null && project is null
            ? null
            : (await finder.Jobs(call, project?.Id)).Where(job => !job.Paused && job.NextFireAt > now).MinBy(job => job.NextFireAt);
        return new Reply(200, new JsonObject { ["uuid"] = next is null ? null : IdUuid.Of(IdKind.Job, next.Id), ["next_scheduled_time"] = Times.Aware(next?.NextFireAt) });
    }

    private async Task<Reply> Abort(Call call)
    {
        var gone = Reply.Problem(404, "Job does not exist or is already completed.");
        if (await finder.Job(call, call.Path("job")) is not { } job)
            return gone;
        if (await renderer.Status(job, JobState.Of(job), call.Stop) is "SUCCESS" or "FAILURE" or "ABORTED")
            return gone;
        return await End(call, job) ? Reply.Said("Job termination was successful.") : Changed;
    }

    /// <summary>Ends a job and removes it with all its runs and their files; its snapshot goes when no other job has it.</summary>
    private async Task<Reply> Cleanup(Call call)
    {
        if (await finder.Job(call, call.Path("job")) is not { } job)
            return Missing;
        var shown = await renderer.Shown(job, await ProjectOf(job, call.Stop), false, call.Stop);
        if (!await End(call, job))
            return Changed;
        await announcer.Tell(job, "deleted", call.Stop);
        await store.JobDelete(job.Id, time.GetUtcNow(), call.Stop);
        while (await store.RunsList(new RunQuery(500, JobId: job.Id), call.Stop) is { Count: > 0 } page)
        {
            foreach (var run in page)
            {
                await dispatch.WhenEnded(run.Id, call.Stop);
                await store.RunDelete(run.Id, call.Stop);
                await keeper.Remove(run.Id, call.Stop);
            }
        }

        return new Reply(200, shown);
    }

    private async Task<bool> End(Call call, Job job)
    {
        var state = JobState.Of(job);
        if (state.Phase != JobPhase.Aborted)
        {
            var ended = (state with { Phase = JobPhase.Aborted }).In(job, Trigger.Manual, false, null, time.GetUtcNow());
            if (!await Put(ended, call.Stop))
                return false;
            await announcer.Tell(ended, "cancelled", call.Stop);
        }

        foreach (var batch in await store.BatchesList(new BatchQuery(MostBatches, JobId: job.Id), call.Stop))
        {
            if (!batch.Ended)
                await dispatch.CancelBatch(batch.Id, call.Caller, call.Stop);
        }

        return true;
    }

    private async Task<bool> Put(Job job, CancellationToken stop)
    {
        if (!await store.JobUpdate(job, stop))
            return false;
        dispatch.JobChanged(job.Id);
        return true;
    }

    private async Task<Core.Projects.Project?> ProjectOf(Job job, CancellationToken stop) => job.ProjectId is { } id ? await store.ProjectGet(id, stop) : null;

    private static Reply Never(JobState state) => Reply.Problem(400, $"Failed update operation. Invalid cron schedule: '{state.Schedule}' never comes.");

    private static Reply Typed(string type, string message) => new(409, new JsonObject { ["message"] = message, ["type"] = type });
}
