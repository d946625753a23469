using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;

namespace Switchyard.Server.Live;

/// <summary>
/// Committed events, handed to whoever watches. The store is the source and the sequence number the place in it, so
/// nothing is lost between two connections; while nobody watches, nothing is read.
/// </summary>
public sealed class LiveFeed(IStore store, int buffer)
{
    private const int Page = 500;

    private readonly Channel<bool> _bell = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly Lock _gate = new();
    private readonly List<Viewer> _viewers = [];
    private long _last;

    /// <summary>How many watch now.</summary>
    public int Viewers
    {
        get
        {
            lock (_gate)
                return _viewers.Count;
        }
    }

    /// <summary>Says that events were committed. Cheap, and never waits.</summary>
    public void Ring() => _bell.Writer.TryWrite(true);

    /// <summary>Hands events on until stopped.</summary>
    public async Task Run(CancellationToken stop)
    {
        await foreach (var _ in _bell.Reader.ReadAllAsync(stop).ConfigureAwait(false))
        {
            IReadOnlyList<EventRow> page;
            do
            {
                long after;
                lock (_gate)
                {
                    if (_viewers.Count == 0)
                        break;
                    after = _last;
                }

                page = await store.EventsAfter(after, Page, stop).ConfigureAwait(false);
                lock (_gate)
                    HandOut(page);
            }
            while (page.Count == Page);
        }
    }

    /// <summary>
    /// Events after a position: first those of the past, then those to come. Ends by itself only when the reader was
    /// too slow; it then goes on by watching again after the last event it saw.
    /// </summary>
    /// <param name="after">The position; null for now.</param>
    /// <param name="runId">Only this run's, or null for all.</param>
    public async IAsyncEnumerable<EventRow> Watch(long? after, long? runId, [EnumeratorCancellation] CancellationToken stop)
    {
        var now = await store.EventsLast(stop).ConfigureAwait(false);
        var viewer = new Viewer(runId, buffer);
        lock (_gate)
        {
            if (_viewers.Count == 0)
                _last = now;
            _viewers.Add(viewer);
        }

        // What was committed between the two steps above rang before there was a viewer.
        Ring();
        try
        {
            var seen = after ?? now;
            IReadOnlyList<EventRow> page;
            do
            {
                page = runId is { } id
                    ? await store.EventsOfRun(id, seen, Page, stop).ConfigureAwait(false)
                    : await store.EventsAfter(seen, Page, stop).ConfigureAwait(false);
                foreach (var row in page)
                {
                    yield return row;
                    seen = row.Seq;
                }
            }
            while (page.Count == Page);

            await foreach (var row in viewer.Rows.Reader.ReadAllAsync(stop).ConfigureAwait(false))
            {
                if (row.Seq <= seen)
                    continue;
                yield return row;
                seen = row.Seq;
            }
        }
        finally
        {
            lock (_gate)
                _viewers.Remove(viewer);
        }
    }

    private void HandOut(IReadOnlyList<EventRow> page)
    {
        foreach (var row in page)
        {
            _last = Math.Max(_last, row.Seq);
            foreach (var viewer in _viewers)
            {
                if ((viewer.RunId is null || viewer.RunId == row.RunId) && !viewer.Rows.Writer.TryWrite(row))
                    viewer.Rows.Writer.TryComplete();
            }
        }
    }

    private sealed class Viewer(long? runId, int buffer)
    {
        public long? RunId { get; } = runId;

        public Channel<EventRow> Rows { get; } = Channel.CreateBounded<EventRow>(new BoundedChannelOptions(buffer) { SingleReader = true, SingleWriter = true });
    }
}
