using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Triggers;
using Switchyard.Dialects.Cloudera.Projects;
using Switchyard.Dialects.Cloudera.Wire;

namespace Switchyard.Dialects.Cloudera.Jobs;

/// <summary>Jobs of projects, and the one documented call: the start of a run.</summary>
internal sealed class JobsApi(IStore store, IDispatch dispatch, ProjectFinder finder, JobPlanner planner, ClouderaOptions options, TimeProvider time)
{
    private const int PageSize = 500;

    private static readonly JsonSerializerOptions Kept = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly JobRenderer _renderer = new(store);

    public void Map(ClouderaDialect.Routes api)
    {
        const string Jobs = "/projects/{owner}/{project}/jobs", One = Jobs + "/{id}";
        api.Add("GET", Jobs, List);
        api.Add("POST", Jobs, Create);
        api.Add("GET", One, Get);
        api.Add("DELETE", One, Delete);
        api.Add("POST", One + "/start", Start);
        api.Add("POST", One + "/stop", Stop);
    }

    private async Task<Reply> Start(Call call)
    {
        if (!call.SaysJson)
            return Reply.Problem(415, "The Content-Type header must be application/json, also when the body is empty.");
        var (_, job, problem) = await finder.Job(call);
        if (job is null)
            return problem!;
        var (body, malformed) = await call.Body();
        if (body is null)
            return malformed!;
        if (!Call.Texts(body["environment"], "environment").Ok(out var variables, out var refusal))
            return Reply.From(refusal);
        var now = time.GetUtcNow();
        // What cannot be planned is a run all the same, which failed and says why.
        if (!(await planner.Plan(job, variables, "manual", now, null, call.Stop)).Ok(out var request, out refusal))
            request = JobPlanner.Refused(job, refusal, "manual", now);
        return (await dispatch.Submit(request, call.Stop)).Ok(out var inserted, out refusal)
            ? new Reply(200, new JsonObject { ["engine_id"] = EngineId.Of(inserted.RunId) })
            : Reply.From(refusal);
    }

    /// <summary>Ends all living runs of a job.</summary>
    private async Task<Reply> Stop(Call call)
    {
        var (_, job, problem) = await finder.Job(call);
        if (job is null)
            return problem!;
        var stopped = new JsonArray();
        var query = new RunQuery(PageSize, JobId: job.Id, States: States.Open);
        while (await store.RunsList(query, call.Stop) is { Count: > 0 } page)
        {
            foreach (var run in page)
            {
                if (await dispatch.Cancel(run.Id, call.Caller, call.Stop) is null)
                    stopped.Add(EngineId.Of(run.Id));
            }

            query = query with { Before = page[^1].Id };
        }

        return new Reply(200, new JsonObject { ["stopped"] = stopped });
    }

    private async Task<Reply> Create(Call call)
    {
        var (project, problem) = await finder.Project(call);
        if (project is null)
            return problem!;
        var (body, malformed) = await call.Body();
        if (body is null)
            return malformed!;
        if (!JobForm.Read(body, options.CheckSchedule).Ok(out var form, out var refusal))
            return Reply.From(refusal);
        var trigger = form.Schedule ?? Trigger.Manual;
        if (form.Parent is { } parent)
        {
            if (await finder.Job(project, parent, call.Stop) is not { } before)
                return Reply.Problem(400, $"parent_id: project {project.OwnerName}/{project.Slug} has no job {parent}.");
            trigger = new Trigger.AfterSuccess(before.Id);
        }

        var now = time.GetUtcNow();
        var job = new Job
        {
            Id = dispatch.NextId(),
            Dialect = ClouderaDialect.DialectName,
            Name = form.Name,
            OwnerId = project.OwnerId,
            Settings = body.ToJsonString(Kept),
            Trigger = trigger,
            Paused = form.Paused,
            ProjectId = project.Id,
            Notify = Reports.Of(body, project.Id),
            PublicId = await store.NextNumber(ClouderaDialect.DialectName, call.Stop),
            CreatedAt = now,
            ChangedAt = now,
            NextFireAt = dispatch.NextFireOf(trigger, form.Paused),
        };
        await store.JobsInsert([job], call.Stop);
        dispatch.JobChanged(job.Id);
        return new Reply(201, await _renderer.Shown(job, project, call.Origin, call.Stop));
    }

    /// <summary>All jobs of a project, the first made first.</summary>
    private async Task<Reply> List(Call call)
    {
        var (project, problem) = await finder.Project(call);
        if (project is null)
            return problem!;
        var jobs = new List<Job>();
        var query = new JobQuery(PageSize, ClouderaDialect.DialectName, ProjectId: project.Id);
        while (await store.JobsList(query, call.Stop) is { Count: > 0 } page)
        {
            jobs.AddRange(page);
            query = query with { Before = page[^1].Id };
        }

        var shown = new JsonArray();
        for (var no = jobs.Count - 1; no >= 0; no--)
            shown.Add(await _renderer.Shown(jobs[no], project, call.Origin, call.Stop));
        return new Reply(200, shown);
    }

    private async Task<Reply> Get(Call call)
    {
        var (project, job, problem) = await finder.Job(call);
        return job is null ? problem! : new Reply(200, await _renderer.Shown(job, project!, call.Origin, call.Stop));
    }

    private async Task<Reply> Delete(Call call)
    {
        var (_, job, problem) = await finder.Job(call);
        if (job is null)
            return problem!;
        await store.JobDelete(job.Id, time.GetUtcNow(), call.Stop);
        dispatch.JobChanged(job.Id);
        return new Reply(204);
    }
}
