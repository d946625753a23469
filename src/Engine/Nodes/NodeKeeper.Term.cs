using System.Collections.Concurrent;
using Switchyard.Core.Storage;

namespace Switchyard.Engine.Nodes;

public sealed partial class NodeKeeper
{
    /// <summary>One time of leading: an engine over a store that is fenced with it, and links to all places.</summary>
    private sealed class Term : IAsyncDisposable
    {
        private static readonly TimeSpan DialFor = TimeSpan.FromSeconds(5);

        private readonly NodeKeeper _keeper;
        private readonly Fleet _fleet;
        private readonly CancellationTokenSource _ending = new();
        private readonly ConcurrentDictionary<string, bool> _dialling = new(StringComparer.Ordinal);
        private readonly HashSet<string> _lost = new(StringComparer.Ordinal);
        private string _shown = "";

        public Term(NodeKeeper keeper, Lease lease)
        {
            (_keeper, Lease) = (keeper, lease);
            _fleet = new Fleet(keeper._options.Alone, keeper._log);
            Engine = keeper.Engine(keeper._store.Fenced(lease), _fleet, null);
        }

        public Lease Lease { get; }

        public EngineHost Engine { get; }

        /// <summary>Completes when the engine has read what lives, or could not.</summary>
        public Task Started { get; private set; } = Task.CompletedTask;

        /// <summary>Starts the engine.</summary>
        public void Begin() => Started = Task.Run(
            async () =>
            {
                await Engine.Start(_ending.Token).ConfigureAwait(false);
                _keeper.Begun(this);
            },
            CancellationToken.None);

        /// <summary>Says which places there are, links those that are not, and gives up those that were silent for too long.</summary>
        public void Muster(IReadOnlyList<NodeRow> nodes)
        {
            var (options, means) = (_keeper._options, _keeper._means);
            // First this node: it is the cheapest to tell.
            var rows = nodes.OrderByDescending(node => node.Name == options.Name).ToList();
            var places = rows.Select(node => means.PlaceOf(node, WhyClosed(node))).Concat(means.Clusters.Select(cluster => cluster.Place)).ToList();
            var shown = string.Join('\n', places.Select(place => $"{place.Name} {place.Capacity} {place.Address} {place.Closed is null}"));
            if (shown != _shown)
            {
                _shown = shown;
                _fleet.Put(places);
            }

            foreach (var node in rows)
            {
                if (node.Name == options.Name)
                    Dial(node.Name, _ => Task.FromResult(_keeper._gate.Command(Lease.Fence)));
                else if (!_keeper.IsSilent(node))
                    Dial(node.Name, stop => means.Dial(node, Lease.Fence, stop)!);
                GiveUp(node);
            }

            foreach (var (place, link) in means.Clusters)
                Dial(place.Name, stop => link(Lease.Fence, stop)!);
        }

        public async ValueTask DisposeAsync()
        {
            await _ending.CancelAsync().ConfigureAwait(false);
            await Started.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Engine.DisposeAsync().ConfigureAwait(false);
            await _fleet.DisposeAsync().ConfigureAwait(false);
        }

        private string? WhyClosed(NodeRow node) =>
            node.Draining ? $"node {node.Name} is being drained"
            : node.Name != _keeper._options.Name && _keeper.IsSilent(node) ? $"node {node.Name} is unreachable"
            : null;

        /// <summary>What ran on a node that was silent for the grace is over: its host has seen to that.</summary>
        private void GiveUp(NodeRow node)
        {
            if (_keeper._options.Alone || node.Silence < _keeper._options.Grace)
                _lost.Remove(node.Name);
            else if (_lost.Add(node.Name))
                _fleet.Lose(node.Name, FormattableString.Invariant($"node {node.Name} was not heard of for {node.Silence.TotalSeconds:0} s, and its host ends what runs there before that"));
        }

        private void Dial(string place, Func<CancellationToken, Task<IExecutorLink?>> dial)
        {
            if (_fleet.IsLinked(place) || !_dialling.TryAdd(place, true))
                return;
            _ = Task.Run(async () =>
            {
                try
                {
                    using var patience = new CancellationTokenSource(DialFor, _keeper._time);
                    using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _ending.Token);
                    if (await dial(either.Token).ConfigureAwait(false) is { } link)
                        _fleet.Link(place, link);
                }
                catch (Exception trouble) when (!_ending.IsCancellationRequested)
                {
                    DialFailed(_keeper._log, place, trouble.Message);
                }
                catch (Exception)
                {
                    // The term is over; whatever became of it is the next one's affair.
                }
                finally
                {
                    _dialling.TryRemove(place, out var _);
                }
            });
        }
    }
}
