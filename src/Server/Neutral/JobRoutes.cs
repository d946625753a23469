using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Switchyard.Core.Jobs;
using Switchyard.Core.Pools;
using Switchyard.Core.Runs;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;
using Switchyard.Server.Security;

namespace Switchyard.Server.Neutral;

/// <summary>Jobs, and the ways to start runs.</summary>
internal sealed class JobRoutes(Desk desk, NeutralPlanner planner, SealFile seals)
{
    private static readonly Dictionary<string, JsonElement> NoParameters = [];

    public async Task Create(HttpContext http)
    {
        var body = await http.Body().ConfigureAwait(false);
        if (!(await Read(http, body, http.Caller().UserId).ConfigureAwait(false)).Ok(out var compiled, out var refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        var shaped = Shape(new Job
        {
            Id = desk.Dispatch.NextId(),
            Dialect = NeutralDialect.DialectName,
            Name = compiled.Name,
            OwnerId = http.Caller().UserId,
            Settings = "",
            CreatedAt = desk.Clock.GetUtcNow(),
            ChangedAt = desk.Clock.GetUtcNow(),
        }, compiled, body, true);
        if (!shaped.Ok(out var job, out refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        await desk.Store.JobsInsert([job], http.RequestAborted).ConfigureAwait(false);
        desk.Dispatch.JobChanged(job.Id);
        http.Response.Headers.Location = $"{NeutralDialect.Root}/jobs/{job.Id}";
        await http.Answer(new JobMade(job.Id, job.Version), WireJson.Default.JobMade, StatusCodes.Status201Created).ConfigureAwait(false);
    }

    /// <summary>Settings with the pool they name, which must be there and be the owner's to use.</summary>
    private async Task<Result<Compiled>> Read(HttpContext http, byte[] body, long ownerId)
    {
        if (!planner.Read(body, ownerId).Ok(out var compiled, out var refusal))
            return refusal;
        return compiled.Plan.Pool == Pool.DefaultName || await PoolProblem(compiled.Plan.Pool, ownerId, http.Caller().Admin, http.RequestAborted).ConfigureAwait(false) is not { } problem
            ? compiled
            : problem;
    }

    /// <summary>Why work cannot be put into a pool: there is none of that name, or it was not given to whose work it is. Null when it can.</summary>
    private async Task<Refusal?> PoolProblem(string pool, long ownerId, bool admin, CancellationToken stop)
    {
        var pools = await desk.Store.PoolsList(stop).ConfigureAwait(false);
        if (pools.All(known => known.Name != pool))
            return new(RefusalCode.Invalid, $"pool: there is no pool '{pool}'; this installation has {string.Join(", ", pools.Select(known => known.Name))}.") { Field = "pool" };
        return admin || (await desk.Store.PoolGrantsGet(ownerId, stop).ConfigureAwait(false)).Contains(pool)
            ? null
            : new(RefusalCode.Invalid, $"pool: pool '{pool}' was not given to you; an administrator can do that.") { Field = "pool" };
    }

    public async Task List(HttpContext http)
    {
        var query = new Query(http);
        var limit = Desk.Limit(query);
        var (owners, forbidden) = await desk.Owners(http, query).ConfigureAwait(false);
        var wanted = new JobQuery(limit, query.Text("dialect"), query.Text("name"), owners, query.Number("before"), query.Number("after"), Search: query.Text("search"));
        var project = query.Text("project");
        if (project is not null && project.Split('/') is not [_, _])
            query.Refuse<string>("project", "write it as OWNER/SLUG");
        if ((query.Refusal ?? forbidden) is { } refusal)
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        if (project?.Split('/') is [var owner, var slug])
            wanted = wanted with { ProjectId = (await desk.Store.ProjectFind(owner, slug, http.RequestAborted).ConfigureAwait(false))?.Id ?? 0 };
        var jobs = await desk.Store.JobsList(wanted, http.RequestAborted).ConfigureAwait(false);
        var page = new JobPage(await desk.Wire(http, jobs).ConfigureAwait(false), jobs.Count == limit ? jobs[^1].Id : null);
        await http.Answer(page, WireJson.Default.JobPage).ConfigureAwait(false);
    }

    public async Task Get(HttpContext http)
    {
        if (!(await desk.Job(http).ConfigureAwait(false)).Ok(out var job, out var refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        var counters = await desk.Store.JobCounters(job.Id, http.RequestAborted).ConfigureAwait(false);
        var counts = counters.Where(pair => pair.Value != 0).ToDictionary(pair => Names<RunState>.Of(pair.Key), pair => pair.Value);
        var wire = (await desk.Wire(http, [job]).ConfigureAwait(false))[0];
        await http.Answer(wire with { Settings = Desk.Element(job.Settings), Runs = counts }, WireJson.Default.JobWire).ConfigureAwait(false);
    }

    public async Task Update(HttpContext http)
    {
        var query = new Query(http);
        var version = query.Number("version", 1, int.MaxValue);
        var body = await http.Body().ConfigureAwait(false);
        if (query.Refusal is { } bad)
        {
            await http.Refuse(bad).ConfigureAwait(false);
            return;
        }

        while (true)
        {
            if (!(await Own(http).ConfigureAwait(false)).Ok(out var job, out var refusal) || !(await Read(http, body, job.OwnerId).ConfigureAwait(false)).Ok(out var compiled, out refusal))
            {
                await http.Refuse(refusal).ConfigureAwait(false);
                return;
            }

            if (version is { } demanded && demanded != job.Version)
            {
                await http.Refuse(new(RefusalCode.Conflict, $"The job is at version {job.Version}, not {demanded}.")).ConfigureAwait(false);
                return;
            }

            if (!Shape(job with { Version = job.Version + 1, ChangedAt = desk.Clock.GetUtcNow() }, compiled, body, true).Ok(out var changed, out refusal))
            {
                await http.Refuse(refusal).ConfigureAwait(false);
                return;
            }

            if (!await desk.Store.JobUpdate(changed, http.RequestAborted).ConfigureAwait(false))
                continue;   // Somebody else was faster: look again.
            planner.Forget(job.Id);
            desk.Dispatch.JobChanged(job.Id);
            await http.Answer(new JobMade(job.Id, changed.Version), WireJson.Default.JobMade).ConfigureAwait(false);
            return;
        }
    }

    public async Task Delete(HttpContext http)
    {
        if (!(await desk.Job(http).ConfigureAwait(false)).Ok(out var job, out var refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        if (!await desk.Store.JobDelete(job.Id, desk.Clock.GetUtcNow(), http.RequestAborted).ConfigureAwait(false))
        {
            await http.Refuse(Http.NotFound("job", job.Id)).ConfigureAwait(false);
            return;
        }

        planner.Forget(job.Id);
        desk.Dispatch.JobChanged(job.Id);
        await http.Answer().ConfigureAwait(false);
    }

    /// <summary>
    /// Starts a run of a job: the way most traffic takes. A job that was planned before is not read again; the
    /// insertion checks its version, and a job that changed is then read and planned anew.
    /// </summary>
    public async Task RunNow(HttpContext http)
    {
        var id = http.Id();
        var body = await http.Body().ConfigureAwait(false);
        RunNowRequest? asked = null;
        if (body.Length > 0 && !Http.Parse(body, WireJson.Default.RunNowRequest).Ok(out asked, out var malformed))
        {
            await http.Refuse(malformed).ConfigureAwait(false);
            return;
        }

        for (var tries = 0; ; tries++)
        {
            if (!(await Request(http, id, asked, tries == 0).ConfigureAwait(false)).Ok(out var request, out var refusal) || !Adjust(ref request, asked).Ok(out _, out refusal))
            {
                await http.Refuse(refusal).ConfigureAwait(false);
                return;
            }

            var inserted = await desk.Dispatch.Submit(request, http.RequestAborted).ConfigureAwait(false);
            if (inserted.Ok(out var made, out refusal))
            {
                await Made(http, made).ConfigureAwait(false);
                return;
            }

            planner.Forget(id);
            if (tries < 3 && refusal.Code is RefusalCode.Conflict or RefusalCode.NotFound)
                continue;
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }
    }

    /// <summary>What is to be started: planned here for a neutral job, by its dialect for another one.</summary>
    private async Task<Result<RunRequest>> Request(HttpContext http, long id, RunNowRequest? asked, bool mayBeKept)
    {
        var planned = mayBeKept ? planner.Kept(id) : null;
        if (planned is null)
        {
            if (!(await desk.Job(http).ConfigureAwait(false)).Ok(out var job, out var missing))
                return missing;
            if (job.Dialect != NeutralDialect.DialectName)
                return await desk.Dispatch.Plan(job, [.. asked?.Parameters ?? NoParameters], http.RequestAborted).ConfigureAwait(false);
            if (!planner.Plan(job).Ok(out planned, out missing))
                return missing;
        }

        return http.Caller().MayUse(planned.Job.OwnerId)
            ? NeutralPlanner.Request(planned, Texts(asked?.Parameters))
            : Http.NotFound("job", id);
    }

    /// <summary>Parameters of a neutral job; null in place of what is no text.</summary>
    public static Dictionary<string, string?>? Texts(IReadOnlyDictionary<string, JsonElement>? parameters) =>
        parameters?.ToDictionary(pair => pair.Key, pair => pair.Value.ValueKind == JsonValueKind.String ? pair.Value.GetString() : null);

    /// <summary>Starts a one-time run from settings sent along.</summary>
    public async Task Submit(HttpContext http)
    {
        var token = new Query(http);
        var key = token.Text("idempotency_token");
        var body = await http.Body().ConfigureAwait(false);
        if (token.Refusal is { } bad)
        {
            await http.Refuse(bad).ConfigureAwait(false);
            return;
        }

        if (!(await Read(http, body, http.Caller().UserId).ConfigureAwait(false)).Ok(out var compiled, out var refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        if (compiled.Settings.Schedule is not null)
        {
            await http.Refuse(Http.Invalid("a one-time run has no schedule", "schedule")).ConfigureAwait(false);
            return;
        }

        var now = desk.Clock.GetUtcNow();
        var shaped = Shape(new Job
        {
            Id = desk.Dispatch.NextId(),
            Dialect = NeutralDialect.DialectName,
            Name = compiled.Name,
            OwnerId = http.Caller().UserId,
            Settings = "",
            CreatedAt = now,
            ChangedAt = now,
            Hidden = true,
        }, compiled, body, false);
        if (!shaped.Ok(out var job, out refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        var request = new RunRequest
        {
            Job = job,
            Kind = RunKind.Submitted,
            Name = job.Name,
            OwnerId = job.OwnerId,
            TriggerKind = "once",
            Plan = Core.Runs.PlanDocument.Of(compiled.Plan),
            Shown = Document.Of(job.Settings),
            TimeoutMs = compiled.Settings.TimeoutMs ?? 0,
            IdempotencyToken = key,
        };
        var inserted = await desk.Dispatch.Submit(request, http.RequestAborted).ConfigureAwait(false);
        await (inserted.Ok(out var made, out refusal) ? Made(http, made) : http.Refuse(refusal)).ConfigureAwait(false);
    }

    /// <summary>A job the caller may see that is ours to change: another dialect's settings are that dialect's.</summary>
    private async Task<Result<Job>> Own(HttpContext http)
    {
        if (!(await desk.Job(http).ConfigureAwait(false)).Ok(out var job, out var refusal))
            return refusal;
        return job.Dialect == NeutralDialect.DialectName
            ? job
            : new Refusal(RefusalCode.Conflict, $"Job {job.Id} belongs to the {job.Dialect} API; change it there.");
    }

    private static Result<RunRequest> Adjust(ref RunRequest request, RunNowRequest? asked)
    {
        if (asked?.IdempotencyToken is { } token)
        {
            if (token.Length is 0 or > 256 || token.Contains('\0'))
                return Http.Invalid("use 1 to 256 characters without NUL", "idempotency_token");
            request = request with { IdempotencyToken = token };
        }

        if (asked?.TimeoutMs is { } timeout)
        {
            if (timeout is < 0 or > 10L * 366 * 24 * 3600 * 1000)
                return Http.Invalid("use 0 to ten years", "timeout_ms");
            request = request with { TimeoutMs = timeout };
        }

        return request;
    }

    private Result<Job> Shape(Job job, Compiled compiled, byte[] body, bool fires) => NotifyForm.Keep(job with
    {
        Name = compiled.Name,
        Settings = Encoding.UTF8.GetString(body),
        Trigger = compiled.Trigger,
        Paused = compiled.Settings.Paused ?? false,
        MaxConcurrent = compiled.MaxConcurrent,
        QueueWhenFull = compiled.QueueWhenFull,
        NextFireAt = fires ? desk.Dispatch.NextFireOf(compiled.Trigger, compiled.Settings.Paused ?? false) : null,
    }, compiled.Settings.Notify, seals);

    private static Task Made(HttpContext http, RunInserted made)
    {
        // Written by hand: three fields, a thousand times a second.
        http.Response.StatusCode = made.Existed ? StatusCodes.Status200OK : StatusCodes.Status201Created;
        http.Response.ContentType = "application/json; charset=utf-8";
        Span<byte> text = stackalloc byte[96];
        var length = Put(text, 0, "{\"run_id\":"u8);
        length += Utf8Formatter.TryFormat(made.RunId, text[length..], out var digits) ? digits : 0;
        length = Put(text, length, ",\"number\":"u8);
        length += Utf8Formatter.TryFormat(made.NumberInJob, text[length..], out digits) ? digits : 0;
        length = Put(text, length, made.Existed ? ",\"existed\":true}"u8 : ",\"existed\":false}"u8);
        http.Response.ContentLength = length;
        text[..length].CopyTo(http.Response.BodyWriter.GetSpan(length));
        http.Response.BodyWriter.Advance(length);
        return Task.CompletedTask;
    }

    private static int Put(Span<byte> text, int at, ReadOnlySpan<byte> part)
    {
        part.CopyTo(text[at..]);
        return at + part.Length;
    }
}
