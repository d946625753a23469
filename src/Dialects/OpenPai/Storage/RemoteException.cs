using System.Text.Json.Nodes;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;
using Switchyard.Dialects.OpenPai.Wire;

namespace Switchyard.Dialects.OpenPai.Storage;

/// <summary>Refusals in the words of WebHDFS, whose clients look for the Java class.</summary>
internal static class RemoteException
{
    public static Reply Invalid(string message) => Problem(400, "java.lang.IllegalArgumentException", message);

    /// <summary>A parameter of the query that cannot be taken.</summary>
    public static Reply Parameter(string name, string? value, string remedy) => Invalid($"Invalid value for webhdfs parameter \"{name}\": \"{PathParts.Short(value ?? "")}\". {remedy}.");

    public static Reply Unsupported(string message) => Problem(400, "java.lang.UnsupportedOperationException", message);

    public static Reply Unauthenticated(string message) => Problem(401, "java.lang.SecurityException", message);

    public static Reply Denied(string message) => Problem(403, "org.apache.hadoop.security.AccessControlException", $"Permission denied: {message}");

    public static Reply Missing(string path) => Problem(404, "java.io.FileNotFoundException", $"File does not exist: {path}");

    public static Reply Io(string message, int status = 403) => Problem(status, "java.io.IOException", message);

    /// <summary>What the file system did not do, with the cause and without the server's own paths.</summary>
    public static Reply From(TreeFault fault, string path) => fault switch
    {
        TreeFault.Missing => Missing(path),
        TreeFault.NotDirectory => Problem(403, "org.apache.hadoop.fs.ParentNotDirectoryException", $"{path} cannot be: what stands above it is not a directory"),
        TreeFault.Exists => Problem(403, "org.apache.hadoop.fs.FileAlreadyExistsException", $"{path} already exists. A file is replaced with overwrite=true, a directory never"),
        TreeFault.NotEmpty => Problem(403, "org.apache.hadoop.fs.PathIsNotEmptyDirectoryException", $"{path} is non empty: Directory is not empty. Delete it with recursive=true"),
        TreeFault.Full => Io("The disk is full; nothing of this call was kept. It goes on when there is room", 503),
        TreeFault.ReadOnly => Io("The file system is read-only", 503),
        TreeFault.Denied => Io($"The server itself may not do this at {path}"),
        TreeFault.OtherDisk => Io($"{path} lies on another file system than the rest of the store, and files cannot be moved between the two"),
        _ => Io($"The file system refused it at {path}"),
    };

    /// <summary>A refusal of the parts below, also of the authorisation layer.</summary>
    public static Reply From(Refusal refusal) => refusal.Code switch
    {
        RefusalCode.Unauthenticated => Unauthenticated(refusal.Message),
        RefusalCode.Forbidden => Denied(refusal.Message),
        RefusalCode.Invalid => Invalid(refusal.Message),
        RefusalCode.NotFound => Problem(404, "java.io.FileNotFoundException", refusal.Message),
        RefusalCode.Exhausted => Io(refusal.Message, 413),
        RefusalCode.Unavailable => Io(refusal.Message, 503),
        RefusalCode.Internal => Problem(500, "java.lang.RuntimeException", refusal.Message),
        _ => Io(refusal.Message),
    };

    private static Reply Problem(int status, string type, string message) => new(status, new JsonObject
    {
        ["RemoteException"] = new JsonObject
        {
            ["exception"] = type[(type.LastIndexOf('.') + 1)..],
            ["javaClassName"] = type,
            ["message"] = message,
        },
    });
}
