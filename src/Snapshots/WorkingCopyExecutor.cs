using System.Collections.Concurrent;
using System.Threading.Channels;
using Switchyard.Core.Execution;
using Switchyard.Core.Snapshots;

namespace Switchyard.Snapshots;

/// <summary>
/// Makes the working copy that an attempt needs before another executor starts it, a few side by side. All attempts of a
/// run share one copy; whichever comes first has it made. Attempts that need none are the other executor's alone.
/// </summary>
/// <param name="inner">What starts the attempts.</param>
/// <param name="snapshots">Where the copies come from.</param>
/// <param name="layers">Whether copies may be made of layers.</param>
/// <param name="clock">Dates the refusals.</param>
public sealed class WorkingCopyExecutor(IExecutor inner, ISnapshots snapshots, bool layers, TimeProvider clock) : IExecutor
{
    /// <summary>The file beside a working copy that says how it was made.</summary>
    public const string HowFile = "working-copy";

    private const string NobodyWaits = "nobody waits for the copy of its project";

    private readonly Channel<ExecutorSignal> _reports = Channel.CreateUnbounded<ExecutorSignal>(new() { SingleReader = true });
    private readonly SemaphoreSlim _atOnce = new(Environment.ProcessorCount);
    private readonly ConcurrentDictionary<string, Task<string?>> _making = new(StringComparer.Ordinal);
    private readonly Dictionary<long, string> _waiting = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _pump = Task.CompletedTask;

    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public ChannelReader<ExecutorSignal> Reports => _reports.Reader;

    /// <inheritdoc/>
    public KillLevel KillLevel => inner.KillLevel;

    /// <inheritdoc/>
    public async Task Open(CancellationToken stop)
    {
        await inner.Open(stop).ConfigureAwait(false);
        _pump = Pump();
    }

    /// <inheritdoc/>
    public async ValueTask Start(IReadOnlyList<StartOrder> orders, CancellationToken stop)
    {
        if (orders.All(order => order.WorkingCopy is null))
        {
            await inner.Start(orders, stop).ConfigureAwait(false);
            return;
        }

        var now = new List<StartOrder>(orders.Count);
        foreach (var order in orders)
        {
            if (order.WorkingCopy is not { } copy || Directory.Exists(copy.Target))
                now.Add(order);
            else if (Wait(order.AttemptId, copy.Target))
                _ = StartLater(order, copy);
        }

        if (now.Count > 0)
            await inner.Start(now, stop).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask Stop(IReadOnlyList<StopOrder> orders, CancellationToken stop)
    {
        var now = new List<StopOrder>(orders.Count);
        foreach (var order in orders)
        {
            if (WaitsNoMore(order.AttemptId))
                Refuse(order.AttemptId, "it was ended before the copy of its project was there");
            else
                now.Add(order);
        }

        if (now.Count > 0)
            await inner.Stop(now, stop).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask Acknowledge(IReadOnlyList<long> attemptIds, CancellationToken stop) => inner.Acknowledge(attemptIds, stop);

    /// <inheritdoc/>
    public ValueTask Release(IReadOnlyList<AllocationName> allocations, CancellationToken stop) => inner.Release(allocations, stop);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await inner.DisposeAsync().ConfigureAwait(false);
        await _pump.ConfigureAwait(false);
        _stop.Dispose();
        _atOnce.Dispose();
    }

    private async Task StartLater(StartOrder order, WorkingCopyOrder copy)
    {
        string? problem;
        try
        {
            do
                problem = await _making.GetOrAdd(copy.Target, _ => Make(copy)).ConfigureAwait(false);
            while (problem == NobodyWaits && Waits(order.AttemptId));
            if (!WaitsNoMore(order.AttemptId))
                return;
            if (problem is null)
                await inner.Start([order], _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The server stops and the next one orders the attempt again; or the copy was removed before it was whole, because its run has ended.
            return;
        }

        if (problem is not null)
            Refuse(order.AttemptId, problem);
    }

    private async Task<string?> Make(WorkingCopyOrder copy)
    {
        await Task.Yield();
        await _atOnce.WaitAsync(_stop.Token).ConfigureAwait(false);
        try
        {
            // Whoever asked between two of us finds it made.
            if (Directory.Exists(copy.Target))
                return null;
            // All of its attempts were ended while others' copies were made.
            if (!Wanted(copy.Target))
                return NobodyWaits;
            var run = Path.GetDirectoryName(copy.Target)!;
            Directory.CreateDirectory(run);
            if (!(await snapshots.Materialize(copy.Snapshot, copy.Target, layers && copy.Layers, _stop.Token).ConfigureAwait(false)).Ok(out var made, out var refusal))
                return $"the copy of its project could not be made: {refusal.Message}";
            await File.WriteAllTextAsync(Path.Combine(run, HowFile), made.How.ToString().ToLowerInvariant(), _stop.Token).ConfigureAwait(false);
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return $"the copy of its project could not be made: {error.Message}";
        }
        finally
        {
            _atOnce.Release();
            _making.TryRemove(copy.Target, out _);
        }
    }

    private void Refuse(long attemptId, string why) => _reports.Writer.TryWrite(new AttemptRefused(attemptId, why, clock.GetUtcNow()));

    private bool Wait(long attemptId, string target)
    {
        lock (_waiting)
            return _waiting.TryAdd(attemptId, target);
    }

    private bool Waits(long attemptId)
    {
        lock (_waiting)
            return _waiting.ContainsKey(attemptId);
    }

    private bool Wanted(string target)
    {
        lock (_waiting)
            return _waiting.ContainsValue(target);
    }

    private bool WaitsNoMore(long attemptId)
    {
        lock (_waiting)
            return _waiting.Remove(attemptId);
    }

    private async Task Pump()
    {
        try
        {
            await foreach (var signal in inner.Reports.ReadAllAsync(_stop.Token).ConfigureAwait(false))
                _reports.Writer.TryWrite(signal);
        }
        catch (OperationCanceledException)
        {
            // Nobody reads any more.
        }
    }
}
