using Switchyard.Core.Execution;

namespace Switchyard.Executors.Process.Hosting;

/// <summary>What no program can be given, in words that say what to mend; the same wherever an order is carried out.</summary>
internal static class OrderCheck
{
    private const int LongestText = 128 * 1024 - 1; // the kernel's limit for one argument or variable, with its NUL

    /// <summary>What is wrong with the arguments, or null.</summary>
    public static string? Arguments(StartOrder order)
    {
        if (order.Arguments.Count == 0) return "no program given";
        foreach (var argument in order.Arguments)
            if (Unfit("argument", argument) is { } unfit) return unfit;
        return null;
    }

    /// <summary>Adds variables as they stand in an environment; what is wrong with them, or null.</summary>
    public static string? Add(List<string> environment, IReadOnlyList<KeyValuePair<string, string>> variables)
    {
        foreach (var (name, value) in variables)
        {
            if (name is HostAttempt.NodeVariable or HostAttempt.AttemptVariable or HostAttempt.DirectoryVariable) continue;
            if (name.Length == 0 || name.Contains('=')) return $"the name of an environment variable is empty or holds '=': \"{name}\"";
            var text = name + "=" + value;
            if (Unfit($"environment variable {name}", text) is { } unfit) return unfit;
            environment.Add(text);
        }
        return null;
    }

    /// <summary>Why this is not the name of a file in the attempt's directory, or null.</summary>
    public static string? FileName(string name) =>
        name.Length == 0 || name is "." or ".." || name.AsSpan().IndexOfAny('/', '\0') >= 0 ? $"not a file name: \"{name}\"" : null;

    private static string? Unfit(string what, string text) =>
        text.Contains('\0') ? $"{what} holds a NUL character"
        : text.Length > LongestText / 4 && System.Text.Encoding.UTF8.GetByteCount(text) > LongestText ? $"{what} is longer than the system allows (128 KiB)"
        : null;
}
