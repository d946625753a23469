using System.Diagnostics;
using System.Text;
using Switchyard.Server.Startup;

namespace Switchyard.Server.Tests;

/// <summary>The files inside of a program that is one file are laid out once, whole, and go when nothing needs them.</summary>
public sealed class ProgramFilesTests : IDisposable
{
    private readonly string _parent = Directory.CreateTempSubdirectory("yard-files-").FullName;

    public void Dispose() => Directory.Delete(_parent, true);

    [Fact]
    public void Files_are_laid_out_once_for_each_build_and_scripts_can_be_run()
    {
        var folder = ProgramFiles.Unpack("one", Files(("runtime/a/b.py", "print()\n"), ("examples/run.sh", "#!/bin/sh\n")), _parent);
        Assert.Equal("print()\n", File.ReadAllText($"{folder}/runtime/a/b.py"));
        Assert.False(CanBeRun($"{folder}/runtime/a/b.py"));
        Assert.True(CanBeRun($"{folder}/examples/run.sh"));
        Assert.Equal(folder, ProgramFiles.Unpack("one", new Dictionary<string, Func<Stream>> { ["x"] = () => throw new InvalidOperationException("unpacked twice") }, _parent));
    }

    [Fact]
    public void What_breaks_off_leaves_no_build_and_the_next_start_unpacks_it_whole()
    {
        var broken = Files(("a", "1"));
        broken["b"] = () => throw new IOException("No space left on device");
        var refused = Assert.Throws<StartRefusedException>(() => ProgramFiles.Unpack("one", broken, _parent));
        Assert.Contains("No space left on device", refused.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists($"{_parent}/one"));
        var folder = ProgramFiles.Unpack("one", Files(("a", "1"), ("b", "2")), _parent);
        Assert.Equal("2", File.ReadAllText($"{folder}/b"));
        Assert.Single(Directory.GetDirectories(_parent));
    }

    [Fact]
    public void The_files_of_another_build_stay_for_as_long_as_a_process_runs_from_them()
    {
        var old = ProgramFiles.Unpack("old", Files(("wait.sh", "#!/bin/sh\nread line\n")), _parent);
        using var task = Process.Start(new ProcessStartInfo($"{old}/wait.sh") { RedirectStandardInput = true })!;
        // Until it is the script that runs, the child is this process still.
        while (!File.ReadAllText($"/proc/{task.Id}/cmdline").Contains(old, StringComparison.Ordinal))
            Thread.Yield();
        ProgramFiles.Unpack("new", Files(("a", "1")), _parent);
        Assert.True(File.Exists($"{old}/wait.sh"));
        task.StandardInput.Close();
        task.WaitForExit();
        ProgramFiles.Unpack("new", Files(("a", "1")), _parent);
        Assert.False(Directory.Exists(old));
    }

    private static bool CanBeRun(string path) => !OperatingSystem.IsWindows() && File.GetUnixFileMode(path).HasFlag(UnixFileMode.UserExecute);

    private static Dictionary<string, Func<Stream>> Files(params (string Name, string Text)[] files) =>
        files.ToDictionary(file => file.Name, file => (Func<Stream>)(() => new MemoryStream(Encoding.UTF8.GetBytes(file.Text))));
}
