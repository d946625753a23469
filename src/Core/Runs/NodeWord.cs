namespace Switchyard.Core.Runs;

/// <summary>One word for a task that has several instances.</summary>
public static class NodeWord
{
    /// <summary>By what it goes, while something of a task has not ended: what the furthest does.</summary>
    private static readonly TaskState[] Living = [TaskState.Running, TaskState.Starting, TaskState.Ready, TaskState.WaitingForRetry];

    /// <summary>By what it goes when all of it has ended.</summary>
    private static readonly TaskState[] Ends = [TaskState.Failed, TaskState.TimedOut, TaskState.Lost, TaskState.Cancelled, TaskState.Succeeded];

    /// <summary>The word for instances in some states, of which at least one has not ended.</summary>
    public static TaskState OfLiving(IEnumerable<TaskState> states)
    {
        var all = states as IReadOnlyCollection<TaskState> ?? [.. states];
        return Living.Cast<TaskState?>().FirstOrDefault(state => all.Contains(state!.Value))
            ?? (all.Any(state => state.IsEnd()) ? TaskState.Running : TaskState.Blocked);
    }

    /// <summary>The word for instances in some states.</summary>
    public static TaskState Of(IReadOnlyCollection<TaskState> states) => states.All(state => state.IsEnd())
        ? Ends.Cast<TaskState?>().FirstOrDefault(state => states.Contains(state!.Value)) ?? TaskState.Skipped
        : OfLiving(states);
}
