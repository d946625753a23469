using System.Text.Json;
using Switchyard.Core.Jobs;
using Switchyard.Core.Notifications;
using Switchyard.Core.Pools;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Sweeps;
using Switchyard.Core.Text;
using Switchyard.Core.Triggers;
using Switchyard.Core.Users;

namespace Switchyard.Engine.Nodes;

/// <summary>
/// The engine as a server sees it, whoever leads: its own while it leads, and otherwise the way to whoever does. What was asked of an engine that
/// stopped leading meanwhile, and was not done, is asked again of the next one.
/// </summary>
public sealed class NodeEngine : IDispatch, IEngineStats, IDisposable
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(200);

    private readonly IStore _store;
    private readonly TimeProvider _time;
    private readonly List<Action<EngineHost>> _setUp = [];
    private EngineHost? _front;
    private EngineHost? _leading;
    private CancellationTokenSource _term = new();
    private IReadOnlyDictionary<string, TimeSpan> _silent = new Dictionary<string, TimeSpan>();

    /// <param name="store">Where everything is kept.</param>
    /// <param name="time">The clock.</param>
    public NodeEngine(IStore store, TimeProvider time) => (_store, _time) = (store, time);

    /// <summary>Beats at each commit that wrote events, of whichever server.</summary>
    public EventPulse Pulse { get; } = new();

    /// <summary>True while this server leads.</summary>
    public bool Leads => Volatile.Read(ref _leading) is not null;

    /// <summary>Ends when this server leads no more; ended while it does not lead.</summary>
    public CancellationToken Term
    {
        get
        {
            try
            {
                return Leads ? Volatile.Read(ref _term).Token : new CancellationToken(true);
            }
            catch (ObjectDisposedException)
            {
                // It has just ended.
                return new CancellationToken(true);
            }
        }
    }

    private EngineHost Current => Volatile.Read(ref _leading) ?? Front;

    private EngineHost Front => Volatile.Read(ref _front) ?? throw new StoreUnavailable(StoreTrouble.Busy, "the server is starting");

    /// <summary>Adds the planner of a dialect whose jobs something other than a call may start. Before the start.</summary>
    public void Add(IPlanner planner) => _setUp.Add(engine => engine.Add(planner));

    /// <summary>Adds what writes the notices about a dialect's runs. Before the start.</summary>
    public void Add(INoticeWriter writer) => _setUp.Add(engine => engine.Add(writer));

    /// <summary>Adds what plans the sweeps of a dialect's jobs. Before the start.</summary>
    public void AddSweeps(ISweepPlanner planner) => _setUp.Add(engine => engine.AddSweeps(planner));

    /// <inheritdoc/>
    public long NextId() => Current.NextId();

    /// <inheritdoc/>
    public Task<Result<RunRequest>> Plan(Job job, IReadOnlyList<KeyValuePair<string, JsonElement>> parameters, CancellationToken stop) => Current.Plan(job, parameters, stop);

    /// <inheritdoc/>
    public Task<Result<RunInserted>> Submit(RunRequest request, CancellationToken stop) => Ask(engine => engine.Submit(request, stop));

    /// <inheritdoc/>
    public Task<Result<Batch>> Sweep(SweepRequest request, CancellationToken stop) => Ask(engine => engine.Sweep(request, stop));

    /// <inheritdoc/>
    public Task<Refusal?> CancelBatch(long batchId, Caller by, CancellationToken stop) => Ask(engine => engine.CancelBatch(batchId, by, stop));

    /// <inheritdoc/>
    public Task<Refusal?> Cancel(long runId, Caller by, CancellationToken stop) => Ask(engine => engine.Cancel(runId, by, stop));

    /// <inheritdoc/>
    public Task<Refusal?> CancelAttempt(long attemptId, Caller by, CancellationToken stop) => Ask(engine => engine.CancelAttempt(attemptId, by, stop));

    /// <inheritdoc/>
    public Task<Refusal?> RevokeAttempt(long attemptId, Reason reason, CancellationToken stop) => Ask(engine => engine.RevokeAttempt(attemptId, reason, stop));

    /// <inheritdoc/>
    public Task<Result<long>> Repair(RepairRequest request, CancellationToken stop) => Ask(engine => engine.Repair(request, stop));

    /// <inheritdoc/>
    public Task<Refusal?> SetTimeout(long runId, long timeoutMs, CancellationToken stop) => Ask(engine => engine.SetTimeout(runId, timeoutMs, stop));

    /// <inheritdoc/>
    public string? WhyWaiting(string pool, long runId) => Current.WhyWaiting(pool, runId);

    /// <inheritdoc/>
    public string? WhyUnheard(string? place) =>
        place is not null && Volatile.Read(ref _silent).TryGetValue(place, out var silence) ? FormattableString.Invariant($"node {place} is unreachable since {silence.TotalSeconds:0} s") : null;

    /// <inheritdoc/>
    public PoolUse UseOf(string pool) => Current.UseOf(pool);

    /// <inheritdoc/>
    public Task PoolsChanged(CancellationToken stop) => Current.PoolsChanged(stop);

    /// <inheritdoc/>
    public DateTimeOffset? NextFireOf(Trigger trigger, bool paused) => Current.NextFireOf(trigger, paused);

    /// <inheritdoc/>
    public void JobChanged(long jobId) => Current.JobChanged(jobId);

    /// <inheritdoc/>
    public Task WatchFrom(Job job, CancellationToken stop) => Ask(async engine =>
    {
        await engine.WatchFrom(job, stop).ConfigureAwait(false);
        return true;
    });

    /// <inheritdoc/>
    public void NoticesWritten() => Current.NoticesWritten();

    /// <inheritdoc/>
    public async Task WhenEnded(long runId, CancellationToken stop)
    {
        while (true)
        {
            if (Volatile.Read(ref _leading) is { } leading)
            {
                try
                {
                    await leading.WhenEnded(runId, stop).ConfigureAwait(false);
                    return;
                }
                catch (StoreUnavailable fenced) when (fenced.Trouble == StoreTrouble.Fenced)
                {
                    continue;
                }
            }

            var next = Pulse.Next;
            if (await _store.RunGet(runId, stop).ConfigureAwait(false) is not { } run || run.State.IsEnd())
                return;
            // Other servers' commits are heard of, but not whose runs they are of.
            await next.WaitAsync(stop).ConfigureAwait(false);
            await Task.Delay(LookAgain, _time, stop).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public EngineNumbers Read() => Current.Read();

    /// <summary>Makes an engine know what was added.</summary>
    internal EngineHost SetUp(EngineHost engine)
    {
        foreach (var add in _setUp)
            add(engine);
        return engine;
    }

    /// <summary>Notes which nodes are not heard of, and for how long.</summary>
    internal void Miss(IReadOnlyDictionary<string, TimeSpan> silent) => Volatile.Write(ref _silent, silent);

    /// <summary>The way in while this server does not lead.</summary>
    internal void Use(EngineHost front) => Volatile.Write(ref _front, front);

    /// <summary>This server's own engine from now on; null when it leads no more.</summary>
    internal void Lead(EngineHost? engine)
    {
        using var before = Interlocked.Exchange(ref _term, new CancellationTokenSource());
        before.Cancel();
        Volatile.Write(ref _leading, engine);
    }

    public void Dispose() => _term.Dispose();

    private async Task<T> Ask<T>(Func<EngineHost, Task<T>> what)
    {
        var engine = Current;
        try
        {
            return await what(engine).ConfigureAwait(false);
        }
        catch (StoreUnavailable fenced) when (fenced.Trouble == StoreTrouble.Fenced)
        {
            // Nothing of it was kept.
            return await what(Front).ConfigureAwait(false);
        }
    }
}
