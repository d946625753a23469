using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;

namespace Switchyard.Server.Neutral;

/// <summary>What a run was made of.</summary>
internal sealed class RunPartRoutes(Desk desk)
{
    /// <summary>The settings a run had, as its dialect's clients sent them, and the plan they became.</summary>
    public async Task Settings(HttpContext http)
    {
        if (!(await desk.Run(http, http.Id()).ConfigureAwait(false)).Ok(out var run, out var refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        var stop = http.RequestAborted;
        // One that is deleted while it is shown.
        if (await desk.Store.DocumentGet(run.PlanHash, stop).ConfigureAwait(false) is not { } planned || await desk.Store.DocumentGet(run.ShownHash, stop).ConfigureAwait(false) is not { } shown)
        {
            await http.Refuse(Http.NotFound("run", run.Id)).ConfigureAwait(false);
            return;
        }

        var plan = PlanText.Read(planned);
        var passes = await desk.Store.RunPasses(run.Id, stop).ConfigureAwait(false);
        var wire = new RunSettingsWire(
            Desk.Element(shown) ?? JsonElement.Parse("{}"), new PlanWire(plan.Pool, Http.Snake(plan.OnFailure.ToString()), [.. plan.Tasks.Select(task => Wire(plan, task))]), plan.Parameters, SnapshotOf(plan)?.Snapshot,
            [.. passes.Select(pass => Wire(run, pass))]);
        await http.Answer(wire, WireJson.Default.RunSettingsWire).ConfigureAwait(false);
    }

    /// <summary>The working copy that tasks of a plan need; null where none does.</summary>
    public static WorkingCopyNeed? SnapshotOf(Plan plan) =>
        plan.Tasks.Select(task => (task.Action as CommandAction ?? (task.Action as ForEachAction)?.Each as CommandAction)?.WorkingCopy).FirstOrDefault(need => need is not null);

    private static PlanTaskWire Wire(Plan plan, PlanTask task) => new(
        task.Key, ActionOf(task.Action), [.. task.DependsOn.Select(edge => new EdgeWire(plan.Tasks[edge.Task].Key, edge.Outcome))], Names<RunIf>.Of(task.RunIf), task.Instances,
        task.Retry.Max, task.TimeoutMs, NodeRoutes.Wire(task.Needs), task.Disabled, task.Service, (task.Action as RunJobAction)?.JobId);

    /// <summary>The word for what a task does.</summary>
    public static string ActionOf(PlanAction action) => action switch
    {
        CommandAction => "command",
        ConditionAction => "condition",
        ForEachAction => "for_each",
        _ => "run_job",
    };

    private static PassWire Wire(RunRow run, RunPass pass) => pass.End is { } end
        ? new(pass.RepairId, pass.StartedAt, Names<RunState>.Of(end.State), end.Reason.Wire(), end.At)
        : new(pass.RepairId, pass.StartedAt, Names<RunState>.Of(run.State), run.Reason.Wire(), run.EndedAt);
}

/// <param name="Settings">As clients of the run's dialect sent them.</param>
/// <param name="Parameters">What references to parameters give.</param>
/// <param name="Snapshot">The id of the frozen files it works on a copy of.</param>
/// <param name="Passes">The first pass and each repair; empty for a run that was never repaired.</param>
internal sealed record RunSettingsWire(JsonElement Settings, PlanWire Plan, IReadOnlyDictionary<string, string> Parameters, string? Snapshot, IReadOnlyList<PassWire> Passes);

internal sealed record PlanWire(string Pool, string OnFailure, IReadOnlyList<PlanTaskWire> Tasks);

internal sealed record PlanTaskWire(
    string Key, string Action, IReadOnlyList<EdgeWire> DependsOn, string RunIf, int Instances, int MaxRetries, long TimeoutMs, ResourcesWire Needs, bool Disabled, bool Service, long? RunsJob);

/// <param name="Outcome">For a dependency on a condition: the outcome that leads here; nothing for both.</param>
internal sealed record EdgeWire(string Task, bool? Outcome);

internal sealed record PassWire(long? RepairId, DateTimeOffset StartedAt, string State, ReasonWire? Reason, DateTimeOffset? EndedAt);
