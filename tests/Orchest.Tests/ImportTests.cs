using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Switchyard.Orchest.Tests;

/// <summary>Projects from git repositories: by the neutral API, the command line, and Orchest's own call.</summary>
public sealed class ImportTests(Lab shared) : IClassFixture<Lab>, IDisposable
{
    private const string Imports = "/api/yard/v1/git-imports";

    private readonly string _root = Directory.CreateTempSubdirectory("yard-git-").FullName;

    [Fact]
    public async Task A_repository_becomes_a_project_with_its_files_and_its_history()
    {
        var url = Repository("vegetables");
        await using var lab = await Lab.Start(("GIT_PROTOCOLS", "https;file"));
        var started = await lab.Yard.Send("POST", Imports, $$"""{"url":"{{url}}","name":"My Vegetables"}""", lab.Token);
        started.Is(202);
        Assert.Equal("my-vegetables", started.Json["slug"]!.GetValue<string>());
        var ended = await Ended(lab, started.Json["id"]!.GetValue<string>());
        Assert.Equal("succeeded", ended["state"]!.GetValue<string>());
        Assert.Equal("echo hello\n", (await lab.Yard.Send("GET", "/api/yard/v1/projects/alice/my-vegetables/files/a.sh", null, lab.Token)).Text);
        Assert.Equal("first\n", Git(Path.Join(lab.Yard.Data, "projects", "alice", "my-vegetables"), "log", "--format=%s"));
        Assert.Empty(Directory.GetDirectories(Path.Join(lab.Yard.Data, "projects", ".yard-import")));

        // The same again: the address is taken. Another user knows nothing of it.
        (await lab.Yard.Send("POST", Imports, $$"""{"url":"{{url}}","name":"My Vegetables"}""", lab.Token)).Is(409);
        var bob = await lab.Yard.User("bob");
        (await lab.Yard.Send("GET", $"{Imports}/{started.Json["id"]}", null, bob)).Is(404);

        // A branch, by the command line, for a team.
        (await lab.Yard.Send("POST", "/api/yard/v1/teams", """{"name":"growers"}""", lab.Token)).Is(201);
        var (exit, output, error) = await lab.Yard.Command(lab.Token, "project", "import", url, "--branch", "other", "--owner", "growers");
        Assert.True(exit == 0, output + error);
        Assert.Equal("growers/vegetables\n", output);
        Assert.Equal("other", (await lab.Yard.Send("GET", "/api/yard/v1/projects/growers/vegetables/files/b.txt", null, lab.Token)).Text);
        Assert.Contains("alice/my-vegetables", (await lab.Yard.Command(lab.Token, "project", "list")).Output);
    }

    [Fact]
    public async Task Orchests_own_call_imports_and_says_how_far_it_is()
    {
        var url = Repository("fruit");
        await using var lab = await Lab.Start(("GIT_PROTOCOLS", "file"));
        var started = (await lab.Alice.Call("POST", "/async/projects/import-git", $$"""{"url":"{{url}}","project_name":"fruit"}""")).Ok();
        Assert.Contains(started["status"]!.GetValue<string>(), new[] { "PENDING", "STARTED", "SUCCESS" });
        await Ended(lab, started["uuid"]!.GetValue<string>());
        var done = (await lab.Alice.Call("GET", $"/async/projects/import-git/{started["uuid"]}")).Ok();
        Assert.Equal(("SUCCESS", "fruit"), (done["status"]!.GetValue<string>(), done["requested_name"]!.GetValue<string>()));
        Assert.Equal("fruit", (await lab.Alice.Call("GET", $"/async/projects/{done["project_uuid"]}")).Ok()["path"]!.GetValue<string>());
        (await lab.Alice.Call("GET", "/async/projects/import-git/nonsense")).Is(404);
        (await lab.Alice.Call("POST", "/async/projects/import-git", """{"url":"--upload-pack=touch x"}""")).Is(400);

        var failed = (await lab.Alice.Call("POST", "/async/projects/import-git", $$"""{"url":"file://{{_root}}/none.git","project_name":"none"}""")).Ok();
        await Ended(lab, failed["uuid"]!.GetValue<string>());
        failed = (await lab.Alice.Call("GET", $"/async/projects/import-git/{failed["uuid"]}")).Ok();
        Assert.Equal(("FAILURE", "GitCloneFailed"), (failed["status"]!.GetValue<string>(), failed["result"]!["error"]!.GetValue<string>()));
        Assert.Null(failed["project_uuid"]);
    }

    [Fact]
    public async Task What_fails_or_takes_too_long_leaves_nothing_and_says_why()
    {
        // It takes the request and never answers.
        using var silent = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var lab = await Lab.Start(("GIT_PROTOCOLS", "http;git;file"), ("GIT_TIMEOUT_SECONDS", "2"));
        foreach (var (url, why) in new[]
        {
            ($"file://{_root}/none.git", "does not appear to be a git repository"),
            ($"http://{silent.LocalEndpoint}/slow.git", "git_timeout_seconds"),
            ($"file://{Repository("late")[7..]}", ""),
        })
        {
            var started = await lab.Yard.Send("POST", Imports, $$"""{"url":"{{url}}","name":"p"{{(why.Length == 0 ? ""","branch":"none" """ : "")}}}""", lab.Token);
            started.Is(202);
            var ended = await Ended(lab, started.Json["id"]!.GetValue<string>());
            Assert.Equal("failed", ended["state"]!.GetValue<string>());
            Assert.Contains(why, ended["problem"]!.GetValue<string>());
            Assert.Null(ended["project_id"]);
            Assert.Empty(Directory.GetDirectories(Path.Join(lab.Yard.Data, "projects", ".yard-import")));
            (await lab.Yard.Send("GET", "/api/yard/v1/projects/alice/p", null, lab.Token)).Is(404);
        }
    }

    [Fact]
    public async Task Credentials_reach_the_repository_and_nobody_else()
    {
        var repository = Repository("private")[7..];
        Git(repository, "update-server-info");
        using var server = new Served(Path.Join(repository), "alice", "s3cret/word");
        await using var lab = await Lab.Start();
        var started = await lab.Yard.Send("POST", Imports, $$"""{"url":"http://alice:s3cret%2Fword@{{server.Address}}/private.git"}""", lab.Token);
        started.Is(202);
        var ended = await Ended(lab, started.Json["id"]!.GetValue<string>());
        Assert.True(ended["state"]!.GetValue<string>() == "succeeded", ended.ToJsonString());
        Assert.DoesNotContain("s3cret", started.Text + ended.ToJsonString());
        foreach (var file in Directory.EnumerateFiles(Path.Join(lab.Yard.Data, "projects"), "*", SearchOption.AllDirectories))
            Assert.DoesNotContain("s3cret", await File.ReadAllTextAsync(file, Encoding.Latin1));

        var wrong = await lab.Yard.Send("POST", Imports, $$"""{"url":"http://alice:guessed@{{server.Address}}/private.git","name":"wrong"}""", lab.Token);
        ended = await Ended(lab, wrong.Json["id"]!.GetValue<string>());
        Assert.Equal("failed", ended["state"]!.GetValue<string>());
        Assert.DoesNotContain("guessed", ended.ToJsonString());
    }

    [Fact]
    public async Task What_a_dead_server_had_fetched_is_put_in_place_if_it_was_stored_and_else_removed()
    {
        await using var lab = await Lab.Start();
        var made = (await lab.Yard.Send("POST", "/api/yard/v1/projects", """{"name":"stored"}""", lab.Token)).Json;
        var projects = Path.Join(lab.Yard.Data, "projects");
        var (kept, lost) = (Path.Join(projects, ".yard-import", $"{made["id"]}"), Path.Join(projects, ".yard-import", "12345"));
        Directory.CreateDirectory(kept);
        Directory.Move(Path.Join(projects, "alice", "stored"), Path.Join(kept, "tree"));
        await File.WriteAllTextAsync(Path.Join(kept, "tree", "a.txt"), "here");
        Directory.CreateDirectory(Path.Join(lost, "tree"));
        await lab.Yard.KillAndRestart();
        Assert.Equal("here", (await lab.Yard.Send("GET", "/api/yard/v1/projects/alice/stored/files/a.txt", null, lab.Token)).Text);
        Assert.Empty(Directory.GetDirectories(Path.Join(projects, ".yard-import")));
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"url":7}""")]
    [InlineData("""{"url":"file:///etc"}""")]
    [InlineData("""{"url":"ext::sh -c touch% /tmp/x"}""")]
    [InlineData("""{"url":"https://example.org/a/b.git","branch":"--upload-pack=x"}""")]
    [InlineData("""{"url":"https://example.org/a/b.git","slug":"API"}""")]
    [InlineData("""{"url":"https://example.org/a/api.git"}""")]
    [InlineData("""{"url":"https://example.org/a/b.git","owner":"nobody"}""")]
    public async Task What_is_no_import_is_refused(string body)
    {
        var refused = await shared.Yard.Send("POST", Imports, body, shared.Token);
        Assert.InRange(refused.Status, 400, 403);
        Assert.NotEmpty(refused.Message!);
    }

    public void Dispose() => Directory.Delete(_root, true);

    private static async Task<JsonObject> Ended(Lab lab, string id)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(100));
        while (true)
        {
            var import = (await lab.Yard.Send("GET", $"{Imports}/{id}", null, lab.Token)).Ok();
            if (import["state"]!.GetValue<string>() is "succeeded" or "failed")
                return import;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, patience.Token);
        }
    }

    /// <summary>A bare repository with one commit and another branch; its address.</summary>
    private string Repository(string name)
    {
        var work = Path.Join(_root, name);
        Directory.CreateDirectory(work);
        Git(work, "init", "-q", "-b", "main");
        File.WriteAllText(Path.Join(work, "a.sh"), "echo hello\n");
        Git(work, "add", ".");
        Git(work, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "first");
        Git(work, "checkout", "-q", "-b", "other");
        File.WriteAllText(Path.Join(work, "b.txt"), "other");
        Git(work, "add", ".");
        Git(work, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "second");
        Git(work, "checkout", "-q", "main");
        Git(_root, "clone", "-q", "--bare", work, work + ".git");
        return $"file://{work}.git";
    }

    private static string Git(string folder, params string[] words)
    {
        var start = new ProcessStartInfo("git", words) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        using var git = Process.Start(start)!;
        var output = git.StandardOutput.ReadToEnd();
        var error = git.StandardError.ReadToEnd();
        git.WaitForExit();
        Assert.True(git.ExitCode == 0, output + error);
        return output;
    }

    /// <summary>The files of a repository over HTTP, for one user.</summary>
    private sealed class Served : IDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly Task _loop;

        public Served(string folder, string user, string password)
        {
            using (var port = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0))
            {
                port.Start();
                Address = port.LocalEndpoint.ToString()!;
            }

            _listener.Prefixes.Add($"http://{Address}/");
            _listener.Start();
            var expected = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
            _loop = Task.Run(async () =>
            {
                while (true)
                {
                    HttpListenerContext call;
                    try
                    {
                        call = await _listener.GetContextAsync();
                    }
                    catch (Exception gone) when (gone is HttpListenerException or ObjectDisposedException)
                    {
                        return;
                    }

                    var file = Path.Join(folder, call.Request.Url!.AbsolutePath["/private.git".Length..]);
                    var right = call.Request.Headers["Authorization"] == expected;
                    call.Response.StatusCode = !right ? 401 : File.Exists(file) ? 200 : 404;
                    if (!right)
                        call.Response.AddHeader("WWW-Authenticate", "Basic");
                    else if (File.Exists(file))
                        await call.Response.OutputStream.WriteAsync(await File.ReadAllBytesAsync(file));
                    call.Response.Close();
                }
            });
        }

        public string Address { get; }

        public void Dispose()
        {
            _listener.Close();
            _loop.Wait();
        }
    }
}
