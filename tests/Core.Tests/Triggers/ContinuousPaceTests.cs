using Switchyard.Core.Runs;
using Switchyard.Core.Triggers;
using Xunit;

namespace Switchyard.Core.Tests;

/// <summary>When continuous jobs run again.</summary>
public sealed class ContinuousPaceTests
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(RunState.Succeeded, 7, 0, 1)]
    [InlineData(RunState.SucceededWithFailures, 7, 0, 1)]
    [InlineData(RunState.Cancelled, 7, 7, 1)]
    [InlineData(RunState.Skipped, 7, 7, 1)]
    [InlineData(RunState.Failed, 0, 1, 5)]
    [InlineData(RunState.TimedOut, 1, 2, 10)]
    [InlineData(RunState.Failed, 5, 6, 160)]
    [InlineData(RunState.Failed, 30, 31, 3600)]
    [InlineData(RunState.Failed, 1_000_000, 1_000_001, 3600)]
    public void A_success_is_followed_at_once_and_failures_in_a_row_later_and_later(RunState end, int before, int after, int seconds) =>
        Assert.Equal((after, Noon.AddSeconds(seconds)), ContinuousPace.After(end, before, Noon));
}
