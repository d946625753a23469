using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Switchyard.OpenPai.Tests;

/// <summary>The program itself as a process of its own, with real tasks, on a data directory that goes with it.</summary>
public sealed class Yard : IAsyncDisposable
{
    public const string Password = "correct horse battery staple";

    private readonly string _root = Directory.CreateTempSubdirectory("yard-openpai-").FullName;
    private readonly HttpClient _client = new(new HttpClientHandler { AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(100) };
    private readonly StringBuilder _said = new();
    private readonly Dictionary<string, string> _settings;
    private Process? _process;

    private Yard(Dictionary<string, string> settings) => _settings = settings;

    public Uri Address { get; } = new($"http://127.0.0.1:{FreePort()}");

    public string Data => Path.Join(_root, "data");

    /// <summary>A token of admin, from the call that gives them out.</summary>
    public string Admin { get; private set; } = "";

    /// <summary>Starts a server with four cores, 8 GiB and two GPUs, whatever the machine has.</summary>
    public static async Task<Yard> Start(params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string> { ["CPU_MILLIS"] = "4000", ["MEMORY_MB"] = "8192", ["GPUS"] = "2", ["OPENPAI_RETRY_MS"] = "50" };
        foreach (var (name, value) in settings)
            all[name] = value;
        var yard = new Yard(all);
        try
        {
            await yard.Run();
            yard.Admin = await yard.SignIn("admin", Password);
        }
        catch
        {
            await yard.DisposeAsync();
            throw;
        }

        return yard;
    }

    public async Task<string> SignIn(string name, string password) =>
        (await Send("POST", "/api/v1/token", $$"""{"username":"{{name}}","password":"{{password}}"}""", "")).Ok()["token"]!.GetValue<string>();

    /// <summary>Makes a user and signs in.</summary>
    public async Task<string> User(string name)
    {
        (await Send("PUT", "/api/v1/user", $$"""{"username":"{{name}}","password":"password of {{name}}","modify":false}""")).Is(201);
        return await SignIn(name, $"password of {name}");
    }

    /// <summary>Sends a call; an empty token sends no credential, none admin's, <c>Basic ...</c> stands for itself.</summary>
    public async Task<Answer> Send(string method, string path, string? body = null, string? token = null, string type = "application/json", string? accept = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(Address, path));
        if (token != "")
            request.Headers.Authorization = token?.Split(' ', 2) is ["Basic", var pair] ? new("Basic", pair) : new("Bearer", token ?? Admin);
        if (accept is not null)
            request.Headers.TryAddWithoutValidation("Accept", accept);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        using var response = await _client.SendAsync(request);
        var headers = response.Headers.Concat(response.Content.Headers).ToDictionary(header => header.Key, header => string.Join(',', header.Value), StringComparer.OrdinalIgnoreCase);
        return new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync(), headers);
    }

    /// <summary>Uploads into the store: the first step with the token, the second without any, as clients do that were sent on.</summary>
    public async Task<Answer> Upload(string path, byte[] content, string query = "", string? token = null)
    {
        var allowed = await Send("PUT", $"/webhdfs/v1{path}?op=CREATE{query}", token: token);
        if (allowed.Status != 307)
            return allowed;
        Assert.Equal("", allowed.Text);
        using var body = new ByteArrayContent(content);
        using var response = await _client.PutAsync(allowed.Headers["Location"], body);
        return new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.ToDictionary(header => header.Key, header => string.Join(',', header.Value)));
    }

    /// <summary>Reads from the store.</summary>
    public async Task<byte[]> Open(string path, string query = "", string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Address, $"/webhdfs/v1{path}?op=OPEN{query}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token ?? Admin);
        using var response = await _client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/octet-stream", response.Content.Headers.ContentType!.MediaType);
        return await response.Content.ReadAsByteArrayAsync();
    }

    public Task<Answer> Get(string path, string? token = null) => Send("GET", path, null, token);

    /// <summary>Submits a job of admin's with one role, or the roles given.</summary>
    public Task<Answer> Submit(string name, string command, string role = "", string job = "", string? token = null, string user = "admin") =>
        Send("POST", $"/api/v1/user/{user}/jobs", new JsonObject
        {
            ["jobName"] = name,
            ["image"] = "pai.run.test",
        }.With($$"""{"taskRoles":[{"name":"main","command":{{JsonValue.Create(command)!.ToJsonString()}}{{role}}}]{{job}}}""").ToJsonString(), token);

    /// <summary>Waits until a job is in a state, and answers all of it.</summary>
    public async Task<JsonObject> Until(string name, Func<JsonObject, bool> holds, string user = "admin")
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var job = (await Get($"/api/v1/user/{user}/jobs/{name}")).Ok();
            if (holds(job["jobStatus"]!.AsObject()))
                return job;
            Assert.False(patience.IsCancellationRequested, $"it did not come to that: {job}\n{_said}");
            await Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System);
        }
    }

    /// <summary>Waits for a job's end.</summary>
    public Task<JsonObject> Ended(string name, string user = "admin") => Until(name, status => status["subState"]!.GetValue<string>() == "FRAMEWORK_COMPLETED", user);

    /// <summary>All that a task wrote.</summary>
    public async Task<string> Log(JsonObject job, string role, int index)
    {
        var page = new Uri(job["taskRoles"]![role]!["taskStatuses"]![index]!["containerLog"]!.GetValue<string>());
        return (await Get($"{page.AbsolutePath}/full{page.Query}", "")).Text;
    }

    /// <summary>Kills the server, not its tasks, and starts it again.</summary>
    public async Task KillAndRestart()
    {
        await Kill();
        await Restart();
    }

    /// <summary>Kills the server, not its tasks.</summary>
    public async Task Kill()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Starts the server again that was killed.</summary>
    public Task Restart() => Run();

    /// <summary>Kills the host, the parent of all tasks; the server starts another.</summary>
    public async Task KillHost()
    {
        foreach (var folder in Directory.GetDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out var pid))
                continue;
            string line;
            try
            {
                line = await File.ReadAllTextAsync($"{folder}/cmdline");
            }
            catch (IOException)
            {
                continue;
            }

            if (!line.Contains($"\0host\0--node-dir\0{Data}/node\0", StringComparison.Ordinal))
                continue;
            using var host = Process.GetProcessById(pid);
            host.Kill();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (_process is { HasExited: false })
        {
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

    /// <summary>The program.</summary>
    internal static string Program => Path.GetFullPath(Path.Join(AppContext.BaseDirectory, "..", "..", "Yard", Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')), "yard"));

    /// <summary>Runs a command against this server, as admin if no token is given.</summary>
    public async Task<(int Exit, string Output, string Error)> Command(string? token, params string[] words)
    {
        var start = new ProcessStartInfo(Program, words) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _root };
        (start.Environment["YARD_SERVER"], start.Environment["YARD_TOKEN"]) = (Address.ToString(), token ?? Admin);
        using var command = Process.Start(start)!;
        var (output, error) = (command.StandardOutput.ReadToEndAsync(), command.StandardError.ReadToEndAsync());
        await command.WaitForExitAsync();
        return (command.ExitCode, await output, await error);
    }

    /// <summary>Writes a file beside the data directory.</summary>
    public async Task<string> Beside(string name, string text)
    {
        await File.WriteAllTextAsync(Path.Join(_root, name), text);
        return Path.Join(_root, name);
    }

    private async Task Run()
    {
        var start = new ProcessStartInfo(Program, ["serve", "--urls", Address.ToString().TrimEnd('/'), "--data", Data])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _root,
        };
        start.Environment["YARD_ADMIN_PASSWORD"] = Password;
        foreach (var (name, value) in _settings)
            start.Environment["YARD_" + name] = value;
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
                if ((await Get("/readyz", "")).Status == (int)HttpStatusCode.OK)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, patience.Token);
        }
    }

    private void Hear(object sender, DataReceivedEventArgs line)
    {
        lock (_said)
            _said.AppendLine(line.Data);
    }

    internal static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>An answer on the wire.</summary>
public sealed record Answer(int Status, string Text, IReadOnlyDictionary<string, string> Headers)
{
    public JsonNode Json => JsonNode.Parse(Text)!;

    public string? Code => Json["code"]?.GetValue<string>();

    public string? Message => Json["message"]?.GetValue<string>();

    public JsonObject Ok() => Status == 200 ? Json.AsObject() : throw new InvalidOperationException($"{Status}: {Text}");

    public void Is(int status, string? code = null, string? message = null)
    {
        Assert.True(Status == status, $"{Status} instead of {status}: {Text}");
        if (code is not null)
            Assert.Equal(code, Code);
        if (message is not null)
            Assert.Equal(message, Message);
    }
}

internal static class Shapes
{
    /// <summary>A refusal of the store.</summary>
    public static void Threw(this Answer answer, int status, string type)
    {
        answer.Is(status);
        var thrown = answer.Json["RemoteException"]!;
        Assert.Equal((type[(type.LastIndexOf('.') + 1)..], type), (thrown["exception"]!.GetValue<string>(), thrown["javaClassName"]!.GetValue<string>()));
        Assert.NotEqual("", thrown["message"]!.GetValue<string>());
    }

    /// <summary>An object with the members of another one added.</summary>
    public static JsonObject With(this JsonObject target, string more)
    {
        foreach (var (name, value) in JsonNode.Parse(more)!.AsObject().ToList())
            target[name] = value?.DeepClone();
        return target;
    }
}
