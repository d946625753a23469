using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Switchyard.Databricks.Tests;

/// <summary>
/// A server that speaks the dialect, as its tests see it: an address, an administrator's token, an ordinary user's
/// token. Which server stands behind it is decided in one place, <see cref="DialectHost"/>.
/// </summary>
public abstract class ServerUnderTest : IAsyncDisposable
{
    public const string AdminName = "user@databricks.com";
    public const string UserName = "bob";

    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(100) };

    public abstract Uri Address { get; }

    public abstract string AdminToken { get; }

    public abstract string UserToken { get; }

    /// <summary>Ends what this stands for.</summary>
    public abstract ValueTask DisposeAsync();

    public Task<WireAnswer> Get(string path, string? token = null) => Send("GET", path, null, token);

    public Task<WireAnswer> Post(string path, string body, string? token = null) => Send("POST", path, body, token);

    /// <summary>Sends a call; an empty token sends no credential.</summary>
    public async Task<WireAnswer> Send(string method, string path, string? body, string? token = null, string contentType = "application/json")
    {
        var content = body is null ? null : new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content?.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return await SendContent(method, path, content, token is "" ? null : $"Bearer {token ?? AdminToken}");
    }

    /// <summary>Sends any content; a null credential sends none.</summary>
    public async Task<WireAnswer> SendContent(string method, string path, HttpContent? content, string? credential)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(Address, path)) { Content = content };
        if (credential is not null)
            request.Headers.TryAddWithoutValidation("Authorization", credential);
        using var response = await _client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return new WireAnswer(response.StatusCode, text, response.Headers.TryGetValues("X-Databricks-Org-Id", out var org) ? org.Single() : null);
    }

    /// <summary>Creates a job and answers its id.</summary>
    public async Task<long> Job(string settings, string version = "2.1", string? token = null) =>
        (await Post($"/api/{version}/jobs/create", settings, token)).Ok()["job_id"]!.GetValue<long>();

    /// <summary>Runs a job now and waits for its end.</summary>
    public async Task<JsonObject> RunToEnd(long job, string more = "", string? token = null)
    {
        var run = (await Post("/api/2.1/jobs/run-now", $"{{\"job_id\":{job}{more}}}", token)).Ok()["run_id"]!.GetValue<long>();
        return await Ended(run, token);
    }

    /// <summary>Waits for a run's end.</summary>
    public Task<JsonObject> Ended(long run, string? token = null) => Until(run, state => state is "TERMINATED" or "INTERNAL_ERROR" or "SKIPPED", token);

    /// <summary>Waits until a run is in a state.</summary>
    public Task<JsonObject> Until(long run, string state) => Until(run, now => now == state, null);

    private async Task<JsonObject> Until(long run, Predicate<string> holds, string? token)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(300));
        while (true)
        {
            var answer = (await Get($"/api/2.1/jobs/runs/get?run_id={run}", token)).Ok();
            if (holds(answer["state"]!["life_cycle_state"]!.GetValue<string>()))
                return answer;
            await Task.Delay(20, patience.Token);
        }
    }

    /// <summary>Imports a source notebook.</summary>
    public async Task Notebook(string path, string source)
    {
        var parent = path[..path.LastIndexOf('/')];
        if (parent.Length > 0)
            (await Post("/api/2.0/workspace/mkdirs", new JsonObject { ["path"] = parent }.ToJsonString())).Ok();
        (await Post("/api/2.0/workspace/import", new JsonObject
        {
            ["path"] = path,
            ["format"] = "SOURCE",
            ["language"] = "PYTHON",
            ["overwrite"] = true,
            ["content"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(source)),
        }.ToJsonString())).Ok();
    }

    protected void Close() => _client.Dispose();
}

/// <summary>An answer on the wire.</summary>
public sealed record WireAnswer(HttpStatusCode Status, string Text, string? Org)
{
    /// <summary>Whether the body is an object; downloads are not.</summary>
    public bool IsJson => Text.StartsWith('{');

    public JsonObject Json => JsonNode.Parse(Text) as JsonObject ?? throw new InvalidOperationException($"not a JSON object: {Text}");

    /// <summary>The body of a success.</summary>
    public JsonObject Ok()
    {
        Assert.True(Status == HttpStatusCode.OK, $"{(int)Status} {Text}");
        return Json;
    }

    /// <summary>Asserts the platform's error shape.</summary>
    public void Refused(int status, string code, string message)
    {
        Assert.True((int)Status == status, $"expected {status}, got {(int)Status} {Text}");
        Assert.Equal(["error_code", "message"], Json.Select(pair => pair.Key));
        Assert.Equal(code, Json["error_code"]!.GetValue<string>());
        Assert.Contains(message, Json["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.NotNull(Org);
    }
}
