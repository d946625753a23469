using System.Globalization;
using Switchyard.Core.Text;

namespace Switchyard.Dialects.Orchest.Wire;

/// <summary>Times as this API writes them: the text of a Python datetime, with a zone or without, and ISO for the server's own clock.</summary>
internal static class Times
{
    /// <summary>UTC without a zone: created, started and finished times.</summary>
    public static string? Naive(DateTimeOffset? at) => at is { } time ? time.UtcDateTime.ToString(time.Ticks % TimeSpan.TicksPerSecond == 0 ? "yyyy-MM-dd HH:mm:ss" : "yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture) : null;

    /// <summary>UTC with its offset: scheduled times.</summary>
    public static string? Aware(DateTimeOffset? at) => Naive(at) is { } text ? text + "+00:00" : null;

    /// <summary>The server's time.</summary>
    public static string Iso(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture) + "+00:00";

    /// <summary>A time as clients send it: ISO, with or without T and zone; without one it is UTC.</summary>
    public static Result<DateTimeOffset> Read(string text, string field) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)
            ? at
            : new Refusal(RefusalCode.Invalid, $"{field}: '{text}' is not a time; write it as 2023-01-01T12:00:00 (UTC).") { Field = field };
}
