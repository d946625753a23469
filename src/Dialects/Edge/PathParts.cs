using System.Text;
using Switchyard.Core.Text;

namespace Switchyard.Dialects.Edge;

/// <summary>
/// Paths that clients name, below a root of ours: only as checked components, so that no path can leave its root by
/// its text. Symbolic links are for whoever opens them to refuse.
/// </summary>
public static class PathParts
{
    private const int MaxPath = 3000;

    // Every level costs a look at each level above it: thousands would keep a core busy for minutes.
    private const int MaxLevels = 100;

    /// <summary>The components of an absolute path, or what is wrong with it.</summary>
    /// <param name="path">The path as it was sent, decoded.</param>
    /// <param name="example">Paths that would be right, for the message.</param>
    /// <param name="maxName">Bytes a component may have.</param>
    public static Result<List<string>> Parse(string path, string example, int maxName)
    {
        if (!path.StartsWith('/'))
            return Bad($"Path ({Short(path)}) must be absolute, such as {example}.");
        if (Encoding.UTF8.GetByteCount(path) > MaxPath)
            return Bad($"Path ({Short(path)}) is longer than {MaxPath} bytes. Use a shorter one.");
        List<string> parts = [.. path.Split('/', StringSplitOptions.RemoveEmptyEntries)];
        if (parts.Count > MaxLevels)
            return Bad($"Path ({Short(path)}) has {parts.Count} levels; at most {MaxLevels} are allowed. Use a flatter one.");
        foreach (var part in parts)
        {
            if (part is "." or "..")
                return Bad($"Path ({Short(path)}) has the component '{part}', which is not allowed. Write the path out.");
            if (part.Any(char.IsControl))
                return Bad($"Path ({Short(path.Replace('\0', '?'))}) has a control character. Remove it.");
            if (Encoding.UTF8.GetByteCount(part) > maxName)
                return Bad($"Path ({Short(path)}) has a name longer than {maxName} bytes. Use a shorter one.");
        }

        return parts;
    }

    /// <summary>A path for a message.</summary>
    public static string Short(string path) => path.Length <= 200 ? path : path[..200] + "...";

    private static Refusal Bad(string message) => new(RefusalCode.Invalid, message);
}
