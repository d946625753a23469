using System.Text.Json.Nodes;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Dialects.Cloudera.Projects;
using Switchyard.Dialects.Cloudera.Wire;

namespace Switchyard.Dialects.Cloudera.Jobs;

/// <summary>Jobs of projects, and the one documented call: the start of a run.</summary>
internal sealed class JobsApi(IStore store, IDispatch dispatch, ProjectFinder finder, JobBook book)
{
    private const int PageSize = 500;

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
        return Call.Texts(body["environment"], "environment").Ok(out var variables, out var refusal) && (await book.Start(job, variables, null, call.Stop)).Ok(out var run, out refusal)
            ? new Reply(200, new JsonObject { ["engine_id"] = Ids.Engine(run) })
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
                    stopped.Add(Ids.Engine(run.Id));
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
        return (await book.Create(project, body, call.Stop)).Ok(out var job, out var refusal)
            ? new Reply(201, await _renderer.Shown(job, project, call.Origin, call.Stop))
            : Reply.From(refusal);
    }

    /// <summary>All jobs of a project, the first made first.</summary>
    private async Task<Reply> List(Call call)
    {
        var (project, problem) = await finder.Project(call);
        if (project is null)
            return problem!;
        var shown = new JsonArray();
        foreach (var job in await finder.Jobs(project, call.Stop))
            shown.Add(await _renderer.Shown(job, project, call.Origin, call.Stop));
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
        await book.Delete(job, call.Stop);
        return new Reply(204);
    }
}
