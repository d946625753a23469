using System.Collections.Concurrent;
using System.Globalization;
using Switchyard.Core.Projects;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;

namespace Switchyard.Dialects.Edge;

/// <summary>How far an import is.</summary>
public enum ImportState
{
    /// <summary>Others are fetched before it.</summary>
    Waiting,
    Running,
    Succeeded,
    Failed,
}

/// <summary>A project on its way in from a git repository.</summary>
public sealed record ProjectImport
{
    public required Guid Id { get; init; }

    /// <summary>The project that is made, once all of it is there.</summary>
    public required Project Project { get; init; }

    /// <summary>Where it comes from, without credentials.</summary>
    public required string Url { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public ImportState State { get; init; }

    /// <summary>What git shows.</summary>
    public string Progress { get; init; } = "";

    /// <summary>Why there is no project.</summary>
    public string? Problem { get; init; }
}

/// <summary>
/// Makes projects from git repositories. A repository is fetched beside the projects; when all of it is there the project is
/// stored, and its directory put in place. What a dying server leaves is put in place or removed by the next: nothing half stays.
/// </summary>
/// <param name="folder">Where repositories are fetched to, on the projects' own disk.</param>
public sealed class ProjectImports(IStore store, IDispatch dispatch, ProjectTree tree, GitClone git, string folder, TimeProvider time) : IAsyncDisposable
{
    /// <summary>The folder's name among the projects' owners, none of whom can be called so.</summary>
    public const string FolderName = ".yard-import";

    private const string TreeName = "tree";
    private const int AtOnce = 4;
    private const int MostWaiting = 100;
    private const int MostKept = 1000;
    private const int LongestBranch = 200;

    private readonly ConcurrentDictionary<Guid, ProjectImport> _imports = new();
    private readonly ConcurrentDictionary<Guid, Task> _working = new();
    private readonly SemaphoreSlim _room = new(AtOnce);
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>An import of this server's life, or null.</summary>
    public ProjectImport? Find(Guid id) => _imports.GetValueOrDefault(id);

    /// <summary>An import when it has ended.</summary>
    public async Task<ProjectImport> Ended(ProjectImport import, CancellationToken stop)
    {
        if (_working.TryGetValue(import.Id, out var work))
            await work.WaitAsync(stop).ConfigureAwait(false);
        return Find(import.Id) ?? import;
    }

    /// <summary>Begins an import, or says what is wrong with it.</summary>
    /// <param name="url">The repository's address as it was sent.</param>
    /// <param name="branch">The branch or tag to take; null for the repository's own choice.</param>
    /// <param name="name">What the project is called; null for the repository's name.</param>
    /// <param name="slug">Its name in addresses; null for one made of the name.</param>
    public async Task<Result<ProjectImport>> Start(string? url, string? branch, string? name, string? slug, long ownerId, string ownerName, CancellationToken stop)
    {
        if (!GitUrl.Read(url, git.Protocols).Ok(out var from, out var refusal))
            return refusal;
        if (branch is not null && (branch.Length is 0 or > LongestBranch || branch[0] == '-' || branch.Any(c => char.IsControl(c) || char.IsWhiteSpace(c))))
            return new Refusal(RefusalCode.Invalid, $"branch: the name of a branch or a tag has 1 to {LongestBranch} characters without blanks, and begins with no dash.") { Field = "branch" };
        name ??= from.Name;
        var now = time.GetUtcNow();
        var project = new Project
        {
            Id = dispatch.NextId(),
            OwnerId = ownerId,
            OwnerName = ownerName,
            Name = name,
            Slug = slug ?? Slug.Of(name),
            CreatedAt = now,
            ChangedAt = now,
        };
        if (Project.NameProblem(name, slug) is { } problem)
            return problem;
        if (tree.MountOf(project) is not null)
            return new Refusal(RefusalCode.Conflict, $"The files of {ownerName}/{project.Slug} are in a directory elsewhere (setting project_mounts); choose another name or slug.") { Field = "slug" };
        if (await store.ProjectFind(ownerName, project.Slug, stop).ConfigureAwait(false) is not null || tree.Files.Look(ProjectTree.PlaceOf(project), out _) != TreeFault.Missing
            || _imports.Values.Any(other => other.State is ImportState.Waiting or ImportState.Running && (other.Project.OwnerName, other.Project.Slug) == (ownerName, project.Slug)))
            return new Refusal(RefusalCode.Conflict, $"{ownerName} has a project '{project.Slug}' already, or files at its place: choose another name or slug.") { Field = "name" };
        if (_working.Count >= MostWaiting)
            return new Refusal(RefusalCode.Exhausted, $"{MostWaiting} imports are under way; try again when some have ended.");
        var import = new ProjectImport { Id = Guid.NewGuid(), Project = project, Url = from.Text, CreatedAt = now };
        Forget();
        _imports[import.Id] = import;
        var work = Task.Run(() => Work(import, from, branch), CancellationToken.None);
        _working[import.Id] = work;
        // It may have ended, and struck itself out, before it was written down.
        if (work.IsCompleted)
            _working.TryRemove(import.Id, out _);
        return import;
    }

    /// <summary>Puts in place what was stored when the server before this one died, and removes what was not.</summary>
    public async Task Recover(CancellationToken stop)
    {
        if (!Directory.Exists(folder))
            return;
        foreach (var left in Directory.EnumerateDirectories(folder))
        {
            if (long.TryParse(Path.GetFileName(left), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && Directory.Exists(Path.Join(left, TreeName))
                && await store.ProjectGet(id, stop).ConfigureAwait(false) is { } project && !Directory.Exists(tree.DirectoryOf(project)))
                Place(left, project);
            Clear(left);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_working.Values).ConfigureAwait(false);
        _stopping.Dispose();
        _room.Dispose();
    }

    private async Task Work(ProjectImport import, GitUrl from, string? branch)
    {
        var place = Path.Join(folder, import.Project.Id.ToString(CultureInfo.InvariantCulture));
        string? problem;
        try
        {
            await _room.WaitAsync(_stopping.Token).ConfigureAwait(false);
            try
            {
                _imports[import.Id] = import with { State = ImportState.Running };
                Directory.CreateDirectory(place);
                problem = await git.Run(from, branch, Path.Join(place, TreeName), line => Note(import.Id, line), _stopping.Token).ConfigureAwait(false)
                    ?? await Keep(import.Project, place).ConfigureAwait(false);
            }
            finally
            {
                _room.Release();
                Clear(place);
            }
        }
        catch (OperationCanceledException)
        {
            problem = "The server stopped before it was begun. Import again.";
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // Whatever it is, whoever waits for the import is to learn of its end.
            problem = $"It could not be kept: {error.Message}";
        }

        _imports[import.Id] = _imports[import.Id] with { State = problem is null ? ImportState.Succeeded : ImportState.Failed, Problem = problem };
        _working.TryRemove(import.Id, out _);
    }

    /// <summary>Stores the project and then puts its files in place; without them it is none.</summary>
    private async Task<string?> Keep(Project project, string place)
    {
        if (!(await store.ProjectInsert(project, CancellationToken.None).ConfigureAwait(false)).Ok(out _, out var refusal))
            return refusal.Message;
        try
        {
            Place(place, project);
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            await store.ProjectDelete(project.Id, time.GetUtcNow(), CancellationToken.None).ConfigureAwait(false);
            return $"Its files could not be put in place: {error.Message}";
        }
    }

    private void Place(string place, Project project)
    {
        var directory = tree.DirectoryOf(project);
        Directory.CreateDirectory(Path.GetDirectoryName(directory)!);
        Directory.Move(Path.Join(place, TreeName), directory);
    }

    /// <summary>Removes what was fetched; what cannot be removed now, the next server does.</summary>
    private static void Clear(string place)
    {
        try
        {
            if (Directory.Exists(place))
                Directory.Delete(place, true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }

    private void Note(Guid id, string line) => _imports[id] = _imports[id] with { Progress = line };

    /// <summary>Keeps what is remembered of ended ones in bounds.</summary>
    private void Forget()
    {
        foreach (var old in _imports.Values.Where(import => import.State is ImportState.Succeeded or ImportState.Failed).OrderByDescending(import => import.CreatedAt).Skip(MostKept).ToList())
            _imports.TryRemove(old.Id, out _);
    }
}
