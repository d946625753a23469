using System.Diagnostics;

namespace Switchyard.Stores.Tests;

/// <summary>A small file system in memory, mounted for one test. Needs root.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    public static async Task<SmallDisk> Mount(string size)
    {
        var path = Directory.CreateTempSubdirectory("yard-disk-").FullName;
        await Run("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", path);
        return new SmallDisk(path);
    }

    public Task MakeReadOnly() => Run("mount", "-o", "remount,ro", Path);

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
