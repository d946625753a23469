using System.Text.Json;
using Switchyard.Core.Jobs;
using Switchyard.Core.Plans;
using Switchyard.Core.Pools;
using Switchyard.Core.Sweeps;
using Switchyard.Core.Text;
using Switchyard.Core.Users;

namespace Switchyard.Core.Runs;

/// <summary>What the dialects ask of the engine: the way in for runs and for changes to living ones.</summary>
public interface IDispatch
{
    /// <summary>A new id for a job, run or attempt: ascending, below 2^53, of 15 or 16 digits.</summary>
    long NextId();

    /// <summary>
    /// A request for a run that somebody starts by hand, of a job of any dialect, with parameters as one set of a sweep has them.
    /// <see cref="RefusalCode.Conflict"/> for a job that cannot be started so.
    /// </summary>
    Task<Result<RunRequest>> Plan(Job job, IReadOnlyList<KeyValuePair<string, JsonElement>> parameters, CancellationToken stop);

    /// <summary>Inserts a run and sees to it that it is let in and started. Answers after the commit.</summary>
    Task<Result<RunInserted>> Submit(RunRequest request, CancellationToken stop);

    /// <summary>
    /// Inserts a batch; its runs are made from then on, also by the next server if this one dies. Answers after the commit. Refuses a job whose dialect
    /// has no sweeps, and names the job does not take.
    /// </summary>
    Task<Result<Batch>> Sweep(SweepRequest request, CancellationToken stop);

    /// <summary>Makes no more runs of a batch and asks those that live to end. Answers after that is committed. NotFound if there is none.</summary>
    Task<Refusal?> CancelBatch(long batchId, Caller by, CancellationToken stop);

    /// <summary>Asks a run to end. Answers after the request is committed; an ended run is left as it is. NotFound if there is none.</summary>
    Task<Refusal?> Cancel(long runId, Caller by, CancellationToken stop);

    /// <summary>Asks one attempt of a run to end; the run goes on with what depends on it skipped.</summary>
    Task<Refusal?> CancelAttempt(long attemptId, Caller by, CancellationToken stop);

    /// <summary>Takes away what a running attempt runs on: it ends as failed with the reason, and is tried again as its task says. Answers after the request is committed.</summary>
    Task<Refusal?> RevokeAttempt(long attemptId, Reason reason, CancellationToken stop);

    /// <summary>
    /// Does tasks of an ended run again, as part of the same run. Answers the repair's id after the commit. NotFound if there is no such run, Conflict if it
    /// has not ended or was repaired by somebody else since, Invalid for what cannot be done again.
    /// </summary>
    Task<Result<long>> Repair(RepairRequest request, CancellationToken stop);

    /// <summary>Changes the timeout of a living run; 0 for none.</summary>
    Task<Refusal?> SetTimeout(long runId, long timeoutMs, CancellationToken stop);

    /// <summary>Why what is Ready of a run has not started, for people; null when nothing waits in its pool.</summary>
    string? WhyWaiting(string pool, long runId);

    /// <summary>Why nothing is heard of what runs at a place, for people; null while it is.</summary>
    string? WhyUnheard(string? place) => null;

    /// <summary>What the attempts of a pool hold now, and how many wait in it.</summary>
    PoolUse UseOf(string pool);

    /// <summary>Puts the pools in force that are stored now. Whoever changed them in the store calls this after the commit.</summary>
    Task PoolsChanged(CancellationToken stop);

    /// <summary>When a trigger would fire next, to be stored with the job; null when it does not fire by time.</summary>
    DateTimeOffset? NextFireOf(Triggers.Trigger trigger, bool paused);

    /// <summary>Notes that a job's trigger changed, so that its next fire is found anew.</summary>
    void JobChanged(long jobId);

    /// <summary>
    /// Begins to wait for files, for a job that was just stored with a trigger that does: those that are there now are not new. Before
    /// <see cref="JobChanged"/>, so that whoever is then told of the job can rely on it.
    /// </summary>
    Task WatchFrom(Job job, CancellationToken stop);

    /// <summary>Notes that notices were put into the store beside those of runs, so that they are sent now.</summary>
    void NoticesWritten();

    /// <summary>Completes when the run has ended (or at once if it has, or does not exist).</summary>
    Task WhenEnded(long runId, CancellationToken stop);
}

/// <summary>A run to submit. The engine gives out the ids and inserts it.</summary>
public sealed record RunRequest
{
    /// <summary>The job, or for a one-time run a job not yet stored (Hidden) that is inserted with it.</summary>
    public required Job Job { get; init; }
    public required RunKind Kind { get; init; }
    public required string Name { get; init; }
    public required long OwnerId { get; init; }
    public string TriggerKind { get; init; } = "manual";
    public DateTimeOffset? TriggeredAt { get; init; }
    public required PlanDocument Plan { get; init; }
    public required Document Shown { get; init; }
    public string? Overrides { get; init; }

    /// <summary>Overrides the job's own answer to a full house; null for the job's.</summary>
    public bool? QueueWhenFull { get; init; }
    public long TimeoutMs { get; init; }
    public string? IdempotencyToken { get; init; }

    /// <summary>See <see cref="NewRun.UniqueName"/>.</summary>
    public string? UniqueName { get; init; }

    /// <summary>See <see cref="NewRun.TakesNameFrom"/>.</summary>
    public long? TakesNameFrom { get; init; }
    public long? ParentAttemptId { get; init; }
    public BatchPlace? Batch { get; init; }
    public Reason? Refused { get; init; }

    /// <summary>See <see cref="NewRun.Past"/>.</summary>
    public PastRun? Past { get; init; }

    /// <summary>When it was made, if that was not now.</summary>
    public DateTimeOffset? MadeAt { get; init; }

    /// <summary>A run of a job that could not be planned: it has no tasks and ended Failed with the reason, so that nothing is lost silently.</summary>
    public static RunRequest NotPlanned(Job job, Refusal refusal) => new()
    {
        Job = job,
        Kind = RunKind.Job,
        Name = job.Name,
        OwnerId = job.OwnerId,
        Plan = PlanDocument.Of(new Plan { Tasks = [] }),
        Shown = Document.Of(job.Settings),
        Refused = new Reason(ReasonCode.PlanRefused, refusal.Message),
    };
}

/// <summary>Turns a job's settings into a plan when something other than a client's call starts it: a trigger, another job's task.</summary>
public interface IPlanner
{
    /// <summary>The dialect whose jobs it plans.</summary>
    string Dialect { get; }

    /// <summary>A request for a run of the job. A refusal makes a run that ended Failed with the reason.</summary>
    Task<Result<RunRequest>> Plan(Job job, PlanInputs inputs, CancellationToken stop);

    /// <summary>What the job's trigger starts, for jobs that mean several runs at once; null where it starts one.</summary>
    Result<Sweep>? SweepOf(Job job) => null;

    /// <summary>Whether a run that somebody starts by hand may have parameters of its own, planned as those of a sweep are.</summary>
    bool TakesParameters => true;

    /// <summary>Whether the trigger passes a time over at which runs of an earlier start of the job still live.</summary>
    bool SkipsOverlap(Job job) => false;
}

/// <summary>What a trigger brings along.</summary>
/// <param name="Parameters">Parameters given by the starter, by name.</param>
/// <param name="Arguments">Further arguments as <see cref="RunJobAction"/> has them, each as the text of a JSON list or object; null for none.</param>
public sealed record PlanInputs(
    string TriggerKind, DateTimeOffset At, IReadOnlyDictionary<string, string> Parameters, long? ParentAttemptId = null, IReadOnlyDictionary<string, string>? Arguments = null);
