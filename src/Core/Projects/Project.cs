namespace Switchyard.Core.Projects;

/// <summary>A directory of files with an owner, and the variables its jobs get.</summary>
public sealed record Project
{
    public required long Id { get; init; }

    /// <summary>The user it belongs to.</summary>
    public required long OwnerId { get; init; }

    /// <summary>That user's login name, the first half of its address; it stays when the user goes.</summary>
    public required string OwnerName { get; init; }

    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>The second half of its address, unique among its owner's; it never changes.</summary>
    public required string Slug { get; init; }

    /// <summary>Variables of all its jobs.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>What is wrong with variables that somebody wants to set, or null.</summary>
    public static string? Problem(IEnumerable<KeyValuePair<string, string?>> environment)
    {
        long bytes = 0;
        foreach (var (name, value) in environment)
        {
            if (name.Length is 0 or > LongestVariableName || name.Contains('=') || name.Contains('\0'))
                return $"'{Short(name)}' is no name of a variable: use 1 to {LongestVariableName} characters without '=' and NUL";
            if (value is null || value.Contains('\0'))
                return $"the value of '{Short(name)}' is not a text without NUL";
            var size = System.Text.Encoding.UTF8.GetByteCount(value) + System.Text.Encoding.UTF8.GetByteCount(name) + 2L;
            if (size > LargestVariable)
                return $"'{Short(name)}' has {size} bytes with its value; a program takes at most {LargestVariable}. Put it into a file";
            bytes += size;
        }

        return bytes > LargestEnvironment ? $"all variables together have {bytes} bytes; at most {LargestEnvironment} are taken. Put some into files" : null;
    }

    private const int LongestVariableName = 256;
    private const long LargestVariable = 128 * 1024 - 1;
    private const long LargestEnvironment = 1024 * 1024;

    private static string Short(string name) => name.Length <= 60 ? name : name[..60] + "...";
}
