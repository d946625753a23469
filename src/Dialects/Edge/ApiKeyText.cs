using System.Text;
using Microsoft.AspNetCore.Http;

namespace Switchyard.Dialects.Edge;

/// <summary>The form of API keys, and where in a call they stand.</summary>
public static class ApiKeyText
{
    /// <summary>Characters of a key.</summary>
    public const int Length = 32;

    /// <summary>What a key is made of.</summary>
    public const string Alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>The key in the text of a basic credential: before the colon, or without one; null for any other text.</summary>
    public static string? Of(string pair)
    {
        var text = pair.EndsWith(':') ? pair[..^1] : pair;
        return text.Length == Length && text.All(c => Alphabet.Contains(c, StringComparison.Ordinal)) ? text : null;
    }

    /// <summary>The key that a call was made with; null where it was made with anything else.</summary>
    public static string? Of(HttpContext http)
    {
        if (http.Request.Headers.Authorization is not [{ } header] || header.Split(' ', 2, StringSplitOptions.TrimEntries) is not [var scheme, var text])
            return null;
        if (!scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase))
            return Of(text);
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) ? Of(Encoding.UTF8.GetString(bytes, 0, length)) : null;
    }
}
