namespace Switchyard.Core.Runs;

/// <summary>
/// The one table of legal moves. End states have no way out except by reopening, which a repair (with a new revision)
/// or a new round does explicitly.
/// </summary>
public static class LegalMoves
{
    private static readonly TaskState[] TaskEnds =
        [TaskState.Succeeded, TaskState.Failed, TaskState.TimedOut, TaskState.Cancelled, TaskState.Lost];

    private static readonly Dictionary<TaskState, HashSet<TaskState>> Tasks = new()
    {
        [TaskState.Blocked] = [TaskState.Ready, TaskState.Skipped, TaskState.Cancelled, TaskState.TimedOut, TaskState.Failed],
        [TaskState.Ready] = [TaskState.Starting, TaskState.Running, .. TaskEnds, TaskState.Skipped, TaskState.WaitingForRetry],
        [TaskState.Starting] = [TaskState.Running, TaskState.Ready, TaskState.WaitingForRetry, .. TaskEnds],
        [TaskState.Running] = [TaskState.WaitingForRetry, .. TaskEnds],
        [TaskState.WaitingForRetry] = [TaskState.Ready, TaskState.Cancelled, TaskState.TimedOut, TaskState.Failed],
    };

    private static readonly Dictionary<RunState, HashSet<RunState>> Runs = new()
    {
        [RunState.Queued] = [RunState.Waiting, RunState.Skipped, RunState.Cancelled, RunState.Failed, RunState.TimedOut],
        [RunState.Waiting] = [RunState.Running, RunState.Cancelling, RunState.Cancelled, RunState.Failed, RunState.TimedOut, RunState.WaitingForRetry],
        [RunState.Running] =
        [
            RunState.Cancelling, RunState.WaitingForRetry, RunState.Succeeded, RunState.SucceededWithFailures,
            RunState.Failed, RunState.TimedOut, RunState.Cancelled,
        ],
        [RunState.Cancelling] = [RunState.Cancelled, RunState.TimedOut, RunState.Failed],
        [RunState.WaitingForRetry] = [RunState.Waiting, RunState.Cancelled, RunState.Failed, RunState.TimedOut],
    };

    /// <summary>Whether an instance may move so.</summary>
    public static bool Allows(TaskState from, TaskState to) => Tasks.TryGetValue(from, out var targets) && targets.Contains(to);

    /// <summary>Whether a run may move so.</summary>
    public static bool Allows(RunState from, RunState to) => Runs.TryGetValue(from, out var targets) && targets.Contains(to);

    /// <summary>All legal moves of an instance, for the documentation and its test.</summary>
    public static IEnumerable<(TaskState From, TaskState To)> OfTasks =>
        Tasks.SelectMany(row => row.Value.Select(to => (row.Key, to)));

    /// <summary>All legal moves of a run, for the documentation and its test.</summary>
    public static IEnumerable<(RunState From, RunState To)> OfRuns =>
        Runs.SelectMany(row => row.Value.Select(to => (row.Key, to)));
}
