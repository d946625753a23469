using System.Text.Json.Nodes;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Workspace;

/// <summary>The two forms of a notebook: source text with a header line and cell separators, and a Jupyter document.</summary>
internal static class NotebookSource
{
    private const string Header = "Databricks notebook source";
    private const string Separator = "COMMAND ----------";

    /// <summary>The ending of a language's source files and the mark of its comments.</summary>
    public static (string Ending, string Comment) Language(string language) => language switch
    {
        "SQL" => (".sql", "--"),
        "SCALA" => (".scala", "//"),
        "R" => (".r", "#"),
        _ => (".py", "#"),
    };

    /// <summary>True for a file that holds a notebook: a Jupyter document, or source whose first line says so.</summary>
    public static bool IsNotebook(string file)
    {
        if (file.EndsWith(".ipynb", StringComparison.Ordinal))
            return true;
        var mark = Path.GetExtension(file) switch
        {
            ".py" or ".r" or ".R" => "#",
            ".sql" => "--",
            ".scala" => "//",
            _ => null,
        };
        if (mark is null)
            return false;
        try
        {
            using var reader = new StreamReader(file);
            var line = new char[100];
            var read = reader.ReadBlock(line);
            return new string(line, 0, read).StartsWith($"{mark} {Header}", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Whether a text begins with the header line of a language.</summary>
    public static bool HasHeader(string text, string comment) => text.TrimStart('\uFEFF').StartsWith($"{comment} {Header}", StringComparison.Ordinal);

    /// <summary>Source with the header line, which is added when it is missing.</summary>
    public static string WithHeader(string text, string comment)
    {
        text = text.TrimStart('\uFEFF');
        return HasHeader(text, comment) ? text : $"{comment} {Header}\n{text}";
    }

    /// <summary>A Jupyter document's cells, or why it is none.</summary>
    public static Problem? CheckJupyter(byte[] content)
    {
        var read = Edge.JsonBody.Parse(content);
        return read.Body?["cells"] is JsonArray && read.Body["nbformat"] is not null
            ? null
            : Problem.Invalid($"The content is not a Jupyter notebook: {(read.Fault is null ? "it has no cells and nbformat" : read.Detail)}. Use format SOURCE for source text.");
    }

    /// <summary>The cells of source text; those of another language, and markdown, begin with their magic.</summary>
    public static IReadOnlyList<string> Cells(string source, string comment)
    {
        var body = source.TrimStart('\uFEFF');
        if (HasHeader(body, comment))
            body = body.IndexOf('\n') is var end and >= 0 ? body[(end + 1)..] : "";
        var magic = $"{comment} MAGIC";
        return
        [
            .. body.Split($"{comment} {Separator}").Select(part => part.Trim('\n', '\r')).Select(text => text.StartsWith(magic, StringComparison.Ordinal)
                ? string.Join('\n', text.Split('\n').Select(line => line.StartsWith(magic + " ", StringComparison.Ordinal) ? line[(magic.Length + 1)..] : line.StartsWith(magic, StringComparison.Ordinal) ? line[magic.Length..] : line))
                : text),
        ];
    }

    /// <summary>Cells as source text.</summary>
    public static string Join(IEnumerable<string> cells, string comment) =>
        $"{comment} {Header}\n" + string.Join($"\n{comment} {Separator}\n\n", cells.Select(cell => cell.TrimEnd('\n')).Select(cell =>
            (cell.StartsWith('%') ? string.Join('\n', cell.Split('\n').Select(line => $"{comment} MAGIC {line}".TrimEnd())) : cell) + "\n"));

    /// <summary>A Jupyter document as Python source.</summary>
    public static string FromJupyter(byte[] content) => Join(
        (Edge.JsonBody.Parse(content).Body?.Objects("cells") ?? []).Select(cell => (cell.Text("cell_type") == "markdown" ? "%md\n" : "") + Lines(cell["source"])), "#");

    /// <summary>Python source as a Jupyter document.</summary>
    public static JsonObject ToJupyter(string source)
    {
        var cells = new JsonArray();
        foreach (var text in Cells(source, "#"))
        {
            var markdown = text.StartsWith("%md", StringComparison.Ordinal);
            var cell = new JsonObject { ["cell_type"] = markdown ? "markdown" : "code", ["metadata"] = new JsonObject(), ["source"] = markdown ? text[3..].TrimStart('\n', ' ') : text };
            if (!markdown)
            {
                cell["execution_count"] = null;
                cell["outputs"] = new JsonArray();
            }

            cells.Add(cell);
        }

        return new JsonObject
        {
            ["cells"] = cells,
            ["metadata"] = new JsonObject { ["language_info"] = new JsonObject { ["name"] = "python" } },
            ["nbformat"] = 4,
            ["nbformat_minor"] = 4,
        };
    }

    private static string Lines(JsonNode? source) => source switch
    {
        JsonArray list => string.Concat(list.Select(line => line is null ? "" : Json.ToText(line))),
        null => "",
        _ => Json.ToText(source),
    };
}
