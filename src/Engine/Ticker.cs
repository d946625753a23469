using System.Collections.Concurrent;
using Switchyard.Core.Jobs;
using Switchyard.Core.Storage;
using Switchyard.Engine.Loops;

namespace Switchyard.Engine;

/// <summary>
/// Fires what is due. The next fire of every job is a column, so that a start costs one query whatever the number of
/// schedules. Hits missed while no server ran collapse into one.
/// </summary>
internal sealed class Ticker(IStore store, Firing firing) : ILoop
{
    private const int AtOnce = 200;
    private readonly ConcurrentQueue<long> _changed = new();

    public string Name => "Ticker";

    public Wake Wake { get; } = new();

    /// <summary>A job's trigger may have changed.</summary>
    public void JobChanged(long jobId)
    {
        _changed.Enqueue(jobId);
        Wake.Set();
    }

    /// <inheritdoc/>
    public async ValueTask<DateTimeOffset?> Step(DateTimeOffset now, CancellationToken stop)
    {
        while (_changed.TryPeek(out var id))
        {
            if (await store.JobGet(id, stop).ConfigureAwait(false) is { } job)
                await store.JobsSetNextFire([(id, job.Paused ? null : NextFire.After(job.Trigger, now))], stop).ConfigureAwait(false);
            // Only now: a store that cannot be reached must not make us forget it.
            _changed.TryDequeue(out _);
        }

        while (await store.JobsDue(now, AtOnce, stop).ConfigureAwait(false) is { Count: > 0 } due)
        {
            await firing.Fire([.. due.Select(job => DueOf(job, job.NextFireAt ?? now))], stop).ConfigureAwait(false);

            await store.JobsSetNextFire([.. due.Select(job => (job.Id, job.Paused ? null : NextFire.After(job.Trigger, now)))], stop).ConfigureAwait(false);
        }

        return await store.JobsNextDue(stop).ConfigureAwait(false);
    }

    private static Due DueOf(Job job, DateTimeOffset at) => new(job, at, $"fire:{job.Id}:{at.ToUnixTimeMilliseconds()}");
}
