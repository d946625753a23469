using Switchyard.Core.Plans;

namespace Switchyard.Core.Pools;

/// <summary>A share of the capacity (an OpenPAI virtual cluster).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Guaranteed">Percent of the capacity it always gets.</param>
/// <param name="Maximum">Percent it may use while others leave it idle.</param>
/// <param name="Open">False while it takes no new runs.</param>
public sealed record Pool(string Name, int Guaranteed, int Maximum, bool Open)
{
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
