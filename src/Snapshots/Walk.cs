using Microsoft.Win32.SafeHandles;

namespace Switchyard.Snapshots;

/// <summary>The project changed under the freeze; another pass may find it still.</summary>
internal sealed class ProjectMoved(string path) : Exception
{
    /// <summary>What moved, with one character per byte.</summary>
    public string Path { get; } = path;
}

/// <summary>Something of the project can be no part of a snapshot. The message is for people.</summary>
internal sealed class ProjectRefused(string message) : Exception(message);

/// <summary>A directory of the project as one pass found it. Paths have one character per byte.</summary>
/// <param name="path">Relative, with a slash at its end; empty for the root.</param>
internal sealed class ProjectDirectory(string path, string name, int mode)
{
    public string Path { get; } = path;

    public string Name { get; } = name;

    public int Mode { get; } = mode;

    public List<ProjectDirectory> Directories { get; } = [];

    public List<ProjectFile> Files { get; } = [];

    public List<TreeEntry> Links { get; } = [];
}

/// <summary>A file of the project. State, size and hash are those of what was read.</summary>
internal sealed class ProjectFile(ProjectDirectory directory, string name, FileState state)
{
    public ProjectDirectory Directory { get; } = directory;

    public string Name { get; } = name;

    public string Path => Directory.Path + Name;

    public FileState State { get; set; } = state;

    public long Size { get; set; } = state.Size;

    /// <summary>Empty until it is known.</summary>
    public string Hash { get; set; } = "";

    /// <summary>When the reading began, in nanoseconds since 1970; as late as can be for a file that was known.</summary>
    public long ReadAt { get; set; } = long.MaxValue;
}

/// <summary>One pass over a project: what there is and what the ignore rules leave of it. No link is ever followed.</summary>
internal sealed class Walk
{
    private const int LargestRules = 1 << 20, Deepest = 500, LongestPath = 4000;
    private readonly FileState store;
    private readonly CancellationToken stop;

    private Walk(FileState store, CancellationToken stop) => (this.store, this.stop) = (store, stop);

    public ProjectDirectory Root { get; } = new("", "", 0);

    public List<ProjectFile> AllFiles { get; } = [];

    public int Directories { get; private set; }

    public int Links { get; private set; }

    public int Ignored { get; private set; }

    public List<string> LeftOut { get; } = [];

    /// <param name="store">The store's own directory, which is in no snapshot.</param>
    public static Walk Of(SafeFileHandle project, FileState store, CancellationToken stop)
    {
        var walk = new Walk(store, stop);
        walk.Visit(project, walk.Root, rules: null, inGit: false, depth: 0);
        return walk;
    }

    private void Visit(SafeFileHandle handle, ProjectDirectory directory, IgnoreRules? rules, bool inGit, int depth)
    {
        stop.ThrowIfCancellationRequested();
        if (depth > Deepest || directory.Path.Length > LongestPath)
            throw new ProjectRefused($"'{Shown(directory)}' is deeper than {Deepest} directories or {LongestPath} bytes; move it up or add it to .gitignore");
        var state = Files.State(handle);
        if (state.Inode == store.Inode && state.Device == store.Device)
            throw new ProjectRefused($"'{Shown(directory)}' is where the snapshots are stored; a project must not contain it");

        var names = Files.Names(handle);
        if (!inGit && names.Contains(".gitignore"))
            rules = ReadRules(handle, directory, rules) ?? rules;
        foreach (var name in names)
        {
            var path = directory.Path + name;
            // A name that is gone by now was deleted just before it was looked at.
            if (Files.State(handle, name) is not { } entry)
                continue;
            if (!inGit && name != ".git" && IgnoreRules.Ignores(rules, path, name, entry.IsDirectory))
                Ignored++;
            else if (entry.IsFile)
            {
                var file = new ProjectFile(directory, name, entry);
                directory.Files.Add(file);
                AllFiles.Add(file);
            }
            else if (entry.IsDirectory)
            {
                var child = new ProjectDirectory(path + "/", name, entry.Permissions);
                directory.Directories.Add(child);
                Directories++;
                using var opened = Opened(handle, name, path, Libc.OpenDirectory);
                Visit(opened, child, rules, inGit || name == ".git", depth + 1);
            }
            else if (entry.IsLink)
            {
                directory.Links.Add(new TreeEntry(TreeEntry.Link, 0, 0, "", name, Target(handle, name, path)));
                Links++;
            }
            else
                LeftOut.Add($"{Files.Shown(path)}: {entry.Kind}");
        }
    }

    /// <summary>The rules of a directory's own file; null where it is a link or no file, which git passes over too.</summary>
    private static IgnoreRules? ReadRules(SafeFileHandle handle, ProjectDirectory directory, IgnoreRules? above)
    {
        if (Files.State(handle, ".gitignore") is not { IsFile: true })
            return null;
        using var file = Opened(handle, ".gitignore", directory.Path + ".gitignore", Libc.ReadOnly | Libc.NoBlock);
        var content = new byte[LargestRules];
        var length = 0;
        for (int read; length < content.Length && (read = Files.Read(file, content.AsSpan(length))) > 0;)
            length += read;
        if (length == content.Length)
            throw new ProjectRefused($"'{Shown(directory)}.gitignore' has more than {LargestRules} bytes; shorten it");
        return IgnoreRules.Read(above, directory.Path, content.AsSpan(0, length));
    }

    /// <summary>Opens an entry that was there a moment ago.</summary>
    public static SafeFileHandle Opened(SafeFileHandle directory, string name, string path, int flags)
    {
        try
        {
            return Files.OpenIn(directory, name, flags);
        }
        catch (CallFailed failure) when (failure.Errno is Libc.ENOENT or Libc.ELOOP or Libc.ENOTDIR)
        {
            throw new ProjectMoved(path);
        }
        catch (CallFailed failure) when (failure.Errno is Libc.EACCES or Libc.EPERM)
        {
            throw new ProjectRefused($"'{Files.Shown(path)}' may not be read by the server; change its mode or add it to .gitignore");
        }
    }

    private static string Target(SafeFileHandle directory, string name, string path)
    {
        try
        {
            return Files.LinkTarget(directory, name);
        }
        catch (CallFailed failure) when (failure.Errno is Libc.ENOENT or Libc.EINVAL)
        {
            throw new ProjectMoved(path);
        }
    }

    private static string Shown(ProjectDirectory directory) => Files.Shown(directory.Path);
}
