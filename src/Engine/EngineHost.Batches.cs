using Switchyard.Core.Runs;
using Switchyard.Core.Sweeps;
using Switchyard.Core.Text;
using Switchyard.Core.Users;

namespace Switchyard.Engine;

public sealed partial class EngineHost
{
    /// <summary>Runs of a batch that are asked to end side by side.</summary>
    private const int CancelledAtOnce = 500;

    /// <summary>Adds what plans the sweeps of a dialect's jobs. Before <see cref="Start"/>.</summary>
    public void AddSweeps(ISweepPlanner planner) => _sweeper.Add(planner);

    /// <inheritdoc/>
    public async Task<Result<Batch>> Sweep(SweepRequest request, CancellationToken stop)
    {
        var (job, sweep) = (request.Job, request.Sweep);
        if (_sweeper.Find(job.Dialect) is not { } planner)
            return new Refusal(RefusalCode.Unavailable, $"Jobs of the {job.Dialect} API cannot be swept.");
        foreach (var sample in sweep.Samples())
        {
            if (!(await planner.Plan(job, sample, stop).ConfigureAwait(false)).Ok(out _, out var refusal))
                return refusal;
        }

        var (settings, points) = (Document.Of(job.Settings), Document.Of(sweep.Write()));
        var batch = new Batch
        {
            Id = NextId(),
            JobId = job.Id,
            JobVersion = job.Version,
            Dialect = job.Dialect,
            Name = request.Name,
            OwnerId = job.OwnerId,
            OwnerName = job.OwnerName,
            SettingsHash = settings.Hash,
            SweepHash = points.Hash,
            Size = sweep.Count,
            Token = request.Token,
            CreatedAt = _time.GetUtcNow(),
        };
        if (!await _store.BatchInsert(batch, settings, points, stop).ConfigureAwait(false))
            return batch;
        if (_share?.Elsewhere is { } elsewhere)
            elsewhere.Tell(Nodes.Elsewhere.Batches);
        else
            _sweeper.Wake.Set();
        return batch;
    }

    /// <inheritdoc/>
    public async Task<Refusal?> CancelBatch(long batchId, Caller by, CancellationToken stop)
    {
        if (await _store.BatchGet(batchId, stop).ConfigureAwait(false) is not { } batch)
            return new Refusal(RefusalCode.NotFound, $"Batch {batchId} does not exist.");
        if (batch.BuiltAt is null)
            await _store.BatchClose(batchId, _time.GetUtcNow(), $"cancelled by {by.Display} before all its runs were made", stop).ConfigureAwait(false);
        long? after = null;
        while (await _store.BatchRuns(new BatchRunQuery(batchId, CancelledAtOnce, after, States.Open), stop).ConfigureAwait(false) is { Count: > 0 } page)
        {
            await Task.WhenAll(page.Select(run => Happen(run.Id, new RunEvent.CancelRun(by.Display), stop))).ConfigureAwait(false);
            after = page[^1].Batch!.Value.Index;
        }

        return null;
    }

    private void Swept(int runs)
    {
        Interlocked.Add(ref _submitted, runs);
        // Some of them may have ended as they were made.
        _notifier.Wake.Set();
        Pulse.Beat();
    }
}
