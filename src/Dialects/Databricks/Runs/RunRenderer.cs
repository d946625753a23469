using System.Text.Json.Nodes;
using Switchyard.Core.Pools;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Dialects.Databricks.Compute;
using Switchyard.Dialects.Databricks.Jobs;
using Switchyard.Dialects.Databricks.Planning;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Runs;

/// <summary>Runs and their attempts as answers show them.</summary>
internal sealed class RunRenderer(IStore store, IDispatch dispatch, ShownSettings shown, DatabricksOptions options)
{
    private readonly ResolvedValues _resolved = new(store);

    /// <summary>Fields of a task's settings that its runs show.</summary>
    private static readonly string[] TaskFields =
    [
        "description", "depends_on", "run_if", "disabled", "existing_cluster_id", "new_cluster", "job_cluster_key", "environment_key", "libraries", "compute",
        "notebook_task", "spark_python_task", "spark_jar_task", "spark_submit_task", "python_wheel_task", "sql_task", "dbt_task", "pipeline_task",
        "condition_task", "for_each_task", "run_job_task", "dashboard_task", "alert_task", "power_bi_task",
        "max_retries", "min_retry_interval_millis", "retry_on_timeout", "timeout_seconds", "email_notifications", "webhook_notifications",
        "notification_settings", "disable_auto_optimization",
    ];

    /// <summary>Attempts that are looked at for the commit of their run.</summary>
    private const int MostLooks = 50;

    /// <summary>The settings of a run's job at its time.</summary>
    public Task<JsonObject> Settings(RunRow run, CancellationToken stop) => shown.Get(run.ShownHash, stop);

    /// <summary>A run in a list: its tasks only where asked for.</summary>
    public async Task<JsonObject> Listed(RunRow run, Call call, bool expand)
    {
        var settings = await shown.Get(run.ShownHash, call.Stop);
        // Only these need their attempts for the message; a list of good runs stays one query.
        var attempts = expand || run.State is RunState.Failed or RunState.SucceededWithFailures ? await store.AttemptsOfRun(run.Id, call.Stop) : [];
        var clusters = await ClustersOf(run, settings, attempts, call);
        var json = Run(run, settings, attempts, clusters, call, expand);
        if (expand && call.Version == ApiVersion.V22 && Window.First(json, "tasks", "job_clusters"))
            json["has_more"] = true;
        if (!expand && !IsFlat(settings, call.Version))
        {
            json.Remove("tasks");
            if (call.Version < ApiVersion.V22)
                json["tasks"] = new JsonArray();
        }

        return json;
    }

    /// <summary>A run with all its tasks.</summary>
    public async Task<JsonObject> Whole(RunRow run, Call call)
    {
        var settings = await shown.Get(run.ShownHash, call.Stop);
        var attempts = await store.AttemptsOfRun(run.Id, call.Stop);
        var json = Run(run, settings, attempts, await ClustersOf(run, settings, attempts, call), call, true);
        IReadOnlyList<RunPass> passes = run.Revision > 0 ? await store.RunPasses(run.Id, call.Stop) : [new RunPass(null, run.CreatedAt, null)];
        if (run.Revision > 0)
            json["run_duration"] = passes.Sum(pass => Between(pass.StartedAt, pass.End is { } end ? end.At : run.EndedAt));
        if (json["tasks"] is JsonArray tasks)
            await Resolve(run, [.. call.Window.Slice(Entries(attempts, call))], tasks, call);
        if (call.Args.Flag("include_history") == true)
            json["repair_history"] = new JsonArray([.. passes.Select((pass, no) => Pass(run, settings, attempts, pass, no + 1 < passes.Count ? passes[no + 1].RepairId : null))]);
        return json;
    }

    /// <summary>One attempt as a run of its own: what clients get for a task's run id.</summary>
    public async Task<JsonObject> OfAttempt(RunRow run, AttemptRow attempt, Call call)
    {
        var settings = await shown.Get(run.ShownHash, call.Stop);
        var attempts = await store.AttemptsOfRun(run.Id, call.Stop);
        var task = SettingsForm.Tasks(settings)[attempt.Task];
        var clusters = await ClustersOf(run, settings, attempts, call);
        var entry = TaskRun(run, task, attempt, attempts, settings, clusters, call);
        var json = new JsonObject
        {
            ["job_id"] = run.JobId,
            ["run_id"] = attempt.Id,
            ["number_in_job"] = attempt.Id,
            ["original_attempt_run_id"] = First(attempt, attempts),
            ["job_run_id"] = run.Id,
            ["attempt_number"] = attempt.Attempt,
            ["state"] = entry["state"]!.DeepClone(),
            ["status"] = entry["status"]!.DeepClone(),
            ["cluster_spec"] = ClusterSpec(task),
        };
        foreach (var name in new[] { "cluster_instance", "start_time", "end_time", "setup_duration", "execution_duration", "cleanup_duration", "run_duration", "run_page_url", "git_source" })
        {
            if (entry[name] is { } value)
                json[name] = value.DeepClone();
        }

        json["trigger"] = RunWords.Trigger(run.TriggerKind, run.ParentAttemptId);
        json["creator_user_name"] = Creator(run);
        json["run_name"] = run.Name;
        json["run_type"] = RunWords.RunType(run.Kind);
        if (IsFlat(settings, call.Version))
            json["task"] = TaskOf(task);
        else
            json["tasks"] = new JsonArray(entry);
        if (json["tasks"] is JsonArray tasks)
            await Resolve(run, [attempt], tasks, call);
        if (task.ContainsKey("for_each_task") && attempt.Index == InstanceView.HeadIndex)
        {
            var shownIterations = call.Window.Slice(attempts.Where(a => a.Task == attempt.Task && a.Index != InstanceView.HeadIndex).ToList()).ToList();
            var iterations = new JsonArray([.. shownIterations.Select(a => TaskRun(run, task, a, attempts, settings, clusters, call))]);
            await Resolve(run, shownIterations, iterations, call);
            json["iterations"] = iterations;
        }

        json["format"] = IsFlat(settings, call.Version) ? SettingsForm.Single : SettingsForm.Multi;
        return json;
    }

    public static bool IsFlat(JsonObject settings, ApiVersion version) => version == ApiVersion.V20 && !SettingsForm.IsMulti(settings);

    /// <summary>The attempts that <c>tasks[]</c> shows: all of each task, but not a for-each's iterations.</summary>
    public static IEnumerable<AttemptRow> InTasks(IReadOnlyList<AttemptRow> attempts)
    {
        var loops = attempts.Where(a => a.Index == InstanceView.HeadIndex).Select(a => a.Task).ToHashSet();
        return attempts.Where(a => a.Index == InstanceView.HeadIndex || !loops.Contains(a.Task));
    }

    private static List<AttemptRow> Entries(IReadOnlyList<AttemptRow> attempts, Call call) =>
        [.. InTasks(attempts).Where(a => a.Current || call.Args.Flag("only_latest") != true)];

    private async Task Resolve(RunRow run, List<AttemptRow> attempts, JsonArray entries, Call call)
    {
        if (call.Args.Flag("include_resolved_values") != true)
            return;
        var of = await _resolved.Of(run.Id, call.Stop);
        foreach (var (attempt, entry) in attempts.Zip(entries.OfType<JsonObject>()))
        {
            // A repaired run has another plan than the attempts before its last repair had.
            if ((run.Revision == 0 || attempt.Current) && of(attempt, entry) is { } values)
                entry["resolved_values"] = values;
        }
    }

    private JsonObject Run(RunRow run, JsonObject settings, IReadOnlyList<AttemptRow> attempts, RunClusters clusters, Call call, bool withTasks)
    {
        var flat = IsFlat(settings, call.Version);
        var words = RunWords.Of(run, Failure(attempts, settings));
        var overrides = RunOverrides.Parse(run.Overrides);
        var only = flat && attempts.Count > 0 ? attempts[^1] : null;
        var json = new JsonObject
        {
            ["job_id"] = run.JobId,
            ["run_id"] = run.Id,
            ["number_in_job"] = call.Version == ApiVersion.V20 ? run.NumberInJob : run.Id,
            ["original_attempt_run_id"] = run.Id,
            ["job_run_id"] = run.Id,
            ["state"] = words.ToState(),
            ["status"] = words.ToStatus(),
            ["cluster_spec"] = flat ? ClusterSpec(settings) : new JsonObject(),
        };
        if (flat && only is not null && ClusterInstance(clusters, only) is { } instance)
            json["cluster_instance"] = instance;
        json["start_time"] = Json.Millis(run.CreatedAt);
        json["setup_duration"] = only is null ? 0 : Between(only.ReadyAt, only.StartedAt);
        json["execution_duration"] = only is null ? 0 : Between(only.StartedAt, only.EndedAt);
        json["cleanup_duration"] = 0;
        json["run_duration"] = Between(run.CreatedAt, run.EndedAt);
        json["end_time"] = Json.Millis(run.EndedAt);
        json["trigger"] = RunWords.Trigger(run.TriggerKind, run.ParentAttemptId);
        if (run.ParentAttemptId is { } parent)
            json["trigger_info"] = new JsonObject { ["run_id"] = parent };
        if (run.TriggerKind == "cron" && settings.Object("schedule") is { } schedule)
            json["schedule"] = schedule.DeepClone();
        json["creator_user_name"] = overrides.Creator ?? run.OwnerName;
        json["run_name"] = run.Name;
        json["run_page_url"] = PageUrl(run, run.Id, call);
        json["run_type"] = RunWords.RunType(run.Kind);
        Parameters(json, settings, overrides);
        if (flat)
            json["task"] = TaskOf(settings);
        else if (withTasks)
        {
            if (settings["job_clusters"] is { } shared)
                json["job_clusters"] = shared.DeepClone();
            if (settings.Object("git_source") is { } git)
                json["git_source"] = WithCommit(git, attempts);
            var tasks = SettingsForm.Tasks(settings);
            json["tasks"] = new JsonArray([.. call.Window.Slice(Entries(attempts, call)).Select(a => TaskRun(run, tasks[a.Task], a, attempts, settings, clusters, call))]);
        }

        json["format"] = flat ? SettingsForm.Single : SettingsForm.Multi;
        return json;
    }

    private JsonObject TaskRun(
        RunRow run, JsonObject task, AttemptRow attempt, IReadOnlyList<AttemptRow> attempts, JsonObject settings, RunClusters clusters, Call call)
    {
        var iteration = task.ContainsKey("for_each_task") && attempt.Index != InstanceView.HeadIndex;
        var shownTask = iteration ? SettingsForm.Nested(task)! : task;
        var json = new JsonObject { ["run_id"] = attempt.Id, ["task_key"] = shownTask.Text("task_key") };
        foreach (var name in TaskFields)
        {
            if (shownTask[name] is { } value)
                json[name] = value.DeepClone();
        }

        SettingsView.SortDependencies(json);
        if (call.Version > ApiVersion.V20)
        {
            json.Default("run_if", "ALL_SUCCESS");
            json.Object("notebook_task")?.Default("source", settings.ContainsKey("git_source") ? "GIT" : "WORKSPACE");
        }

        if (settings.Object("git_source") is { } git && GitSource.Holds(settings, shownTask))
            json["git_source"] = WithCommit(git, [attempt]);
        if (attempt.Branch is { } branch && json.Object("condition_task") is { } condition)
            condition["outcome"] = branch ? "true" : "false";
        if (!iteration && json.Object("for_each_task") is { } loop)
        {
            var iterations = attempts.Where(a => a.Task == attempt.Task && a.Index != InstanceView.HeadIndex && a.Current).ToList();
            var stats = new JsonObject { ["task_run_stats"] = Stats(iterations) };
            if (Errors(iterations) is { Count: > 0 } errors)
                stats["error_message_stats"] = errors;
            loop["stats"] = stats;
        }

        if (ClusterInstance(clusters, attempt) is { } instance)
            json["cluster_instance"] = instance;
        var words = RunWords.Of(
            attempt,
            attempt.State == TaskState.Ready ? dispatch.WhyWaiting(ClusterRules.Pools(settings).FirstOrDefault(Pool.DefaultName), attempt.RunId) : attempt.State.IsPlaced() ? dispatch.WhyUnheard(attempt.Node) : null,
            clusters.IdOf(attempt) is not null && !shownTask.ContainsKey("existing_cluster_id"));
        json["attempt_number"] = attempt.Attempt;
        json["start_time"] = Json.Millis(attempt.ReadyAt ?? attempt.StartedAt ?? run.StartedAt ?? run.CreatedAt);
        json["setup_duration"] = Between(attempt.ReadyAt, attempt.StartedAt);
        json["execution_duration"] = Between(attempt.StartedAt, attempt.EndedAt);
        json["cleanup_duration"] = 0;
        json["run_duration"] = Between(attempt.ReadyAt, attempt.EndedAt);
        json["end_time"] = Json.Millis(attempt.EndedAt);
        json["run_page_url"] = PageUrl(run, attempt.Id, call);
        json["state"] = words.ToState();
        json["status"] = words.ToStatus();
        return json;
    }

    /// <summary>What the first failed task says, in the sentence the platform makes of it.</summary>
    private static string? Failure(IReadOnlyList<AttemptRow> attempts, JsonObject settings)
    {
        var failed = attempts
            .Where(a => a.Current && a.Index is 0 or InstanceView.HeadIndex && a.State is TaskState.Failed or TaskState.TimedOut or TaskState.Lost)
            .OrderBy(a => a.EndedAt).ThenBy(a => a.Id).FirstOrDefault();
        if (failed is null)
            return null;
        var message = RunWords.Of(failed, null).Message.TrimEnd('.');
        var tasks = SettingsForm.Tasks(settings);
        var skipped = attempts.Any(a => a.State == TaskState.Skipped && a.Reason.Code == ReasonCode.UpstreamFailed
            && tasks[a.Task].Objects("depends_on").Any(on => on.Text("task_key") == failed.TaskKey));
        return $"Task {failed.TaskKey} failed with message: {message}." + (skipped ? " This caused all downstream tasks to get skipped." : "");
    }

    /// <summary>A pass over a run as an entry of its history. The attempts of a pass have ids between its own and the next one's.</summary>
    private static JsonObject Pass(RunRow run, JsonObject settings, IReadOnlyList<AttemptRow> attempts, RunPass pass, long? next)
    {
        var own = attempts.Where(a => a.Id > (pass.RepairId ?? 0) && a.Id < (next ?? long.MaxValue)).ToList();
        var then = pass.End is { } end ? run with { State = end.State, Reason = end.Reason, EndedAt = end.At } : run;
        var words = RunWords.Of(then, Failure([.. own.GroupBy(a => (a.Task, a.Index)).Select(instance => instance.Last() with { Current = true })], settings));
        var entry = new JsonObject { ["type"] = pass.RepairId is null ? "ORIGINAL" : "REPAIR" };
        if (pass.RepairId is { } id)
            entry["id"] = id;
        entry["start_time"] = Json.Millis(pass.StartedAt);
        entry["end_time"] = Json.Millis(then.EndedAt);
        entry["state"] = words.ToState();
        entry["status"] = words.ToStatus();
        entry["task_run_ids"] = new JsonArray([.. InTasks(own).Select(a => (JsonNode)a.Id)]);
        return entry;
    }

    private static JsonObject Stats(List<AttemptRow> iterations)
    {
        var good = iterations.Count(a => a.State == TaskState.Succeeded);
        var ended = iterations.Count(a => a.State.IsEnd());
        return new JsonObject
        {
            ["active_iterations"] = iterations.Count(a => a.State.IsPlaced()),
            ["completed_iterations"] = ended,
            ["failed_iterations"] = ended - good,
            ["scheduled_iterations"] = iterations.Count(a => a.State != TaskState.Blocked),
            ["succeeded_iterations"] = good,
            ["total_iterations"] = iterations.Count,
        };
    }

    /// <summary>What failed iterations say, the most frequent first.</summary>
    private static JsonArray Errors(List<AttemptRow> iterations) => new([.. iterations
        .Where(a => a.State is TaskState.Failed or TaskState.TimedOut or TaskState.Lost)
        .GroupBy(a => a.Outcome?.Error is { Length: > 0 } error ? error : RunWords.Of(a, null).Message)
        .OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal).Take(10)
        .Select(group => new JsonObject { ["count"] = group.Count(), ["error_message"] = group.Key })]);

    private static void Parameters(JsonObject json, JsonObject settings, RunOverrides overrides)
    {
        var defaults = settings.Objects("parameters").ToDictionary(p => p.Text("name")!, p => p.Text("default")!);
        var all = overrides.Effective(settings);
        if (all.Count > 0)
        {
            json["job_parameters"] = new JsonArray([.. all.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => new JsonObject
            {
                ["name"] = pair.Key,
                ["default"] = defaults.GetValueOrDefault(pair.Key, ""),
                ["value"] = pair.Value,
            })]);
        }

        if (overrides.Parameters.Count > 0)
            json["overriding_parameters"] = overrides.Parameters.DeepClone();
    }

    /// <summary>A repository, with the commit that the attempts saw as soon as one did.</summary>
    private JsonObject WithCommit(JsonObject git, IEnumerable<AttemptRow> attempts)
    {
        var json = git.Copy();
        var commit = attempts.Where(attempt => attempt.StartedAt is not null).Take(MostLooks)
            .Select(attempt => Path.Join(options.AttemptsDirectory(attempt.Id), GitSource.CommitFile)).Where(File.Exists).Select(GitSource.ReadCommit).FirstOrDefault(text => text is not null);
        if (commit is not null)
            json["git_snapshot"] = new JsonObject { ["used_commit"] = commit };
        return json;
    }

    private static JsonObject ClusterSpec(JsonObject holder)
    {
        var spec = new JsonObject();
        foreach (var name in new[] { "existing_cluster_id", "new_cluster", "job_cluster_key", "libraries" })
        {
            if (holder[name] is { } value)
                spec[name] = value.DeepClone();
        }

        return spec;
    }

    private Task<RunClusters> ClustersOf(RunRow run, JsonObject settings, IReadOnlyList<AttemptRow> attempts, Call call) =>
        RunClusters.Of(store, run, settings, attempts, call.Stop);

    private static JsonObject? ClusterInstance(RunClusters clusters, AttemptRow attempt) =>
        clusters.IdOf(attempt) is { } cluster ? new JsonObject { ["cluster_id"] = cluster, ["spark_context_id"] = Json.Digits(attempt.Id) } : null;

    private static JsonObject TaskOf(JsonObject holder)
    {
        var task = new JsonObject();
        foreach (var type in SettingsForm.TypesOf(holder))
            task[type] = holder[type]!.DeepClone();
        return task;
    }

    private static long First(AttemptRow attempt, IReadOnlyList<AttemptRow> attempts) =>
        attempts.First(a => a.Task == attempt.Task && a.Index == attempt.Index).Id;

    private static string Creator(RunRow run) => RunOverrides.Parse(run.Overrides).Creator ?? run.OwnerName;

    private static long Between(DateTimeOffset? from, DateTimeOffset? to) =>
        from is { } start && to is { } end && end > start ? (long)(end - start).TotalMilliseconds : 0;

    private string PageUrl(RunRow run, long id, Call call) => $"{call.Host}/?o={Json.Digits(options.WorkspaceId)}#job/{Json.Digits(run.JobId)}/run/{Json.Digits(id)}";
}
