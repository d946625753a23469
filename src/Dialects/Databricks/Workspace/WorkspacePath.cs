using Switchyard.Dialects.Databricks.Wire;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Databricks.Workspace;

/// <summary>
/// A path in the workspace, and where it lies below a root. Made only of checked components, so that it can never
/// leave the root: no <c>..</c>, no NUL, no name the file system would refuse, no symbolic link on the way.
/// </summary>
internal sealed record WorkspacePath
{
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
        if (!PathParts.Parse(path, "/Users/someone/notebook or /Shared/notebook", MaxComponent).Ok(out var parts, out var refusal))
            return Problem.From(refusal);
        if (parts is ["Workspace", ..])
            parts.RemoveAt(0);
        if (parts.Exists(part => part.StartsWith(".tmp-", StringComparison.Ordinal)))
            return Problem.Invalid($"Path ({PathParts.Short(path)}) has a name beginning with '.tmp-', which is kept for files being written. Use another.");
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
}
