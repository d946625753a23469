using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Switchyard.Databricks.Tests;

/// <summary>The program itself as a process of its own, with real tasks, on a data directory that goes with it.</summary>
public sealed class YardProcess : ServerUnderTest
{
    private readonly string _root = Directory.CreateTempSubdirectory("yard-databricks-real-").FullName;
    private readonly StringBuilder _said = new();
    private Process? _process;

    public override Uri Address { get; } = new($"http://127.0.0.1:{FreePort()}");

    public override string AdminToken => "yard_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    public override string UserToken => throw new NotSupportedException("tests of rights run on DialectHost");

    private readonly Dictionary<string, string> _settings = [];

    /// <summary>Everything the server keeps.</summary>
    public string Data => Path.Join(_root, "data");

    /// <param name="settings">Settings other than the defaults: <c>("SMTP_HOST", "127.0.0.1")</c>.</param>
    public static async Task<YardProcess> Start(params (string Name, string Value)[] settings)
    {
        var yard = new YardProcess();
        foreach (var (name, value) in settings)
            yard._settings["YARD_" + name] = value;
        try
        {
            await yard.Run();
        }
        catch
        {
            await yard.DisposeAsync();
            throw;
        }

        return yard;
    }

    /// <summary>Ends the server as a crash would; its tasks run on.</summary>
    public async Task Kill9()
    {
        _process!.Kill(entireProcessTree: false);
        await _process.WaitForExitAsync();
    }

    /// <summary>Starts it again on what it left.</summary>
    public Task Again() => Run();

    public override async ValueTask DisposeAsync()
    {
        Close();
        if (_process is { HasExited: false })
        {
            // Politely: the host then leaves by itself, since nothing runs any more.
            using var kill = Process.Start("/bin/kill", ["-TERM", _process.Id.ToString()]);
            await kill.WaitForExitAsync();
            await _process.WaitForExitAsync();
        }

        _process?.Dispose();
        try
        {
            Directory.Delete(_root, true);
        }
        catch (IOException)
        {
            // The host may still hold its journal for a moment; the system cleans its temporary directory.
        }
    }

    /// <summary>Files of the data directory in which one of some texts stands. By grep, since the server holds locks on some of them that only .NET heeds.</summary>
    public async Task<string> FilesWith(params string[] texts)
    {
        var start = new ProcessStartInfo("grep", ["-rlaF", "-D", "skip", .. texts.SelectMany(text => new[] { "-e", text }), _root]) { RedirectStandardOutput = true };
        using var grep = Process.Start(start)!;
        var found = await grep.StandardOutput.ReadToEndAsync();
        await grep.WaitForExitAsync();
        return found;
    }

    private async Task Run()
    {
        var configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/'));
        var program = Path.GetFullPath(Path.Join(AppContext.BaseDirectory, "..", "..", "Yard", configuration, "yard"));
        var start = new ProcessStartInfo(program, ["serve", "--urls", Address.ToString().TrimEnd('/'), "--data", Data])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _root,
        };
        start.Environment["YARD_ADMIN_TOKEN"] = AdminToken;
        start.Environment["YARD_ADMIN_PASSWORD"] = "correct horse battery staple";
        foreach (var (name, value) in _settings)
            start.Environment[name] = value;
        _process?.Dispose();
        _process = Process.Start(start)!;
        _process.OutputDataReceived += Hear;
        _process.ErrorDataReceived += Hear;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        while (true)
        {
            Assert.False(_process.HasExited, $"the server ended:\n{_said}");
            try
            {
                if ((await Get("/readyz")).Status == HttpStatusCode.OK)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(50, patience.Token);
        }
    }

    private void Hear(object sender, DataReceivedEventArgs line)
    {
        lock (_said)
            _said.AppendLine(line.Data);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
