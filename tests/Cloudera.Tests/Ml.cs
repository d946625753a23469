using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Switchyard.OpenPai.Tests;

namespace Switchyard.Cloudera.Tests;

/// <summary>The program with the user alice, her project Risk Analysis and her key, as the document has them.</summary>
public sealed class Ml : IAsyncDisposable
{
    public const string Jobs = "/api/v1/projects/alice/risk-analysis/jobs";
    private const string Neutral = "/api/yard/v1";

    private readonly HttpClient _client = new();

    private Ml(Yard yard, string token) => (Yard, Token) = (yard, token);

    public Yard Yard { get; }

    /// <summary>A token of alice's for the neutral API.</summary>
    public string Token { get; }

    public string Key { get; private set; } = "";

    public static async Task<Ml> Start(params (string Name, string Value)[] settings)
    {
        var yard = await Yard.Start(settings);
        try
        {
            var ml = new Ml(yard, await yard.User("alice"));
            ml.Key = await ml.Reveal();
            (await yard.Send("POST", $"{Neutral}/projects", """{"name":"Risk Analysis"}""", ml.Token)).Is(201);
            return ml;
        }
        catch
        {
            await yard.DisposeAsync();
            throw;
        }
    }

    /// <summary>The key of a user as the neutral API shows it to who knows the password.</summary>
    public async Task<string> Reveal(string user = "alice", string? token = null) =>
        (await Yard.Send("POST", $"{Neutral}/me/api-key", $$"""{"password":"password of {{user}}"}""", token ?? Token)).Ok()["key"]!.GetValue<string>();

    /// <summary>Writes a file of the project.</summary>
    public async Task Put(string path, string content) =>
        (await Yard.Send("PUT", $"{Neutral}/projects/alice/risk-analysis/files/{path}", content, Token, "application/octet-stream")).Is(204);

    /// <summary>Makes a job and answers its id.</summary>
    public async Task<long> Job(string settings)
    {
        var made = await Call("POST", Jobs, settings);
        made.Is(201);
        return made.Json["id"]!.GetValue<long>();
    }

    /// <summary>Makes a job of a script with this content.</summary>
    public async Task<long> Script(string name, string content, string more = "")
    {
        await Put(name, content);
        return await Job($$"""{"name":"{{name}}","script":"{{name}}"{{more}}}""");
    }

    /// <summary>Starts a run and answers its engine's id.</summary>
    public async Task<string> Start(long job, string? body = "{}") => (await Call("POST", $"{Jobs}/{job}/start", body)).Ok()["engine_id"]!.GetValue<string>();

    /// <summary>The run of an engine, ended.</summary>
    public async Task<JsonObject> Ended(string engine)
    {
        var run = (await Yard.Get($"{Neutral}/runs/{long.Parse(engine, CultureInfo.InvariantCulture)}/wait?seconds=100")).Ok();
        Assert.NotNull(run["ended_at"]);
        return run;
    }

    /// <summary>What a run wrote until its end.</summary>
    public async Task<string> Output(string engine)
    {
        var run = await Ended(engine);
        var attempt = (await Yard.Get($"{Neutral}/runs/{run["id"]}/attempts")).Ok()["attempts"]![0]!["id"];
        return (await Yard.Get($"{Neutral}/attempts/{attempt}/log")).Text;
    }

    /// <summary>A call with the key, or with another pair of user and password.</summary>
    public Task<Answer> Call(string method, string path, string? body = null, string? pair = null, string? type = "application/json") =>
        CallBasic(method, path, body, Convert.ToBase64String(Encoding.UTF8.GetBytes(pair ?? Key + ":")), type);

    public async Task<Answer> CallBasic(string method, string path, string? body, string credential, string? type = "application/json")
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(Yard.Address, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", credential);
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body ?? ""));
        if (type is not null)
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        using var response = await _client.SendAsync(request);
        var headers = response.Headers.Concat(response.Content.Headers).ToDictionary(header => header.Key, header => string.Join(',', header.Value), StringComparer.OrdinalIgnoreCase);
        return new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync(), headers);
    }

    /// <summary>Runs a program to its end; answers what it wrote to standard output.</summary>
    public static async Task<string> Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program}: {process.ExitCode}\n{output}\n{await error}");
        return output + await error;
    }

    public static string Repository()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at.FullName, "Switchyard.slnx")))
            at = at.Parent ?? throw new DirectoryNotFoundException("Switchyard.slnx");
        return at.FullName;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await Yard.DisposeAsync();
    }
}
