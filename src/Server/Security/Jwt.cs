using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Switchyard.Server.Security;

/// <summary>What a JWT of ours or of an old cluster says.</summary>
/// <param name="Username">The user.</param>
/// <param name="Expires">When it ends; null for never.</param>
/// <param name="Listed">True for one that we issued: it is good only while it stands in the list of tokens.</param>
internal sealed record JwtClaims(string Username, DateTimeOffset? Expires, bool Listed);

/// <summary>
/// JSON web tokens, signed with HS256 and nothing else: claims <c>username</c>, <c>admin</c>, <c>iat</c>, <c>exp</c> as
/// OpenPAI's, and <c>jti</c> in ours. A library would refuse the short keys that old clusters were set up with.
/// </summary>
internal static class Jwt
{
    private const string Header = """{"alg":"HS256","typ":"JWT"}""";

    /// <summary>Writes one.</summary>
    public static string Make(byte[] key, string username, bool admin, DateTimeOffset now, DateTimeOffset expires)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("username", username);
            json.WriteBoolean("admin", admin);
            json.WriteNumber("iat", now.ToUnixTimeSeconds());
            json.WriteNumber("exp", expires.ToUnixTimeSeconds());
            json.WriteString("jti", Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12)));
            json.WriteEndObject();
        }

        var signed = $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Header))}.{Base64Url.EncodeToString(buffer.ToArray())}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(signed)))}";
    }

    /// <summary>What one says, if this key signed it and it says what it must; null otherwise. Whether it has expired is for the caller.</summary>
    public static JwtClaims? Read(byte[] key, string text)
    {
        var end = text.LastIndexOf('.');
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot <= 0 || end <= dot || text.IndexOf('.', dot + 1) != end || !text.All(char.IsAscii))
            return null;
        try
        {
            var signature = Base64Url.DecodeFromChars(text.AsSpan(end + 1));
            if (!CryptographicOperations.FixedTimeEquals(signature, HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(text[..end]))))
                return null;
            using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(text.AsSpan(0, dot)));
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(text.AsSpan(dot + 1, end - dot - 1)));
            return header.RootElement.GetProperty("alg").ValueEquals("HS256") ? Claims(claims.RootElement) : null;
        }
        catch (Exception error) when (error is FormatException or JsonException or KeyNotFoundException or InvalidOperationException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }

    private static JwtClaims Claims(JsonElement root)
    {
        DateTimeOffset? expires = root.TryGetProperty("exp", out var exp) ? DateTimeOffset.FromUnixTimeSeconds(exp.GetInt64()) : null;
        return new(root.GetProperty("username").GetString() ?? "", expires, root.TryGetProperty("jti", out _));
    }
}
