using System.Text;

namespace Switchyard.Stores.Postgres.Raw;

/// <summary>
/// Texts as PostgreSQL can hold them. It refuses U+0000, so that is written as U+0001 U+0001, and U+0001 as U+0001 U+0002: nothing is lost, and the
/// order by bytes stays what it was. Half a surrogate pair becomes the replacement character, as everywhere in UTF-8.
/// </summary>
internal static class Texts
{
    private const char Escape = '\u0001';
    private const char EscapedEscape = '\u0002';

    public static string Write(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') >= 0)
            text = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
        return text.AsSpan().IndexOfAny('\0', Escape) < 0
            ? text
            : text.Replace("\u0001", "\u0001\u0002", StringComparison.Ordinal).Replace("\0", "\u0001\u0001", StringComparison.Ordinal);
    }

    public static string Read(string text)
    {
        if (!text.Contains(Escape, StringComparison.Ordinal))
            return text;
        var plain = new StringBuilder(text.Length);
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] != Escape)
                plain.Append(text[at]);
            else
                plain.Append(text[++at] == EscapedEscape ? Escape : '\0');
        }

        return plain.ToString();
    }
}
