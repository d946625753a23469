using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Switchyard.Core.Execution;

namespace Switchyard.Engine.Nodes;

/// <summary>All places of the installation as the one executor that the leader's engine knows: each order goes to its place, and each report says where it is from.</summary>
/// <param name="alone">True when there is but one node whatever it is called: what its host knows is then all there is, but for clusters.</param>
/// <param name="log">Where it says which places come and go.</param>
public sealed partial class Fleet(bool alone, ILogger log) : IExecutor
{
    private readonly Channel<ExecutorSignal> _reports = Channel.CreateUnbounded<ExecutorSignal>(new() { SingleReader = true });
    private readonly ConcurrentDictionary<string, IExecutorLink> _links = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, string> _where = new();
    private readonly List<Task> _pumps = [];
    private HashSet<string> _clusters = [];
    private readonly CancellationTokenSource _stop = new();

    /// <inheritdoc/>
    public string Name => "fleet";

    /// <inheritdoc/>
    public ChannelReader<ExecutorSignal> Reports => _reports.Reader;

    /// <summary>What can be promised of all places: the weaker one.</summary>
    public KillLevel KillLevel => KillLevel.Subreaper;

    /// <inheritdoc/>
    public Task Open(CancellationToken stop) => Task.CompletedTask;

    /// <summary>The places there are from now on; those that are new have to be linked.</summary>
    public void Put(IReadOnlyList<Place> places)
    {
        _clusters = places.Where(place => place.Executor != Place.Process).Select(place => place.Name).ToHashSet(StringComparer.Ordinal);
        Report(new PlacesChanged(places, !alone));
    }

    /// <summary>Whether a place can be told anything.</summary>
    public bool IsLinked(string place) => _links.ContainsKey(place);

    /// <summary>Takes a link to a place into use, until it breaks.</summary>
    public void Link(string place, IExecutorLink link)
    {
        _links[place] = link;
        lock (_pumps)
        {
            _pumps.RemoveAll(pump => pump.IsCompleted);
            _pumps.Add(Task.Run(() => Pump(place, link), CancellationToken.None));
        }
    }

    /// <summary>Says that a place is gone with all that ran there.</summary>
    public void Lose(string place, string reason)
    {
        PlaceIsLost(log, place, reason);
        Report(new PlaceLost(place, reason));
    }

    /// <inheritdoc/>
    public async ValueTask Start(IReadOnlyList<StartOrder> orders, CancellationToken stop)
    {
        foreach (var group in orders.GroupBy(order => order.Place))
        {
            if (!_links.TryGetValue(group.Key, out var link))
                continue;
            foreach (var order in group)
                _where[order.AttemptId] = group.Key;
            await link.Start(group.Count() == orders.Count ? orders : [.. group], stop).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public ValueTask Stop(IReadOnlyList<StopOrder> orders, CancellationToken stop) =>
        Each(orders, order => order.AttemptId, (link, some) => link.Stop(some, stop));

    /// <inheritdoc/>
    public async ValueTask Acknowledge(IReadOnlyList<long> attemptIds, CancellationToken stop)
    {
        await Each(attemptIds, id => id, (link, some) => link.Acknowledge(some, stop)).ConfigureAwait(false);
        foreach (var id in attemptIds)
            _where.TryRemove(id, out _);
    }

    /// <inheritdoc/>
    public async ValueTask Release(IReadOnlyList<AllocationName> allocations, CancellationToken stop)
    {
        foreach (var (_, link) in _links)
            await link.Release(allocations, stop).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        Task[] pumps;
        lock (_pumps)
            pumps = [.. _pumps];
        await Task.WhenAll(pumps).ConfigureAwait(false);
        _reports.Writer.TryComplete();
        _stop.Dispose();
    }

    /// <summary>Hands each to the place it is at; what nobody knows the place of, to all.</summary>
    private async ValueTask Each<T>(IReadOnlyList<T> things, Func<T, long> attemptOf, Func<IExecutorLink, IReadOnlyList<T>, ValueTask> hand)
    {
        if (_links.Count == 1)
        {
            foreach (var (_, only) in _links)
                await hand(only, things).ConfigureAwait(false);
            return;
        }

        foreach (var group in things.GroupBy(thing => _where.GetValueOrDefault(attemptOf(thing))))
        {
            foreach (var (place, link) in _links)
            {
                if (group.Key is null || group.Key == place)
                    await hand(link, [.. group]).ConfigureAwait(false);
            }
        }
    }

    private async Task Pump(string place, IExecutorLink link)
    {
        var why = "the connection ended";
        try
        {
            await foreach (var signal in link.Reports.ReadAllAsync(_stop.Token).ConfigureAwait(false))
                Report(Placed(signal, place));
        }
        catch (OperationCanceledException)
        {
            why = "this server does not lead any more";
        }
        catch (Exception broken) when (broken is IOException or InvalidDataException or ChannelClosedException)
        {
            why = broken.Message;
        }

        _links.TryRemove(KeyValuePair.Create(place, link));
        Report(new ExecutorGone(why, Said(place)));
        if (!_stop.IsCancellationRequested)
            LinkBroke(log, place, why);
        await link.DisposeAsync().ConfigureAwait(false);
    }

    private ExecutorSignal Placed(ExecutorSignal signal, string place)
    {
        switch (signal)
        {
            case AttemptReport report:
                _where[report.AttemptId] = place;
                return report;
            case ExecutorSync sync:
                return sync with { Place = Said(place) };
            case ExecutorGone gone:
                return gone with { Place = Said(place) };
            default:
                return signal;
        }
    }

    /// <summary>Of which place the engine is told.</summary>
    private string Said(string place) => alone && !_clusters.Contains(place) ? "" : place;

    private void Report(ExecutorSignal signal) => _reports.Writer.TryWrite(signal);

    [LoggerMessage(1, LogLevel.Warning, "{Place} is given up: {Reason}")]
    private static partial void PlaceIsLost(ILogger log, string place, string reason);

    [LoggerMessage(2, LogLevel.Warning, "the connection to {Place} broke: {Reason}")]
    private static partial void LinkBroke(ILogger log, string place, string reason);
}
