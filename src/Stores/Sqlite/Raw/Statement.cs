using System.Buffers;
using System.Text;
using SQLitePCL;
using Switchyard.Core.Runs;

namespace Switchyard.Stores.Sqlite.Raw;

/// <summary>
/// A prepared statement, used again and again by one thread at a time. Parameters are added in the order in which they
/// stand in the text, columns are taken in the order in which they are selected.
/// </summary>
internal sealed class Statement : IRow, IDisposable
{
    private const int Large = 64 * 1024;
    private readonly sqlite3 _db;
    private readonly sqlite3_stmt _handle;
    private int _parameter;
    private int _column;
    private bool _heldLarge;

    public Statement(sqlite3 db, string sql)
    {
        _db = db;
        var code = raw.sqlite3_prepare_v3(db, sql, raw.SQLITE_PREPARE_PERSISTENT, out _handle);
        if (code != raw.SQLITE_OK)
            throw new SqliteFailure(code, $"{raw.sqlite3_errmsg(db).utf8_to_string()} in: {sql}");
    }

    public Statement Add(long value) => Checked(raw.sqlite3_bind_int64(_handle, ++_parameter, value));

    public Statement Add(long? value) =>
        Checked(value is { } number ? raw.sqlite3_bind_int64(_handle, ++_parameter, number) : raw.sqlite3_bind_null(_handle, ++_parameter));

    public Statement Add(bool value) => Add(value ? 1L : 0L);

    public Statement Add(bool? value) => Add(value is { } known ? known ? 1L : 0L : (long?)null);

    public Statement Add(DateTimeOffset value) => Add(Instants.Write(value));

    public Statement Add(DateTimeOffset? value) => Add(value is { } instant ? Instants.Write(instant) : (long?)null);

    public Statement Add(Reason reason) => Word(reason.Code).Add(reason.Text);

    public Statement Add(Reason? reason) => reason is { } known ? Add(known) : Add((string?)null).Add((string?)null);

    public Statement Word<T>(T value)
        where T : struct, Enum => Checked(raw.sqlite3_bind_text(_handle, ++_parameter, Words<T>.Utf8(value)));

    public Statement Add(string? value)
    {
        if (value is null)
            return Checked(raw.sqlite3_bind_null(_handle, ++_parameter));
        if (value.Length == 0)
            return Checked(raw.sqlite3_bind_text(_handle, ++_parameter, ""));
        var most = Encoding.UTF8.GetMaxByteCount(value.Length);
        byte[]? rented = null;
        var buffer = most <= 1024 ? stackalloc byte[1024] : rented = ArrayPool<byte>.Shared.Rent(most);
        var length = Encoding.UTF8.GetBytes(value, buffer);
        Checked(raw.sqlite3_bind_text(_handle, ++_parameter, buffer[..length]));
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
        _heldLarge |= length > Large;
        return this;
    }

    public Statement Add(byte[] value)
    {
        Checked(value.Length == 0 ? raw.sqlite3_bind_zeroblob(_handle, ++_parameter, 0) : raw.sqlite3_bind_blob(_handle, ++_parameter, value));
        _heldLarge |= value.Length > Large;
        return this;
    }

    /// <summary>Goes to the next row; false when there is none, and the statement is ready for its next use.</summary>
    public bool Step()
    {
        _column = 0;
        var code = raw.sqlite3_step(_handle);
        if (code == raw.SQLITE_ROW)
            return true;
        if (code == raw.SQLITE_DONE)
        {
            Reset();
            return false;
        }

        var message = raw.sqlite3_errmsg(_db).utf8_to_string();
        Reset();
        throw new SqliteFailure(code, message);
    }

    /// <summary>Runs it to its end; answers how many rows it changed.</summary>
    public int Run()
    {
        while (Step())
        {
        }

        return raw.sqlite3_changes(_db);
    }

    /// <summary>True if it yields a row.</summary>
    public bool Any()
    {
        var any = Step();
        if (any)
            Reset();
        return any;
    }

    /// <summary>The first row, or the default.</summary>
    public T? First<T>(Func<Statement, T> read)
    {
        if (!Step())
            return default;
        try
        {
            return read(this);
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>All rows.</summary>
    public List<T> All<T>(Func<Statement, T> read)
    {
        var rows = new List<T>();
        try
        {
            while (Step())
                rows.Add(read(this));
        }
        catch
        {
            Reset();
            throw;
        }

        return rows;
    }

    public long Long() => raw.sqlite3_column_int64(_handle, _column++);

    public int Int() => (int)Long();

    public bool Bool() => Long() != 0;

    public long? LongOrNull() => IsNull() ? Pass<long>() : Long();

    public int? IntOrNull() => IsNull() ? Pass<int>() : Int();

    public bool? BoolOrNull() => IsNull() ? Pass<bool>() : Bool();

    public string Text() => TextOrNull() ?? "";

    public string? TextOrNull()
    {
        if (IsNull())
        {
            _column++;
            return null;
        }

        // The bytes of a text are read as a blob: a text may hold a NUL.
        return Encoding.UTF8.GetString(raw.sqlite3_column_blob(_handle, _column++));
    }

    public byte[] Bytes() => raw.sqlite3_column_blob(_handle, _column++).ToArray();

    /// <summary>A value of whatever kind: null, a number, a text or bytes.</summary>
    public object? Value() => raw.sqlite3_column_type(_handle, _column) switch
    {
        raw.SQLITE_INTEGER => Long(),
        raw.SQLITE_BLOB => Bytes(),
        _ => TextOrNull(),
    };

    public T Word<T>()
        where T : struct, Enum => Words<T>.Read(Text());

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

    /// <summary>Makes it ready for its next use.</summary>
    public void Reset()
    {
        _ = raw.sqlite3_reset(_handle);
        _parameter = 0;
        if (!_heldLarge)
            return;
        _ = raw.sqlite3_clear_bindings(_handle);
        _heldLarge = false;
    }

    public void Dispose() => _handle.Dispose();

    private bool IsNull() => raw.sqlite3_column_type(_handle, _column) == raw.SQLITE_NULL;

    private T? Pass<T>()
        where T : struct
    {
        _column++;
        return null;
    }

    private Statement Checked(int code)
    {
        if (code == raw.SQLITE_OK)
            return this;
        Reset();
        throw new SqliteFailure(code, raw.sqlite3_errmsg(_db).utf8_to_string());
    }
}
