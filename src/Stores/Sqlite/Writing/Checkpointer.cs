using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite.Writing;

/// <summary>
/// Copies the write-ahead log into the database from a connection and a thread of its own, beside the writer. When the
/// log has grown long all the same, because the writer never paused, it stops the writer between two groups for the
/// last few pages and cuts the log off.
/// </summary>
internal sealed class Checkpointer : IDisposable
{
    /// <summary>Pages of 4 KiB that the writer wrote since the last copy began.</summary>
    private const int CopyEvery = 1000;

    /// <summary>Bytes.</summary>
    private const long CutAbove = 64 << 20;

    private readonly Database _db;
    private readonly FileInfo _log;
    private readonly Lock _writing = new();
    private readonly AutoResetEvent _grown = new(false);
    private readonly ManualResetEventSlim _mayWrite = new(true);
    private readonly Thread _thread;
    private long _cutAbove = CutAbove;
    private int _pages;
    private volatile bool _ending;

    public Checkpointer(Database db, string path)
    {
        // Until a connection has read something it does not know that there is a log, and copies nothing.
        db["select count(*) from schema_version"].Any();
        _db = db;
        _log = new FileInfo(path + "-wal");
        _thread = new Thread(Work) { IsBackground = true, Name = "store checkpoints" };
        _thread.Start();
    }

    /// <summary>The writer begins a group; it waits when the log grows faster than it can be copied.</summary>
    public void Enter()
    {
        _mayWrite.Wait();
        _writing.Enter();
    }

    /// <summary>The writer has ended a group, having written so many pages.</summary>
    public void Leave(int pages)
    {
        _writing.Exit();
        _pages += pages;
        if (_pages < CopyEvery)
            return;
        _pages = 0;
        if (LogLength() > 2 * Interlocked.Read(ref _cutAbove))
            _mayWrite.Reset();
        _grown.Set();
    }

    /// <summary>Ends the thread; call it after the writer's end.</summary>
    public void Dispose()
    {
        _ending = true;
        _grown.Set();
        _thread.Join();
        _db.Dispose();
        _grown.Dispose();
        _mayWrite.Dispose();
    }

    private void Work()
    {
        while (_grown.WaitOne() && !_ending)
        {
            // Failing loses nothing: the log keeps all, and the next growth tries again.
            _db.Checkpoint(truncate: false);
            if (LogLength() > _cutAbove)
                Cut();
            _mayWrite.Set();
        }
    }

    private void Cut()
    {
        _mayWrite.Reset();
        lock (_writing)
        {
            // A reader may stand in the way; the log then grows a little more before this is tried again.
            var cut = _db.Checkpoint(truncate: true);
            Interlocked.Exchange(ref _cutAbove, cut ? CutAbove : LogLength() + CutAbove);
        }
    }

    private long LogLength()
    {
        _log.Refresh();
        return _log.Exists ? _log.Length : 0;
    }
}
