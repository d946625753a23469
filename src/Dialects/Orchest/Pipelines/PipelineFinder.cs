using Switchyard.Core.Projects;
using Switchyard.Core.Snapshots;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Orchest.Pipelines;

/// <summary>A pipeline file and where it stands in its project.</summary>
internal sealed record FoundPipeline(string Path, PipelineFile File);

/// <summary>Finds pipelines: every <c>.orchest</c> file of a project's directory or of a snapshot, hidden directories left out.</summary>
internal sealed class PipelineFinder(ProjectTree tree, ISnapshots snapshots)
{
    private const string Ending = ".orchest";
    private const int LargestFile = 16 * 1024 * 1024;
    private const int MostFiles = 10_000;

    /// <summary>Paths of the pipeline files in a project's directory.</summary>
    public IReadOnlyList<string> PathsIn(Project project)
    {
        var root = tree.DirectoryOf(project);
        if (!Directory.Exists(root))
            return [];
        // Links are not followed, so that nothing outside is found and nothing is found twice.
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true };
        return
        [
            .. Directory.EnumerateFiles(root, "*" + Ending, options).Select(path => Path.GetRelativePath(root, path))
                .Where(path => path != Ending && !path.Split('/').SkipLast(1).Any(part => part.StartsWith('.'))).Take(MostFiles).Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>A file of a project's directory as a pipeline.</summary>
    public Result<PipelineFile> Read(Project project, string path) =>
        Bytes(project, path).Ok(out var bytes, out var refusal) ? PipelineFile.Parse(bytes, path) : refusal;

    /// <summary>The content of a file of a project's directory.</summary>
    public Result<byte[]> Bytes(Project project, string path)
    {
        if (!ProjectTree.PlaceOf(project, path).Ok(out var place, out var refusal))
            return refusal;
        if (tree.Files.Read(place, out var handle, out var entry) is var fault && fault != TreeFault.None)
            return ProjectTree.Explain(fault, path);
        using var file = new FileStream(handle, FileAccess.Read);
        if (entry.Length > LargestFile)
            return new Refusal(RefusalCode.Invalid, $"'{PathParts.Short(path)}' has {entry.Length} bytes; at most {LargestFile} are read.");
        var bytes = new byte[entry.Length];
        var length = file.ReadAtLeast(bytes, bytes.Length, false);
        return bytes[..length];
    }

    /// <summary>The pipeline of a UUID in a project's directory, or null. Files that are no pipelines are passed over.</summary>
    public FoundPipeline? Find(Project project, string uuid)
    {
        foreach (var path in PathsIn(project))
        {
            if (Read(project, path).Ok(out var file, out _) && file.Uuid == uuid)
                return new FoundPipeline(path, file);
        }

        return null;
    }

    /// <summary>Why a file of a project's directory is passed over, or null when none is.</summary>
    public string? Broken(Project project)
    {
        foreach (var path in PathsIn(project))
        {
            if (!Read(project, path).Ok(out _, out var refusal))
                return refusal.Message;
        }

        return null;
    }

    /// <summary>The content of a file of a snapshot, or null when there is none.</summary>
    public byte[]? Bytes(string snapshot, string path)
    {
        if (!snapshots.Open(snapshot, path).Ok(out var stream, out _))
            return null;
        using (stream)
        {
            var bytes = new byte[Math.Min(stream.Length, LargestFile)];
            return bytes[..stream.ReadAtLeast(bytes, bytes.Length, false)];
        }
    }

    /// <summary>The pipelines of a snapshot; those that cannot be read come with the reason.</summary>
    public IReadOnlyList<(string Path, Result<PipelineFile> File)> In(string snapshot)
    {
        var found = new List<(string, Result<PipelineFile>)>();
        Walk(snapshot, "", found);
        return found;
    }

    private void Walk(string snapshot, string directory, List<(string, Result<PipelineFile>)> found)
    {
        if (!snapshots.List(snapshot, directory).Ok(out var entries, out _))
            return;
        foreach (var entry in entries)
        {
            var path = directory.Length == 0 ? entry.Name : $"{directory}/{entry.Name}";
            if (entry.Kind == SnapshotEntryKind.Directory && !entry.Name.StartsWith('.'))
                Walk(snapshot, path, found);
            else if (entry.Kind == SnapshotEntryKind.File && entry.Name.EndsWith(Ending, StringComparison.Ordinal) && entry.Name != Ending && found.Count < MostFiles)
                found.Add((path, PipelineFile.Parse(Bytes(snapshot, path) ?? [], path)));
        }
    }
}
