using System.Globalization;
using Xunit;

namespace Switchyard.Engine.Tests.Simulation;

/// <summary>Many small worlds with everything going wrong. A failure prints its seed; <c>YARD_SEED=n</c> runs that one alone.</summary>
public sealed class SimulationTests
{
    private const int Steps = 250;
    private static readonly int Worlds = Environment.GetEnvironmentVariable("YARD_TEST_LONG") is null ? 60 : 2_000;

    [Fact]
    public async Task Whatever_goes_wrong_every_run_ends_nothing_starts_twice_and_the_counters_are_true()
    {
        var only = Environment.GetEnvironmentVariable("YARD_SEED") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : (int?)null;
        foreach (var seed in only is { } one ? [one] : Enumerable.Range(1, Worlds))
        {
            try
            {
                await using var world = new World(seed);
                await world.Live(Steps);
            }
            catch (Exception problem)
            {
                throw new InvalidOperationException($"seed {seed} (YARD_SEED={seed} repeats it): {problem.Message}", problem);
            }
        }
    }
}
