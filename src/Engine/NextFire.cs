using NodaTime;
using NodaTime.TimeZones;
using Quartz;
using Switchyard.Core.Triggers;

namespace Switchyard.Engine;

/// <summary>
/// When a trigger fires next. Cron expressions are read as wall-clock time of their zone. One whose hours are open
/// (<c>*</c>) means every hour there is: what a clock change skips is not there, what comes twice is there twice. Any other
/// names times of a day: one that is skipped fires at the first instant after the gap, one that comes twice fires the first
/// time only.
/// </summary>
public static class NextFire
{
    private const int MostTries = 1_000;

    private static readonly ZoneLocalMappingResolver Resolver =
        Resolvers.CreateMappingResolver(Resolvers.ReturnEarlier, Resolvers.ReturnStartOfIntervalAfter);

    /// <summary>The next fire after an instant; null when the trigger does not fire by time, or never again.</summary>
    public static DateTimeOffset? After(Trigger trigger, DateTimeOffset now) => trigger switch
    {
        Trigger.Once once => once.At > now ? once.At : null,
        Trigger.Periodic periodic => now + TimeSpan.FromSeconds(periodic.EverySeconds),
        Trigger.Cron cron => After(cron, now),
        // Now; the next one is due with the end of that run.
        Trigger.Continuous => now,
        _ => null,
    };

    /// <summary>The fire that follows one: as <see cref="After(Trigger, DateTimeOffset)"/> has it, but not sooner than the trigger allows.</summary>
    public static DateTimeOffset? Following(Trigger trigger, DateTimeOffset fired, DateTimeOffset now) =>
        trigger is Trigger.Cron { LeastSeconds: > 0 and var least } && fired.AddSeconds(least) is var soonest && soonest > now
            ? After(trigger, soonest.AddMilliseconds(-1))
            : After(trigger, now);

    private static DateTimeOffset? After(Trigger.Cron cron, DateTimeOffset now)
    {
        if (DateTimeZoneProviders.Tzdb.GetZoneOrNull(cron.Zone) is not { } zone || !CronExpression.IsValidExpression(cron.Expression))
            return null;
        // The expression is evaluated as if the wall clock were UTC; only the result is mapped to the zone.
        var expression = new CronExpression(cron.Expression) { TimeZone = TimeZoneInfo.Utc };
        return cron.Expression.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries) is [_, _, ['*', ..], ..]
            ? EveryHour(expression, zone, Instant.FromDateTimeOffset(now))
            : TimesOfDay(expression, zone, now);
    }

    private static DateTimeOffset? TimesOfDay(CronExpression expression, DateTimeZone zone, DateTimeOffset now)
    {
        var wall = Instant.FromDateTimeOffset(now).InZone(zone).LocalDateTime.ToDateTimeUnspecified();
        for (var tries = 0; tries < MostTries; tries++)
        {
            if (TimeAfter(expression, wall) is not { } next)
                return null;
            wall = next.UtcDateTime;
            var fire = zone.ResolveLocal(LocalDateTime.FromDateTime(wall), Resolver).ToDateTimeOffset().ToUniversalTime();
            if (fire > now)
                return fire;
        }

        return null;
    }

    /// <summary>Looks through one stretch between clock changes after the other.</summary>
    private static DateTimeOffset? EveryHour(CronExpression expression, DateTimeZone zone, Instant now)
    {
        var interval = zone.GetZoneInterval(now);
        var wall = now.Plus(Duration.FromSeconds(interval.WallOffset.Seconds));
        for (var tries = 0; tries < MostTries; tries++)
        {
            if (TimeAfter(expression, wall.ToDateTimeUtc()) is not { } next)
                return null;
            var fire = Instant.FromDateTimeOffset(next).Minus(Duration.FromSeconds(interval.WallOffset.Seconds));
            if (!interval.HasEnd || fire < interval.End)
                return fire.ToDateTimeOffset();
            interval = zone.GetZoneInterval(interval.End);
            // The first second of the stretch counts as well.
            wall = interval.Start.Plus(Duration.FromSeconds(interval.WallOffset.Seconds - 1));
        }

        return null;
    }

    private static DateTimeOffset? TimeAfter(CronExpression expression, DateTime wall)
    {
        try
        {
            return expression.GetTimeAfter(new DateTimeOffset(wall, TimeSpan.Zero));
        }
        catch (ArgumentOutOfRangeException)
        {
            // The grammar takes years and steps that lie behind the end of the calendar.
            return null;
        }
    }
}
