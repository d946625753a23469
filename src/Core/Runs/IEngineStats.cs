using Switchyard.Core.Plans;

namespace Switchyard.Core.Runs;

/// <summary>What the engine tells about itself, for <c>/metrics</c> and for people. Reading is cheap and never waits.</summary>
public interface IEngineStats
{
    /// <summary>What this node has to give.</summary>
    Resources Capacity { get; }

    /// <summary>What its placed attempts hold of it.</summary>
    Resources InUse { get; }

    /// <summary>All numbers, in a stable order.</summary>
    IReadOnlyList<EngineStat> Read();
}

/// <summary>One number.</summary>
/// <param name="Name">Prometheus name without the prefix: lower case, underscores, unit last (<c>runs_started_total</c>).</param>
/// <param name="Text">What it counts.</param>
/// <param name="Counts">True when it only grows; false when it is a level.</param>
public sealed record EngineStat(string Name, string Text, bool Counts, double Value);
