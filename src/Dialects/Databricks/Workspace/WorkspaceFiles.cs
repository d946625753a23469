using System.Security.Cryptography;
using System.Text;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Workspace;

/// <summary>What an object of the workspace is.</summary>
internal enum ObjectKind
{
    Directory,
    Notebook,
    File,
}

/// <summary>An object of the workspace.</summary>
/// <param name="Place">The file or directory on disk.</param>
/// <param name="Language">The notebook's language.</param>
internal sealed record WorkspaceObject(WorkspacePath Path, string Place, ObjectKind Kind, string? Language)
{
    /// <summary>The same for the same path, always below 2^53.</summary>
    public long Id => BitConverter.ToInt64(SHA256.HashData(Encoding.UTF8.GetBytes(Path.Text)).AsSpan(0, 8)) & ((1L << 52) - 1);

    public FileSystemInfo Info => Kind == ObjectKind.Directory ? new DirectoryInfo(Place) : new FileInfo(Place);
}

/// <summary>
/// The workspace as plain files below a directory, so that people can look: a Python notebook <c>/a/b</c> is
/// <c>a/b.py</c> with the header line, or <c>a/b.ipynb</c>. Writes replace whole files.
/// </summary>
internal sealed class WorkspaceFiles(string root, TimeProvider time)
{
    /// <summary>Endings under which a notebook may lie, in the order they are looked for.</summary>
    private static readonly (string Ending, string Language)[] Notebooks =
        [(".py", "PYTHON"), (".ipynb", "PYTHON"), (".sql", "SQL"), (".scala", "SCALA"), (".r", "R"), (".R", "R")];

    /// <summary>The directory on disk.</summary>
    public string Root => root;

    /// <summary>The object at a path, or null.</summary>
    public WorkspaceObject? Find(WorkspacePath path)
    {
        if (path.Below(root) is not { } place)
            return null;
        if (Directory.Exists(place) || IsStanding(path))
            return new WorkspaceObject(path, place, ObjectKind.Directory, null);
        foreach (var (ending, language) in Notebooks)
        {
            if (path.Below(root, ending) is { } file && File.Exists(file) && NotebookSource.IsNotebook(file))
                return new WorkspaceObject(path, file, ObjectKind.Notebook, language);
        }

        return File.Exists(place) ? new WorkspaceObject(path, place, ObjectKind.File, null) : null;
    }

    /// <summary>The file of a notebook or of plain code that a task names, or null; exact names first.</summary>
    public string? FindCode(string path)
    {
        if (!WorkspacePath.Parse(path).Ok(out var parsed, out _) || parsed.IsRoot)
            return null;
        foreach (var ending in Notebooks.Select(notebook => notebook.Ending).Prepend(""))
        {
            if (parsed.Below(root, ending) is { } file && File.Exists(file))
                return file;
        }

        return null;
    }

    /// <summary>What lies in a directory, by name.</summary>
    public IReadOnlyList<WorkspaceObject> List(WorkspaceObject directory)
    {
        if (!Directory.Exists(directory.Place))
            return [];
        var found = new List<WorkspaceObject>();
        foreach (var info in new DirectoryInfo(directory.Place).EnumerateFileSystemInfos())
        {
            if (info.LinkTarget is not null || info.Name.StartsWith(".tmp-", StringComparison.Ordinal))
                continue;
            var ending = info is FileInfo && NotebookSource.IsNotebook(info.FullName) ? info.Extension : "";
            var name = ending.Length == 0 ? info.Name : info.Name[..^ending.Length];
            if (!WorkspacePath.Parse($"{directory.Path.Text}/{name}").Ok(out var path, out _))
                continue;
            var language = Notebooks.FirstOrDefault(notebook => notebook.Ending == ending).Language;
            found.Add(new WorkspaceObject(path, info.FullName, info is DirectoryInfo ? ObjectKind.Directory : ending.Length > 0 ? ObjectKind.Notebook : ObjectKind.File, language));
        }

        return [.. found.OrderBy(item => item.Path.Text, StringComparer.Ordinal)];
    }

    /// <summary>Makes a directory and those above it.</summary>
    public Problem? MakeDirectories(WorkspacePath path)
    {
        for (var at = path; !at.IsRoot; at = at.Parent)
        {
            if (Find(at) is { Kind: not ObjectKind.Directory })
                return Problem.Exists($"The path {at.Text} exists and is not a directory. Choose another path, or delete it first.");
        }

        if (path.Below(root) is not { } place)
            return NoParent(path);
        Directory.CreateDirectory(place);
        return null;
    }

    /// <summary>Writes a notebook (with its ending) or a file (with none) so that readers see the old content or the new one, never a part.</summary>
    public async Task<Problem?> Write(WorkspacePath path, string ending, byte[] content, bool overwrite, CancellationToken stop)
    {
        if (path.IsRoot)
            return Problem.Invalid("Path (/) is the root directory; nothing can be imported over it.");
        var isHome = path.Parent.Parts is ["Users", _] && path.Parent.Below(root) is not null;
        if (Find(path.Parent) is not { Kind: ObjectKind.Directory } && !(isHome && Find(path.Parent) is null))
            return NoParent(path);
        var old = Find(path);
        if (old is { Kind: ObjectKind.Directory })
            return Problem.Exists($"The path {path.Text} exists and is a directory. Choose another path, or delete it first.");
        if (old is not null && !overwrite)
            return Problem.Exists($"File already exists at ({path.Text}). Set overwrite to true to replace it.");
        if (path.Below(root, ending) is not { } place)
            return NoParent(path);
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        var temporary = Path.Join(Path.GetDirectoryName(place), $".tmp-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}");
        try
        {
            await File.WriteAllBytesAsync(temporary, content, stop);
            File.SetLastWriteTimeUtc(temporary, time.GetUtcNow().UtcDateTime);
            File.Move(temporary, place, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }

        if (old is not null && old.Place != place)
            File.Delete(old.Place);
        return null;
    }

    /// <summary>Deletes an object; a directory that is not empty only with all in it.</summary>
    public Problem? Delete(WorkspaceObject item, bool recursive)
    {
        if (item.Path.IsRoot)
            return Problem.Invalid("The root directory (/) cannot be deleted. Delete what is in it.");
        if (item.Kind != ObjectKind.Directory)
        {
            File.Delete(item.Place);
            return null;
        }

        if (!Directory.Exists(item.Place))
            return null;
        if (!recursive && Directory.EnumerateFileSystemEntries(item.Place).Any())
            return new Problem(400, "DIRECTORY_NOT_EMPTY", $"Folder ({item.Path.Text}) is not empty. Set recursive to true to delete it with all that is in it.");
        Directory.Delete(item.Place, recursive: true);
        return null;
    }

    /// <summary>Directories that a workspace always has, on disk or not yet; so have users their homes when something is put there.</summary>
    private static bool IsStanding(WorkspacePath path) => path.IsRoot || path.Parts is ["Shared"] or ["Users"];

    public static Problem NoPath(WorkspacePath path) => Problem.Missing($"Path ({path.Text}) doesn't exist.");

    private static Problem NoParent(WorkspacePath path) => Problem.Missing($"The parent folder ({path.Parent.Text}) does not exist.");

    /// <summary>What a failure of the disk is answered with: the cause, without the server's own paths.</summary>
    public static Problem Broken(Exception error)
    {
        var cause = (error, error.HResult & 0xffff) switch
        {
            (UnauthorizedAccessException, _) => "the server may not write there",
            (_, 28) => "the disk is full",
            (_, 30) => "the file system is read-only",
            _ => "the file system refused it",
        };
        return new Problem(503, "TEMPORARILY_UNAVAILABLE", $"The workspace could not be read or written: {cause}. Try again when that is mended.");
    }
}
