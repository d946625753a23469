using System.Text;

namespace Switchyard.Executors.Process.Output;

/// <summary>
/// Replaces secret values in a stream of bytes, also where a value is cut by a read. Only bytes that may begin a secret
/// are held back, so a prompt without a newline still shows at once.
/// </summary>
internal sealed class SecretMask
{
    private static readonly byte[] Shown = "[REDACTED]"u8.ToArray();

    private readonly byte[][] _secrets;
    private byte[] _held = [];
    private byte[] _out = [];
    private int _filled;

    private SecretMask(byte[][] secrets) => _secrets = secrets;

    /// <summary>A mask for these values, or null if there is nothing to mask.</summary>
    public static SecretMask? For(IReadOnlyList<string> values)
    {
        // Longer values first: a secret that begins another must not leave its rest readable.
        var secrets = values.Where(v => v.Length > 0).Distinct(StringComparer.Ordinal).Select(Encoding.UTF8.GetBytes).OrderByDescending(b => b.Length).ToArray();
        return secrets.Length == 0 ? null : new(secrets);
    }

    /// <summary>Takes bytes and answers those that may be shown; valid until the next call. The end releases what is held back.</summary>
    public ReadOnlySpan<byte> Pass(ReadOnlySpan<byte> bytes, bool end)
    {
        _filled = 0;
        ReadOnlySpan<byte> rest = bytes;
        if (_held.Length > 0)
        {
            var joined = new byte[_held.Length + bytes.Length];
            _held.CopyTo(joined, 0);
            bytes.CopyTo(joined.AsSpan(_held.Length));
            rest = joined;
            _held = [];
        }

        while (rest.Length > 0)
        {
            var (at, length) = Earliest(rest);
            // Nothing found, or a longer secret could begin before it: what may still become a secret waits.
            var open = end ? rest.Length : FirstOpen(rest);
            if (at < 0 || open < at || (open == at && LongestOpen(rest[at..]) > length))
            {
                Emit(rest[..open]);
                _held = rest[open..].ToArray();
                return _out.AsSpan(0, _filled);
            }
            Emit(rest[..at]);
            Emit(Shown);
            rest = rest[(at + length)..];
        }
        return _out.AsSpan(0, _filled);
    }

    private (int At, int Length) Earliest(ReadOnlySpan<byte> bytes)
    {
        var (at, length) = (-1, 0);
        foreach (var secret in _secrets)
        {
            var window = at < 0 ? bytes : bytes[..Math.Min(bytes.Length, at + secret.Length)];
            var found = window.IndexOf(secret);
            if (found >= 0 && (at < 0 || found < at)) (at, length) = (found, secret.Length);
        }
        return (at, length);
    }

    // Where the end of the bytes could be the beginning of a secret; their length if nowhere.
    private int FirstOpen(ReadOnlySpan<byte> bytes)
    {
        var open = bytes.Length;
        foreach (var secret in _secrets)
        {
            for (var i = Math.Max(0, bytes.Length - secret.Length + 1); i < open; i++)
            {
                var next = bytes[i..open].IndexOf(secret[0]);
                if (next < 0) break;
                i += next;
                if (!secret.AsSpan().StartsWith(bytes[i..])) continue;
                open = i;
                break;
            }
        }
        return open;
    }

    private int LongestOpen(ReadOnlySpan<byte> bytes)
    {
        foreach (var secret in _secrets)
            if (secret.Length > bytes.Length && secret.AsSpan().StartsWith(bytes)) return secret.Length;
        return 0;
    }

    private void Emit(ReadOnlySpan<byte> bytes)
    {
        if (_out.Length - _filled < bytes.Length) Array.Resize(ref _out, Math.Max(_out.Length * 2, _filled + bytes.Length));
        bytes.CopyTo(_out.AsSpan(_filled));
        _filled += bytes.Length;
    }
}
