using System.Threading.Channels;
using Switchyard.Core.Execution;

namespace Switchyard.Engine.Nodes;

/// <summary>The leader's hold on a cluster: an executor that each leader opens for itself, over a directory that they share.</summary>
public sealed class ClusterLink : IExecutorLink
{
    private readonly IExecutor _executor;

    private ClusterLink(IExecutor executor) => _executor = executor;

    /// <summary>Opens an executor, which is closed with the link.</summary>
    public static async Task<IExecutorLink> Open(IExecutor executor, CancellationToken stop)
    {
        try
        {
            await executor.Open(stop).ConfigureAwait(false);
            return new ClusterLink(executor);
        }
        catch
        {
            await executor.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public ChannelReader<ExecutorSignal> Reports => _executor.Reports;

    /// <inheritdoc/>
    public ValueTask Start(IReadOnlyList<StartOrder> orders, CancellationToken stop) => _executor.Start(orders, stop);

    /// <inheritdoc/>
    public ValueTask Stop(IReadOnlyList<StopOrder> orders, CancellationToken stop) => _executor.Stop(orders, stop);

    /// <inheritdoc/>
    public ValueTask Acknowledge(IReadOnlyList<long> attemptIds, CancellationToken stop) => _executor.Acknowledge(attemptIds, stop);

    /// <inheritdoc/>
    public ValueTask Release(IReadOnlyList<AllocationName> allocations, CancellationToken stop) => _executor.Release(allocations, stop);

    public ValueTask DisposeAsync() => _executor.DisposeAsync();
}
