using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Dialects.Databricks;
using Switchyard.Dialects.Databricks.Secrets;
using Switchyard.Dialects.Edge;
using Switchyard.Engine;
using Switchyard.Server.Configuration;
using Switchyard.Server.Live;
using Switchyard.Server.Neutral;
using Switchyard.Stores.Sqlite;

namespace Switchyard.Server.Tests;

/// <summary>A server over a real database and the real engine, on a port of its own; only processes and logs are doubles.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    public const string AdminToken = "test_token_of_admin_0123456789abcdef";
    public const string AdminPassword = "correct horse battery";

    private readonly string _folder;
    private readonly EngineHost _engine;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _bell;

    private TestServer(string folder, SqliteStore store, EngineHost engine, YardServer server, LiveFeed feed, ShiftedClock clock)
    {
        (_folder, Store, _engine, Server, Clock) = (folder, store, engine, server, clock);
        _bell = Ring(feed);
    }

    public SqliteStore Store { get; }

    public YardServer Server { get; }

    public ShiftedClock Clock { get; }

    public string Url => Server.Urls[0];

    /// <summary>The data directory.</summary>
    public string Folder => _folder;

    public static Task<TestServer> Start(params IDialect[] more) => Start("http://127.0.0.1:0", more);

    /// <summary>A server with a web app.</summary>
    public static Task<TestServer> WithPages(string web) => Start("http://127.0.0.1:0", web, []);

    public static Task<TestServer> Start(string url, params IDialect[] more) => Start(url, null, more);

    private static async Task<TestServer> Start(string url, string? web, IDialect[] more)
    {
        var folder = Directory.CreateTempSubdirectory("yard-server-").FullName;
        var clock = new ShiftedClock();
        var store = await SqliteStore.Open(Path.Combine(folder, "test.db"), clock);
        var engine = new EngineHost(store, new InstantExecutor(clock), new EngineOptions { NodeValues = _ => "/usr/bin/python3" }, clock, NullLoggerFactory.Instance);
        var feed = new LiveFeed(store, 1024);
        var logs = new SameLogs();
        var databricks = new DatabricksDialect(store, engine, logs, new DatabricksOptions
        {
            WorkspaceRoot = Path.Combine(folder, "workspace"),
            DbfsRoot = Path.Combine(folder, "dbfs"),
            GitRoot = Path.Combine(folder, "git"),
            EnvironmentsRoot = Path.Combine(folder, "environments"),
            WarehouseFile = Path.Combine(folder, "warehouse.db"),
            AttemptsDirectory = id => Path.Combine(folder, "attempts", id.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            Seal = (_, text) => text,
            Open = (_, text) => text,
            Secrets = new SecretBook(store, (_, text) => text, (_, text) => text, clock),
        }, clock);
        var planner = new NeutralPlanner(ContainerRules.None);
        engine.Add(planner);
        engine.Add(databricks.Planner);
        engine.AddSweeps(planner);
        engine.AddSweeps(databricks.Sweeps);
        var server = YardServer.Build(
            new ServerParts
            {
                Store = store,
                Dispatch = engine,
                Logs = logs,
                Stats = engine,
                Feed = feed,
                Node = new NodeFacts("n1", "0.0.0", folder, new(16), () => "cgroup"),
                Clock = clock,
                Planner = planner,
                Dialects = [databricks, .. more],
            },
            new YardSettings { Urls = [url], WebDirectory = web, Data = folder, AdminToken = AdminToken, AdminPassword = AdminPassword, LogLevel = Microsoft.Extensions.Logging.LogLevel.None });
        await engine.Start(default);
        await server.Start(null, false, default);
        return new TestServer(folder, store, engine, server, feed, clock);
    }

    /// <summary>A client with a credential: a token, or a whole Authorization header, or none.</summary>
    public HttpClient Client(string? token = AdminToken)
    {
        var client = new HttpClient { BaseAddress = new Uri(Url) };
        if (token is not null)
            client.DefaultRequestHeaders.Authorization = token.Contains(' ') ? AuthenticationHeaderValue.Parse(token) : new("Bearer", token);
        return client;
    }

    /// <summary>Adds a user and answers a client with a token of theirs.</summary>
    public async Task<HttpClient> User(string name)
    {
        using var admin = Client();
        await Post(admin, "/api/yard/v1/users", $$"""{"name":"{{name}}","password":"password of {{name}}"}""");
        var token = await Post(admin, $"/api/yard/v1/tokens?user={name}", """{"name":"test"}""");
        return Client(token["token"]!.GetValue<string>());
    }

    public static async Task<JsonNode> Get(HttpClient client, string path) =>
        JsonNode.Parse(await (await client.GetAsync(path)).EnsureSuccessStatusCode().Content.ReadAsStringAsync())!;

    public static async Task<JsonNode> Post(HttpClient client, string path, string body)
    {
        using var answer = await Send(client, "POST", path, body);
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? JsonNode.Parse(text.Length > 0 ? text : "{}")! : throw new HttpRequestException($"{(int)answer.StatusCode}: {text}");
    }

    public static async Task<HttpResponseMessage> Send(HttpClient client, string verb, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(verb), path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return await client.SendAsync(request);
    }

    /// <summary>A neutral job of one task.</summary>
    public static async Task<long> Job(HttpClient client, string program = "/bin/true") =>
        (await Post(client, "/api/yard/v1/jobs", $$"""{"name":"one","tasks":[{"key":"a","command":["{{program}}"]}]}"""))["id"]!.GetValue<long>();

    /// <summary>A run of such a job, ended.</summary>
    public static async Task<long> EndedRun(HttpClient client)
    {
        var run = (await Post(client, $"/api/yard/v1/jobs/{await Job(client)}/run", "{}"))["run_id"]!.GetValue<long>();
        Assert.Equal("succeeded", (await Get(client, $"/api/yard/v1/runs/{run}/wait?seconds=60"))["state"]!.GetValue<string>());
        return run;
    }

    public async ValueTask DisposeAsync()
    {
        await Server.Stop();
        await _stop.CancelAsync();
        await _bell;
        await Server.DisposeAsync();
        await _engine.DisposeAsync();
        await Store.DisposeAsync();
        _stop.Dispose();
        Directory.Delete(_folder, true);
    }

    private async Task Ring(LiveFeed feed)
    {
        try
        {
            while (true)
            {
                var next = _engine.Pulse.Next;
                feed.Ring();
                await next.WaitAsync(_stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
