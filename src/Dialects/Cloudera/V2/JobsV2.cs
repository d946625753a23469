using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Projects;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Dialects.Cloudera.Jobs;
using Switchyard.Dialects.Cloudera.Projects;
using Switchyard.Dialects.Cloudera.Wire;

namespace Switchyard.Dialects.Cloudera.V2;

/// <summary>Jobs: the same as those of the first version, in other words.</summary>
internal sealed class JobsV2(IStore store, ProjectFinder finder, JobBook book)
{
    private const int LargestPage = 100_000;

    private static readonly string[] Filters = ["name", "script", "kernel", "paused", "type", "description", "creator.username", "creator.name", "creator.email"];
    private static readonly string[] Orders = ["name", "script", "kernel", "type", "created_at", "updated_at"];

    private readonly JobRenderer _renderer = new(store);

    public void Map(ClouderaDialect.Routes api)
    {
        const string Jobs = "/projects/{project_id}/jobs", One = Jobs + "/{id}";
        api.Add("GET", "/jobs", ListAll);
        api.Add("GET", Jobs, List);
        api.Add("POST", Jobs, Create);
        api.Add("GET", One, Get);
        api.Add("PATCH", One, Update);
        api.Add("DELETE", One, Delete);
    }

    private async Task<Reply> List(Call call)
    {
        var (project, problem) = await finder.Project(call);
        if (project is null)
            return problem!;
        return Listing.Read(call, Filters, Orders, LargestPage).Ok(out var listing, out var refusal)
            ? listing.Page("jobs", await Shown(project, call.Stop))
            : Reply.From(refusal);
    }

    /// <summary>The jobs of all projects of the caller and their teams.</summary>
    private async Task<Reply> ListAll(Call call)
    {
        if (!Listing.Read(call, Filters, Orders, LargestPage).Ok(out var listing, out var refusal))
            return Reply.From(refusal);
        var all = new List<JsonObject>();
        foreach (var project in await finder.Projects(call.Caller.Owners, call.Stop))
            all.AddRange(await Shown(project, call.Stop));
        return listing.Page("jobs", all);
    }

    private async Task<Reply> Get(Call call)
    {
        var (project, job, problem) = await finder.Job(call);
        return job is null ? problem! : new Reply(200, await Shown(job, project!, call.Stop));
    }

    private async Task<Reply> Create(Call call)
    {
        var (project, problem) = await finder.Project(call);
        if (project is null)
            return problem!;
        var (body, malformed) = await call.Body();
        if (body is null)
            return malformed!;
        return JobShape.Settings(body).Ok(out var settings, out var refusal) && (await book.Create(project, settings, call.Stop)).Ok(out var job, out refusal)
            ? new Reply(200, await Shown(job, project, call.Stop))
            : Reply.From(refusal);
    }

    private async Task<Reply> Update(Call call)
    {
        var (project, job, problem) = await finder.Job(call);
        if (job is null)
            return problem!;
        var (body, malformed) = await call.Body();
        if (body is null)
            return malformed!;
        async Task<Result<JsonObject>> Changed(Job before) =>
            JobShape.Changed((JsonObject)JsonNode.Parse(before.Settings)!, body, await Shown(before, project!, call.Stop));

        return (await book.Change(project!, job, Changed, call.Stop)).Ok(out var after, out var refusal)
            ? new Reply(200, await Shown(after, project!, call.Stop))
            : Reply.From(refusal);
    }

    private async Task<Reply> Delete(Call call)
    {
        var (_, job, problem) = await finder.Job(call);
        if (job is null)
            return problem!;
        await book.Delete(job, call.Stop);
        return new Reply(200, new JsonObject());
    }

    private async Task<JsonObject> Shown(Job job, Project project, CancellationToken stop) =>
        JobShape.Shown(job, await _renderer.Parent(job, stop), project, await Creator(project, stop));

    private async Task<List<JsonObject>> Shown(Project project, CancellationToken stop)
    {
        var user = await Creator(project, stop);
        var shown = new List<JsonObject>();
        foreach (var job in await finder.Jobs(project, stop))
            shown.Add(JobShape.Shown(job, await _renderer.Parent(job, stop), project, user));
        return shown;
    }

    private async Task<JsonObject> Creator(Project project, CancellationToken stop) => JobShape.Creator(project, await store.UserGet(project.OwnerId, stop));
}
