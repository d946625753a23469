using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Switchyard.Core.Runs;
using Switchyard.Core.Sweeps;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;

namespace Switchyard.Server.Neutral;

/// <summary>Sweeps of the jobs of every dialect, and the batches they make.</summary>
/// <param name="mostRuns">Runs that one sweep may make.</param>
internal sealed class BatchRoutes(Desk desk, int mostRuns)
{
    private const int LongestName = 256;

    /// <summary>Parameter sets that a preview shows.</summary>
    private const int Previewed = 10;

    public async Task Start(HttpContext http)
    {
        if (!(await desk.Job(http).ConfigureAwait(false)).Ok(out var job, out var refusal)
            || !(await Desk.Read(http, WireJson.Default.SweepSettings).ConfigureAwait(false)).Ok(out var asked, out refusal)
            || !Sweep.Of(asked.Grid, asked.Sets, asked.Select).Ok(out var sweep, out refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        if (asked.Preview == true)
        {
            var first = Enumerable.Range(0, (int)Math.Min(Previewed, sweep.Count)).Select(position => Wire(sweep.At(position)));
            await http.Answer(new SweepPreview(sweep.Count, mostRuns, sweep.Count <= mostRuns, sweep.Names, [.. first]), WireJson.Default.SweepPreview).ConfigureAwait(false);
            return;
        }

        var name = asked.Name ?? job.Name;
        if ((asked.Name is not null && (name.Length is 0 or > LongestName || name.Contains('\0')) ? Http.Invalid($"use 1 to {LongestName} characters without NUL", "name") : sweep.Over(mostRuns)) is { } bad)
        {
            await http.Refuse(bad).ConfigureAwait(false);
            return;
        }

        if (!(await desk.Dispatch.Sweep(new SweepRequest(job, name, sweep), http.RequestAborted).ConfigureAwait(false)).Ok(out var batch, out refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        http.Response.Headers.Location = $"{NeutralDialect.Root}/batches/{batch.Id}";
        await http.Answer(Wire(batch, sweep), WireJson.Default.BatchWire, StatusCodes.Status201Created).ConfigureAwait(false);
    }

    public async Task List(HttpContext http)
    {
        var query = new Query(http);
        var limit = Desk.Limit(query);
        var (owners, forbidden) = await desk.Owners(http, query).ConfigureAwait(false);
        var wanted = new BatchQuery(limit, owners, query.Number("job_id"), query.Number("before"));
        if ((query.Refusal ?? forbidden) is { } refusal)
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        var batches = await desk.Store.BatchesList(wanted, http.RequestAborted).ConfigureAwait(false);
        await http.Answer(new BatchPage([.. batches.Select(batch => Wire(batch))], batches.Count == limit ? batches[^1].Id : null), WireJson.Default.BatchPage).ConfigureAwait(false);
    }

    public async Task Get(HttpContext http)
    {
        if (!(await Batch(http).ConfigureAwait(false)).Ok(out var batch, out var refusal))
            await http.Refuse(refusal).ConfigureAwait(false);
        else
            await http.Answer(Wire(batch, await SweepOf(http, batch).ConfigureAwait(false)), WireJson.Default.BatchWire).ConfigureAwait(false);
    }

    public async Task Runs(HttpContext http)
    {
        var query = new Query(http);
        var limit = Desk.Limit(query);
        var (after, states, parameters, output) = (query.Number("after", 0), query.Words<RunState>("state"), query.Pairs("parameter"), query.Text("output"));
        if (output is "" || output?.StartsWith('.') == true)
            query.Refuse<string>("output", "write it as TASK.NAME for a value that a task sets, or as TASK for what it exits with");
        if (query.Refusal is { } bad)
        {
            await http.Refuse(bad).ConfigureAwait(false);
            return;
        }

        if (!(await Batch(http).ConfigureAwait(false)).Ok(out var batch, out var refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        // A batch that is deleted while it is shown has no runs any more, and no sweep.
        if (await SweepOf(http, batch).ConfigureAwait(false) is not { } sweep)
        {
            await http.Refuse(Http.NotFound("batch", batch.Id)).ConfigureAwait(false);
            return;
        }

        if (parameters.FirstOrDefault(pair => !sweep.Names.Contains(pair.Key)).Key is { } unknown)
        {
            await http.Refuse(Http.Invalid($"the batch has no parameter '{unknown}'; it has {string.Join(", ", sweep.Names)}", "parameter")).ConfigureAwait(false);
            return;
        }

        var wanted = new BatchRunQuery(batch.Id, limit, after, states, parameters.Count == 0 ? null : sweep.Matching(parameters));
        var runs = await desk.Store.BatchRuns(wanted, http.RequestAborted).ConfigureAwait(false);
        var outputs = output is null ? [] : await Outputs(runs, output, http.RequestAborted).ConfigureAwait(false);
        var page = new BatchRunPage(
            [.. runs.Select(run => new BatchRunWire(
                run.Batch!.Value.Index, sweep.Point(run.Batch.Value.Index).Object(), desk.Wire(run), outputs.TryGetValue(run.Id, out var value) ? value : null))],
            runs.Count == limit ? runs[^1].Batch!.Value.Index : null);
        await http.Answer(page, WireJson.Default.BatchRunPage).ConfigureAwait(false);
    }

    public async Task Cancel(HttpContext http)
    {
        if (!(await Batch(http).ConfigureAwait(false)).Ok(out var batch, out var refusal))
            await http.Refuse(refusal).ConfigureAwait(false);
        else if (await desk.Dispatch.CancelBatch(batch.Id, http.Caller(), http.RequestAborted).ConfigureAwait(false) is { } refused)
            await http.Refuse(refused).ConfigureAwait(false);
        else
            await http.Answer().ConfigureAwait(false);
    }

    /// <summary>The value that a task of each run set, or what it exited with, by run.</summary>
    private async Task<Dictionary<long, JsonElement>> Outputs(IReadOnlyList<RunRow> runs, string output, CancellationToken stop)
    {
        var (task, name) = output.Split('.', 2) is [var key, var rest] ? (key, rest) : (output, "");
        var outcomes = await desk.Store.Outcomes([.. runs.Select(run => run.Id)], task, stop).ConfigureAwait(false);
        return outcomes
            .Select(pair => (RunId: pair.Key, Value: name.Length > 0 ? pair.Value.Values.GetValueOrDefault(name) : Text(pair.Value.ExitValue)))
            .Where(pair => pair.Value is not null).ToDictionary(pair => pair.RunId, pair => JsonElement.Parse(pair.Value!));

        static string? Text(string? text) => text is null ? null : $"\"{JsonEncodedText.Encode(text)}\"";
    }

    /// <summary>A batch the caller may see.</summary>
    private async Task<Result<Batch>> Batch(HttpContext http)
    {
        var id = http.Id();
        return await desk.Store.BatchGet(id, http.RequestAborted).ConfigureAwait(false) is { } batch && http.Caller().MayUse(batch.OwnerId)
            ? batch
            : Http.NotFound("batch", id);
    }

    private async Task<Sweep?> SweepOf(HttpContext http, Batch batch) =>
        await desk.Store.DocumentGet(batch.SweepHash, http.RequestAborted).ConfigureAwait(false) is { } text ? Sweep.Read(text) : null;

    private static SweepPointWire Wire(SweepPoint point) => new(point.Index, point.Object());

    private static BatchWire Wire(Batch batch, Sweep? sweep = null) => new(
        batch.Id, batch.JobId, batch.Dialect, batch.Name, batch.OwnerName, batch.Size, batch.Made, batch.Ended, batch.Problem, batch.CreatedAt, batch.BuiltAt,
        batch.Runs.ToDictionary(pair => Names<RunState>.Of(pair.Key), pair => pair.Value), sweep?.Names,
        sweep?.Axes.ToDictionary(axis => axis.Name, axis => axis.Values), sweep is { ListedSets: > 0 } ? sweep.ListedSets : null);
}

/// <summary>What a sweep is asked for.</summary>
internal sealed record SweepSettings
{
    /// <summary>Parameter to list of values.</summary>
    public JsonElement? Grid { get; init; }

    /// <summary>A list of parameter sets.</summary>
    public JsonElement? Sets { get; init; }
    public IReadOnlyList<long>? Select { get; init; }
    public string? Name { get; init; }
    public bool? Preview { get; init; }
}

internal sealed record SweepPointWire(long Index, JsonElement Parameters);

internal sealed record SweepPreview(long Runs, int Limit, bool WithinLimit, IReadOnlyList<string> Parameters, IReadOnlyList<SweepPointWire> First);

internal sealed record BatchWire(
    long Id, long JobId, string Dialect, string Name, string Owner, long Size, long Made, bool Ended, string? Problem, DateTimeOffset CreatedAt, DateTimeOffset? BuiltAt,
    IReadOnlyDictionary<string, long> Runs, IReadOnlyList<string>? Parameters, IReadOnlyDictionary<string, IReadOnlyList<JsonElement>>? Grid, int? Sets);

internal sealed record BatchPage(IReadOnlyList<BatchWire> Batches, long? NextBefore);

internal sealed record BatchRunWire(long Index, JsonElement Parameters, RunWire Run, JsonElement? Output);

internal sealed record BatchRunPage(IReadOnlyList<BatchRunWire> Runs, long? NextAfter);
