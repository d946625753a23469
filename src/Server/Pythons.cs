using System.Diagnostics;
using System.Text.Json;

namespace Switchyard.Server;

/// <summary>
/// The Python interpreters of this node: which one runs notebooks, which one runs scripts. Looked for once, in the
/// background of the start; a notebook prefers one that has a Jupyter kernel.
/// </summary>
public sealed class Pythons
{
    private static readonly string[] Usual = ["/usr/bin/python3", "/usr/local/bin/python3"];
    private readonly Task<(string? Any, string? Jupyter)> _found;

    /// <param name="probe">The runtime's <c>probe.py</c>, which says what an interpreter has.</param>
    /// <param name="configured">An interpreter that is to be used for everything, or null.</param>
    public Pythons(string probe, string? configured) => _found = Task.Run(() => Look(probe, configured));

    /// <summary>The interpreter for a purpose; <c>python3</c> when none was found, whose absence the attempt then reports.</summary>
    public string For(string? purpose)
    {
        var (any, jupyter) = _found.GetAwaiter().GetResult();
        return (purpose == "notebook" ? jupyter ?? any : any) ?? "python3";
    }

    private static (string? Any, string? Jupyter) Look(string probe, string? configured)
    {
        if (configured is not null)
            return (configured, configured);
        string? any = null, jupyter = null;
        foreach (var candidate in Candidates())
        {
            if (Ask(candidate, probe) is not { } found)
                continue;
            any ??= found.Executable;
            if (!found.HasJupyter)
                continue;
            jupyter = found.Executable;
            break;
        }

        return (any, jupyter);
    }

    private static IEnumerable<string> Candidates() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, "python3"))
            .Concat(Usual)
            .Where(File.Exists)
            .Distinct();

    /// <summary>
    /// The interpreter itself, which may hide behind a script that chooses one and takes longer than it, and whether it can
    /// run a kernel; null when it is none, or too old to say.
    /// </summary>
    private static (string Executable, bool HasJupyter)? Ask(string python, string probe)
    {
        try
        {
            var start = new ProcessStartInfo(python, [probe]) { RedirectStandardOutput = true, RedirectStandardError = true };
            using var process = Process.Start(start);
            if (process is null)
                return null;
            var line = process.StandardOutput.ReadLine();
            if (!process.WaitForExit(10_000) || process.ExitCode != 0 || line is null)
                return null;
            using var json = JsonDocument.Parse(line);
            var executable = json.RootElement.GetProperty("executable").GetString();
            return (File.Exists(executable) ? executable : python, json.RootElement.GetProperty("jupyter").GetBoolean());
        }
        catch (Exception problem) when (problem is System.ComponentModel.Win32Exception or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}
