namespace Switchyard.Engine;

/// <summary>
/// Ids for jobs, runs and attempts: ascending, never given twice, below 2^53 (a client's double holds them), 15 or 16
/// digits. The upper bits are milliseconds, so that a new installation's ids never meet an old one's.
/// </summary>
public sealed class IdSource(TimeProvider time, long highest)
{
    /// <summary>2025-01-01, from which the milliseconds count.</summary>
    private const long Epoch = 1_735_689_600_000;

    private long _last = highest;

    /// <summary>The next id.</summary>
    public long Next()
    {
        while (true)
        {
            var last = Interlocked.Read(ref _last);
            var next = Math.Max(last + 1, (time.GetUtcNow().ToUnixTimeMilliseconds() - Epoch) << 12);
            if (Interlocked.CompareExchange(ref _last, next, last) == last)
                return next;
        }
    }
}
