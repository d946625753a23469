using Microsoft.AspNetCore.Http;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;

namespace Switchyard.Server.Neutral;

/// <summary>The files of projects.</summary>
internal sealed class FileRoutes(Desk desk, ProjectTree tree)
{
    /// <summary>Bytes a file that is written through the API may have.</summary>
    public const long MostBytes = 16L << 30;

    /// <summary>A file's content, or what lies in a directory.</summary>
    public async Task Get(HttpContext http)
    {
        var query = new Query(http);
        var (limit, after) = (Desk.Limit(query), query.Text("after"));
        if (query.Refusal is { } bad)
            await http.Refuse(bad).ConfigureAwait(false);
        else if (!(await Place(http).ConfigureAwait(false)).Ok(out var at, out var refusal))
            await http.Refuse(refusal).ConfigureAwait(false);
        else if (tree.Files.Look(at.Place, out var entry) is var fault && fault != TreeFault.None)
            await http.Refuse(ProjectTree.Explain(fault, at.Path)).ConfigureAwait(false);
        else if (entry.Kind == TreeKind.Directory)
            await List(http, at, limit, after).ConfigureAwait(false);
        else
            await Send(http, at).ConfigureAwait(false);
    }

    /// <summary>Writes a file from the body: all of it or nothing, over one that is there; the directories above it are made.</summary>
    public async Task Put(HttpContext http)
    {
        if (!(await Place(http).ConfigureAwait(false)).Ok(out var at, out var refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        var fault = at.IsRoot ? TreeFault.Exists : await tree.Files.Write(at.Place, true, 0x1A4, http.Request.Body, http.RequestAborted).ConfigureAwait(false);   // 0644
        await (fault == TreeFault.None ? http.Answer() : http.Refuse(ProjectTree.Explain(fault, at.Path))).ConfigureAwait(false);
    }

    /// <summary>Removes a file, an empty directory, or with <c>recursive=true</c> a directory with all that is in it.</summary>
    public async Task Delete(HttpContext http)
    {
        var query = new Query(http);
        var recursive = query.Text("recursive");
        if (recursive is not (null or "true" or "false"))
            query.Refuse<string>("recursive", "use true or false");
        if (query.Refusal is { } bad)
            await http.Refuse(bad).ConfigureAwait(false);
        else if (!(await Place(http).ConfigureAwait(false)).Ok(out var at, out var refusal))
            await http.Refuse(refusal).ConfigureAwait(false);
        else if (at.IsRoot)
            await http.Refuse(Http.Invalid("name a file or a directory in the project; the project itself is deleted by its own address")).ConfigureAwait(false);
        else if (tree.Files.Delete(at.Place, recursive == "true") is var fault && fault != TreeFault.None)
            await http.Refuse(ProjectTree.Explain(fault, at.Path)).ConfigureAwait(false);
        else
            await http.Answer().ConfigureAwait(false);
    }

    private async Task List(HttpContext http, Spot at, int limit, string? after)
    {
        if (tree.Files.Open(at.Place, out var directory) is var fault && fault != TreeFault.None)
        {
            await http.Refuse(ProjectTree.Explain(fault, at.Path)).ConfigureAwait(false);
            return;
        }

        var entries = new List<FileWire>();
        using (directory)
        {
            foreach (var name in directory.Names().Where(name => string.CompareOrdinal(name, after) > 0).Order(StringComparer.Ordinal).Take(limit))
            {
                // What went away meanwhile is left out.
                if (directory.Look(name, out var entry) == TreeFault.None)
                    entries.Add(new FileWire(name, Names<TreeKind>.Of(entry.Kind), entry.Length, DateTimeOffset.FromUnixTimeMilliseconds(entry.ModifiedMs)));
            }
        }

        await http.Answer(new FilePage(entries, entries.Count == limit ? entries[^1].Name : null), WireJson.Default.FilePage).ConfigureAwait(false);
    }

    private async Task Send(HttpContext http, Spot at)
    {
        if (tree.Files.Read(at.Place, out var file, out var entry) is var fault && fault != TreeFault.None)
        {
            await http.Refuse(ProjectTree.Explain(fault, at.Path)).ConfigureAwait(false);
            return;
        }

        await using var content = new FileStream(file, FileAccess.Read);
        http.Response.ContentType = "application/octet-stream";
        http.Response.ContentLength = entry.Length;
        // What somebody put into a project is not to be taken for a page of ours.
        http.Response.Headers.XContentTypeOptions = "nosniff";
        await content.CopyToAsync(http.Response.Body, http.RequestAborted).ConfigureAwait(false);
    }

    private async Task<Result<Spot>> Place(HttpContext http)
    {
        if (!(await desk.Project(http).ConfigureAwait(false)).Ok(out var project, out var refusal))
            return refusal;
        var path = (string?)http.Request.RouteValues["path"] ?? "";
        return ProjectTree.PlaceOf(project, path).Ok(out var place, out refusal)
            ? new Spot(path, place, place.Count == ProjectTree.PlaceOf(project).Count)
            : refusal;
    }

    private sealed record Spot(string Path, IReadOnlyList<string> Place, bool IsRoot);
}
