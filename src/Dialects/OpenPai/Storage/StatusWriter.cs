using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.OpenPai.Storage;

/// <summary>What WebHDFS calls a file's status. What HDFS has and a directory has not is said as HDFS says that there is none.</summary>
internal static class StatusWriter
{
    /// <summary>The owner of what belongs to nobody in particular: the superuser of the platform's own HDFS.</summary>
    public const string Nobody = "root";

    public static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private const long BlockSize = 128 * 1024 * 1024;

    public static JsonObject Status(TreeEntry entry, string suffix, string? owner, int children) => new()
    {
        ["accessTime"] = entry.Kind == TreeKind.Directory ? 0 : entry.AccessedMs,
        ["blockSize"] = entry.Kind == TreeKind.Directory ? 0 : BlockSize,
        ["childrenNum"] = children,
        ["fileId"] = entry.Id,
        ["group"] = "supergroup",
        ["length"] = entry.Kind == TreeKind.Directory ? 0 : entry.Length,
        ["modificationTime"] = entry.ModifiedMs,
        ["owner"] = owner ?? Nobody,
        ["pathSuffix"] = suffix,
        ["permission"] = Convert.ToString(entry.Mode & 0x3FF, 8),
        ["replication"] = entry.Kind == TreeKind.Directory ? 0 : 1,
        ["storagePolicy"] = 0,
        ["type"] = entry.Kind == TreeKind.Directory ? "DIRECTORY" : "FILE",
    };
}
