using Switchyard.Core.Text;

namespace Switchyard.Core.Projects;

/// <summary>A directory of files with an owner, and the variables its jobs get.</summary>
public sealed record Project
{
    public required long Id { get; init; }

    /// <summary>The user or the team it belongs to.</summary>
    public required long OwnerId { get; init; }

    /// <summary>The name of that user or team, the first half of its address; it stays when the user goes.</summary>
    public required string OwnerName { get; init; }

    /// <summary>True when a team owns it; filled by reads.</summary>
    public bool OfTeam { get; init; }

    /// <summary>What people call it.</summary>
    public required string Name { get; init; }

    /// <summary>The second half of its address, unique among its owner's; it never changes.</summary>
    public required string Slug { get; init; }

    /// <summary>Variables of all its jobs.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>What is wrong with a name and with the slug that is given beside it, or that is made of it where none is; null when nothing is.</summary>
    public static Refusal? NameProblem(string? name, string? slug)
    {
        if (name is null || name.Trim().Length == 0 || name.Length > LongestName || name.Any(char.IsControl))
            return Bad("name", name is null ? "a project has a name" : $"a name has 1 to {LongestName} characters, none of them a control character");
        var (field, made) = slug is null ? ("name", Projects.Slug.Of(name)) : ("slug", slug);
        if (!Projects.Slug.IsSlug(made))
            return Bad(field, slug is null ? "nothing of this name can stand in an address; give a slug too" : $"a slug has 1 to {Projects.Slug.Longest} lower-case letters, digits and dashes, with no dash at its ends");
        return ReservedNames.Contains(made) ? Bad(field, ReservedNames.Problem(made)) : null;

        static Refusal Bad(string field, string why) => new(RefusalCode.Invalid, $"{field}: {why}.") { Field = field };
    }

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

    private const int LongestName = 200;
    private const int LongestVariableName = 256;
    private const long LargestVariable = 128 * 1024 - 1;
    private const long LargestEnvironment = 1024 * 1024;

    private static string Short(string name) => name.Length <= 60 ? name : name[..60] + "...";
}
