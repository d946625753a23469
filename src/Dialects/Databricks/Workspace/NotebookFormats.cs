using System.Text;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Workspace;

/// <summary>The formats in which notebooks and files come and go, and what they are on disk: source text, a Jupyter document, or the bytes.</summary>
internal static class NotebookFormats
{
    /// <summary>What a file is stored as: its path, its ending and its bytes.</summary>
    public static Outcome<(WorkspacePath Path, string Ending, byte[] Content)> Stored(WorkspacePath path, string format, string? language, byte[] bytes)
    {
        switch (format)
        {
            case "JUPYTER":
                return NotebookSource.CheckJupyter(bytes) is { } broken ? broken : (path, ".ipynb", bytes);
            case "SOURCE" when language is null:
                return Problem.Invalid("Missing required field: language. With format SOURCE it is one of PYTHON, SQL, SCALA, R.");
            case "SOURCE":
                var (ending, comment) = NotebookSource.Language(language);
                return (path, ending, Encoding.UTF8.GetBytes(NotebookSource.WithHeader(Encoding.UTF8.GetString(bytes), comment)));
            case "HTML":
                return NotebookModel.FromHtml(bytes).Ok(out var notebook, out var wrong) ? (path, NotebookSource.Language(notebook.Language).Ending, Encoding.UTF8.GetBytes(notebook.Source)) : wrong;
            case "AUTO":
                return Automatic(path, bytes);
            case "RAW":
                return (path, "", bytes);
            default:
                return Problem.Invalid($"Invalid value for parameter format: {format} is not imported here. Use SOURCE, JUPYTER, HTML, DBC, AUTO or RAW.");
        }
    }

    // As on the platform, the file's own look decides: a notebook loses its extension, anything else stays a file.
    private static (WorkspacePath Path, string Ending, byte[] Content) Automatic(WorkspacePath path, byte[] bytes)
    {
        var extension = Path.GetExtension(path.Name);
        var mark = extension switch { ".py" or ".r" or ".R" => "#", ".sql" => "--", ".scala" => "//", _ => null };
        var notebook = extension == ".ipynb" ? NotebookSource.CheckJupyter(bytes) is null : mark is not null && NotebookSource.HasHeader(Encoding.UTF8.GetString(bytes), mark);
        return notebook && WorkspacePath.Parse(path.Text[..^extension.Length]).Ok(out var bare, out _) ? (bare, extension, bytes) : (path, "", bytes);
    }

    /// <summary>An object in a format, and what its file would end with.</summary>
    public static Outcome<(byte[] Content, string Type)> Shown(WorkspaceObject item, string format, byte[] bytes)
    {
        var type = Path.GetExtension(item.Place).TrimStart('.');
        if (format == "R_MARKDOWN")
            return Problem.Invalid("Invalid value for parameter format: R_MARKDOWN is not exported here. Use SOURCE, JUPYTER, HTML, DBC or AUTO.");
        if (item.Kind != ObjectKind.Notebook)
            return format is "SOURCE" or "RAW" or "AUTO" ? (bytes, type) : Problem.Invalid($"Path ({item.Path.Text}) is a file; {format} is for notebooks. Use format SOURCE or AUTO.");
        var isJupyter = item.Place.EndsWith(".ipynb", StringComparison.Ordinal);
        switch (format)
        {
            case "SOURCE" or "RAW":
                return isJupyter ? (Encoding.UTF8.GetBytes(NotebookSource.FromJupyter(bytes)), "py") : (bytes, type);
            case "HTML":
                return (NotebookModel.ToHtml(item.Path.Name, item.Language!, SourceOf(item, bytes)), "html");
            case "JUPYTER" when !isJupyter && item.Language != "PYTHON":
                return Problem.Invalid($"Path ({item.Path.Text}) is a {item.Language} notebook; only Python notebooks are exported as JUPYTER. Use format SOURCE.");
            case "JUPYTER" when !isJupyter:
                return (Encoding.UTF8.GetBytes(NotebookSource.ToJupyter(Encoding.UTF8.GetString(bytes)).ToJsonString(Json.Indented)), "ipynb");
            default:
                return (bytes, type);
        }
    }

    /// <summary>A notebook as source text.</summary>
    public static string SourceOf(WorkspaceObject notebook, byte[] bytes) =>
        notebook.Place.EndsWith(".ipynb", StringComparison.Ordinal) ? NotebookSource.FromJupyter(bytes) : Encoding.UTF8.GetString(bytes);
}
