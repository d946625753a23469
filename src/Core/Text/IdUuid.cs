using System.Globalization;

namespace Switchyard.Core.Text;

/// <summary>What an id is of, where an interface writes ids as UUIDs.</summary>
public enum IdKind
{
    Project = 1,
    Job = 2,
    Run = 3,
    Snapshot = 4,
}

/// <summary>
/// Ids as UUIDs, for interfaces that know no other: the kind in the first group, the id in hexadecimal at the end. The way
/// back needs no table, and the UUID of one kind is not taken for another's.
/// </summary>
public static class IdUuid
{
    /// <summary>The UUID of an id below 2^53.</summary>
    public static string Of(IdKind kind, long id) =>
        string.Create(CultureInfo.InvariantCulture, $"{(int)kind:x8}-0000-4000-80{id >> 48:x2}-{id & 0xffff_ffff_ffff:x12}");

    /// <summary>The id in a UUID of this kind; null when it is none.</summary>
    public static long? Read(IdKind kind, string? uuid)
    {
        if (uuid is not { Length: 36 } || !uuid.StartsWith(string.Create(CultureInfo.InvariantCulture, $"{(int)kind:x8}-0000-4000-80"), StringComparison.OrdinalIgnoreCase) || uuid[23] != '-')
            return null;
        return long.TryParse(string.Concat(uuid.AsSpan(21, 2), uuid.AsSpan(24)), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id) ? id : null;
    }
}
