using System.Text;
using Switchyard.Core.Execution;

namespace Switchyard.Executors.Process.Output;

/// <summary>Finds lines that contain a text, through one buffer. Of a line longer than the buffer only its beginning is looked at.</summary>
internal static class LogSearch
{
    private const int BufferSize = 256 * 1024;

    public static List<LogHit> Run(LogView view, string text, bool ignoreCase, long fromLine, int maximumHits, int longestHit, CancellationToken stop)
    {
        var hits = new List<LogHit>();
        var buffer = new byte[BufferSize];
        var wanted = Encoding.UTF8.GetBytes(text);
        if (view.FindLine(fromLine, buffer) is not { } offset) return hits;
        var line = Math.Max(0, fromLine);
        var filled = 0;         // bytes of the line at hand, beginning at offset
        var skipping = false;   // the rest of an overlong line
        while (hits.Count < maximumHits)
        {
            stop.ThrowIfCancellationRequested();
            var position = offset + filled;
            if (view.Index.Gap is { } gap && position >= gap.Offset && position < gap.End)
            {
                (offset, line, filled) = (gap.End, gap.Line + gap.Lines, 0);
                continue;
            }
            var n = view.Read(position, buffer.AsSpan(filled), out _);
            filled += n;
            ReadOnlySpan<byte> rest = buffer.AsSpan(0, filled);
            while (hits.Count < maximumHits && rest.IndexOf((byte)'\n') is var newline and >= 0)
            {
                if (!skipping) Try(rest[..newline], offset, line);
                skipping = false;
                rest = rest[(newline + 1)..];
                offset += newline + 1;
                line++;
            }
            if (n == 0 || rest.Length == BufferSize)
            {
                if (rest.Length > 0 && !skipping && hits.Count < maximumHits) Try(rest, offset, line);
                if (n == 0) break;
                skipping = true;
                offset += rest.Length;
                rest = [];
            }
            rest.CopyTo(buffer);
            filled = rest.Length;
        }
        return hits;

        void Try(ReadOnlySpan<byte> bytes, long at, long number)
        {
            // Only a line that matches becomes a string, unless case is to be ignored beyond ASCII.
            if (!ignoreCase && bytes.IndexOf(wanted) < 0) return;
            if (ignoreCase && !Encoding.UTF8.GetString(bytes).Contains(text, StringComparison.OrdinalIgnoreCase)) return;
            if (bytes.Length > 0 && bytes[^1] == '\r') bytes = bytes[..^1];
            hits.Add(new(number, at, Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, longestHit)])));
        }
    }
}
