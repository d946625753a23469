using Switchyard.Dialects.Databricks.Dbfs;
using Switchyard.Dialects.Databricks.Workspace;

namespace Switchyard.Dialects.Databricks.Planning;

/// <summary>
/// Finds the files that tasks name, for one owner, and remembers what it found: a kept plan serves again only while
/// every file is where it was.
/// </summary>
/// <param name="owner">The names whose home directory is open.</param>
/// <param name="admin">Whether all of them are.</param>
internal sealed class CodeFinder(WorkspaceFiles files, string dbfsRoot, IReadOnlyCollection<string> owner, bool admin)
{
    /// <summary>The user as whom the code runs.</summary>
    public long OwnerId { get; init; }

    private readonly Dictionary<(bool Notebook, string Path), string?> _found = [];

    /// <summary>The file of a notebook, or null.</summary>
    public string? Notebook(string path) => Remember(true, path);

    /// <summary>The file of a Python program (workspace path, <c>dbfs:/</c> path, or a path inside the workspace's directory), or null.</summary>
    public string? PythonFile(string path) => Remember(false, path);

    /// <summary>True while everything found is found at the same place.</summary>
    public bool StillHolds() => _found.All(pair => Find(pair.Key.Notebook, pair.Key.Path) == pair.Value);

    /// <summary>The platform's text for a notebook that is not there or not open to the owner.</summary>
    public string NoNotebook(string path) =>
        $"Unable to access the notebook \"{path}\". Either it does not exist, or the identity used to run this job, {owner.FirstOrDefault("unknown")}, lacks the required permissions.";

    public static string NoPythonFile(string path) =>
        $"Cannot read the python file {path}. Import it into the workspace or put it below dbfs:/, and name it by its absolute path.";

    /// <summary>Where a file or directory that a task names lies or would lie; null if the path leads nowhere or is not open to the owner.</summary>
    public string? Place(string path)
    {
        var (root, rest) = path switch
        {
            _ when path.StartsWith("dbfs:/", StringComparison.Ordinal) => (dbfsRoot, path["dbfs:".Length..]),
            _ when path.StartsWith("/dbfs/", StringComparison.Ordinal) => (dbfsRoot, path["/dbfs".Length..]),
            _ when path.StartsWith(files.Root + "/", StringComparison.Ordinal) => (files.Root, path[files.Root.Length..]),
            _ => (files.Root, path),
        };
        return WorkspacePath.Parse(rest).Ok(out var parsed, out _) && (root == dbfsRoot || MayRead(rest)) ? parsed.Below(root) : null;
    }

    private string? Remember(bool notebook, string path) => _found[(notebook, path)] = Find(notebook, path);

    private string? Find(bool notebook, string path)
    {
        if (!notebook && path.StartsWith("dbfs:/", StringComparison.Ordinal))
            return DbfsPath.Find(dbfsRoot, path);
        if (!notebook && path.StartsWith("/dbfs/", StringComparison.Ordinal))
            return DbfsPath.Find(dbfsRoot, path["/dbfs".Length..]);
        if (!notebook && path.StartsWith(files.Root + "/", StringComparison.Ordinal))
            path = path[files.Root.Length..];
        return MayRead(path) ? files.FindCode(path) : null;
    }

    private bool MayRead(string path) => admin || !WorkspacePath.Parse(path).Ok(out var parsed, out _) || WorkspaceRights.IsOpen(parsed, owner);
}
