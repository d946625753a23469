using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Switchyard.Core.Execution;
using Switchyard.Core.Jobs;
using Switchyard.Core.Projects;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Dialects.Edge;

namespace Switchyard.Server.Neutral;

/// <summary>What the routes of the neutral API share: the ports, and objects as a caller may see them.</summary>
internal sealed record Desk(IStore Store, IDispatch Dispatch, IAttemptLogs Logs, TimeProvider Clock)
{
    private const int MostListed = 1000;

    /// <summary>What the dialects tell of their jobs and runs, by dialect.</summary>
    public IReadOnlyDictionary<string, IDialectGuide> Guides { get; init; } = new Dictionary<string, IDialectGuide>();

    /// <summary>A job the caller may see; others read as missing, so that ids tell nothing.</summary>
    public async Task<Result<Job>> Job(HttpContext http)
    {
        var id = http.Id();
        return await Store.JobGet(id, http.RequestAborted).ConfigureAwait(false) is { } job && http.Caller().MayUse(job.OwnerId)
            ? job
            : Http.NotFound("job", id);
    }

    /// <summary>A run the caller may see.</summary>
    public async Task<Result<RunRow>> Run(HttpContext http, long id) =>
        await Store.RunGet(id, http.RequestAborted).ConfigureAwait(false) is { } run && http.Caller().MayUse(run.OwnerId)
            ? run
            : Http.NotFound("run", id);

    /// <summary>An attempt of a run the caller may see.</summary>
    public async Task<Result<AttemptRow>> Attempt(HttpContext http)
    {
        var id = http.Id();
        if (await Store.AttemptGet(id, http.RequestAborted).ConfigureAwait(false) is not { } attempt)
            return Http.NotFound("attempt", id);
        return (await Run(http, attempt.RunId).ConfigureAwait(false)).Ok(out _, out _) ? attempt : Http.NotFound("attempt", id);
    }

    /// <summary>A project the caller may see.</summary>
    public async Task<Result<Project>> Project(HttpContext http) =>
        http.Request.RouteValues["owner"] is string owner && http.Request.RouteValues["slug"] is string slug
        && await Store.ProjectFind(owner, slug, http.RequestAborted).ConfigureAwait(false) is { } project && http.Caller().MayUse(project.OwnerId)
            ? project
            : new Refusal(RefusalCode.NotFound, "There is no such project.");

    /// <summary>How many rows a list gives.</summary>
    public static int Limit(Query query) => (int)(query.Number("limit", 1, MostListed) ?? 100);

    /// <summary>The id of the user or team of a name, or null.</summary>
    public async Task<long?> OwnerNamed(string name, CancellationToken stop) =>
        User.IsName(name) && await Store.UserByName(name, stop).ConfigureAwait(false) is { User: var user } ? user.Id
        : Slug.IsSlug(name) && await Store.TeamFind(name, stop).ConfigureAwait(false) is { } team ? team.Id
        : null;

    /// <summary>Whose things a list shows: the caller's choice among what they may see, or all of that.</summary>
    public async Task<(IReadOnlyList<long>? Owners, Refusal? Refusal)> Owners(HttpContext http, Query query)
    {
        var caller = http.Caller();
        if (query.Text("owner") is not { } name)
            return (caller.Sees, null);
        var owner = name == caller.Name ? caller.UserId : await OwnerNamed(name, http.RequestAborted).ConfigureAwait(false);
        if (owner is { } id && caller.MayUse(id))
            return ([id], null);
        return caller.Admin
            ? (null, Http.Invalid("there is no such user or team", "owner"))
            : (null, new Refusal(RefusalCode.Forbidden, "Only administrators may list what belongs to others.") { Field = "owner" });
    }

    /// <summary>A body as a record; an empty one where the body may be left out.</summary>
    public static async Task<Result<T>> Read<T>(HttpContext http, JsonTypeInfo<T> type, T? empty = null)
        where T : class
    {
        var body = await http.Body().ConfigureAwait(false);
        return body.Length == 0 && empty is not null ? empty : Http.Parse(body, type);
    }

    public static JsonElement? Element(string? json) => string.IsNullOrEmpty(json) ? null : JsonElement.Parse(json);

    public RunWire Wire(RunRow run, IReadOnlyList<TaskWire>? tasks = null) => new(
        run.Id, run.JobId, run.Dialect, Names<RunKind>.Of(run.Kind), run.Name, run.OwnerName, run.NumberInJob, run.TriggerKind, Names<RunState>.Of(run.State),
        run.Reason.Wire(), run.Round, run.Revision, run.TimeoutMs, run.CreatedAt, run.StartedAt, run.EndedAt, run.ParentAttemptId, run.Batch?.BatchId, run.Batch?.Index, Element(run.Overrides), tasks,
        Guides.TryGetValue(run.Dialect, out var guide) ? guide.PublicId(run) : Digits(run.Id));

    /// <summary>Jobs as lists show them, each with its newest run as far as the caller may see it.</summary>
    public async Task<IReadOnlyList<JobWire>> Wire(HttpContext http, IReadOnlyList<Job> jobs)
    {
        var latest = await Store.RunsLatest([.. jobs.Select(job => job.Id)], http.RequestAborted).ConfigureAwait(false);
        var projects = await Store.ProjectsLoad([.. jobs.Select(job => job.ProjectId).OfType<long>().Distinct()], http.RequestAborted).ConfigureAwait(false);
        return [.. jobs.Select(job => new JobWire(
            job.Id, job.Dialect, job.Name, job.OwnerName, job.Version, job.Paused, job.Trigger.Kind, job.CreatedAt, job.ChangedAt, job.NextFireAt, null, null,
            Guides.TryGetValue(job.Dialect, out var guide) ? guide.PublicId(job) : Digits(job.Id),
            job.ProjectId is { } id && projects.TryGetValue(id, out var project) ? new AddressWire(project.OwnerName, project.Slug) : null,
            latest.TryGetValue(job.Id, out var run) && http.Caller().MayUse(run.OwnerId) ? new LastRunWire(run.Id, Names<RunState>.Of(run.State), run.CreatedAt, run.EndedAt) : null))];
    }

    private static string Digits(long id) => id.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Attempts of one run, with what those wait for that are ready.</summary>
    public async Task<IReadOnlyList<AttemptWire>> Wire(IReadOnlyList<AttemptRow> attempts, bool whole, CancellationToken stop)
    {
        var pool = attempts.FirstOrDefault(attempt => attempt.State == TaskState.Ready) is { } ready && await Store.RunsLoad([ready.RunId], stop).ConfigureAwait(false) is [var run]
            ? run.Plan.Pool
            : null;
        return [.. attempts.Select(attempt => Wire(attempt, attempt.State == TaskState.Ready && pool is not null ? Dispatch.WhyWaiting(pool, attempt.RunId) : attempt.State.IsPlaced() ? Dispatch.WhyUnheard(attempt.Node) : null, whole))];
    }

    private AttemptWire Wire(AttemptRow attempt, string? waitingFor, bool whole)
    {
        var info = whole ? Logs.Info(attempt.Id) : null;
        return new(
            attempt.Id, attempt.RunId, attempt.TaskKey, attempt.Index, attempt.Attempt, Names<TaskState>.Of(attempt.State), attempt.Reason.Wire(), attempt.Current, attempt.Node,
            attempt.Handle, attempt.ExitCode, attempt.Branch, attempt.ChildRunId, attempt.Input, attempt.ReadyAt, attempt.StartedAt, attempt.EndedAt, attempt.DueAt,
            waitingFor,
            attempt.Outcome is { } outcome ? Wire(outcome) : null,
            info is null ? null : new LogWire(info.Bytes, info.Lines, info.DroppedBytes, info.DroppedFrom, info.DroppedLines, info.Complete));
    }

    private static ResultWire Wire(TaskOutcome outcome) => new(
        outcome.ExitValue, outcome.ExitValueTruncated, outcome.Values.ToDictionary(pair => pair.Key, pair => JsonElement.Parse(pair.Value)), outcome.Error, outcome.ErrorTrace, outcome.Runner);
}

/// <summary>A request's query, read with care: the first thing wrong with it is kept.</summary>
internal sealed class Query(HttpContext http)
{
    private readonly IQueryCollection _values = http.Request.Query;

    public Refusal? Refusal { get; private set; }

    public string? Text(string name)
    {
        var value = _values[name];
        if (value.Count == 0)
            return null;
        if (value.Count > 1 || value[0] is not { } text || text.Contains('\0'))
            return Refuse<string>(name, "give it once, as a text without NUL");
        return text;
    }

    public long? Number(string name, long least = 1, long most = (1L << 53) - 1)
    {
        if (Text(name) is not { } text)
            return null;
        if (long.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
            return number;
        Refuse<string>(name, $"use a whole number from {least} to {most}");
        return null;
    }

    public DateTimeOffset? Time(string name)
    {
        if (Text(name) is not { } text)
            return null;
        if (DateTimeOffset.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var time))
            return time.ToUniversalTime();
        Refuse<string>(name, "use a time such as 2026-01-31T12:00:00Z");
        return null;
    }

    public T? Word<T>(string name)
        where T : struct, Enum
    {
        if (Text(name) is not { } text)
            return null;
        if (Names<T>.TryParse(text, out var value))
            return value;
        Refuse<string>(name, $"use one of {Names<T>.All}");
        return null;
    }

    public IReadOnlyList<T>? Words<T>(string name)
        where T : struct, Enum
    {
        if (Text(name) is not { } text)
            return null;
        var values = new List<T>();
        foreach (var word in text.Split(','))
        {
            if (!Names<T>.TryParse(word, out var value))
                return Refuse<List<T>>(name, $"use some of {Names<T>.All}, separated by commas");
            values.Add(value);
        }

        return values;
    }

    /// <summary>A query that may be given several times, each time as <c>NAME=VALUE</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Pairs(string name)
    {
        var pairs = new List<KeyValuePair<string, string>>();
        foreach (var text in _values[name])
        {
            var equals = text?.IndexOf('=', StringComparison.Ordinal) ?? -1;
            if (equals <= 0 || text!.Contains('\0'))
                Refuse<string>(name, "write it as NAME=VALUE, without NUL");
            else
                pairs.Add(new(text[..equals], text[(equals + 1)..]));
        }

        return pairs;
    }

    public T? Refuse<T>(string name, string message)
        where T : class
    {
        Refusal ??= Http.Invalid(message, name);
        return null;
    }
}
