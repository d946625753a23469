using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Switchyard.OpenPai.Tests;

/// <summary>Logging in to running tasks, with the real client.</summary>
public sealed class SshTests : IDisposable
{
    private const string Why = "there is no OpenSSH here: apt-get install openssh-server openssh-client";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("yard-ssh-");

    public SshTests() => Assert.SkipUnless(File.Exists("/usr/sbin/sshd") && File.Exists("/usr/bin/ssh"), Why);

    public void Dispose() => _folder.Delete(true);

    [Fact]
    public async Task A_session_is_in_the_tasks_directory_with_its_environment()
    {
        await using var yard = await Yard.Start();
        (await yard.Submit("in", "cd /; echo mine > \"$PAI_WORK_DIR/mark\"; env -0 > \"$PAI_WORK_DIR/all\"; touch \"$PAI_WORK_DIR/ready\"; sleep 1000", ""","taskNumber":2""", ""","jobEnvs":{"odd.name":"a b'\"$c","TERM":"of the task"}""")).Is(202);
        var info = await Info(yard, "in", 2);
        var key = await Key(yard, info);
        foreach (var at in new[] { 0, 1 })
        {
            var said = await Ssh(info, at, key, "until [ -e ready ]; do sleep 0.1; done; cat mark; echo \"$PAI_CURRENT_TASK_ROLE_CURRENT_TASK_INDEX $PWD $0\"; env -0 > seen; exit 7");
            Assert.True(said.Code == 7, said.ToString());
            var lines = said.Out.Split('\n');
            Assert.Equal("mine", lines[0]);
            Assert.StartsWith($"{at} {yard.Data}/", lines[1], StringComparison.Ordinal);
            var directory = lines[1].Split(' ')[1];
            var (task, session) = (Variables($"{directory}/all"), Variables($"{directory}/seen"));
            Assert.Equal("a b'\"$c", session["odd.name"]);
            // What the shells themselves set, and what the client brings.
            foreach (var own in new[] { "PWD", "OLDPWD", "SHLVL", "_", "PAI_WORK_DIR", "TERM", "SSH_CLIENT", "SSH_CONNECTION" })
                _ = (task.Remove(own), session.Remove(own));
            Assert.Equal(task.OrderBy(pair => pair.Key, StringComparer.Ordinal), session.OrderBy(pair => pair.Key, StringComparer.Ordinal));
        }

        // Without a command it is a shell, here one that reads its lines from a pipe; with a terminal it has one.
        Assert.Equal("2 in\n", (await Ssh(info, 0, key, null, "echo $((1 + 1)) $PAI_JOB_NAME\nexit\n")).Out);
        Assert.Contains("/dev/pts/", (await Ssh(info, 0, key, "tty; stty -a", options: ["-tt"])).Out, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Join(_folder.FullName, "sent"), "by scp");
        var copy = await Run("scp", [.. Options(key), "-P", Port(info, 0), Path.Join(_folder.FullName, "sent"), $"{Environment.UserName}@127.0.0.1:here"]);
        Assert.True(copy.Code == 0, copy.ToString());
        Assert.Equal("by scp", (await Ssh(info, 0, key, "cat here")).Out);
        await Stop(yard, "in");
    }

    [Fact]
    public async Task Only_the_jobs_own_key_opens_and_only_owner_and_administrators_are_shown_it()
    {
        await using var yard = await Yard.Start();
        var (alice, bob) = (await yard.User("alice"), await yard.User("bob"));
        (await yard.Get("/api/v1/user/alice/jobs/mine/ssh", alice)).Is(404, "NoJobError");
        (await yard.Submit("mine", "sleep 1000", token: alice, user: "alice")).Is(202);
        (await yard.Submit("other", "sleep 1000", token: alice, user: "alice")).Is(202);
        var (mine, other) = (await Info(yard, "mine", 1, "alice", alice), await Info(yard, "other", 1, "alice"));
        (await yard.Get("/api/v1/user/alice/jobs/mine/ssh", bob)).Is(403, "ForbiddenUserError");
        (await yard.Get("/api/v1/user/alice/jobs/mine/ssh", "")).Is(401, "UnauthorizedUserError");
        var status = (await yard.Get("/api/v1/user/alice/jobs/mine", alice)).Ok()["taskRoles"]!["main"]!["taskStatuses"]![0]!;
        var container = Assert.Single(mine["containers"]!.AsArray())!.AsObject();
        Assert.Equal(["id", "sshIp", "sshPort"], container.Select(pair => pair.Key));
        Assert.Equal((status["containerId"]!.GetValue<string>(), "127.0.0.1", status["containerPorts"]!["ssh"]!.GetValue<string>()),
            (container["id"]!.GetValue<string>(), container["sshIp"]!.GetValue<string>(), container["sshPort"]!.GetValue<string>()));
        var pair = mine["keyPair"]!.AsObject();
        Assert.Equal(["folderPath", "publicKeyFileName", "privateKeyFileName", "privateKeyDirectDownloadLink"], pair.Select(member => member.Key));
        Assert.Equal(("alice~mine.pub", "alice~mine"), (pair["publicKeyFileName"]!.GetValue<string>(), pair["privateKeyFileName"]!.GetValue<string>()));

        var (right, wrong) = (await Key(yard, mine), await Key(yard, other));
        Assert.Equal("in\n", (await Ssh(mine, 0, right, "echo in")).Out);
        foreach (var options in new[] { Array.Empty<string>(), ["-o", "PreferredAuthentications=password,keyboard-interactive,publickey"] })
        {
            var refused = await Ssh(mine, 0, wrong, "echo in", options: options);
            Assert.True(refused.Code == 255 && refused.Error.Contains("Permission denied (publickey)", StringComparison.Ordinal), refused.ToString());
        }

        // No other user of the machine, whatever the key.
        Assert.Contains("Permission denied", (await Ssh(mine, 0, right, "echo in", options: ["-l", "nobody"])).Error, StringComparison.Ordinal);
        await Stop(yard, "mine", "alice");
        await Stop(yard, "other", "alice");
    }

    [Fact]
    public async Task The_private_keys_address_is_all_it_takes_and_is_dead_with_the_job()
    {
        await using var yard = await Yard.Start();
        (await yard.Submit("link", "sleep 1000")).Is(202);
        var link = Link(await Info(yard, "link", 1));
        var answer = await yard.Get(link.PathAndQuery, "");
        Assert.Equal(200, answer.Status);
        Assert.StartsWith("-----BEGIN EC PRIVATE KEY-----\n", answer.Text, StringComparison.Ordinal);
        Assert.Equal(("no-store", "no-referrer"), (answer.Headers["Cache-Control"], answer.Headers["Referrer-Policy"]));
        var key = link.Query["?key=".Length..];
        Assert.Equal(40, key.Length);
        foreach (var closed in new[] { link.AbsolutePath, $"{link.AbsolutePath}?key=", $"{link.AbsolutePath}?key={key[..^1]}", $"{link.AbsolutePath}?key={new string('0', 40)}", $"/rest-server/ssh/1?key={key}", $"/rest-server/ssh/x?key={key}" })
            (await yard.Get(closed, "")).Is(404);
        // An administrator's token is no key either: there is one way.
        (await yard.Get(link.AbsolutePath)).Is(404);
        await yard.KillAndRestart();
        Assert.Equal(answer.Text, (await yard.Get(link.PathAndQuery, "")).Text);
        await Stop(yard, "link");
        (await yard.Get(link.PathAndQuery, "")).Is(404);
        (await yard.Get("/api/v1/user/admin/jobs/link/ssh")).Is(404, "NoJobSshInfoError", "SSH info of job link is not found.");

        // Started again it is another key, and the old address stays dead.
        (await yard.Send("PUT", "/api/v1/user/admin/jobs/link/executionType", """{"value":"START"}""")).Is(200);
        var next = Link(await Info(yard, "link", 1));
        Assert.NotEqual(answer.Text, (await yard.Get(next.PathAndQuery, "")).Text);
        (await yard.Get(link.PathAndQuery, "")).Is(404);
        await Stop(yard, "link");
        (await yard.Send("DELETE", "/api/v1/user/admin/jobs/link")).Is(202);
        (await yard.Get(next.PathAndQuery, "")).Is(404);
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("subreaper")]
    public async Task A_session_dies_with_its_task_and_so_does_what_it_left_behind(string level)
    {
        await using var yard = await Yard.Start(("KILL_LEVEL", level));
        (await yard.Submit("dies", "sleep 1000")).Is(202);
        (await yard.Submit("lives", "sleep 1000")).Is(202);
        var (info, other) = (await Info(yard, "dies", 1), await Info(yard, "lives", 1));
        var (key, otherKey) = (await Key(yard, info), await Key(yard, other));
        var mark = $"{Random.Shared.Next(100_000, 999_999)}.25";
        Assert.Equal(0, (await Ssh(info, 0, key, $"setsid sleep {mark} >/dev/null 2>&1 </dev/null & exit 0")).Code);
        Assert.Equal(0, (await Ssh(other, 0, otherKey, $"setsid sleep {mark} >/dev/null 2>&1 </dev/null & exit 0")).Code);
        var held = Ssh(info, 0, key, $"setsid sleep {mark} & sleep {mark}");
        var forwarding = Ssh(info, 0, key, null, options: ["-N"]);
        await Until(() => Alive($"sleep {mark}").Count == 4 && Servers(yard) >= 2);
        await Stop(yard, "dies");
        Assert.Equal((255, 255), ((await held).Code, (await forwarding).Code));
        await Until(() => Servers(yard) == 0);
        Assert.Single(Alive($"sleep {mark}"));
        await Stop(yard, "lives");
        Assert.Empty(Alive($"sleep {mark}"));
        Assert.Contains("Connection refused", (await Ssh(info, 0, key, "true")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_waits_for_a_login_but_the_host_and_a_new_server_changes_nothing()
    {
        await using var yard = await Yard.Start();
        (await yard.Submit("stays", "sleep 1000", ""","taskNumber":4""")).Is(202);
        var info = await Info(yard, "stays", 4);
        var key = await Key(yard, info);
        Assert.Equal(0, Servers(yard));
        var held = Ssh(info, 3, key, "read line; echo \"$line\"", null, out var input);
        await Until(() => Servers(yard) == 1);
        await yard.KillAndRestart();
        await input.WriteLineAsync("still there");
        Assert.Equal("still there\n", (await held).Out);
        Assert.Equal("3\n", (await Ssh(await Info(yard, "stays", 4), 3, key, "echo $PAI_TASK_INDEX")).Out);
        await Until(() => Servers(yard) == 0);
        await Stop(yard, "stays");
    }

    [Fact]
    public async Task Ports_of_the_task_can_be_forwarded()
    {
        await using var yard = await Yard.Start();
        (await yard.Submit("web", "exec python3 -u -m http.server --bind 127.0.0.1 $PAI_CONTAINER_HOST_PORT")).Is(202);
        var info = await Info(yard, "web", 1);
        var key = await Key(yard, info);
        var (near, far) = (Yard.FreePort(), (await yard.Get("/api/v1/user/admin/jobs/web")).Ok()["taskRoles"]!["main"]!["taskStatuses"]![0]!["containerPorts"]!["http"]!.GetValue<string>());
        var forwarding = Ssh(info, 0, key, null, options: ["-N", "-L", $"127.0.0.1:{near}:127.0.0.1:{far}"]);
        using var client = new HttpClient();
        await Until(() =>
        {
            try
            {
                return client.GetStringAsync(new Uri($"http://127.0.0.1:{near}/")).GetAwaiter().GetResult().Contains("Directory listing", StringComparison.Ordinal);
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
        await Stop(yard, "web");
        Assert.Equal(255, (await forwarding).Code);
    }

    [Fact]
    public async Task Without_ssh_tasks_run_and_nobody_logs_in()
    {
        await using var yard = await Yard.Start(("OPENPAI_SSH", "off"));
        (await yard.Submit("alone", "sleep 1000")).Is(202);
        await yard.Until("alone", status => status["state"]!.GetValue<string>() == "RUNNING");
        (await yard.Get("/api/v1/user/admin/jobs/alone/ssh")).Is(404, "NoJobSshInfoError");
        await Stop(yard, "alone");
    }

    private sealed record Said(int Code, string Out, string Error);

    private static async Task<JsonObject> Info(Yard yard, string job, int tasks, string user = "admin", string? token = null)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var answer = await yard.Get($"/api/v1/user/{user}/jobs/{job}/ssh", token);
            if (answer.Status == 200 && answer.Ok()["containers"]!.AsArray().Count == tasks)
                return answer.Ok();
            Assert.False(patience.IsCancellationRequested, answer.Text);
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    private static Uri Link(JsonObject info) => new(info["keyPair"]!["privateKeyDirectDownloadLink"]!.GetValue<string>());

    /// <summary>Fetches the private key as clients do, and answers the file it is kept in.</summary>
    private async Task<string> Key(Yard yard, JsonObject info)
    {
        var file = Path.Join(_folder.FullName, Guid.NewGuid().ToString("n"));
        await File.WriteAllTextAsync(file, (await yard.Get(Link(info).PathAndQuery, "")).Text);
        Assert.Equal(0, (await Run("chmod", ["600", file])).Code);
        return file;
    }

    private static string Port(JsonObject info, int at) => info["containers"]![at]!["sshPort"]!.GetValue<string>();

    private static List<string> Options(string key) =>
        ["-F", "/dev/null", "-i", key, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", "BatchMode=yes"];

    private static Task<Said> Ssh(JsonObject info, int at, string key, string? command, string? input = "", string[]? options = null)
    {
        var said = Ssh(info, at, key, command, options, out var writer);
        writer.Write(input);
        writer.Close();
        return said;
    }

    private static Task<Said> Ssh(JsonObject info, int at, string key, string? command, string[]? options, out StreamWriter input)
    {
        // The first of two -l counts.
        List<string> words = [.. Options(key), .. options ?? [], "-p", Port(info, at), "-l", Environment.UserName, info["containers"]![at]!["sshIp"]!.GetValue<string>()];
        if (command is not null)
            words.Add(command);
        return Run("ssh", words, out input);
    }

    private static Task<Said> Run(string program, List<string> words)
    {
        var said = Run(program, words, out var input);
        input.Close();
        return said;
    }

    private static Task<Said> Run(string program, List<string> words, out StreamWriter input)
    {
        var process = Process.Start(new ProcessStartInfo($"/usr/bin/{program}", words) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        input = process.StandardInput;
        return End();

        async Task<Said> End()
        {
            using (process)
            {
                using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
                var (said, complained) = (process.StandardOutput.ReadToEndAsync(patience.Token), process.StandardError.ReadToEndAsync(patience.Token));
                await process.WaitForExitAsync(patience.Token);
                return new Said(process.ExitCode, await said, await complained);
            }
        }
    }

    private static async Task Stop(Yard yard, string job, string user = "admin")
    {
        Assert.True((await yard.Send("PUT", $"/api/v1/user/{user}/jobs/{job}/executionType", """{"value":"STOP"}""")).Status is 200 or 202);
        await yard.Ended(job, user);
    }

    private static Dictionary<string, string> Variables(string file) =>
        File.ReadAllText(file).Split('\0', StringSplitOptions.RemoveEmptyEntries).ToDictionary(text => text[..text.IndexOf('=')], text => text[(text.IndexOf('=') + 1)..]);

    private static async Task Until(Func<bool> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!holds())
        {
            Assert.False(patience.IsCancellationRequested, "it did not come to that");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    /// <summary>The ids of processes with exactly these words.</summary>
    private static List<int> Alive(string words) => [.. Processes().Where(pid => Read(pid, "cmdline").Replace('\0', ' ').Trim() == words)];

    /// <summary>How many sshd the host of a server has.</summary>
    private static int Servers(Yard yard) => Processes()
        .Where(pid => Read(pid, "cmdline").Replace('\0', ' ').Contains($"host --node-dir {yard.Data}", StringComparison.Ordinal))
        .SelectMany(host => Directory.EnumerateDirectories($"/proc/{host}/task").SelectMany(thread => File.ReadAllText($"{thread}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)))
        .Count(child => Read(int.Parse(child, CultureInfo.InvariantCulture), "comm") is "sshd\n" or "setpriv\n");

    private static IEnumerable<int> Processes() =>
        Directory.EnumerateDirectories("/proc").Select(path => int.TryParse(Path.GetFileName(path), out var pid) ? pid : 0).Where(pid => pid > 0);

    private static string Read(int pid, string what)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/{what}");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
