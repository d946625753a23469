using System.Text;

namespace Switchyard.Dialects.Databricks.Planning;

/// <summary>A piece of a text: literal (then <see cref="Path"/> is null) or a dynamic value reference.</summary>
/// <param name="Text">The piece as written.</param>
/// <param name="Path">The names between the dots.</param>
internal readonly record struct Piece(string Text, IReadOnlyList<string>? Path);

/// <summary>
/// Cuts texts at dynamic value references: <c>{{name.name.`any name`}}</c>. What does not follow the syntax stays
/// literal text, as on the platform.
/// </summary>
internal static class ReferenceText
{
    public static IReadOnlyList<Piece> Cut(string text)
    {
        var pieces = new List<Piece>();
        var literal = 0;
        for (var open = text.IndexOf("{{", StringComparison.Ordinal); open >= 0; open = text.IndexOf("{{", open, StringComparison.Ordinal))
        {
            var (path, end) = Path(text, open + 2);
            if (path is null)
            {
                open++;
                continue;
            }

            if (open > literal)
                pieces.Add(new Piece(text[literal..open], null));
            pieces.Add(new Piece(text[open..end], path));
            literal = open = end;
        }

        if (literal < text.Length || pieces.Count == 0)
            pieces.Add(new Piece(text[literal..], null));
        return pieces;
    }

    private static (List<string>? Path, int End) Path(string text, int at)
    {
        var path = new List<string>();
        Blanks(text, ref at);
        while (true)
        {
            if (Name(text, ref at) is not { } name)
                return (null, 0);
            path.Add(name);
            if (at < text.Length && text[at] == '.')
            {
                at++;
                continue;
            }

            Blanks(text, ref at);
            return at + 1 < text.Length && text[at] == '}' && text[at + 1] == '}' ? (path, at + 2) : (null, 0);
        }
    }

    private static string? Name(string text, ref int at)
    {
        var start = at;
        if (at < text.Length && text[at] == '`')
        {
            var close = text.IndexOf('`', at + 1);
            if (close <= at + 1)
                return null;
            at = close + 1;
            return text[(start + 1)..close];
        }

        var name = new StringBuilder();
        while (at < text.Length && (char.IsLetterOrDigit(text[at]) || text[at] is '_' or '-'))
            name.Append(text[at++]);
        return name.Length == 0 ? null : name.ToString();
    }

    private static void Blanks(string text, ref int at)
    {
        while (at < text.Length && text[at] is ' ' or '\t')
            at++;
    }
}
