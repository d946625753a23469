using Switchyard.Core.Triggers;
using Xunit;

namespace Switchyard.Engine.Tests;

/// <summary>When triggers fire next.</summary>
public sealed class NextFireTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 10, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("0 0 0 * * ? 909999")]
    [InlineData("0 0 0 29 2 ? 21010")]
    [InlineData("0 0 0 30 2 ?")]
    [InlineData("0 0 0 * * ? 1990")]
    [InlineData("no cron")]
    public void A_schedule_outside_the_calendar_never_fires(string expression) =>
        Assert.Null(NextFire.After(new Trigger.Cron(expression, "UTC"), Noon));

    [Fact]
    public void An_absurd_step_breaks_nothing() =>
        Assert.True(NextFire.After(new Trigger.Cron("0 0 0 1/999399999999 * ?", "UTC"), Noon) is null or { Year: < 2030 });

    [Fact]
    public void A_schedule_whose_last_year_is_absurd_fires_in_its_others()
    {
        var cron = new Trigger.Cron("0 0 0 1 1 ? 2027,909999", "UTC");
        var first = NextFire.After(cron, Noon);
        Assert.Equal(new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero), first);
        Assert.Null(NextFire.After(cron, first!.Value));
    }

    [Fact]
    public void A_time_that_a_clock_change_skips_fires_after_the_gap_and_one_that_comes_twice_fires_once()
    {
        var cron = new Trigger.Cron("0 30 2 * * ?", "Europe/Berlin");
        Assert.Equal(new DateTimeOffset(2026, 3, 29, 1, 0, 0, TimeSpan.Zero), NextFire.After(cron, new DateTimeOffset(2026, 3, 28, 12, 0, 0, TimeSpan.Zero)));
        var first = NextFire.After(cron, new DateTimeOffset(2026, 10, 24, 12, 0, 0, TimeSpan.Zero));
        Assert.Equal(new DateTimeOffset(2026, 10, 25, 0, 30, 0, TimeSpan.Zero), first);
        Assert.Equal(new DateTimeOffset(2026, 10, 26, 1, 30, 0, TimeSpan.Zero), NextFire.After(cron, first!.Value));
    }
}
