using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Users;
using Switchyard.Dialects.OpenPai.Import;
using Switchyard.Dialects.OpenPai.Pages;
using Switchyard.Dialects.OpenPai.Wire;

namespace Switchyard.Dialects.OpenPai.Jobs;

/// <summary>Shows jobs as the platform did.</summary>
internal sealed class JobRenderer(IStore store, IDispatch dispatch, Links links, OpenPaiOptions options, Texts texts)
{
    /// <summary>Login names, which never change; rows show addresses where there are some.</summary>
    private readonly ConcurrentDictionary<long, string> _names = new();

    /// <summary>A job as the lists show it.</summary>
    public async Task<JsonObject> Listed(RunRow run, CancellationToken stop)
    {
        var summary = JobSummary.Read(run.Overrides);
        var listed = new JsonObject { ["name"] = run.Name };
        if (Legacy.Is(run))
            listed["legacy"] = true;
        await Begin(listed, run, stop);
        listed["appExitCode"] = summary.Imported ? summary.ExitCode : run.State.IsEnd() ? Exit.Of(run, texts.IsServer).Code : null;
        listed["virtualCluster"] = summary.Cluster;
        listed["totalGpuNumber"] = summary.Gpus;
        listed["totalTaskNumber"] = summary.Tasks;
        listed["totalTaskRoleNumber"] = summary.Roles;
        return listed;
    }

    /// <summary>A job with its tasks.</summary>
    public async Task<JsonObject> Whole(RunRow run, string shownName, Call call)
    {
        if (JobSummary.Read(run.Overrides) is { Imported: true } imported)
            return await Imported(run, imported, shownName, call.Stop);
        var all = await store.AttemptsOfRun(run.Id, call.Stop);
        var current = all.Where(attempt => attempt.Current).ToList();
        var plan = PlanText.Read(await store.DocumentGet(run.PlanHash, call.Stop) ?? throw new InvalidDataException($"the plan of run {run.Id} is missing"));
        var placed = current.Exists(attempt => attempt.Node is not null);
        var exit = run.State.IsEnd() ? Exit.Of(run, texts.IsServer) : null;
        var owner = call.Http.Features.Get<Caller>() is { } caller && caller.MayUse(run.OwnerId);
        var roles = new JsonObject();
        for (var role = 0; role < plan.Tasks.Count; role++)
            roles[plan.Tasks[role].Key] = await Role(plan.Tasks[role], [.. current.Where(attempt => attempt.Task == role)], owner, call);
        var status = await Begin([], run, call.Stop);
        status["appId"] = placed ? $"application_{run.Id}_{run.Round + 1}" : null;
        status["appProgress"] = current.Count == 0 ? 0 : (double)current.Count(attempt => attempt.State.IsEnd()) / current.Count;
        status["appTrackingUrl"] = placed ? await links.Track(call.Origin, run.Id, owner, call.Stop) : null;
        status["appLaunchedTime"] = Millis(current.Min(attempt => attempt.StartedAt));
        status["appCompletedTime"] = placed ? Millis(run.EndedAt) : null;
        status["appExitCode"] = exit?.Code;
        status["appExitDiagnostics"] = exit is null ? Waiting(run) : exit.Diagnostics(Decisive(run, plan, current) is { } failed ? Container(failed.Id) : null, Notes(plan));
        status["appExitType"] = exit?.Type;
        status["virtualCluster"] = JobSummary.Read(run.Overrides).Cluster;
        return new JsonObject { ["name"] = shownName, ["jobStatus"] = status, ["taskRoles"] = roles };
    }

    /// <summary>A job that was not executed here, as the old cluster told it.</summary>
    private async Task<JsonObject> Imported(RunRow run, JobSummary summary, string shownName, CancellationToken stop)
    {
        var told = OldJob.Told(await store.DocumentGet(run.ShownHash, stop) ?? throw new InvalidDataException($"what is known of run {run.Id} is missing"));
        var status = await Begin([], run, stop);
        status["appId"] = told["appId"]?.DeepClone();
        status["appProgress"] = told["appProgress"]?.DeepClone();
        status["appTrackingUrl"] = null;
        status["appLaunchedTime"] = Millis(run.StartedAt);
        status["appCompletedTime"] = run.StartedAt is null ? null : Millis(run.EndedAt);
        status["appExitCode"] = summary.ExitCode;
        status["appExitDiagnostics"] = told["appExitDiagnostics"]?.DeepClone();
        status["appExitType"] = told["appExitType"]?.DeepClone();
        status["virtualCluster"] = summary.Cluster;
        return new JsonObject { ["name"] = shownName, ["jobStatus"] = status, ["taskRoles"] = told["taskRoles"]!.DeepClone() };
    }

    /// <summary>Adds what lists and pages begin with.</summary>
    private async Task<JsonObject> Begin(JsonObject job, RunRow run, CancellationToken stop)
    {
        var (state, subState) = States(run.State);
        job["username"] = await NameOf(run, stop);
        job["state"] = state;
        job["subState"] = subState;
        job["executionType"] = ExecutionType(run.State);
        job["retries"] = run.ChargedRounds + run.PlatformRounds + run.ResourceRounds;
        job["retryDetails"] = Retries(run);
        job["createdTime"] = Millis(run.CreatedAt);
        job["completedTime"] = Millis(run.EndedAt);
        return job;
    }

    /// <summary>The word for a container that stands for an attempt.</summary>
    public static string Container(long attempt) => $"container_{attempt}";

    private static string Notes(Plan plan) => plan.Tasks is [{ Action: CommandAction { Container: null } }, ..] ? "The image was not used: tasks run as processes of this machine.\n" : "";

    private async Task<JsonObject> Role(PlanTask role, List<AttemptRow> attempts, bool owner, Call call)
    {
        var statuses = new JsonArray();
        foreach (var attempt in attempts)
        {
            var placed = attempt.Node is not null;
            var ports = new JsonObject();
            foreach (var (label, numbers) in attempt.Grant?.Labels ?? [])
                ports[label] = Grant.List(numbers);
            statuses.Add(new JsonObject
            {
                ["taskIndex"] = attempt.Index,
                ["taskState"] = TaskWord(attempt.State),
                ["containerId"] = placed ? Container(attempt.Id) : null,
                ["containerIp"] = placed ? options.HostAddress : null,
                ["containerPorts"] = ports,
                ["containerGpus"] = placed ? GpuMask(attempt.Grant?.Gpus ?? []) : null,
                ["containerLog"] = placed ? await links.Log(call.Origin, attempt.Id, owner, call.Stop) : null,
                ["containerExitCode"] = texts.IsServer && (attempt.ExitCode is 137 or 143) && attempt.State == TaskState.Failed ? 55 : attempt.ExitCode,
            });
        }

        return new JsonObject { ["taskRoleStatus"] = new JsonObject { ["name"] = role.Key }, ["taskStatuses"] = statuses };
    }

    /// <summary>Why a job has not started, for people; null once it has.</summary>
    private string? Waiting(RunRow run) => run.State switch
    {
        RunState.Queued or RunState.Waiting => dispatch.WhyWaiting(JobSummary.Read(run.Overrides).Cluster, run.Id) is { } why
            ? $"{char.ToUpperInvariant(why[0])}{why[1..]}"
            : "Waiting to be placed",
        RunState.WaitingForRetry => $"Waiting for the next try: {run.Reason.Text}",
        _ => null,
    };

    /// <summary>The failed task that speaks for the job: the last to fail of the first role that failed it.</summary>
    private static AttemptRow? Decisive(RunRow run, Plan plan, List<AttemptRow> current)
    {
        if (run.State is RunState.Succeeded or RunState.Cancelled)
            return null;
        for (var role = 0; role < plan.Tasks.Count; role++)
        {
            var failed = current.Where(attempt => attempt.Task == role && (attempt.State is TaskState.Failed or TaskState.TimedOut or TaskState.Lost)).ToList();
            if (plan.Tasks[role].Completion.MinFailed is { } least && failed.Count >= least)
                return failed.MaxBy(attempt => attempt.EndedAt);
        }

        return null;
    }

    private async ValueTask<string> NameOf(RunRow run, CancellationToken stop)
    {
        if (_names.TryGetValue(run.OwnerId, out var known))
            return known;
        return await store.UserGet(run.OwnerId, stop) is { } user ? _names[run.OwnerId] = user.Name : run.OwnerName;
    }

    private static JsonObject Retries(RunRow run) =>
        new() { ["user"] = run.ChargedRounds, ["platform"] = run.PlatformRounds, ["resource"] = run.ResourceRounds };

    /// <summary>START until somebody asked for its end.</summary>
    private static string ExecutionType(RunState state) => state is RunState.Cancelling or RunState.Cancelled ? "STOP" : "START";

    private static (string State, string SubState) States(RunState state) => state switch
    {
        RunState.Queued => ("WAITING", "FRAMEWORK_WAITING"),
        RunState.Waiting => ("WAITING", "APPLICATION_WAITING"),
        RunState.WaitingForRetry => ("WAITING", "FRAMEWORK_WAITING"),
        RunState.Running or RunState.Cancelling => ("RUNNING", "APPLICATION_RUNNING"),
        RunState.Succeeded or RunState.SucceededWithFailures => ("SUCCEEDED", "FRAMEWORK_COMPLETED"),
        RunState.Cancelled => ("STOPPED", "FRAMEWORK_COMPLETED"),
        _ => ("FAILED", "FRAMEWORK_COMPLETED"),
    };

    private static string TaskWord(TaskState state) => state switch
    {
        TaskState.Succeeded => "SUCCEEDED",
        TaskState.Running => "RUNNING",
        TaskState.Blocked or TaskState.Ready or TaskState.Starting or TaskState.WaitingForRetry => "WAITING",
        _ => "FAILED",
    };

    /// <summary>GPUs as bits, the first the lowest. What no number of a client's can hold is left out.</summary>
    private static long GpuMask(IReadOnlyList<int> gpus) => gpus.Where(gpu => gpu < 63).Sum(gpu => 1L << gpu);

    private static long? Millis(DateTimeOffset? at) => at?.ToUnixTimeMilliseconds();
}
