using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Triggers;
using Switchyard.Core.Users;
using Switchyard.Dialects.Databricks.Compute;
using Switchyard.Dialects.Databricks.Notifications;
using Switchyard.Dialects.Databricks.Rights;
using Switchyard.Dialects.Databricks.Runs;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Jobs;

/// <summary>jobs/create, get, list, update, reset, delete.</summary>
internal sealed class JobsApi(IStore store, IDispatch dispatch, SettingsGate gate, PermissionsApi permissions, DestinationsApi destinations, Principals principals, DatabricksOptions options, TimeProvider time)
{
    public void Map(DatabricksDialect.Routes api)
    {
        api.Post("/jobs/create", Schema.JobSettings(api.Version), Create);
        api.Get("/jobs/get", Schema.GetJob, Get);
        api.Get("/jobs/list", Schema.ListJobs, List);
        api.Post("/jobs/update", Schema.UpdateJob, Update);
        api.Post("/jobs/reset", Schema.ResetJob, Reset);
        api.Post("/jobs/delete", Schema.JobId, Delete);
    }

    private async Task<Reply> Create(Call call)
    {
        var settings = Stored(call.Args);
        if (await gate.Problem(settings, call.Version, false, call.Caller, call.Stop) is { } problem)
            return problem;
        var id = dispatch.NextId();
        if (!(await permissions.Begin(id, call)).Ok(out var owner, out var refused))
            return refused;
        var now = time.GetUtcNow();
        var job = WithSettings(
            new Job
            {
                Id = id,
                Dialect = DatabricksDialect.DialectName,
                Name = "",
                OwnerId = owner.Id,
                OwnerName = owner.Display,
                Settings = "",
                QueueWhenFull = QueueDefault(call.Version),
                CreatedAt = now,
                ChangedAt = now,
            },
            settings);
        await store.JobsInsert([job], call.Stop);
        await dispatch.WatchFrom(job, call.Stop);
        dispatch.JobChanged(job.Id);
        return new JsonObject { ["job_id"] = job.Id };
    }

    private async Task<Reply> Get(Call call)
    {
        if (!(await Find(call, JobRights.View)).Ok(out var job, out var problem))
            return problem;
        if (!Window.Read(call).Ok(out var window, out var wrong))
            return wrong;
        var answer = Shown(job, call.Version, true, true);
        window.Cut(answer.Object("settings")!, "tasks", "job_clusters", "environments", "parameters");
        window.Close(answer);
        if (call.Args.Flag("include_trigger_state") == true && job.Trigger is Trigger.FileArrival)
            answer["trigger_state"] = new JsonObject { ["file_arrival"] = new JsonObject { ["using_file_events"] = true } };
        return answer;
    }

    private async Task<Reply> List(Call call)
    {
        if (Paging.Read(call, call.Version == ApiVersion.V20 ? 1000 : 20, call.Version == ApiVersion.V20 ? 1000 : 100, 1000, "listing", "list") is var read
            && !read.Ok(out var page, out var problem))
            return problem;
        var rows = await store.JobsList(
            new JobQuery(page.Limit + 1, DatabricksDialect.DialectName, call.Args.Text("name"), call.Caller.Sees, page.Before, page.After, page.Skip, SharedWith: Principal.Of(call.Caller)),
            call.Stop);
        var answer = new JsonObject();
        var shown = page.Cut(rows, job => job.Id, answer, call.Version);
        if (shown.Count > 0)
        {
            var expand = call.Version > ApiVersion.V20 && call.Args.Flag("expand_tasks") == true;
            answer.Insert(0, "jobs", new JsonArray([.. shown.Select(job => Shown(job, call.Version, expand, false))]));
        }

        return answer;
    }

    private async Task<Reply> Reset(Call call)
    {
        if (!Fitted(call, out var settings, out var problem))
            return problem!;
        if ((SettingsRules.Check(settings, call.Version, false, options.RequireCluster, options.GitProtocols) ?? await ClusterRules.Unknown(store, settings, options, call.Stop)) is { } wrong)
            return wrong;
        if (await RunAs.Check(settings, call.Caller, principals, call.Stop) is { } stranger)
            return stranger;
        return await Change(call, job =>
        {
            var next = settings.Copy();
            // The platform keeps run_as when a reset leaves it out.
            if (!next.ContainsKey("run_as") && Json.Parse(job.Settings)["run_as"] is { } runAs)
                next["run_as"] = runAs.DeepClone();
            return WithSettings(job with { QueueWhenFull = QueueDefault(call.Version) }, next);
        });
    }

    private async Task<Reply> Update(Call call)
    {
        if (!Fitted(call, out var change, out var problem))
            return problem!;
        // Root fields of a task are refused before the merge: through the later versions no job has them.
        if (call.Version > ApiVersion.V20 && SettingsRules.RootFields(change, call.Version, false) is { } misplaced)
            return misplaced;
        if (await ClusterRules.Unknown(store, change, options, call.Stop) is { } unknown)
            return unknown;
        if (await RunAs.Check(change, call.Caller, principals, call.Stop) is { } stranger)
            return stranger;
        var remove = call.Args.Texts("fields_to_remove");
        return await Change(call, job =>
        {
            if (!SettingsUpdate.Apply(Json.Parse(job.Settings), change, remove).Ok(out var next, out var refused))
                return refused;
            // Checked in its own form: a flat job stays flat whichever version changes it.
            if (SettingsRules.Check(next, SettingsForm.IsMulti(next) ? call.Version : ApiVersion.V20, false, options.RequireCluster, options.GitProtocols) is { } wrong)
                return wrong;
            return WithSettings(remove.Contains("queue") ? job with { QueueWhenFull = QueueDefault(call.Version) } : job, next);
        });
    }

    private async Task<Reply> Delete(Call call)
    {
        if (!(await Find(call, JobRights.Manage)).Ok(out var job, out var problem))
            return problem;
        if (!await store.JobDelete(job.Id, time.GetUtcNow(), call.Stop))
            return Problem.NoJob(job.Id);
        dispatch.JobChanged(job.Id);
        return Reply.Empty;
    }

    /// <summary>Changes a job while its version holds; another's change in between is read and the change made again.</summary>
    private async Task<Reply> Change(Call call, Func<Job, Outcome<Job>> change)
    {
        for (var round = 0; round < 50; round++)
        {
            if (!(await Find(call, JobRights.Manage)).Ok(out var job, out var problem))
                return problem;
            if (!change(job).Ok(out var next, out var refused))
                return refused;
            var stored = Json.Parse(next.Settings);
            if ((JobTrigger.Place(stored, options) ?? await destinations.Check(stored, call.Stop)) is { } unknown)
                return unknown;
            if (!await store.JobUpdate(next with { Version = job.Version + 1, ChangedAt = time.GetUtcNow() }, call.Stop))
                continue;
            // What waits for files in the same directory as before goes on doing so.
            if ((next.Trigger as Trigger.FileArrival)?.Directory != (job.Trigger as Trigger.FileArrival)?.Directory)
                await dispatch.WatchFrom(next, call.Stop);
            dispatch.JobChanged(job.Id);
            await ApplyTimeout(job, next, call.Stop);
            return Reply.Empty;
        }

        return new Problem(409, "RESOURCE_CONFLICT", $"Job {call.Args.Whole("job_id")} is being changed by others at the same time. Try again.");
    }

    // A changed timeout holds for active runs too; other settings only for later ones.
    private async Task ApplyTimeout(Job before, Job after, CancellationToken stop)
    {
        var (old, now) = (Timeout(before), Timeout(after));
        if (old == now)
            return;
        var active = await store.RunsList(new RunQuery(1000, JobId: after.Id, States: RunWords.Active), stop);
        foreach (var run in active)
            await dispatch.SetTimeout(run.Id, now, stop);
    }

    private static long Timeout(Job job) => (Json.Parse(job.Settings).Whole("timeout_seconds") ?? 0) * 1000;

    private async Task<Outcome<Job>> Find(Call call, string rights) => await Find(store, call, rights);

    /// <summary>The job that the arguments name, if it is this dialect's and the caller's to use.</summary>
    public static async Task<Outcome<Job>> Find(IStore store, Call call, string rights)
    {
        var id = call.Args.Whole("job_id") ?? 0;
        if (await store.JobGet(id, call.Stop) is not { Hidden: false, Dialect: DatabricksDialect.DialectName } job)
            return Problem.NoJob(id);
        return await JobRights.Check(store, call.Caller, job, rights, call.Stop) is { } refused ? refused : job;
    }

    private static bool Fitted(Call call, out JsonObject settings, out Problem? problem)
    {
        settings = call.Args.Object("new_settings") ?? [];
        var fit = new Fitting(root: "settings.");
        var fits = Schema.JobSettings(call.Version).Fit(settings, "", fit) is not null;
        problem = fit.Problem;
        settings = Stored(settings);
        return fits;
    }

    /// <summary>What is kept: all that was sent but the fields that are no settings.</summary>
    private static JsonObject Stored(JsonObject sent)
    {
        var settings = sent.Copy();
        settings.Remove("access_control_list");
        settings.Remove("format");
        return settings;
    }

    private Job WithSettings(Job job, JsonObject settings)
    {
        var (trigger, paused) = JobTrigger.Of(settings, options);
        return job with
        {
            Name = SettingsForm.Name(settings),
            Settings = settings.Write(),
            Trigger = trigger,
            Paused = paused,
            Notify = Wishes.Write(settings),
            // A continuous job has one run at a time, whatever it says.
            MaxConcurrent = trigger is Trigger.Continuous && !paused ? 1 : (int)(settings.Whole("max_concurrent_runs") ?? 1),
            QueueWhenFull = settings.Object("queue")?.Flag("enabled") ?? job.QueueWhenFull,
            NextFireAt = dispatch.NextFireOf(trigger, paused),
        };
    }

    private static bool QueueDefault(ApiVersion version) => version == ApiVersion.V22;

    private static JsonObject Shown(Job job, ApiVersion version, bool withTasks, bool whole)
    {
        var shown = new JsonObject
        {
            ["job_id"] = job.Id,
            ["settings"] = SettingsView.Of(job, version, withTasks),
            ["created_time"] = Json.Millis(job.CreatedAt),
            ["creator_user_name"] = job.OwnerName,
        };
        // Lists and 2.0's single-task jobs never had it.
        if (!whole && withTasks && version == ApiVersion.V22 && Window.First(shown.Object("settings")!, "tasks", "job_clusters"))
            shown["has_more"] = true;
        if (whole && shown["settings"]!["format"]!.GetValue<string>() == SettingsForm.Multi)
            shown["run_as_user_name"] = RunAs.Shown(Json.Parse(job.Settings), job.OwnerName);
        return shown;
    }
}
