using Npgsql;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres.Writing;

/// <summary>
/// Looks after a group that takes long: when a server has stopped in the middle of what it was sending in its turn, its session is ended, and what it
/// wrote goes with it. The database does so by itself only with clients that stopped between two statements.
/// </summary>
internal sealed class TurnWatch : IDisposable
{
    /// <summary>For how long a client may say nothing before it counts as stopped.</summary>
    public const int LongestSilenceSeconds = 4;

    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(LongestSilenceSeconds);
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    private readonly NpgsqlDataSource _source;
    private readonly ITimer _timer;
    private int _looking;

    /// <summary>Looks after nothing yet.</summary>
    public TurnWatch(NpgsqlDataSource source, TimeProvider time)
    {
        _source = source;
        _timer = time.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>A group begins.</summary>
    public void Begin() => _timer.Change(Silence, Again);

    /// <summary>The group is done.</summary>
    public void End() => _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Dispose() => _timer.Dispose();

    private async void Look()
    {
        if (Interlocked.Exchange(ref _looking, 1) != 0)
            return;
        try
        {
            var connection = await _source.OpenConnectionAsync().ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                // state_change is the moment at which it was last sent something to do.
                await new Database(connection)[
                    """
                    select pg_terminate_backend(a.pid)
                    from pg_locks l join pg_stat_activity a on a.pid = l.pid
                    where l.locktype = 'advisory' and l.database = (select oid from pg_database where datname = current_database()) and l.classid::bigint << 32 | l.objid::bigint = $1 and l.granted
                        and a.wait_event_type = 'Client' and a.state_change < clock_timestamp() - make_interval(secs => $2)
                    """].Add(WriteSession.TurnLock).Add(LongestSilenceSeconds).Run().ConfigureAwait(false);
            }
        }
        catch (Exception failure) when (failure is NpgsqlException or IOException or TimeoutException or InvalidOperationException)
        {
            // It is looked again while the group waits; the group itself says what is wrong with the database.
        }
        finally
        {
            Volatile.Write(ref _looking, 0);
        }
    }
}
