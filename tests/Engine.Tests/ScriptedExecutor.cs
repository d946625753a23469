using System.Collections.Concurrent;
using System.Threading.Channels;
using Switchyard.Core.Execution;

namespace Switchyard.Engine.Tests;

/// <summary>
/// A test double of an executor: it runs nothing and says what a script tells it to. It stands in where a test needs an
/// executor to be late, to forget, or to repeat itself; everything else is tested with real processes.
/// </summary>
public sealed class ScriptedExecutor : IExecutor
{
    private readonly Channel<ExecutorSignal> _reports = Channel.CreateUnbounded<ExecutorSignal>();

    /// <summary>What becomes of a start: by default it starts and exits with 0 at once.</summary>
    public Func<StartOrder, IEnumerable<ExecutorSignal>> OnStart { get; set; } = order => [Started(order.AttemptId), Exited(order.AttemptId)];

    /// <summary>What becomes of a stop: by default it exits by the signal at once.</summary>
    public Func<StopOrder, IEnumerable<ExecutorSignal>> OnStop { get; set; } = order => [Exited(order.AttemptId, 143, 15)];

    public HashSet<long> Known { get; } = [];

    public ConcurrentQueue<StartOrder> Starts { get; } = new();

    public ConcurrentQueue<StopOrder> Stops { get; } = new();

    public ConcurrentQueue<long> Acknowledged { get; } = new();

    public ConcurrentQueue<AllocationName> Released { get; } = new();

    public string Name => "scripted";

    public KillLevel KillLevel => KillLevel.Subreaper;

    public ChannelReader<ExecutorSignal> Reports => _reports.Reader;

    public static AttemptStarted Started(long id) => new(id, $"handle {id}", TimeProvider.System.GetUtcNow());

    public static AttemptExited Exited(long id, int code = 0, int? signal = null, string? result = null, bool lost = false) =>
        new(id, code, signal, lost, null, TimeProvider.System.GetUtcNow(), TimeProvider.System.GetUtcNow(), result);

    public void Say(ExecutorSignal signal) => _reports.Writer.TryWrite(signal);

    public Task Open(CancellationToken stop)
    {
        Say(new ExecutorSync(Known));
        return Task.CompletedTask;
    }

    public ValueTask Start(IReadOnlyList<StartOrder> orders, CancellationToken stop)
    {
        foreach (var order in orders)
        {
            Starts.Enqueue(order);
            foreach (var signal in OnStart(order))
                Say(signal);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask Stop(IReadOnlyList<StopOrder> orders, CancellationToken stop)
    {
        foreach (var order in orders)
        {
            Stops.Enqueue(order);
            foreach (var signal in OnStop(order))
                Say(signal);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask Acknowledge(IReadOnlyList<long> attemptIds, CancellationToken stop)
    {
        foreach (var id in attemptIds)
            Acknowledged.Enqueue(id);
        return ValueTask.CompletedTask;
    }

    public ValueTask Release(IReadOnlyList<AllocationName> allocations, CancellationToken stop)
    {
        foreach (var name in allocations)
            Released.Enqueue(name);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _reports.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }
}
