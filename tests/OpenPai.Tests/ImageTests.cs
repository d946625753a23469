using System.Diagnostics;

namespace Switchyard.OpenPai.Tests;

/// <summary>Jobs in their images: with a real Podman, and an image made here of Debian's static busybox.</summary>
public sealed class ImageTests : IAsyncLifetime
{
    private const string Image = "localhost/switchyard-test:1";

    // A container engine of a test machine may be one in a container itself: what it needs for that is said on its command line.
    private static readonly string[] Podman = ["podman", "--runtime", "runc", "--cgroup-manager=cgroupfs"];

    private static readonly (string Name, string Value)[] Settings =
        [("CONTAINER_RUNTIME", string.Join(' ', Podman)), ("CONTAINER_RUN_OPTIONS", "--ulimit nofile=1024:1024 --ulimit nproc=1024:1024")];

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/podman") && File.Exists("/usr/sbin/runc") && File.Exists("/bin/busybox"), "podman, runc or busybox-static is not installed");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "containers are tested as root");
        var root = Directory.CreateTempSubdirectory("yard-image-").FullName;
        Directory.CreateDirectory($"{root}/bin");
        Directory.CreateDirectory($"{root}/tmp");
        File.Copy("/bin/busybox", $"{root}/bin/busybox");
        foreach (var name in new[] { "sh", "cat", "df", "echo", "env", "head", "kill", "ls", "sleep", "tail", "touch", "true" })
            File.CreateSymbolicLink($"{root}/bin/{name}", "busybox");
        await Run("/bin/bash", ["-c", "set -o pipefail; tar -C \"$0\" -c . | \"$@\"", root, .. Podman, "import", "-", Image]);
        Directory.Delete(root, true);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_task_runs_in_its_image_with_its_limits_its_files_and_its_variables()
    {
        await using var yard = await Yard.Start(Settings);
        Directory.CreateDirectory($"{yard.Data}/openpai/admin/code");
        await File.WriteAllTextAsync($"{yard.Data}/openpai/admin/code/a.txt", "from the code directory\n");
        (await Submit(yard, "inside",
            "ls /bin/busybox /usr/bin/python3; cat a.txt /pai/code/a.txt; touch /pai/code/b; df -k /dev/shm | tail -n 1; "
            + "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null; "
            + "echo \"$two|$PAI_CURRENT_TASK_ROLE_NAME|$PAI_WORK_DIR|$PWD|$PATH\"; echo out > ${PAI_OUTPUT_DIR#file://}/result; exit 3",
            ""","memoryMB":64,"shmMB":32""", ""","codeDir":"$PAI_DEFAULT_FS_URI/admin/code","jobEnvs":{"two":"a b\nc","LD_PRELOAD":"/nothing"}""")).Is(202);
        var job = await yard.Ended("inside");
        var log = await yard.Log(job, "main", 0);
        Assert.Contains("/usr/bin/python3: No such file", log, StringComparison.Ordinal);
        Assert.Equal(2, log.Split("from the code directory").Length - 1);
        Assert.Contains("/pai/code/b: Read-only", log, StringComparison.Ordinal);
        Assert.Contains(" 32768 ", log, StringComparison.Ordinal);
        Assert.Contains("\n67108864\n", log, StringComparison.Ordinal);
        Assert.Matches(@"a b\nc\|main\|(/.*/attempts/.*)\|\1\|/usr/local/sbin:", log);
        Assert.Equal("out\n", await File.ReadAllTextAsync($"{yard.Data}/openpai/Output/admin/inside/result"));
        Assert.Equal(3, job["jobStatus"]!["appExitCode"]!.GetValue<int>());
        Assert.DoesNotContain("image was not used", job["jobStatus"]!["appExitDiagnostics"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("", await Containers(yard));
    }

    [Fact]
    public async Task What_exceeds_its_memory_is_killed_and_an_image_that_is_not_there_fails()
    {
        await using var yard = await Yard.Start(Settings);
        (await Submit(yard, "greedy", "head -c 300000000 /dev/zero | tail", ""","memoryMB":100""")).Is(202);
        (await Submit(yard, "nowhere", "true", job: """ "image":"localhost/no-such-image:9" """)).Is(202);
        Assert.Equal(137, (await yard.Ended("greedy"))["jobStatus"]!["appExitCode"]!.GetValue<int>());
        var nowhere = await yard.Ended("nowhere");
        Assert.Equal(1, nowhere["jobStatus"]!["appExitCode"]!.GetValue<int>());
        Assert.Contains("Can not pull Docker image localhost/no-such-image:9", await yard.Log(nowhere, "main", 0), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_outlives_the_server_and_goes_with_its_job()
    {
        await using var yard = await Yard.Start(Settings);
        (await Submit(yard, "polite", "trap 'echo bye; exit 0' TERM; echo up; while true; do sleep 0.1; done")).Is(202);
        (await Submit(yard, "deaf", "trap '' TERM; echo up; sleep 1000", job: ""","retryCount":0""")).Is(202);
        foreach (var name in new[] { "polite", "deaf" })
            await Says(yard, name, "up\n");
        await yard.KillAndRestart();
        Assert.Equal(2, (await Containers(yard)).Split('\n').Length);
        foreach (var name in new[] { "polite", "deaf" })
            (await yard.Send("PUT", $"/api/v1/user/admin/jobs/{name}/executionType", """{"value":"STOP"}""")).Is(200);
        Assert.Contains("\nbye\n", await yard.Log(await yard.Ended("polite"), "main", 0), StringComparison.Ordinal);
        Assert.Equal("STOPPED", (await yard.Ended("deaf"))["jobStatus"]!["state"]!.GetValue<string>());
        Assert.Equal("", await Containers(yard));
    }

    [Fact]
    public async Task What_a_dead_host_left_is_removed_by_the_next()
    {
        await using var yard = await Yard.Start(Settings);
        (await Submit(yard, "orphan", "echo up; sleep 1000")).Is(202);
        await Says(yard, "orphan", "up\n");
        var before = await Containers(yard);
        await yard.KillHost();
        await yard.Until("orphan", status => status["retryDetails"]!["platform"]!.GetValue<int>() == 1);
        await Says(yard, "orphan", "up\n");
        var after = await Containers(yard);
        Assert.DoesNotContain('\n', after);
        Assert.NotEqual(before, after);
        (await yard.Send("DELETE", "/api/v1/user/admin/jobs/orphan")).Is(202);
        Assert.Equal("", await Containers(yard));
    }

    private static Task<Answer> Submit(Yard yard, string name, string command, string role = "", string job = "") =>
        yard.Submit(name, command, role, job.Contains("\"image\"", StringComparison.Ordinal) ? $",{job.TrimStart(',')}" : $""","image":"{Image}"{job}""");

    private static async Task Says(Yard yard, string name, string text)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var job = (await yard.Get($"/api/v1/user/admin/jobs/{name}")).Ok();
            if (job["jobStatus"]!["appId"] is not null && await yard.Log(job, "main", 0) == text)
                return;
            Assert.False(patience.IsCancellationRequested, job.ToString());
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    /// <summary>The ids of the node's containers, a line each.</summary>
    private static async Task<string> Containers(Yard yard) =>
        (await Run("/usr/bin/podman", [.. Podman[1..], "ps", "--all", "--quiet", "--filter", $"name=yard-{(await File.ReadAllTextAsync($"{yard.Data}/node/node.id")).Trim()}"])).Trim();

    private static async Task<string> Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {await error}");
        return await output;
    }
}
