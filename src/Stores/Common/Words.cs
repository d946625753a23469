using System.Collections.Frozen;
using System.Runtime.CompilerServices;
using System.Text;

namespace Switchyard.Stores;

/// <summary>The words an enum is stored as. Words, not numbers: a state added in the middle must not change what old rows mean.</summary>
internal static class Words<T>
    where T : struct, Enum
{
    private static readonly string[] Texts = Enum.GetNames<T>();
    private static readonly byte[][] Bytes = [.. Texts.Select(Encoding.UTF8.GetBytes)];
    private static readonly FrozenDictionary<string, T> Values = Texts.ToFrozenDictionary(text => text, Enum.Parse<T>, StringComparer.Ordinal);

    public static string Of(T value) => Texts[Unsafe.As<T, int>(ref value)];

    public static ReadOnlySpan<byte> Utf8(T value) => Bytes[Unsafe.As<T, int>(ref value)];

    public static T Read(string word) => Values[word];
}
