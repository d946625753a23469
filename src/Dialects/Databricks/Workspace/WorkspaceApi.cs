using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Workspace;

/// <summary>workspace/import, export, list, mkdirs, delete, get-status, and the files as they are below workspace-files.</summary>
internal sealed class WorkspaceApi(WorkspaceFiles files)
{
    /// <summary>Bytes a file may have that comes as a body of its own.</summary>
    private const int MaxFile = 200 * 1024 * 1024;

    private const int MaxArchive = 100 * 1024 * 1024;

    public void Map(DatabricksDialect.Routes api)
    {
        api.Post("/workspace/import", Schema.WorkspacePath, Guarded(Import), Guarded(ImportForm), DatabricksDialect.MaxBody);
        api.Get("/workspace/export", Schema.WorkspacePath, Guarded(Export));
        api.Get("/workspace/list", Schema.WorkspacePath, Guarded(List));
        api.Post("/workspace/mkdirs", Schema.WorkspacePath, Guarded(MakeDirectories));
        api.Post("/workspace/delete", Schema.WorkspacePath, Guarded(Delete));
        api.Get("/workspace/get-status", Schema.WorkspacePath, Guarded(GetStatus));
        api.Raw("POST", "/workspace-files/import-file/{**path}", Guarded(ImportFile), MaxFile);
        api.Raw("GET", "/workspace-files/{**path}", Guarded(GetFile), DatabricksDialect.MaxBody);
    }

    // A full or broken disk is no fault of the caller, and none of ours.
    private static Func<Call, Task<Reply>> Guarded(Func<Call, Task<Reply>> handler) => async call =>
    {
        try
        {
            return await handler(call);
        }
        catch (Exception error) when (error is (IOException and not BadHttpRequestException) or UnauthorizedAccessException)
        {
            return WorkspaceFiles.Broken(error);
        }
    };

    private async Task<Reply> Import(Call call) =>
        Base64.Read(call.Args.Text("content"), "content").Ok(out var bytes, out var problem) ? await Import(call, bytes) : problem;

    // As the Python SDK uploads: the content is a file of a form.
    private async Task<Reply> ImportForm(Call call)
    {
        byte[]? content = null;
        var read = await MultipartForm.Read(call, Schema.WorkspacePath, async (_, file) =>
        {
            using var copy = new MemoryStream();
            await file.CopyToAsync(copy, call.Stop);
            content = copy.ToArray();
            return null;
        });
        if (!read.Ok(out var fields, out var problem))
            return problem;
        call = call with { Args = fields };
        return content is null ? await Import(call) : await Import(call, content);
    }

    private async Task<Reply> Import(Call call, byte[] bytes)
    {
        if (!Allowed(call).Ok(out var path, out var problem))
            return problem;
        var format = call.Args.Text("format")?.ToUpperInvariant() ?? "SOURCE";
        if (format == "DBC")
            return await ImportArchive(call, path, bytes);
        if (!NotebookFormats.Stored(path, format, call.Args.Text("language")?.ToUpperInvariant(), bytes).Ok(out var file, out problem))
            return problem;
        return await files.Write(file.Path, file.Ending, file.Content, call.Args.Flag("overwrite") == true, call.Stop) is { } refused ? refused : Reply.Empty;
    }

    /// <summary>An archive becomes a directory, which must not be there: nothing is mixed into what is.</summary>
    private async Task<Reply> ImportArchive(Call call, WorkspacePath path, byte[] bytes)
    {
        if (!NotebookModel.FromArchive(bytes).Ok(out var notebooks, out var problem))
            return problem;
        if (files.Find(path) is not null)
            return Problem.Exists($"Path ({path.Text}) already exists. A DBC archive is imported as a new directory: choose another path, or delete it first.");
        var placed = new List<(WorkspacePath Path, string Language, string Source)>();
        foreach (var (below, language, source) in notebooks)
        {
            if (!WorkspacePath.Parse($"{path.Text}/{below}").Ok(out var inner, out problem))
                return problem;
            placed.Add((inner, language, source));
        }

        foreach (var (inner, language, source) in placed)
        {
            problem = files.MakeDirectories(inner.Parent) ?? await files.Write(inner, NotebookSource.Language(language).Ending, Encoding.UTF8.GetBytes(source), false, call.Stop);
            if (problem is not null)
                return problem;
        }

        return Reply.Empty;
    }

    /// <summary>The bytes of a file as the body; what is there already is told in the two ways that the platform's command line knows.</summary>
    private async Task<Reply> ImportFile(Call call)
    {
        TakePath(call, "/workspace-files/import-file/");
        if (!Allowed(call).Ok(out var path, out var problem))
            return problem;
        if (await Edge.JsonBody.ReadRaw(call.Http, MaxFile, call.Stop) is not { } bytes)
            return Problem.TooLarge($"the file has more than {MaxFile} bytes");
        if (!NotebookFormats.Stored(path, "AUTO", null, bytes.ToArray()).Ok(out var file, out problem))
            return problem;
        var overwrite = bool.TryParse(call.Http.Request.Query["overwrite"], out var asked) && asked;
        if (!overwrite && files.Find(file.Path) is { } old)
            return new Problem(old.Kind == ObjectKind.File ? 409 : 400, "RESOURCE_ALREADY_EXISTS", $"Path ({file.Path.Text}) already exists.");
        return await files.Write(file.Path, file.Ending, file.Content, overwrite, call.Stop) is { } refused ? refused : Reply.Empty;
    }

    private async Task<Reply> GetFile(Call call)
    {
        TakePath(call, "/workspace-files/");
        call.Args["direct_download"] = true;
        return await Export(call);
    }

    private async Task<Reply> Export(Call call)
    {
        if (!Found(call).Ok(out var item, out var problem))
            return problem;
        var format = call.Args.Text("format")?.ToUpperInvariant() ?? "SOURCE";
        if (item.Kind == ObjectKind.Directory && format != "DBC")
            return Problem.Invalid($"Path ({item.Path.Text}) is a directory; directories are exported as DBC only. Export the notebooks and files in it, as workspace/list names them.");
        if (!(format == "DBC" ? Archive(call, item) : NotebookFormats.Shown(item, format, await File.ReadAllBytesAsync(item.Place, call.Stop))).Ok(out var file, out problem))
            return problem;
        if (call.Args.Flag("direct_download") == true)
            return Reply.Bytes(file.Content);
        return new JsonObject { ["content"] = Convert.ToBase64String(file.Content), ["file_type"] = file.Type };
    }

    /// <summary>The notebooks at and below a path; other files stay out, as on the platform.</summary>
    private Outcome<(byte[] Content, string Type)> Archive(Call call, WorkspaceObject top)
    {
        var found = new List<(string, string, string)>();
        var bytes = 0L;
        var open = new Stack<WorkspaceObject>([top]);
        while (open.TryPop(out var item))
        {
            if (item.Kind == ObjectKind.Directory)
            {
                foreach (var below in files.List(item).Where(below => Open(call, below.Path)).Reverse())
                    open.Push(below);
            }
            else if (item.Kind == ObjectKind.Notebook)
            {
                var source = NotebookFormats.SourceOf(item, File.ReadAllBytes(item.Place));
                if ((bytes += source.Length) > MaxArchive)
                    return Problem.Invalid($"The notebooks below {top.Path.Text} have more than {MaxArchive} bytes together. Export it in parts.");
                found.Add((item == top ? item.Path.Name : item.Path.Text[(top.Path.IsRoot ? 1 : top.Path.Text.Length + 1)..], item.Language!, source));
            }
            else if (item == top)
            {
                return Problem.Invalid($"Path ({item.Path.Text}) is a file; only notebooks and directories are exported as DBC. Use format SOURCE.");
            }
        }

        return (NotebookModel.ToArchive(found), "dbc");
    }

    /// <summary>Takes the path from the address, in which clients write its slashes as they are or as %2F; routing leaves the latter.</summary>
    private static void TakePath(Call call, string mark)
    {
        var target = call.Http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        target = target.IndexOf('?') is var query and >= 0 ? target[..query] : target;
        var path = target.IndexOf(mark, StringComparison.Ordinal) is var at and >= 0 ? Uri.UnescapeDataString(target[(at + mark.Length)..]) : (string?)call.Http.Request.RouteValues["path"];
        call.Args["path"] = "/" + path?.TrimStart('/');
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
