using System.Text;

namespace Switchyard.Snapshots;

/// <summary>
/// The rules of one <c>.gitignore</c> and of those in the directories above it, with the meaning they have for git. Texts
/// have one character per byte, because git compares bytes.
/// </summary>
internal sealed class IgnoreRules
{
    private readonly IgnoreRules? above;
    private readonly int depth;
    private readonly List<Rule> rules = [];

    private IgnoreRules(IgnoreRules? above, int depth) => (this.above, this.depth) = (above, depth);

    /// <summary>Adds a directory's file to the rules of the directories above.</summary>
    /// <param name="directory">The directory's path with a slash at its end; empty for the root.</param>
    public static IgnoreRules Read(IgnoreRules? above, string directory, ReadOnlySpan<byte> content)
    {
        var read = new IgnoreRules(above, directory.Length);
        if (content.StartsWith("\uFEFF"u8))
            content = content[3..];
        foreach (var range in content.Split((byte)'\n'))
            read.Add(Encoding.Latin1.GetString(content[range]));
        return read;
    }

    /// <summary>Whether an entry is left out, given that no directory above it is. The last rule of the nearest file decides.</summary>
    public static bool Ignores(IgnoreRules? rules, string path, string name, bool isDirectory)
    {
        for (; rules is not null; rules = rules.above)
            for (var i = rules.rules.Count - 1; i >= 0; i--)
                if (rules.rules[i].Matches(path, rules.depth, name, isDirectory))
                    return !rules.rules[i].Negated;
        return false;
    }

    private void Add(string line)
    {
        if (line.StartsWith('#'))
            return;
        if (line.EndsWith('\r'))
            line = line[..^1];
        if (line.IndexOf('\0') is >= 0 and var zero)
            line = line[..zero];
        line = WithoutTrailingSpaces(line);
        var negated = line.StartsWith('!');
        if (negated)
            line = line[1..];
        var onlyDirectories = line.EndsWith('/');
        if (onlyDirectories)
            line = line[..^1];
        if (line.Length == 0)
            return;
        var anchored = line.Contains('/');
        if (line.StartsWith('/'))
            line = line[1..];
        // As git does, the part without wildcards is compared first and cut off, so that in "a**/b" the stars stand at the
        // start of what is left and cross directories.
        var literal = line.AsSpan().IndexOfAny("*?[\\");
        if (literal < 0)
            literal = line.Length;
        rules.Add(new Rule(line[..literal], line[literal..], anchored, onlyDirectories, negated));
    }

    private static string WithoutTrailingSpaces(string line)
    {
        var end = -1;
        for (var i = 0; i < line.Length; i++)
            if (line[i] == ' ')
                end = end < 0 ? i : end;
            else
            {
                if (line[i] == '\\' && ++i == line.Length)
                    return line;
                end = -1;
            }

        return end < 0 ? line : line[..end];
    }

    /// <param name="Literal">The head without wildcards.</param>
    /// <param name="Pattern">The rest; empty when there is no wildcard.</param>
    /// <param name="Anchored">Compared with the path from the file's directory; else with the last name alone.</param>
    private sealed record Rule(string Literal, string Pattern, bool Anchored, bool OnlyDirectories, bool Negated)
    {
        public bool Matches(string path, int depth, string name, bool isDirectory)
        {
            if (OnlyDirectories && !isDirectory)
                return false;
            var text = Anchored ? path.AsSpan(depth) : name;
            if (!text.StartsWith(Literal, StringComparison.Ordinal))
                return false;
            // Without an anchor git gives the whole pattern to the matcher; stars mean the same there, as a name has no slash.
            return Pattern.Length == 0 ? text.Length == Literal.Length : Wildcards.Match(Pattern, text[Literal.Length..]);
        }
    }
}
