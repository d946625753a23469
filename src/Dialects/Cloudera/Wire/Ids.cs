using System.Globalization;

namespace Switchyard.Dialects.Cloudera.Wire;

/// <summary>Ids as clients of this API write them.</summary>
internal static class Ids
{
    /// <summary>The format of an engine's id in references: the run's, in sixteen digits.</summary>
    public const string EngineFormat = "D16";

    /// <summary>A run's id: sixteen characters.</summary>
    public static string Engine(long runId) => runId.ToString(EngineFormat, CultureInfo.InvariantCulture);

    /// <summary>An id of a project or a job as the second version writes it: four groups of four.</summary>
    public static string Grouped(long id)
    {
        var digits = Engine(id);
        return $"{digits[..4]}-{digits[4..8]}-{digits[8..12]}-{digits[12..]}";
    }

    /// <summary>An id in either form, or null.</summary>
    public static long? Read(string? text)
    {
        if (text is { Length: 19 } && text[4] == '-' && text[9] == '-' && text[14] == '-')
            text = text.Replace("-", "", StringComparison.Ordinal);
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
    }
}
