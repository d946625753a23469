using System.Globalization;
using NodaTime;
using Quartz;
using Switchyard.Core.Triggers;

namespace Switchyard.Dialects.Edge;

/// <summary>Looks at schedules as clients send them.</summary>
public static class Schedules
{
    private static readonly (string Name, int Least, int Most)[] Ranges = [("second", 0, 59), ("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12)];

    /// <summary>What is wrong with a schedule, or null.</summary>
    public static string? Problem(Trigger.Cron cron)
    {
        if (DateTimeZoneProviders.Tzdb.GetZoneOrNull(cron.Zone) is null)
            return "the zone is not an IANA time zone such as 'Europe/Berlin'";
        try
        {
            CronExpression.ValidateExpression(cron.Expression);
            return OutOfRange(cron.Expression);
        }
        catch (Exception error) when (error is FormatException or ArgumentException or OverflowException or IndexOutOfRangeException)
        {
            return $"the expression is not Quartz cron, such as '0 0 12 * * ?': {error.Message}";
        }
    }

    /// <summary>A number that its field does not have, which the library lets pass: such a schedule fires at another time, or never.</summary>
    private static string? OutOfRange(string expression)
    {
        var fields = expression.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        foreach (var ((name, least, most), field) in Ranges.Zip(fields))
        {
            // What follows a slash is a step.
            var numbers = field.Split(',').SelectMany(part => part.Split('/')[0].Split('-')).Where(text => text.Length > 0 && text.All(char.IsAsciiDigit));
            if (numbers.FirstOrDefault(text => !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < least || number > most) is { } wrong)
                return $"'{wrong}' is no {name}; use {least} to {most}";
        }

        return null;
    }
}
