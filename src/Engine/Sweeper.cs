using Microsoft.Extensions.Logging;
using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Sweeps;
using Switchyard.Core.Text;
using Switchyard.Engine.Loops;

namespace Switchyard.Engine;

/// <summary>
/// Makes the runs of batches, a set of each batch in turn and one commit for each set. How far a batch has come is written with its runs:
/// the server that comes after a death goes on from there, and makes no run twice.
/// </summary>
internal sealed partial class Sweeper(IStore store, Func<long> nextId, Action<Note> post, Action<int> inserted, ILogger log) : ILoop
{
    /// <summary>Runs of one commit.</summary>
    private const int SetSize = 250;

    /// <summary>Batches that take turns.</summary>
    private const int MostAtOnce = 16;

    private readonly Dictionary<string, ISweepPlanner> _planners = [];

    public string Name => "Sweeper";

    public Wake Wake { get; } = new();

    public void Add(ISweepPlanner planner) => _planners.Add(planner.Dialect, planner);

    public ISweepPlanner? Find(string dialect) => _planners.GetValueOrDefault(dialect);

    /// <inheritdoc/>
    public async ValueTask<DateTimeOffset?> Step(DateTimeOffset now, CancellationToken stop)
    {
        var unbuilt = await store.BatchesUnbuilt(MostAtOnce, stop).ConfigureAwait(false);
        foreach (var id in unbuilt)
        {
            try
            {
                await Grow(id, now, stop).ConfigureAwait(false);
            }
            catch (Exception problem) when (problem is not (OperationCanceledException or StoreUnavailable))
            {
                // One poisoned batch stops only itself.
                GrowFailed(log, id, problem);
                await store.BatchClose(id, now, "its runs could not be made; the server's log says why", stop).ConfigureAwait(false);
            }
        }

        return unbuilt.Count > 0 ? now : null;
    }

    private async Task Grow(long id, DateTimeOffset now, CancellationToken stop)
    {
        if (await store.BatchGet(id, stop).ConfigureAwait(false) is not { BuiltAt: null } batch)
            return;
        if (await JobOf(batch, stop).ConfigureAwait(false) is not { } job || Find(batch.Dialect) is not { } planner)
        {
            await store.BatchClose(id, now, $"job {batch.JobId} was deleted before all its runs were made", stop).ConfigureAwait(false);
            return;
        }

        var sweep = Sweep.Read(await store.DocumentGet(batch.SweepHash, stop).ConfigureAwait(false) ?? throw new InvalidDataException($"the sweep of batch {id} is missing"));
        var set = new List<NewRun>(SetSize);
        for (var position = batch.Made; position < batch.Size && set.Count < SetSize; position++)
            set.Add(Shape(batch, sweep.At(position), await Planned(planner, job, sweep.At(position) with { BatchId = id }, stop).ConfigureAwait(false), now));
        // What cannot be inserted (a name that is taken) becomes a run that says so; each time round there is one less.
        while (await Insert(batch, set, stop).ConfigureAwait(false) is { RefusedAt: >= 0, Refusal: { } refusal } growth)
        {
            if (refusal.Code == RefusalCode.NotFound)
            {
                await store.BatchClose(id, now, refusal.Message, stop).ConfigureAwait(false);
                return;
            }

            if (set[growth.RefusedAt].Refused is not null)
                throw new InvalidOperationException(refusal.Message);
            set[growth.RefusedAt] = Shape(batch, sweep.At(batch.Made + growth.RefusedAt), RunRequest.NotPlanned(job, refusal), now);
        }
    }

    private async Task<BatchGrowth> Insert(Batch batch, List<NewRun> set, CancellationToken stop)
    {
        BatchGrowth growth;
        try
        {
            growth = await store.BatchGrow(batch.Id, batch.Made, set, stop).ConfigureAwait(false);
        }
        catch (StoreUnavailable)
        {
            // Should the commit have been made all the same, the runs go their way.
            foreach (var run in set)
                post(new Note.Doubtful(run.Id));
            throw;
        }

        if (!growth.Grown)
            return growth;
        foreach (var run in set.Where(run => run.Refused is null))
            post(new Note.Inserted(NewRuns.View(run, run.Name)));
        inserted(set.Count);
        return growth;
    }

    private async Task<RunRequest> Planned(ISweepPlanner planner, Job job, SweepPoint point, CancellationToken stop)
    {
        try
        {
            return (await planner.Plan(job, point, stop).ConfigureAwait(false)).Ok(out var request, out var refusal) ? request : RunRequest.NotPlanned(job, refusal);
        }
        catch (Exception problem) when (problem is not (OperationCanceledException or StoreUnavailable))
        {
            PlanFailed(log, job.Id, point.Index, problem);
            return RunRequest.NotPlanned(job, new Refusal(RefusalCode.Internal, "planning failed; the server's log says why"));
        }
    }

    private NewRun Shape(Batch batch, SweepPoint point, RunRequest request, DateTimeOffset now) => NewRuns.Of(
        // A sweep is more runs than a job has room for, on purpose: they wait in line.
        request with { TriggerKind = "sweep", TriggeredAt = batch.CreatedAt, QueueWhenFull = true, Batch = new BatchPlace(batch.Id, point.Index) }, nextId, now);

    /// <summary>The job as it was when the batch was begun.</summary>
    private async Task<Job?> JobOf(Batch batch, CancellationToken stop) =>
        await store.JobGet(batch.JobId, stop).ConfigureAwait(false) is { } job && await store.DocumentGet(batch.SettingsHash, stop).ConfigureAwait(false) is { } settings
            ? job with { Settings = settings, Version = batch.JobVersion }
            : null;

    [LoggerMessage(1, LogLevel.Error, "the runs of batch {Batch} could not be made")]
    private static partial void GrowFailed(ILogger log, long batch, Exception problem);

    [LoggerMessage(2, LogLevel.Error, "job {Job} could not be planned at point {Index} of a sweep")]
    private static partial void PlanFailed(ILogger log, long job, long index, Exception problem);
}
