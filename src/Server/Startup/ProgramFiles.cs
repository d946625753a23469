using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace Switchyard.Server.Startup;

/// <summary>
/// The files that belong to the program and have to lie on a disk: <c>runtime/</c> for tasks, <c>web/</c> for browsers,
/// <c>examples/</c>, and the library of the database. They lie beside the program, or are inside of it when it was published
/// as one file; then they are laid out once for each build, whole or not at all.
/// </summary>
public static class ProgramFiles
{
    /// <summary>What the names of packed files begin with.</summary>
    private const string Prefix = "files/";

    private const UnixFileMode Everybody = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Runnable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The program whose files they are.</summary>
    private static Assembly Program => Assembly.GetEntryAssembly() ?? typeof(ProgramFiles).Assembly;

    /// <summary>Whether the program is one file.</summary>
    public static bool ArePacked { get; } = Names(Program).Any();

    /// <summary>The folder with the files, which are unpacked there first where they have to be.</summary>
    /// <param name="nodeDirectory">The node's directory, which holds what is unpacked.</param>
    /// <exception cref="StartRefusedException">They cannot be written.</exception>
    public static string Open(string nodeDirectory)
    {
        if (!ArePacked)
            return AppContext.BaseDirectory;
        var program = Program;
        var files = Names(program).ToDictionary(name => name[Prefix.Length..], name => (Func<Stream>)(() => program.GetManifestResourceStream(name)!));
        var folder = Unpack(program.ManifestModule.ModuleVersionId.ToString("N"), files, Path.Combine(Path.GetFullPath(nodeDirectory), "files"));
        AssemblyLoadContext.Default.ResolvingUnmanagedDll += (_, name) =>
            Path.Combine(folder, "native", $"lib{name}.so") is var file && File.Exists(file) ? NativeLibrary.Load(file) : 0;
        return folder;
    }

    /// <summary>The files for a command that runs no node; what had to be unpacked goes with the answer.</summary>
    /// <exception cref="StartRefusedException">They cannot be written.</exception>
    public static IDisposable? ForCommand()
    {
        if (!ArePacked)
            return null;
        var folder = new Passing(Directory.CreateTempSubdirectory("yard-").FullName);
        Open(folder.Path);
        return folder;
    }

    private sealed record Passing(string Path) : IDisposable
    {
        public void Dispose() => Directory.Delete(Path, true);
    }

    /// <summary>Lays the files out in a folder named after the build, unless it is there, and removes those of builds that nothing runs from any more.</summary>
    internal static string Unpack(string build, IReadOnlyDictionary<string, Func<Stream>> files, string parent)
    {
        var target = Path.Combine(parent, build);
        try
        {
            if (!Directory.Exists(target))
            {
                var part = $"{target}.{Environment.ProcessId}";
                if (Directory.Exists(part))
                    Directory.Delete(part, true);
                foreach (var (name, open) in files)
                    Write(open, Path.Combine(part, name));
                // Another server of the node may have been faster, and its files are the same.
                if (!Directory.Exists(target))
                    Directory.Move(part, target);
            }

            Tidy(parent, target);
            return target;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"The files of this program cannot be unpacked into {parent} ({error.Message.TrimEnd('.')}). Make room, or choose another directory with --node-dir.");
        }
    }

    private static IEnumerable<string> Names(Assembly program) => program.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal));

    private static void Write(Func<Stream> open, string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var from = open();
        using var to = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite);
        from.CopyTo(to);
        to.Position = 0;
        var script = to.ReadByte() == '#' && to.ReadByte() == '!';
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(to.SafeFileHandle, Everybody | UnixFileMode.UserWrite | (script ? Runnable : UnixFileMode.None));
    }

    /// <summary>Tasks that an older build started have its folder in their command lines; what a server is unpacking ends with its process id.</summary>
    private static void Tidy(string parent, string ours)
    {
        var others = Directory.GetDirectories(parent).Where(folder => folder != ours && !(Path.GetExtension(folder) is ['.', .. var id] && Directory.Exists($"/proc/{id}"))).ToList();
        if (others.Count == 0)
            return;
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            try
            {
                var words = File.ReadAllText(Path.Combine(process, "cmdline"));
                others.RemoveAll(folder => words.Contains(folder, StringComparison.Ordinal));
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // It ended while we looked.
            }
        }

        foreach (var folder in others)
        {
            try
            {
                Directory.Delete(folder, true);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // What a task wrote there as somebody else stays, and is met again at the next start.
            }
        }
    }
}
