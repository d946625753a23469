using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Switchyard.OpenPai.Tests;

/// <summary>Neutral tasks in images: as whom, with what of the node, over which network, pulled when and by whom.</summary>
public sealed class NeutralImageTests : IAsyncLifetime
{
    private const string Root = "/api/yard/v1";

    public async ValueTask InitializeAsync() => await TestImage.Make();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_task_runs_in_its_image_as_the_user_with_the_mounts_and_the_limits_it_names()
    {
        var shared = Directory.CreateTempSubdirectory("yard-mount-").FullName;
        await using var yard = await Yard.Start([.. TestImage.Settings, ("CONTAINER_MOUNTS", shared)]);
        await File.WriteAllTextAsync($"{shared}/given", "from the node\n");
        // For a user of the container's that is nobody here.
        await TestImage.Run("/bin/chmod", "755", shared);
        var (state, log) = await Ran(yard, $$"""
            "memory_mb":64,"cpu_millis":500,"env":{"colour":"deep blue"},"container":{"user":"1234:55","network":"none","shm_mb":32,
            "mounts":[{"source":"{{shared}}","target":"/data","read_only":true}]},
            "command":["/bin/sh","-c","id -u; id -g; echo \"$colour\"; cat /data/given; touch /data/x; grep -c : /proc/net/dev; df -k /dev/shm | tail -n 1; cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null; ls /usr/bin/python3; exit 0"]
            """);
        Assert.Equal("succeeded", state);
        Assert.StartsWith("1234\n55\ndeep blue\nfrom the node\n", log, StringComparison.Ordinal);
        Assert.Contains("/data/x: Read-only", log, StringComparison.Ordinal);
        // The loopback interface alone.
        Assert.Contains("\n1\n", log, StringComparison.Ordinal);
        Assert.Contains(" 32768 ", log, StringComparison.Ordinal);
        Assert.Contains("\n67108864\n", log, StringComparison.Ordinal);
        Assert.Contains("/usr/bin/python3: No such file", log, StringComparison.Ordinal);

        (state, log) = await Ran(yard, $$"""
            "container":{"user":"server","mounts":[{"source":"{{shared}}","target":"/data"}]},"command":["/bin/sh","-c","id -u; touch /data/made; echo '{\"exit_value\":\"set inside\"}' > result.json"]
            """);
        Assert.Equal(("succeeded", "0\n"), (state, log));
        Assert.True(File.Exists($"{shared}/made"));
        Assert.Equal("", await TestImage.Containers(yard));
        Directory.Delete(shared, true);
    }

    [Fact]
    public async Task The_words_for_docker_are_taken_by_a_program_of_its_kind_and_the_command_line_runs_files_with_images()
    {
        // There is no Docker here; Podman takes Docker's words, and by its name it is taken for Docker.
        var folder = Directory.CreateTempSubdirectory("yard-docker-").FullName;
        await File.WriteAllTextAsync($"{folder}/docker", $"#!/bin/sh\necho \"$@\" >>{folder}/said\nexec {string.Join(' ', TestImage.Podman)} \"$@\"\n");
        await TestImage.Run("/bin/chmod", "755", $"{folder}/docker");
        await using var yard = await Yard.Start(("CONTAINER_RUNTIME", $"{folder}/docker"), TestImage.Settings[1]);
        await File.WriteAllTextAsync($"{folder}/job.json", $$"""
            {"name":"file","tasks":[{"key":"a","image":"{{TestImage.Name}}","memory_mb":64,"container":{"user":"server","network":"none"},"command":["/bin/sh","-c","echo inside; exit 3"]}]}
            """);
        var (exit, output, error) = await yard.Command(null, "run", $"{folder}/job.json");
        Assert.True(exit == 1, output + error);
        Assert.Contains("3", output, StringComparison.Ordinal);
        var run = await Start(yard, """ "command":["/bin/sh","-c","echo up; sleep 1000"] """);
        while (await Log(yard, run) != "up\n")
            await Task.Delay(50);
        (await yard.Send("POST", $"{Root}/runs/{run}/cancel", "")).Is(204);
        Assert.Equal("cancelled", (await Ended(yard, run))["state"]!.GetValue<string>());
        Assert.Equal("", await TestImage.Containers(yard));
        Assert.DoesNotContain("--ignore", await File.ReadAllTextAsync($"{folder}/said"), StringComparison.Ordinal);
        Directory.Delete(folder, true);
    }

    [Fact]
    public async Task Ports_of_a_network_of_its_own_lead_into_the_container()
    {
        await using var yard = await Yard.Start(TestImage.Settings);
        var port = FreePort();
        var run = await Start(yard, $$"""
            "container":{"network":"own","ports":[{{port}}]},"command":["/bin/sh","-c","echo hello > index.html; httpd -f -p {{port}}"]
            """);
        using var client = new HttpClient();
        string? said = null;
        for (var tries = 0; said is null && tries < 300; tries++)
        {
            try
            {
                said = await client.GetStringAsync($"http://127.0.0.1:{port}/");
            }
            catch (HttpRequestException)
            {
                await Task.Delay(100);
            }
        }

        Assert.Equal("hello\n", said);
        (await yard.Send("POST", $"{Root}/runs/{run}/cancel", "")).Is(204);
        Assert.Equal("cancelled", (await Ended(yard, run))["state"]!.GetValue<string>());
        Assert.Equal("", await TestImage.Containers(yard));
    }

    [Fact]
    public async Task What_may_not_be_mounted_or_cannot_be_had_is_refused_when_it_is_submitted()
    {
        var shared = Directory.CreateTempSubdirectory("yard-mount-").FullName;
        File.CreateSymbolicLink($"{shared}/link", "/etc");
        await using var yard = await Yard.Start([.. TestImage.Settings, ("CONTAINER_MOUNTS", shared)]);
        foreach (var (part, field) in new[]
        {
            ("""{"mounts":[{"source":"/etc","target":"/x"}]}""", "mounts[0].source"),
            ($$"""{"mounts":[{"source":"{{shared}}/link","target":"/x"}]}""", "mounts[0].source"),
            ($$"""{"mounts":[{"source":"{{shared}}/../../etc","target":"/x"}]}""", "mounts[0].source"),
            ($$"""{"mounts":[{"source":"{{yard.Data}}","target":"/x"}]}""", "mounts[0].source"),
            ($$"""{"mounts":[{"source":"{{shared}}","target":"/"}]}""", "mounts[0].target"),
            ("""{"user":"--privileged"}""", "user"),
            ("""{"network":"container:other"}""", "network"),
            ("""{"ports":[80]}""", "ports"),
            ("""{"pull":"sometimes"}""", "pull"),
            ("""{"registry":{"server":"r.example.org","user":"bob","password_secret":"open sesame"}}""", "registry.password_secret"),
        })
        {
            var answer = await yard.Send("POST", $"{Root}/runs", $$"""{"tasks":[{"key":"a","image":"{{TestImage.Name}}","command":["true"],"container":{{part}}}]}""");
            answer.Is(400);
            Assert.Contains($"tasks[0].container.{field}", answer.Text, StringComparison.Ordinal);
        }

        await using var without = await Yard.Start();
        var refused = await without.Send("POST", $"{Root}/runs", $$"""{"tasks":[{"key":"a","image":"{{TestImage.Name}}","command":["true"]}]}""");
        refused.Is(400);
        Assert.Contains("no container runtime", refused.Text, StringComparison.Ordinal);
        Directory.Delete(shared, true);
    }

    [Fact]
    public async Task Containers_that_nobody_knows_go_at_a_start_and_those_of_others_stay()
    {
        await using var yard = await Yard.Start(TestImage.Settings);
        var run = await Start(yard, """ "command":["/bin/sh","-c","echo up; sleep 1000"] """);
        while (await Log(yard, run) != "up\n")
            await Task.Delay(50);
        var living = await TestImage.Containers(yard);
        await yard.Kill();
        var (left, other) = ($"yard-{await TestImage.NodeId(yard)}-12345", $"yard-other{Guid.NewGuid():N}-12345");
        foreach (var name in new[] { left, other })
            await TestImage.Run("/usr/bin/podman", [.. TestImage.Podman[1..], "run", "--detach", "--network", "none", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024", "--name", name, TestImage.Name, "/bin/sleep", "1000"]);
        Assert.Contains(left, await TestImage.Containers(yard), StringComparison.Ordinal);
        await yard.Restart();
        for (var tries = 0; await TestImage.Containers(yard) != living; tries++)
        {
            Assert.True(tries < 300, await TestImage.Containers(yard));
            await Task.Delay(100);
        }

        await TestImage.Run("/usr/bin/podman", [.. TestImage.Podman[1..], "rm", "--force", "--time", "0", other]);
        (await yard.Send("POST", $"{Root}/runs/{run}/cancel", "")).Is(204);
        Assert.Equal("cancelled", (await Ended(yard, run))["state"]!.GetValue<string>());
    }

    [Fact]
    public async Task An_image_is_pulled_when_the_task_says_so_with_a_password_from_the_secrets_that_stays_secret()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/docker-registry"), "docker-registry is not installed");
        await using var registry = await Registry.Start();
        await using var yard = await Yard.Start(TestImage.Settings);
        (await yard.Send("POST", "/api/2.0/secrets/scopes/create", """{"scope":"images"}""")).Is(200);
        (await yard.Send("POST", "/api/2.0/secrets/put", $$"""{"scope":"images","key":"alice","string_value":"{{Registry.Password}}"}""")).Is(200);
        var image = $"127.0.0.1:{registry.Port}/team/tool:1";
        string Task(string pull, string login) => $$"""
            "image":"{{image}}","container":{"pull":"{{pull}}"{{login}}},"command":["/bin/sh","-c","ls -a; env | grep -c YARD_REGISTRY; echo ran"]
            """;
        var login = $$""","registry":{"server":"127.0.0.1:{{registry.Port}}","user":"alice","password_secret":"images/alice"}""";

        var (state, log) = await Ran(yard, Task("never", ""));
        Assert.Equal("failed", state);
        Assert.Contains("does not let it be pulled", log, StringComparison.Ordinal);
        (state, log) = await Ran(yard, Task("if_not_present", ""));
        Assert.Equal("failed", state);
        Assert.Contains($"Can not pull Docker image {image}", log, StringComparison.Ordinal);
        (state, log) = await Ran(yard, Task("if_not_present", login.Replace("images/alice", "images/nobody", StringComparison.Ordinal)));
        Assert.Equal("failed", state);

        (state, log) = await Ran(yard, Task("always", login));
        Assert.True(state == "succeeded", log);
        Assert.DoesNotContain(".container.login", log, StringComparison.Ordinal);
        Assert.EndsWith("\n0\nran\n", log, StringComparison.Ordinal);
        (state, log) = await Ran(yard, Task("never", ""));
        Assert.Equal("succeeded", state);
        registry.Stop();
        (state, _) = await Ran(yard, Task("always", login));
        Assert.Equal("failed", state);

        var others = await yard.User("mallory");
        var run = (await yard.Send("POST", $"{Root}/runs", $$"""{"tasks":[{"key":"a",{{Task("always", login)}}}]}""", others)).Json["run_id"]!.GetValue<long>();
        Assert.Equal("failed", (await Ended(yard, run))["state"]!.GetValue<string>());
        Assert.DoesNotContain("cannot sign in", await Log(yard, run), StringComparison.Ordinal);
        foreach (var secret in new[] { Registry.Password, Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"alice:{Registry.Password}")) })
            await TestImage.Run("/bin/sh", "-c", "! grep -rlF -- \"$1\" \"$2\" >&2", "sh", secret, yard.Data);

        await TestImage.Run("/usr/bin/podman", [.. TestImage.Podman[1..], "rmi", image]);
    }

    /// <summary>Runs one task to its end, and answers its state and log.</summary>
    private static async Task<(string State, string Log)> Ran(Yard yard, string task)
    {
        var run = await Start(yard, task);
        return ((await Ended(yard, run))["state"]!.GetValue<string>(), await Log(yard, run));
    }

    private static async Task<long> Start(Yard yard, string task)
    {
        var image = task.Contains("\"image\"", StringComparison.Ordinal) ? "" : $"\"image\":\"{TestImage.Name}\",";
        var made = await yard.Send("POST", $"{Root}/runs", $$"""{"name":"one","tasks":[{"key":"a",{{image}}{{task}}}]}""");
        made.Is(201);
        return made.Json["run_id"]!.GetValue<long>();
    }

    private static async Task<JsonObject> Ended(Yard yard, long run)
    {
        for (var tries = 0; ; tries++)
        {
            var now = (await yard.Get($"{Root}/runs/{run}/wait?seconds=10")).Ok();
            if (now["ended_at"] is not null)
                return now;
            Assert.True(tries < 10, now.ToJsonString());
        }
    }

    private static async Task<string> Log(Yard yard, long run)
    {
        var attempt = (await yard.Get($"{Root}/runs/{run}/attempts")).Ok()["attempts"]!.AsArray()[^1]!["id"];
        return (await yard.Get($"{Root}/attempts/{attempt}/log")).Text;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>A real registry on this machine that lets in who has a password, with the test's image in it.</summary>
    private sealed class Registry : IAsyncDisposable
    {
        public const string Password = "open sesame";

        private readonly string _folder = Directory.CreateTempSubdirectory("yard-registry-").FullName;
        private readonly Process _process;

        private Registry()
        {
            File.WriteAllText($"{_folder}/users", "alice:$2y$05$nXRCdp7e3CfLjyqBn2rBPOcH1n1ywEIlTKx9yCR6RMdoBIRaKnsKm\n");
            File.WriteAllText($"{_folder}/config.yml", $$"""
                version: 0.1
                log: { level: error }
                storage: { filesystem: { rootdirectory: {{_folder}}/blobs } }
                http: { addr: "127.0.0.1:{{Port}}" }
                auth: { htpasswd: { realm: test, path: {{_folder}}/users } }
                """);
            // It speaks plain HTTP, which the runtime has to be told.
            File.WriteAllText($"{_folder}/registries.conf", $"[[registry]]\nlocation = \"127.0.0.1:{Port}\"\ninsecure = true\n");
            Environment.SetEnvironmentVariable("CONTAINERS_REGISTRIES_CONF", $"{_folder}/registries.conf");
            _process = Process.Start(new ProcessStartInfo("/usr/bin/docker-registry", ["serve", $"{_folder}/config.yml"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        }

        public int Port { get; } = FreePort();

        public static async Task<Registry> Start()
        {
            var registry = new Registry();
            using var client = new HttpClient();
            for (var tries = 0; ; tries++)
            {
                try
                {
                    Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync($"http://127.0.0.1:{registry.Port}/v2/")).StatusCode);
                    break;
                }
                catch (HttpRequestException) when (tries < 100)
                {
                    await Task.Delay(100);
                }
            }

            await TestImage.Run("/usr/bin/podman", [.. TestImage.Podman[1..], "push", "--quiet", "--creds", $"alice:{Password}", TestImage.Name, $"127.0.0.1:{registry.Port}/team/tool:1"]);
            return registry;
        }

        public void Stop() => _process.Kill();

        public async ValueTask DisposeAsync()
        {
            Environment.SetEnvironmentVariable("CONTAINERS_REGISTRIES_CONF", null);
            if (!_process.HasExited)
                _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
            Directory.Delete(_folder, true);
        }
    }
}
