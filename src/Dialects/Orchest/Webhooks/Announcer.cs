using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Notifications;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Core.Triggers;
using Switchyard.Dialects.Orchest.Jobs;
using Switchyard.Dialects.Orchest.Pipelines;
using Switchyard.Dialects.Orchest.Runs;
using Switchyard.Dialects.Orchest.Wire;

namespace Switchyard.Dialects.Orchest.Webhooks;

/// <summary>
/// Writes what subscribers are told: of runs when their start or end was committed, of jobs when a call changed them. Names,
/// states and parameters are sent, variables never.
/// </summary>
internal sealed class Announcer(IStore store, IDispatch dispatch, Subscribers subscribers, JobRenderer jobs, OrchestOptions options, TimeProvider time) : INoticeWriter
{
    private const int MostTold = 10_000;

    /// <summary>What of a job, or of a batch, has been told by this server lately; a later one may tell an end again.</summary>
    private readonly ConcurrentDictionary<string, bool> _told = new(StringComparer.Ordinal);

    /// <summary>What its jobs say about whom to tell: whoever has subscribed by then.</summary>
    public const string Everybody = "subscribers";

    public string Dialect => OrchestDialect.DialectName;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Notice>> Write(RunRow run, Happening happening, CancellationToken stop)
    {
        var notices = new List<Notice>();
        if (subscribers.All.Count == 0 || await store.JobGet(run.JobId, stop) is not { } job)
            return notices;
        var state = JobState.Of(job);
        var status = RunWords.Of(happening.State);
        var word = status switch { "STARTED" => "started", "SUCCESS" => "succeeded", "ABORTED" => "cancelled", _ => "failed" };
        var cron = job.Trigger is Trigger.Cron;
        var part = await RunPart(run, state, status, stop);
        if (cron && run.Batch is { } place)
        {
            var batch = await store.BatchGet(place.BatchId, stop);
            var failed = batch?.Runs.Any(count => count.Value > 0 && RunWords.Of(count.Key) == "FAILURE") == true;
            var whole = word == "started" ? "started" : word == "failed" ? "failed" : batch is { Ended: true } && !failed ? "succeeded" : null;
            var about = new JsonObject { ["status"] = whole is null ? null : whole == "started" ? "STARTED" : whole == "failed" ? "FAILURE" : "SUCCESS", ["total_pipeline_runs"] = batch?.Size };
            if (whole is not null && Tells($"{place.BatchId}:{whole}"))
                await Add(notices, Events.CronBatch(whole), run.Id, job, state, ("run", about.DeepClone()), stop);
            about["pipeline_run"] = part;
            await Add(notices, Events.CronRun(word), run.Id, job, state, ("run", about), stop);
            return notices;
        }

        await Add(notices, cron ? Events.CronRun(word) : Events.OneOffRun(word), run.Id, job, state, ("pipeline_run", part), stop);
        if (!cron && word != "started" && await jobs.Status(job, state, stop) is ("SUCCESS" or "FAILURE") and var end && Tells($"{job.Id}:{job.Version}:end"))
            await Add(notices, Events.OneOff(end == "SUCCESS" ? "succeeded" : "failed"), run.Id, job, state, null, stop);
        return notices;
    }

    /// <summary>Tells that a call changed a job.</summary>
    public async Task Tell(Job job, string word, CancellationToken stop)
    {
        if (subscribers.All.Count == 0)
            return;
        var notices = new List<Notice>();
        var state = JobState.Of(job);
        await Add(notices, state.Schedule is not null ? Events.Cron(word) : Events.OneOff(word), null, job, state, null, stop);
        if (notices.Count == 0)
            return;
        await store.NoticesWrite([], notices, stop);
        dispatch.NoticesWritten();
    }

    /// <summary>A notice for one subscriber.</summary>
    public Notice For(Subscriber subscriber, string kind, long? runId, JsonObject about)
    {
        var id = Guid.NewGuid();
        var @event = new JsonObject { ["uuid"] = id.ToString("D"), ["type"] = kind, ["timestamp"] = Times.Iso(time.GetUtcNow()) };
        foreach (var (name, value) in about)
            @event[name] = value?.DeepClone();
        var deliveredFor = new JsonObject
        {
            ["uuid"] = subscriber.Uuid,
            ["type"] = "webhook",
            ["name"] = subscriber.Name,
            ["verify_ssl"] = subscriber.VerifyTls,
            ["content_type"] = subscriber.ContentType,
        };
        var payload = new JsonObject { ["delivered_for"] = deliveredFor, ["event"] = @event };
        var host = new Uri(subscriber.Url).Host;
        // Chats show one member of what they get.
        if (host is "hooks.slack.com" || host.EndsWith(".webhook.office.com", StringComparison.Ordinal))
            payload["text"] = $"Orchest event: {kind}\n{@event.ToJsonString()}";
        else if (host is "discord.com" or "discordapp.com")
            payload["content"] = Short($"Orchest event: {kind}\n{@event.ToJsonString()}");
        var body = Encoding.UTF8.GetBytes(subscriber.ContentType == "application/json"
            ? payload.ToJsonString()
            : string.Join('&', payload.Select(member => $"{member.Key}={Uri.EscapeDataString(member.Value!.ToJsonString())}")));
        var notice = new Notice
        {
            Id = id,
            Kind = NoticeKind.Webhook,
            To = subscriber.Url,
            What = kind,
            RunId = runId,
            Body = body,
            VerifyTls = subscriber.VerifyTls,
            MadeAt = time.GetUtcNow(),
        };
        if (!options.Open(subscriber.Number, subscriber.Secret).Ok(out var secret, out var refusal))
            return notice.Hopeless($"It cannot be signed: {refusal.Message}");
        return notice.Due() with
        {
            Headers = new Dictionary<string, string>
            {
                ["Content-Type"] = subscriber.ContentType,
                ["User-Agent"] = "Orchest",
                ["X-Orchest-Event"] = kind,
                ["X-Orchest-Delivery"] = id.ToString("D"),
                ["X-Hub-Signature"] = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body)),
            },
        };
    }

    /// <summary>True the first time.</summary>
    private bool Tells(string end)
    {
        if (_told.Count > MostTold)
            _told.Clear();
        return _told.TryAdd(end, true);
    }

    private async Task Add(List<Notice> notices, string kind, long? runId, Job job, JobState state, (string Name, JsonNode Value)? part, CancellationToken stop)
    {
        var (projectUuid, jobUuid) = (IdUuid.Of(IdKind.Project, job.ProjectId ?? 0), IdUuid.Of(IdKind.Job, job.Id));
        IReadOnlyList<long> owners = [job.OwnerId, .. (await store.TeamMembers(job.OwnerId, stop)).Select(member => member.UserId)];
        var told = subscribers.All.Where(one => one.Wants(kind, owners, projectUuid, jobUuid)).ToList();
        if (told.Count == 0)
            return;
        var project = job.ProjectId is { } id ? await store.ProjectGet(id, stop) : null;
        var about = new JsonObject
        {
            ["uuid"] = jobUuid,
            ["name"] = job.Name,
            ["status"] = await jobs.Status(job, state, stop),
            ["pipeline_name"] = state.PipelineName,
            ["url_path"] = $"/job?project_uuid={projectUuid}&job_uuid={jobUuid}",
            ["total_runs"] = state.Parameters.Count,
        };
        if (part is { } more)
            about[more.Name] = more.Value;
        var whole = new JsonObject { ["project"] = new JsonObject { ["uuid"] = projectUuid, ["name"] = project?.Name, ["job"] = about } };
        notices.AddRange(told.Select(one => For(one, kind, runId, whole)));
    }

    private async Task<JsonObject> RunPart(RunRow run, JobState state, string status, CancellationToken stop)
    {
        var titles = PipelineFile.Read(state.Definition, state.PipelinePath).Ok(out var file, out _) ? file.Steps.ToDictionary(step => step.Uuid, step => step.Title) : [];
        JsonObject Step(string uuid) => new() { ["uuid"] = uuid, ["title"] = titles.GetValueOrDefault(uuid, "") };
        var parameters = new JsonObject();
        foreach (var (group, values) in run.Overrides is { } text && JsonNode.Parse(text) is JsonObject groups ? groups : [])
        {
            parameters[group] = group == PipelineFile.PipelineGroup
                ? new JsonObject { ["parameters"] = values?.DeepClone() }
                : new JsonObject { ["step"] = Step(group), ["parameters"] = values?.DeepClone() };
        }

        var uuid = IdUuid.Of(IdKind.Run, run.Id);
        var part = new JsonObject
        {
            ["uuid"] = uuid,
            ["parameters"] = parameters,
            ["status"] = status,
            ["number"] = run.NumberInJob - 1,
            ["number_in_run"] = run.Batch?.Index,
            ["url_path"] = $"/job-run?job_uuid={IdUuid.Of(IdKind.Job, run.JobId)}&run_uuid={uuid}",
        };
        if (status == "FAILURE")
        {
            var failed = (await store.AttemptsOfRun(run.Id, stop)).Where(attempt => attempt.Current && titles.ContainsKey(attempt.TaskKey) && RunWords.Of(attempt.State) == "FAILURE");
            part["failed_steps"] = new JsonArray([.. failed.Select(attempt => Step(attempt.TaskKey))]);
        }

        return part;
    }

    private static string Short(string text) => text.Length <= 2000 ? text : text[..1997] + "...";
}
