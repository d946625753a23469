using System.Buffers;
using System.Runtime.CompilerServices;
using Switchyard.Core.Execution;

namespace Switchyard.Executors.Process.Output;

/// <summary>
/// Reads the logs that this node's hosts write. Which attempts may still write is known from the executor's reports;
/// everything else comes from the files.
/// </summary>
public sealed class AttemptLogs(NodeFiles files) : IAttemptLogs
{
    private const int LongestHit = 4096;

    private readonly Lock _gate = new();
    private readonly HashSet<long> _alive = [];
    private readonly Dictionary<long, TaskCompletionSource> _followers = [];

    /// <summary>New output of attempts, or the end of it: wakes those who follow.</summary>
    public void Notify(OutputGrew grew)
    {
        ArgumentNullException.ThrowIfNull(grew);
        foreach (var (id, _) in grew.Sizes) Wake(id);
    }

    /// <inheritdoc/>
    public LogInfo Info(long attemptId)
    {
        using var view = LogView.Open(files.LogDirectory(attemptId));
        if (view is null) return new(0, 0, 0, !IsAlive(attemptId));
        var gap = view.Index.Gap ?? default;
        if (view.Index.End is { } end) return new(end.Bytes, end.Lines, gap.Bytes, true, gap.Line, gap.Lines);
        var buffer = ArrayPool<byte>.Shared.Rent(LogView.Block);
        try
        {
            var lines = view.LineAt(view.Bytes, buffer);
            if (view.Bytes > 0 && view.Read(view.Bytes - 1, buffer.AsSpan(0, 1), out _) == 1 && buffer[0] != '\n') lines++;
            return new(view.Bytes, lines, gap.Bytes, !IsAlive(attemptId), gap.Line, gap.Lines);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <inheritdoc/>
    public LogSlice Read(long attemptId, long offset, int maximum) => Retried(attemptId, view => Piece(view, offset, maximum)) ?? new(offset, offset, default);

    /// <inheritdoc/>
    public LogSlice Tail(long attemptId, int lines, int maximumBytes) => Retried(attemptId, view =>
    {
        var buffer = new byte[LogView.Block];
        var (start, left) = (view.Bytes, (long)Math.Max(0, lines));
        // The newline that ends the last line does not begin another.
        var first = true;
        var floor = Math.Max(view.Bytes - Math.Max(0, maximumBytes), view.Index.Gap?.End is { } end && end < view.Bytes ? end : 0);
        while (left > 0 && start > floor)
        {
            var from = Math.Max(floor, start - LogView.Block);
            var block = Whole(view, from, (int)(start - from), buffer);
            if (first && block.Length > 0 && block[^1] == '\n') block = block[..^1];
            first = false;
            while (block.LastIndexOf((byte)'\n') is var newline and >= 0 && --left > 0) block = block[..newline];
            if (left == 0)
            {
                start = from + block.LastIndexOf((byte)'\n') + 1;
                break;
            }
            start = from;
        }
        var slice = Piece(view, start, (int)(view.Bytes - start));
        return slice with { FirstLine = view.LineAt(start, buffer) };
    }) ?? new(0, 0, default, 0);

    /// <inheritdoc/>
    public LogSlice ReadLines(long attemptId, long firstLine, int count, int maximumBytes) => Retried(attemptId, view =>
    {
        var buffer = new byte[LogView.Block];
        if (view.FindLine(firstLine, buffer) is not { } start) return new(view.Bytes, view.Bytes, default, firstLine);
        var slice = Piece(view, start, maximumBytes);
        var bytes = slice.Bytes.Span;
        var at = 0;
        for (var line = 0; line < count && at < bytes.Length; line++)
        {
            var newline = bytes[at..].IndexOf((byte)'\n');
            at = newline < 0 ? bytes.Length : at + newline + 1;
        }
        return at == bytes.Length ? slice with { FirstLine = firstLine } : new LogSlice(start, start + at, slice.Bytes[..at], firstLine);
    }) ?? new(0, 0, default, 0);

    /// <inheritdoc/>
    public IReadOnlyList<LogHit> Search(long attemptId, string text, bool ignoreCase, long fromLine, int maximumHits, CancellationToken stop)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        return Retried<IReadOnlyList<LogHit>>(attemptId, view => LogSearch.Run(view, text, ignoreCase, fromLine, maximumHits, LongestHit, stop)) ?? [];
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<LogSlice> Follow(long attemptId, long offset, [EnumeratorCancellation] CancellationToken stop)
    {
        while (true)
        {
            // Before the look, so that growth during it is not missed.
            var (grown, alive) = Subscribe(attemptId);
            var slice = Read(attemptId, offset, LogView.Block);
            if (slice.Bytes.Length > 0)
            {
                offset = slice.Next;
                yield return slice;
                continue;
            }
            if (!alive) yield break;
            await grown.WaitAsync(stop).ConfigureAwait(false);
        }
    }

    /// <summary>These attempts are on their way to their host.</summary>
    internal void Expect(IReadOnlyList<StartOrder> orders)
    {
        lock (_gate) foreach (var order in orders) _alive.Add(order.AttemptId);
    }

    internal void Begin(long attemptId)
    {
        lock (_gate) _alive.Add(attemptId);
    }

    internal void End(long attemptId)
    {
        lock (_gate) _alive.Remove(attemptId);
        Wake(attemptId);
    }

    /// <summary>Only these may still be alive.</summary>
    internal void Retain(IReadOnlySet<long> known)
    {
        List<long> gone;
        lock (_gate) gone = _alive.Where(id => !known.Contains(id)).ToList();
        foreach (var id in gone) End(id);
    }

    private bool IsAlive(long attemptId)
    {
        lock (_gate) return _alive.Contains(attemptId);
    }

    private (Task Grown, bool Alive) Subscribe(long attemptId)
    {
        lock (_gate)
        {
            if (!_alive.Contains(attemptId)) return (Task.CompletedTask, false);
            if (!_followers.TryGetValue(attemptId, out var signal))
                _followers[attemptId] = signal = new(TaskCreationOptions.RunContinuationsAsynchronously);
            return (signal.Task, true);
        }
    }

    private void Wake(long attemptId)
    {
        TaskCompletionSource? signal;
        lock (_gate) _followers.Remove(attemptId, out signal);
        signal?.TrySetResult();
    }

    private T? Retried<T>(long attemptId, Func<LogView, T> read) where T : class
    {
        for (var attempt = 0; ; attempt++)
        {
            using var view = LogView.Open(files.LogDirectory(attemptId));
            if (view is null) return null;
            try
            {
                return read(view);
            }
            catch (FileNotFoundException) when (attempt < 5)
            {
                // A chunk of the middle was dropped between the index and the read; the next index knows.
            }
        }
    }

    private static LogSlice Piece(LogView view, long offset, int maximum)
    {
        maximum = (int)Math.Clamp(view.Bytes - offset, 0, Math.Max(0, maximum));
        if (maximum == 0) return new(offset, offset, default);
        // A notice may be longer than the little that was asked for.
        var bytes = new byte[Math.Max(maximum, 256)];
        var (filled, at) = (0, offset);
        while (filled < maximum)
        {
            var inGap = view.Index.Gap is { } gap && at >= gap.Offset && at < gap.End;
            if (inGap && bytes.Length - filled < 256) break;
            var n = view.Read(at, inGap ? bytes.AsSpan(filled) : bytes.AsSpan(filled, maximum - filled), out var next);
            if (n == 0) break;
            filled += n;
            at = next;
            // Beyond a notice, offsets and bytes no longer run together; the caller goes on from Next.
            if (inGap) break;
        }
        return new(offset, at, bytes.AsMemory(0, filled));
    }

    private static ReadOnlySpan<byte> Whole(LogView view, long offset, int count, byte[] buffer)
    {
        var filled = 0;
        while (filled < count)
        {
            var n = view.Read(offset + filled, buffer.AsSpan(filled, count - filled), out _);
            if (n == 0) break;
            filled += n;
        }
        return buffer.AsSpan(0, filled);
    }
}
