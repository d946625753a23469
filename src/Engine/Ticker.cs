using System.Collections.Concurrent;
using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Triggers;
using Switchyard.Engine.Loops;

namespace Switchyard.Engine;

/// <summary>
/// Fires what is due. The next fire of every job is a column, so that a start costs one query whatever the number of
/// schedules. Hits missed while no server ran collapse into one. The next fire of a continuous job is set by the store
/// with the end of its run.
/// </summary>
internal sealed class Ticker(IStore store, Firing firing) : ILoop
{
    private const int AtOnce = 200;

    /// <summary>After this a continuous job is tried again whose run could not be made.</summary>
    private static readonly TimeSpan TryAgain = TimeSpan.FromSeconds(30);

    private readonly ConcurrentQueue<long> _changed = new();
    private readonly ConcurrentDictionary<long, bool> _continuous = new();
    private bool _begun;

    public string Name => "Ticker";

    public Wake Wake { get; } = new();

    /// <summary>A job's trigger may have changed.</summary>
    public void JobChanged(long jobId)
    {
        _changed.Enqueue(jobId);
        Wake.Set();
    }

    /// <summary>A run of a job ended: of a continuous one the next is due.</summary>
    public void RunEnded(long jobId)
    {
        if (_continuous.ContainsKey(jobId))
            Wake.Set();
    }

    /// <inheritdoc/>
    public async ValueTask<DateTimeOffset?> Step(DateTimeOffset now, CancellationToken stop)
    {
        if (!_begun)
            await Begin(now, stop).ConfigureAwait(false);
        while (_changed.TryPeek(out var id))
        {
            await Look(id, now, stop).ConfigureAwait(false);
            // Only now: a store that cannot be reached must not make us forget it.
            _changed.TryDequeue(out _);
        }

        while (await store.JobsDue(now, AtOnce, stop).ConfigureAwait(false) is { Count: > 0 } due)
        {
            var owed = await firing.Fire([.. due.Select(job => DueOf(job, job.NextFireAt ?? now))], stop).ConfigureAwait(false);
            await store.JobsSetNextFire(
                [.. due.Select(job => (job.Id, job.NextFireAt, job.Paused ? null : Next(job.Trigger, job.NextFireAt ?? now, !owed.Contains(job.Id), now)))], stop).ConfigureAwait(false);
        }

        return await store.JobsNextDue(stop).ConfigureAwait(false);
    }

    private static Due DueOf(Job job, DateTimeOffset at) => new(job, at, $"fire:{job.Id}:{at.ToUnixTimeMilliseconds()}");

    private async Task Begin(DateTimeOffset now, CancellationToken stop)
    {
        foreach (var id in await store.JobsContinuous(stop).ConfigureAwait(false))
        {
            _continuous[id] = true;
            if (await store.JobGet(id, stop).ConfigureAwait(false) is { NextFireAt: null } && await store.RunsList(new RunQuery(1, JobId: id, States: States.Open), stop).ConfigureAwait(false) is [])
                await store.JobsSetNextFire([(id, null, now)], stop).ConfigureAwait(false);
        }

        _begun = true;
    }

    private async Task Look(long id, DateTimeOffset now, CancellationToken stop)
    {
        _continuous.TryRemove(id, out _);
        if (await store.JobGet(id, stop).ConfigureAwait(false) is not { } job)
            return;
        // Of a continuous job the column says what is due: it was set with the change, and is set with the end of each run.
        if (job is { Trigger: Trigger.Continuous, Paused: false })
            _continuous[id] = true;
        else
            await store.JobsSetNextFire([(id, job.NextFireAt, job.Paused ? null : NextFire.After(job.Trigger, now))], stop).ConfigureAwait(false);
    }

    private static DateTimeOffset? Next(Trigger trigger, DateTimeOffset fired, bool done, DateTimeOffset now) => trigger switch
    {
        Trigger.Continuous => done ? null : now + TryAgain,
        _ => NextFire.Following(trigger, fired, now),
    };
}
