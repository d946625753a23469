using System.Text;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Workspace;

/// <summary>
/// A path in the workspace, and where it lies below a root. Made only of checked components, so that it can never
/// leave the root: no <c>..</c>, no NUL, no name the file system would refuse, no symbolic link on the way.
/// </summary>
internal sealed record WorkspacePath
{
    private const int MaxPath = 3000;

    // Every level costs a look at each level above it: thousands would keep a core busy for minutes.
    private const int MaxLevels = 100;

    // Room is kept for an ending such as .ipynb and for a temporary file's.
    private const int MaxComponent = 220;

    private WorkspacePath(IReadOnlyList<string> parts) => Parts = parts;

    public IReadOnlyList<string> Parts { get; }

    /// <summary>The path as clients see it.</summary>
    public string Text => "/" + string.Join('/', Parts);

    public string Name => Parts.Count == 0 ? "" : Parts[^1];

    public bool IsRoot => Parts.Count == 0;

    public WorkspacePath Parent => new([.. Parts.Take(Parts.Count - 1)]);

    /// <summary>Checks a path. <c>/Workspace/x</c> is another name of <c>/x</c>.</summary>
    public static Outcome<WorkspacePath> Parse(string path)
    {
        if (!path.StartsWith('/'))
            return Problem.Invalid($"Path ({Short(path)}) must be absolute, such as /Users/someone/notebook or /Shared/notebook.");
        if (Encoding.UTF8.GetByteCount(path) > MaxPath)
            return Problem.Invalid($"Path ({Short(path)}) is longer than {MaxPath} bytes. Use a shorter one.");
        List<string> parts = [.. path.Split('/', StringSplitOptions.RemoveEmptyEntries)];
        if (parts is ["Workspace", ..])
            parts.RemoveAt(0);
        if (parts.Count > MaxLevels)
            return Problem.Invalid($"Path ({Short(path)}) has {parts.Count} levels; at most {MaxLevels} are allowed. Use a flatter one.");
        foreach (var part in parts)
        {
            if (part is "." or "..")
                return Problem.Invalid($"Path ({Short(path)}) has the component '{part}', which is not allowed. Write the path out.");
            if (part.Any(char.IsControl))
                return Problem.Invalid($"Path ({Short(path.Replace('\0', '?'))}) has a control character. Remove it.");
            if (Encoding.UTF8.GetByteCount(part) > MaxComponent)
                return Problem.Invalid($"Path ({Short(path)}) has a name longer than {MaxComponent} bytes. Use a shorter one.");
            if (part.StartsWith(".tmp-", StringComparison.Ordinal))
                return Problem.Invalid($"Path ({Short(path)}) has a name beginning with '.tmp-', which is kept for files being written. Use another.");
        }

        return new WorkspacePath(parts);
    }

    /// <summary>The place on disk below <paramref name="root"/>, with an ending; null if a symbolic link stands on the way.</summary>
    public string? Below(string root, string ending = "")
    {
        var place = Path.TrimEndingDirectorySeparator(root);
        for (var no = 0; no < Parts.Count; no++)
        {
            place = Path.Join(place, Parts[no] + (no == Parts.Count - 1 ? ending : ""));
            if (new FileInfo(place) is { LinkTarget: not null })
                return null;
        }

        return place;
    }

    private static string Short(string path) => path.Length <= 200 ? path : path[..200] + "...";
}
