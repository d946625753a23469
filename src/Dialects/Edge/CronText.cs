using System.Globalization;
using Switchyard.Core.Text;

namespace Switchyard.Dialects.Edge;

/// <summary>Five-field cron, as crontab has it, in the six fields of the engine's own.</summary>
public static class CronText
{
    private static readonly string[] Days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

    /// <summary>The expression in the engine's syntax, or why it can have none.</summary>
    public static Result<string> ToQuartz(string cron)
    {
        var fields = cron.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length != 5)
            return Bad(cron, $"it has {fields.Length} fields; minute, hour, day of month, month and day of week are expected, such as '0 13 * * 1'");
        if (fields.Any(field => field.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('*' or ',' or '-' or '/'))))
            return Bad(cron, "only digits, names, '*', ',', '-' and '/' stand in its fields");

        var (day, weekday) = (fields[2], fields[4]);
        if (day != "*" && weekday != "*")
            return Bad(cron, "it names days of the month and of the week. Name one of them and write * for the other, or make two jobs");
        if (weekday != "*")
        {
            if (Weekdays(weekday) is not { Count: > 0 } wanted)
                return Bad(cron, $"'{weekday}' is no day of the week; use 0 to 7 (0 and 7 are Sunday) or SUN to SAT");
            // Counted from 1 there.
            weekday = string.Join(',', wanted.Select(no => (no + 1).ToString(CultureInfo.InvariantCulture)));
        }

        return weekday == "*" ? $"0 {fields[0]} {fields[1]} {day} {fields[3]} ?" : $"0 {fields[0]} {fields[1]} ? {fields[3]} {weekday}";
    }

    /// <summary>The days of a field, from 0 for Sunday; null when it is none.</summary>
    private static SortedSet<int>? Weekdays(string field)
    {
        var wanted = new SortedSet<int>();
        foreach (var part in field.Split(','))
        {
            var halves = part.Split('/');
            var step = 1;
            if (halves.Length > 2 || (halves.Length == 2 && (!int.TryParse(halves[1], NumberStyles.None, CultureInfo.InvariantCulture, out step) || step == 0)))
                return null;
            var ends = halves[0] == "*" ? ["0", "6"] : halves[0].Split('-');
            if (ends.Length > 2 || Day(ends[0]) is not { } first || Day(ends[^1]) is not { } last)
                return null;
            // "a/n" begins at a and goes to the end of the week; FRI-SUN ends on the seventh day.
            if (ends.Length == 1 && halves.Length == 2)
                last = 6;
            if (last < first)
                last += 7;
            for (var day = first; day <= last; day += step)
                wanted.Add(day % 7);
        }

        return wanted;
    }

    private static int? Day(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number <= 7 ? number : null
        : Array.FindIndex(Days, day => day.Equals(text, StringComparison.OrdinalIgnoreCase)) is >= 0 and var named ? named : null;

    private static Refusal Bad(string cron, string why) => new(RefusalCode.Invalid, $"schedule: '{cron}' is not five-field cron: {why}.") { Field = "schedule" };
}
