using System.Buffers.Binary;
using System.Text;

namespace Switchyard.Stores.Postgres.Raw;

/// <summary>Rows in the form that <c>copy ... (format binary)</c> takes (PostgreSQL documentation, COPY, Binary Format). Npgsql writes it value by value, at several times the cost.</summary>
internal sealed class CopyRows
{
    private static ReadOnlySpan<byte> Start => [(byte)'P', (byte)'G', (byte)'C', (byte)'O', (byte)'P', (byte)'Y', (byte)'\n', 0xff, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private byte[] _bytes = new byte[64 * 1024];
    private int _length;

    /// <summary>Begins without any row.</summary>
    public CopyRows()
    {
        Start.CopyTo(_bytes);
        _length = Start.Length;
    }

    /// <summary>What there is so far.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    /// <summary>Begins a row of so many columns.</summary>
    public void Row(int columns) => BinaryPrimitives.WriteInt16BigEndian(Take(2), (short)columns);

    /// <summary>Ends the rows.</summary>
    public void End() => BinaryPrimitives.WriteInt16BigEndian(Take(2), -1);

    public void Long(long? value)
    {
        if (value is { } known)
            BinaryPrimitives.WriteInt64BigEndian(Value(8), known);
        else
            Null();
    }

    public void Int(int? value)
    {
        if (value is { } known)
            BinaryPrimitives.WriteInt32BigEndian(Value(4), known);
        else
            Null();
    }

    public void Text(string value) => Encoding.UTF8.GetBytes(value, Value(Encoding.UTF8.GetByteCount(value)));

    /// <summary>The place of a value of so many bytes, after its length.</summary>
    private Span<byte> Value(int length)
    {
        BinaryPrimitives.WriteInt32BigEndian(Take(4), length);
        return Take(length);
    }

    private void Null() => BinaryPrimitives.WriteInt32BigEndian(Take(4), -1);

    private Span<byte> Take(int count)
    {
        if (_length + count > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + count));
        var place = _bytes.AsSpan(_length, count);
        _length += count;
        return place;
    }
}
