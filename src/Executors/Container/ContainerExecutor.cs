using System.Threading.Channels;
using Switchyard.Core.Execution;

namespace Switchyard.Executors.Container;

/// <summary>
/// Runs attempts that ask for a container in one. The runtime's client stays in the foreground as a process of another
/// executor, which gives logs, adoption after a restart and signals; that executor also removes the container when the
/// client is gone, however it went. Attempts that ask for no container are the other executor's alone.
/// </summary>
/// <param name="processes">Where the clients run.</param>
/// <param name="runtime">Podman or Docker; null when this node has none.</param>
/// <param name="nodeId">The node's own name, which tells its containers from those of other installations on the machine.</param>
/// <param name="attemptDirectory">The directory of an attempt.</param>
public sealed class ContainerExecutor(IExecutor processes, ContainerRuntime? runtime, Func<string> nodeId, Func<long, string> attemptDirectory) : IExecutor
{
    private const string NoRuntime = "echo \"[ERROR] this task wants the image $1, and this node has no container runtime (setting container_runtime)\" >&2; exit 1";

    /// <inheritdoc/>
    public string Name => processes.Name;

    /// <inheritdoc/>
    public ChannelReader<ExecutorSignal> Reports => processes.Reports;

    /// <inheritdoc/>
    public KillLevel KillLevel => processes.KillLevel;

    /// <inheritdoc/>
    public Task Open(CancellationToken stop) => processes.Open(stop);

    /// <inheritdoc/>
    public ValueTask Start(IReadOnlyList<StartOrder> orders, CancellationToken stop) =>
        processes.Start(orders.Any(order => order.Container is not null) ? [.. orders.Select(Contained)] : orders, stop);

    /// <inheritdoc/>
    public ValueTask Stop(IReadOnlyList<StopOrder> orders, CancellationToken stop) => processes.Stop(orders, stop);

    /// <inheritdoc/>
    public ValueTask Acknowledge(IReadOnlyList<long> attemptIds, CancellationToken stop) => processes.Acknowledge(attemptIds, stop);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => processes.DisposeAsync();

    private StartOrder Contained(StartOrder order)
    {
        if (order.Container is not { } container)
            return order;
        if (runtime is null)
            return new StartOrder(order.AttemptId, [.. container.Launcher, "/bin/sh", "-c", NoRuntime, "sh", container.Container.Image], [], null, order.Files, order.Secrets);
        return new ContainerCommand(runtime, order, container, nodeId(), attemptDirectory(order.AttemptId)).Order();
    }
}
