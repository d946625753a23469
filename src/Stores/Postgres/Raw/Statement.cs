using Npgsql;
using NpgsqlTypes;
using Switchyard.Core.Runs;

namespace Switchyard.Stores.Postgres.Raw;

/// <summary>A statement with its parameters: the first one added is <c>$1</c>. It is sent alone, or with others in one round trip.</summary>
internal sealed class Statement(Database db, string sql)
{
    private Action<Row>? _read;

    /// <summary>A change that fails, and with it all that goes with it, unless it concerns as many rows as a parameter says: a division by zero ends it on the spot.</summary>
    public static string Exactly(string count, string update) => $"with changed as ({update} returning 1) select 1 / case when count(*) = {count} then 1 else 0 end from changed";

    /// <summary>Whether it answers with rows, though there be none.</summary>
    public bool Answers => _read is not null || sql.StartsWith("select", StringComparison.Ordinal) || sql.StartsWith("with changed", StringComparison.Ordinal);

    /// <summary>How many rows it changed, once it was sent.</summary>
    public int Changed => (int)Command.RecordsAffected;

    internal NpgsqlBatchCommand Command { get; } = new(sql);

    public Statement Add(long value) => With(value);

    public Statement Add(int value) => With(value);

    public Statement Add(bool value) => With(value);

    public Statement Add(long? value) => value is { } known ? With(known) : Null(NpgsqlDbType.Bigint);

    public Statement Add(int? value) => value is { } known ? With(known) : Null(NpgsqlDbType.Integer);

    public Statement Add(bool? value) => value is { } known ? With(known) : Null(NpgsqlDbType.Boolean);

    public Statement Add(DateTimeOffset value) => With(Instants.Write(value));

    public Statement Add(DateTimeOffset? value) => value is { } known ? Add(known) : Null(NpgsqlDbType.Bigint);

    public Statement Add(string? value) => value is null ? Null(NpgsqlDbType.Text) : With(Raw.Texts.Write(value));

    public Statement Add(byte[] value) => With(value);

    public Statement Add(Reason reason) => Word(reason.Code).Add(reason.Text);

    public Statement Add(Reason? reason) => reason is { } known ? Add(known) : Add((string?)null).Add((string?)null);

    public Statement Word<T>(T value)
        where T : struct, Enum => With(Stores.Words<T>.Of(value));

    /// <summary>Adds an array, for <c>= any($1)</c> or <c>unnest($1)</c>; null for none.</summary>
    public Statement Add(IReadOnlyList<long>? values) => values is null ? Null(NpgsqlDbType.Array | NpgsqlDbType.Bigint) : With(values as long[] ?? [.. values]);

    public Statement Add(List<long> values) => With(values);

    public Statement Add(List<long?> values) => Column(values);

    public Statement Add(List<int> values) => With(values);

    public Statement Add(List<int?> values) => Column(values);

    public Statement Add(List<bool> values) => With(values);

    public Statement Add(List<bool?> values) => Column(values);

    /// <summary>Adds an array of texts.</summary>
    public Statement Add(IReadOnlyList<string?> values)
    {
        var written = new string?[values.Count];
        for (var at = 0; at < written.Length; at++)
            written[at] = values[at] is { } text ? Raw.Texts.Write(text) : null;
        return Column(written);
    }

    /// <summary>Adds an array of texts, one of each item.</summary>
    public Statement Texts<T>(List<T> items, Func<T, string?> text)
    {
        var written = new string?[items.Count];
        for (var at = 0; at < written.Length; at++)
            written[at] = text(items[at]) is { } one ? Raw.Texts.Write(one) : null;
        return Column(written);
    }

    /// <summary>Adds an array of words, one of each item: they are written as they are.</summary>
    public Statement Words<T>(List<T> items, Func<T, string?> word)
    {
        var words = new string?[items.Count];
        for (var at = 0; at < words.Length; at++)
            words[at] = word(items[at]);
        return Column(words);
    }

    /// <summary>What is done with each of its rows when it is sent with others.</summary>
    public Statement Each(Action<Row> read)
    {
        _read = read;
        return this;
    }

    /// <summary>Sends it; answers how many rows it changed.</summary>
    public async Task<int> Run()
    {
        await db.Send(this).ConfigureAwait(false);
        return Changed;
    }

    /// <summary>Sends it; true if it yields a row.</summary>
    public async Task<bool> Any()
    {
        var any = false;
        await db.Send(Each(_ => any = true)).ConfigureAwait(false);
        return any;
    }

    /// <summary>Sends it; the first row, or the default.</summary>
    public async Task<T?> First<T>(Func<Row, T> read)
    {
        T? first = default;
        var found = false;
        await db.Send(Each(row =>
        {
            if (!found)
                (found, first) = (true, read(row));
        })).ConfigureAwait(false);
        return first;
    }

    /// <summary>Sends it; all rows.</summary>
    public async Task<List<T>> All<T>(Func<Row, T> read)
    {
        var rows = new List<T>();
        await db.Send(Each(row => rows.Add(read(row)))).ConfigureAwait(false);
        return rows;
    }

    /// <summary>Takes a row that it was answered with.</summary>
    internal void Take(Row row) => _read?.Invoke(row.Begin());

    /// <summary>Adds a column of rows. One without any value is sent empty: <c>unnest</c> fills up with nulls, and most columns of a set are such.</summary>
    private Statement Column<T>(IReadOnlyList<T> values) => With(values.All(value => value is null) ? [] : values as T[] ?? [.. values]);

    private Statement With<T>(T value)
    {
        Command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
        return this;
    }

    private Statement Null(NpgsqlDbType type)
    {
        Command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = type, Value = DBNull.Value });
        return this;
    }
}
