using System.Diagnostics;
using System.Text;

namespace Switchyard.Dialects.Edge;

/// <summary>Fetches repositories by the <c>git</c> program, which gets an environment of its own, asks nobody anything and runs no hooks.</summary>
/// <param name="path">Where programs are looked for.</param>
/// <param name="protocols">Those that git may speak, also where a server sends it elsewhere.</param>
/// <param name="timeout">How long one may take.</param>
/// <param name="time">The clock.</param>
public sealed class GitClone(string path, IReadOnlyList<string> protocols, TimeSpan timeout, TimeProvider time)
{
    private const int LongestLine = 400;
    private const int MostLines = 5;

    /// <summary>What the machine's own way out needs.</summary>
    private static readonly string[] Passed = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"];

    /// <summary>The protocols it speaks.</summary>
    public IReadOnlyList<string> Protocols { get; } = protocols;

    /// <summary>Fetches a repository into a directory that is not there yet. Null, or why there is nothing of use in it.</summary>
    /// <param name="progress">Is told the line that git shows.</param>
    public async Task<string?> Run(GitUrl url, string? branch, string directory, Action<string> progress, CancellationToken stop)
    {
        if (path.Split(':').Select(folder => Path.Join(folder, "git")).FirstOrDefault(File.Exists) is not { } program)
            return "git is not installed on the server's machine. Install the package git, and import again.";
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetDirectoryName(directory)! };
        foreach (var word in new[] { "-c", "core.hooksPath=/dev/null", "clone", "--progress", "--no-hardlinks", "--template=" })
            start.ArgumentList.Add(word);
        if (branch is not null)
            start.ArgumentList.Add("--branch=" + branch);
        foreach (var word in new[] { "--", url.Text, directory })
            start.ArgumentList.Add(word);
        Surround(start, url, Path.GetDirectoryName(directory)!);
        using var limit = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var lines = new Queue<string>();
        try
        {
            await Read(process.StandardError, line =>
            {
                progress(line);
                if (line.StartsWith("fatal:", StringComparison.Ordinal) || line.StartsWith("error:", StringComparison.Ordinal) || line.StartsWith("remote:", StringComparison.Ordinal))
                    lines.Enqueue(line);
                if (lines.Count > MostLines)
                    lines.Dequeue();
            }, either.Token).ConfigureAwait(false);
            await process.WaitForExitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            return stop.IsCancellationRequested
                ? "The server stopped before all was there. Import again."
                : $"It took longer than {timeout.TotalSeconds:0} seconds (setting git_timeout_seconds), and was given up.";
        }

        return process.ExitCode == 0 ? null : lines.Count > 0 ? string.Join(' ', lines) : $"git ended with {process.ExitCode}.";
    }

    private void Surround(ProcessStartInfo start, GitUrl url, string home)
    {
        var kept = Passed.Select(name => KeyValuePair.Create(name, Environment.GetEnvironmentVariable(name))).Where(pair => pair.Value is not null).ToList();
        start.Environment.Clear();
        foreach (var (name, value) in kept)
            start.Environment[name] = value;
        start.Environment["PATH"] = path;
        start.Environment["HOME"] = home;
        start.Environment["LC_ALL"] = "C";
        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        start.Environment["GIT_ASKPASS"] = "true";
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        start.Environment["GIT_ALLOW_PROTOCOL"] = string.Join(':', Protocols);
        start.Environment["GIT_SSH_COMMAND"] = "ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new";
        if (url.Header is not { } header)
            return;
        // Not an argument, which everybody on the machine could read, and only for the server that it was meant for.
        start.Environment["GIT_CONFIG_COUNT"] = "1";
        start.Environment["GIT_CONFIG_KEY_0"] = $"http.{url.Server}.extraHeader";
        start.Environment["GIT_CONFIG_VALUE_0"] = header;
    }

    /// <summary>Reads lines, which a carriage return ends too: what git shows of its progress writes over itself.</summary>
    private static async Task Read(StreamReader reader, Action<string> take, CancellationToken stop)
    {
        var (buffer, line) = (new char[1024], new StringBuilder());
        for (int read; (read = await reader.ReadAsync(buffer, stop).ConfigureAwait(false)) > 0;)
        {
            foreach (var c in buffer.AsSpan(0, read))
            {
                if (c is not ('\r' or '\n'))
                {
                    if (line.Length < LongestLine && !char.IsControl(c))
                        line.Append(c);
                    continue;
                }

                if (line.Length > 0)
                    take(line.ToString().TrimEnd());
                line.Clear();
            }
        }

        if (line.Length > 0)
            take(line.ToString().TrimEnd());
    }
}
