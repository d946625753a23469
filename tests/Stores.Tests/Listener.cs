using System.Threading.Channels;
using Switchyard.Core.Storage;

namespace Switchyard.Stores.Tests;

/// <summary>Somebody who listens to a store's signals.</summary>
internal sealed class Listener
{
    private readonly Channel<StoreSignal> _heard = Channel.CreateUnbounded<StoreSignal>();
    private readonly CancellationToken _stop;

    private Listener(IStore store, CancellationToken stop)
    {
        _stop = stop;
        Ended = Listen(store);
    }

    /// <summary>Ends when the listening was ended.</summary>
    public Task Ended { get; }

    public static Listener To(IStore store, CancellationToken stop) => new(store, stop);

    /// <summary>Waits for a signal; others are passed over.</summary>
    public Task Hears(StoreSignal signal) => Hears(heard => heard == signal);

    /// <summary>Waits for a signal of a kind; others are passed over.</summary>
    public Task Hears(string kind) => Hears(heard => heard.Kind == kind);

    private async Task Hears(Func<StoreSignal, bool> wanted)
    {
        await foreach (var heard in _heard.Reader.ReadAllAsync(_stop))
        {
            if (wanted(heard))
                return;
        }

        throw new InvalidOperationException("the signals ended");
    }

    private async Task Listen(IStore store)
    {
        try
        {
            await foreach (var signal in store.Signals(_stop))
                _heard.Writer.TryWrite(signal);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // This is how listening ends.
        }
        finally
        {
            _heard.Writer.TryComplete();
        }
    }
}
