using Npgsql;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres;

/// <summary>A few connections that only read. A read takes one for as long as one page lasts.</summary>
internal sealed class Readers(NpgsqlDataSource source, int most, string where) : IAsyncDisposable
{
    private readonly SemaphoreSlim _free = new(most);
    private volatile bool _closed;

    /// <summary>Reads. Each statement sees its own moment; those that are to see the same one are one statement, or use <see cref="ReadAtOnce"/>.</summary>
    public async Task<T> Read<T>(Func<Database, Task<T>> read, CancellationToken stop)
    {
        await _free.WaitAsync(stop).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            var connection = await source.OpenConnectionAsync(stop).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
                return await read(new Database(connection, stop: stop)).ConfigureAwait(false);
        }
        catch (Exception failure) when (!_closed && !stop.IsCancellationRequested)
        {
            var forCallers = PostgresFailure.ForCallers(failure, where);
            if (ReferenceEquals(forCallers, failure))
                throw;
            throw forCallers;
        }
        finally
        {
            _free.Release();
        }
    }

    /// <summary>Reads with all statements seeing one moment.</summary>
    public Task<T> ReadAtOnce<T>(Func<Database, Task<T>> read, CancellationToken stop) => Read(
        async db =>
        {
            db.Queue("begin isolation level repeatable read read only");
            try
            {
                return await read(db).ConfigureAwait(false);
            }
            finally
            {
                db.Drop();
                await db["commit"].Run().ConfigureAwait(false);
            }
        },
        stop);

    /// <summary>Lets the reads under way end, and refuses the others.</summary>
    public async ValueTask DisposeAsync()
    {
        _closed = true;
        for (var connection = 0; connection < most; connection++)
            await _free.WaitAsync().ConfigureAwait(false);
        _free.Release(most);
    }
}
