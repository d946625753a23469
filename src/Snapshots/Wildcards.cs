namespace Switchyard.Snapshots;

/// <summary>
/// Git's wildcard patterns over paths: <c>*</c> and <c>?</c> stay inside a name, <c>**</c> between slashes crosses
/// directories, brackets know ranges and classes. What failed once is not tried again, so that the time is bounded by
/// pattern times text.
/// </summary>
internal static class Wildcards
{
    public static bool Match(string pattern, ReadOnlySpan<char> text)
    {
        HashSet<(int, int)>? failed = null;
        return Match(pattern, 0, text, 0, ref failed);
    }

    private static bool Match(string pattern, int p, ReadOnlySpan<char> text, int t, ref HashSet<(int, int)>? failed)
    {
        for (; p < pattern.Length; p++, t++)
        {
            if (pattern[p] == '*')
                return Stars(pattern, p, text, t, ref failed);
            if (t == text.Length)
                return false;
            switch (pattern[p])
            {
                case '?':
                    if (text[t] == '/')
                        return false;
                    break;
                case '[':
                    if (!Bracket(pattern, ref p, text[t]) || text[t] == '/')
                        return false;
                    break;
                case '\\':
                    if (++p == pattern.Length || pattern[p] != text[t])
                        return false;
                    break;
                default:
                    if (pattern[p] != text[t])
                        return false;
                    break;
            }
        }

        return t == text.Length;
    }

    private static bool Stars(string pattern, int first, ReadOnlySpan<char> text, int t, ref HashSet<(int, int)>? failed)
    {
        if (failed?.Contains((first, t)) == true)
            return false;
        var p = first;
        while (p < pattern.Length && pattern[p] == '*')
            p++;
        var rest = pattern.AsSpan(p);
        var crosses = p - first > 1 && (first == 0 || pattern[first - 1] == '/')
            && (rest.IsEmpty || rest[0] == '/' || rest.StartsWith(@"\/"));
        if (rest.IsEmpty && (crosses || !text[t..].Contains('/')))
            return true;
        // "a/**/b" holds "a/b" too.
        var mayBeNothing = crosses && !rest.IsEmpty && rest[0] == '/';
        if (mayBeNothing && Match(pattern, p + 1, text, t, ref failed))
            return true;
        var hopeless = failed ??= [];
        hopeless.Add((first, t));
        for (var end = t; !rest.IsEmpty && end <= text.Length; end++)
        {
            if (Match(pattern, p, text, end, ref failed))
                return true;
            // Stars that begin later try no end that these did not.
            if (!mayBeNothing)
                hopeless.Add((first, end));
            if (end < text.Length && text[end] == '/' && !crosses)
                break;
        }

        return false;
    }

    /// <summary>Leaves <paramref name="p"/> at the closing bracket. A bracket that is not closed matches nothing.</summary>
    private static bool Bracket(string pattern, ref int p, char c)
    {
        char At(int i) => i < pattern.Length ? pattern[i] : '\0';
        var negated = At(++p) is '!' or '^';
        if (negated)
            p++;
        var matched = false;
        var before = '\0';
        do
        {
            var now = At(p);
            if (now == '\0')
                return false;
            if (now == '\\')
            {
                now = At(++p);
                if (now == '\0')
                    return false;
                matched |= c == now;
            }
            else if (now == '-' && before != '\0' && At(p + 1) is not ('\0' or ']'))
            {
                now = At(++p);
                if (now == '\\' && (now = At(++p)) == '\0')
                    return false;
                matched |= c >= before && c <= now;
                now = '\0';
            }
            else if (now == '[' && At(p + 1) == ':')
            {
                var start = p + 2;
                var close = pattern.IndexOf(']', start);
                if (close < 0)
                    return false;
                if (close - 1 < start || pattern[close - 1] != ':')
                    matched |= c == '[';
                else if (Class(pattern.AsSpan(start, close - 1 - start), c) is { } isIn)
                {
                    matched |= isIn;
                    p = close;
                    now = '\0';
                }
                else
                    return false;
            }
            else
                matched |= c == now;

            before = now;
        }
        while (At(++p) != ']');
        return matched != negated;
    }

    private static bool? Class(ReadOnlySpan<char> name, char c) => name switch
    {
        "alnum" => char.IsAsciiLetterOrDigit(c),
        "alpha" => char.IsAsciiLetter(c),
        "blank" => c is ' ' or '\t',
        "cntrl" => c < ' ' || c == '\x7f',
        "digit" => char.IsAsciiDigit(c),
        "graph" => c is > ' ' and < '\x7f',
        "lower" => char.IsAsciiLetterLower(c),
        "print" => c is >= ' ' and < '\x7f',
        "punct" => c is > ' ' and < '\x7f' && !char.IsAsciiLetterOrDigit(c),
        "space" => c is ' ' or (>= '\t' and <= '\r'),
        "upper" => char.IsAsciiLetterUpper(c),
        "xdigit" => char.IsAsciiHexDigit(c),
        _ => null,
    };
}
