using Switchyard.Core.Pools;

namespace Switchyard.Engine.Nodes;

/// <summary>What goes on in a pool.</summary>
/// <param name="Pool">Its name.</param>
/// <param name="Use">What is in use, and how many wait.</param>
/// <param name="First">The run whose turn it is; 0 when none waits.</param>
/// <param name="Why">What that one waits for.</param>
internal sealed record LineView(string Pool, PoolUse Use, long First, string? Why);

/// <summary>What only the leader's engine knows and people ask every server for; a second old.</summary>
/// <param name="Living">Runs that have not ended.</param>
/// <param name="Placed">Attempts that hold capacity.</param>
/// <param name="Waiting">Attempts that wait for capacity.</param>
/// <param name="Lines">The pools.</param>
internal sealed record LeaderView(int Living, int Placed, int Waiting, IReadOnlyList<LineView> Lines)
{
    /// <summary>While nobody leads.</summary>
    public static readonly LeaderView None = new(0, 0, 0, []);

    /// <summary>Why a run waits, told from what the first of its pool waits for.</summary>
    public static string Why(string pool, long runId, long first, string why) => first == runId ? why : $"in line in pool {pool}, whose first is {why}";

    public string? WhyWaiting(string pool, long runId) =>
        Lines.FirstOrDefault(line => line.Pool == pool) is { Why: { } why } line ? Why(pool, runId, line.First, why) : null;

    public PoolUse UseOf(string pool) => Lines.FirstOrDefault(line => line.Pool == pool)?.Use ?? default;
}
