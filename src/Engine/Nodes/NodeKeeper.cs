using Microsoft.Extensions.Logging;
using Switchyard.Core.Execution;
using Switchyard.Core.Notifications;
using Switchyard.Core.Storage;

namespace Switchyard.Engine.Nodes;

/// <summary>What a server of an installation is told of being one.</summary>
public sealed record NodeOptions
{
    /// <summary>Its node's name.</summary>
    public required string Name { get; init; }

    /// <summary>True where the store allows no other server: then nothing is said again and again, and what runs here is not fenced.</summary>
    public bool Alone { get; init; }

    /// <summary>How long a leader leads without being heard of, and a node is given new work.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long after a node was last heard of what runs there is given up. Its host has ended it before.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How many servers there can be; a power of two.</summary>
    public int MostNodes { get; init; } = 64;

    /// <summary>How long before the end of the grace a host ends what runs.</summary>
    public TimeSpan Margin => Grace / 4 < TimeSpan.FromSeconds(30) ? Grace / 4 : TimeSpan.FromSeconds(30);
}

/// <summary>What a server can do for the keeper of its node; the server's composition gives it.</summary>
public sealed record NodeMeans
{
    /// <summary>What its engine is told.</summary>
    public required EngineOptions Engine { get; init; }

    /// <summary>What attempts leave on disk, on whichever node.</summary>
    public IAttemptFiles? Files { get; init; }

    /// <summary>Takes notices to their receivers.</summary>
    public ICarrier? Carrier { get; init; }

    /// <summary>This server's address, known once it listens.</summary>
    public required Func<string> Url { get; init; }

    /// <summary>What others are told of this node, with what is known of the engine, as JSON text.</summary>
    public required Func<string, string> Facts { get; init; }

    /// <summary>A node's row as a place, with why it is closed, if it is.</summary>
    public required Func<NodeRow, string?, Place> PlaceOf { get; init; }

    /// <summary>Places that are no node's: clusters. With how they are commanded in a term.</summary>
    public IReadOnlyList<(Place Place, Func<long, CancellationToken, Task<IExecutorLink>> Link)> Clusters { get; init; } = [];

    /// <summary>A link to another node for a term.</summary>
    public required Func<NodeRow, long, CancellationToken, Task<IExecutorLink>> Dial { get; init; }

    /// <summary>The clock of <see cref="Renew"/>, in milliseconds: one that counts the machine's sleep.</summary>
    public Func<long> BootMs { get; init; } = () => 0;

    /// <summary>Tells the host until when others count on what runs here.</summary>
    public Action<long> Renew { get; init; } = _ => { };
}

/// <summary>
/// Keeps this server's place among the others: says that it lives, takes the lead when nobody has it and leads while it can, and as the leader keeps the
/// links to all places. Every second; a server that is alone does it once.
/// </summary>
public sealed partial class NodeKeeper : IAsyncDisposable
{
    /// <summary>The lease of whoever leads.</summary>
    public const string LeaseName = "leader";

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    private readonly IStore _store;
    private readonly NodeEngine _engine;
    private readonly NodeGate _gate;
    private readonly NodeOptions _options;
    private readonly NodeMeans _means;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _logs;
    private readonly ILogger _log;
    private readonly string _incarnation = Guid.NewGuid().ToString("N");
    private readonly CancellationTokenSource _stop = new();
    private readonly EventPulse _notes = new();
    private readonly Loops.Wake _wake = new();
    private IdSource? _ids;
    private Term? _term;
    private long _leaseAt;
    private DateTimeOffset? _drainedSince;
    private Task _beats = Task.CompletedTask;
    private Task _hearing = Task.CompletedTask;
    private Task _ended = Task.CompletedTask;
    private readonly Lock _leading = new();
    private IReadOnlyList<NodeRow> _nodes = [];

    public NodeKeeper(IStore store, NodeEngine engine, NodeGate gate, NodeOptions options, NodeMeans means, TimeProvider time, ILoggerFactory logs)
    {
        (_store, _engine, _gate, _options, _means, _time) = (store, engine, gate, options, means, time);
        (_logs, _log) = (logs, logs.CreateLogger("Node"));
    }

    /// <summary>Completes when the node was drained and has nothing left to do: the server may end.</summary>
    public TaskCompletionSource Drained { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>True where the store allows no other server.</summary>
    public bool Alone => _options.Alone;

    /// <summary>How long after a node was last heard of what runs there is given up.</summary>
    public TimeSpan Grace => _options.Grace;

    /// <summary>Whether a node has not been heard of for the lease, and so gets nothing new. A server that is alone says nothing again and again.</summary>
    public bool IsSilent(NodeRow node) => !_options.Alone && node.Silence >= _options.Lease;

    /// <summary>All servers as of the last look.</summary>
    public IReadOnlyList<NodeRow> Nodes => _nodes;

    /// <summary>The name of whoever leads, as of the last look; null while nobody does.</summary>
    public string? Leader { get; private set; }

    /// <summary>Joins the installation. A server that is alone leads when this returns; one of several begins to try.</summary>
    /// <exception cref="StoreUnavailable">There are as many servers as there can be, or the store cannot be used.</exception>
    public async Task Start(CancellationToken stop)
    {
        var row = await Beat(stop).ConfigureAwait(false);
        var highest = await _store.HighestId(stop).ConfigureAwait(false);
        _ids = _options.Alone ? new IdSource(_time, highest) : new IdSource(_time, highest, row.Slot, _options.MostNodes);
        _engine.Use(Engine(_store, new Fleet(true, _log), new Elsewhere(_store, _notes, _time)));
        await _gate.Open(stop).ConfigureAwait(false);
        await Step(row, stop).ConfigureAwait(false);
        if (_options.Alone && _term is { } term)
            await term.Started.WaitAsync(stop).ConfigureAwait(false);
        _hearing = Task.Run(Hear, CancellationToken.None);
        _beats = Task.Run(Run, CancellationToken.None);
    }

    /// <summary>Looks at once, instead of within the second: something about the servers was changed here.</summary>
    public void Look() => _wake.Set();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _beats.ConfigureAwait(false);
        await _hearing.ConfigureAwait(false);
        var lease = _term?.Lease;
        await Resign().ConfigureAwait(false);
        await _ended.ConfigureAwait(false);
        if (lease is not null)
        {
            try
            {
                // Whoever is next need not wait for it to run out.
                await _store.LeaseDrop(lease, CancellationToken.None).ConfigureAwait(false);
            }
            catch (StoreUnavailable)
            {
                // It runs out.
            }
        }

        _stop.Dispose();
    }

    private EngineHost Engine(IStore store, IExecutor executor, Elsewhere? elsewhere) => _engine.SetUp(new EngineHost(
        store, executor, _means.Engine, _time, _logs, _means.Files, _means.Carrier, new EngineShare(_ids!, _engine.Pulse) { Elsewhere = elsewhere, View = View }));

    private LeaderView View() => _nodes.FirstOrDefault(node => node.Name == Leader) is { } leader ? LeaderFacts.Read(leader.Facts) : LeaderView.None;

    private async Task Run()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await _wake.Wait(_options.Alone && _drainedSince is null && _term is not null ? null : _time.GetUtcNow() + Every, _time, _stop.Token).ConfigureAwait(false);
                var row = await Beat(_stop.Token).ConfigureAwait(false);
                await Step(row, _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception trouble)
            {
                BeatFailed(_log, trouble.Message);
                if (!_options.Alone && _term is not null && TimeSpan.FromMilliseconds(_means.BootMs() - _leaseAt) > _options.Lease)
                    await Resign().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Says that this server lives, and until when others count on what runs here.</summary>
    private async Task<NodeRow> Beat(CancellationToken stop)
    {
        var at = _means.BootMs();
        var facts = _means.Facts(LeaderFacts.Write(_term?.Engine.View()));
        if (!(await _store.NodeBeat(new NodeBeat(_options.Name, _incarnation, _means.Url(), facts), _options.MostNodes, stop).ConfigureAwait(false)).Ok(out var row, out var refusal))
            throw new StoreUnavailable(StoreTrouble.Busy, refusal.Message);
        if (!_options.Alone)
            _means.Renew(at + (long)(_options.Grace - _options.Margin).TotalMilliseconds);
        return row;
    }

    private async Task Step(NodeRow mine, CancellationToken stop)
    {
        var nodes = await _store.NodesList(stop).ConfigureAwait(false);
        _nodes = nodes;
        _engine.Miss(nodes.Where(IsSilent).ToDictionary(node => node.Name, node => node.Silence));
        var at = _means.BootMs();
        var lease = mine.Draining && HasAnother(nodes) ? null : await _store.LeaseTake(LeaseName, _options.Name, _incarnation, _options.Lease, stop).ConfigureAwait(false);
        if (_term is not null && lease?.Fence != _term.Lease.Fence)
        {
            var given = _term.Lease;
            await Resign().ConfigureAwait(false);
            if (lease is null)
                await _store.LeaseDrop(given, stop).ConfigureAwait(false);
        }

        if (lease is not null)
        {
            _leaseAt = at;
            if (_term is null)
                Lead(lease, nodes);
            else
                _term.Muster(nodes);
            if (_term!.Started.IsFaulted)
            {
                var term = _term;
                await Resign().ConfigureAwait(false);
                await term.Started.ConfigureAwait(false);
            }

            Leader = _options.Name;
        }
        else if (await _store.LeaseGet(LeaseName, stop).ConfigureAwait(false) is { } other)
        {
            Leader = other.Holder;
            _gate.Heard(other.Fence);
        }
        else
        {
            Leader = null;
        }

        LookWhetherDrained(mine);
    }

    private bool HasAnother(IReadOnlyList<NodeRow> nodes) => nodes.Any(node => node.Name != _options.Name && !node.Draining && !IsSilent(node));

    private void LookWhetherDrained(NodeRow mine)
    {
        if (!mine.Draining)
        {
            _drainedSince = null;
            return;
        }

        // Orders that were on their way when it was closed have arrived by then.
        _drainedSince ??= _time.GetUtcNow();
        if (_gate.Living > 0)
            _drainedSince = _time.GetUtcNow();
        else if (_time.GetUtcNow() - _drainedSince > _options.Lease && (_options.Alone || _term is null || !HasAnother(_nodes)))
            Drained.TrySetResult();
    }

    /// <summary>Begins to lead. What lives is read meanwhile: however long that takes, this server goes on saying that it lives.</summary>
    private void Lead(Lease lease, IReadOnlyList<NodeRow> nodes)
    {
        LeadsNow(_log, lease.Fence);
        var term = new Term(this, lease);
        lock (_leading)
            _term = term;
        term.Muster(nodes);
        term.Begin();
    }

    /// <summary>The engine of a term has read what lives; nobody is told if the term is over by then.</summary>
    private void Begun(Term term)
    {
        lock (_leading)
        {
            if (_term == term)
                _engine.Lead(term.Engine);
        }
    }

    private async Task Resign()
    {
        Term? term;
        lock (_leading)
        {
            term = _term;
            _term = null;
            if (term is not null)
                _engine.Lead(null);
        }

        if (term is null)
            return;
        if (!_stop.IsCancellationRequested)
            LeadsNoMore(_log, term.Lease.Fence);
        // What is on its way may take a while to land, and changes nothing any more: this node has to be heard of meanwhile.
        _ended = Task.WhenAll(_ended, term.DisposeAsync().AsTask());
        await Task.WhenAny(_ended, Task.Delay(Every, _time)).ConfigureAwait(false);
    }

    private async Task Hear()
    {
        try
        {
            await foreach (var signal in _store.Signals(_stop.Token).ConfigureAwait(false))
            {
                if (signal.Kind is StoreSignal.Events or StoreSignal.All)
                    _engine.Pulse.Beat();
                if (signal.Kind is StoreSignal.Notes or StoreSignal.All)
                    _notes.Beat();
                _term?.Engine.Hear(signal);
            }
        }
        catch (OperationCanceledException)
        {
            // The server ends.
        }
    }

    [LoggerMessage(1, LogLevel.Information, "this server leads the installation (term {Fence})")]
    private static partial void LeadsNow(ILogger log, long fence);

    [LoggerMessage(2, LogLevel.Warning, "this server leads no more (term {Fence})")]
    private static partial void LeadsNoMore(ILogger log, long fence);

    [LoggerMessage(3, LogLevel.Warning, "it cannot be said that this server lives: {Reason}")]
    private static partial void BeatFailed(ILogger log, string reason);

    [LoggerMessage(4, LogLevel.Warning, "{Place} cannot be reached: {Reason}")]
    private static partial void DialFailed(ILogger log, string place, string reason);
}
