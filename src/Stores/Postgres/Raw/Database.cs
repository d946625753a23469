using Npgsql;

namespace Switchyard.Stores.Postgres.Raw;

/// <summary>One connection, used by one caller at a time. What is queued goes to the server with the next statement, in one round trip.</summary>
/// <param name="blocking">Whether the calling thread waits for the answers itself: on a thread of one's own that is quicker, nobody has to be woken in between.</param>
internal sealed class Database(NpgsqlConnection connection, bool blocking = false, CancellationToken stop = default)
{
    /// <summary>The database's clock, in microseconds since 1970.</summary>
    public const string Now = "(extract(epoch from clock_timestamp()) * 1000000)::bigint";

    private List<Statement> _queued = [];

    /// <summary>A statement to add parameters to, and to send.</summary>
    public Statement this[string sql] => new(this, sql);

    /// <summary>A statement that goes with the next one that is sent, before it.</summary>
    public Statement Queue(string sql)
    {
        var statement = this[sql];
        _queued.Add(statement);
        return statement;
    }

    /// <summary>Forgets what was queued.</summary>
    public void Drop() => _queued = [];

    /// <summary>Sends what is queued, and a copy after it, on the calling thread.</summary>
    public void Copy(string sql, ReadOnlySpan<byte> rows)
    {
        if (_queued.Count > 0)
            SendBlocking(Taken());
        using var copy = connection.BeginRawBinaryCopy(sql);
        copy.Write(rows);
    }

    /// <summary>Sends what is queued, and a statement after it.</summary>
    public async Task Send(Statement? last = null)
    {
        var statements = Taken();
        if (last is not null)
            statements.Add(last);
        if (statements.Count == 0)
            return;
        if (blocking)
            SendBlocking(statements);
        else
            await SendAsync(statements).ConfigureAwait(false);
    }

    private List<Statement> Taken()
    {
        var statements = _queued;
        _queued = [];
        return statements;
    }

    private async Task SendAsync(List<Statement> statements)
    {
        var batch = Batch(statements);
        await using (batch.ConfigureAwait(false))
        {
            var reader = await batch.ExecuteReaderAsync(stop).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                // The reader stops only at statements that answer with rows.
                foreach (var statement in statements.Where(statement => statement.Answers))
                {
                    var row = new Row(reader);
                    while (await reader.ReadAsync(stop).ConfigureAwait(false))
                        statement.Take(row);
                    await reader.NextResultAsync(stop).ConfigureAwait(false);
                }

                while (await reader.NextResultAsync(stop).ConfigureAwait(false))
                {
                }
            }
        }
    }

    private void SendBlocking(List<Statement> statements)
    {
        using var batch = Batch(statements);
        using var reader = batch.ExecuteReader();
        foreach (var statement in statements.Where(statement => statement.Answers))
        {
            var row = new Row(reader);
            while (reader.Read())
                statement.Take(row);
            reader.NextResult();
        }

        while (reader.NextResult())
        {
        }
    }

    private NpgsqlBatch Batch(List<Statement> statements)
    {
        var batch = new NpgsqlBatch(connection);
        foreach (var statement in statements)
            batch.BatchCommands.Add(statement.Command);
        return batch;
    }
}
