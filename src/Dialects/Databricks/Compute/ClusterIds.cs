using System.Globalization;

namespace Switchyard.Dialects.Databricks.Compute;

/// <summary>Ids of clusters as the platform writes them, <c>0427-113050-letters</c>: month, day and time, then a number. That of a run's cluster is its first attempt's id.</summary>
internal static class ClusterIds
{
    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";

    public static string Of(DateTimeOffset at, long number)
    {
        var text = new Stack<char>();
        for (var rest = number; rest > 0; rest /= Digits.Length)
            text.Push(Digits[(int)(rest % Digits.Length)]);
        return $"{at.UtcDateTime.ToString("MMdd-HHmmss", CultureInfo.InvariantCulture)}-{string.Concat(text)}";
    }

    /// <summary>The number in an id, or null where there is none.</summary>
    public static long? NumberIn(string id)
    {
        if (id.Split('-') is not [{ Length: 4 }, { Length: 6 }, { Length: > 0 and <= 11 } digits])
            return null;
        var number = 0L;
        foreach (var digit in digits)
        {
            var value = Digits.IndexOf(digit, StringComparison.Ordinal);
            if (value < 0)
                return null;
            number = (number * Digits.Length) + value;
        }

        return number;
    }
}
