using System.IO.Enumeration;

namespace Switchyard.Server;

/// <summary>A part of the data directory.</summary>
/// <param name="Name">Its path in the data directory.</param>
/// <param name="Files">Files in it, at any depth.</param>
/// <param name="Bytes">The sum of their sizes.</param>
internal sealed record DiskPart(string Name, long Files, long Bytes);

/// <summary>What the data directory takes, part by part. Looks at every file: for people who ask, not for work.</summary>
internal static class DiskUse
{
    /// <summary>Parts that are shown by what lies in them.</summary>
    private static readonly string[] Split = ["orchest"];

    /// <summary>The largest first. What a running task removes meanwhile is not counted.</summary>
    public static IReadOnlyList<DiskPart> Of(string data, CancellationToken stop)
    {
        var parts = new List<DiskPart>();
        foreach (var entry in new DirectoryInfo(data).EnumerateFileSystemInfos())
        {
            if (entry is DirectoryInfo folder && Split.Contains(entry.Name))
                parts.AddRange(folder.EnumerateFileSystemInfos().Select(inner => Part(inner, $"{entry.Name}/{inner.Name}", stop)));
            else
                parts.Add(Part(entry, entry.Name, stop));
        }

        return [.. parts.OrderByDescending(part => part.Bytes).ThenBy(part => part.Name, StringComparer.Ordinal)];
    }

    private static DiskPart Part(FileSystemInfo entry, string name, CancellationToken stop)
    {
        if (entry is FileInfo file)
            return new DiskPart(name, 1, file.Exists ? file.Length : 0);
        var (files, bytes) = (0L, 0L);
        var sizes = new FileSystemEnumerable<long>(entry.FullName, (ref FileSystemEntry found) => found.Length, new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = true })
        {
            ShouldIncludePredicate = (ref FileSystemEntry found) => !found.IsDirectory,
            ShouldRecursePredicate = (ref FileSystemEntry found) => !found.Attributes.HasFlag(FileAttributes.ReparsePoint),
        };
        foreach (var size in sizes)
        {
            stop.ThrowIfCancellationRequested();
            (files, bytes) = (files + 1, bytes + size);
        }

        return new DiskPart(name, files, bytes);
    }
}
