using System.Buffers;

namespace Switchyard.Dialects.OpenPai.Jobs;

/// <summary>
/// Commands that need no shell, told as make tells them: plain words, the first of which is no word of the shell's and
/// names a program. A shell has to read all variables before it can start that program; the system hands them on unread.
/// </summary>
internal static class PlainCommand
{
    private static readonly SearchValues<char> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=.,:/@% \t");

    /// <summary>What bash reads as its grammar or does in its own way. Not here: true and false, whose programs do the same.</summary>
    private static readonly HashSet<string> OfBash = new(StringComparer.Ordinal)
    {
        ".", ":", "alias", "bg", "bind", "break", "builtin", "caller", "case", "cd", "command", "compgen", "complete", "compopt", "continue", "coproc", "declare", "dirs",
        "disown", "do", "done", "echo", "elif", "else", "enable", "esac", "eval", "exec", "exit", "export", "fc", "fg", "fi", "for", "function", "getopts", "hash", "help",
        "history", "if", "in", "jobs", "kill", "let", "local", "logout", "mapfile", "popd", "printf", "pushd", "pwd", "read", "readarray", "readonly", "return", "select",
        "set", "shift", "shopt", "source", "suspend", "test", "then", "time", "times", "trap", "type", "typeset", "ulimit", "umask", "unalias", "unset", "until", "wait", "while",
    };

    /// <summary>The program and its arguments, or null for a command that is a shell's to run.</summary>
    /// <param name="command">The command.</param>
    /// <param name="environment">The job's own variables, some of which are for a shell.</param>
    /// <param name="path">Where programs are looked for.</param>
    public static string[]? Words(string command, IReadOnlyDictionary<string, string> environment, string path)
    {
        var text = command.AsSpan().Trim();
        if (text.Length == 0 || text.ContainsAnyExcept(Plain) || environment.Keys.Any(IsForBash))
            return null;
        var words = text.ToString().Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return words[0].AsSpan().ContainsAny("/=%") || OfBash.Contains(words[0]) || !IsProgram(words[0], path) ? null : words;
    }

    private static bool IsForBash(string variable) => variable is "PATH" or "SHELLOPTS" or "POSIXLY_CORRECT" || variable.StartsWith("BASH", StringComparison.Ordinal);

    /// <summary>Whether the system can start it; a script that does not say by what is a shell's.</summary>
    private static bool IsProgram(string name, string path)
    {
        var file = path.Split(':').Select(directory => Path.Combine(directory, name)).FirstOrDefault(File.Exists);
        if (file is null || OperatingSystem.IsWindows() || (File.GetUnixFileMode(file) & UnixFileMode.OtherExecute) == 0)
            return false;
        try
        {
            using var program = File.OpenRead(file);
            Span<byte> first = stackalloc byte[4];
            var read = program.ReadAtLeast(first, first.Length, throwOnEndOfStream: false);
            return first[..read].StartsWith("\u007fELF"u8) || first[..read].StartsWith("#!"u8);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
