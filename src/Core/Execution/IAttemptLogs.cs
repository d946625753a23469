namespace Switchyard.Core.Execution;

/// <summary>Reads what attempts wrote. Memory is constant whatever the log's size.</summary>
public interface IAttemptLogs
{
    /// <summary>What there is of an attempt's log; all zero if nothing was written.</summary>
    LogInfo Info(long attemptId);

    /// <summary>Bytes from an offset on, at most <paramref name="maximum"/>. Offsets count what the task wrote; a dropped middle is skipped and said in the text.</summary>
    LogSlice Read(long attemptId, long offset, int maximum);

    /// <summary>The last <paramref name="lines"/> lines, at most <paramref name="maximumBytes"/>.</summary>
    LogSlice Tail(long attemptId, int lines, int maximumBytes);

    /// <summary>Lines from a line number on (0 is the first).</summary>
    LogSlice ReadLines(long attemptId, long firstLine, int count, int maximumBytes);

    /// <summary>Lines that contain a text, ignoring case if asked, from a line on; at most <paramref name="maximumHits"/>.</summary>
    IReadOnlyList<LogHit> Search(long attemptId, string text, bool ignoreCase, long fromLine, int maximumHits, CancellationToken stop);

    /// <summary>The log as it grows, from an offset on; ends when the attempt has ended and all is read. Woken by notification, not by polling.</summary>
    IAsyncEnumerable<LogSlice> Follow(long attemptId, long offset, CancellationToken stop);
}

/// <summary>The extent of a log.</summary>
/// <param name="Bytes">Bytes the task wrote.</param>
/// <param name="Lines">Lines the task wrote.</param>
/// <param name="DroppedBytes">Bytes in the middle that were not kept.</param>
/// <param name="Complete">True when the attempt has ended and nothing more will come.</param>
/// <param name="DroppedFrom">The number of the first line that was not kept.</param>
/// <param name="DroppedLines">Lines in the middle that were not kept.</param>
public sealed record LogInfo(long Bytes, long Lines, long DroppedBytes, bool Complete, long DroppedFrom = 0, long DroppedLines = 0);

/// <summary>A piece of a log. <paramref name="Next"/> is the offset to go on from.</summary>
public sealed record LogSlice(long Offset, long Next, ReadOnlyMemory<byte> Bytes, long? FirstLine = null);

/// <summary>A line that a search found.</summary>
public sealed record LogHit(long Line, long Offset, string Text);
