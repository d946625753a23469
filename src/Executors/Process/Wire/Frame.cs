using System.Buffers.Binary;
using System.Text;

namespace Switchyard.Executors.Process.Wire;

/// <summary>Builds frames (length, kind, body) one after the other in one growing buffer. Also the form of the journal's records.</summary>
internal sealed class FrameWriter(int capacity = 16 * 1024)
{
    /// <summary>Bytes before the body: its length and its kind.</summary>
    public const int Head = 5;

    private byte[] _buffer = new byte[capacity];
    private int _end;
    private int _start;

    /// <summary>What has been built and not taken.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _end);

    /// <summary>The same, for asynchronous writing.</summary>
    public ReadOnlyMemory<byte> Memory => _buffer.AsMemory(0, _end);

    /// <summary>Bytes built.</summary>
    public int Length => _end;

    /// <summary>Bytes in the frame being built.</summary>
    public int FrameLength => _end - _start;

    /// <summary>Begins a frame.</summary>
    public void Begin(byte kind)
    {
        _start = _end;
        Room(Head)[4] = kind;
        _end += Head;
    }

    /// <summary>Ends the frame.</summary>
    public void End() => BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(_start), _end - _start - Head);

    /// <summary>Overwrites an integer written earlier, such as a count that was not yet known.</summary>
    public void Patch(int position, int value) => BinaryPrimitives.WriteInt32LittleEndian(_buffer.AsSpan(position), value);

    /// <summary>Forgets the first bytes, which have been sent.</summary>
    public void Drop(int count)
    {
        _buffer.AsSpan(count, _end - count).CopyTo(_buffer);
        _end -= count;
        // A burst of results must not keep its memory for ever.
        if (_end == 0 && _buffer.Length > 1024 * 1024) _buffer = new byte[16 * 1024];
    }

    /// <summary>Forgets everything.</summary>
    public void Clear() => Drop(_end);

    public void Byte(byte value)
    {
        Room(1)[0] = value;
        _end++;
    }

    public void Int(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(Room(4), value);
        _end += 4;
    }

    public void Long(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(Room(8), value);
        _end += 8;
    }

    /// <summary>A text; null is told apart from empty.</summary>
    public void Text(string? value)
    {
        if (value is null)
        {
            Int(-1);
            return;
        }
        var size = Encoding.UTF8.GetByteCount(value);
        Int(size);
        Encoding.UTF8.GetBytes(value, Room(size));
        _end += size;
    }

    /// <summary>Bytes that are a text already; null is told apart from empty.</summary>
    public void Bytes(ReadOnlySpan<byte> value)
    {
        Int(value.Length);
        value.CopyTo(Room(value.Length));
        _end += value.Length;
    }

    private Span<byte> Room(int size)
    {
        if (_buffer.Length - _end < size) Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, _end + size));
        return _buffer.AsSpan(_end, _buffer.Length - _end);
    }
}

/// <summary>Reads the body of one frame. Reading past its end throws: the far side is broken.</summary>
internal ref struct FrameReader(byte kind, ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> _rest = body;

    /// <summary>The largest frame taken; a result of 16 MiB and an environment of 2 MB fit many times.</summary>
    public const int Limit = 64 * 1024 * 1024;

    public readonly byte Kind => kind;

    /// <summary>Finds the first whole frame; answers how many bytes it takes, or 0 if it is not all there yet.</summary>
    public static int Next(ReadOnlySpan<byte> bytes, out FrameReader frame)
    {
        frame = default;
        if (bytes.Length < FrameWriter.Head) return 0;
        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        if (length is < 0 or > Limit) throw new InvalidDataException($"a frame of {length} bytes");
        if (bytes.Length < FrameWriter.Head + length) return 0;
        frame = new(bytes[4], bytes.Slice(FrameWriter.Head, length));
        return FrameWriter.Head + length;
    }

    public byte Byte() => Take(1)[0];

    public int Int() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public long Long() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    public string? TextOrNull()
    {
        var size = Int();
        return size < 0 ? null : Encoding.UTF8.GetString(Take(size));
    }

    public string Text() => TextOrNull() ?? throw new InvalidDataException("a text is missing");

    /// <summary>A text; the very one given where it says the same.</summary>
    public string Text(string? like)
    {
        var rest = this;
        if (like is not null && rest.Int() == like.Length && like.Length <= rest._rest.Length && Ascii.Equals(rest._rest[..like.Length], like))
        {
            Take(4 + like.Length);
            return like;
        }

        return Text();
    }

    private ReadOnlySpan<byte> Take(int size)
    {
        if (size < 0 || size > _rest.Length) throw new InvalidDataException("a frame ends too early");
        var taken = _rest[..size];
        _rest = _rest[size..];
        return taken;
    }
}
