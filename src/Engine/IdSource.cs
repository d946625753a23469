namespace Switchyard.Engine;

/// <summary>
/// Ids for jobs, runs and attempts: ascending, never given twice, below 2^53 (a client's double holds them), 15 or 16
/// digits. The upper bits are time, in blocks of 16 ms, so that a new installation's ids never meet an old one's. Of several servers each
/// gives out its own stretch of each block: what is made together stands together in an index.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="highest">The highest id that was ever given out.</param>
/// <param name="slot">This server's slot, from 0.</param>
/// <param name="slots">How many there are: a power of two.</param>
public sealed class IdSource(TimeProvider time, long highest, int slot = 0, int slots = 1)
{
    /// <summary>2025-01-01, from which the milliseconds count.</summary>
    private const long Epoch = 1_735_689_600_000;

    private const int BlockMs = 16;
    private const long Block = BlockMs << 12;

    private readonly long _stretch = Block / slots;
    private long _last = highest - (highest % Block) + Block - 1;

    /// <summary>The next id.</summary>
    public long Next()
    {
        while (true)
        {
            var last = Interlocked.Read(ref _last);
            var block = last - (last % Block);
            var next = last + 1 < block + ((slot + 1) * _stretch) ? last + 1 : First(block + Block);
            next = Math.Max(next, First((time.GetUtcNow().ToUnixTimeMilliseconds() - Epoch) / BlockMs * Block));
            if (Interlocked.CompareExchange(ref _last, next, last) == last)
                return next;
        }
    }

    /// <summary>The first id of ours in a block.</summary>
    private long First(long block) => block + (slot * _stretch);
}
