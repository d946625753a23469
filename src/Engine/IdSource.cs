namespace Switchyard.Engine;

/// <summary>
/// Ids for jobs, runs and attempts: ascending, never given twice, below 2^53 (a client's double holds them), 15 or 16
/// digits. The upper bits are milliseconds, so that a new installation's ids never meet an old one's. Of several servers each
/// gives out those that leave its slot when divided by the number of slots.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="highest">The highest id that was ever given out.</param>
/// <param name="slot">This server's slot, from 0.</param>
/// <param name="slots">How many there are: a power of two.</param>
public sealed class IdSource(TimeProvider time, long highest, int slot = 0, int slots = 1)
{
    /// <summary>2025-01-01, from which the milliseconds count.</summary>
    private const long Epoch = 1_735_689_600_000;

    private long _last = highest - (highest % slots) + slot;

    /// <summary>The next id.</summary>
    public long Next()
    {
        while (true)
        {
            var last = Interlocked.Read(ref _last);
            var next = Math.Max(last + slots, ((time.GetUtcNow().ToUnixTimeMilliseconds() - Epoch) << 12) + slot);
            if (Interlocked.CompareExchange(ref _last, next, last) == last)
                return next;
        }
    }
}
