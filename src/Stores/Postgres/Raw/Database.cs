using Npgsql;

namespace Switchyard.Stores.Postgres.Raw;

/// <summary>One connection, used by one caller at a time. What is queued goes to the server with the next statement, in one round trip.</summary>
internal sealed class Database(NpgsqlConnection connection, CancellationToken stop = default)
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

    /// <summary>Sends what is queued, and a statement after it.</summary>
    public async Task Send(Statement? last = null)
    {
        var statements = _queued;
        _queued = [];
        if (last is not null)
            statements.Add(last);
        if (statements.Count == 0)
            return;
        var batch = new NpgsqlBatch(connection);
        await using (batch.ConfigureAwait(false))
        {
            foreach (var statement in statements)
                batch.BatchCommands.Add(statement.Command);
            var reader = await batch.ExecuteReaderAsync(stop).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
                await Read(reader, statements).ConfigureAwait(false);
        }
    }

    /// <summary>The reader stops only at statements that answer with rows.</summary>
    private async Task Read(NpgsqlDataReader reader, List<Statement> statements)
    {
        foreach (var statement in statements)
        {
            if (!statement.Answers)
                continue;
            await statement.Read(reader, stop).ConfigureAwait(false);
            await reader.NextResultAsync(stop).ConfigureAwait(false);
        }

        while (await reader.NextResultAsync(stop).ConfigureAwait(false))
        {
        }
    }
}
