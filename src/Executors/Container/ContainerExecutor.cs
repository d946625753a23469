using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Switchyard.Core.Execution;

namespace Switchyard.Executors.Container;

/// <summary>
/// Runs attempts that ask for a container in one. The runtime's client stays in the foreground as a process of another
/// executor, which gives logs, adoption after a restart and signals; that executor also removes the container when the
/// client is gone, however it went. Attempts that ask for no container are the other executor's alone.
/// </summary>
public sealed class ContainerExecutor : IExecutor
{
    private const string NoRuntime = "echo \"[ERROR] this task wants the image $1, and this node has no container runtime (setting container_runtime)\" >&2; exit 1";

    private readonly IExecutor _processes;
    private readonly ContainerRuntime? _runtime;
    private readonly Func<string> _nodeId;
    private readonly Func<long, string> _attemptDirectory;
    private readonly ContainerLeftovers? _leftovers;
    private readonly ConcurrentDictionary<long, bool> _started = new();
    private readonly CancellationTokenSource _closing = new();
    private Task _cleaning = Task.CompletedTask;

    /// <summary>An executor of containers over one of processes.</summary>
    /// <param name="processes">Where the clients run.</param>
    /// <param name="runtime">Podman or Docker; null when this node has none.</param>
    /// <param name="nodeId">The node's own name, which tells its containers from those of other installations on the machine.</param>
    /// <param name="attemptDirectory">The directory of an attempt.</param>
    /// <param name="say">Takes what people may want to read.</param>
    public ContainerExecutor(IExecutor processes, ContainerRuntime? runtime, Func<string> nodeId, Func<long, string> attemptDirectory, Action<string> say)
    {
        (_processes, _runtime, _nodeId, _attemptDirectory) = (processes, runtime, nodeId, attemptDirectory);
        if (runtime is not null)
            _leftovers = new ContainerLeftovers(runtime, nodeId, say);
        Reports = _leftovers is null ? processes.Reports : new Watched(processes.Reports, Synced);
    }

    /// <inheritdoc/>
    public string Name => _processes.Name;

    /// <inheritdoc/>
    public ChannelReader<ExecutorSignal> Reports { get; }

    /// <inheritdoc/>
    public KillLevel KillLevel => _processes.KillLevel;

    /// <inheritdoc/>
    public Task Open(CancellationToken stop) => _processes.Open(stop);

    /// <inheritdoc/>
    public ValueTask Start(IReadOnlyList<StartOrder> orders, CancellationToken stop) =>
        _processes.Start(orders.Any(order => order.Container is not null) ? [.. orders.Select(Contained)] : orders, stop);

    /// <inheritdoc/>
    public ValueTask Stop(IReadOnlyList<StopOrder> orders, CancellationToken stop) => _processes.Stop(orders, stop);

    /// <inheritdoc/>
    public ValueTask Acknowledge(IReadOnlyList<long> attemptIds, CancellationToken stop)
    {
        foreach (var id in attemptIds)
            _started.TryRemove(id, out _);
        return _processes.Acknowledge(attemptIds, stop);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _cleaning.ConfigureAwait(false);
        await _processes.DisposeAsync().ConfigureAwait(false);
        _closing.Dispose();
    }

    private StartOrder Contained(StartOrder order)
    {
        if (order.Container is not { } container)
            return order;
        if (_runtime is null)
            return new StartOrder(order.AttemptId, [.. container.Launcher, "/bin/sh", "-c", NoRuntime, "sh", container.Container.Image], [], null, order.Files, order.Secrets);
        _started[order.AttemptId] = true;
        return new ContainerCommand(_runtime, order, container, _nodeId(), _attemptDirectory(order.AttemptId)).Order();
    }

    /// <summary>What neither the far side knows nor was started from here since is nobody's.</summary>
    private void Synced(ExecutorSync sync)
    {
        if (_cleaning.IsCompleted)
            _cleaning = Task.Run(() => _leftovers!.Remove(id => sync.Known.Contains(id) || _started.ContainsKey(id), _closing.Token), CancellationToken.None);
    }

    /// <summary>What is read there, with a look at each sync.</summary>
    private sealed class Watched(ChannelReader<ExecutorSignal> inner, Action<ExecutorSync> synced) : ChannelReader<ExecutorSignal>
    {
        public override Task Completion => inner.Completion;

        public override bool TryRead([MaybeNullWhen(false)] out ExecutorSignal item)
        {
            if (!inner.TryRead(out item))
                return false;
            if (item is ExecutorSync sync)
                synced(sync);
            return true;
        }

        public override ValueTask<bool> WaitToReadAsync(CancellationToken cancellationToken = default) => inner.WaitToReadAsync(cancellationToken);
    }
}
