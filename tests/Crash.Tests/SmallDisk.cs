using System.Diagnostics;

namespace Switchyard.Crash.Tests;

/// <summary>A small file system in memory, mounted for one test. Needs root.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private SmallDisk(string path) => Path = path;

    public const string WhyNot = "mounting a small disk needs root";

    public string Path { get; }

    public static async Task<SmallDisk> Mount(string size)
    {
        var path = Directory.CreateTempSubdirectory("yard-disk-").FullName;
        await Run("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", path);
        return new SmallDisk(path);
    }

    public Task MakeReadOnly() => Run("mount", "-o", "remount,ro", Path);

    /// <summary>Changes its size while it is in use.</summary>
    public Task Resize(string size) => Run("mount", "-o", $"remount,size={size}", Path);

    /// <summary>Bytes that still fit.</summary>
    public long Free => new DriveInfo(Path).AvailableFreeSpace;

    public async ValueTask DisposeAsync()
    {
        await Run("umount", "-l", Path);
        Directory.Delete(Path);
    }

    private static async Task Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new IOException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
    }
}
