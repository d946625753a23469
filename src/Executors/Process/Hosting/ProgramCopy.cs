using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Switchyard.Executors.Process.Hosting;

/// <summary>
/// The copy of the program that a host runs from. A copy, not hard links: a build that writes in place would change the
/// file under a running process.
/// </summary>
internal static class ProgramCopy
{
    /// <summary>What lies beside the program for tasks, browsers and beginners: a host reads none of it, and tasks leave compiled files there.</summary>
    private static readonly string[] ForOthers = ["runtime", "web", "examples"];

    /// <summary>Names the program by its files' names, sizes and times.</summary>
    public static string Hash(HostCommand command)
    {
        var lines = new StringBuilder().AppendJoin('\n', command.Arguments).Append('\n');
        IEnumerable<FileInfo> files = IsOneFile(command)
            ? [new(command.Folder)]
            : Files(new DirectoryInfo(command.Folder)).OrderBy(f => f.FullName, StringComparer.Ordinal);
        foreach (var file in files)
            lines.Append(CultureInfo.InvariantCulture, $"{Path.GetRelativePath(command.Folder, file.FullName)} {file.Length} {file.LastWriteTimeUtc.Ticks}\n");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(lines.ToString())).AsSpan(0, 8));
    }

    /// <summary>Makes the copy unless there is one, and answers the command that starts it.</summary>
    public static HostCommand Make(NodeFiles files, HostCommand command, string hash)
    {
        var target = Path.Combine(files.Programs, hash);
        if (!Directory.Exists(target))
        {
            var part = $"{target}.{Environment.ProcessId}";
            if (Directory.Exists(part)) Directory.Delete(part, recursive: true);
            if (IsOneFile(command)) CopyFile(command.Folder, part);
            else CopyProgram(command.Folder, part);
            try
            {
                Directory.Move(part, target);
            }
            catch (IOException) when (Directory.Exists(target))
            {
                Directory.Delete(part, recursive: true);
            }
        }
        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(IsOneFile(command) ? Path.GetDirectoryName(command.Folder)! : command.Folder)) + "/";
        string Moved(string path) => path.StartsWith(folder, StringComparison.Ordinal) ? Path.Combine(target, path[folder.Length..]) : path;
        return new(Moved(command.Program), [.. command.Arguments.Select(Moved)], target);
    }

    /// <summary>Removes copies that no host runs from.</summary>
    public static void Tidy(NodeFiles files, IReadOnlySet<string> inUse)
    {
        if (!Directory.Exists(files.Programs)) return;
        foreach (var directory in Directory.GetDirectories(files.Programs))
        {
            if (inUse.Contains(Path.GetFileName(directory))) continue;
            try
            {
                Directory.Delete(directory, recursive: true);
            }
            catch (IOException)
            {
                // Another server of the machine may be tidying too; what stays is met again next time.
            }
        }
    }

    private static bool IsOneFile(HostCommand command) => File.Exists(command.Folder);

    private static void CopyFile(string file, string to)
    {
        Directory.CreateDirectory(to);
        File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
    }

    private static void CopyProgram(string from, string to)
    {
        foreach (var file in Files(new DirectoryInfo(from)))
            CopyFile(file.FullName, Path.GetDirectoryName(Path.Combine(to, Path.GetRelativePath(from, file.FullName)))!);
    }

    /// <summary>The files of the program itself.</summary>
    private static IEnumerable<FileInfo> Files(DirectoryInfo folder) =>
        folder.EnumerateFiles().Concat(folder.EnumerateDirectories()
            .Where(below => !ForOthers.Contains(below.Name))
            .SelectMany(below => below.EnumerateFiles("*", SearchOption.AllDirectories)));
}
