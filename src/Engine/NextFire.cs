using NodaTime;
using NodaTime.TimeZones;
using Quartz;
using Switchyard.Core.Triggers;

namespace Switchyard.Engine;

/// <summary>
/// When a trigger fires next. Cron expressions are read as wall-clock time of their zone: a time that a clock change
/// skips fires at the first instant after the gap, one that occurs twice fires the first time only.
/// </summary>
public static class NextFire
{
    private static readonly ZoneLocalMappingResolver Resolver =
        Resolvers.CreateMappingResolver(Resolvers.ReturnEarlier, Resolvers.ReturnStartOfIntervalAfter);

    /// <summary>The next fire after an instant; null when the trigger does not fire by time, or never again.</summary>
    public static DateTimeOffset? After(Trigger trigger, DateTimeOffset now) => trigger switch
    {
        Trigger.Once once => once.At > now ? once.At : null,
        Trigger.Periodic periodic => now + TimeSpan.FromSeconds(periodic.EverySeconds),
        Trigger.Cron cron => After(cron, now),
        _ => null,
    };

    private static DateTimeOffset? After(Trigger.Cron cron, DateTimeOffset now)
    {
        if (DateTimeZoneProviders.Tzdb.GetZoneOrNull(cron.Zone) is not { } zone || !CronExpression.IsValidExpression(cron.Expression))
            return null;
        var expression = new CronExpression(cron.Expression) { TimeZone = TimeZoneInfo.Utc };
        // The expression is evaluated as if the wall clock were UTC; only the result is mapped to the zone.
        var wall = Instant.FromDateTimeOffset(now).InZone(zone).LocalDateTime.ToDateTimeUnspecified();
        for (var tries = 0; tries < 1_000; tries++)
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
