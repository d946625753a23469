using System.Globalization;
using System.Text;

namespace Switchyard.Executors.Process.Output;

/// <summary>One file of a log: where it begins, in bytes and in newlines before it.</summary>
internal readonly record struct LogChunk(int Number, long Offset, long Line)
{
    public string FileName => Number.ToString(CultureInfo.InvariantCulture) + ".log";
}

/// <summary>The middle of a log that was not kept.</summary>
internal readonly record struct LogGap(long Offset, long Bytes, long Line, long Lines)
{
    public long End => Offset + Bytes;
}

/// <summary>The totals of a log that has ended.</summary>
internal readonly record struct LogEnd(long Bytes, long Lines);

/// <summary>
/// What a log consists of: the file <c>index</c> beside its chunks, a few lines of text, replaced as a whole when a chunk
/// begins or goes and when the log ends. A log without one is a single growing <c>0.log</c>.
/// </summary>
internal sealed record LogIndex(IReadOnlyList<LogChunk> Chunks, LogGap? Gap, LogEnd? End)
{
    public const string FileName = "index";

    /// <summary>Reads the index of a log; null if there is no log.</summary>
    public static LogIndex? Read(string directory)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(Path.Combine(directory, FileName));
        }
        catch (IOException)
        {
            return File.Exists(Path.Combine(directory, "0.log")) ? new([new(0, 0, 0)], null, null) : null;
        }

        var chunks = new List<LogChunk>();
        LogGap? gap = null;
        LogEnd? end = null;
        foreach (var line in lines)
        {
            var words = line.Split(' ');
            long At(int i) => long.Parse(words[i], CultureInfo.InvariantCulture);
            switch (words[0])
            {
                case "chunk": chunks.Add(new((int)At(1), At(2), At(3))); break;
                case "gap": gap = new(At(1), At(2), At(3), At(4)); break;
                case "end": end = new(At(1), At(2)); break;
            }
        }
        // The first index of a log may be met between its making and its writing.
        return new(chunks.Count > 0 ? chunks : [new(0, 0, 0)], gap, end);
    }

    /// <summary>The file's text: a first line names the version, the others say what they are.</summary>
    public static byte[] Write(IEnumerable<LogChunk> chunks, LogGap? gap, LogEnd? end)
    {
        var text = new StringBuilder("switchyard-log 1\n");
        foreach (var c in chunks) text.Append(CultureInfo.InvariantCulture, $"chunk {c.Number} {c.Offset} {c.Line}\n");
        if (gap is { } g) text.Append(CultureInfo.InvariantCulture, $"gap {g.Offset} {g.Bytes} {g.Line} {g.Lines}\n");
        if (end is { } e) text.Append(CultureInfo.InvariantCulture, $"end {e.Bytes} {e.Lines}\n");
        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
