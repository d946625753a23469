using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Switchyard.Dialects.Cloudera.Runtimes;

/// <summary>A program of this machine that runs scripts, in the words in which the platform tells its images.</summary>
/// <param name="Id">Its number among them, from 1.</param>
/// <param name="Name">What it is called: Python, R.</param>
/// <param name="Version">Its whole version.</param>
internal sealed record Interpreter(int Id, string Name, string Version)
{
    /// <summary>The first two numbers of the version.</summary>
    public string ShortVersion => string.Join('.', Version.Split('.').Take(2));

    public string Kernel => $"{Name} {ShortVersion}";

    /// <summary>Stands where the platform has the name of an image.</summary>
    public string Identifier => $"machine/{Name.ToLowerInvariant()}:{Version}";

    public string Description => $"{Name} {Version} as it is installed on this machine";
}

/// <summary>What of the platform's kernels this machine has. Looked for once, when somebody asks.</summary>
internal sealed partial class Interpreters(ClouderaOptions options)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Lazy<Task<IReadOnlyList<Interpreter>>> _found = new(() => Look(options));

    public Task<IReadOnlyList<Interpreter>> Found => _found.Value;

    private static async Task<IReadOnlyList<Interpreter>> Look(ClouderaOptions options)
    {
        var found = new List<Interpreter>();
        foreach (var (name, program) in new[] { ("Python", options.Python()), ("R", options.Find("Rscript")) })
        {
            if (program is not null && await Version(program) is { } version)
                found.Add(new Interpreter(found.Count + 1, name, version));
        }

        return found;
    }

    /// <summary>The version that a program says it has; null when it cannot be run, or says none.</summary>
    private static async Task<string?> Version(string program)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, ["--version"]) { RedirectStandardOutput = true, RedirectStandardError = true });
            if (process is null)
                return null;
            using var stop = new CancellationTokenSource(Patience, TimeProvider.System);
            var (output, error) = (process.StandardOutput.ReadToEndAsync(stop.Token), process.StandardError.ReadToEndAsync(stop.Token));
            return Numbers().Match(await output + await error) is { Success: true } match ? match.Value : null;
        }
        catch (Exception problem) when (problem is System.ComponentModel.Win32Exception or OperationCanceledException)
        {
            return null;
        }
    }

    [GeneratedRegex(@"[0-9]+(\.[0-9]+)+")]
    private static partial Regex Numbers();
}
