using System.Text;
using Switchyard.Executors.Process.Output;
using Switchyard.Executors.Process.Spawning;

namespace Switchyard.Executors.Slurm;

/// <summary>
/// Takes what an attempt wrote over into its log, from wherever it was read to the last time. Here secrets are masked: the
/// file the attempt writes to is its owner's alone and goes with the attempt's end.
/// </summary>
internal sealed class OutputTake(string from, string logDirectory, LogCaps caps, OrderFile.Kept kept)
{
    private const int Block = 64 * 1024;
    private const int MostAtOnce = 4 * 1024 * 1024;

    private readonly SecretMask? _mask = SecretMask.For(kept.Secrets);
    private readonly LogWriter _log = new(logDirectory, caps);
    private long _taken;
    private bool _begun;

    /// <summary>Bytes in the log.</summary>
    public long Bytes => _log.Bytes;

    /// <summary>What the disk refused, or null.</summary>
    public string? Trouble => _log.Trouble;

    /// <summary>Takes what is new; true if there may be more.</summary>
    public bool Take(bool all)
    {
        Begin();
        var file = Libc.open(from, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (file < 0) return false;
        var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(Block);
        try
        {
            var most = all ? long.MaxValue : _taken + MostAtOnce;
            while (_taken < most)
            {
                var n = Libc.ReadAt(file, buffer.AsSpan(0, Block), _taken);
                if (n <= 0) return false;
                _taken += n;
                _log.Append(_mask is null ? buffer.AsSpan(0, n) : _mask.Pass(buffer.AsSpan(0, n), end: false));
            }
            return true;
        }
        finally
        {
            _ = Libc.close(file);
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Takes the rest and closes the log.</summary>
    public void Finish()
    {
        Take(all: true);
        if (_mask is not null) _log.Append(_mask.Pass([], end: true));
        _log.Finish();
    }

    // What an earlier server took is taken again: it cannot be known how far it came.
    private void Begin()
    {
        if (_begun) return;
        _begun = true;
        if (Directory.Exists(logDirectory)) Directory.Delete(logDirectory, recursive: true);
        if (kept.Preface.Length > 0) _log.Append(Encoding.UTF8.GetBytes(kept.Preface));
    }
}
