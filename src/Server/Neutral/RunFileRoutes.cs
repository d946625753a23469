using Microsoft.AspNetCore.Http;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Core.Snapshots;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;

namespace Switchyard.Server.Neutral;

/// <summary>The files of runs that work on a copy of a frozen project.</summary>
internal sealed class RunFileRoutes(Desk desk, ISnapshots? snapshots)
{
    private const int MostChanges = 5000;

    /// <summary>A file's content, or what lies in a directory: in the run's own copy as it is now, or as it was frozen.</summary>
    public async Task Get(HttpContext http)
    {
        var query = new Query(http);
        var (limit, after, frozen) = (Desk.Limit(query), query.Text("after"), query.Text("frozen"));
        if (frozen is not (null or "true" or "false"))
            query.Refuse<string>("frozen", "use true or false");
        if (query.Refusal is { } bad)
        {
            await http.Refuse(bad).ConfigureAwait(false);
            return;
        }

        var path = (string?)http.Request.RouteValues["path"] ?? "";
        if (!PathParts.Parse("/" + path, "data/train.csv", 255).Ok(out _, out var refusal)
            || !(await desk.Run(http, http.Id()).ConfigureAwait(false)).Ok(out var run, out refusal)
            || !(await SnapshotOf(run, http.RequestAborted).ConfigureAwait(false)).Ok(out var snapshot, out refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        // A run that has not begun, or whose copy is gone, has what was frozen.
        var copy = frozen != "true" && desk.Guides.TryGetValue(run.Dialect, out var guide) && guide.CopyOf(run) is { } directory && Directory.Exists(directory) ? directory : null;
        if ((copy is null ? snapshots!.Open(snapshot, path) : snapshots!.OpenCopy(snapshot, copy, path)).Ok(out var file, out refusal))
            await Send(http, file).ConfigureAwait(false);
        else if (refusal.Code == RefusalCode.Invalid && (copy is null ? snapshots.List(snapshot, path) : snapshots.ListCopy(snapshot, copy, path)).Ok(out var entries, out refusal))
            await List(http, entries, limit, after).ConfigureAwait(false);
        else
            await http.Refuse(refusal).ConfigureAwait(false);
    }

    /// <summary>How the frozen files of two runs differ.</summary>
    public async Task Compare(HttpContext http)
    {
        var query = new Query(http);
        var (a, b) = (query.Number("a"), query.Number("b"));
        if (a is null || b is null)
            query.Refuse<string>(a is null ? "a" : "b", "the id of a run is expected");
        if (query.Refusal is { } bad)
        {
            await http.Refuse(bad).ConfigureAwait(false);
            return;
        }

        var stop = http.RequestAborted;
        if (!(await desk.Run(http, a!.Value).ConfigureAwait(false)).Ok(out var first, out var refusal) || !(await desk.Run(http, b!.Value).ConfigureAwait(false)).Ok(out var second, out refusal)
            || !(await SnapshotOf(first, stop).ConfigureAwait(false)).Ok(out var before, out refusal) || !(await SnapshotOf(second, stop).ConfigureAwait(false)).Ok(out var after, out refusal)
            || !(await Task.Run(() => snapshots!.Compare(before, after, MostChanges), stop).ConfigureAwait(false)).Ok(out var changes, out refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        var wire = changes.Take(MostChanges).Select(change => new FileChangeWire(
            change.Path, change.Before, change.After, change.Before is null ? "added" : change.After is null ? "removed" : "changed"));
        await http.Answer(new FileChanges([.. wire], changes.Count > MostChanges), WireJson.Default.FileChanges).ConfigureAwait(false);
    }

    private async Task<Result<string>> SnapshotOf(RunRow run, CancellationToken stop) =>
        snapshots is not null && await desk.Store.DocumentGet(run.PlanHash, stop).ConfigureAwait(false) is { } plan && RunPartRoutes.SnapshotOf(PlanText.Read(plan)) is { } need
            ? need.Snapshot
            : new Refusal(RefusalCode.NotFound, $"Run {run.Id} works on no copy of a project: it has no files of its own.");

    private static Task List(HttpContext http, IReadOnlyList<SnapshotEntry> entries, int limit, string? after)
    {
        List<FileWire> page = [.. entries.OrderBy(entry => entry.Name, StringComparer.Ordinal).Where(entry => string.CompareOrdinal(entry.Name, after) > 0).Take(limit)
            .Select(entry => new FileWire(entry.Name, Names<SnapshotEntryKind>.Of(entry.Kind), entry.Size, null))];
        return http.Answer(new FilePage(page, page.Count == limit ? page[^1].Name : null), WireJson.Default.FilePage);
    }

    private static async Task Send(HttpContext http, Stream file)
    {
        await using (file.ConfigureAwait(false))
        {
            http.Response.ContentType = "application/octet-stream";
            http.Response.ContentLength = file.Length;
            // What a run wrote is not to be taken for a page of ours.
            http.Response.Headers.XContentTypeOptions = "nosniff";
            await file.CopyToAsync(http.Response.Body, http.RequestAborted).ConfigureAwait(false);
        }
    }
}

/// <param name="Change"><c>added</c>, <c>removed</c> or <c>changed</c> from the first run to the second.</param>
internal sealed record FileChangeWire(string Path, long? ABytes, long? BBytes, string Change);

/// <param name="Capped">True when there are more.</param>
internal sealed record FileChanges(IReadOnlyList<FileChangeWire> Entries, bool Capped);
