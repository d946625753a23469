using Switchyard.Core.Execution;
using Switchyard.Core.Runs;

namespace Switchyard.Engine;

/// <summary>What happens outside once a step is committed.</summary>
internal sealed partial class Conductor
{
    private async ValueTask Act(CancellationToken stop)
    {
        var starts = new List<StartOrder>();
        var stops = new List<StopOrder>();
        var acks = _idleAcks;
        var releases = new List<AllocationName>(_idleReleases);
        _idleReleases.Clear();
        foreach (var pending in _pending.Values)
        {
            starts.AddRange(pending.Starts);
            stops.AddRange(pending.Stops);
            acks.AddRange(pending.Acks);
            releases.AddRange(pending.Releases);
            foreach (var (due, note) in pending.Timers)
                _timers.Add(due, note);
            foreach (var done in pending.Done)
                done.TrySetResult();
            _again.AddRange(pending.After);
        }

        stops.AddRange(_idleStops);
        _idleStops.Clear();
        starts.AddRange(_resends);
        _resends.Clear();
        // What ended, or was found out to run, in the same step must not be started after all: its host may have forgotten it.
        // A place that cannot be told gets them again when it can: the list of what it knows is compared then.
        starts.RemoveAll(order => !_placer.Seats.IsConnected(order.Place) || _roster.FindAttempt(order.AttemptId) is not { Instance.State: TaskState.Starting });
        try
        {
            if (starts.Count > 0)
                await _executor.Start(starts, stop).ConfigureAwait(false);
            // These two also before all is known: they answer what was just said, and mean nothing to whoever is not there.
            if (stops.Count > 0)
                await _executor.Stop(stops, stop).ConfigureAwait(false);
            if (acks.Count > 0)
                await _executor.Acknowledge(acks, stop).ConfigureAwait(false);
            // A place that cannot be told says at its return what it still holds.
            if (releases.Count > 0)
                await _executor.Release(releases, stop).ConfigureAwait(false);
        }
        finally
        {
            // It is committed, whatever the executor makes of it.
            if (_pending.Count > 0)
                Committed?.Invoke(_pending.Values);
        }
    }
}
