using Switchyard.Executors.Process.Spawning;

namespace Switchyard.Executors.Process.Output;

/// <summary>How much of a log is kept.</summary>
/// <param name="ChunkBytes">The size at which a chunk file ends.</param>
/// <param name="HeadChunks">Chunks kept from the beginning.</param>
/// <param name="TailChunks">Chunks kept from the end, the growing one not counted.</param>
public sealed record LogCaps(int ChunkBytes = 1024 * 1024, int HeadChunks = 16, int TailChunks = 16);

/// <summary>Writes one attempt's log. Makes nothing on disk before the first byte. Not safe for several threads.</summary>
internal sealed class LogWriter(string directory, LogCaps caps)
{
    private readonly List<LogChunk> _chunks = [];
    private LogGap? _gap;
    private int _file = -1;
    private int _length;
    private long _newlines;
    private bool _indexed;
    private byte _last = (byte)'\n';

    /// <summary>Bytes written so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>What the disk refused, or null. Output that could not be written is lost and counted as written.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Appends; cuts chunks after a newline where there is one.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (_file < 0 && !NextChunk()) return;
            var room = caps.ChunkBytes - _length;
            var take = bytes.Length;
            if (take > room)
            {
                var cut = bytes[..room].LastIndexOf((byte)'\n') + 1;
                take = cut > 0 || _last == '\n' && _length > 0 ? cut : room;
            }
            if (take > 0) Write(bytes[..take]);
            bytes = bytes[take..];
            if (bytes.Length > 0 || _length >= caps.ChunkBytes) Libc.Close(ref _file);
        }
    }

    /// <summary>Closes the log and says in its index that nothing more comes.</summary>
    public void Finish()
    {
        Libc.Close(ref _file);
        if (_chunks.Count == 0) return;
        WriteIndex(new LogEnd(Bytes, _newlines + (_last == '\n' ? 0 : 1)));
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        var error = Libc.WriteAll(_file, bytes);
        if (error != 0) Trouble = $"the log cannot be written: {Libc.Text(error)}";
        Bytes += bytes.Length;
        _length += bytes.Length;
        _newlines += bytes.Count((byte)'\n');
        _last = bytes[^1];
    }

    private bool NextChunk()
    {
        if (_chunks.Count == 0 && Libc.MakeDirectories(directory) is var error and not 0)
        {
            Trouble = $"the log cannot be written: {Libc.Text(error)}";
            return false;
        }

        var chunk = new LogChunk(_chunks.Count == 0 ? 0 : _chunks[^1].Number + 1, Bytes, _newlines);
        _file = Libc.open(Path.Combine(directory, chunk.FileName), Libc.O_WRONLY | Libc.O_CREAT | Libc.O_TRUNC | Libc.O_CLOEXEC, 0x180); // 0600
        if (_file < 0)
        {
            Trouble = $"the log cannot be written: {Libc.Text(Libc.Errno)}";
            return false;
        }
        _length = 0;
        _chunks.Add(chunk);
        if (_chunks.Count == 1) return true;

        int? dropped = null;
        if (_chunks.Count > caps.HeadChunks + caps.TailChunks + 1)
        {
            var gone = _chunks[caps.HeadChunks];
            var next = _chunks[caps.HeadChunks + 1];
            var start = _gap ?? new LogGap(gone.Offset, 0, gone.Line, 0);
            _gap = start with { Bytes = next.Offset - start.Offset, Lines = next.Line - start.Line };
            _chunks.RemoveAt(caps.HeadChunks);
            dropped = gone.Number;
        }
        WriteIndex(null);
        // After the index: a reader that knows of the chunk may still find it, one that does not never looks.
        if (dropped is { } number) _ = Libc.unlink(Path.Combine(directory, new LogChunk(number, 0, 0).FileName));
        return true;
    }

    private void WriteIndex(LogEnd? end)
    {
        var path = Path.Combine(directory, LogIndex.FileName);
        // The first one replaces nothing; a reader that meets it empty takes the log for the single chunk it is.
        var target = _indexed ? path + ".new" : path;
        var file = Libc.open(target, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_TRUNC | Libc.O_CLOEXEC, 0x180);
        if (file < 0 || Libc.WriteAll(file, LogIndex.Write(_chunks, _gap, end)) is var error and not 0)
        {
            Trouble = $"the log cannot be written: {Libc.Text(Libc.Errno)}";
            Libc.Close(ref file);
            return;
        }
        Libc.Close(ref file);
        if (_indexed) _ = Libc.rename(target, path);
        _indexed = true;
    }
}
