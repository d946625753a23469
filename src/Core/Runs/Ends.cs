using Switchyard.Core.Plans;

namespace Switchyard.Core.Runs;

/// <summary>How a run's end is read off its tasks.</summary>
public static class Ends
{
    /// <summary>The end of a run all of whose tasks have ended.</summary>
    public static (RunState End, Reason Reason) OfRun(RunView run)
    {
        if (run.Plan.End == EndRule.Completion)
            return OfCompletion(run);
        NodeView? failedLeaf = null, failed = null, cancelled = null;
        foreach (var node in run.NodeList.Where(node => !node.Plan.Service))
        {
            var bad = IsBad(node);
            var leaf = node.Successors.Count == 0;
            if (node.End == TaskState.Cancelled)
                cancelled ??= node;
            if (bad)
                failed ??= node;
            if (bad && (leaf || run.Plan.End == EndRule.All || run.Plan.OnFailure == FailurePolicy.FailFast))
                failedLeaf ??= node;
        }

        if (failedLeaf is not null)
            return (RunState.Failed, new Reason(CodeFor(RootOf(run, failedLeaf).EndReason), $"task {RootOf(run, failedLeaf).Plan.Key} failed: {RootOf(run, failedLeaf).EndReason.Text}"));
        if (cancelled is not null && run.NodeList.Any(node => !node.Plan.Service && node.Successors.Count == 0 && IsCancelled(node)))
            return (RunState.Cancelled, cancelled.EndReason);
        return failed is null
            ? (RunState.Succeeded, Reason.None)
            : (RunState.SucceededWithFailures, new Reason(ReasonCode.TaskFailed, $"task {failed.Plan.Key} failed: {failed.EndReason.Text}"));
    }

    /// <summary>Whose fault an end was.</summary>
    public static Cause CauseOf(Reason reason) => reason.Code switch
    {
        ReasonCode.None => Cause.None,
        ReasonCode.HostLost or ReasonCode.Quarantined => Cause.Platform,
        ReasonCode.ResourceTimeout => Cause.Resource,
        _ => Cause.User,
    };

    private static (RunState, Reason) OfCompletion(RunView run)
    {
        if (run.NodeList.FirstOrDefault(FailedByPolicy) is { } node)
        {
            var last = Decisive(run)?.Reason ?? node.EndReason;
            return (RunState.Failed, new Reason(CodeFor(last), $"task {node.Plan.Key} failed: {last.Text}"));
        }

        var gaveUp = run.NodeList.FirstOrDefault(node => node.EndReason.Code is ReasonCode.ResourceTimeout or ReasonCode.TooLarge);
        return gaveUp is null ? (RunState.Succeeded, Reason.None) : (RunState.Failed, gaveUp.EndReason);
    }

    /// <summary>The failed instance that speaks for the run: the last to end, of the task that failed it where a policy says which.</summary>
    public static InstanceView? Decisive(RunView run)
    {
        var nodes = run.Plan.End == EndRule.Completion ? run.NodeList.Where(FailedByPolicy).Take(1) : run.NodeList;
        return nodes.Where(node => !node.Plan.Service).SelectMany(node => node.Instances).Where(instance => IsFailure(instance.State)).MaxBy(instance => instance.EndedAt);
    }

    private static bool FailedByPolicy(NodeView node) => !node.Plan.Service && node.Plan.Completion.MinFailed is { } failures && node.Failed >= failures;

    /// <summary>True for the ends that count as a failure.</summary>
    internal static bool IsFailure(TaskState state) => state is TaskState.Failed or TaskState.TimedOut or TaskState.Lost;

    private static ReasonCode CodeFor(Reason reason) => reason.Code switch
    {
        ReasonCode.HostLost => ReasonCode.HostLost,
        ReasonCode.ResourceTimeout => ReasonCode.ResourceTimeout,
        _ => ReasonCode.TaskFailed,
    };

    private static bool IsBad(NodeView node) => node.End switch
    {
        TaskState.Skipped => node.EndReason.Code == ReasonCode.UpstreamFailed,
        var end => IsFailure(end),
    };

    private static bool IsCancelled(NodeView node) =>
        node.End == TaskState.Cancelled || (node.End == TaskState.Skipped && node.EndReason.Code == ReasonCode.UpstreamCancelled);

    /// <summary>The task whose own failure a skipped task suffers from.</summary>
    private static NodeView RootOf(RunView run, NodeView node)
    {
        while (node.End == TaskState.Skipped)
        {
            var upstream = node.Plan.DependsOn.Select(edge => run.NodeList[edge.Task]).FirstOrDefault(IsBad);
            if (upstream is null)
                return node;
            node = upstream;
        }

        return node;
    }
}
