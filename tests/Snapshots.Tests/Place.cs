using System.Diagnostics;
using Switchyard.Core.Snapshots;
using Switchyard.Core.Text;

namespace Switchyard.Snapshots.Tests;

/// <summary>A project, a store and room for working copies, in one directory that goes with the test.</summary>
internal sealed class Place : IDisposable
{
    private readonly string? mounted;

    public Place(TimeSpan? clockAhead = null, TimeSpan? grace = null)
        : this(Directory.CreateTempSubdirectory("yard-snapshots-").FullName, null, clockAhead, grace)
    {
    }

    private Place(string root, string? mounted, TimeSpan? clockAhead, TimeSpan? grace)
    {
        (Root, this.mounted) = (root, mounted);
        Project = Directory.CreateDirectory(Path.Combine(root, "project")).FullName;
        StorePath = Path.Combine(root, "store");
        Clock = new AheadClock(clockAhead ?? TimeSpan.Zero);
        Store = new SnapshotStore(StorePath, Clock, grace);
    }

    public const string NeedsRoot = "mounting and making devices needs root";

    public string Root { get; }

    public string Project { get; }

    public string StorePath { get; }

    public AheadClock Clock { get; }

    public SnapshotStore Store { get; }

    /// <summary>A place on a small disk in memory; only what the caller puts elsewhere is not on it.</summary>
    public static Place OnSmallDisk(string size)
    {
        var root = Directory.CreateTempSubdirectory("yard-snapshots-").FullName;
        Run("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", root);
        return new Place(root, root, null, null);
    }

    /// <summary>A place on a file system whose files can share blocks.</summary>
    public static Place OnXfs()
    {
        var image = Path.GetTempFileName();
        var root = Directory.CreateTempSubdirectory("yard-snapshots-").FullName;
        Run("truncate", "-s", "400M", image);
        Run("mkfs.xfs", "-q", "-f", "-m", "reflink=1", image);
        Run("mount", "-o", "loop", image, root);
        File.Delete(image);
        return new Place(root, root, null, null);
    }

    public string Copy(string name = "copy") => Path.Combine(Root, name);

    public string Write(string path, string content)
    {
        var full = Path.Combine(Project, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, content);
        return full;
    }

    public async Task<Snapshot> Freeze()
    {
        var result = await Store.Freeze(Project, default);
        Assert.Null(result.Refusal);
        return result.Value!;
    }

    public async Task<WorkingCopy> Materialize(string id, string name = "copy")
    {
        var result = await Store.Materialize(id, Copy(name), false, default);
        Assert.Null(result.Refusal);
        return result.Value!;
    }

    public static Refusal Refused<T>(Result<T> result)
    {
        Assert.NotNull(result.Refusal);
        return result.Refusal;
    }

    /// <summary>Bytes on disk, as du counts them.</summary>
    public static long Du(string path) => long.Parse(Run("du", "-s", "--block-size=1", path).Split('\t')[0]);

    public static string Run(string program, params string[] arguments) => RunIn("/", program, arguments);

    public static string RunIn(string directory, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = directory, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        start.StandardOutputEncoding = System.Text.Encoding.Latin1;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new IOException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {errors.Result}{output}");
    }

    public void Dispose()
    {
        if (mounted is not null)
            Run("umount", "-l", mounted);
        Run("rm", "-rf", Root);
    }
}

/// <summary>The real time, or one ahead of it: then nothing on disk is too young to be remembered.</summary>
internal sealed class AheadClock(TimeSpan ahead) : TimeProvider
{
    public TimeSpan Ahead { get; set; } = ahead;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
}
