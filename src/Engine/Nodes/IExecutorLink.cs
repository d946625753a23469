using System.Threading.Channels;
using Switchyard.Core.Execution;

namespace Switchyard.Engine.Nodes;

/// <summary>
/// The leader's hold on one place: an executor of this server, or of another one over the network. It begins with everything the place knows, as
/// <see cref="IExecutor"/> does after its opening; when it breaks, its reports end, and the next link begins anew.
/// </summary>
public interface IExecutorLink : IAsyncDisposable
{
    /// <summary>See <see cref="IExecutor.Start"/>.</summary>
    ValueTask Start(IReadOnlyList<StartOrder> orders, CancellationToken stop);

    /// <summary>See <see cref="IExecutor.Stop"/>.</summary>
    ValueTask Stop(IReadOnlyList<StopOrder> orders, CancellationToken stop);

    /// <summary>See <see cref="IExecutor.Acknowledge"/>.</summary>
    ValueTask Acknowledge(IReadOnlyList<long> attemptIds, CancellationToken stop);

    /// <summary>See <see cref="IExecutor.Release"/>.</summary>
    ValueTask Release(IReadOnlyList<AllocationName> allocations, CancellationToken stop) => ValueTask.CompletedTask;

    /// <summary>What happens there; completes when the link is broken. One reader.</summary>
    ChannelReader<ExecutorSignal> Reports { get; }
}
