using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Dialects.Orchest.Jobs;
using Switchyard.Dialects.Orchest.Wire;

namespace Switchyard.Dialects.Orchest.Runs;

/// <summary>Pipeline runs: lists with pages and filters, one run, ending and removing it.</summary>
internal sealed class RunsApi(IStore store, IDispatch dispatch, JobFinder finder, Keeper keeper, RunRenderer renderer)
{
    private const int Page = 500;
    private const int LargestPage = 1000;

    public void Map(OrchestDialect.Routes api)
    {
        const string Jobs = "/catch/api-proxy/api/jobs", One = Jobs + "/{job}/{run}";
        api.Stream("GET", Jobs + "/pipeline_runs", call => List(call, null));
        api.Stream("GET", Jobs + "/{job}/pipeline_runs", OfJob);
        api.Add("GET", One, Get);
        api.Add("DELETE", One, Cancel);
        api.Add("DELETE", Jobs + "/cleanup/{job}/{run}", Remove);
    }

    private async Task OfJob(Call call) => await (await finder.Job(call, call.Path("job")) is { } job ? List(call, job) : Reply.Problem(404, "Job not found.").Send(call.Http));

    private async Task List(Call call, Job? job)
    {
        if (!RunFilter.Read(call).Ok(out var filter, out var refusal))
        {
            await Reply.From(refusal).Send(call.Http);
            return;
        }

        var wanted = job is not null ? [job] : (await finder.Jobs(call, null)).Where(filter.Wants).ToList();
        if (job is not null && !filter.Wants(job))
            wanted = [];
        var found = new List<(RunRow Run, Job Job)>();
        // A page of one job without a filter on texts is a page of the store's; all else is looked through.
        var (skip, take) = filter.Page is { } page ? ((page - 1) * filter.PageSize, filter.PageSize) : (0, int.MaxValue);
        long total;
        if (wanted is [var only] && filter is { Words.Count: 0, Oldest: false, CreatedAfter: null, Page: not null } && take <= LargestPage && skip <= 100_000)
        {
            total = (await store.JobCounters(only.Id, call.Stop)).Where(count => filter.States is null || filter.States.Contains(count.Key)).Sum(count => count.Value);
            found.AddRange((await store.RunsList(new RunQuery(take, JobId: only.Id, States: filter.States, Skip: skip), call.Stop)).Select(run => (run, only)));
        }
        else
        {
            foreach (var one in wanted)
                await Collect(one, filter, found, call.Stop);
            found.Sort((a, b) => (a.Run.StartedAt ?? DateTimeOffset.MaxValue, a.Run.Id).CompareTo((b.Run.StartedAt ?? DateTimeOffset.MaxValue, b.Run.Id)) * (filter.Oldest ? 1 : -1));
            total = found.Count;
            found = [.. found.Skip(skip).Take(take)];
        }

        JsonObject? pagination = null;
        if (filter.Page is { } number)
        {
            var pages = (total + filter.PageSize - 1) / filter.PageSize;
            pagination = new JsonObject
            {
                ["has_next_page"] = number < pages,
                ["has_prev_page"] = number > 1,
                ["next_page_num"] = number < pages ? number + 1 : null,
                ["prev_page_num"] = number > 1 ? number - 1 : null,
                ["items_per_page"] = filter.PageSize,
                ["items_in_this_page"] = found.Count,
                ["total_items"] = total,
                ["total_pages"] = pages,
            };
        }

        await Send(call, found, pagination);
    }

    /// <summary>Writes a list run by run: all runs of a large job are not to be in memory as they are shown.</summary>
    private async Task Send(Call call, List<(RunRow Run, Job Job)> found, JsonObject? pagination)
    {
        call.Http.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(call.Http.Response.BodyWriter, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        var states = new Dictionary<long, JobState>();
        json.WriteStartObject();
        json.WriteStartArray("pipeline_runs");
        foreach (var part in found.Chunk(Page))
        {
            var batches = await renderer.Batches(part.Select(row => row.Run), call.Stop);
            foreach (var (run, job) in part)
            {
                if (!states.TryGetValue(job.Id, out var state))
                    states[job.Id] = state = JobState.Of(job);
                renderer.Shown(run, job, state, batches).WriteTo(json);
            }

            await json.FlushAsync(call.Stop);
            await call.Http.Response.BodyWriter.FlushAsync(call.Stop);
        }

        json.WriteEndArray();
        if (pagination is not null)
        {
            json.WritePropertyName("pagination_data");
            pagination.WriteTo(json);
        }

        json.WriteEndObject();
        await json.FlushAsync(call.Stop);
    }

    private async Task Collect(Job job, RunFilter filter, List<(RunRow, Job)> found, CancellationToken stop)
    {
        var query = new RunQuery(Page, JobId: job.Id, States: filter.States, CreatedFrom: filter.CreatedAfter);
        while (await store.RunsList(query, stop) is { Count: > 0 } page)
        {
            found.AddRange(page.Where(filter.Finds).Select(run => (run, job)));
            query = query with { Before = page[^1].Id };
        }
    }

    private async Task<Reply> Get(Call call)
    {
        if (await Find(call) is not { } run)
            return Reply.Problem(404, "Run not found.");
        var job = await store.JobGet(run.JobId, call.Stop);
        return new Reply(200, await renderer.Whole(run, job, job is null ? null : JobState.Of(job), call.Stop));
    }

    private async Task<Reply> Cancel(Call call)
    {
        if (await Find(call) is not { } run || run.State.IsEnd())
            return Reply.Problem(404, "Run does not exist or is not running.");
        return await dispatch.Cancel(run.Id, call.Caller, call.Stop) is { } refusal ? Reply.From(refusal) : Reply.Said("Run termination was successful.");
    }

    private async Task<Reply> Remove(Call call)
    {
        if (await Find(call) is not { } run)
            return Reply.Problem(404, "Run does not exist.");
        await dispatch.Cancel(run.Id, call.Caller, call.Stop);
        await dispatch.WhenEnded(run.Id, call.Stop);
        await store.RunDelete(run.Id, call.Stop);
        await keeper.Remove(run.Id, call.Stop);
        // The spelling is the platform's.
        return Reply.Said("Job pipelune run deletion was successful.");
    }

    /// <summary>The run of the path, if it is one of the job in the path.</summary>
    private async Task<RunRow?> Find(Call call) =>
        await finder.Run(call, call.Path("run")) is { } run && run.JobId == IdUuid.Read(IdKind.Job, call.Path("job")) ? run : null;
}

/// <summary>Which runs a list wants (Orchest reference, Listing runs).</summary>
internal sealed record RunFilter
{
    public int? Page { get; private init; }
    public int PageSize { get; private init; }
    public bool Oldest { get; private init; }
    public IReadOnlyList<RunState>? States { get; private init; }
    public DateTimeOffset? CreatedAfter { get; private init; }

    /// <summary>Each must begin a word of the run.</summary>
    public IReadOnlyList<string> Words { get; private init; } = [];
    private IReadOnlyList<string> Jobs { get; init; } = [];
    private IReadOnlyList<string> Projects { get; init; } = [];
    private IReadOnlyList<string> Pipelines { get; init; } = [];

    public static Result<RunFilter> Read(Call call)
    {
        var (page, size) = (call.Query("page"), call.Query("page_size"));
        if (page is null != size is null)
            return Bad("page", "page and page_size are given together, or neither of them");
        var (number, length) = (0, 0);
        if (page is not null && (!int.TryParse(page, NumberStyles.None, CultureInfo.InvariantCulture, out number) || number < 1))
            return Bad("page", $"'{page}' is no number from 1");
        if (size is not null && (!int.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out length) || length < 1))
            return Bad("page_size", $"'{size}' is no number from 1");
        if ((long)number * length > int.MaxValue)
            return Bad("page", "there is no such page");
        if (call.Query("sort") is { } sort && sort is not ("newest" or "oldest"))
            return Bad("sort", $"'{sort}' is neither newest nor oldest");
        var states = call.List("status__in");
        if (states.FirstOrDefault(word => !RunWords.All.Contains(word)) is { } unknown)
            return Bad("status__in", $"'{unknown}' is none of {string.Join(", ", RunWords.All)}");
        DateTimeOffset? after = null;
        if (call.Query("created_time__gt") is { } created)
        {
            // A plus that a client did not escape arrives as a blank: 2023-01-01T12:00:00+00:00.
            if (created.Contains('T') && created.LastIndexOf(' ') is var blank and > 0)
                created = string.Concat(created.AsSpan(0, blank), "+", created.AsSpan(blank + 1));
            if (!Times.Read(created, "created_time__gt").Ok(out var at, out var refusal))
                return refusal;
            after = at;
        }

        var pairs = call.List("project_pipeline_uuid__in");
        if (pairs.Count % 2 != 0)
            return Bad("project_pipeline_uuid__in", "projects and pipelines alternate, so that there is an even number of them");
        return new RunFilter
        {
            Page = page is null ? null : number,
            PageSize = length,
            Oldest = call.Query("sort") == "oldest",
            States = states.Count == 0 ? null : [.. states.SelectMany(RunWords.Of)],
            CreatedAfter = after,
            Words = (call.Query("fuzzy_filter") ?? "").ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries),
            Jobs = call.List("job_uuid__in"),
            Projects = call.List("project_uuid__in"),
            Pipelines = [.. pairs.Chunk(2).Select(pair => pair[0] + "/" + pair[1])],
        };
    }

    public bool Wants(Job job)
    {
        var project = IdUuid.Of(IdKind.Project, job.ProjectId ?? 0);
        return (Jobs.Count == 0 || Jobs.Contains(IdUuid.Of(IdKind.Job, job.Id)))
            && ((Projects.Count == 0 && Pipelines.Count == 0) || Projects.Contains(project) || Pipelines.Contains($"{project}/{JobState.Of(job).PipelineUuid}"));
    }

    public bool Finds(RunRow run)
    {
        if (run.CreatedAt <= CreatedAfter)
            return false;
        if (Words.Count == 0)
            return true;
        var words = new List<string> { (run.NumberInJob - 1).ToString(CultureInfo.InvariantCulture), RunWords.Shown(RunWords.Of(run.State)) };
        if (run.Overrides is { } text && JsonNode.Parse(text) is JsonObject groups)
        {
            foreach (var parameters in groups.Select(group => group.Value).OfType<JsonObject>())
                Gather(parameters, words);
        }

        return Words.All(wanted => words.Exists(word => word.StartsWith(wanted, StringComparison.Ordinal)));
    }

    /// <summary>Names and values, however deep, as single words.</summary>
    private static void Gather(JsonNode? node, List<string> words)
    {
        switch (node)
        {
            case JsonObject map:
                foreach (var (name, value) in map)
                {
                    words.AddRange(Split(name));
                    Gather(value, words);
                }

                break;
            case JsonArray list:
                foreach (var value in list)
                    Gather(value, words);
                break;
            case JsonValue value:
                words.AddRange(Split(value.TryGetValue(out string? text) ? text : value.ToJsonString()));
                break;
        }
    }

    private static string[] Split(string text) => text.ToLowerInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static Refusal Bad(string field, string why) => new(RefusalCode.Invalid, $"{field}: {why}.") { Field = field };
}
