using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace Switchyard.Server.Security;

/// <summary>The texts of tokens: made here, hashed here, never kept.</summary>
public static class TokenText
{
    /// <summary>What our tokens begin with, so that scanners for leaked secrets find them.</summary>
    public const string Start = "yard_";

    /// <summary>The first characters, shown in lists.</summary>
    public const int PrefixLength = 11;

    /// <summary>The longest text looked up; longer ones are nobody's.</summary>
    public const int LongestText = 768;

    /// <summary>A new token: 256 random bits.</summary>
    public static string Make() => Start + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    /// <summary>The characters by which people tell tokens apart; of a token that automation chose, fewer.</summary>
    public static string Prefix(string token) => token.StartsWith(Start, StringComparison.Ordinal) ? token[..PrefixLength] : token[..4];

    /// <summary>Hash of a token as the store keeps it.</summary>
    public static string Hash(string token) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <summary>Hash of a client secret. It is another one than a token's, so that a secret cannot be used as a token.</summary>
    public static string HashClientSecret(string secret) => Hash("client secret\n" + secret);

    /// <summary>A new password that can be typed: 20 letters and digits, about 119 bits.</summary>
    public static string MakePassword() =>
        RandomNumberGenerator.GetString("abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", 20);

    /// <summary>An id for a user or a token: random, so that no counter has to be kept for them.</summary>
    public static long MakeId() => (long)(BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8)) % 900_000_000_000_000UL) + 100_000_000_000_000L;
}

/// <summary>The SHA-256 of a token as a key that costs no allocation. Looking a hash up leaks nothing about the token by time.</summary>
internal readonly record struct TokenKey(ulong A, ulong B, ulong C, ulong D)
{
    public static bool TryOf(ReadOnlySpan<char> token, out TokenKey key)
    {
        key = default;
        if (token.IsEmpty || token.Length > TokenText.LongestText)
            return false;
        Span<byte> bytes = stackalloc byte[TokenText.LongestText * 3];
        if (Utf8.FromUtf16(token, bytes, out _, out var length, replaceInvalidSequences: false) != System.Buffers.OperationStatus.Done)
            return false;
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(bytes[..length], hash);
        key = new TokenKey(
            BinaryPrimitives.ReadUInt64BigEndian(hash), BinaryPrimitives.ReadUInt64BigEndian(hash[8..]),
            BinaryPrimitives.ReadUInt64BigEndian(hash[16..]), BinaryPrimitives.ReadUInt64BigEndian(hash[24..]));
        return true;
    }

    /// <summary>The hash as the store keeps it.</summary>
    public string Hex => $"{A:x16}{B:x16}{C:x16}{D:x16}";
}
