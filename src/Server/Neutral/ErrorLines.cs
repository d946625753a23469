using System.Buffers;
using System.Text;
using Switchyard.Core.Execution;

namespace Switchyard.Server.Neutral;

/// <summary>Finds the first line of a log that looks like an error.</summary>
internal static class ErrorLines
{
    private const int Piece = 1 << 20;
    private const int LongestLine = 1000;

    private static readonly string[] Words =
    [
        "Traceback (most recent call last)", "Exception", "Error", "ERROR", "FATAL", "Fatal", "fatal:", "error:", "panic:", "Segmentation fault", "command not found", "Permission denied",
        "No such file or directory", "Out of memory", "out of memory",
    ];

    private static readonly SearchValues<string> Any = SearchValues.Create(Words, StringComparison.Ordinal);

    /// <summary>The line, or null. Reads piece by piece, whatever the size.</summary>
    public static LogHit? First(IAttemptLogs logs, long attemptId, CancellationToken stop)
    {
        var decoder = Encoding.UTF8.GetDecoder();
        var chars = Array.Empty<char>();
        var kept = 0;
        for (long offset = 0; ;)
        {
            stop.ThrowIfCancellationRequested();
            var slice = logs.Read(attemptId, offset, Piece);
            var end = slice.Next <= offset;
            var room = kept + Encoding.UTF8.GetMaxCharCount(slice.Bytes.Length);
            if (chars.Length < room)
                Array.Resize(ref chars, room);
            var length = kept + decoder.GetChars(slice.Bytes.Span, chars.AsSpan(kept), end);
            var text = chars.AsSpan(0, length);
            // The last line may go on in the next piece.
            var whole = end ? length : text.LastIndexOf('\n') + 1;
            if (Line(text[..whole]) is { } line)
                return logs.Search(attemptId, line, false, 0, 1, stop) is [var hit] ? hit : null;
            if (end)
                return null;
            // Of a line without an end only its end so far is kept.
            var rest = text[whole..];
            rest = rest.Length > LongestLine ? rest[^LongestLine..] : rest;
            rest.CopyTo(chars);
            (kept, offset) = (rest.Length, slice.Next);
        }
    }

    /// <summary>The text of the first line that holds one of the words as a word, without what is too long to search for.</summary>
    private static string? Line(ReadOnlySpan<char> text)
    {
        for (var from = 0; text[from..].IndexOfAny(Any) is >= 0 and var found;)
        {
            var at = from + found;
            var word = WordAt(text[at..]);
            from = at + word.Length;
            // "Errors: 0" is none.
            if (from < text.Length && char.IsAsciiLetter(word[^1]) && char.IsAsciiLetter(text[from]))
                continue;
            var start = text[..at].LastIndexOf('\n') + 1;
            var line = text[start..];
            line = line.IndexOf('\n') is >= 0 and var end ? line[..end] : line;
            if (line.Length <= LongestLine)
                return line.TrimEnd('\r').ToString();
            // As much around the word as can be searched for.
            var left = Math.Max(0, at - start - LongestLine / 2);
            return line.Slice(left, Math.Min(LongestLine, line.Length - left)).ToString();
        }

        return null;
    }

    private static string WordAt(ReadOnlySpan<char> text)
    {
        foreach (var word in Words)
        {
            if (text.StartsWith(word, StringComparison.Ordinal))
                return word;
        }

        throw new InvalidOperationException("one of the words was found here");
    }
}
