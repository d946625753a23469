using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Workspace;

/// <summary>
/// Notebooks as the platform's archives (DBC: a zip of them) and its HTML pages hold them: JSON with a language and commands.
/// Both are read and written, so that what one side exported the other imports.
/// </summary>
internal static partial class NotebookModel
{
    /// <summary>Bytes that the notebooks of an archive may have together, unpacked.</summary>
    private const int MaxUnpacked = 100 * 1024 * 1024;

    private const int MaxNotebooks = 10_000;
    private const string Kind = "NotebookV1";

    /// <summary>A page with the notebook's cells, and the notebook in it.</summary>
    public static byte[] ToHtml(string name, string language, string source)
    {
        var comment = NotebookSource.Language(language).Comment;
        var model = Convert.ToBase64String(Encoding.ASCII.GetBytes(Uri.EscapeDataString(FromSource(name, language, source).Write())));
        var page = new StringBuilder($"<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>{WebUtility.HtmlEncode(name)}</title></head>\n<body><h1>{WebUtility.HtmlEncode(name)}</h1>\n");
        foreach (var cell in NotebookSource.Cells(source, comment))
            page.Append($"<pre>{WebUtility.HtmlEncode(cell)}</pre>\n");
        page.Append($"<script>var __DATABRICKS_NOTEBOOK_MODEL = '{model}';</script>\n</body></html>\n");
        return Encoding.UTF8.GetBytes(page.ToString());
    }

    /// <summary>The notebook in a page.</summary>
    public static Outcome<(string Language, string Source)> FromHtml(byte[] html)
    {
        if (InPage().Match(Encoding.UTF8.GetString(html)) is not { Success: true } found)
            return Problem.Invalid("The content is no exported notebook: an HTML page without __DATABRICKS_NOTEBOOK_MODEL cannot be turned back. Use format SOURCE or JUPYTER.");
        var bytes = new byte[found.Groups[1].Length];
        return Convert.TryFromBase64String(found.Groups[1].Value, bytes, out var length)
            ? ToSource(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(Encoding.UTF8.GetString(bytes, 0, length))), "the page")
            : Problem.Invalid("The content is no exported notebook: the page's __DATABRICKS_NOTEBOOK_MODEL is not base64.");
    }

    /// <summary>The notebooks of an archive, by their paths in it.</summary>
    public static Outcome<IReadOnlyList<(string Path, string Language, string Source)>> FromArchive(byte[] content)
    {
        var found = new List<(string, string, string)>();
        try
        {
            using var zip = new ZipArchive(new MemoryStream(content), ZipArchiveMode.Read);
            var room = MaxUnpacked;
            foreach (var entry in zip.Entries)
            {
                var name = entry.FullName.TrimStart('/');
                if (System.IO.Path.GetExtension(name) is not (".python" or ".sql" or ".scala" or ".r"))
                    continue;
                if (found.Count == MaxNotebooks)
                    return Problem.Invalid($"The archive has more than {MaxNotebooks} notebooks. Import it in parts.");
                using var stream = entry.Open();
                if (ReadUpTo(stream, room) is not { } bytes)
                    return Problem.Invalid($"The notebooks of the archive have more than {MaxUnpacked} bytes together. Import it in parts.");
                room -= bytes.Length;
                if (!ToSource(bytes, name).Ok(out var notebook, out var problem))
                    return problem;
                found.Add((name[..name.LastIndexOf('.')], notebook.Language, notebook.Source));
            }
        }
        catch (InvalidDataException error)
        {
            return Problem.Invalid($"The content is no DBC archive: {error.Message.TrimEnd('.')}.");
        }

        return found.Count > 0 ? found : Problem.Invalid("The archive has no notebooks in it: no file with the ending .python, .sql, .scala or .r.");
    }

    /// <summary>Notebooks as an archive.</summary>
    public static byte[] ToArchive(IEnumerable<(string Path, string Language, string Source)> notebooks)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (path, language, source) in notebooks)
            {
                using var entry = zip.CreateEntry($"{path}.{Word(language)}").Open();
                entry.Write(Encoding.UTF8.GetBytes(FromSource(path.Split('/')[^1], language, source).Write()));
            }
        }

        return bytes.ToArray();
    }

    private static JsonObject FromSource(string name, string language, string source) => new()
    {
        ["version"] = Kind,
        ["name"] = name,
        ["language"] = Word(language),
        ["commands"] = new JsonArray([.. NotebookSource.Cells(source, NotebookSource.Language(language).Comment).Select((cell, no) => new JsonObject
        {
            ["version"] = "CommandV1",
            ["position"] = no + 1.0,
            ["command"] = cell,
        })]),
    };

    private static Outcome<(string Language, string Source)> ToSource(byte[] json, string where)
    {
        var read = Edge.JsonBody.Parse(json);
        if (read.Body is not { } model || model["commands"] is not JsonArray || model.Text("language")?.ToUpperInvariant() is not { } language || language is not ("PYTHON" or "SQL" or "SCALA" or "R"))
            return Problem.Invalid($"The content is no exported notebook: {where} has no language and commands{(read.Fault is null ? "" : $" ({read.Detail})")}.");
        var cells = model.Objects("commands").OrderBy(Position).Select(command => command.Text("command") ?? "");
        return (language, NotebookSource.Join(cells, NotebookSource.Language(language).Comment));
    }

    private static double Position(JsonObject command) =>
        command["position"] is JsonValue value && double.TryParse(value.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture, out var position) ? position : double.MaxValue;

    private static string Word(string language) => language == "PYTHON" ? "python" : language == "SCALA" ? "scala" : language == "SQL" ? "sql" : "r";

    private static byte[]? ReadUpTo(Stream stream, int most)
    {
        using var copy = new MemoryStream();
        var buffer = new byte[81_920];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            if (copy.Length + read > most)
                return null;
            copy.Write(buffer, 0, read);
        }

        return copy.ToArray();
    }

    [GeneratedRegex("__DATABRICKS_NOTEBOOK_MODEL\\s*=\\s*['\"]([A-Za-z0-9+/=]+)['\"]")]
    private static partial Regex InPage();
}
