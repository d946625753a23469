using System.Globalization;
using System.Text.Json.Nodes;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Dialects.OpenPai.Jobs;

namespace Switchyard.Dialects.OpenPai.Import;

/// <summary>
/// Takes over the jobs of an old cluster with their history. What had not ended there is here as stopped, or is started.
/// What has its name here already is left alone, so that it can be done again.
/// </summary>
internal sealed class JobImport(IStore store, IDispatch dispatch, JobsApi api, OpenPaiOptions options, TimeProvider time)
{
    /// <summary>Jobs that are inserted side by side, so that they share commits.</summary>
    private const int Batch = 100;

    /// <summary>No tasks: none of it ran here.</summary>
    private static readonly PlanDocument Nothing = PlanDocument.Of(new Plan { Tasks = [] });

    /// <summary>Takes over all it can, and says what became of each.</summary>
    /// <param name="start">True to start those that had not ended.</param>
    public async Task<Result<JsonObject>> Take(JsonNode file, Caller caller, bool start, CancellationToken stop)
    {
        var entries = file switch
        {
            JsonArray list => list,
            JsonObject { Count: > 0 } one => one["jobs"] as JsonArray ?? [one.DeepClone()],
            _ => null,
        };
        if (entries is null)
            return new Refusal(RefusalCode.Invalid, "the file holds no jobs: a list of entries with config and status, as docs/openpai.md describes it");
        var jobs = entries.Select(OldJob.Read).ToList();
        var owners = await Owners(jobs, stop);
        var lines = new (Outcome Outcome, JsonObject Line)[jobs.Count];
        // The first made first: lists are by id, newest first.
        foreach (var batch in Enumerable.Range(0, jobs.Count).OrderBy(at => jobs[at].Value?.CreatedAt ?? DateTimeOffset.MaxValue).Chunk(Batch))
            await Task.WhenAll(batch.Select(async at => lines[at] = await TakeOne(entries[at], jobs[at], owners, caller, start, stop)));
        var report = new Report("jobs");
        foreach (var (outcome, line) in lines)
            report.Add(outcome, line);
        return report.Json;
    }

    /// <summary>The users that jobs name, as far as they are here.</summary>
    private async Task<Dictionary<string, User>> Owners(List<Result<OldJob>> jobs, CancellationToken stop)
    {
        var owners = new Dictionary<string, User>(StringComparer.Ordinal);
        foreach (var name in jobs.Select(job => job.Value?.User).OfType<string>().Where(User.IsName).Distinct(StringComparer.Ordinal))
        {
            if (await store.UserByName(name, stop) is { User: var user })
                owners[name] = user;
        }

        return owners;
    }

    private async Task<(Outcome Outcome, JsonObject Line)> TakeOne(
        JsonNode? entry, Result<OldJob> read, Dictionary<string, User> owners, Caller caller, bool start, CancellationToken stop)
    {
        if (!read.Ok(out var job, out var refusal))
            return (Outcome.Unusable, new JsonObject { ["name"] = NameOf(entry), ["reason"] = refusal.Message });
        var line = new JsonObject { ["name"] = job.Name, ["username"] = job.User };
        if (job.IsLegacy)
            line["legacy"] = true;
        var starts = start && job.End is null;
        if (!(await Insert(job, owners.GetValueOrDefault(job.User), caller, starts, stop)).Ok(out _, out refusal))
        {
            line["reason"] = refusal.Code == RefusalCode.Conflict ? "there is a job of this name; it was left alone" : refusal.Message;
            return (refusal.Code == RefusalCode.Conflict ? Outcome.Exists : Outcome.Unusable, line);
        }

        if (job.End is null && !starts)
            line["reason"] = job.Left;
        return (starts ? Outcome.Started : Outcome.Imported, line);
    }

    private async Task<Result<RunInserted>> Insert(OldJob job, User? owner, Caller caller, bool start, CancellationToken stop)
    {
        if (owner is null)
            return new Refusal(RefusalCode.Invalid, $"there is no user '{job.User}' here; import the users first");
        if (JobsApi.NameProblem(owner.Name, job.Name) is { } problem)
            return new Refusal(RefusalCode.Invalid, problem);
        return start ? await Start(job, owner, caller, stop) : await Keep(job, owner, stop);
    }

    private async Task<Result<RunInserted>> Start(OldJob job, User owner, Caller caller, CancellationToken stop)
    {
        if (job.Config is null)
            return new Refusal(RefusalCode.Invalid, "it has no config to be started with");
        if (JobSchema.Shape.Check("config", job.Config, out var taken) is { } invalid)
            return new Refusal(RefusalCode.Invalid, invalid);
        var config = JobConfig.Read((JsonObject)taken!) with { Name = job.Name, IsLegacy = job.IsLegacy };
        return JobSchema.Problem(config) is { } problem ? new Refusal(RefusalCode.Invalid, problem) : await api.Start(owner, caller, config, job.Config, stop);
    }

    private async Task<Result<RunInserted>> Keep(OldJob job, User owner, CancellationToken stop)
    {
        var now = time.GetUtcNow();
        var past = job.Past(now);
        if (options.Retention > TimeSpan.Zero && past.EndedAt <= now - options.Retention)
        {
            return new Refusal(RefusalCode.Invalid, string.Create(
                CultureInfo.InvariantCulture, $"it ended on {past.EndedAt:yyyy-MM-dd}, and runs are kept for {options.Retention.TotalDays} days here: raise the setting retention_days first"));
        }

        return await dispatch.Submit(
            new RunRequest
            {
                Job = api.JobOf(owner, job.Name, job.Config),
                Kind = RunKind.Submitted,
                Name = job.Name,
                OwnerId = owner.Id,
                TriggerKind = "import",
                Plan = Nothing,
                Shown = Document.Of(job.Telling()),
                Overrides = job.Summary().Write(),
                UniqueName = Legacy.UniqueName(job.Name, job.IsLegacy),
                Past = past,
                MadeAt = job.CreatedAt ?? past.EndedAt,
            },
            stop);
    }

    private static string? NameOf(JsonNode? entry) =>
        entry is JsonObject job ? (job["name"] ?? (job["status"] as JsonObject)?["name"] ?? (job["config"] as JsonObject)?["jobName"])?.ToString() : null;
}
