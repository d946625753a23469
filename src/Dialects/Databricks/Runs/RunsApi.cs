using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Dialects.Databricks.Jobs;
using Switchyard.Dialects.Databricks.Notifications;
using Switchyard.Dialects.Databricks.Planning;
using Switchyard.Dialects.Databricks.Rights;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Runs;

/// <summary>jobs/run-now and jobs/runs/*.</summary>
internal sealed class RunsApi(
    IStore store, IDispatch dispatch, DatabricksPlanner planner, PermissionsApi permissions, SettingsGate gate, RunRenderer renderer, RunRepairing repairing, RunOutputs outputs, TimeProvider time)
{
    private readonly ContinuousRuns _continuous = new(store, dispatch);

    public void Map(DatabricksDialect.Routes api)
    {
        api.Post("/jobs/run-now", Schema.RunNow, RunNow);
        api.Post("/jobs/runs/submit", Schema.Submit, Submit);
        api.Get("/jobs/runs/get", Schema.RunId, Get);
        api.Get("/jobs/runs/list", Schema.ListRuns, List);
        api.Get("/jobs/runs/get-output", Schema.RunId, Output);
        api.Get("/jobs/runs/export", Schema.RunId, Export);
        api.Post("/jobs/runs/cancel", Schema.RunId, Cancel);
        api.Post("/jobs/runs/cancel-all", Schema.JobId, CancelAll);
        api.Post("/jobs/runs/delete", Schema.RunId, Delete);
        api.Post("/jobs/runs/repair", Schema.Repair, Repair);
    }

    private async Task<Reply> RunNow(Call call)
    {
        // The settings may change between planning and insertion; the insertion notices, and the plan is made again.
        for (var round = 0; ; round++)
        {
            if (!(await JobsApi.Find(store, call, JobRights.ManageRun)).Ok(out var job, out var problem))
                return problem;
            var creator = job.OwnerId == call.Caller.UserId ? null : call.Caller.Display;
            var overrides = RunOverrides.None;
            if (call.Args.Count > 1 || creator is not null)
            {
                if (!RunOverrides.Read(call.Args, Json.Parse(job.Settings), creator).Ok(out var given, out var wrong))
                    return wrong;
                overrides = given;
            }

            using var turn = await _continuous.Take(job, call.Stop);
            if (turn?.Problem is { } racing)
                return racing;
            if (!(await planner.Plan(job, overrides, turn is null ? "manual" : ContinuousRuns.TriggerKind, call.Stop)).Ok(out var request, out var refused))
                return Problem.From(refused);
            request = request with { IdempotencyToken = Token(call), QueueWhenFull = turn is null ? call.Args.Object("queue")?.Flag("enabled") : true };
            var inserted = await dispatch.Submit(request, call.Stop);
            if (turn is not null && inserted.Ok(out var next, out _) && !next.Existed)
                await _continuous.Replace(job.Id, next.RunId, call.Caller, call.Stop);
            if (inserted.Ok(out var run, out var refusal))
                return new JsonObject { ["run_id"] = run.RunId, ["number_in_job"] = call.Version == ApiVersion.V20 ? run.NumberInJob : run.RunId };
            if (refusal.Code != RefusalCode.Conflict || round == 4)
                return refusal.Code == RefusalCode.NotFound ? Problem.NoJob(job.Id) : Problem.From(refusal);
        }
    }

    private async Task<Reply> Submit(Call call)
    {
        var settings = call.Args.Copy();
        foreach (var name in new[] { "idempotency_token", "access_control_list", "format" })
            settings.Remove(name);
        if (await gate.Problem(settings, call.Version, true, call.Caller, call.Stop) is { } problem)
            return problem;
        // The later versions know only the form with tasks; 2.0 keeps the flat form flat.
        if (call.Version > ApiVersion.V20)
            settings = SettingsForm.ToMulti(settings);
        settings.Default("run_name", "Untitled");
        var id = dispatch.NextId();
        if (!(await permissions.Begin(id, call)).Ok(out var owner, out var denied))
            return denied;
        var now = time.GetUtcNow();
        var job = new Job
        {
            Id = id,
            Dialect = DatabricksDialect.DialectName,
            Name = settings.Text("run_name")!,
            OwnerId = owner.Id,
            OwnerName = owner.Display,
            Settings = settings.Write(),
            CreatedAt = now,
            ChangedAt = now,
            Hidden = true,
            Notify = Wishes.Write(settings),
        };
        if (!(await planner.Plan(job, RunOverrides.None, "manual", call.Stop)).Ok(out var request, out var refused))
            return Problem.From(refused);
        var inserted = await dispatch.Submit(request with { IdempotencyToken = Token(call) }, call.Stop);
        return inserted.Ok(out var run, out var refusal) ? new JsonObject { ["run_id"] = run.RunId } : Problem.From(refusal);
    }

    private async Task<Reply> Get(Call call)
    {
        if (!(await Find(call, JobRights.View)).Ok(out var found, out var problem))
            return problem;
        if (!Window.Read(call).Ok(out var window, out var wrong))
            return wrong;
        call = call with { Window = window };
        var answer = found.Attempt is { } attempt ? await renderer.OfAttempt(found.Run, attempt, call) : await renderer.Whole(found.Run, call);
        window.Cut(answer, "job_clusters", "job_parameters", "repair_history");
        window.Close(answer);
        return answer;
    }

    private async Task<Reply> List(Call call)
    {
        var (active, completed) = (call.Args.Flag("active_only") == true, call.Args.Flag("completed_only") == true);
        if (active && completed)
            return Problem.Invalid("active_only and completed_only cannot both be true. Set one of them, or neither for all runs.");
        if (!Paging.Read(call, 20, call.Version == ApiVersion.V20 ? 1000 : 25, 10_000, "runs", "listruns").Ok(out var page, out var wrong))
            return wrong;
        var ofJob = call.Args.Whole("job_id") is { } wanted and not 0 ? wanted : (long?)null;
        if (ofJob is not null && await JobProblem(call, JobRights.View) is { } problem)
            return problem;
        var rows = await store.RunsList(
            new RunQuery(
                page.Limit + 1,
                ofJob,
                DatabricksDialect.DialectName,
                Kind(call.Args.Text("run_type")),
                await Owners(call, ofJob),
                active ? RunWords.Active : completed ? States.Ended : null,
                Instant(call, "start_time_from"),
                Instant(call, "start_time_to"),
                page.Before,
                page.After,
                page.Skip,
                SharedWith: Principal.Of(call.Caller)),
            call.Stop);
        var answer = new JsonObject();
        var shown = page.Cut(rows, run => run.Id, answer, call.Version);
        if (shown.Count > 0)
        {
            var expand = call.Version > ApiVersion.V20 && call.Args.Flag("expand_tasks") == true;
            var runs = new JsonArray();
            foreach (var run in shown)
                runs.Add(await renderer.Listed(run, call, expand));
            answer.Insert(0, "runs", runs);
        }

        return answer;
    }

    private async Task<Reply> Output(Call call)
    {
        if (!(await FindTaskRun(call)).Ok(out var found, out var problem))
            return problem;
        var (run, attempt) = found;
        var settings = await renderer.Settings(run, call.Stop);
        var task = SettingsForm.Tasks(settings)[attempt.Task];
        var nested = attempt.Index != InstanceView.HeadIndex ? SettingsForm.Nested(task) : null;
        var answer = new JsonObject();
        outputs.Add(answer, attempt, nested ?? task);
        answer["metadata"] = call.Args.Whole("run_id") == run.Id ? await renderer.Whole(run, call) : await renderer.OfAttempt(run, attempt, call);
        return answer;
    }

    private async Task<Reply> Export(Call call)
    {
        if (!(await FindTaskRun(call)).Ok(out var found, out var problem))
            return problem;
        var (run, attempt) = found;
        var task = SettingsForm.Tasks(await renderer.Settings(run, call.Stop))[attempt.Task];
        task = SettingsForm.Nested(task) ?? task;
        if (task.Object("notebook_task")?.Text("notebook_path") is not { } path)
            return Problem.Invalid($"Run {call.Args.Whole("run_id")} is not a notebook run: only those have views to export. Use jobs/runs/get-output.");
        if (call.Args.Text("views_to_export") == "DASHBOARDS")
            return new JsonObject { ["views"] = new JsonArray() };
        if (await outputs.Html(attempt.Id, call.Stop) is not { } html)
            return Problem.State($"Run {call.Args.Whole("run_id")} has no executed notebook to export (yet). It is there once the notebook has run.");
        return new JsonObject
        {
            ["views"] = new JsonArray(new JsonObject { ["content"] = html, ["name"] = path[(path.LastIndexOf('/') + 1)..], ["type"] = "NOTEBOOK" }),
        };
    }

    private async Task<Reply> Cancel(Call call)
    {
        if (!(await Find(call, JobRights.ManageRun)).Ok(out var found, out var problem))
            return problem;
        var refusal = found.Attempt is { } attempt
            ? await dispatch.CancelAttempt(attempt.Id, call.Caller, call.Stop)
            : await dispatch.Cancel(found.Run.Id, call.Caller, call.Stop);
        return refusal is null ? Reply.Empty : Problem.From(refusal);
    }

    private async Task<Reply> CancelAll(Call call)
    {
        var all = call.Args.Flag("all_queued_runs") == true;
        var job = call.Args.Whole("job_id");
        if (job is null && !all)
            return Problem.MissingField("job_id");
        if (job is not null && await JobProblem(call, JobRights.ManageRun) is { } problem)
            return problem;
        IReadOnlyList<RunState> states = all ? [RunState.Queued] : RunWords.Active;
        for (long? before = null; ;)
        {
            var rows = await store.RunsList(
                new RunQuery(500, job, DatabricksDialect.DialectName, Owners: await Owners(call, job), States: states, Before: before), call.Stop);
            foreach (var run in rows)
                await dispatch.Cancel(run.Id, call.Caller, call.Stop);
            if (rows.Count < 500)
                return Reply.Empty;
            before = rows[^1].Id;
        }
    }

    private async Task<Reply> Repair(Call call)
    {
        if (!(await Find(call, JobRights.ManageRun)).Ok(out var found, out var problem))
            return problem;
        return found.Attempt is null
            ? await repairing.Repair(call, found.Run)
            : Problem.Invalid($"Run {call.Args.Whole("run_id")} is a task of run {found.Run.Id}. Repair that run, with the task in rerun_tasks.");
    }

    private async Task<Reply> Delete(Call call)
    {
        if (!(await Find(call, JobRights.Manage)).Ok(out var found, out var problem))
            return problem;
        if (found.Attempt is not null)
            return Problem.Invalid($"Run {call.Args.Whole("run_id")} is a task of run {found.Run.Id}. Delete that run as a whole.");
        if (!found.Run.State.IsEnd())
            return Problem.State($"Run {found.Run.Id} is active and cannot be deleted. Cancel it with jobs/runs/cancel and delete it when it has ended.");
        return await store.RunDelete(found.Run.Id, call.Stop) ? Reply.Empty : Problem.NoRun(found.Run.Id);
    }

    /// <summary>The run, or the attempt and its run, that run_id names.</summary>
    private async Task<Outcome<(RunRow Run, AttemptRow? Attempt)>> Find(Call call, string rights)
    {
        var id = call.Args.Whole("run_id") ?? 0;
        var attempt = default(AttemptRow);
        var run = await store.RunGet(id, call.Stop);
        if (run is null && (attempt = await store.AttemptGet(id, call.Stop)) is not null)
            run = await store.RunGet(attempt.RunId, call.Stop);
        if (run is not { Dialect: DatabricksDialect.DialectName })
            return Problem.NoRun(id);
        return await JobRights.Check(store, call.Caller, run, rights, call.Stop) is { } refused ? refused : (run, attempt);
    }

    /// <summary>The attempt whose output is meant; a single-task run stands for its only task's latest attempt.</summary>
    private async Task<Outcome<(RunRow Run, AttemptRow Attempt)>> FindTaskRun(Call call)
    {
        if (!(await Find(call, JobRights.View)).Ok(out var found, out var problem))
            return problem;
        if (found.Attempt is { } attempt)
            return (found.Run, attempt);
        if (SettingsForm.IsMulti(await renderer.Settings(found.Run, call.Stop)))
        {
            return Problem.Invalid(
                "Retrieving the output of runs with multiple tasks is not supported. Please retrieve the output of each individual task run instead.");
        }

        var attempts = RunRenderer.InTasks(await store.AttemptsOfRun(found.Run.Id, call.Stop));
        return attempts.LastOrDefault() is { } latest ? (found.Run, latest) : Problem.State($"Run {found.Run.Id} never started a task and has no output: {found.Run.Reason.Text}");
    }

    // Runs of a deleted job are still listed, so that only a job of somebody else's is a problem.
    private async Task<Problem?> JobProblem(Call call, string needed) =>
        await store.JobGet(call.Args.Whole("job_id") ?? 0, call.Stop) is { } job ? await JobRights.Check(store, call.Caller, job, needed, call.Stop) : null;

    /// <summary>Whose runs a list shows: of a job that is open to the caller everybody's, also those from before it changed its owner.</summary>
    private async Task<IReadOnlyList<long>?> Owners(Call call, long? job) =>
        job is { } id && (await store.JobGet(id, call.Stop) is not null || await JobRights.Given(store, call.Caller, id, call.Stop) >= JobLevel.View)
            ? null
            : call.Caller.Sees;

    private static string? Token(Call call) => call.Args.Text("idempotency_token") is { Length: > 0 } token ? token : null;

    private static RunKind? Kind(string? type) => type switch
    {
        "JOB_RUN" => RunKind.Job,
        "SUBMIT_RUN" => RunKind.Submitted,
        "WORKFLOW_RUN" => RunKind.Nested,
        _ => null,
    };

    private static DateTimeOffset? Instant(Call call, string name) =>
        call.Args.Whole(name) is { } millis ? DateTimeOffset.FromUnixTimeMilliseconds(millis) : null;
}
