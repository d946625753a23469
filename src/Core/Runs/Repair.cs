using Switchyard.Core.Plans;
using Switchyard.Core.Text;

namespace Switchyard.Core.Runs;

/// <summary>A request to do some tasks of an ended run again, as part of the same run.</summary>
public sealed record RepairRequest
{
    public required long RunId { get; init; }

    /// <summary>The revision it was planned from; another one by then is a conflict.</summary>
    public required int Revision { get; init; }

    /// <summary>The tasks to do again, by position.</summary>
    public required IReadOnlySet<int> Tasks { get; init; }

    /// <summary>What the run does from now on: the same tasks at the same places.</summary>
    public required PlanDocument Plan { get; init; }
    public required Document Shown { get; init; }
    public string? Overrides { get; init; }
    public long TimeoutMs { get; init; }
}

/// <summary>A repair to write down: the run is Queued again, with another revision of its plan.</summary>
/// <param name="Id">The repair's id. What the run does from now on has higher ones, what it did before lower ones.</param>
/// <param name="Reopened">Each with the attempt it follows.</param>
/// <param name="Dropped">For-each tasks whose iterations are made anew.</param>
public sealed record Repair(
    long Id, RepairRequest Request, IReadOnlyList<Move.Reopen> Reopened, IReadOnlyList<int> Dropped, DateTimeOffset At);

/// <summary>One pass over a run: its first, or a repair.</summary>
/// <param name="RepairId">Null for the first.</param>
/// <param name="End">How it ended; null while it is the latest, which the run itself tells.</param>
public sealed record RunPass(long? RepairId, DateTimeOffset StartedAt, PassEnd? End);

/// <summary>How a pass over a run ended.</summary>
public sealed record PassEnd(RunState State, Reason Reason, DateTimeOffset At);

/// <summary>What a repair opens again.</summary>
public static class Repairs
{
    /// <summary>The instances to reopen and the for-each tasks whose iterations are made anew. A for-each whose inputs cannot have changed keeps the iterations that succeeded.</summary>
    public static Result<(IReadOnlyList<Move.Reopen> Reopened, IReadOnlyList<int> Dropped)> Of(RunView run, RepairRequest request, DateTimeOffset now, Func<long> newId)
    {
        var plan = request.Plan.Plan;
        var reopened = new List<Move.Reopen>();
        var dropped = new List<int>();
        foreach (var no in request.Tasks.Order())
        {
            var node = run.NodeList[no];
            if (plan.Tasks[no].Action is ForEachAction != (node.HeadInstance is not null))
            {
                return new Refusal(
                    RefusalCode.Invalid, $"task {node.Plan.Key} was turned into another kind of task since, with or without iterations: start a new run instead");
            }

            var kept = node.HeadInstance is not null && KeepsIterations(run, request, no);
            if (node.HeadInstance is not null && !kept && node.Instances.Count > 0)
                dropped.Add(no);
            foreach (var instance in node.All)
            {
                var head = instance.Index == InstanceView.HeadIndex || node.HeadInstance is null;
                if (head || (kept && instance.State != TaskState.Succeeded))
                    reopened.Add(new Move.Reopen(no, instance.Index, instance.AttemptId, instance.State, newId(), instance.Attempt + 1, now, new Reason(ReasonCode.Progress, "repair")));
            }
        }

        return (reopened, dropped);
    }

    /// <summary>Whether a task counts among those that did not succeed: left out on purpose is no failure.</summary>
    public static bool Unsuccessful(NodeView node) =>
        node.End != TaskState.Succeeded && !(node.End == TaskState.Skipped && node.EndReason.Code is ReasonCode.Excluded or ReasonCode.Disabled);

    /// <summary>Adds whatever depends on tasks, directly or not.</summary>
    public static void AddDependents(Plan plan, HashSet<int> tasks)
    {
        var next = plan.Tasks.Index().SelectMany(task => task.Item.DependsOn.Select(edge => (edge.Task, task.Index))).ToLookup(pair => pair.Task, pair => pair.Index);
        for (var open = new Stack<int>(tasks); open.TryPop(out var no);)
        {
            foreach (var after in next[no].Where(tasks.Add))
                open.Push(after);
        }
    }

    /// <summary>The tasks to do again: those named, or without names all that did not succeed. What accompanies the others always comes along.</summary>
    public static Result<HashSet<int>> Choose(RunView run, IReadOnlyList<string?>? keys, bool withDependents)
    {
        var plan = run.Plan;
        var positions = plan.Tasks.Index().ToDictionary(task => task.Item.Key, task => task.Index, StringComparer.Ordinal);
        var chosen = new HashSet<int>();
        foreach (var (no, key) in (keys ?? []).Index())
        {
            if (key is null || !positions.TryGetValue(key, out var position))
                return new Refusal(RefusalCode.Invalid, $"tasks[{no}]: the run has no task '{key}'; its tasks are {string.Join(", ", positions.Keys.Take(20))}.") { Field = $"tasks[{no}]" };
            chosen.Add(position);
        }

        if (keys is null)
            chosen.UnionWith(run.NodeList.Where(node => !node.Plan.Service && Unsuccessful(node)).Select(node => node.No));
        if (chosen.Count == 0)
        {
            return keys is null
                ? new Refusal(RefusalCode.Conflict, "Every task of the run succeeded: name those to do again, or start a new run.")
                : new Refusal(RefusalCode.Invalid, "tasks: name at least one, or leave it out for all that did not succeed.") { Field = "tasks" };
        }

        if (withDependents)
            AddDependents(plan, chosen);
        chosen.UnionWith(plan.Tasks.Index().Where(task => task.Item.Service).Select(task => task.Index));
        return chosen;
    }

    private static bool KeepsIterations(RunView run, RepairRequest request, int no)
    {
        var (before, after) = ((ForEachAction)run.Plan.Tasks[no].Action, (ForEachAction)request.Plan.Plan.Tasks[no].Action);
        return before.Inputs.Segments.SequenceEqual(after.Inputs.Segments)
            && run.Plan.Parameters.Count == request.Plan.Plan.Parameters.Count
            && run.Plan.Parameters.All(pair => request.Plan.Plan.Parameters.TryGetValue(pair.Key, out var value) && value == pair.Value)
            && !Above(request.Plan.Plan, no).Overlaps(request.Tasks);
    }

    private static HashSet<int> Above(Plan plan, int no)
    {
        var above = new HashSet<int>();
        var open = new Stack<int>([no]);
        while (open.TryPop(out var at))
        {
            foreach (var edge in plan.Tasks[at].DependsOn)
            {
                if (above.Add(edge.Task))
                    open.Push(edge.Task);
            }
        }

        return above;
    }
}
