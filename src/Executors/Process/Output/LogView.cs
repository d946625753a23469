using System.Globalization;
using System.Text;

namespace Switchyard.Executors.Process.Output;

/// <summary>
/// One log as it stands at one moment, read through one buffer. A chunk that disappears under the reader (the middle of a
/// long log is dropped while it grows) ends the view; the caller takes a fresh one.
/// </summary>
internal sealed class LogView : IDisposable
{
    public const int Block = 64 * 1024;

    private readonly string _directory;
    private FileStream? _open;
    private int _openNumber = -1;

    private LogView(string directory, LogIndex index)
    {
        (_directory, Index) = (directory, index);
        var last = index.Chunks[^1];
        Bytes = index.End?.Bytes ?? last.Offset + new FileInfo(Path.Combine(directory, last.FileName)).Length;
    }

    public LogIndex Index { get; }

    /// <summary>Bytes the task wrote.</summary>
    public long Bytes { get; }

    /// <summary>Opens a log; null if there is none.</summary>
    public static LogView? Open(string directory)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return LogIndex.Read(directory) is { } index ? new(directory, index) : null;
            }
            catch (FileNotFoundException) when (attempt < 5)
            {
                // The growing chunk became a closed one and went: the index is newer now.
            }
        }
    }

    /// <summary>Reads at an offset, at most up to the end of a chunk; 0 at the end. In the gap it gives the notice and skips to the gap's end.</summary>
    public int Read(long offset, Span<byte> into, out long next)
    {
        next = offset;
        if (Index.Gap is { } gap && offset >= gap.Offset && offset < gap.End)
        {
            var notice = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
                $"[switchyard: {gap.End - offset} bytes are not kept here; the beginning and the end of long logs are]\n"));
            var length = Math.Min(notice.Length, into.Length);
            notice.AsSpan(0, length).CopyTo(into);
            next = gap.End;
            return length;
        }
        if (offset >= Bytes || offset < 0) return 0;
        var at = IndexOfOffset(offset);
        var chunk = Index.Chunks[at];
        var end = at + 1 < Index.Chunks.Count ? Index.Chunks[at + 1].Offset : Bytes;
        if (Index.Gap is { } g && offset < g.Offset) end = Math.Min(end, g.Offset);
        if (_openNumber != chunk.Number)
        {
            _open?.Dispose();
            _open = new(Path.Combine(_directory, chunk.FileName), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
            _openNumber = chunk.Number;
        }
        var n = RandomAccess.Read(_open!.SafeFileHandle, into[..(int)Math.Min(into.Length, end - offset)], offset - chunk.Offset);
        next = offset + n;
        return n;
    }

    /// <summary>The offset at which a line begins; null if the log has no such line (yet). A line in the gap begins where the gap does.</summary>
    public long? FindLine(long line, Span<byte> buffer)
    {
        if (line <= 0) return 0;
        if (Index.Gap is { } gap && line > gap.Line && line <= gap.Line + gap.Lines) return gap.Offset;
        // The line begins after a newline that stands in the last chunk with fewer newlines before it.
        var at = Index.Chunks.Count - 1;
        while (at > 0 && Index.Chunks[at].Line >= line) at--;
        var missing = line - Index.Chunks[at].Line;
        for (var offset = Index.Chunks[at].Offset; ;)
        {
            var n = Read(offset, buffer, out var next);
            if (n == 0) return null;
            var found = SkipLines(buffer[..n], ref missing);
            if (missing == 0) return offset + found;
            offset = next;
        }
    }

    /// <summary>The number of the line that a byte stands in.</summary>
    public long LineAt(long offset, Span<byte> buffer)
    {
        if (Index.Gap is { } gap && offset >= gap.Offset && offset < gap.End) return gap.Line;
        var chunk = Index.Chunks[IndexOfOffset(offset)];
        var line = chunk.Line;
        for (var at = chunk.Offset; at < offset;)
        {
            var n = Read(at, buffer[..(int)Math.Min(buffer.Length, offset - at)], out var next);
            if (n == 0) break;
            line += ((ReadOnlySpan<byte>)buffer[..n]).Count((byte)'\n');
            at = next;
        }
        return line;
    }

    public void Dispose() => _open?.Dispose();

    private static int SkipLines(ReadOnlySpan<byte> bytes, ref long missing)
    {
        var at = 0;
        while (missing > 0)
        {
            var newline = bytes[at..].IndexOf((byte)'\n');
            if (newline < 0) break;
            at += newline + 1;
            missing--;
        }
        return at;
    }

    private int IndexOfOffset(long offset)
    {
        var at = Index.Chunks.Count - 1;
        while (at > 0 && Index.Chunks[at].Offset > offset) at--;
        return at;
    }
}
