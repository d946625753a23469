using System.Threading.Channels;
using Switchyard.Core.Execution;

namespace Switchyard.Engine.Tests.Simulation;

/// <summary>
/// A host that outlives servers, as the executor's contract has it, and everything that can go wrong on the way to it:
/// messages doubled, out of order or lost with their connection, the connection gone and back, the host dead with all it ran.
/// </summary>
internal sealed class FarSide(Random random, ManualTime time) : IExecutor
{
    private readonly Dictionary<long, AttemptReport?> _attempts = [];
    private readonly HashSet<long> _started = [];
    private readonly List<ExecutorSignal> _said = [];
    private readonly Dictionary<long, int> _stopping = [];
    private bool _connected;

    public string Name => "far side";

    public KillLevel KillLevel => KillLevel.Subreaper;

    /// <summary>Not read: the simulation takes what was said by <see cref="Next"/>.</summary>
    public ChannelReader<ExecutorSignal> Reports { get; } = Channel.CreateUnbounded<ExecutorSignal>().Reader;

    /// <summary>Asked before an attempt begins; throws when it may not.</summary>
    public Func<long, Task> MayStart { get; set; } = _ => Task.CompletedTask;

    /// <summary>Asked at each acknowledgement; throws when the end is not durable.</summary>
    public Func<long, Task> MayForget { get; set; } = _ => Task.CompletedTask;

    public bool IsEmpty => _attempts.Count == 0 && _said.Count == 0;

    public bool Connected => _connected;

    public string Describe() => $"connected {_connected}, attempts {string.Join(' ', _attempts.Select(a => $"{a.Key}:{a.Value?.ToString() ?? "runs"}"))}, said {_said.Count}";

    public Task Open(CancellationToken stop)
    {
        Connect();
        return Task.CompletedTask;
    }

    /// <summary>The connection is there (again): everything known is said, and then that this was all.</summary>
    public void Connect()
    {
        _said.Clear();
        if (_connected)
            _said.Add(new ExecutorGone("its socket closed"));
        _connected = true;
        foreach (var (id, end) in _attempts)
            _said.Add(end ?? Began(id));
        _said.Add(new ExecutorSync(_attempts.Keys.ToHashSet()));
    }

    /// <summary>The connection breaks; what was on its way is lost.</summary>
    public void Break()
    {
        if (!_connected)
            return;
        _connected = false;
        _said.Clear();
        _said.Add(new ExecutorGone("its socket closed"));
    }

    /// <summary>The server is gone; so is what was on its way to it.</summary>
    public void Forget()
    {
        _connected = false;
        _said.Clear();
    }

    /// <summary>The host dies with all it ran; the next one reports them lost.</summary>
    public void Die()
    {
        Break();
        foreach (var id in _attempts.Where(a => a.Value is null).Select(a => a.Key).ToList())
            _attempts[id] = new AttemptExited(id, 137, 9, true, null, time.GetUtcNow(), time.GetUtcNow(), null);
        _stopping.Clear();
    }

    /// <summary>One of the running ends.</summary>
    public bool EndOne(int exitCode)
    {
        var running = _attempts.Where(a => a.Value is null).Select(a => a.Key).ToList();
        if (running.Count == 0)
            return false;
        End(running[random.Next(running.Count)], exitCode, null);
        return true;
    }

    /// <summary>What was asked to stop obeys, sooner or later.</summary>
    public bool StopOne()
    {
        if (_stopping.Count == 0)
            return false;
        var id = _stopping.Keys.ElementAt(random.Next(_stopping.Count));
        _stopping.Remove(id);
        if (_attempts.TryGetValue(id, out var end) && end is null)
            End(id, 143, 15);
        return true;
    }

    /// <summary>The next thing the server hears: in order, or with a neighbour's before it, and now and then twice.</summary>
    public ExecutorSignal? Next(bool wild)
    {
        if (_said.Count == 0)
            return null;
        var at = 0;
        if (wild && random.Next(3) == 0)
        {
            // Reports overtake one another, but not the list they belong to.
            var reach = _said.FindIndex(signal => signal is not AttemptReport);
            var most = reach < 0 ? _said.Count : reach;
            at = most > 0 ? random.Next(most) : 0;
        }

        var next = _said[at];
        if (!wild || next is not AttemptReport || random.Next(8) != 0)
            _said.RemoveAt(at);
        return next;
    }

    public async ValueTask Start(IReadOnlyList<StartOrder> orders, CancellationToken stop)
    {
        foreach (var order in orders)
        {
            if (!_connected)
                continue;
            if (_attempts.TryGetValue(order.AttemptId, out var known))
            {
                _said.Add(known ?? Began(order.AttemptId));
                continue;
            }

            await MayStart(order.AttemptId);
            if (random.Next(15) == 0)
            {
                _said.Add(new AttemptRefused(order.AttemptId, "no such program", time.GetUtcNow()));
                continue;
            }

            if (!_started.Add(order.AttemptId))
                throw new InvalidOperationException($"attempt {order.AttemptId} was started a second time");
            _attempts.Add(order.AttemptId, null);
            _said.Add(Began(order.AttemptId));
        }
    }

    public ValueTask Stop(IReadOnlyList<StopOrder> orders, CancellationToken stop)
    {
        foreach (var order in orders)
        {
            if (_connected && _attempts.TryGetValue(order.AttemptId, out var end) && end is null)
                _stopping[order.AttemptId] = order.GraceMs;
        }

        return ValueTask.CompletedTask;
    }

    public async ValueTask Acknowledge(IReadOnlyList<long> attemptIds, CancellationToken stop)
    {
        foreach (var id in attemptIds)
        {
            if (!_connected || !_attempts.TryGetValue(id, out var end) || end is null)
                continue;
            await MayForget(id);
            _attempts.Remove(id);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void End(long id, int exitCode, int? signal)
    {
        var end = new AttemptExited(id, exitCode, signal, false, null, time.GetUtcNow(), time.GetUtcNow(), null);
        _attempts[id] = end;
        _stopping.Remove(id);
        if (_connected)
            _said.Add(end);
    }

    private AttemptStarted Began(long id) => new(id, $"pid {id}", time.GetUtcNow());
}
