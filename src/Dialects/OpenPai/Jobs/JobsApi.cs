using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Sweeps;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Dialects.OpenPai.Clusters;
using Switchyard.Dialects.OpenPai.Storage;
using Switchyard.Dialects.OpenPai.Wire;

namespace Switchyard.Dialects.OpenPai.Jobs;

/// <summary>
/// Jobs. A job is one run, which has its name for as long as it is kept; a job that is started again is another run
/// that takes the name over.
/// </summary>
internal sealed class JobsApi(
    IStore store, IDispatch dispatch, JobFinder finder, ClusterBook clusters, JobRenderer renderer, JobPlanner planner, JobStorage storage, JobKeys keys, SshInfo ssh, OpenPaiOptions options, Texts texts,
    TimeProvider time) : IPlanner, ISweepPlanner
{
    private const int PageSize = 500;
    private const int LongestName = 255;
    private const string KillAllWarning = "killAllOnCompletedTaskNumber has been obsoleted, please use minFailedTaskCount and minSucceededTaskCount instead.";

    private static readonly JsonSerializerOptions Kept = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly Joi ExecutionShape = new Joi.Fields(("value", new Joi.Text { Needed = true, OneOf = ["START", "STOP"] }));

    /// <inheritdoc/>
    public string Dialect => OpenPaiDialect.DialectName;

    public void Map(OpenPaiDialect.Routes api)
    {
        api.Read("/jobs", call => List(call, call.Query("username")));
        api.Read("/user/{username}/jobs", call => List(call, call.Path("username")));
        api.User("POST", "/user/{username}/jobs", JobSchema.Shape, Submit);
        api.User("PUT", "/user/{username}/jobs/{jobName}", JobSchema.Shape, Submit);
        // Jobs without a user's name before theirs: the document says that none can be made, the server made them.
        api.User("POST", "/jobs", JobSchema.Shape, call => texts.IsServer ? Submit(call) : NoLegacy());
        api.User("PUT", "/jobs/{jobName}", JobSchema.Shape, call => texts.IsServer ? Submit(call) : NoLegacy());
        foreach (var path in new[] { "/user/{username}/jobs/{jobName}", "/jobs/{jobName}" })
        {
            api.Read(path, Get);
            api.User("DELETE", path, null, Delete);
            api.User("GET", path + "/config", null, Config);
            api.User("GET", path + "/ssh", null, Ssh);
            api.User("PUT", path + "/executionType", ExecutionShape, Execute);
        }
    }

    private static Task<Reply> NoLegacy() => Task.FromResult(Reply.Forbidden("Jobs without a namespace cannot be created. Use /api/v1/user/:username/jobs."));

    /// <summary>Newest first; all of them, or with <c>limit</c> and <c>offset</c> a page.</summary>
    private async Task<Reply> List(Call call, string? username)
    {
        long? owner = null;
        if (username is not null)
        {
            if (await store.UserByName(username, call.Stop) is not { User.Id: var id })
                return new Reply(200, new JsonArray());
            owner = id;
        }

        if (!Number(call, "limit", 1, 50_000, int.MaxValue, out var limit) || !Number(call, "offset", 0, 1_000_000, 0, out var offset))
            return Reply.Invalid("limit must be a number from 1 to 50000, offset one from 0 to 1000000");
        var query = new RunQuery(Math.Min(PageSize, limit), Dialect: OpenPaiDialect.DialectName, Owners: owner is { } one ? [one] : null, Skip: offset, Named: true);
        return new Reply(200, null) { Pages = Listed(query, limit, call.Stop) };
    }

    private async IAsyncEnumerable<IReadOnlyList<JsonNode>> Listed(RunQuery query, int limit, [EnumeratorCancellation] CancellationToken stop)
    {
        while (true)
        {
            var page = await store.RunsList(query, stop);
            var rows = new List<JsonNode>(page.Count);
            foreach (var run in page)
                rows.Add(await renderer.Listed(run, stop));
            yield return rows;
            limit -= page.Count;
            if (page.Count < query.Limit || limit == 0)
                yield break;
            query = query with { Limit = Math.Min(PageSize, limit), Before = page[^1].Id, Skip = 0 };
        }
    }

    private async Task<Reply> Get(Call call)
    {
        var (user, job, shown) = Named(call);
        return await finder.Find(user, job, call.Stop) is { } run ? new Reply(200, await renderer.Whole(run, shown, call)) : Reply.NoJob(shown);
    }

    private async Task<Reply> Submit(Call call)
    {
        var config = JobConfig.Read(call.Args);
        var (named, nameOfPath, _) = Named(call);
        var legacy = named.Length == 0;
        config = config with { Name = nameOfPath.Length > 0 ? nameOfPath : config.Name, IsLegacy = legacy };
        var user = legacy ? call.Caller.Name : named;
        if ((JobSchema.Problem(config) ?? NameProblem(user, config.Name)) is { } problem)
            return Reply.Invalid(problem);
        if (user != call.Caller.Name && !call.Caller.Admin)
            return Reply.Forbidden($"User {call.Caller.Name} is not allowed to add job to the jobs of {user}.");
        if (await store.UserByName(user, call.Stop) is not { User: var owner })
            return Reply.Problem(404, "NoUserError", texts.NoUser(user));
        if (await finder.Find(named, config.Name, call.Stop) is not null)
            return Exists(config.Name);
        if (await ClusterProblem(owner, call.Caller, config.Cluster, call.Stop) is { } refused)
            return refused;
        if (await storage.Problem(config, owner.Name, call.Caller, call.Stop) is { } outside)
            return outside;
        if (!(await Start(JobOf(owner, config.Name, call.Sent), config, owner.Name, null, call.Stop)).Ok(out var inserted, out var refusal))
            return refusal.Code == RefusalCode.Conflict ? Exists(config.Name) : Reply.From(refusal);
        var reply = new Reply(202, new JsonObject { ["message"] = $"update job {config.Name} successfully", ["runId"] = inserted.RunId });
        if (texts.IsServer && await store.RunGet(inserted.RunId, call.Stop) is { } run)
            reply = new Reply(201, await renderer.Whole(run, config.Name, call));
        return reply with { Location = $"{call.Origin}/api/v1/{(legacy ? "" : $"user/{user}/")}jobs/{config.Name}", Warning = config.KillAllGiven ? KillAllWarning : null };
    }

    private async Task<Reply> Delete(Call call)
    {
        var (user, name, shown) = Named(call);
        if (await finder.Find(user, name, call.Stop) is not { } run)
            return Reply.NoJob(shown);
        if (!call.Caller.MayUse(run.OwnerId))
            return Reply.Forbidden($"User {call.Caller.Name} is not allowed to remove job {shown}.");
        if (!run.State.IsEnd())
        {
            if (await dispatch.Cancel(run.Id, call.Caller, call.Stop) is { } refusal)
                return Reply.From(refusal);
            await dispatch.WhenEnded(run.Id, call.Stop);
        }

        return await store.RunDelete(run.Id, call.Stop) ? Reply.Message(202, $"deleted job {shown} successfully") : Reply.NoJob(shown);
    }

    private async Task<Reply> Config(Call call)
    {
        var (user, name, shown) = Named(call);
        if (await finder.Find(user, name, call.Stop) is not { } run)
            return Reply.NoJob(shown);
        if (!call.Caller.MayUse(run.OwnerId))
            return Reply.Forbidden($"User {call.Caller.Name} is not allowed to read the config of job {shown}.");
        if (await SettingsOf(run, call.Stop) is not { Length: > 0 } config)
            return NoConfig(shown);
        var reply = new Reply(200, JsonNode.Parse(config));
        // JSON is YAML.
        return call.Http.Request.Headers.Accept.ToString().Contains("yaml", StringComparison.OrdinalIgnoreCase) ? reply with { Other = ("text/yaml; charset=utf-8", config) } : reply;
    }

    private async Task<Reply> Ssh(Call call)
    {
        var (user, name, shown) = Named(call);
        if (await finder.Find(user, name, call.Stop) is not { } run)
            return Reply.NoJob(shown);
        return call.Caller.MayUse(run.OwnerId)
            ? await ssh.Of(run, shown, call)
            : Reply.Forbidden($"User {call.Caller.Name} is not allowed to read the SSH info of job {shown}.");
    }

    private async Task<Reply> Execute(Call call)
    {
        var (user, name, shown) = Named(call);
        if (await finder.Find(user, name, call.Stop) is not { } run)
            return texts.IsServer ? Reply.Problem(404, "UnknownError", $"Job {shown} is not found.") : Reply.NoJob(shown);
        if (!call.Caller.MayUse(run.OwnerId))
            return Reply.Forbidden($"User {call.Caller.Name} is not allowed to execute job {shown}.");
        var problem = (call.Text("value"), run.State.IsEnd()) switch
        {
            ("STOP", false) => await dispatch.Cancel(run.Id, call.Caller, call.Stop) is { } refusal ? Reply.From(refusal) : null,
            ("START", true) when !texts.IsServer => await Again(call, run, shown),
            _ => null,
        };
        return problem ?? Reply.Message(texts.Executed, $"execute job {shown} successfully");
    }

    /// <summary>Runs an ended job once more under its name; the run before keeps its history, without the name.</summary>
    private async Task<Reply?> Again(Call call, RunRow run, string shown)
    {
        if (await store.JobGet(run.JobId, call.Stop) is not { } job || await store.UserGet(run.OwnerId, call.Stop) is not { } owner)
            return Reply.NoJob(shown);
        var (config, problem) = await Before(run, owner, call.Caller, shown, call.Stop);
        if (config is null)
            return problem;
        // Somebody else may have been faster: then it runs already, which is what was asked for.
        return (await Start(job, config, owner.Name, run.Id, call.Stop)).Ok(out _, out var refusal) || refusal.Code == RefusalCode.Conflict ? null : Reply.From(refusal);
    }

    /// <summary>The configuration of an ended run, as one to start now; or what is against that.</summary>
    private async Task<(JobConfig? Config, Reply? Problem)> Before(RunRow run, User owner, Caller caller, string shown, CancellationToken stop)
    {
        if (await SettingsOf(run, stop) is not { Length: > 0 } settings)
            return (null, NoConfig(shown));
        if (JobSchema.Shape.Check("value", JsonNode.Parse(settings), out var taken) is { } invalid)
            return (null, Reply.Invalid(invalid));
        var config = JobConfig.Read((JsonObject)taken!) with { Name = run.Name, IsLegacy = Legacy.Is(run) };
        var problem = JobSchema.Problem(config) is { } wrong ? Reply.Invalid(wrong)
            : await ClusterProblem(owner, caller, config.Cluster, stop) ?? await storage.Problem(config, owner.Name, caller, stop);
        return problem is null ? (config, null) : (null, problem);
    }

    /// <inheritdoc/>
    public bool TakesParameters => false;

    /// <summary>The job once more under its name, which its latest run gives up.</summary>
    public async Task<Result<RunRequest>> Plan(Job job, PlanInputs inputs, CancellationToken stop)
    {
        if (await store.RunsList(new RunQuery(1, JobId: job.Id), stop) is not [var run] || await store.UserGet(job.OwnerId, stop) is not { } owner)
            return new Refusal(RefusalCode.Conflict, $"Of job {job.Name} it is not known how it is run.");
        if (!run.State.IsEnd())
            return new Refusal(RefusalCode.Conflict, $"Job {job.Name} has not ended: it runs again under its name when it has.");
        var (config, problem) = await Before(run, owner, owner.AsCaller(), job.Name, stop);
        if (config is null)
            return new Refusal(RefusalCode.Invalid, problem!.Body!["message"]!.GetValue<string>());
        if (!(await Request(job, config, owner.Name, stop)).Ok(out var request, out var refusal))
            return refusal;
        return MakeOutput(config, owner.Name) is { } broken ? broken : request with { TakesNameFrom = run.Id, TriggerKind = inputs.TriggerKind, ParentAttemptId = inputs.ParentAttemptId };
    }

    /// <summary>What a submit of the caller's own would refuse; null where nothing is wrong.</summary>
    public async Task<Refusal?> Check(JsonObject settings, Caller caller, CancellationToken stop)
    {
        if (JobSchema.Shape.Check("value", settings, out var taken) is { } invalid)
            return new Refusal(RefusalCode.Invalid, invalid);
        var config = JobConfig.Read((JsonObject)taken!);
        if ((JobSchema.Problem(config) ?? NameProblem(caller.Name, config.Name)) is { } problem)
            return new Refusal(RefusalCode.Invalid, problem);
        if (await finder.Find(caller.Name, config.Name, stop) is not null)
            return new Refusal(RefusalCode.Conflict, $"Job {config.Name} exists already: choose another name.") { Field = "jobName" };
        if (await store.UserGet(caller.UserId, stop) is not { } owner)
            return null;
        var against = await ClusterProblem(owner, caller, config.Cluster, stop) ?? await storage.Problem(config, owner.Name, caller, stop);
        return against is not null ? new Refusal(RefusalCode.Invalid, against.Body!["message"]!.GetValue<string>()) : planner.Plan(config, owner.Name, null).Refusal;
    }

    /// <summary>What is against a job's name, or null.</summary>
    public static string? NameProblem(string user, string name) =>
        !JobSchema.IsName(name) ? $"child \"jobName\" fails because [\"jobName\" with value \"{name}\" fails to match the required pattern: {JobSchema.NamePattern}]"
        : user.Length + 1 + name.Length > LongestName
            ? $"child \"jobName\" fails because [\"jobName\" length must be less than or equal to {LongestName - 1 - user.Length} characters long]"
            : null;

    /// <summary>Starts a job that did not come by a call of its owner's; the refusal says what is against it.</summary>
    public async Task<Result<RunInserted>> Start(User owner, Caller caller, JobConfig config, JsonObject sent, CancellationToken stop) =>
        (await ClusterProblem(owner, caller, config.Cluster, stop) ?? await storage.Problem(config, owner.Name, caller, stop)) is { } refused
            ? new Refusal(RefusalCode.Invalid, refused.Body!["message"]!.GetValue<string>())
            : await Start(JobOf(owner, config.Name, sent), config, owner.Name, null, stop);

    /// <summary>The hidden job of a user's job, with its configuration exactly as it was sent; none where none is known.</summary>
    public Job JobOf(User owner, string name, JsonObject? sent)
    {
        var now = time.GetUtcNow();
        return new Job
        {
            Id = dispatch.NextId(),
            Dialect = OpenPaiDialect.DialectName,
            Name = name,
            OwnerId = owner.Id,
            OwnerName = owner.Display,
            Settings = sent?.ToJsonString(Kept) ?? "",
            CreatedAt = now,
            ChangedAt = now,
            Hidden = true,
        };
    }

    private async Task<Result<RunInserted>> Start(Job job, JobConfig config, string user, long? before, CancellationToken stop)
    {
        if (!(await Request(job, config, user, stop)).Ok(out var request, out var refusal))
            return refusal;
        if (MakeOutput(config, user) is { } broken)
            return broken;
        return await dispatch.Submit(request with { Kind = before is null ? RunKind.Submitted : RunKind.Job, TakesNameFrom = before }, stop);
    }

    /// <summary>A run of a job by its configuration, or what is against it.</summary>
    private async Task<Result<RunRequest>> Request(Job job, JobConfig config, string user, CancellationToken stop)
    {
        var key = options.Ssh ? await keys.Make(stop) : null;
        if (!planner.Plan(config, user, key?.Public).Ok(out var plan, out var refusal))
            return refusal;
        return new RunRequest
        {
            Job = job,
            Kind = RunKind.Job,
            Name = config.Name,
            OwnerId = job.OwnerId,
            TriggeredAt = time.GetUtcNow(),
            Plan = PlanDocument.Of(plan),
            Shown = Document.Of(job.Settings),
            Overrides = JobSummary.Of(config, key).Write(),
            UniqueName = Legacy.UniqueName(config.Name, config.IsLegacy),
        };
    }

    private Refusal? MakeOutput(JobConfig config, string user) => config.OutputDir.Length == 0 ? storage.MakeOutput(user, config.Name) : null;

    /// <summary>A run of a batch: the job under a name of its own, with the parameters among its <c>jobEnvs</c>.</summary>
    public async Task<Result<RunRequest>> Plan(Job job, SweepPoint point, CancellationToken stop)
    {
        if (job.Settings.Length == 0)
            return Bad($"Of job {job.Name} it is not known how it is run.");
        if (await store.UserGet(job.OwnerId, stop) is not { } owner)
            return Bad($"The user of job {job.Name} was deleted.");
        var settings = (JsonObject)JsonNode.Parse(job.Settings)!;
        if (settings["jobEnvs"] is not JsonObject variables)
            settings["jobEnvs"] = variables = [];
        foreach (var (name, value) in point.Texts())
            variables[name] = value;
        settings["jobName"] = $"{job.Name}-b{point.BatchId}-{point.Index}";
        if (JobSchema.Shape.Check("value", settings, out var taken) is { } invalid)
            return Bad(invalid);
        var config = JobConfig.Read((JsonObject)taken!);
        if ((JobSchema.Problem(config) ?? NameProblem(owner.Name, config.Name)) is { } problem)
            return Bad(problem);
        if ((await ClusterProblem(owner, owner.AsCaller(), config.Cluster, stop) ?? await storage.Problem(config, owner.Name, owner.AsCaller(), stop)) is { } refused)
            return Bad(refused.Body!["message"]!.GetValue<string>());
        if (!(await Request(job, config, owner.Name, stop)).Ok(out var request, out var refusal))
            return refusal;
        return point.BatchId != 0 && MakeOutput(config, owner.Name) is { } broken ? broken : request with { Shown = Document.Of(settings.ToJsonString(Kept)) };

        static Refusal Bad(string message) => new(RefusalCode.Invalid, message);
    }

    /// <summary>The configuration a run had, as it was sent; of a run of a batch with what the sweep put into it. Empty where none is known.</summary>
    private async Task<string?> SettingsOf(RunRow run, CancellationToken stop) =>
        run.Batch is null ? (await store.JobGet(run.JobId, stop))?.Settings : await store.DocumentGet(run.ShownHash, stop);

    private async Task<Reply?> ClusterProblem(User owner, Caller caller, string cluster, CancellationToken stop)
    {
        if (await clusters.Find(cluster, stop) is not { } pool)
            return Reply.Problem(texts.NoClusterAtSubmit, "NoVirtualClusterError", $"Virtual cluster {cluster} is not found.");
        if (!await clusters.MayUse(owner.Id, owner.Admin || caller.Admin, cluster, stop))
            return Reply.Forbidden(texts.ClusterForbidden(owner.Name, cluster));
        return pool.Open ? null : Reply.Forbidden($"Virtual cluster {cluster} is stopped and takes no new jobs.");
    }

    private static Reply NoConfig(string name) => Reply.Problem(404, "NoJobConfigError", $"Config of job {name} is not found.");

    private Reply Exists(string name) => Reply.Problem(409, "ConflictJobError", texts.JobExists(name));

    /// <summary>Whose job a path names: <c>/user/alice/jobs/train</c> or <c>/jobs/alice~train</c>; nobody's is a legacy job, <c>/jobs/train</c>.</summary>
    private static (string User, string Job, string Shown) Named(Call call)
    {
        var (user, job) = (call.Path("username"), call.Path("jobName"));
        if (user.Length > 0)
            return (user, job, job);
        var tilde = job.IndexOf('~', StringComparison.Ordinal);
        return tilde < 0 ? ("", job, job) : (job[..tilde], job[(tilde + 1)..], job);
    }

    private static bool Number(Call call, string name, int least, int most, int otherwise, out int value)
    {
        value = otherwise;
        return call.Query(name) is not { } text
            || (int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out value) && value >= least && value <= most);
    }
}
