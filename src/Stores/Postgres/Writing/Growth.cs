using Npgsql;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres.Writing;

/// <summary>Has the hot tables analysed when many runs came: by the time PostgreSQL does it by itself, lists would be read by plans for small tables.</summary>
internal sealed class Growth(NpgsqlDataSource source)
{
    private long _grown;
    private long _analyseAt = 2000;
    private Task _analysis = Task.CompletedTask;

    /// <summary>The analysis under way, or done.</summary>
    public Task Analysis => _analysis;

    /// <summary>Some runs more are there.</summary>
    public void Add(int runs)
    {
        _grown += runs;
        if (_grown < _analyseAt || !_analysis.IsCompleted)
            return;
        _analyseAt = 2 * _grown;
        _analysis = Task.Run(Analyse);
    }

    private async Task Analyse()
    {
        try
        {
            var connection = await source.OpenConnectionAsync().ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                // By a small sample of what lists and looks ask for: which index is used does not depend on more.
                var db = new Database(connection);
                db.Queue("begin");
                db.Queue("set local default_statistics_target = 10");
                db.Queue("analyze jobs, runs (id, job_id, owner_id, dialect, kind, created_at, ended_at, end_state, batch_id, unique_name), tasks (run_id, attempt_id), attempts (id, run_id), events (seq, run_id), documents (hash)");
                await db["commit"].Run().ConfigureAwait(false);
            }
        }
        catch (Exception failure) when (failure is NpgsqlException or IOException or TimeoutException or InvalidOperationException)
        {
            // It is tried again when there are twice as many.
        }
    }
}
