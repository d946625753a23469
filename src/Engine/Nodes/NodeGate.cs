using System.Threading.Channels;
using Switchyard.Core.Execution;

namespace Switchyard.Engine.Nodes;

/// <summary>
/// The one door to the executor of a node. Whoever leads commands it; a leader of an earlier term is shown out, and whatever it still says
/// moves nothing. Between two leaders what happens is not lost: ends are repeated until they are acknowledged.
/// </summary>
/// <param name="inner">The node's executor.</param>
/// <param name="resync">Has it report everything it knows again, with a sync at the end.</param>
public sealed class NodeGate(IExecutor inner, Action resync) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly HashSet<long> _living = [];
    private readonly CancellationTokenSource _stop = new();
    private Link? _current;
    private long _term;

    private Task _pump = Task.CompletedTask;

    private IExecutor Inner => inner;

    /// <summary>Attempts that were started and have not ended, and orders not answered yet.</summary>
    public int Living
    {
        get
        {
            lock (_gate)
                return _living.Count;
        }
    }

    /// <summary>Opens the executor.</summary>
    public async Task Open(CancellationToken stop)
    {
        await inner.Open(stop).ConfigureAwait(false);
        _pump = Task.Run(Pump, CancellationToken.None);
    }

    /// <summary>Takes command for a term; null if a later one was heard of.</summary>
    public IExecutorLink? Command(long term)
    {
        Link link;
        lock (_gate)
        {
            if (term < _term)
                return null;
            _term = term;
            _current?.End();
            _current = link = new Link(this, term);
        }

        resync();
        return link;
    }

    /// <summary>The term of whoever leads now, as the store has it: what is said in an earlier one is heard no more.</summary>
    public void Heard(long term)
    {
        lock (_gate)
        {
            if (term <= _term)
                return;
            _term = term;
            _current?.End();
            _current = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _pump.ConfigureAwait(false);
        lock (_gate)
            _current?.End();
        _stop.Dispose();
    }

    private async Task Pump()
    {
        try
        {
            await foreach (var signal in inner.Reports.ReadAllAsync(_stop.Token).ConfigureAwait(false))
            {
                lock (_gate)
                {
                    Count(signal);
                    if (signal is not OutputGrew)
                        _current?.Hear(signal);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // What was not read is said again after the next start.
        }
    }

    private void Count(ExecutorSignal signal)
    {
        switch (signal)
        {
            case AttemptStarted started:
                _living.Add(started.AttemptId);
                break;
            case AttemptRefused refused:
                _living.Remove(refused.AttemptId);
                break;
            case AttemptExited exited:
                _living.Remove(exited.AttemptId);
                break;
            case ExecutorSync sync:
                _living.IntersectWith(sync.Known);
                break;
        }
    }

    private bool Commands(Link link)
    {
        lock (_gate)
            return _current == link;
    }

    private sealed class Link(NodeGate gate, long term) : IExecutorLink
    {
        private readonly Channel<ExecutorSignal> _reports = Channel.CreateUnbounded<ExecutorSignal>(new() { SingleReader = true });

        public ChannelReader<ExecutorSignal> Reports => _reports.Reader;

        public ValueTask Start(IReadOnlyList<StartOrder> orders, CancellationToken stop)
        {
            lock (gate._gate)
            {
                if (gate._current != this || gate._term != term)
                    return ValueTask.CompletedTask;
                foreach (var order in orders)
                    gate._living.Add(order.AttemptId);
            }

            return gate.Inner.Start(orders, stop);
        }

        public ValueTask Stop(IReadOnlyList<StopOrder> orders, CancellationToken stop) => gate.Commands(this) ? gate.Inner.Stop(orders, stop) : ValueTask.CompletedTask;

        public ValueTask Acknowledge(IReadOnlyList<long> attemptIds, CancellationToken stop) =>
            gate.Commands(this) ? gate.Inner.Acknowledge(attemptIds, stop) : ValueTask.CompletedTask;

        public void Hear(ExecutorSignal signal) => _reports.Writer.TryWrite(signal);

        public void End() => _reports.Writer.TryComplete();

        public ValueTask DisposeAsync()
        {
            lock (gate._gate)
            {
                if (gate._current == this)
                    gate._current = null;
                End();
            }

            return ValueTask.CompletedTask;
        }
    }
}
