using System.Text.Json;
using Switchyard.Core.Plans;

namespace Switchyard.Core.Runs;

/// <summary>What a task does when all it depends on has ended.</summary>
internal sealed partial class RunStep
{
    private bool _releasing;

    private void Evaluate(NodeView node)
    {
        var verdict = node.Plan.Disabled
            ? new Reason(ReasonCode.Disabled, "the task is disabled for this run")
            : Readiness.WhySkipped(run, node);
        if (verdict is { } skipped)
        {
            Skip(node, skipped);
            return;
        }

        switch (node.Plan.Action)
        {
            case ForEachAction each:
                Expand(node, each);
                break;
            default:
                foreach (var instance in node.Instances)
                {
                    // One may have been cancelled before, or by the failure of its neighbour just now.
                    if (instance.State == TaskState.Blocked)
                        Release(instance);
                }

                break;
        }
    }

    private void Skip(NodeView node, Reason reason)
    {
        foreach (var instance in node.All)
        {
            if (instance.State == TaskState.Blocked)
                Move(instance, TaskState.Skipped, reason);
        }

        NodeEnded(node);
    }

    /// <summary>Makes an instance Ready; what runs inside the server is done on the spot.</summary>
    private void Release(InstanceView instance)
    {
        Move(instance, TaskState.Ready, Reason.Progress);
        if (run.ActionOf(instance) is not ConditionAction condition)
            return;
        EnsureRunning();
        var values = new RunValues(run, instance, null);
        var left = condition.Left.Resolve(values, out var problem);
        var right = problem is null ? condition.Right.Resolve(values, out problem) : null;
        var outcome = problem is null ? Conditions.Evaluate(condition.Op, left!, right!, out problem) : null;
        if (outcome is { } branch)
            EndInstance(instance, TaskState.Succeeded, new Reason(ReasonCode.None, branch ? "true" : "false"), move => move with { Branch = branch });
        else
            EndInstance(instance, TaskState.Failed, new Reason(ReasonCode.Unresolvable, problem!));
    }

    private void Expand(NodeView node, ForEachAction each)
    {
        var head = node.HeadInstance!;
        EnsureRunning();
        Move(head, TaskState.Ready, Reason.Progress);
        Move(head, TaskState.Running, Reason.Progress);
        if (run.Head is { Revision: > 0, Round: 0 } && node.Instances.Count > 0)
        {
            // A repair that keeps the iterations that succeeded: the others were reopened with it.
            IterationEnded(node, each);
            return;
        }

        var text = each.Inputs.Resolve(new RunValues(run, head, null), out var problem);
        List<string>? inputs = problem is null ? ParseInputs(text!, out problem) : null;
        if (inputs is null)
        {
            EndInstance(head, TaskState.Failed, new Reason(ReasonCode.Unresolvable, $"inputs: {problem}"));
            return;
        }

        if (inputs.Count == 0)
        {
            EndInstance(head, TaskState.Succeeded, new Reason(ReasonCode.None, "no inputs"));
            return;
        }

        Add(new Move.Expand(node.No, [.. inputs.Select(input => (newId(), input))], now));
        ReleaseIterations(node, each);
    }

    /// <summary>Lets in as many iterations as may run at once.</summary>
    private void ReleaseIterations(NodeView node, ForEachAction each)
    {
        // What runs inside the server ends while it is let in and comes back here; the loop below goes on by itself.
        if (_releasing)
            return;
        _releasing = true;
        var head = node.HeadInstance!;
        var allowed = Math.Max(1, each.Concurrency);
        while (node.NextIteration < node.Instances.Count && node.Active < allowed && !_closing && head.Stopping is null && !head.State.IsEnd())
        {
            var next = node.Instances[node.NextIteration++];
            if (next.State == TaskState.Blocked)
                Release(next);
        }

        _releasing = false;
    }

    private static List<string>? ParseInputs(string text, out string? problem)
    {
        problem = null;
        try
        {
            using var json = JsonDocument.Parse(text);
            if (json.RootElement.ValueKind == JsonValueKind.Array)
                return [.. json.RootElement.EnumerateArray().Select(element => element.GetRawText())];
            problem = $"a JSON list is needed, found {json.RootElement.ValueKind}";
        }
        catch (JsonException)
        {
            problem = $"a JSON list is needed, found {(text.Length > 80 ? text[..80] + "..." : text)}";
        }

        return null;
    }
}

/// <summary>Whether a task runs, given how those it depends on ended (Databricks Jobs API, run_if).</summary>
public static class Readiness
{
    /// <summary>Null when the task may run; otherwise why it is skipped. All dependencies must have ended.</summary>
    public static Reason? WhySkipped(RunView run, NodeView node)
    {
        if (node.Plan.DependsOn.Count == 0)
            return null;
        int good = 0, excluded = 0, bad = 0, cancelled = 0;
        string? badKey = null, cancelledKey = null;
        foreach (var edge in node.Plan.DependsOn)
        {
            var upstream = run.NodeList[edge.Task];
            switch (Classify(upstream, edge))
            {
                case Upstream.Good:
                    good++;
                    break;
                case Upstream.Excluded:
                    excluded++;
                    break;
                case Upstream.Bad:
                    bad++;
                    badKey ??= upstream.Plan.Key;
                    break;
                default:
                    cancelled++;
                    cancelledKey ??= upstream.Plan.Key;
                    break;
            }
        }

        if (excluded == node.Plan.DependsOn.Count)
            return new Reason(ReasonCode.Excluded, "every task it depends on was excluded");
        var handled = bad + cancelled;
        var upstreamReason = bad > 0
            ? new Reason(ReasonCode.UpstreamFailed, $"task {badKey} failed")
            : new Reason(ReasonCode.UpstreamCancelled, $"task {cancelledKey} was cancelled");
        return node.Plan.RunIf switch
        {
            RunIf.AllSuccess or RunIf.NoneFailed when handled > 0 => upstreamReason,
            RunIf.AtLeastOneSuccess when good + excluded == 0 => upstreamReason,
            RunIf.AtLeastOneFailed when handled == 0 => new Reason(ReasonCode.Excluded, "no task it depends on failed"),
            RunIf.AllFailed when handled < node.Plan.DependsOn.Count => new Reason(ReasonCode.Excluded, "not every task it depends on failed"),
            _ => null,
        };
    }

    private enum Upstream
    {
        Good,
        Excluded,
        Bad,
        Cancelled,
    }

    private static Upstream Classify(NodeView node, Dependency edge)
    {
        switch (node.End)
        {
            case TaskState.Succeeded:
                return edge.Outcome is { } wanted && node.Instances is [{ Branch: { } branch }] && branch != wanted ? Upstream.Excluded : Upstream.Good;
            case TaskState.Cancelled:
                return Upstream.Cancelled;
            case TaskState.Skipped:
                return node.EndReason.Code switch
                {
                    ReasonCode.Excluded => Upstream.Excluded,
                    ReasonCode.Disabled => Upstream.Good,
                    ReasonCode.UpstreamCancelled => Upstream.Cancelled,
                    _ => Upstream.Bad,
                };
            default:
                return Upstream.Bad;
        }
    }
}
