using Switchyard.Dialects.Databricks.Wire;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Databricks.Dbfs;

/// <summary>What the file system said, in the platform's words.</summary>
internal static class DbfsFaults
{
    public static Problem Explain(TreeFault fault, DbfsPath path) => fault switch
    {
        TreeFault.Missing => Missing(path),
        TreeFault.NotDirectory => Problem.Exists($"A part of the input path {path.Text} is a file or a link and not a directory. Choose another path, or delete it first."),
        TreeFault.Exists => Problem.Exists($"A file or directory already exists at the input path {path.Text}. Set overwrite to true to replace a file, or choose another path."),
        TreeFault.NotEmpty => new Problem(400, "IO_ERROR", $"The directory {path.Text} is not empty. Set recursive to true to delete it with all that is in it."),
        TreeFault.Full => Unavailable("the disk is full"),
        TreeFault.Denied => Unavailable("the server may not write there"),
        TreeFault.ReadOnly => Unavailable("the file system is read-only"),
        _ => new Problem(400, "IO_ERROR", $"The file system refused this at {path.Text}."),
    };

    public static Problem Missing(DbfsPath path) => Problem.Missing($"No file or directory exists on path {path.Text}.");

    public static Problem Unavailable(string cause) => new(503, "TEMPORARILY_UNAVAILABLE", $"DBFS could not be read or written: {cause}. Try again when that is mended.");
}
