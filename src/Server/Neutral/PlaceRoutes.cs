using System.Globalization;
using Microsoft.AspNetCore.Http;
using Switchyard.Core.Jobs;
using Switchyard.Core.Projects;
using Switchyard.Core.Runs;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;

namespace Switchyard.Server.Neutral;

/// <summary>Finding things: by a part of a name, by an id of any API, by an address that an API handed out.</summary>
internal sealed class PlaceRoutes(Desk desk)
{
    private const int Most = 10;
    private const int LongestText = 200;
    private const int LongestAddress = 4000;

    public async Task Search(HttpContext http)
    {
        var query = new Query(http);
        var text = query.Text("q")?.Trim() ?? "";
        if (text.Length is 0 or > LongestText)
            query.Refuse<string>("q", $"search for 1 to {LongestText} characters");
        if (query.Refusal is { } bad)
        {
            await http.Refuse(bad).ConfigureAwait(false);
            return;
        }

        var (caller, stop) = (http.Caller(), http.RequestAborted);
        var found = new List<Located>();
        foreach (var place in await Meanings(http, text).ConfigureAwait(false))
        {
            if (await Locate(http, place).ConfigureAwait(false) is { } located)
                found.Add(located);
        }

        var jobs = await desk.Store.JobsList(new JobQuery(Most, Owners: caller.Sees, Search: text), stop).ConfigureAwait(false);
        var projects = await desk.Store.ProjectsSearch(caller.Sees, text, Most, stop).ConfigureAwait(false);
        var wire = new SearchWire(
            await desk.Wire(http, [.. found.Where(one => one.Run is null).Select(one => one.Job).OfType<Job>().Concat(jobs).DistinctBy(job => job.Id).Take(Most)]).ConfigureAwait(false),
            [.. found.Select(one => one.Run).OfType<RunRow>().DistinctBy(run => run.Id).Take(Most).Select(run => desk.Wire(run))],
            [.. found.Where(one => one.Job is null && one.Run is null).Select(one => one.Project).OfType<Project>().Concat(projects).DistinctBy(project => project.Id).Take(Most).Select(ProjectRoutes.Wire)]);
        await http.Answer(wire, WireJson.Default.SearchWire).ConfigureAwait(false);
    }

    /// <summary>What the address of a page means that some API handed out.</summary>
    public async Task Address(HttpContext http)
    {
        var query = new Query(http);
        if (query.Text("path") is not { Length: > 0 and <= LongestAddress } path)
            path = query.Refuse<string>("path", $"the address of a page is expected, without the host, of at most {LongestAddress} characters") ?? "";
        if (query.Refusal is { } bad)
        {
            await http.Refuse(bad).ConfigureAwait(false);
            return;
        }

        var address = PageAddress.Read(path);
        foreach (var guide in desk.Guides.Values)
        {
            if (await guide.Find(address, http.RequestAborted).ConfigureAwait(false) is { } place && await Locate(http, place).ConfigureAwait(false) is { } located)
            {
                await http.Answer(Wire(located), WireJson.Default.PlaceWire).ConfigureAwait(false);
                return;
            }
        }

        await http.Refuse(new Refusal(RefusalCode.NotFound, "There is no such page.")).ConfigureAwait(false);
    }

    /// <summary>All that a text may be the id of.</summary>
    private async Task<List<Place>> Meanings(HttpContext http, string text)
    {
        var places = new List<Place>();
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            places.AddRange([new Place(PlaceKind.Job, id), new Place(PlaceKind.Run, id), new Place(PlaceKind.Attempt, id)]);
        foreach (var guide in desk.Guides.Values)
        {
            if (await guide.Find(text, http.Caller(), http.RequestAborted).ConfigureAwait(false) is { } place)
                places.Add(place);
        }

        return places;
    }

    /// <summary>What is at a place, if the caller may see it.</summary>
    private async Task<Located?> Locate(HttpContext http, Place place)
    {
        var (store, stop, caller) = (desk.Store, http.RequestAborted, http.Caller());
        var attempt = place.Kind == PlaceKind.Attempt ? await store.AttemptGet(place.Id, stop).ConfigureAwait(false) : null;
        var runId = place.Kind == PlaceKind.Run ? place.Id : attempt?.RunId;
        var run = runId is { } no && await store.RunGet(no, stop).ConfigureAwait(false) is { } ran && caller.MayUse(ran.OwnerId) ? ran : null;
        var jobId = place.Kind == PlaceKind.Job ? place.Id : run?.JobId;
        var job = jobId is { } one && await store.JobGet(one, stop).ConfigureAwait(false) is { } made && caller.MayUse(made.OwnerId) ? made : null;
        var projectId = place.Kind is PlaceKind.Project or PlaceKind.Pipeline ? place.Id : job?.ProjectId;
        var project = projectId is { } its && await store.ProjectGet(its, stop).ConfigureAwait(false) is { } kept && caller.MayUse(kept.OwnerId) ? kept : null;
        var there = place.Kind switch
        {
            PlaceKind.Job => job is not null,
            PlaceKind.Run or PlaceKind.Attempt => run is not null,
            _ => project is not null,
        };
        return there ? new Located(place, job, run, attempt, project) : null;
    }

    private static PlaceWire Wire(Located found) => new(
        Names<PlaceKind>.Of(found.Place.Kind), found.Run?.JobId ?? found.Job?.Id, found.Run?.Id, found.Attempt?.Id, found.Project?.OwnerName, found.Project?.Slug, found.Place.Pipeline);

    private sealed record Located(Place Place, Job? Job, RunRow? Run, AttemptRow? Attempt, Project? Project);
}

internal sealed record SearchWire(IReadOnlyList<JobWire> Jobs, IReadOnlyList<RunWire> Runs, IReadOnlyList<ProjectWire> Projects);

/// <param name="Owner">Of the project that it belongs to.</param>
/// <param name="Pipeline">The pipeline's own id.</param>
internal sealed record PlaceWire(string Kind, long? JobId, long? RunId, long? AttemptId, string? Owner, string? Slug, string? Pipeline);
