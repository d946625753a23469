using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Switchyard.Core.Runs;
using Switchyard.Core.Text;

namespace Switchyard.Server.Neutral;

/// <summary>Doing tasks of ended runs again, as part of the same run.</summary>
internal sealed class RepairRoutes(Desk desk)
{
    public async Task Repair(HttpContext http)
    {
        if (!(await Desk.Read(http, WireJson.Default.RepairRequestWire, new RepairRequestWire()).ConfigureAwait(false)).Ok(out var asked, out var refusal)
            || !(await desk.Run(http, http.Id()).ConfigureAwait(false)).Ok(out var run, out refusal)
            || !(await Request(run, asked, http.RequestAborted).ConfigureAwait(false)).Ok(out var request, out refusal)
            || !(await desk.Dispatch.Repair(request, http.RequestAborted).ConfigureAwait(false)).Ok(out var id, out refusal))
            await http.Refuse(refusal).ConfigureAwait(false);
        else
            await http.Answer(new RepairMade(id, request.Revision + 1), WireJson.Default.RepairMade, StatusCodes.Status201Created).ConfigureAwait(false);
    }

    private async Task<Result<RepairRequest>> Request(RunRow run, RepairRequestWire asked, CancellationToken stop)
    {
        if (!run.State.IsEnd())
            return new Refusal(RefusalCode.Conflict, $"Run {run.Id} has not ended: wait for its end, or cancel it first.");
        if (await desk.Store.RunsLoad([run.Id], stop).ConfigureAwait(false) is not [var view])
            return Http.NotFound("run", run.Id);
        if (!Repairs.Choose(view, asked.Tasks, asked.WithDependents ?? true).Ok(out var tasks, out var refusal))
            return refusal;
        if (desk.Guides.TryGetValue(run.Dialect, out var guide) && await guide.Repair(run, view, tasks, [.. asked.Parameters ?? new Dictionary<string, JsonElement>()], stop).ConfigureAwait(false) is { } own)
            return own;
        return await AsPlanned(run, view, tasks, asked, stop).ConfigureAwait(false);
    }

    /// <summary>The same tasks by the same plan; a neutral run may have other parameters.</summary>
    private async Task<Result<RepairRequest>> AsPlanned(RunRow run, RunView view, HashSet<int> tasks, RepairRequestWire asked, CancellationToken stop)
    {
        var (plan, overrides) = (view.Plan, run.Overrides);
        if (asked.Parameters is { Count: > 0 } parameters)
        {
            if (run.Dialect != NeutralDialect.DialectName)
                return Http.Invalid($"tasks of the {run.Dialect} API are done again as they were: start a new run with other parameters", "parameters");
            if (!NeutralPlanner.Merge(plan.Parameters, JobRoutes.Texts(parameters)!).Ok(out var merged, out var refusal))
                return refusal;
            plan = plan with { Parameters = merged };
            overrides = NeutralPlanner.Write(JobRoutes.Texts(Earlier(overrides))!.Concat(JobRoutes.Texts(parameters)!).GroupBy(pair => pair.Key).Select(pair => pair.Last()));
        }

        // One that is deleted meanwhile.
        if (await desk.Store.DocumentGet(run.ShownHash, stop).ConfigureAwait(false) is not { } shown)
            return Http.NotFound("run", run.Id);
        return new RepairRequest
        {
            RunId = run.Id,
            Revision = run.Revision,
            Tasks = tasks,
            Plan = PlanDocument.Of(plan),
            Shown = new Document(run.ShownHash, shown),
            Overrides = overrides,
            TimeoutMs = run.TimeoutMs,
        };
    }

    private static Dictionary<string, JsonElement> Earlier(string? overrides) =>
        overrides is null ? [] : JsonElement.Parse(overrides).EnumerateObject().ToDictionary(field => field.Name, field => field.Value);
}
