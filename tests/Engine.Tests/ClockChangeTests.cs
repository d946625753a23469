using NodaTime;
using NodaTime.TimeZones;
using Switchyard.Core.Triggers;
using Xunit;

namespace Switchyard.Engine.Tests;

/// <summary>Schedules over all clock changes of all zones in one year.</summary>
public sealed class ClockChangeTests
{
    private static readonly Instant NewYear = Instant.FromUtc(2026, 1, 1, 0, 0);
    private static readonly Instant YearEnd = Instant.FromUtc(2027, 1, 1, 0, 0);

    /// <summary>The zones of the world, each once: the ids that stand for others come from the same data.</summary>
    private static IEnumerable<DateTimeZone> Zones => TzdbDateTimeZoneSource.Default.CanonicalIdMap.Values.Distinct().Select(id => DateTimeZoneProviders.Tzdb[id]);

    private static IEnumerable<(DateTimeZone Zone, ZoneInterval Before, ZoneInterval After)> Changes =>
        from zone in Zones
        from after in zone.GetZoneIntervals(NewYear, YearEnd)
        where after.HasStart && after.Start > NewYear
        select (zone, zone.GetZoneInterval(after.Start - Duration.Epsilon), after);

    [Fact]
    public void A_time_of_day_fires_once_on_every_day_of_every_zone()
    {
        foreach (var zone in Zones)
        {
            var at = NewYear.ToDateTimeOffset().AddDays(-1);
            var days = new List<LocalDate>();
            while (NextFire.After(new Trigger.Cron("0 30 2 * * ?", zone.Id), at) is { } next && next < YearEnd.ToDateTimeOffset())
            {
                Assert.True(next > at);
                at = next;
                days.Add(Instant.FromDateTimeOffset(next).InZone(zone).Date);
            }

            days.RemoveAll(day => day.Year != 2026);
            Assert.True(days.Distinct().Count() == days.Count, $"{zone.Id} fires twice on a day");
            Assert.True(days.Count >= 364, $"{zone.Id} fires on {days.Count} days only");
        }
    }

    [Fact]
    public void Every_quarter_of_an_hour_is_every_quarter_that_there_is_around_every_change()
    {
        var changes = 0;
        foreach (var (zone, _, after) in Changes)
        {
            changes++;
            var from = after.Start - Duration.FromHours(3);
            var expected = Enumerable.Range(0, 6 * 60 * 60).Select(second => from + Duration.FromSeconds(second))
                .Where(instant => instant.InZone(zone).LocalDateTime is { Second: 0 } wall && wall.Minute % 15 == 0).ToList();
            var fired = new List<Instant>();
            var at = (from - Duration.FromSeconds(1)).ToDateTimeOffset();
            while (NextFire.After(new Trigger.Cron("0 0/15 * * * ?", zone.Id), at) is { } next && Instant.FromDateTimeOffset(next) < from + Duration.FromHours(6))
            {
                at = next;
                fired.Add(Instant.FromDateTimeOffset(next));
            }

            Assert.True(expected.SequenceEqual(fired), $"{zone.Id} at {after.Start}: {string.Join(' ', fired)} instead of {string.Join(' ', expected)}");
        }

        Assert.True(changes > 50, $"only {changes} clock changes were found");
    }

    [Fact]
    public void A_time_in_a_gap_fires_when_the_gap_ends_and_one_that_comes_twice_the_first_time_only()
    {
        foreach (var (zone, before, after) in Changes.Where(change => change.Before.WallOffset != change.After.WallOffset))
        {
            var (old, now) = (before.IsoLocalEnd, after.IsoLocalStart);
            var forward = now > old;
            // The middle of what is skipped, or comes twice.
            var middle = (forward ? old : now).PlusSeconds(Math.Abs(before.WallOffset.Seconds - after.WallOffset.Seconds) / 2);
            var cron = new Trigger.Cron(FormattableString.Invariant($"{middle.Second} {middle.Minute} {middle.Hour} {middle.Day} {middle.Month} ? 2026"), zone.Id);
            var first = NextFire.After(cron, (after.Start - Duration.FromHours(20)).ToDateTimeOffset());
            var expected = forward ? after.Start : middle.WithOffset(before.WallOffset).ToInstant();
            Assert.True(first is not null && Instant.FromDateTimeOffset(first.Value) == expected, $"{zone.Id}: {middle} fires at {first} instead of {expected}");
            Assert.Null(NextFire.After(cron, first.Value));
        }
    }

    [Theory]
    [InlineData("US/Pacific")]
    [InlineData("Asia/Calcutta")]
    [InlineData("GMT+0")]
    [InlineData("Etc/GMT-14")]
    public void Old_names_of_zones_need_nothing_of_the_machine(string zone)
    {
        var fire = NextFire.After(new Trigger.Cron("0 0 12 * * ?", zone), NewYear.ToDateTimeOffset());
        Assert.Equal(12, Instant.FromDateTimeOffset(fire!.Value).InZone(DateTimeZoneProviders.Tzdb[zone]).Hour);
    }
}
