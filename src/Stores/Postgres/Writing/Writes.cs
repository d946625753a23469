using Switchyard.Core.Storage;

namespace Switchyard.Stores.Postgres.Writing;

/// <summary>The way to the writer, with the lease under which all that goes this way is written.</summary>
internal sealed class Writes(Writer writer, Lease? lease)
{
    /// <summary>The lease; null for none.</summary>
    public Lease? Lease => lease;

    /// <summary>Queues a write; the answer comes after its commit.</summary>
    public Task<T> Do<T>(Func<WriteSession, Task<T>> work, CancellationToken stop) => Do(work, static _ => true, stop);

    /// <summary>The same, taking its rows back when <paramref name="keep"/> says no to the answer.</summary>
    public Task<T> Do<T>(Func<WriteSession, Task<T>> work, Func<T, bool> keep, CancellationToken stop) => Queue(new PlainWrite<T>(work, keep, lease, stop));

    /// <summary>Queues a write that is done together with its likes.</summary>
    public Task<T> Queue<T>(Write<T> write)
    {
        writer.Queue(write);
        return write.Answered;
    }
}
