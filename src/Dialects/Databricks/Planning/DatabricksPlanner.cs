using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Plans;
using Switchyard.Core.Pools;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Sweeps;
using Switchyard.Core.Text;
using Switchyard.Dialects.Databricks.Compute;
using Switchyard.Dialects.Databricks.Jobs;
using Switchyard.Dialects.Databricks.Notifications;
using Switchyard.Dialects.Databricks.Rights;
using Switchyard.Dialects.Databricks.Runs;
using Switchyard.Dialects.Databricks.Wire;
using Switchyard.Dialects.Databricks.Workspace;

namespace Switchyard.Dialects.Databricks.Planning;

/// <summary>Makes plans of Databricks settings. Plans of unchanged settings without parameters are kept.</summary>
internal sealed class DatabricksPlanner(IStore store, DatabricksOptions options, WorkspaceFiles files, TimeProvider time) : IPlanner, ISweepPlanner
{
    private const int MaxKept = 20_000;
    private static readonly PlanDocument Empty = PlanDocument.Of(new Plan { Tasks = [] });
    private readonly Principals _principals = new(store);
    private readonly ConcurrentDictionary<(long JobId, string TriggerKind), Kept> _kept = new();

    public string Dialect => DatabricksDialect.DialectName;

    public async Task<Result<RunRequest>> Plan(Job job, PlanInputs inputs, CancellationToken stop)
    {
        if (!OverridesOf(job, inputs).Ok(out var overrides, out var problem))
            return new Refusal(RefusalCode.Invalid, problem.Message);
        var request = await Plan(job, overrides, inputs.TriggerKind, stop);
        return request.Ok(out var plain, out var refusal)
            ? plain with { TriggeredAt = inputs.At, ParentAttemptId = inputs.ParentAttemptId }
            : refusal;
    }

    private static Outcome<RunOverrides> OverridesOf(Job job, PlanInputs inputs)
    {
        var overrides = RunOverrides.None;
        if (inputs.Arguments is { Count: > 0 } arguments)
        {
            var args = new JsonObject(arguments.Select(argument => KeyValuePair.Create(argument.Key, JsonNode.Parse(argument.Value))));
            if (!RunOverrides.Read(args, Json.Parse(job.Settings), null).Ok(out var given, out var problem))
                return problem;
            overrides = given;
        }

        return inputs.Parameters.Count > 0 ? overrides with { JobParameters = inputs.Parameters } : overrides;
    }

    /// <inheritdoc/>
    public async Task<Result<RunRequest>> Plan(Job job, SweepPoint point, CancellationToken stop) =>
        SweepArguments.Read(point, Json.Parse(job.Settings)).Ok(out var overrides, out var problem)
            ? await Plan(job, overrides, "sweep", stop)
            : new Refusal(RefusalCode.Invalid, problem.Message);

    /// <summary>A request for a run of the job with what is particular to it.</summary>
    public async Task<Result<RunRequest>> Plan(Job job, RunOverrides overrides, string triggerKind, CancellationToken stop)
    {
        var key = (job.Id, triggerKind);
        if (overrides.PlanIsPlain && _kept.TryGetValue(key, out var kept) && kept.Version == job.Version && kept.Code.StillHolds())
            return Request(job, kept, overrides, triggerKind);
        var settings = Json.Parse(job.Settings);
        if (!(await CodeOf(job, settings, stop)).Ok(out var code, out var refusal))
            return refusal;
        if (!Compile(job, settings, overrides, triggerKind, code).Ok(out var plan, out refusal))
            return refusal;
        if (!(await PoolOf(job, settings, stop)).Ok(out var pool, out refusal))
            return refusal;
        plan = plan with { Pool = pool };
        var made = new Kept(job.Version, code, PlanDocument.Of(plan), Document.Of(job.Settings), Timeout(settings));
        // Who may use another pool is asked for each run.
        if (overrides.PlanIsPlain && !job.Hidden && pool == Pool.DefaultName)
        {
            if (_kept.Count > MaxKept)
                _kept.Clear();
            _kept[key] = made;
        }

        return Request(job, made, overrides, triggerKind);
    }

    /// <summary>A request to do some tasks of a run again; the others keep the plan they ran by.</summary>
    public async Task<Result<RepairRequest>> Repair(Job job, JsonObject settings, RunOverrides overrides, RunView run, IReadOnlySet<int> tasks, CancellationToken stop)
    {
        if (!(await CodeOf(job, settings, stop)).Ok(out var code, out var refusal))
            return refusal;
        if (!Compile(job, settings, overrides, run.Head.TriggerKind, code).Ok(out var plan, out refusal))
            return refusal;
        var merged = run.Plan with
        {
            Tasks = [.. run.Plan.Tasks.Select((before, no) => tasks.Contains(no) ? plan.Tasks[no] : before)],
            Parameters = plan.Parameters,
            Allocations = plan.Allocations,
        };
        return new RepairRequest
        {
            RunId = run.Head.Id,
            Revision = run.Head.Revision,
            Tasks = tasks,
            Plan = PlanDocument.Of(merged),
            Shown = Document.Of(settings.Write()),
            Overrides = overrides.Write(),
            TimeoutMs = Timeout(settings),
        };
    }

    /// <summary>The pool that the clusters name by <c>instance_pool_id</c>; what is no pool here means the default one.</summary>
    private async Task<Result<string>> PoolOf(Job job, JsonObject settings, CancellationToken stop)
    {
        var named = ClusterRules.Pools(settings).ToList();
        if (named.Count == 0)
            return Pool.DefaultName;
        var pools = (await store.PoolsList(stop)).Select(pool => pool.Name).Intersect(named, StringComparer.Ordinal).ToList();
        if (pools.Count > 1)
            return new Refusal(RefusalCode.Invalid, $"instance_pool_id: the clusters of one job draw on one pool, and these name {string.Join(" and ", pools)}. Use one of them.") { Field = "instance_pool_id" };
        if (pools is not [var pool] || pool == Pool.DefaultName)
            return Pool.DefaultName;
        if (await store.UserGet(job.OwnerId, stop) is { Admin: true } || (await store.PoolGrantsGet(job.OwnerId, stop)).Contains(pool))
            return pool;
        return new Refusal(RefusalCode.Forbidden, $"instance_pool_id: {job.OwnerName} may not use pool {pool}. Ask an administrator for it, or leave instance_pool_id out.");
    }

    private static long Timeout(JsonObject settings) => (settings.Whole("timeout_seconds") ?? 0) * 1000;

    private async Task<Result<CodeFinder>> CodeOf(Job job, JsonObject settings, CancellationToken stop)
    {
        var who = await RunAs.Of(job, settings, store, _principals, stop);
        if (who is null && settings.ContainsKey("run_as"))
            return new Refusal(RefusalCode.Invalid, $"run_as names '{RunAs.Shown(settings, "")}', who is no user any more. Change run_as with jobs/update.") { Field = "run_as" };
        return new CodeFinder(files, options.DbfsRoot, who is null ? [] : [who.Display, who.Name], who?.Admin == true) { OwnerId = who?.Id ?? job.OwnerId };
    }

    // Zero runs at once means that every run is skipped, whatever the queue says: it is inserted as refused, with nothing in it.
    private RunRequest Request(Job job, Kept made, RunOverrides overrides, string triggerKind) =>
        job is { MaxConcurrent: 0, Hidden: false }
            ? Runnable(job, made, overrides, triggerKind) with { Plan = Empty, Refused = new Reason(ReasonCode.ConcurrencyLimit, RunWords.OverLimit(0)) }
            : Runnable(job, made, overrides, triggerKind);

    private RunRequest Runnable(Job job, Kept made, RunOverrides overrides, string triggerKind) => new()
    {
        Job = job,
        Kind = job.Hidden ? RunKind.Submitted : RunKind.Job,
        Name = job.Name,
        OwnerId = job.OwnerId,
        TriggerKind = triggerKind,
        TriggeredAt = time.GetUtcNow(),
        Plan = made.Plan,
        Shown = made.Shown,
        Overrides = overrides.Write(),
        TimeoutMs = made.TimeoutMs,
    };

    private Result<Plan> Compile(Job job, JsonObject settings, RunOverrides overrides, string triggerKind, CodeFinder code)
    {
        var tasks = SettingsForm.Tasks(settings);
        var positions = tasks.Select((task, no) => (Key: task.Text("task_key")!, no)).ToDictionary(pair => pair.Key, pair => pair.no);
        if (!OnlyTasks.Pick(tasks, overrides.Only).Ok(out var wanted, out var problem))
            return new Refusal(RefusalCode.Invalid, problem.Message) { Field = "only" };
        var parameters = overrides.Effective(settings);
        var scope = new ReferenceScope(
            "",
            parameters,
            tasks.Where(task => task.ContainsKey("notebook_task")).ToDictionary(task => task.Text("task_key")!, task => task.Object("notebook_task")!.Text("notebook_path")!),
            RunWords.Trigger(triggerKind, null).ToLowerInvariant(),
            triggerKind == "file_arrival" ? settings.Object("trigger")?.Object("file_arrival")?.Text("url") ?? "" : "",
            Json.Digits(options.WorkspaceId),
            options.WorkspaceUrl);
        var compiler = new TaskCompiler(settings, overrides, code, options, scope);
        var wishes = Wishes.OfTasks(settings);
        var paced = Pacing(settings, triggerKind);
        return new Plan
        {
            TellTasks = wishes.Any(task => task.Task.Any || task.Each?.Any == true),
            WarnAfterMs = new Wishes(settings).WarnAfterMs,
            Tasks = [.. tasks.Select(task => paced(compiler.Compile(task, positions, !wanted.Contains(task.Text("task_key")!))))],
            Parameters = parameters,
            Allocations = SharedClusters.Of(settings, tasks),
        };
    }

    /// <summary>Runs of a continuous job repeat no tasks, unless it says so: the next run comes anyway.</summary>
    private static Func<PlanTask, PlanTask> Pacing(JsonObject settings, string triggerKind) =>
        triggerKind == ContinuousRuns.TriggerKind && settings.Object("continuous")?.Text("task_retry_mode") != "ON_FAILURE"
            ? task => task with { Retry = RetryPolicy.None }
            : task => task;

    private sealed record Kept(int Version, CodeFinder Code, PlanDocument Plan, Document Shown, long TimeoutMs);
}
