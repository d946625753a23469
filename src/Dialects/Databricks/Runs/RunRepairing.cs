using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Sweeps;
using Switchyard.Core.Text;
using Switchyard.Dialects.Databricks.Jobs;
using Switchyard.Dialects.Databricks.Planning;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Runs;

/// <summary>
/// jobs/runs/repair: tasks of an ended run again, as the job's settings are now, while the ends of the others stay. Parameters given with the run do not
/// count again unless they are sent again.
/// </summary>
internal sealed class RunRepairing(IStore store, IDispatch dispatch, DatabricksPlanner planner, RunRenderer renderer)
{
    private const int MostRounds = 5;

    public async Task<Reply> Repair(Call call, RunRow run)
    {
        // The settings or the run may change between planning and the commit, which notices; then it is looked at again.
        for (var round = 1; ; round++)
        {
            if (!(await Request(call, run)).Ok(out var request, out var problem))
                return problem;
            var repaired = await dispatch.Repair(request, call.Stop);
            if (repaired.Ok(out var id, out var refusal))
                return new JsonObject { ["repair_id"] = id };
            if (refusal.Code == RefusalCode.NotFound || await store.RunGet(run.Id, call.Stop) is not { } now)
                return Problem.NoRun(run.Id);
            if (refusal.Code != RefusalCode.Conflict || round == MostRounds)
                return Problem.From(refusal);
            run = now;
        }
    }

    private async Task<Outcome<RepairRequest>> Request(Call call, RunRow run)
    {
        if (!run.State.IsEnd())
            return Problem.State($"Run {run.Id} is active and cannot be repaired. Wait for its end, or cancel it with jobs/runs/cancel.");
        var passes = await store.RunPasses(run.Id, call.Stop);
        if (passes.Count > 0 && passes[^1].RepairId is { } latest && call.Args.Whole("latest_repair_id") != latest)
            return Problem.Invalid($"The latest repair ID needs to be provided in order to create a new repair. Set latest_repair_id to {Json.Digits(latest)}.");
        if (passes.Count == 0 && call.Args.Whole("latest_repair_id") is { } none and not 0)
            return Problem.Invalid($"Invalid value for parameter latest_repair_id: run {run.Id} has no repair {Json.Digits(none)}. Leave it out for the first repair.");
        if (await store.RunsLoad([run.Id], call.Stop) is not [var view])
            return Problem.NoRun(run.Id);
        var before = await renderer.Settings(run, call.Stop);
        if (!Chosen(call.Args, SettingsForm.Tasks(before), view).Ok(out var chosen, out var problem))
            return problem;
        return await Planned(run, view, before, chosen, settings => RunOverrides.Read(call.Args, settings, RunOverrides.Parse(run.Overrides).Creator), call.Stop);
    }

    /// <summary>The request of one who knows nothing of families: the run's own parameters stay, but for those that are sent.</summary>
    public async Task<Result<RepairRequest>> Request(RunRow run, RunView view, IReadOnlySet<int> tasks, IReadOnlyList<KeyValuePair<string, JsonElement>> parameters, CancellationToken stop)
    {
        var own = RunOverrides.Parse(run.Overrides) with { Only = [] };
        var planned = await Planned(
            run, view, await renderer.Settings(run, stop), tasks,
            settings => parameters.Count == 0 ? own : SweepArguments.Read(new SweepPoint(0, parameters), settings).Ok(out var sent, out var problem) ? own.With(sent) : problem,
            stop);
        return planned.Ok(out var request, out var refused) ? request : new Refusal(refused.Status >= 500 ? RefusalCode.Internal : RefusalCode.Invalid, refused.Message);
    }

    private async Task<Outcome<RepairRequest>> Planned(
        RunRow run, RunView view, JsonObject before, IReadOnlySet<int> chosen, Func<JsonObject, Outcome<RunOverrides>> overridesOf, CancellationToken stop)
    {
        var job = await store.JobGet(run.JobId, stop) ?? Gone(run, before);
        if (!Merge(before, Json.Parse(job.Settings), SettingsForm.Tasks(before), chosen).Ok(out var settings, out var problem) || !overridesOf(settings).Ok(out var overrides, out problem))
            return problem;
        return (await planner.Repair(job, settings, overrides, view, chosen, stop)).Ok(out var request, out var refused) ? request : Problem.From(refused);
    }

    /// <summary>The positions of the tasks to do again.</summary>
    private static Outcome<HashSet<int>> Chosen(JsonObject args, IReadOnlyList<JsonObject> tasks, RunView run)
    {
        var named = args.Texts("rerun_tasks");
        var all = args.Flag("rerun_all_failed_tasks") == true;
        if (named.Count > 0 == all)
            return Problem.Invalid("Exactly one of rerun_tasks and rerun_all_failed_tasks is needed. Name the tasks to run again, or set rerun_all_failed_tasks to true.");
        if (named.Distinct().Count() < named.Count)
            return Problem.Invalid("rerun_tasks cannot contain duplicate task keys.");
        var positions = tasks.Select((task, no) => (Key: task.Text("task_key")!, no)).ToDictionary(pair => pair.Key, pair => pair.no);
        foreach (var key in named)
        {
            if (!positions.ContainsKey(key))
                return Problem.Invalid($"Invalid value for parameter rerun_tasks: there is no task '{key}' in this run. Its tasks are {string.Join(", ", positions.Keys.Take(20))}.");
        }

        var chosen = all
            ? run.NodeList.Where(Repairs.Unsuccessful).Select(node => node.No).ToHashSet()
            : named.Select(key => positions[key]).ToHashSet();
        if (chosen.Count == 0)
            return Problem.Invalid($"Run {run.Head.Id} has no failed task to run again. Name tasks in rerun_tasks, or start a new run.");
        if (args.Flag("rerun_dependent_tasks") == true)
            Repairs.AddDependents(run.Plan, chosen);
        return chosen;
    }

    /// <summary>The settings from now on: the job's, with the tasks of the run at their places, those to do again as the job has them now.</summary>
    private static Outcome<JsonObject> Merge(JsonObject before, JsonObject now, IReadOnlyList<JsonObject> tasks, IReadOnlySet<int> chosen)
    {
        if (!SettingsForm.IsMulti(before) && !SettingsForm.IsMulti(now))
            return now;
        var current = SettingsForm.Tasks(now).ToDictionary(task => task.Text("task_key")!);
        var merged = new List<JsonObject>();
        foreach (var (no, task) in tasks.Index())
        {
            var key = task.Text("task_key")!;
            if (!chosen.Contains(no))
                merged.Add(task);
            else if (current.TryGetValue(key, out var changed))
                merged.Add(changed);
            else
                return Problem.Invalid($"Task '{key}' is no longer in the job, so that it cannot run again. Leave it out of rerun_tasks, or start a new run.");
        }

        var settings = SettingsForm.ToMulti(now);
        settings["tasks"] = new JsonArray([.. merged.Select(task => task.DeepClone())]);
        var clusters = settings.Objects("job_clusters").Concat(before.Objects("job_clusters")).Select(cluster => cluster.Text("job_cluster_key")!).ToHashSet();
        return TaskGraph.Check([.. settings.Objects("tasks")], clusters) is { } problem ? problem : settings;
    }

    private static Job Gone(RunRow run, JsonObject settings) => new()
    {
        Id = run.JobId,
        Dialect = run.Dialect,
        Name = run.Name,
        OwnerId = run.OwnerId,
        Settings = settings.Write(),
        CreatedAt = run.CreatedAt,
        ChangedAt = run.CreatedAt,
        Hidden = true,
    };
}
