using System.Collections.Concurrent;
using Switchyard.Core.Storage;
using Switchyard.Engine.Loops;

namespace Switchyard.Engine;

/// <summary>
/// Fires what is due. The next fire of every job is a column, so that a start costs one query whatever the number of
/// schedules. Hits missed while no server ran collapse into one.
/// </summary>
internal sealed class Ticker(IStore store, Firing firing) : ILoop
{
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

        while (await store.JobsDue(now, 100, stop).ConfigureAwait(false) is { Count: > 0 } due)
        {
            foreach (var job in due)
            {
                var at = job.NextFireAt ?? now;
                await firing.Fire(job, at, $"fire:{job.Id}:{at.ToUnixTimeMilliseconds()}", stop).ConfigureAwait(false);
            }

            await store.JobsSetNextFire([.. due.Select(job => (job.Id, job.Paused ? null : NextFire.After(job.Trigger, now)))], stop).ConfigureAwait(false);
        }

        return await store.JobsNextDue(stop).ConfigureAwait(false);
    }
}
