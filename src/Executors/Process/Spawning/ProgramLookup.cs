namespace Switchyard.Executors.Process.Spawning;

/// <summary>Finds the program of an order as execvp would, but against the task's own PATH, and says the same words everywhere when there is none.</summary>
internal static class ProgramLookup
{
    private const string PathOfNobody = "/usr/local/bin:/usr/bin:/bin";
    private static readonly Dictionary<(string, string), string> Found = [];

    /// <summary>The absolute path, or the reason why there is none.</summary>
    public static (string? Path, string? Refusal) Resolve(string name, IReadOnlyList<KeyValuePair<string, string>> environment, string directory)
    {
        if (name.Length == 0) return (null, "no program given");
        if (name.Contains('/'))
        {
            var path = name[0] == '/' ? name : Path.Combine(directory, name);
            return Check(path) is { } refusal ? (null, refusal) : (path, null);
        }

        var search = PathOfNobody;
        foreach (var (key, value) in environment)
            if (key == "PATH") search = value;
        // Most orders name the same few programs; a hit costs one access() to stay true.
        if (Found.TryGetValue((name, search), out var known) && Libc.access(known, Libc.X_OK) == 0) return (known, null);

        string? notExecutable = null;
        foreach (var part in search.Split(':'))
        {
            if (part.Length == 0 || part[0] != '/') continue;
            var path = part.EndsWith('/') ? part + name : part + "/" + name;
            if (Libc.access(path, 0) != 0) continue;
            if (Check(path) is { } refusal)
            {
                notExecutable ??= refusal;
                continue;
            }
            if (Found.Count > 1000) Found.Clear();
            Found[(name, search)] = path;
            return (path, null);
        }
        return (null, notExecutable ?? $"program not found: {name} (PATH is {search})");
    }

    private static string? Check(string path)
    {
        if (Libc.access(path, 0) != 0)
            return Libc.Errno == Libc.EACCES ? $"program cannot be reached: {path}" : $"program not found: {path}";
        if (Directory.Exists(path)) return $"program is a directory: {path}";
        return Libc.access(path, Libc.X_OK) == 0 ? null : $"program is not executable: {path}";
    }
}
