namespace Switchyard.Core.Runs;

/// <summary>What the engine has done since it started, and holds now.</summary>
public interface IEngineStats
{
    /// <summary>The numbers at this moment.</summary>
    EngineNumbers Read();
}

/// <summary>The engine in numbers.</summary>
/// <param name="Submitted">Runs inserted since the start.</param>
/// <param name="Ended">Runs ended since the start.</param>
/// <param name="Attempts">Attempts placed since the start.</param>
/// <param name="LivingRuns">Runs that have not ended.</param>
/// <param name="Placed">Attempts that hold capacity.</param>
/// <param name="Waiting">Attempts that wait for capacity.</param>
public sealed record EngineNumbers(long Submitted, long Ended, long Attempts, long LivingRuns, long Placed, long Waiting);
