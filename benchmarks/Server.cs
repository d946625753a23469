using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Switchyard.Bench;

/// <summary>A server as a user would start it, default settings, its own data directory on the disk of this folder.</summary>
internal sealed class Server : IAsyncDisposable
{
    private const string Token = "yard_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    private readonly Process _process;
    private readonly string _data;
    private readonly bool _keep;

    private Server(Process process, string data, bool keep, HttpClient http) => (_process, _data, _keep, Http) = (process, data, keep, http);

    public HttpClient Http { get; }

    public int Pid => _process.Id;

    /// <summary>Seconds from the command to the first answered call.</summary>
    public double FirstAnswer { get; private init; }

    /// <summary>The built program beside the benchmark.</summary>
    private static string Program => Environment.GetEnvironmentVariable("YARD_PROGRAM")
        ?? Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "Yard", Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')), "yard"));

    /// <param name="data">A data directory that stays when the server goes; null for one of its own.</param>
    /// <param name="settings">Settings that differ from the defaults.</param>
    public static async Task<Server> Start(string? data = null, params (string Name, string Value)[] settings)
    {
        var keep = data is not null;
        data ??= Directory.CreateTempSubdirectory("yard-bench-").FullName;
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var url = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
        probe.Stop();
        var start = new ProcessStartInfo(Program, ["serve", "--urls", url, "--data", data]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["YARD_ADMIN_TOKEN"] = Token;
        start.Environment["YARD_ADMIN_PASSWORD"] = "correct horse battery staple";
        foreach (var (name, value) in settings)
            start.Environment["YARD_" + name] = value;
        var watch = Stopwatch.StartNew();
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 64 }) { BaseAddress = new Uri(url) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token);
        while (true)
        {
            if (process.HasExited)
                throw new InvalidOperationException("the server ended");
            try
            {
                if ((await http.GetAsync("/api/yard/v1/jobs")).IsSuccessStatusCode)
                    return new Server(process, data, keep, http) { FirstAnswer = watch.Elapsed.TotalSeconds };
            }
            catch (HttpRequestException)
            {
                await Task.Delay(10);
            }
        }
    }

    public async Task<JsonElement> Get(string path) => Parse(await Http.GetStringAsync(path));

    public async Task<JsonElement> Post(string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await Http.PostAsync(path, content);
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? Parse(text) : throw new InvalidOperationException(text);
    }

    public async Task<long> CreateJob(string json) => (await Post("/api/yard/v1/jobs", json)).GetProperty("id").GetInt64();

    public async Task<long> RunNow(long job) => (await Post($"/api/yard/v1/jobs/{job}/run", "{}")).GetProperty("run_id").GetInt64();

    /// <summary>The process of the server's host.</summary>
    public int HostPid()
    {
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                continue;
            try
            {
                var line = File.ReadAllText(Path.Combine(directory, "cmdline")).Replace('\0', ' ');
                if (line.Contains(" host ", StringComparison.Ordinal) && line.Contains(_data, StringComparison.Ordinal))
                    return id;
            }
            catch (IOException)
            {
                // It ended while we looked.
            }
        }

        return 0;
    }

    public static double ResidentMb(int pid) => MemoryMb(pid, "VmRSS");

    /// <summary>The most that was resident since the start, or since <see cref="ForgetPeak"/>.</summary>
    public static double PeakMb(int pid) => MemoryMb(pid, "VmHWM");

    /// <summary>Lets the peak begin anew.</summary>
    public static void ForgetPeak(int pid) => File.WriteAllText($"/proc/{pid}/clear_refs", "5");

    /// <summary>Processor time that a process has used itself.</summary>
    public static double ProcessorSeconds(int pid) => Process.GetProcessById(pid).TotalProcessorTime.TotalSeconds;

    private static double MemoryMb(int pid, string what) =>
        long.Parse(
            File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith(what, StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1],
            CultureInfo.InvariantCulture) / 1024.0;

    public async ValueTask DisposeAsync()
    {
        var host = HostPid();
        _process.Kill();
        await _process.WaitForExitAsync();
        if (host != 0)
            Process.GetProcessById(host).Kill();
        Http.Dispose();
        _process.Dispose();
        await Task.Delay(100);
        if (_keep)
            return;
        try
        {
            Directory.Delete(_data, true);
        }
        catch (IOException)
        {
            // The host's last write; the system cleans its temporary directory.
        }
    }

    private static JsonElement Parse(string text)
    {
        using var json = JsonDocument.Parse(text);
        return json.RootElement.Clone();
    }
}
