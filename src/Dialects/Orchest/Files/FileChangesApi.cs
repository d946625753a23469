using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.Orchest.Jobs;
using Switchyard.Dialects.Orchest.Wire;

namespace Switchyard.Dialects.Orchest.Files;

/// <summary>Files as clients change them: of the project alone. Snapshots and runs' copies are read, and what all runs share is the steps' to write.</summary>
internal sealed class FileChangesApi(ProjectTree tree, JobFinder finder)
{
    private const long LargestUpload = 16L << 30;
    private const int FileMode = 0x1A4, DirectoryMode = 0x1ED;
    private const int MostCopies = 1000;
    private const int MostLevels = 100;

    private static readonly Reply Done = Reply.Said("Success");

    public void Map(OrchestDialect.Routes api)
    {
        const string Files = "/async/file-management";
        api.Add("POST", Files + "/create", Create);
        api.Add("POST", Files + "/create-dir", CreateDirectory);
        api.Add("POST", Files + "/delete", Delete);
        api.Add("POST", Files + "/rename", Rename);
        api.Add("POST", Files + "/duplicate", Duplicate);
        api.Add("POST", Files + "/upload", Upload, LargestUpload);
        api.Stream("GET", Files + "/download", Download);
    }

    private async Task<Reply> Create(Call call)
    {
        if (!(await Place(call)).Ok(out var place, out var refusal))
            return Reply.From(refusal);
        var fault = await tree.Files.Write(place, false, FileMode, Stream.Null, call.Stop);
        return fault == TreeFault.None ? Reply.Said("File created.") : Refused(fault, call.Query("path"));
    }

    private async Task<Reply> CreateDirectory(Call call)
    {
        if (!(await Place(call)).Ok(out var place, out var refusal))
            return Reply.From(refusal);
        if (tree.Files.Look(place, out _) == TreeFault.None)
            return Refused(TreeFault.Exists, call.Query("path"));
        var fault = tree.Files.Make(place, DirectoryMode);
        return fault == TreeFault.None ? Done : Refused(fault, call.Query("path"));
    }

    private async Task<Reply> Delete(Call call)
    {
        if (!(await Place(call)).Ok(out var place, out var refusal))
            return Reply.From(refusal);
        var fault = tree.Files.Delete(place, true);
        return fault == TreeFault.None ? Done : Refused(fault, call.Query("path"));
    }

    private async Task<Reply> Rename(Call call)
    {
        if (!(await Place(call, "old_root", "old_path")).Ok(out var from, out var refusal) || !(await Place(call, "new_root", "new_path")).Ok(out var to, out refusal))
            return Reply.From(refusal);
        var fault = to.Take(from.Count).SequenceEqual(from) ? TreeFault.Exists : tree.Files.Move(from, to);
        return fault == TreeFault.None ? Done : Refused(fault, call.Query("new_path"));
    }

    /// <summary>Copies a file, or a directory with all that is in it, beside itself: <c>a.py</c> becomes <c>a (1).py</c>.</summary>
    private async Task<Reply> Duplicate(Call call)
    {
        if (!(await Place(call)).Ok(out var place, out var refusal))
            return Reply.From(refusal);
        var fault = tree.Files.Look(place, out var entry);
        if (fault != TreeFault.None)
            return Refused(fault, call.Query("path"));
        var name = place[^1];
        var end = entry.Kind == TreeKind.Directory ? "" : Path.GetExtension(name);
        for (var no = 1; no <= MostCopies; no++)
        {
            List<string> copy = [.. place.SkipLast(1), $"{name[..^end.Length]} ({no}){end}"];
            if (tree.Files.Look(copy, out _) != TreeFault.Missing)
                continue;
            fault = await Copy(place, copy, entry.Kind, call.Stop);
            return fault == TreeFault.None ? Done : Refused(fault, call.Query("path"));
        }

        return Refused(TreeFault.Exists, call.Query("path"));
    }

    /// <summary>Copies what is a file or a directory; links and devices are left out.</summary>
    private async Task<TreeFault> Copy(IReadOnlyList<string> from, IReadOnlyList<string> to, TreeKind kind, CancellationToken stop)
    {
        if (kind == TreeKind.File)
        {
            if (tree.Files.Read(from, out var handle, out var entry) is var closed && closed != TreeFault.None)
                return closed;
            await using var content = new FileStream(handle, FileAccess.Read);
            return await tree.Files.Write(to, false, entry.Mode, content, stop);
        }

        if (kind != TreeKind.Directory || from.Count > MostLevels)
            return TreeFault.None;
        // The names first: the copy may lie in what is copied.
        if (tree.Files.Open(from, out var directory) is var fault && fault != TreeFault.None)
            return fault;
        List<(string Name, TreeKind Kind)> inside;
        using (directory)
            inside = [.. directory.Names().Select(name => (name, directory.Look(name, out var entry) == TreeFault.None ? entry.Kind : TreeKind.Other))];
        fault = tree.Files.Make(to, DirectoryMode);
        foreach (var (name, below) in inside)
        {
            if (fault != TreeFault.None)
                break;
            fault = await Copy([.. from, name], [.. to, name], below, stop);
        }

        return fault;
    }

    /// <summary>Writes the file of a form into a directory, over one of its name.</summary>
    private async Task<Reply> Upload(Call call)
    {
        if (!(await Place(call, "root", "path", mayBeTop: true)).Ok(out var place, out var refusal))
            return Reply.From(refusal);
        if (!MediaTypeHeaderValue.TryParse(call.Http.Request.ContentType, out var type) || HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 and <= 200 } boundary)
            return Reply.Problem(400, "A form (multipart/form-data) with a file is expected.");
        var reader = new MultipartReader(boundary, call.Http.Request.Body);
        try
        {
            while (await reader.ReadNextSectionAsync(call.Stop) is { } section)
            {
                if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var about) || HeaderUtilities.RemoveQuotes(about.Name) != "file")
                    continue;
                var sent = HeaderUtilities.RemoveQuotes(about.FileNameStar.HasValue ? about.FileNameStar : about.FileName).Value ?? "";
                var name = sent.Split('/', '\\')[^1];
                if (!PathParts.Parse("/" + name, "a.csv", 255).Ok(out var parts, out refusal) || parts.Count != 1)
                    return refusal is null ? Reply.Problem(400, "No file found: the file has no name.") : Reply.From(refusal);
                var fault = await tree.Files.Write([.. place, name], true, FileMode, section.Body, call.Stop);
                return fault == TreeFault.None
                    ? new Reply(200, new JsonObject { ["file_path"] = "/project-dir/" + string.Join('/', place.Skip(2).Append(name)) })
                    : Refused(fault, name);
            }
        }
        catch (Exception malformed) when (malformed is InvalidDataException or (IOException and not Microsoft.AspNetCore.Http.BadHttpRequestException))
        {
            return Reply.Problem(400, $"The form cannot be read: {malformed.Message}");
        }

        return Reply.Problem(400, "No file found.");
    }

    private async Task Download(Call call)
    {
        if (!(await Place(call)).Ok(out var place, out var refusal))
        {
            await Reply.From(refusal).Send(call.Http);
            return;
        }

        if (tree.Files.Read(place, out var handle, out var entry) is var fault && fault != TreeFault.None)
        {
            await Refused(fault, call.Query("path")).Send(call.Http);
            return;
        }

        await using var content = new FileStream(handle, FileAccess.Read);
        var headers = call.Http.Response.Headers;
        (call.Http.Response.ContentType, call.Http.Response.ContentLength, headers.XContentTypeOptions) = ("application/octet-stream", entry.Length, "nosniff");
        var attachment = new ContentDispositionHeaderValue("attachment");
        attachment.SetHttpFileName(place[^1]);
        headers.ContentDisposition = attachment.ToString();
        await content.CopyToAsync(call.Http.Response.Body, call.Stop);
    }

    private static Reply Refused(TreeFault fault, string? path) => Reply.From(ProjectTree.Explain(fault, path ?? ""));

    private Task<Result<IReadOnlyList<string>>> Place(Call call) => Place(call, "root", "path");

    /// <summary>The place that a call names in its project.</summary>
    private async Task<Result<IReadOnlyList<string>>> Place(Call call, string rootName, string pathName, bool mayBeTop = false)
    {
        if (call.Query(rootName) is { } root && root != "/project-dir")
            return new Refusal(RefusalCode.Invalid, $"{rootName}: files are changed in /project-dir; '{PathParts.Short(root)}' is the steps' to write.") { Field = rootName };
        if (await finder.Project(call, call.Query("project_uuid")) is not { } project)
            return new Refusal(RefusalCode.NotFound, "Project doesn't exist.");
        var placed = ProjectTree.PlaceOf(project, FilesApi.Inside(call.Query(pathName) ?? ""));
        return !placed.Ok(out var place, out _) || mayBeTop || place.Count > ProjectTree.PlaceOf(project).Count
            ? placed
            : new Refusal(RefusalCode.Forbidden, $"{pathName}: the path of a file or directory in the project is expected; the project itself stays.") { Field = pathName };
    }
}
