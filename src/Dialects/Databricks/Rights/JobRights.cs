using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Users;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Rights;

/// <summary>What somebody may do with a job and its runs; each level has all that the lower ones have.</summary>
internal enum JobLevel
{
    None = 0,
    View = 1,
    ManageRun = 2,
    Manage = 3,
    Owner = 4,
}

/// <summary>
/// Rights to jobs and runs: of the owner and of administrators, and those given by an access control list. The words that name
/// what a call needs are the platform's, as its refusals have them.
/// </summary>
internal static class JobRights
{
    public const string View = "View or Admin or Manage Run or Owner";
    public const string ManageRun = "Manage Run or Owner or Admin";
    public const string Manage = "Admin or Owner";

    /// <summary>The refusal for a caller who may not do with a job what needs these rights; null if they may.</summary>
    public static async Task<Problem?> Check(IStore store, Caller caller, Job job, string needed, CancellationToken stop) =>
        caller.MayUse(job.OwnerId) || await Given(store, caller, job.Id, stop) >= LevelOf(needed) ? null : NotAllowed(caller, needed, job.Id);

    /// <summary>The same for a run: its owner's, its job's owner's, and of whom its job is shared with.</summary>
    public static async Task<Problem?> Check(IStore store, Caller caller, RunRow run, string needed, CancellationToken stop) =>
        caller.MayUse(run.OwnerId) || await Given(store, caller, run.JobId, stop) >= LevelOf(needed)
        || (await store.JobGet(run.JobId, stop) is { } job && caller.MayUse(job.OwnerId))
            ? null
            : NotAllowed(caller, needed, run.JobId);

    /// <summary>What a caller has of a job by its list alone.</summary>
    public static async Task<JobLevel> Given(IStore store, Caller caller, long jobId, CancellationToken stop)
    {
        var own = Principal.Of(caller);
        return (await store.JobRights(jobId, stop)).Where(right => own.Contains(right.Principal)).Select(right => (JobLevel)right.Level).DefaultIfEmpty().Max();
    }

    /// <summary>A level in the platform's words.</summary>
    public static string Word(JobLevel level) => level switch
    {
        JobLevel.View => "CAN_VIEW",
        JobLevel.ManageRun => "CAN_MANAGE_RUN",
        JobLevel.Manage => "CAN_MANAGE",
        _ => "IS_OWNER",
    };

    public static Problem NotAllowed(Caller caller, string needed, long jobId) =>
        Problem.Denied($"User {(needed == ManageRun ? $"\"{caller.Display}\"" : caller.Display)} does not have {needed} permissions on job {Json.Digits(jobId)}");

    private static JobLevel LevelOf(string needed) => needed switch
    {
        View => JobLevel.View,
        ManageRun => JobLevel.ManageRun,
        _ => JobLevel.Manage,
    };
}
