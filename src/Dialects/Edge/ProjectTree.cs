using Switchyard.Core.Projects;
using Switchyard.Core.Text;

namespace Switchyard.Dialects.Edge;

/// <summary>The files of all projects: each in a directory <c>OWNER/SLUG</c> of its own, which no path of a client's leaves.</summary>
/// <param name="root">Where those directories lie.</param>
/// <param name="mounts">Directories elsewhere, by the address of the project whose files are there.</param>
public sealed class ProjectTree(string root, IReadOnlyDictionary<string, string>? mounts = null)
{
    private const int LongestName = 255;

    /// <summary>The files, by place.</summary>
    public StoreFiles Files { get; } = new(root, mounts);

    /// <summary>The absolute directory of a project.</summary>
    public string DirectoryOf(Project project) => MountOf(project) ?? Path.Join(root, project.OwnerName, project.Slug);

    /// <summary>The directory elsewhere that holds a project's files, or null.</summary>
    public string? MountOf(Project project) => mounts?.GetValueOrDefault($"{project.OwnerName}/{project.Slug}");

    /// <summary>Removes a project's files. Those of a directory elsewhere stay: they were there before the project.</summary>
    public TreeFault Remove(Project project) =>
        MountOf(project) is not null || Files.Delete(PlaceOf(project), true) is var fault && fault is TreeFault.None or TreeFault.Missing ? TreeFault.None : fault;

    /// <summary>The place of a project's own directory.</summary>
    public static IReadOnlyList<string> PlaceOf(Project project) => [project.OwnerName, project.Slug];

    /// <summary>The place that a path in a project names, or what is wrong with it.</summary>
    public static Result<IReadOnlyList<string>> PlaceOf(Project project, string path) =>
        PathParts.Parse("/" + path.TrimStart('/'), "data/train.csv", LongestName).Ok(out var parts, out var refusal)
            ? new List<string>([.. PlaceOf(project), .. parts])
            : refusal;

    /// <summary>What a fault means to whoever named the path.</summary>
    public static Refusal Explain(TreeFault fault, string path) => fault switch
    {
        TreeFault.Missing => new(RefusalCode.NotFound, $"There is no file '{PathParts.Short(path)}' in the project."),
        TreeFault.NotDirectory => new(RefusalCode.Conflict, $"A part of '{PathParts.Short(path)}' is a file or a link, not a directory."),
        TreeFault.Exists => new(RefusalCode.Conflict, $"Something else stands at '{PathParts.Short(path)}'. Remove it first, or use another name."),
        TreeFault.NotEmpty => new(RefusalCode.Conflict, $"The directory '{PathParts.Short(path)}' is not empty. Add recursive=true to remove all that is in it."),
        TreeFault.Full => new(RefusalCode.Exhausted, "The disk of the projects is full; nothing was kept."),
        TreeFault.Denied or TreeFault.ReadOnly => new(RefusalCode.Forbidden, $"The server's own user may not do this at '{PathParts.Short(path)}'."),
        _ => new(RefusalCode.Conflict, $"The file system refused '{PathParts.Short(path)}'."),
    };
}
