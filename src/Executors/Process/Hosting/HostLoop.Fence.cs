using Switchyard.Executors.Process.Spawning;

namespace Switchyard.Executors.Process.Hosting;

/// <summary>
/// The fence of a node among several. Its server says again and again until when the others count on what runs here; when that time passes
/// unrenewed, they may go on without this node, so everything is ended before they do. Time spent asleep counts.
/// </summary>
internal sealed partial class HostLoop
{
    private const string FencedOff = "its node had lost touch with the other servers, and its host ended it";

    /// <summary>Of <see cref="Libc.BootMs"/>; 0 where nobody counts.</summary>
    private long _fenceAtMs;

    private bool _fenced;

    private bool IsPastFence => _fenceAtMs > 0 && Libc.BootMs() >= _fenceAtMs;

    private void Renew(long untilMs)
    {
        _fenceAtMs = Math.Max(_fenceAtMs, untilMs);
        if (!_fenced || IsPastFence) return;
        _fenced = false;
        _say("the node is in touch again: starts are taken");
    }

    private void Fence()
    {
        if (_fenced || !IsPastFence) return;
        _fenced = true;
        var living = _attempts.Values.Where(attempt => attempt.Stage == AttemptStage.Running).ToList();
        _say($"no server of this node has renewed: {living.Count} attempts are ended, {_orders.Count} orders dropped");
        // Nobody counts on them any more; a server that still does sends them again.
        _orders.Clear();
        foreach (var attempt in living)
        {
            (attempt.Lost, attempt.Unproven) = (true, FencedOff);
            _dying.Remove(attempt);
            _ground.Kill(attempt);
        }
    }
}
