using System.Text;
using System.Text.Json.Nodes;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Workspace;

/// <summary>workspace/import, export, list, mkdirs, delete, get-status.</summary>
internal sealed class WorkspaceApi(WorkspaceFiles files)
{
    public void Map(DatabricksDialect.Routes api)
    {
        api.Post("/workspace/import", Schema.WorkspacePath, Guarded(Import));
        api.Get("/workspace/export", Schema.WorkspacePath, Guarded(Export));
        api.Get("/workspace/list", Schema.WorkspacePath, Guarded(List));
        api.Post("/workspace/mkdirs", Schema.WorkspacePath, Guarded(MakeDirectories));
        api.Post("/workspace/delete", Schema.WorkspacePath, Guarded(Delete));
        api.Get("/workspace/get-status", Schema.WorkspacePath, Guarded(GetStatus));
    }

    // A full or broken disk is no fault of the caller, and none of ours.
    private static Func<Call, Task<Reply>> Guarded(Func<Call, Task<Reply>> handler) => async call =>
    {
        try
        {
            return await handler(call);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return WorkspaceFiles.Broken(error);
        }
    };

    private async Task<Reply> Import(Call call)
    {
        if (!Allowed(call).Ok(out var path, out var problem))
            return problem;
        if (!Base64.Read(call.Args.Text("content"), "content").Ok(out var bytes, out var bad))
            return bad;
        var format = call.Args.Text("format")?.ToUpperInvariant() ?? "SOURCE";
        var language = call.Args.Text("language")?.ToUpperInvariant();
        if (!Notebook(path, format, language, bytes).Ok(out var file, out var wrong))
            return wrong;
        var refused = await files.Write(file.Path, file.Ending, file.Content, call.Args.Flag("overwrite") == true, call.Stop);
        return refused is null ? Reply.Empty : refused;
    }

    private async Task<Reply> Export(Call call)
    {
        if (!Found(call).Ok(out var item, out var problem))
            return problem;
        if (item.Kind == ObjectKind.Directory)
            return Problem.Invalid($"Path ({item.Path.Text}) is a directory, and directories are not exported. Export the notebooks and files in it, as workspace/list names them.");
        var format = call.Args.Text("format")?.ToUpperInvariant() ?? "SOURCE";
        var bytes = await File.ReadAllBytesAsync(item.Place, call.Stop);
        var jupyter = item.Place.EndsWith(".ipynb", StringComparison.Ordinal);
        var ending = Path.GetExtension(item.Place).TrimStart('.');
        if (item.Kind == ObjectKind.Notebook && format is "SOURCE" or "RAW" && jupyter && item.Kind == ObjectKind.Notebook)
            (bytes, ending) = (Encoding.UTF8.GetBytes(NotebookSource.FromJupyter(bytes)), "py");
        else if (item.Kind == ObjectKind.Notebook && format == "JUPYTER" && !jupyter)
        {
            if (item.Language != "PYTHON")
                return Problem.Invalid($"Path ({item.Path.Text}) is a {item.Language} notebook; only Python notebooks are exported as JUPYTER. Use format SOURCE.");
            (bytes, ending) = (NotebookSource.ToJupyter(Encoding.UTF8.GetString(bytes)).ToJsonString(Json.Indented) is var text ? Encoding.UTF8.GetBytes(text) : [], "ipynb");
        }
        else if (format is "HTML" or "DBC" or "R_MARKDOWN")
            return Problem.Invalid($"Invalid value for parameter format: {format} is not exported here. Use SOURCE, JUPYTER or AUTO; the HTML of an executed notebook comes from jobs/runs/export.");
        if (call.Args.Flag("direct_download") == true)
            return Reply.Bytes(bytes);
        return new JsonObject { ["content"] = Convert.ToBase64String(bytes), ["file_type"] = ending };
    }

    private Task<Reply> List(Call call)
    {
        if (!Found(call).Ok(out var item, out var problem))
            return Task.FromResult<Reply>(problem);
        var shown = (item.Kind == ObjectKind.Directory ? files.List(item) : [item]).Where(inner => Open(call, inner.Path)).ToList();
        return Task.FromResult<Reply>(shown.Count == 0 ? Reply.Empty : new JsonObject { ["objects"] = new JsonArray([.. shown.Select(Shown)]) });
    }

    private Task<Reply> MakeDirectories(Call call) =>
        Task.FromResult(!Allowed(call).Ok(out var path, out var problem) ? problem : files.MakeDirectories(path) is { } refused ? refused : Reply.Empty);

    private Task<Reply> Delete(Call call) =>
        Task.FromResult(!Found(call).Ok(out var item, out var problem) ? problem
            : files.Delete(item, call.Args.Flag("recursive") == true) is { } refused ? refused : Reply.Empty);

    private Task<Reply> GetStatus(Call call) => Task.FromResult<Reply>(Found(call).Ok(out var item, out var problem) ? Shown(item) : problem);

    private static JsonObject Shown(WorkspaceObject item)
    {
        var shown = new JsonObject
        {
            ["object_type"] = item.Kind.ToString().ToUpperInvariant(),
            ["path"] = item.Path.Text,
            ["object_id"] = item.Id,
            ["resource_id"] = Json.Digits(item.Id),
        };
        if (item.Language is { } language)
            shown["language"] = language;
        if (item.Info is { Exists: true } info && item.Kind != ObjectKind.Directory)
        {
            var changed = new DateTimeOffset(info.LastWriteTimeUtc, TimeSpan.Zero).ToUnixTimeMilliseconds();
            shown["created_at"] = Math.Min(changed, new DateTimeOffset(info.CreationTimeUtc, TimeSpan.Zero).ToUnixTimeMilliseconds());
            shown["modified_at"] = changed;
            if (item.Kind == ObjectKind.File)
                shown["size"] = ((FileInfo)info).Length;
        }

        return shown;
    }

    /// <summary>What a file is stored as: its path, its ending and its bytes.</summary>
    private static Outcome<(WorkspacePath Path, string Ending, byte[] Content)> Notebook(WorkspacePath path, string format, string? language, byte[] bytes)
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
            case "AUTO":
                return Automatic(path, bytes);
            case "RAW":
                return (path, "", bytes);
            default:
                return Problem.Invalid($"Invalid value for parameter format: {format} is not imported here. Use SOURCE, JUPYTER, AUTO or RAW.");
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

    private Outcome<WorkspaceObject> Found(Call call)
    {
        if (!Allowed(call).Ok(out var path, out var problem))
            return problem;
        return files.Find(path) is { } item ? item : WorkspaceFiles.NoPath(path);
    }

    private static Outcome<WorkspacePath> Allowed(Call call)
    {
        if (!WorkspacePath.Parse(call.Args.Text("path")!).Ok(out var path, out var problem))
            return problem;
        return Open(call, path) ? path : Problem.Denied($"User {call.Caller.Display} does not have permissions on {path.Text}: it belongs to another user. Use /Users/{call.Caller.Display} or /Shared.");
    }

    private static bool Open(Call call, WorkspacePath path) =>
        call.Caller.Admin || WorkspaceRights.IsOpen(path, [call.Caller.Display, call.Caller.Name]);
}
