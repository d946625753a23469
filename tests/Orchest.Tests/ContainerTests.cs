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

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/podman") && File.Exists("/usr/sbin/runc") && File.Exists("/bin/busybox"), "podman, runc or busybox-static is not installed");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "containers are tested as root");
        var root = Directory.CreateTempSubdirectory("yard-image-").FullName;
        foreach (var folder in new[] { "bin", "tmp", "etc", "www" })
            Directory.CreateDirectory($"{root}/{folder}");
        File.Copy("/bin/busybox", $"{root}/bin/busybox");
        foreach (var name in new[] { "sh", "cat", "echo", "env", "ls", "sleep", "httpd", "kill", "wget" })
            File.CreateSymbolicLink($"{root}/bin/{name}", "busybox");
        await File.WriteAllTextAsync($"{root}/www/word", "from the image\n");
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
