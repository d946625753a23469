using System.Collections.Concurrent;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite;

/// <summary>A few connections that only read. A read takes one for as long as one page lasts, on a thread of the pool.</summary>
internal sealed class Readers(string path, int most) : IAsyncDisposable
{
    private static readonly TimeSpan Busy = TimeSpan.FromSeconds(5);
    private readonly SemaphoreSlim _free = new(most);
    private readonly ConcurrentBag<Database> _idle = [];
    private volatile bool _closed;

    /// <summary>Reads; all statements of one call see the same moment.</summary>
    public async Task<T> Read<T>(Func<Database, T> read, CancellationToken stop)
    {
        await _free.WaitAsync(stop).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            return await Task.Run(() => ReadNow(read), stop).ConfigureAwait(false);
        }
        catch (SqliteFailure failure)
        {
            throw failure.ForCallers(path);
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>Lets the reads under way end, refuses the others, and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        _closed = true;
        for (var connection = 0; connection < most; connection++)
            await _free.WaitAsync().ConfigureAwait(false);
        while (_idle.TryTake(out var db))
            db.Dispose();
        _free.Release(most);
    }

    private T ReadNow<T>(Func<Database, T> read)
    {
        if (!_idle.TryTake(out var db))
            db = Open();
        try
        {
            db["begin"].Run();
            var answer = read(db);
            db["commit"].Run();
            _idle.Add(db);
            return answer;
        }
        catch
        {
            // A connection that failed is not used again.
            db.Dispose();
            throw;
        }
    }

    private Database Open()
    {
        var db = Database.Open(path, forWriting: false, Busy);
        db.Execute("pragma cache_size = -4000; pragma temp_store = memory; pragma query_only = 1");
        return db;
    }
}
