using System.Text.Json.Nodes;
using Switchyard.Core.Runs;

namespace Switchyard.Dialects.Databricks.Runs;

/// <summary>
/// Our states in the platform's words: the older <c>state</c> (life cycle and result) and the newer <c>status</c>
/// (state and termination), both made of the one state a run or attempt has.
/// </summary>
internal static class RunWords
{
    public const string WorkloadFailed = "Workload failed, see run output for details";

    /// <summary>The states of runs that count as active.</summary>
    public static readonly IReadOnlyList<RunState> Active =
        [RunState.Queued, RunState.Waiting, RunState.Running, RunState.Cancelling, RunState.WaitingForRetry];

    public static string OverLimit(int limit) => $"Skipping this run because the limit of {limit} maximum concurrent runs has been reached.";

    /// <summary>What started a run.</summary>
    public static string Trigger(string kind, long? parentAttempt) => kind switch
    {
        _ when parentAttempt is not null => "RUN_JOB_TASK",
        "cron" or "periodic" => "PERIODIC",
        "continuous" => "CONTINUOUS",
        "file_arrival" => "FILE_ARRIVAL",
        "run_job" => "RUN_JOB_TASK",
        _ => "ONE_TIME",
    };

    public static string RunType(RunKind kind) => kind switch
    {
        RunKind.Submitted => "SUBMIT_RUN",
        RunKind.Nested => "WORKFLOW_RUN",
        _ => "JOB_RUN",
    };

    /// <summary>A run's state.</summary>
    /// <param name="failure">For a failed run, what its first failed task says.</param>
    public static Words Of(RunRow run, string? failure)
    {
        var text = run.Reason.Text;
        return run.State switch
        {
            RunState.Queued when run.QueueWhenFull => new("QUEUED", null, "QUEUED", Queue: text.Length > 0 ? text : "Waiting for an active run of this job to end."),
            RunState.Queued or RunState.Waiting => new("PENDING", null, "PENDING", Message: text),
            RunState.Running => new("RUNNING", null, "RUNNING", Message: run.Reason.Code == ReasonCode.Progress ? "" : text),
            RunState.Cancelling => new("TERMINATING", Timeout(run.Reason) ? "TIMEDOUT" : "CANCELED", "TERMINATING", Message: text, Stopped: true),
            RunState.WaitingForRetry => new("WAITING_FOR_RETRY", null, "PENDING", Message: text),
            RunState.Succeeded => new("TERMINATED", "SUCCESS", "TERMINATED", "SUCCESS", "SUCCESS"),
            RunState.SucceededWithFailures => new("TERMINATED", "SUCCESS_WITH_FAILURES", "TERMINATED", "SUCCESS_WITH_FAILURES", "SUCCESS", failure ?? text),
            RunState.TimedOut => new("TERMINATED", "TIMEDOUT", "TERMINATED", "CANCELED", "CLIENT_ERROR", TimedOutText(run.TimeoutMs), Stopped: true),
            RunState.Cancelled => new("TERMINATED", "CANCELED", "TERMINATED", "USER_CANCELED", "SUCCESS", "Run cancelled by user", Stopped: true),
            RunState.Skipped => Skipped(OverLimit(Math.Max(run.MaxConcurrent, 0))),
            // A run planned over a limit of no runs at all is inserted as refused.
            RunState.Failed when run.Reason.Code == ReasonCode.ConcurrencyLimit => Skipped(text),
            RunState.Failed when run.Reason.Code is ReasonCode.HostLost or ReasonCode.Quarantined =>
                new("INTERNAL_ERROR", "FAILED", "TERMINATED", "INTERNAL_ERROR", "INTERNAL_ERROR", failure ?? text),
            RunState.Failed when run.Reason.Code == ReasonCode.PlanRefused =>
                new("INTERNAL_ERROR", "FAILED", "TERMINATED", "INVALID_RUN_CONFIGURATION", "CLIENT_ERROR", text),
            _ => new("INTERNAL_ERROR", "FAILED", "TERMINATED", "RUN_EXECUTION_ERROR", "CLIENT_ERROR", failure ?? text),
        };
    }

    /// <summary>An attempt's state.</summary>
    /// <param name="onCluster">Whether it has a cluster of the run's: where its machine is lost, that is.</param>
    public static Words Of(AttemptRow attempt, string? waiting, bool onCluster = false)
    {
        var text = attempt.Reason.Text;
        var state = attempt.State;
        if (attempt.Stopping is { Code: ReasonCode.ClusterTerminated } gone && !state.IsEnd())
            return new("TERMINATING", "FAILED", "TERMINATING", Message: gone.Text);
        if (attempt.Stopping is { } stopping && !state.IsEnd())
            return new("TERMINATING", Timeout(stopping) ? "TIMEDOUT" : "CANCELED", "TERMINATING", Message: stopping.Text, Stopped: true);
        return state switch
        {
            TaskState.Blocked => new("BLOCKED", null, "BLOCKED"),
            TaskState.Ready or TaskState.Starting => new("PENDING", null, "PENDING", Message: waiting ?? ""),
            TaskState.Running => new("RUNNING", null, "RUNNING", Message: waiting ?? "In run"),
            TaskState.WaitingForRetry => new("WAITING_FOR_RETRY", null, "PENDING", Message: "Waiting for retry."),
            TaskState.Succeeded => new("TERMINATED", "SUCCESS", "TERMINATED", "SUCCESS", "SUCCESS"),
            TaskState.TimedOut => new("TERMINATED", "TIMEDOUT", "TERMINATED", "CANCELED", "CLIENT_ERROR", text.Length > 0 ? text : "The task ran longer than its timeout.", Stopped: true),
            TaskState.Cancelled => new("TERMINATED", "CANCELED", "TERMINATED", "USER_CANCELED", "SUCCESS", "Run cancelled by user", Stopped: true),
            TaskState.Lost when onCluster => new("INTERNAL_ERROR", "FAILED", "TERMINATED", "CLUSTER_ERROR", "CLOUD_FAILURE", text),
            TaskState.Lost => new("INTERNAL_ERROR", "FAILED", "TERMINATED", "CLOUD_FAILURE", "CLOUD_FAILURE", text),
            TaskState.Skipped => SkippedTask(attempt.Reason),
            _ => Failed(attempt),
        };
    }

    private static Words Failed(AttemptRow attempt) => attempt switch
    {
        // Left by the command that stands for a task that could not be planned.
        { Outcome: { Runner: "none", Error: { } why } } when why.StartsWith("Unable to access", StringComparison.Ordinal) || why.StartsWith("Cannot read", StringComparison.Ordinal) =>
            new("INTERNAL_ERROR", "FAILED", "TERMINATED", "RESOURCE_NOT_FOUND", "CLIENT_ERROR", why),
        { Outcome: { Runner: "libraries", Error: { } why } } => new("INTERNAL_ERROR", "FAILED", "TERMINATED", "LIBRARY_INSTALLATION_ERROR", "CLIENT_ERROR", why),
        { Outcome: { Runner: "git", Error: { } why } } => new("INTERNAL_ERROR", "FAILED", "TERMINATED", "REPOSITORY_CHECKOUT_FAILED", "CLIENT_ERROR", why),
        { Outcome: { Runner: "none", Error: { } why } } => new("INTERNAL_ERROR", "FAILED", "TERMINATED", "INVALID_RUN_CONFIGURATION", "CLIENT_ERROR", why),
        { Reason.Code: ReasonCode.ClusterTerminated } => new("INTERNAL_ERROR", "FAILED", "TERMINATED", "CLUSTER_TERMINATED_BY_USER", "CLIENT_ERROR", attempt.Reason.Text),
        { Reason.Code: ReasonCode.ExitCode or ReasonCode.Signal } => new("TERMINATED", "FAILED", "TERMINATED", "RUN_EXECUTION_ERROR", "CLIENT_ERROR", WorkloadFailed),
        { Reason.Code: ReasonCode.NotStartable or ReasonCode.Unresolvable } =>
            new("INTERNAL_ERROR", "FAILED", "TERMINATED", "INVALID_RUN_CONFIGURATION", "CLIENT_ERROR", attempt.Reason.Text),
        _ => new("TERMINATED", "FAILED", "TERMINATED", "RUN_EXECUTION_ERROR", "CLIENT_ERROR", attempt.Reason.Text.Length > 0 ? attempt.Reason.Text : WorkloadFailed),
    };

    private static Words SkippedTask(Reason reason) => reason.Code switch
    {
        ReasonCode.UpstreamFailed => new("TERMINATED", "UPSTREAM_FAILED", "TERMINATED", "SKIPPED", "CLIENT_ERROR", "An upstream task failed."),
        ReasonCode.UpstreamCancelled => new("TERMINATED", "UPSTREAM_CANCELED", "TERMINATED", "SKIPPED", "CLIENT_ERROR", "An upstream task was canceled."),
        ReasonCode.Disabled => new("TERMINATED", "DISABLED", "TERMINATED", "DISABLED", "SUCCESS", "The task is disabled."),
        ReasonCode.CancelledByUser => new("TERMINATED", "CANCELED", "TERMINATED", "USER_CANCELED", "SUCCESS", "Run cancelled by user", Stopped: true),
        ReasonCode.RunTimeout => new("TERMINATED", "CANCELED", "TERMINATED", "CANCELED", "CLIENT_ERROR", reason.Text, Stopped: true),
        _ => new("TERMINATED", "EXCLUDED", "TERMINATED", "SKIPPED", "SUCCESS", "The task was excluded: its run_if condition or the branch it is on was not met."),
    };

    private static Words Skipped(string message) =>
        new("SKIPPED", "MAXIMUM_CONCURRENT_RUNS_REACHED", "TERMINATED", "MAX_CONCURRENT_RUNS_EXCEEDED", "CLIENT_ERROR", message);

    private static string TimedOutText(long timeoutMs) =>
        timeoutMs > 0 ? $"Run exceeded the maximum run duration of {Wire.Json.Digits(timeoutMs / 1000)} seconds." : "Run exceeded its maximum run duration.";

    private static bool Timeout(Reason reason) => reason.Code is ReasonCode.Timeout or ReasonCode.RunTimeout;
}

/// <summary>A state in both vocabularies.</summary>
/// <param name="Stopped">Whether a user or a timeout ended it.</param>
/// <param name="Queue">While queued: what it waits for.</param>
internal sealed record Words(
    string LifeCycle, string? Result, string State, string? Code = null, string? Type = null, string Message = "", bool Stopped = false, string? Queue = null)
{
    /// <summary>The older form.</summary>
    public JsonObject ToState()
    {
        var state = new JsonObject { ["life_cycle_state"] = LifeCycle };
        if (Result is not null)
            state["result_state"] = Result;
        state["state_message"] = Message;
        state["user_cancelled_or_timedout"] = Stopped;
        if (Queue is not null)
            state["queue_reason"] = Queue;
        return state;
    }

    /// <summary>The newer form.</summary>
    public JsonObject ToStatus()
    {
        var status = new JsonObject { ["state"] = State };
        if (Code is not null)
            status["termination_details"] = new JsonObject { ["code"] = Code, ["type"] = Type, ["message"] = Message };
        if (Queue is not null)
            status["queue_details"] = new JsonObject { ["code"] = "MAX_CONCURRENT_RUNS_REACHED", ["message"] = Queue };
        return status;
    }
}
