using System.Globalization;
using System.Text;

namespace Switchyard.Core.Storage;

/// <summary>Ids in their order as a short text: those that follow each other as a range, <c>12-40,77,90-95</c>.</summary>
public static class IdRanges
{
    public static string Write(IEnumerable<long> ids)
    {
        var text = new StringBuilder();
        var (first, last) = (0L, 0L);
        foreach (var id in ids)
        {
            if (id == last + 1 && first > 0)
            {
                last = id;
                continue;
            }

            End();
            first = last = id;
        }

        End();
        return text.ToString();

        void End()
        {
            if (first == 0)
                return;
            text.Append(CultureInfo.InvariantCulture, $"{(text.Length == 0 ? "" : ",")}{first}{(last == first ? "" : $"-{last}")}");
        }
    }

    /// <exception cref="FormatException">It is not what <see cref="Write"/> wrote.</exception>
    public static IEnumerable<long> Read(string text)
    {
        foreach (var range in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var dash = range.IndexOf('-', StringComparison.Ordinal);
            var first = long.Parse(dash < 0 ? range : range[..dash], CultureInfo.InvariantCulture);
            var last = dash < 0 ? first : long.Parse(range[(dash + 1)..], CultureInfo.InvariantCulture);
            for (var id = first; id <= last; id++)
                yield return id;
        }
    }
}
