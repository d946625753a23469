using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Switchyard.OpenPai.Tests;

namespace Switchyard.Orchest.Tests;

/// <summary>The program with the user alice, who signed in as the published client does: by a form that sets cookies.</summary>
public sealed class Lab : IAsyncLifetime
{
    public const string Jobs = "/catch/api-proxy/api/jobs";
    private const string Neutral = "/api/yard/v1";

    private readonly List<Browser> _browsers = [];
    private int _projects;

    public Yard Yard { get; private set; } = null!;

    public Browser Alice { get; private set; } = null!;

    /// <summary>A token of alice's for the neutral API.</summary>
    public string Token { get; private set; } = "";

    /// <summary>What all steps see as /data.</summary>
    public string Shared => Path.Combine(Yard.Data, "orchest", "data");

    public static async Task<Lab> Start(params (string Name, string Value)[] settings)
    {
        var lab = new Lab();
        await lab.Begin(settings);
        return lab;
    }

    public async ValueTask InitializeAsync() => await Begin([]);

    public async ValueTask DisposeAsync()
    {
        _browsers.ForEach(browser => browser.Dispose());
        if (Yard is not null)
            await Yard.DisposeAsync();
    }

    /// <summary>Signs in; a wrong password ends the test.</summary>
    public async Task<Browser> SignIn(string name, string password)
    {
        var browser = Guest();
        (await browser.Form("/login", $"username={name}&password={Uri.EscapeDataString(password)}")).Is(200);
        return browser;
    }

    /// <summary>Makes a user and signs in.</summary>
    public async Task<Browser> User(string name)
    {
        await Yard.User(name);
        return await SignIn(name, "password of " + name);
    }

    /// <summary>Somebody without cookies.</summary>
    public Browser Guest()
    {
        var browser = new Browser(Yard.Address);
        _browsers.Add(browser);
        return browser;
    }

    /// <summary>Makes an empty project of alice's.</summary>
    public async Task<Project> Project(string name = "Vegetables")
    {
        name = $"{name} {Interlocked.Increment(ref _projects)}";
        var uuid = (await Alice.Call("POST", "/async/projects", new JsonObject { ["name"] = name }.ToJsonString())).Ok()["project_uuid"]!.GetValue<string>();
        var slug = (await Alice.Call("GET", $"/async/projects/{uuid}")).Ok()["slug"]!.GetValue<string>();
        return new Project(this, uuid, slug);
    }

    /// <summary>A project with one step that runs this shell script.</summary>
    public async Task<Project> Script(string script, string parameters = "{}", string stepParameters = "{}")
    {
        var project = await Project();
        await project.Put("a.sh", script);
        await project.Pipeline(parameters, new Step(Step.A, "a.sh", Parameters: stepParameters));
        return project;
    }

    public Task<Answer> Write(string slug, string path, string content) =>
        Yard.Send("PUT", $"{Neutral}/projects/alice/{slug}/files/{path}", content, Token, "application/octet-stream");

    private async Task Begin((string, string)[] settings)
    {
        Yard = await Yard.Start(settings);
        try
        {
            Token = await Yard.User("alice");
            Alice = await SignIn("alice", "password of alice");
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }
}

/// <summary>A client with a jar of cookies that follows redirects.</summary>
public sealed class Browser(Uri address) : IDisposable
{
    private readonly HttpClient _client = new(new HttpClientHandler { CookieContainer = new CookieContainer() }) { Timeout = TimeSpan.FromSeconds(100), BaseAddress = address };

    public Task<Answer> Call(string method, string path, string? body = null) => Send(method, path, body, "application/json");

    public Task<Answer> Form(string path, string body, string method = "POST") => Send(method, path, body, "application/x-www-form-urlencoded");

    public async Task<Answer> Send(string method, string path, string? body, string type, string? bearer = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (bearer is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        }

        using var response = await _client.SendAsync(request);
        var headers = response.Headers.Concat(response.Content.Headers).ToDictionary(header => header.Key, header => string.Join(',', header.Value), StringComparer.OrdinalIgnoreCase);
        return new Answer((int)response.StatusCode, await response.Content.ReadAsStringAsync(), headers);
    }

    public void Dispose() => _client.Dispose();
}

/// <summary>A step of a pipeline that a test makes.</summary>
public sealed record Step(string Uuid, string File, string[]? After = null, string Parameters = "{}", string Environment = "")
{
    public const string A = "aaaa0000-0000-4000-8000-000000000001";
    public const string B = "bbbb0000-0000-4000-8000-000000000002";
    public const string C = "cccc0000-0000-4000-8000-000000000003";

    public JsonObject Json() => new()
    {
        ["uuid"] = Uuid,
        ["title"] = "Step " + Uuid[0],
        ["file_path"] = File,
        ["environment"] = Environment,
        ["incoming_connections"] = new JsonArray([.. (After ?? []).Select(parent => JsonValue.Create(parent))]),
        ["parameters"] = JsonNode.Parse(Parameters),
    };
}

/// <summary>A project of alice's with its jobs.</summary>
public sealed record Project(Lab Lab, string Uuid, string Slug)
{
    public const string Main = "99990000-0000-4000-8000-000000000009";

    /// <summary>Its directory on the disk.</summary>
    public string Directory => Path.Combine(Lab.Yard.Data, "projects", "alice", Slug);

    public async Task Put(string path, string content) => (await Lab.Write(Slug, path, content)).Is(204);

    public Task Pipeline(string parameters, params Step[] steps) => PipelineAt("main.orchest", Main, parameters, steps);

    public Task PipelineAt(string path, string uuid, string parameters, params Step[] steps) => Put(path, Definition(uuid, parameters, steps).ToJsonString());

    public static JsonObject Definition(string uuid, string parameters, params Step[] steps) => new()
    {
        ["name"] = "main",
        ["uuid"] = uuid,
        ["version"] = "1.2.3",
        ["settings"] = new JsonObject { ["auto_eviction"] = false, ["data_passing_memory_size"] = "1GB" },
        ["parameters"] = JsonNode.Parse(parameters),
        ["steps"] = new JsonObject(steps.Select(step => KeyValuePair.Create(step.Uuid, (JsonNode?)step.Json()))),
    };

    /// <summary>Asks for a draft as the interface of the platform does.</summary>
    public Task<Answer> Ask(string more = "", string parameters = ",\"parameters\":[{}]", string pipeline = Main) => Lab.Alice.Call(
        "POST",
        Lab.Jobs,
        $$$"""{"project_uuid":"{{{Uuid}}}","pipeline_uuid":"{{{pipeline}}}","pipeline_name":"main","name":"my job","draft":true,"pipeline_run_spec":{"run_type":"full","uuids":[]},"max_retained_pipeline_runs":250{{{parameters}}}{{{more}}}}""");

    /// <summary>Makes a draft.</summary>
    public async Task<Job> Draft(string more = "", string parameters = ",\"parameters\":[{}]")
    {
        var made = await Ask(more, parameters);
        made.Is(201);
        return new Job(this, made.Json["uuid"]!.GetValue<string>());
    }

    /// <summary>Makes a draft and confirms it with these parameter sets.</summary>
    public async Task<Job> Run(string sets = "[{}]", string more = "")
    {
        var job = await Draft();
        await job.Confirm($",\"parameters\":{sets}{more}");
        return job;
    }
}

/// <summary>A job of alice's.</summary>
public sealed record Job(Project Project, string Uuid)
{
    public string Path { get; } = $"{Lab.Jobs}/{Uuid}";

    public Task<Answer> Call(string method, string more = "", string? body = null) => Project.Lab.Alice.Call(method, Path + more, body);

    public Task<Answer> Put(string body) => Call("PUT", "", body);

    public async Task<JsonObject> Get(string query = "") => (await Call("GET", query)).Ok();

    public async Task<string> Status() => (await Get())["status"]!.GetValue<string>();

    public async Task Confirm(string more = "") =>
        (await Put("{\"confirm_draft\":true,\"strategy_json\":{}" + more + "}")).Is(200, message: "Job was updated successfully");

    /// <summary>Its runs, the first made first.</summary>
    public async Task<IReadOnlyList<JsonObject>> Runs(string query = "") =>
        [.. (await Call("GET", "/pipeline_runs" + query)).Ok()["pipeline_runs"]!.AsArray().Select(run => run!.AsObject()).OrderBy(run => (int)run["pipeline_run_index"]!)];

    public async Task<JsonObject> Run(string uuid) => (await Call("GET", "/" + uuid)).Ok();

    /// <summary>Waits until all runs that it has have ended; answers its status then.</summary>
    public async Task<string> Ended()
    {
        await Until(async () => await Status() is "SUCCESS" or "FAILURE" or "ABORTED");
        return await Status();
    }

    /// <summary>Waits until it has so many runs and all have ended.</summary>
    public async Task<IReadOnlyList<JsonObject>> EndedRuns(int count)
    {
        await Until(async () => await Runs() is var runs && runs.Count >= count && runs.All(run => run["status"]!.GetValue<string>() is not ("PENDING" or "STARTED")));
        return await Runs();
    }

    /// <param name="longest">How long it may take; 90 s if not said.</param>
    /// <param name="often">Looks without a pause that would miss something short.</param>
    public async Task Until(Func<Task<bool>> holds, TimeSpan? longest = null, bool often = false)
    {
        using var patience = new CancellationTokenSource(longest ?? TimeSpan.FromSeconds(90));
        while (!await holds())
        {
            Assert.False(patience.IsCancellationRequested, $"it did not come to that: {(await Get())["status"]} {string.Join("\n", (await Runs()).Select(run => run.ToJsonString()))}");
            await Task.Delay(TimeSpan.FromMilliseconds(often ? 2 : 40), TimeProvider.System);
        }
    }

    /// <summary>What a step of a run wrote, without the first line, which is random.</summary>
    public async Task<string> Log(JsonObject run, string step = Step.A)
    {
        var answer = await Read(run, $".orchest/pipelines/{run["pipeline_uuid"]}/logs/{step}.log");
        answer.Is(200);
        return answer.Text[(answer.Text.IndexOf('\n', StringComparison.Ordinal) + 1)..];
    }

    /// <summary>A file of a run's copy.</summary>
    public Task<Answer> Read(JsonObject run, string path) =>
        Project.Lab.Alice.Call("GET", $"/async/file-management/read?project_uuid={Project.Uuid}&job_uuid={Uuid}&run_uuid={run["uuid"]}&path={Uri.EscapeDataString(path)}");
}
