using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.OpenPai.Wire;

namespace Switchyard.Dialects.OpenPai.Storage;

/// <summary>The store as WebHDFS serves it: names, statuses and answers are those of Hadoop's document.</summary>
internal sealed class WebHdfs(IStore store, StoreFiles files, StoreRights rights, OpenPaiOptions options, TimeProvider time) : IRefusalWriter
{
    private const string Prefix = "/webhdfs/v1";

    /// <summary>Where the content of uploads is sent to: the part of HDFS's data nodes.</summary>
    private const string DataPrefix = "/webhdfs/data/v1";

    private const int Block = 128 * 1024;
    private const int MaxName = 255;

    /// <summary>Children of a directory are counted so far.</summary>
    private const int MostChildren = 1000;

    private static readonly Dictionary<string, string[]> Served = new()
    {
        ["GET"] = ["OPEN", "GETFILESTATUS", "LISTSTATUS", "GETCONTENTSUMMARY", "GETHOMEDIRECTORY"],
        ["PUT"] = ["CREATE", "MKDIRS", "RENAME"],
        ["POST"] = [],
        ["DELETE"] = ["DELETE"],
    };

    /// <summary>What HDFS does and this store does not.</summary>
    private static readonly string[] Unserved =
    [
        "APPEND", "CONCAT", "TRUNCATE", "UNSETSTORAGEPOLICY", "CREATESYMLINK", "SETREPLICATION", "SETOWNER", "SETPERMISSION", "SETTIMES", "SETXATTR", "REMOVEXATTR", "GETXATTRS", "LISTXATTRS",
        "MODIFYACLENTRIES", "REMOVEACLENTRIES", "REMOVEDEFAULTACL", "REMOVEACL", "SETACL", "GETACLSTATUS", "CHECKACCESS", "GETFILECHECKSUM", "LISTSTATUS_BATCH", "GETDELEGATIONTOKEN",
        "RENEWDELEGATIONTOKEN", "CANCELDELEGATIONTOKEN", "CREATESNAPSHOT", "RENAMESNAPSHOT", "DELETESNAPSHOT", "GETQUOTAUSAGE", "SETQUOTA", "GETTRASHROOT", "GETSERVERDEFAULTS", "GETSTATUS",
    ];

    private readonly UploadKeys _keys = new(time);

    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var method in Served.Keys)
        {
            routes.MapMethods(Prefix + "/{**path}", [method], (RequestDelegate)Answer)
                .WithAccess(Access.User, OpenPaiDialect.Accepted, this).WithMetadata(new BodyLimit(options.MaxUploadBytes));
        }

        routes.MapPut(DataPrefix + "/{**path}", (RequestDelegate)Receive)
            .WithAccess(Access.Anonymous, Credentials.None, this).WithMetadata(new BodyLimit(options.MaxUploadBytes));
        routes.Map("/webhdfs/{**rest}", (RequestDelegate)Nothing).WithAccess(Access.Anonymous, Credentials.None, this);
    }

    /// <inheritdoc/>
    public Task Write(HttpContext http, Refusal refusal) => RemoteException.From(refusal).Send(http);

    private Task Nothing(HttpContext http) => HttpMethods.IsOptions(http.Request.Method)
        ? Reply.Preflight(http)
        : RemoteException.From(new Refusal(RefusalCode.NotFound, $"There is nothing at {http.Request.Method} {http.Request.Path}; the store is at {Prefix}")).Send(http);

    private async Task Answer(HttpContext http)
    {
        if (await Operate(http) is { } reply)
            await reply.Send(http);
    }

    /// <summary>Does what is asked; null when it is answered already.</summary>
    private async Task<Reply?> Operate(HttpContext http)
    {
        var (caller, stop) = (http.Caller(), http.RequestAborted);
        if (!Place(http.Request.RouteValues["path"] as string).Ok(out var place, out var refusal))
            return RemoteException.From(refusal);
        var served = Served[http.Request.Method];
        var op = Query(http, "op")?.ToUpperInvariant();
        if (op is null || !served.Contains(op))
        {
            return op is not null && Unserved.Contains(op)
                ? RemoteException.Unsupported($"{op} is not supported by this store")
                : RemoteException.Parameter("op", op, $"With {http.Request.Method} it is one of: {string.Join(", ", served)}");
        }

        if (op == "GETHOMEDIRECTORY")
            return new Reply(200, new JsonObject { ["Path"] = $"/user/{caller.Name}" });
        var reads = http.Request.Method == "GET";
        if (!await (reads ? rights.MayRead(caller, place, stop) : rights.MayWrite(caller, place, stop)))
            return Denied(caller, place, reads);
        return op switch
        {
            "OPEN" => await Open(http, place),
            "GETFILESTATUS" => await Status(caller, place, stop),
            "LISTSTATUS" => await List(http, caller, place),
            "GETCONTENTSUMMARY" => await Summary(caller, place, stop),
            "CREATE" => Create(http, caller, place),
            "MKDIRS" => MakeDirectories(http, place),
            "RENAME" => await Rename(http, caller, place),
            _ => Delete(http, place),
        };
    }

    private async Task<Reply?> Open(HttpContext http, List<string> place)
    {
        if (!Number(http, "offset", 0, out var offset) || !Number(http, "length", long.MaxValue, out var length))
            return RemoteException.Parameter("offset or length", http.Request.QueryString.Value, "Both are whole numbers that are not negative");
        if (!Flag(http, "noredirect", out var noRedirect))
            return NoFlag(http, "noredirect");
        if (place.Count == 0)
            return RemoteException.Missing("/");
        if (files.Read(place, out var file, out var entry) is var fault && fault != TreeFault.None)
            return fault == TreeFault.NotDirectory ? RemoteException.Missing(Text(place)) : RemoteException.From(fault, Text(place));
        using (file)
        {
            if (offset > entry.Length)
                return RemoteException.Io($"Offset={offset} out of the range [0, {entry.Length}]; OPEN, path={Text(place)}");
            if (noRedirect)
                return new Reply(200, new JsonObject { ["Location"] = $"{Origin(http)}{Prefix}{Escaped(place)}?op=OPEN&offset={offset}&length={Math.Min(length, entry.Length - offset)}" });
            var left = Math.Min(length, entry.Length - offset);
            http.Response.ContentType = "application/octet-stream";
            http.Response.ContentLength = left;
            http.Response.Headers.AccessControlAllowOrigin = "*";
            http.Response.Headers.XContentTypeOptions = "nosniff";
            var buffer = ArrayPool<byte>.Shared.Rent(Block);
            try
            {
                while (left > 0)
                {
                    var read = await RandomAccess.ReadAsync(file, buffer.AsMemory(0, (int)Math.Min(left, Block)), offset, http.RequestAborted);
                    if (read == 0)
                    {
                        // It was cut short meanwhile: a broken connection is the only way left to say so.
                        http.Abort();
                        return null;
                    }

                    await http.Response.Body.WriteAsync(buffer.AsMemory(0, read), http.RequestAborted);
                    (offset, left) = (offset + read, left - read);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }

            return null;
        }
    }

    private async Task<Reply> Status(Caller caller, IReadOnlyList<string> place, CancellationToken stop)
    {
        if (Stands(place, out var entry) is { } missing)
            return missing;
        return new Reply(200, new JsonObject { ["FileStatus"] = StatusWriter.Status(entry, "", await rights.Owner(place, stop), await Children(caller, place, entry, stop)) });
    }

    private async Task<Reply?> List(HttpContext http, Caller caller, IReadOnlyList<string> place)
    {
        var stop = http.RequestAborted;
        if (Stands(place, out var self) is { } missing)
            return missing;
        if (self.Kind == TreeKind.File)
            return new Reply(200, new JsonObject { ["FileStatuses"] = new JsonObject { ["FileStatus"] = new JsonArray(StatusWriter.Status(self, "", await rights.Owner(place, stop), 0)) } });
        if (files.Open(place, out var directory) is var fault && fault != TreeFault.None)
            return RemoteException.From(fault, Text(place));
        using (directory)
        {
            var names = Names(directory, place).Order(StringComparer.Ordinal).ToList();
            http.Response.ContentType = "application/json; charset=utf-8";
            http.Response.Headers.AccessControlAllowOrigin = "*";
            await using var writer = new Utf8JsonWriter(http.Response.BodyWriter, StatusWriter.Options);
            writer.WriteStartObject();
            writer.WriteStartObject("FileStatuses");
            writer.WriteStartArray("FileStatus");
            foreach (var name in names)
            {
                if (directory.Look(name, out var entry) != TreeFault.None || entry.Kind == TreeKind.Other)
                    continue;
                IReadOnlyList<string> below = [.. place, name];
                StatusWriter.Status(entry, name, await rights.Owner(below, stop), await Children(caller, below, entry, stop)).WriteTo(writer);
                if (writer.BytesPending > Block)
                    await writer.FlushAsync(stop);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
            writer.WriteEndObject();
            await writer.FlushAsync(stop);
        }

        return null;
    }

    private async Task<Reply> Summary(Caller caller, IReadOnlyList<string> place, CancellationToken stop)
    {
        if (Stands(place, out var entry) is { } missing)
            return missing;
        var sum = entry.Kind == TreeKind.File ? new StoreSummary(0, 1, entry.Length) : await files.Sum(place, below => rights.MayRead(caller, below, stop), stop);
        return new Reply(200, new JsonObject
        {
            ["ContentSummary"] = new JsonObject
            {
                ["directoryCount"] = sum.Directories,
                ["fileCount"] = sum.Files,
                ["length"] = sum.Bytes,
                ["quota"] = -1,
                ["spaceConsumed"] = sum.Bytes,
                ["spaceQuota"] = -1,
            },
        });
    }

    /// <summary>The first step of an upload: whether it may be, and where its content goes.</summary>
    private Reply Create(HttpContext http, Caller caller, List<string> place)
    {
        if (!Flag(http, "overwrite", out var overwrite))
            return NoFlag(http, "overwrite");
        if (!Flag(http, "noredirect", out var noRedirect))
            return NoFlag(http, "noredirect");
        if (Mode(http, 0x1A4) is not { } mode)   // 0644
            return NoMode(http);
        if (place.Count == 0)
            return RemoteException.From(TreeFault.Exists, "/");
        if (files.MayHold(place, overwrite) is var fault && fault != TreeFault.None)
            return RemoteException.From(fault, Text(place));
        var (until, key) = _keys.Make(new Upload(caller.UserId, Text(place), overwrite, mode));
        var location = string.Create(CultureInfo.InvariantCulture,
            $"{Origin(http)}{DataPrefix}{Escaped(place)}?op=CREATE&user={caller.UserId}&overwrite={(overwrite ? "true" : "false")}&permission={Convert.ToString(mode, 8)}&until={until}&key={key}");
        return noRedirect ? new Reply(200, new JsonObject { ["Location"] = location }) : new Reply(307, null) { Location = location };
    }

    /// <summary>The second step: the content.</summary>
    private async Task Receive(HttpContext http) => await (await Received(http)).Send(http);

    private async Task<Reply> Received(HttpContext http)
    {
        var stop = http.RequestAborted;
        if (!Place(http.Request.RouteValues["path"] as string).Ok(out var place, out _)
            || !Flag(http, "overwrite", out var overwrite) || Mode(http, -1) is not { } mode || !Number(http, "user", 0, out var userId) || !Number(http, "until", 0, out var until)
            || !_keys.Fits(new Upload(userId, Text(place), overwrite, mode), until, Query(http, "key"))
            || await store.UserGet(userId, stop) is not { } user)
            return RemoteException.Unauthenticated($"The key in this address is not good (any more). Begin again with PUT {Prefix}/...?op=CREATE");
        // Rights may have changed since the first step.
        var caller = new Caller(user.Id, user.Name, user.Display, user.Admin);
        if (!await rights.MayWrite(caller, place, stop))
            return Denied(caller, place, reads: false);
        var fault = await files.Write(place, overwrite, mode, http.Request.Body, stop);
        return fault == TreeFault.None ? new Reply(201, null) { Location = $"webhdfs://{http.Request.Host}{Escaped(place)}" } : RemoteException.From(fault, Text(place));
    }

    private Reply MakeDirectories(HttpContext http, List<string> place)
    {
        if (Mode(http, 0x1ED) is not { } mode)   // 0755
            return NoMode(http);
        return files.Make(place, mode) switch
        {
            TreeFault.None => Said(true),
            TreeFault.NotDirectory when files.Look(place, out _) == TreeFault.None => RemoteException.From(TreeFault.Exists, Text(place)),
            var fault => RemoteException.From(fault, Text(place)),
        };
    }

    private async Task<Reply> Rename(HttpContext http, Caller caller, List<string> from)
    {
        var stop = http.RequestAborted;
        var destination = Query(http, "destination");
        if (destination is null || !destination.StartsWith('/'))
            return RemoteException.Parameter("destination", destination, "Name the new path from the root on");
        if (!Place(destination[1..]).Ok(out var to, out var refusal))
            return RemoteException.From(refusal);
        if (from.Count == 0)
            return Said(false);
        if (!await rights.MayRead(caller, to, stop))
            return Denied(caller, to, reads: false);
        if (files.Look(to, out var entry) == TreeFault.None && entry.Kind == TreeKind.Directory)
            to = [.. to, from[^1]];
        if (!await rights.MayWrite(caller, to, stop))
            return Denied(caller, to, reads: false);
        return files.Move(from, to) switch
        {
            TreeFault.None => Said(true),
            // HDFS says no more about these either.
            TreeFault.Missing or TreeFault.NotDirectory or TreeFault.Exists or TreeFault.NotEmpty or TreeFault.Refused => Said(false),
            var fault => RemoteException.From(fault, Text(to)),
        };
    }

    private Reply Delete(HttpContext http, List<string> place)
    {
        if (!Flag(http, "recursive", out var recursive))
            return NoFlag(http, "recursive");
        if (place.Count == 0)
            return RemoteException.Io("The root cannot be deleted. Delete what is in it");
        return files.Delete(place, recursive) switch
        {
            TreeFault.None => Said(true),
            TreeFault.Missing or TreeFault.NotDirectory => Said(false),
            var fault => RemoteException.From(fault, Text(place)),
        };
    }

    /// <summary>The answer for what is not there: also for links, pipes and devices, which are not served.</summary>
    private Reply? Stands(IReadOnlyList<string> place, out TreeEntry entry) => files.Look(place, out entry) switch
    {
        TreeFault.None when entry.Kind != TreeKind.Other => null,
        TreeFault.None or TreeFault.NotDirectory => RemoteException.Missing(Text(place)),
        var fault => RemoteException.From(fault, Text(place)),
    };

    private async ValueTask<int> Children(Caller caller, IReadOnlyList<string> place, TreeEntry entry, CancellationToken stop)
    {
        if (entry.Kind != TreeKind.Directory || !await rights.MayRead(caller, place, stop) || files.Open(place, out var directory) != TreeFault.None)
            return 0;
        using (directory)
            return Names(directory, place).Take(MostChildren).Count();
    }

    private static IEnumerable<string> Names(TreeDirectory directory, IReadOnlyList<string> place) =>
        place.Count > 0 ? directory.Names() : directory.Names().Where(name => name != StoreFiles.WorkFolder);

    private static Result<List<string>> Place(string? path)
    {
        var text = "/" + path;
        // An encoded slash stays encoded in a request's path. A component cannot have one.
        if (text.Contains("%2F", StringComparison.OrdinalIgnoreCase))
            return new Refusal(RefusalCode.Invalid, $"Path ({PathParts.Short(text)}) has an encoded slash. Write it as a slash.");
        var parsed = PathParts.Parse(text, "/Output", MaxName);
        return parsed.Value is [StoreFiles.WorkFolder, ..]
            ? new Refusal(RefusalCode.Invalid, $"/{StoreFiles.WorkFolder} is kept for what is on its way. Use another name.")
            : parsed;
    }

    private static Reply Denied(Caller caller, IReadOnlyList<string> place, bool reads) => RemoteException.Denied(
        $"user={caller.Name}, access={(reads ? "READ" : "WRITE")}, path=\"{Text(place)}\". A user's folders are for that user and administrators; directly under / only administrators write");

    private static Reply Said(bool yes) => new(200, new JsonObject { ["boolean"] = yes });

    private static Reply NoFlag(HttpContext http, string name) => RemoteException.Parameter(name, Query(http, name), "Use true or false");

    private static Reply NoMode(HttpContext http) => RemoteException.Parameter("permission", Query(http, "permission"), "Use an octal number from 0 to 1777");

    private static string Text(IReadOnlyList<string> place) => "/" + string.Join('/', place);

    private static string Escaped(IReadOnlyList<string> place) => "/" + string.Join('/', place.Select(Uri.EscapeDataString));

    private static string Origin(HttpContext http) => $"{http.Request.Scheme}://{http.Request.Host}";

    private static string? Query(HttpContext http, string name) => http.Request.Query[name] is [.., { Length: > 0 } last] ? last : null;

    private static bool Flag(HttpContext http, string name, out bool value)
    {
        value = false;
        return Query(http, name) is not { } text || bool.TryParse(text, out value);
    }

    private static bool Number(HttpContext http, string name, long otherwise, out long value)
    {
        value = otherwise;
        return Query(http, name) is not { } text || long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>Octal digits, with a sticky bit that means nothing here; null for anything else.</summary>
    private static int? Mode(HttpContext http, int otherwise)
    {
        if (Query(http, "permission") is not { } text)
            return otherwise;
        return text.Length <= 4 && text.All(c => c is >= '0' and <= '7') && Convert.ToInt32(text, 8) is var mode and <= 0x3FF ? mode & 0x1FF : null;
    }
}
