using Switchyard.Core.Triggers;

namespace Switchyard.Engine;

/// <summary>The files below a directory.</summary>
internal static class FileListing
{
    private static readonly EnumerationOptions Everything = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };

    /// <summary>The files below a directory, links not followed; null when it is not there or has more than <see cref="Arrivals.MostFiles"/>.</summary>
    public static IReadOnlyList<ArrivedFile>? Of(string directory)
    {
        var root = new DirectoryInfo(directory);
        try
        {
            // A directory that is a link leads elsewhere than where its job may look.
            if (!root.Exists || root.LinkTarget is not null)
                return null;
            var files = new List<ArrivedFile>();
            foreach (var file in root.EnumerateFiles("*", Everything))
            {
                if (files.Count == Arrivals.MostFiles)
                    return null;
                files.Add(new ArrivedFile(Path.GetRelativePath(directory, file.FullName), file.Length, file.LastWriteTimeUtc));
            }

            return files;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // It changed under our hands: the next look sees it whole.
            return null;
        }
    }
}
