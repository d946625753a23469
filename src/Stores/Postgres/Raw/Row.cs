using Npgsql;
using Switchyard.Core.Runs;

namespace Switchyard.Stores.Postgres.Raw;

/// <summary>The row a statement has come to. Columns are taken in the order in which they are selected.</summary>
internal sealed class Row(NpgsqlDataReader reader) : IRow
{
    private int _column;

    /// <summary>Goes back to the first column, for the next row.</summary>
    public Row Begin()
    {
        _column = 0;
        return this;
    }

    public long Long() => reader.GetInt64(_column++);

    public int Int() => reader.GetInt32(_column++);

    public bool Bool() => reader.GetBoolean(_column++);

    public long? LongOrNull() => IsNull() ? Pass<long>() : Long();

    public int? IntOrNull() => IsNull() ? Pass<int>() : Int();

    public bool? BoolOrNull() => IsNull() ? Pass<bool>() : Bool();

    /// <summary>A text; the empty one for null.</summary>
    public string Text() => TextOrNull() ?? "";

    public string? TextOrNull()
    {
        if (!IsNull())
            return Texts.Read(reader.GetString(_column++));
        _column++;
        return null;
    }

    public byte[] Bytes()
    {
        if (!IsNull())
            return reader.GetFieldValue<byte[]>(_column++);
        _column++;
        return [];
    }

    /// <summary>An array of numbers; the empty one for null.</summary>
    public long[] Longs()
    {
        if (!IsNull())
            return reader.GetFieldValue<long[]>(_column++);
        _column++;
        return [];
    }

    public T Word<T>()
        where T : struct, Enum => Words<T>.Read(reader.GetString(_column++));

    public DateTimeOffset Instant() => Instants.Read(Long());

    public DateTimeOffset? InstantOrNull() => IsNull() ? Pass<DateTimeOffset>() : Instant();

    public Reason Reason() => new(Word<ReasonCode>(), Text());

    public Reason? ReasonOrNull()
    {
        if (!IsNull())
            return Reason();
        _column += 2;
        return null;
    }

    private bool IsNull() => reader.IsDBNull(_column);

    private T? Pass<T>()
        where T : struct
    {
        _column++;
        return null;
    }
}
