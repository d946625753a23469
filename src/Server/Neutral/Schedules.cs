using NodaTime;
using Quartz;
using Switchyard.Core.Triggers;

namespace Switchyard.Server.Neutral;

/// <summary>Looks at schedules as clients send them.</summary>
public static class Schedules
{
    /// <summary>What is wrong with a schedule, or null.</summary>
    public static string? Problem(Trigger.Cron cron)
    {
        if (DateTimeZoneProviders.Tzdb.GetZoneOrNull(cron.Zone) is null)
            return "the zone is not an IANA time zone such as 'Europe/Berlin'";
        try
        {
            CronExpression.ValidateExpression(cron.Expression);
            return null;
        }
        catch (Exception error) when (error is FormatException or ArgumentException or OverflowException or IndexOutOfRangeException)
        {
            return $"the expression is not Quartz cron, such as '0 0 12 * * ?': {error.Message}";
        }
    }
}
