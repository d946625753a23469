using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Projects;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Dialects.Cloudera.Jobs;
using Switchyard.Dialects.Cloudera.Projects;
using Switchyard.Dialects.Cloudera.Wire;

namespace Switchyard.Dialects.Cloudera.V2;

/// <summary>Runs of jobs.</summary>
internal sealed class RunsV2(IStore store, IDispatch dispatch, ProjectFinder finder, JobBook book)
{
    private const int LargestPage = 1000;

    public void Map(ClouderaDialect.Routes api)
    {
        const string Runs = "/projects/{project_id}/jobs/{id}/runs", One = Runs + "/{run}";
        api.Add("GET", Runs, List);
        api.Add("POST", Runs, Create);
        api.Add("GET", One, Get);
        api.Add("POST", One + ":stop", Stop);
    }

    /// <summary>Runs, the last made first.</summary>
    private async Task<Reply> List(Call call)
    {
        var (project, job, problem) = await finder.Job(call);
        if (job is null)
            return problem!;
        if (!Listing.Read(call, ["status"], ["created_at"], LargestPage).Ok(out var listing, out var refusal))
            return Reply.From(refusal);
        var wanted = listing.Filter.TryGetValue("status", out var word) ? Enum.GetValues<RunState>().Where(state => Status(state) == word).ToList() : null;
        if (wanted is { Count: 0 })
            return Listing.Answer("job_runs", [], null);
        var upwards = listing.Order is [(_, false), ..];
        var query = new RunQuery(listing.Size + 1, JobId: job.Id, States: wanted);
        var rows = await store.RunsList(upwards ? query with { After = listing.Token ?? 0 } : query with { Before = listing.Token }, call.Stop);
        List<RunRow> page = [.. (upwards ? rows.Reverse() : rows).Take(listing.Size)];
        var texts = new Dictionary<string, JsonObject>();
        var creator = JobShape.Creator(project!, await store.UserGet(project!.OwnerId, call.Stop));
        var shown = new List<JsonObject>(page.Count);
        foreach (var run in page)
            shown.Add(Shown(run, job, project, creator, await Settings(run, texts, call.Stop)));
        return Listing.Answer("job_runs", shown, rows.Count > page.Count ? page[^1].Id : null);
    }

    private async Task<Reply> Get(Call call)
    {
        var (project, job, run, problem) = await finder.Run(call);
        return run is null ? problem! : new Reply(200, await Shown(run, job!, project!, call.Stop));
    }

    private async Task<Reply> Create(Call call)
    {
        var (project, job, problem) = await finder.Job(call);
        if (job is null)
            return problem!;
        var (body, malformed) = await call.Body();
        if (body is null)
            return malformed!;
        JsonNode? environment = null;
        if (body["environment"] is { } sent)
        {
            if (!JobShape.Environment(sent).Ok(out var read, out var bad))
                return Reply.From(bad);
            environment = read;
        }

        if (!Call.Texts(environment, "environment").Ok(out var variables, out var refusal) || !Arguments(body["arguments"]).Ok(out var arguments, out refusal)
            || !(await book.Start(job, variables, arguments.Length > 0 ? arguments : null, call.Stop)).Ok(out var id, out refusal))
            return Reply.From(refusal);
        return await store.RunGet(id, call.Stop) is { } run
            ? new Reply(200, await Shown(run, job, project!, call.Stop))
            : Reply.Problem(404, $"Run {Ids.Engine(id)} was deleted.");
    }

    private async Task<Reply> Stop(Call call)
    {
        var (_, _, run, problem) = await finder.Run(call);
        if (run is null)
            return problem!;
        return await dispatch.Cancel(run.Id, call.Caller, call.Stop) is { } refusal ? Reply.From(refusal) : new Reply(200, new JsonObject());
    }

    private async Task<JsonObject> Shown(RunRow run, Job job, Project project, CancellationToken stop) =>
        Shown(run, job, project, JobShape.Creator(project, await store.UserGet(project.OwnerId, stop)), await Settings(run, [], stop));

    private static JsonObject Shown(RunRow run, Job job, Project project, JsonObject creator, JsonObject settings)
    {
        var environment = settings["environment"] is JsonObject own ? (JsonObject)own.DeepClone() : [];
        foreach (var (name, value) in run.Overrides is null ? [] : JsonSerializer.Deserialize<Dictionary<string, string>>(run.Overrides)!)
            environment[name] = value;
        return new JsonObject
        {
            ["id"] = Ids.Engine(run.Id),
            ["job_id"] = Ids.Grouped(job.PublicId ?? 0),
            ["project_id"] = Ids.Grouped(project.Id),
            ["status"] = Status(run.State),
            ["created_at"] = JobShape.Time(run.CreatedAt),
            ["scheduling_at"] = JobShape.Time(run.CreatedAt),
            ["starting_at"] = JobShape.Time(run.StartedAt),
            ["running_at"] = JobShape.Time(run.StartedAt),
            ["finished_at"] = JobShape.Time(run.EndedAt),
            ["kernel"] = JobShape.Text(settings, "kernel"),
            ["cpu"] = settings["cpu"]?.DeepClone() ?? 1,
            ["memory"] = settings["memory"]?.DeepClone() ?? 1,
            ["nvidia_gpu"] = settings["nvidia_gpu"]?.DeepClone() ?? 0,
            ["arguments"] = JobShape.Text(settings, "arguments"),
            ["environment"] = environment.ToJsonString(),
            ["runtime_identifier"] = JobShape.Text(settings, "runtime_identifier"),
            ["creator"] = creator.DeepClone(),
            ["exit_code"] = run.ExitCode,
            ["reason"] = run.Reason.Text,
        };
    }

    /// <summary>The job's settings as they were when the run was made.</summary>
    private async Task<JsonObject> Settings(RunRow run, Dictionary<string, JsonObject> known, CancellationToken stop)
    {
        if (!known.TryGetValue(run.ShownHash, out var settings))
            known[run.ShownHash] = settings = (JsonObject)JsonNode.Parse(await store.DocumentGet(run.ShownHash, stop) ?? "{}")!;
        return settings;
    }

    private static string Status(RunState state) => "ENGINE_" + JobRenderer.Status(state).ToUpperInvariant();

    /// <summary>Arguments for one run; an empty text leaves those of the job.</summary>
    private static Result<string> Arguments(JsonNode? node)
    {
        if (node is null)
            return "";
        if (node is not JsonValue value || !value.TryGetValue(out string? text))
            return new Refusal(RefusalCode.Invalid, "arguments: a string is expected.") { Field = "arguments" };
        return ArgumentText.Split(text) is null || text.Contains('\0')
            ? new Refusal(RefusalCode.Invalid, "arguments: a quote is never closed, or there is a NUL in it.") { Field = "arguments" }
            : text;
    }
}
