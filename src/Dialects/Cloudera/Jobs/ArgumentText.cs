using System.Text;

namespace Switchyard.Dialects.Cloudera.Jobs;

/// <summary>Arguments as one text, taken apart as a shell does: by spaces, with quotes and backslashes. Nothing is expanded.</summary>
internal static class ArgumentText
{
    /// <summary>The arguments; null when a quote is never closed.</summary>
    public static IReadOnlyList<string>? Split(string text)
    {
        var words = new List<string>();
        StringBuilder? word = null;
        char? quote = null;
        for (var at = 0; at < text.Length; at++)
        {
            var c = text[at];
            if (quote is null && char.IsWhiteSpace(c))
            {
                if (word is not null)
                    words.Add(word.ToString());
                word = null;
                continue;
            }

            word ??= new StringBuilder();
            if (c == quote)
                quote = null;
            else if (quote is null && c is '"' or '\'')
                quote = c;
            else if (c == '\\' && quote != '\'' && at + 1 < text.Length)
                word.Append(text[++at]);
            else
                word.Append(c);
        }

        if (word is not null)
            words.Add(word.ToString());
        return quote is null ? words : null;
    }
}
