using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Switchyard.Orchest.Tests;

/// <summary>What of a run is in containers: with a real Podman, and an image made here of Debian's static busybox.</summary>
public sealed class ContainerTests : IAsyncLifetime
{
    private const string Image = "localhost/switchyard-orchest-test:1";

    // A container engine of a test machine may be one in a container itself: what it needs for that is said on its command line.
    private static readonly string[] Podman = ["podman", "--runtime", "runc", "--cgroup-manager=cgroupfs"];

    private static readonly (string Name, string Value)[] Settings =
        [("CONTAINER_RUNTIME", string.Join(' ', Podman)), ("CONTAINER_RUN_OPTIONS", "--ulimit nofile=1024:1024 --ulimit nproc=1024:1024")];

    private const string Environment1 = "eeee0000-0000-4000-8000-00000000000e";

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/podman") && File.Exists("/usr/sbin/runc") && File.Exists("/bin/busybox"), "podman, runc or busybox-static is not installed");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "containers are tested as root");
        await Import("from the image\n");
    }

    private static async Task Import(string word)
    {
        var root = Directory.CreateTempSubdirectory("yard-image-").FullName;
        foreach (var folder in new[] { "bin", "tmp", "etc", "www" })
            Directory.CreateDirectory($"{root}/{folder}");
        File.Copy("/bin/busybox", $"{root}/bin/busybox");
        foreach (var name in new[] { "sh", "cat", "echo", "env", "ls", "sleep", "httpd", "kill", "wget" })
            File.CreateSymbolicLink($"{root}/bin/{name}", "busybox");
        await File.WriteAllTextAsync($"{root}/www/word", word);
        await Run("/bin/bash", ["-c", "set -o pipefail; tar -C \"$0\" -c . | \"$@\"", root, .. Podman, "import", "--change", "ENTRYPOINT [\"/bin/httpd\"]", "--change", "CMD [\"-f\", \"-vv\", \"-p\", \"8080\", \"-h\", \"/www\"]", "-", Image]);
        Directory.Delete(root, true);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_service_in_a_container_runs_as_its_image_says_at_the_same_port_in_each_run()
    {
        await using var lab = await Lab.Start(Settings);
        var project = await Served(lab, new JsonObject());
        var job = await project.Run("[{},{}]");
        Assert.Equal("SUCCESS", await job.Ended());
        foreach (var run in await job.Runs())
        {
            Assert.Equal("from the image\n", await job.Log(run));
            Assert.Contains("url:/word", await job.Log(run, "web"), StringComparison.Ordinal);
        }

        Assert.Equal("", await Containers(lab));
    }

    [Fact]
    public async Task A_service_in_a_container_sees_the_run_where_it_asks_for_it_and_goes_with_a_run_that_is_ended()
    {
        await using var lab = await Lab.Start(Settings);
        var service = JsonNode.Parse("""{"command":"sh","args":"-c 'echo $WORD >/work/made; exec httpd -f -p 8080 -h /work'","binds":{"/project-dir":"/work","/data":"/shared"},"env_variables":{"WORD":"bound"}}""")!.AsObject();
        var project = await Served(lab, service, "made", "\nwhile True:\n    time.sleep(1)");
        var job = await project.Run();
        await job.Until(async () => await job.Runs() is [var one] && (await job.Read(one, $".orchest/pipelines/{one["pipeline_uuid"]}/logs/{Step.A}.log")).Text.Contains("bound", StringComparison.Ordinal));
        await lab.Yard.KillAndRestart();
        var run = (await job.Runs())[0];
        Assert.NotEqual("", await Containers(lab));
        (await job.Call("DELETE", $"/{run["uuid"]}")).Is(200);
        await job.Until(async () => (string)(await job.Runs())[0]["status"]! == "ABORTED");
        Assert.Equal("", await Containers(lab));
        Assert.Equal("bound\n", (await job.Read(run, "made")).Text);
    }

    [Fact]
    public async Task An_image_that_is_not_there_fails_the_steps_that_wait_for_it_by_the_name_of_the_service()
    {
        await using var lab = await Lab.Start(Settings);
        var project = await Served(lab, new JsonObject { ["image"] = "localhost/no-such-image:9" });
        var job = await project.Run();
        Assert.Equal("FAILURE", await job.Ended());
        var run = (await job.Runs())[0];
        Assert.StartsWith("Orchest error: the service web ended with exit code 1.", await job.Log(run), StringComparison.Ordinal);
        Assert.Contains("Can not pull Docker image localhost/no-such-image:9", await job.Log(run, "web"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Steps_run_in_the_image_of_their_environment_as_it_was_when_their_job_was_made()
    {
        await using var lab = await Lab.Start(Settings);
        // Of a container both outputs come by ways of their own, and in no order.
        var project = await InImage(lab, "", "exec 2>&1; ls /usr/bin/python3; pwd; cat /www/word; echo \"$ORCHEST_STEP_UUID $ORCHEST_SESSION_UUID $MINE\"; echo made >made; echo shared >/data/note; cat /pipeline.json >/dev/null && echo x >/pipeline.json");
        var first = await project.Draft(",\"env_variables\":{\"MINE\":\"a b\"}");
        await Import("another\n");
        await first.Confirm();
        Assert.Equal("FAILURE", await first.Ended());
        var run = (await first.Runs())[0];
        var log = await first.Log(run);
        Assert.Contains($"/usr/bin/python3: No such file or directory\n/project-dir\nfrom the image\n{Step.A} {run["uuid"]} a b\n", log, StringComparison.Ordinal);
        Assert.EndsWith("/pipeline.json: Read-only file system\n", log, StringComparison.Ordinal);
        Assert.Equal("made\n", (await first.Read(run, "made")).Text);
        Assert.Equal("shared\n", await File.ReadAllTextAsync(Path.Combine(lab.Shared, "note"), TestContext.Current.CancellationToken));

        var second = await project.Run();
        await second.Ended();
        Assert.Contains("another\n", await second.Log((await second.Runs())[0]), StringComparison.Ordinal);
        Assert.Equal("", await Containers(lab));
    }

    [Fact]
    public async Task A_setup_script_changes_the_image_once_and_one_that_fails_fails_the_step()
    {
        await using var lab = await Lab.Start(Settings);
        var mark = Guid.NewGuid().ToString();
        var project = await InImage(lab, $"echo setting up; echo {mark} >/tool; cat lib >>/tool", "cat /tool");
        await project.Put("lib", "of the project\n");
        var job = await project.Run("[{},{}]");
        Assert.Equal("SUCCESS", await job.Ended());
        var logs = await Task.WhenAll((await job.Runs()).Select(run => job.Log(run)));
        Assert.All(logs, log => Assert.EndsWith($"{mark}\nof the project\n", log, StringComparison.Ordinal));
        Assert.Single(logs, log => log.Contains("setting up", StringComparison.Ordinal));

        await project.Put($".orchest/environments/{Environment1}/setup_script.sh", $"echo no {mark}; exit 7");
        var failing = await project.Run();
        Assert.Equal("FAILURE", await failing.Ended());
        Assert.EndsWith($"no {mark}\n[ERROR] the setup script ended with code 7; what it wrote stands above. Nothing of it was kept\n", await failing.Log((await failing.Runs())[0]), StringComparison.Ordinal);
        Assert.Equal("", await Containers(lab));
    }

    [Fact]
    public async Task What_an_image_does_not_have_is_named_and_an_image_that_cannot_be_had_is_refused_when_the_job_is_made()
    {
        await using var lab = await Lab.Start(Settings);
        var project = await InImage(lab, "", "true");
        await project.Put("a.py", "print(1)");
        await project.Pipeline("{}", new Step(Step.A, "a.py", Environment: Environment1), new Step(Step.B, "none.sh", [Step.A], Environment: Environment1));
        var job = await project.Run();
        Assert.Equal("FAILURE", await job.Ended());
        Assert.Equal("Orchest error: a.py needs Python, which the image of its environment does not have\n", await job.Log((await job.Runs())[0]));

        await project.Put($".orchest/environments/{Environment1}/properties.json", """{"name":"e","language":"python","base_image":"localhost/no-such-image:9"}""");
        var refused = await project.Ask();
        refused.Is(409);
        Assert.Contains("the image localhost/no-such-image:9 is not there and cannot be pulled", refused.Json["message"]!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_and_the_steps_that_use_it_may_both_be_in_the_image_of_an_environment()
    {
        await using var lab = await Lab.Start(Settings);
        var project = await InImage(lab, "", "wget -q -O - http://web-$ORCHEST_SESSION_UUID:8080/made; wget -q -O - http://web:8080/made");
        var definition = Project.Definition(Project.Main, "{}", new Step(Step.A, "a.sh", Environment: Environment1));
        definition["services"] = JsonNode.Parse($$$"""{"web":{"image":"environment@{{{Environment1}}}","command":"sh","args":"-c 'echo served >made; exec httpd -f -p 8080'","ports":[8080]}}""");
        await project.Put("main.orchest", definition.ToJsonString());
        var job = await project.Run("[{},{}]");
        Assert.Equal("SUCCESS", await job.Ended());
        foreach (var run in await job.Runs())
            Assert.Equal("served\nserved\n", await job.Log(run));
    }

    /// <summary>A project with one step that runs this script in an environment of our image.</summary>
    private static async Task<Project> InImage(Lab lab, string setup, string script)
    {
        var project = await lab.Project();
        await project.Put($".orchest/environments/{Environment1}/properties.json", $$"""{"name":"e","language":"python","base_image":"{{Image}}"}""");
        await project.Put($".orchest/environments/{Environment1}/setup_script.sh", setup);
        await project.Put("a.sh", script);
        await project.Pipeline("{}", new Step(Step.A, "a.sh", Environment: Environment1));
        return project;
    }

    private static async Task<Project> Served(Lab lab, JsonObject service, string path = "word", string more = "")
    {
        var project = await lab.Project();
        await project.Put("a.py", $"import time, urllib.request\nprint(urllib.request.urlopen('http://web:8080/{path}').read().decode(), end='', flush=True)" + more);
        var definition = Project.Definition(Project.Main, "{}", new Step(Step.A, "a.py"));
        service["image"] ??= Image;
        service["ports"] = new JsonArray(8080);
        definition["services"] = new JsonObject { ["web"] = service };
        await project.Put("main.orchest", definition.ToJsonString());
        return project;
    }

    private static async Task<string> Containers(Lab lab) =>
        (await Run("/usr/bin/podman", [.. Podman[1..], "ps", "--all", "--quiet", "--filter", $"name=yard-{(await File.ReadAllTextAsync($"{lab.Yard.Data}/node/node.id")).Trim()}"])).Trim();

    private static async Task<string> Run(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {await error}");
        return await output;
    }
}
