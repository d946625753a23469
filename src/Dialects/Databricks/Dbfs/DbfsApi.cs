using System.Text.Json.Nodes;
using Switchyard.Dialects.Databricks.Wire;
using StoreDraft = Switchyard.Dialects.Edge.StoreDraft;
using StoreFiles = Switchyard.Dialects.Edge.StoreFiles;
using TreeEntry = Switchyard.Dialects.Edge.TreeEntry;
using TreeFault = Switchyard.Dialects.Edge.TreeFault;
using TreeKind = Switchyard.Dialects.Edge.TreeKind;

namespace Switchyard.Dialects.Databricks.Dbfs;

/// <summary>dbfs/*: files below a directory of the server, open to every user as on the platform.</summary>
internal sealed class DbfsApi(StoreFiles files, TimeProvider time)
{
    /// <summary>Readable by every program on the machine: tasks read them.</summary>
    public const int FileMode = 0x1A4;   // 0644

    /// <summary>Bytes that one call reads at most.</summary>
    private const int MaxRead = 1024 * 1024;

    private const int DefaultRead = MaxRead / 2;
    private const int DirectoryMode = 0x1ED;   // 0755

    /// <summary>Bytes a file put as a form may have.</summary>
    private const long MaxForm = 2L * 1024 * 1024 * 1024;

    private static readonly Shape Path = new Shape.Text(8192);
    private static readonly Shape Flag = new Shape.Flag();
    private static readonly Shape Content = new Shape.Text(20_000_000);
    private static readonly Shape.Fields OfPath = new(["path"], ("path", Path), ("recursive", Flag), ("overwrite", Flag), ("contents", Content),
        ("offset", new Shape.Whole(0, long.MaxValue)), ("length", new Shape.Whole(0, long.MaxValue)));

    private static readonly Shape.Fields OfHandle = new(["handle"], ("handle", Shape.Whole.Id), ("data", Content));
    private static readonly Shape.Fields OfMove = new(["source_path", "destination_path"], ("source_path", Path), ("destination_path", Path));

    private readonly DbfsUploads _uploads = new(files, time);

    public void Map(DatabricksDialect.Routes api)
    {
        api.Post("/dbfs/create", OfPath, Guarded(call => Task.FromResult(Create(call))));
        api.Post("/dbfs/add-block", OfHandle, Guarded(AddBlock));
        api.Post("/dbfs/close", OfHandle, Guarded(Close));
        api.Post("/dbfs/put", OfPath, Guarded(Put), Guarded(PutForm), MaxForm);
        api.Get("/dbfs/read", OfPath, Guarded(call => Task.FromResult(Read(call))));
        api.Get("/dbfs/get-status", OfPath, Guarded(call => Task.FromResult(GetStatus(call))));
        api.Get("/dbfs/list", OfPath, Guarded(call => Task.FromResult(List(call))));
        api.Post("/dbfs/mkdirs", OfPath, Guarded(call => Task.FromResult(MakeDirectories(call))));
        api.Post("/dbfs/delete", OfPath, Guarded(call => Task.FromResult(Delete(call))));
        api.Post("/dbfs/move", OfMove, Guarded(call => Task.FromResult(Move(call))));
    }

    private static Func<Call, Task<Reply>> Guarded(Func<Call, Task<Reply>> handler) => async call =>
    {
        try
        {
            return await handler(call);
        }
        catch (Exception error) when (error is (IOException and not Microsoft.AspNetCore.Http.BadHttpRequestException) or UnauthorizedAccessException)
        {
            return DbfsFaults.Unavailable("the file system refused it");
        }
    };

    private Reply Create(Call call)
    {
        if (!Named(call).Ok(out var path, out var problem))
            return problem;
        return _uploads.Open(call.Caller.UserId, path, call.Args.Flag("overwrite") == true).Ok(out var handle, out problem)
            ? new JsonObject { ["handle"] = handle }
            : problem;
    }

    private async Task<Reply> AddBlock(Call call)
    {
        if (!Base64.Read(call.Args.Text("data"), "data").Ok(out var block, out var problem))
            return problem;
        if (block.Length > DbfsUploads.MaxBlock)
            return TooLarge("data", block.Length);
        return await _uploads.Add(call.Caller.UserId, call.Args.Whole("handle")!.Value, block, call.Stop) is { } refused ? refused : Reply.Empty;
    }

    private async Task<Reply> Close(Call call) =>
        await _uploads.Close(call.Caller.UserId, call.Args.Whole("handle")!.Value, call.Stop) is { } refused ? refused : Reply.Empty;

    private async Task<Reply> Put(Call call)
    {
        if (!Named(call).Ok(out var path, out var problem))
            return problem;
        if (!Base64.Read(call.Args.Text("contents"), "contents").Ok(out var content, out problem))
            return problem;
        if (content.Length > DbfsUploads.MaxBlock)
            return TooLarge("contents", content.Length);
        using var stream = new MemoryStream(content);
        return Done(await files.Write(path.Parts, call.Args.Flag("overwrite") == true, FileMode, stream, call.Stop), path);
    }

    // A form's fields come in any order, so that the file may be there before its path is known.
    private async Task<Reply> PutForm(Call call)
    {
        StoreDraft? draft = null;
        try
        {
            var read = await MultipartForm.Read(call, OfPath, async (_, content) =>
            {
                if (draft is not null)
                    return Problem.Invalid("The form has more than one file. Send one.");
                var fault = files.Begin([], out var begun);
                if (fault == TreeFault.None)
                    fault = await (draft = begun).Append(content, call.Stop);
                return fault == TreeFault.None ? null : DbfsFaults.Unavailable(fault == TreeFault.Full ? "the disk is full" : "the file system refused it");
            });
            if (!read.Ok(out var fields, out var problem))
                return problem;
            call = call with { Args = fields };
            if (draft is null)
                return await Put(call);
            return Named(call).Ok(out var path, out problem)
                ? Done(draft.Keep(path.Parts, fields.Flag("overwrite") == true, FileMode), path)
                : problem;
        }
        finally
        {
            draft?.Dispose();
        }
    }

    private Reply Read(Call call)
    {
        if (!Parsed(call, "path").Ok(out var path, out var problem))
            return problem;
        var (offset, length) = (call.Args.Whole("offset") ?? 0, call.Args.Whole("length") ?? DefaultRead);
        if (length > MaxRead)
            return new Problem(400, "MAX_READ_SIZE_EXCEEDED", $"Invalid value for parameter length: {length} bytes are more than the {MaxRead} that one call reads. Read the file in pieces with offset.");
        if (Looked(path) is not { } entry)
            return DbfsFaults.Missing(path);
        if (entry.Kind == TreeKind.Directory)
            return Problem.Invalid($"Path ({path.Text}) is a directory. Only files are read; dbfs/list names those in it.");
        var fault = files.Read(path.Parts, out var file, out entry);
        if (fault != TreeFault.None)
            return DbfsFaults.Explain(fault, path);
        using (file)
        {
            var bytes = new byte[Math.Clamp(entry.Length - offset, 0, length)];
            var read = 0;
            for (int more; read < bytes.Length && (more = RandomAccess.Read(file, bytes.AsSpan(read), offset + read)) > 0;)
                read += more;
            return new JsonObject { ["bytes_read"] = read, ["data"] = Convert.ToBase64String(bytes, 0, read) };
        }
    }

    private Reply GetStatus(Call call)
    {
        if (!Parsed(call, "path").Ok(out var path, out var problem))
            return problem;
        return Looked(path) is { } entry ? Shown(path, entry) : DbfsFaults.Missing(path);
    }

    private Reply List(Call call)
    {
        if (!Parsed(call, "path").Ok(out var path, out var problem))
            return problem;
        if (Looked(path) is not { } entry)
            return DbfsFaults.Missing(path);
        if (entry.Kind == TreeKind.File)
            return new JsonObject { ["files"] = new JsonArray(Shown(path, entry)) };
        var fault = files.Open(path.Parts, out var directory);
        if (fault != TreeFault.None)
            return DbfsFaults.Explain(fault, path);
        var found = new JsonArray();
        using (directory)
        {
            foreach (var name in directory.Names().Where(name => !path.IsRoot || name != StoreFiles.WorkFolder).Order(StringComparer.Ordinal))
            {
                if (directory.Look(name, out var below) == TreeFault.None && below.Kind != TreeKind.Other)
                    found.Add(Shown(path.Child(name), below));
            }
        }

        return found.Count > 0 ? new JsonObject { ["files"] = found } : Reply.Empty;
    }

    private Reply MakeDirectories(Call call)
    {
        if (!Parsed(call, "path").Ok(out var path, out var problem))
            return problem;
        return Done(files.Make(path.Parts, DirectoryMode), path);
    }

    // As on the platform, deleting what is not there succeeds.
    private Reply Delete(Call call)
    {
        if (!Named(call).Ok(out var path, out var problem))
            return problem;
        var fault = files.Delete(path.Parts, call.Args.Flag("recursive") == true);
        return fault is TreeFault.Missing or TreeFault.NotDirectory ? Reply.Empty : Done(fault, path);
    }

    private Reply Move(Call call)
    {
        if (!Parsed(call, "source_path").Ok(out var from, out var problem) || !Parsed(call, "destination_path").Ok(out var to, out problem))
            return problem;
        if (from.IsRoot || to.IsRoot)
            return Problem.Invalid("Path (/) is the root directory; it is neither moved nor moved over. Move what is in it.");
        if (to.Parts.Count > from.Parts.Count && to.Parts.Take(from.Parts.Count).SequenceEqual(from.Parts))
            return Problem.Invalid($"Invalid value for parameter destination_path: {to.Text} lies inside {from.Text}. Move it elsewhere.");
        if (Looked(from) is null)
            return DbfsFaults.Missing(from);
        if (files.MayHold(to.Parts, overwrite: false) is var held && held != TreeFault.None)
            return Done(held, to);
        var fault = files.Make([.. to.Parts.SkipLast(1)], DirectoryMode);
        return Done(fault == TreeFault.None ? files.Move(from.Parts, to.Parts) : fault, to);
    }

    private TreeEntry? Looked(DbfsPath path) =>
        files.Look(path.Parts, out var entry) == TreeFault.None && entry.Kind != TreeKind.Other ? entry : null;

    private static JsonObject Shown(DbfsPath path, TreeEntry entry) => new()
    {
        ["path"] = path.Text,
        ["is_dir"] = entry.Kind == TreeKind.Directory,
        ["file_size"] = entry.Kind == TreeKind.Directory ? 0 : entry.Length,
        ["modification_time"] = entry.ModifiedMs,
    };

    private static Outcome<DbfsPath> Parsed(Call call, string argument) => DbfsPath.Parse(call.Args.Text(argument)!);

    /// <summary>A path that is not the root's.</summary>
    private static Outcome<DbfsPath> Named(Call call)
    {
        if (!Parsed(call, "path").Ok(out var path, out var problem))
            return problem;
        return path.IsRoot ? Problem.Invalid("Path (/) is the root directory. Name something in it.") : path;
    }

    private static Reply Done(TreeFault fault, DbfsPath path) => fault == TreeFault.None ? Reply.Empty : DbfsFaults.Explain(fault, path);

    private static Problem TooLarge(string argument, int length) =>
        new(400, "MAX_BLOCK_SIZE_EXCEEDED", $"Invalid value for parameter {argument}: {length} bytes are more than the {DbfsUploads.MaxBlock} that one block may have. Send several blocks, or put the file as multipart/form-data.");
}
