using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;

namespace Switchyard.Crash.Tests;

/// <summary>A real server process on a data directory of its own, that tests kill and start again.</summary>
public sealed partial class RealServer : IAsyncDisposable
{
    public const string Token = "yard_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private readonly int _port = FreePort();
    private readonly string _address;

    /// <summary>The network namespace it runs in; null for this one.</summary>
    private readonly string? _network;
    private Process? _process;
    private readonly StringBuilder _said = new();

    public RealServer(string? program = null, string? data = null, string address = "127.0.0.1", string? network = null)
    {
        (_address, _network) = (address, network);
        Root = Directory.CreateTempSubdirectory("yard-crash-").FullName;
        Data = data ?? Path.Combine(Root, "data");
        Program = program ?? DefaultProgram;
        Http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 64 }) { BaseAddress = new Uri(Url), Timeout = TimeSpan.FromSeconds(60) };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
    }

    /// <summary>The built program beside the tests.</summary>
    public static string DefaultProgram
    {
        get
        {
            var configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/'));
            return Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Yard", configuration, "yard"));
        }
    }

    public string Root { get; }
    public string Data { get; }
    public string Program { get; set; }
    public HttpClient Http { get; }
    public string Url => $"http://{_address}:{_port}";

    /// <summary>Variables for the next start, beside the administrator's.</summary>
    public Dictionary<string, string> Variables { get; } = [];

    /// <summary>Starts it with the variables of a machine that has nothing installed, instead of this process's own.</summary>
    public bool Bare { get; set; }

    /// <summary>The server's process id.</summary>
    public int Pid => _process!.Id;

    public bool HasExited => _process!.HasExited;

    public int ExitCode => _process!.ExitCode;

    public string Said
    {
        get
        {
            lock (_said)
                return _said.ToString();
        }
    }

    public async Task Start()
    {
        Launch();
        for (var tries = 0; tries < 600; tries++)
        {
            if (_process!.HasExited)
                throw new InvalidOperationException($"the server ended with {_process.ExitCode}:\n{Said}");
            try
            {
                if ((await Http.GetAsync("/readyz")).IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(50);
        }

        throw new TimeoutException($"the server was not ready within 30 s:\n{Said}");
    }

    /// <summary>Starts a server that is expected to refuse; answers its exit code and what it said.</summary>
    public async Task<(int Code, string Said)> StartRefused()
    {
        Launch();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await _process!.WaitForExitAsync(patience.Token);
        return (_process.ExitCode, Said);
    }

    private void Launch()
    {
        string[] words = [.. _network is null ? [] : (string[])["ip", "netns", "exec", _network], Program, "serve", "--urls", Url, "--data", Data];
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Root,
        };
        if (Bare)
        {
            start.Environment.Clear();
            start.Environment["PATH"] = "/usr/bin:/bin";
        }

        start.Environment["YARD_ADMIN_TOKEN"] = Token;
        start.Environment["YARD_ADMIN_PASSWORD"] = "correct horse battery staple";
        foreach (var (name, value) in Variables)
            start.Environment[name] = value;
        lock (_said)
            _said.Clear();
        _process = Process.Start(start)!;
        _process.OutputDataReceived += Hear;
        _process.ErrorDataReceived += Hear;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public void Kill9()
    {
        _process!.Kill(entireProcessTree: false);
        _process.WaitForExit();
    }

    public async Task Terminate()
    {
        Signal(_process!.Id, 15);
        await _process.WaitForExitAsync();
    }

    /// <summary>The processes of hosts of this server's data directory.</summary>
    public IReadOnlyList<int> Hosts() =>
        [.. Processes().Where(p => p.CommandLine.Contains(" host ", StringComparison.Ordinal) && p.CommandLine.Contains(Data, StringComparison.Ordinal)).Select(p => p.Id)];

    /// <summary>Living processes that carry the marker of an attempt.</summary>
    public static IReadOnlyList<int> ProcessesOf(long attemptId)
    {
        var marker = $"SWITCHYARD_ATTEMPT={attemptId.ToString(CultureInfo.InvariantCulture)}";
        var found = new List<int>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), out var id))
                continue;
            try
            {
                if (File.ReadAllText(Path.Combine(directory, "environ")).Split('\0').Contains(marker))
                    found.Add(id);
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                // It ended while we looked.
            }
        }

        return found;
    }

    /// <summary>Living processes whose command line holds a text.</summary>
    public static IReadOnlyList<int> ProcessesWith(string text) => [.. Processes().Where(p => p.CommandLine.Contains(text, StringComparison.Ordinal)).Select(p => p.Id)];

    /// <summary>A process's parent, or null when it is gone.</summary>
    public static int? ParentOf(int process)
    {
        try
        {
            return int.Parse(File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("PPid:", StringComparison.Ordinal)).AsSpan(5).Trim(), CultureInfo.InvariantCulture);
        }
        catch (Exception gone) when (gone is IOException or InvalidOperationException)
        {
            return null;
        }
    }

    public static void Signal(int process, int signal) => _ = kill(process, signal);

    public async Task<JsonNode> Get(string path) => JsonNode.Parse(await (await Http.GetAsync(path)).EnsureSuccessStatusCode().Content.ReadAsStringAsync())!;

    public async Task<JsonNode> Post(string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        var answer = await Http.PostAsync(path, content);
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? JsonNode.Parse(text)! : throw new HttpRequestException($"{(int)answer.StatusCode}: {text}", null, answer.StatusCode);
    }

    /// <summary>Waits for a run's end and answers the run.</summary>
    public async Task<JsonNode> Ended(long runId)
    {
        for (var tries = 0; tries < 120; tries++)
        {
            var run = await Get($"/api/yard/v1/runs/{runId}/wait?seconds=5");
            if (run["state"]!.GetValue<string>() is not ("queued" or "waiting" or "running" or "cancelling" or "waiting_for_retry"))
                return run;
        }

        throw new TimeoutException($"run {runId} has not ended:\n{await Get($"/api/yard/v1/runs/{runId}/attempts")}\n{Said}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
            Kill9();
        foreach (var host in Hosts())
            Signal(host, 9);
        Http.Dispose();
        _process?.Dispose();
        await Task.Yield();
        try
        {
            Directory.Delete(Root, recursive: true);
        }
        catch (IOException)
        {
            // A task still writes there; the system cleans its temporary directory.
        }
    }

    private void Hear(object sender, DataReceivedEventArgs line)
    {
        lock (_said)
            _said.AppendLine(line.Data);
    }

    private static IEnumerable<(int Id, string CommandLine)> Processes()
    {
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), out var id))
                continue;
            string line;
            try
            {
                line = File.ReadAllText(Path.Combine(directory, "cmdline")).Replace('\0', ' ');
            }
            catch (IOException)
            {
                continue;
            }

            yield return (id, line);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int process, int signal);
}
