using System.Text.Json.Nodes;

namespace Switchyard.Orchest.Tests;

/// <summary>Services of pipelines: real processes beside the steps of each run.</summary>
public sealed class ServiceTests(Lab lab) : IClassFixture<Lab>
{
    /// <summary>Answers each request with a text of its run's, from all addresses of its network.</summary>
    private const string Server =
        """
        import http.server, os, sys
        class Answer(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write((os.environ["WORD"] + " of " + os.environ["ORCHEST_SESSION_UUID"]).encode())
            def log_message(self, *_):
                print("asked for", self.path, flush=True)
        print("serving", flush=True)
        http.server.ThreadingHTTPServer(("0.0.0.0", 8080), Answer).serve_forever()
        """;

    private const string Ask =
        """
        import orchest, time, urllib.request
        service = orchest.get_service("web")
        n = orchest.get_pipeline_param("n")
        for _ in range(3):
            print(urllib.request.urlopen(f"http://{service['internal_hostname']}:{service['ports'][0]}/{n}").read().decode())
            time.sleep(0.2)
        """;

    [Fact]
    public async Task Each_run_has_its_services_before_its_first_step_and_they_are_gone_after_it()
    {
        var project = await Served();
        var job = await project.Run("""[{"pipeline_parameters":{"n":1}},{"pipeline_parameters":{"n":2}},{"pipeline_parameters":{"n":3}}]""");
        Assert.Equal("SUCCESS", await job.Ended());
        foreach (var run in await job.Runs())
        {
            var n = (int)run["parameters"]!["pipeline_parameters"]!["n"]!;
            Assert.Equal(string.Concat(Enumerable.Repeat($"hello of {run["uuid"]}\n", 3)), await job.Log(run));
            Assert.Equal("serving\n" + string.Concat(Enumerable.Repeat($"asked for /{n}\n", 3)), await job.Log(run, "web"));
            var whole = await job.Run(run["uuid"]!.ToString());
            Assert.Equal([Step.A], whole["pipeline_steps"]!.AsArray().Select(step => (string)step!["step_uuid"]!));
            var service = Assert.Single(whole["services"]!.AsArray())!;
            Assert.Equal(("web", "SUCCESS"), ((string)service["name"]!, (string)service["status"]!));
            Assert.Empty(Processes(run));
        }
    }

    [Fact]
    public async Task A_service_that_ends_or_hangs_fails_its_own_run_by_its_name_and_touches_no_other()
    {
        var project = await Served("import json\nn = json.load(open('/pipeline.json'))['parameters']['n']\nif n == 2:\n    print('no room', flush=True)\n    raise SystemExit(3)\n" + Server);
        var job = await project.Run("""[{"pipeline_parameters":{"n":1}},{"pipeline_parameters":{"n":2}},{"pipeline_parameters":{"n":3}}]""");
        Assert.Equal("FAILURE", await job.Ended());
        var runs = await job.Runs();
        Assert.Equal(["SUCCESS", "FAILURE", "SUCCESS"], runs.Select(run => (string)run["status"]!));
        Assert.Matches(@"^Orchest error: the service web ended with exit code 3\. What it wrote is in \.orchest/pipelines/.*/logs/web\.log\n$", await job.Log(runs[1]));
        Assert.Equal("no room\n", await job.Log(runs[1], "web"));
    }

    [Fact]
    public async Task A_service_goes_with_a_run_that_fails_or_is_ended_also_when_it_does_not_listen_to_signals()
    {
        var project = await Served("import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + Server);
        await project.Put("a.py", "import os, time\nprint('up', flush=True)\ntime.sleep(600 if os.path.exists('/data/wait') else 0)\nraise SystemExit(4)");
        var failing = await project.Run();
        Assert.Equal("FAILURE", await failing.Ended());
        Assert.Empty(Processes((await failing.Runs())[0]));

        await File.WriteAllTextAsync(Path.Combine(lab.Shared, "wait"), "", TestContext.Current.CancellationToken);
        var hanging = await project.Run();
        await Up(hanging);
        var run = (await hanging.Runs())[0];
        Assert.NotEmpty(Processes(run));
        (await hanging.Call("DELETE", $"/{run["uuid"]}")).Is(200);
        await hanging.Until(async () => (string)(await hanging.Runs())[0]["status"]! == "ABORTED");
        Assert.Empty(Processes(run));
        File.Delete(Path.Combine(lab.Shared, "wait"));
    }

    [Fact]
    public async Task A_service_outlives_a_killed_server_and_is_ended_by_the_next_one()
    {
        await using var own = await Lab.Start();
        var project = await Served(Server, own);
        await project.Put("a.py", Ask + "\nimport os\nwhile not os.path.exists('/data/go'):\n    time.sleep(0.05)\nprint(urllib.request.urlopen(f\"http://web:8080/{n}\").read().decode())");
        var job = await project.Run();
        await job.Until(async () => await job.Runs() is [var one] && (await Logged(job, one)).Split('\n').Length > 3);
        var run = (await job.Runs())[0];
        await own.Yard.KillAndRestart();
        Assert.NotEmpty(Processes(run));
        await File.WriteAllTextAsync(Path.Combine(own.Shared, "go"), "", TestContext.Current.CancellationToken);
        Assert.Equal("SUCCESS", await job.Ended());
        Assert.Equal(4, (await job.Log(run)).Split("hello of").Length - 1);
        Assert.Empty(Processes(run));
    }

    [Theory]
    [InlineData("""{"image":"redis:alpine","ports":[6379]}""", "service web wants the container image redis:alpine, and this server has no container runtime")]
    [InlineData("""{"image":""}""", "services.web.command: a service without a container image needs a command")]
    [InlineData("""{"command":"x","args":"'a"}""", "services.web.args: a quotation mark is not closed")]
    [InlineData("""{"command":"x","ports":[0]}""", "services.web.ports: a list of whole numbers from 1 to 65535")]
    [InlineData("""{"command":"x","binds":{"/etc":"/etc"}}""", "services.web.binds: an object is expected")]
    [InlineData("""{"command":"x","binds":{"/data":"/elsewhere"}}""", "services.web.binds: a service without a container image sees /data as /data")]
    [InlineData("""{"command":"x","env_variables":{"A":1}}""", "services.web.env_variables: an object of texts")]
    [InlineData("""{"command":"x","name":"other"}""", "services.web.name: the key it stands under")]
    public async Task A_service_that_could_not_start_is_refused_when_a_job_is_made(string service, string why)
    {
        var project = await lab.Script("true");
        var definition = Project.Definition(Project.Main, "{}", new Step(Step.A, "a.sh"));
        definition["services"] = new JsonObject { ["web"] = JsonNode.Parse(service) };
        await project.Put("main.orchest", definition.ToJsonString());
        var refused = await project.Ask();
        refused.Is(400);
        Assert.Contains(why, refused.Json["message"]!.ToString(), StringComparison.Ordinal);

        definition["services"]!["web"]!["scope"] = new JsonArray("interactive");
        await project.Put("main.orchest", definition.ToJsonString());
        (await project.Ask()).Is(201);
    }

    [Fact]
    public async Task A_service_has_variables_of_its_own_and_those_of_the_job_that_it_asks_for()
    {
        var project = await lab.Project();
        await project.Put("a.sh", "cat /project-dir/seen");
        var definition = Project.Definition(Project.Main, "{}", new Step(Step.A, "a.sh"));
        definition["services"] = JsonNode.Parse(
            """
            {"Web": {"entrypoint": "bash", "command": "-c 'echo \"$1|$OWN|$BOTH|$HIDDEN|$ORCHEST_SESSION_TYPE\" >seen; exec python3 -m http.server 8080' x $BASE_PATH_PREFIX/a",
                     "ports": [8080], "env_variables": {"OWN": "own $BASE_PATH_PREFIX", "BOTH": "own"}, "env_variables_inherit": ["BOTH", "NONE"], "preserve_base_path": true}}
            """);
        await project.Put("main.orchest", definition.ToJsonString());
        var job = await project.Run(more: ",\"env_variables\":{\"BOTH\":\"the job's\",\"HIDDEN\":\"x\"}");
        Assert.Equal("SUCCESS", await job.Ended());
        var run = (await job.Runs())[0];
        Assert.Equal($"pbp-service-web-{run["uuid"]}/a|own pbp-service-web-{run["uuid"]}|the job's||noninteractive\n", await job.Log(run));
    }

    [Fact]
    public async Task The_example_with_a_service_runs_as_it_is()
    {
        var (exit, output, error) = await lab.Yard.Command(lab.Token, "run", Example("service/main.orchest"), "--json");
        Assert.True(exit == 0, output + error);
        Assert.Equal(2, (int)JsonNode.Parse(output)!["runs"]!["succeeded"]!);
    }

    /// <summary>A file of the repository: copies beside the tests lie where git ignores everything.</summary>
    private static string Example(string name)
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Join(at.FullName, "Switchyard.slnx")))
            at = at.Parent ?? throw new FileNotFoundException(name);
        return Path.Join(at.FullName, "examples", "orchest", name);
    }

    private Task<Project> Served(string server = Server) => Served(server, lab);

    private static async Task<Project> Served(string server, Lab lab)
    {
        var project = await lab.Project();
        await project.Put("server.py", server);
        await project.Put("a.py", Ask);
        var definition = Project.Definition(Project.Main, """{"n":0}""", new Step(Step.A, "a.py"));
        definition["services"] = JsonNode.Parse("""{"web":{"name":"web","image":"","command":"python3","args":"server.py","ports":[8080],"env_variables":{"WORD":"hello"},"scope":["noninteractive"],"order":1}}""");
        await project.Put("main.orchest", definition.ToJsonString());
        return project;
    }

    private static Task Up(Job job) => job.Until(async () => await job.Runs() is [var run] && (await Logged(job, run)).Contains("up", StringComparison.Ordinal));

    private static async Task<string> Logged(Job job, JsonObject run) =>
        (await job.Read(run, $".orchest/pipelines/{run["pipeline_uuid"]}/logs/{Step.A}.log")) is { Status: 200 } answer ? answer.Text : "";

    /// <summary>Processes of a run's service on this machine.</summary>
    private static IReadOnlyList<string> Processes(JsonObject run) =>
    [
        .. Directory.EnumerateDirectories("/proc").Where(process => int.TryParse(Path.GetFileName(process), out _)).Where(process =>
        {
            try
            {
                return File.ReadAllText(Path.Combine(process, "environ")).Contains($"ORCHEST_SESSION_UUID={run["uuid"]}\0", StringComparison.Ordinal);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return false;
            }
        }),
    ];
}
