using Switchyard.Core.Plans;

namespace Switchyard.Core.Pools;

/// <summary>Whether something may start in a pool now. Pure arithmetic; the Placer keeps the sums.</summary>
public static class Placement
{
    /// <summary>Null when the need fits; otherwise what stands in the way, for people.</summary>
    /// <param name="need">What is asked for, of a whole gang if it is one.</param>
    /// <param name="pool">The pool asked.</param>
    /// <param name="inPool">What the pool's instances hold.</param>
    /// <param name="inAll">What all instances hold.</param>
    /// <param name="total">The capacity.</param>
    public static string? WhyNot(Resources need, Pool pool, Resources inPool, Resources inAll, Resources total)
    {
        var most = Share(total, pool.Maximum);
        return First(
            Lack("slot", need.Slots, most.Slots - inPool.Slots, total.Slots - inAll.Slots, most.Slots, pool),
            Lack("GPU", need.Gpus, most.Gpus - inPool.Gpus, total.Gpus - inAll.Gpus, most.Gpus, pool),
            Lack("core", need.CpuMillis, most.CpuMillis - inPool.CpuMillis, total.CpuMillis - inAll.CpuMillis, most.CpuMillis, pool, 1000),
            Lack("MiB of memory", need.MemoryMb, most.MemoryMb - inPool.MemoryMb, total.MemoryMb - inAll.MemoryMb, most.MemoryMb, pool));
    }

    /// <summary>Null when the need could ever fit into the pool; otherwise why it never can.</summary>
    public static string? WhyNever(Resources need, Pool pool, Resources total) =>
        need.FitsIn(Share(total, pool.Maximum)) ? null : $"it asks for {Say(need)}, and pool {pool.Name} has at most {Say(Share(total, pool.Maximum))}";

    /// <summary>A percentage of a capacity, rounded down, but never to nothing where there is something (unless it is none of it).</summary>
    public static Resources Share(Resources total, int percent) => new(
        (int)Part(total.Slots, percent), Part(total.CpuMillis, percent), Part(total.MemoryMb, percent), (int)Part(total.Gpus, percent));

    /// <summary>Resources in words.</summary>
    public static string Say(Resources r)
    {
        var parts = new List<string>(4);
        if (r.Slots > 0)
            parts.Add($"{r.Slots} slots");
        if (r.CpuMillis > 0)
            parts.Add(FormattableString.Invariant($"{r.CpuMillis / 1000.0:0.###} cores"));
        if (r.MemoryMb > 0)
            parts.Add($"{r.MemoryMb} MiB");
        if (r.Gpus > 0)
            parts.Add($"{r.Gpus} GPUs");
        return parts.Count == 0 ? "nothing" : string.Join(", ", parts);
    }

    private static long Part(long total, int percent) => total == 0 || percent <= 0 ? 0 : Math.Max(1, total * percent / 100);

    /// <param name="parts">How many of the numbers make one unit.</param>
    private static string? Lack(string unit, long need, long freeInPool, long freeInAll, long most, Pool pool, int parts = 1)
    {
        if (need == 0 || need <= Math.Min(freeInPool, freeInAll))
            return null;
        var units = need == parts || unit.Contains(' ', StringComparison.Ordinal) ? unit : unit + "s";
        string Units(long number) => FormattableString.Invariant($"{(double)number / parts:0.###}");
        return freeInPool < need
            ? $"waiting for {Units(need)} {units} in pool {pool.Name}: {Units(most - freeInPool)} of {Units(most)} in use"
            : $"waiting for {Units(need)} {units}: other pools use all but {Units(freeInAll)}";
    }

    private static string? First(params ReadOnlySpan<string?> reasons)
    {
        foreach (var reason in reasons)
        {
            if (reason is not null)
                return reason;
        }

        return null;
    }
}
