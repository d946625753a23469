using Switchyard.Core.Plans;

namespace Switchyard.Core.Pools;

/// <summary>A share of the capacity (an OpenPAI virtual cluster).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Guaranteed">Percent of the capacity it always gets.</param>
/// <param name="Maximum">Percent it may use while others leave it idle.</param>
/// <param name="Open">False while it takes no new runs.</param>
public sealed record Pool(string Name, int Guaranteed, int Maximum, bool Open)
{
    /// <summary>Where its tasks run (<c>process</c>, <c>slurm</c>); null for the installation's default.</summary>
    public string? Executor { get; init; }

    /// <summary>Where a cluster's queue system puts what runs in the pool; null for where it puts everything.</summary>
    public ClusterQueue? Queue { get; init; }

    /// <summary>The pool everybody may use.</summary>
    public const string DefaultName = "default";

    /// <summary>All of the machine.</summary>
    public static readonly Pool Default = new(DefaultName, 100, 100, true);
}

/// <summary>What goes on in a pool.</summary>
/// <param name="Held">What its attempts hold.</param>
/// <param name="Running">How many attempts hold something.</param>
/// <param name="Waiting">How many wait for it.</param>
public readonly record struct PoolUse(Resources Held, int Running, int Waiting);

/// <summary>A place in the queue system of a cluster; null leaves each to the cluster's default.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Account">Whom it is charged to.</param>
/// <param name="Qos">The quality of service.</param>
public sealed record ClusterQueue(string? Partition, string? Account, string? Qos);
