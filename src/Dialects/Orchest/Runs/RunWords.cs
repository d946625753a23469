using Switchyard.Core.Runs;

namespace Switchyard.Dialects.Orchest.Runs;

/// <summary>The words of this API for states (Orchest reference, run and step statuses).</summary>
internal static class RunWords
{
    public static readonly string[] All = ["PENDING", "STARTED", "SUCCESS", "FAILURE", "ABORTED"];

    public static string Of(RunState state) => state switch
    {
        RunState.Queued or RunState.Waiting => "PENDING",
        RunState.Running or RunState.Cancelling or RunState.WaitingForRetry => "STARTED",
        RunState.Succeeded or RunState.SucceededWithFailures => "SUCCESS",
        RunState.Cancelled => "ABORTED",
        _ => "FAILURE",
    };

    public static string Of(TaskState state) => state switch
    {
        TaskState.Blocked or TaskState.Ready => "PENDING",
        TaskState.Starting or TaskState.Running or TaskState.WaitingForRetry => "STARTED",
        TaskState.Succeeded => "SUCCESS",
        TaskState.Cancelled or TaskState.Skipped => "ABORTED",
        _ => "FAILURE",
    };

    /// <summary>The states a word stands for.</summary>
    public static IEnumerable<RunState> Of(string word) => Enum.GetValues<RunState>().Where(state => Of(state) == word);

    /// <summary>The word people see, by which the fuzzy filter finds.</summary>
    public static string Shown(string word) => word switch
    {
        "ABORTED" => "cancelled",
        "FAILURE" => "failed",
        "STARTED" => "running",
        _ => word.ToLowerInvariant(),
    };
}
