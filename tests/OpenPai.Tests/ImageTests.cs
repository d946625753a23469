namespace Switchyard.OpenPai.Tests;

/// <summary>Jobs in their images: with a real Podman, and an image made here of Debian's static busybox.</summary>
public sealed class ImageTests : IAsyncLifetime
{
    public async ValueTask InitializeAsync() => await TestImage.Make();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_task_runs_in_its_image_with_its_limits_its_files_and_its_variables()
    {
        await using var yard = await Yard.Start(TestImage.Settings);
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
        Assert.Equal("", await TestImage.Containers(yard));
    }

    [Fact]
    public async Task What_exceeds_its_memory_is_killed_and_an_image_that_is_not_there_fails()
    {
        await using var yard = await Yard.Start(TestImage.Settings);
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
        await using var yard = await Yard.Start(TestImage.Settings);
        (await Submit(yard, "polite", "trap 'echo bye; exit 0' TERM; echo up; while true; do sleep 0.1; done")).Is(202);
        (await Submit(yard, "deaf", "trap '' TERM; echo up; sleep 1000", job: ""","retryCount":0""")).Is(202);
        foreach (var name in new[] { "polite", "deaf" })
            await Says(yard, name, "up\n");
        await yard.KillAndRestart();
        Assert.Equal(2, (await TestImage.Containers(yard)).Split('\n').Length);
        foreach (var name in new[] { "polite", "deaf" })
            (await yard.Send("PUT", $"/api/v1/user/admin/jobs/{name}/executionType", """{"value":"STOP"}""")).Is(200);
        Assert.Contains("\nbye\n", await yard.Log(await yard.Ended("polite"), "main", 0), StringComparison.Ordinal);
        Assert.Equal("STOPPED", (await yard.Ended("deaf"))["jobStatus"]!["state"]!.GetValue<string>());
        Assert.Equal("", await TestImage.Containers(yard));
    }

    [Fact]
    public async Task Ssh_leads_into_the_container()
    {
        Assert.SkipUnless(File.Exists("/usr/sbin/sshd") && File.Exists("/usr/bin/ssh"), "openssh-server or openssh-client is not installed");
        await using var yard = await Yard.Start(TestImage.Settings);
        (await Submit(yard, "box", "echo up; sleep 1000", job: ""","jobEnvs":{"colour":"deep blue"}""")).Is(202);
        await Says(yard, "box", "up\n");
        var info = (await yard.Get("/api/v1/user/admin/jobs/box/ssh")).Ok();
        var key = Path.Join(yard.Data, "key");
        await File.WriteAllTextAsync(key, (await yard.Get(new Uri(info["keyPair"]!["privateKeyDirectDownloadLink"]!.GetValue<string>()).PathAndQuery, "")).Text);
        await TestImage.Run("/bin/chmod", "600", key);
        string[] ssh =
        [
            "-i", key, "-p", info["containers"]![0]!["sshPort"]!.GetValue<string>(), "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
            "-o", "BatchMode=yes", $"{Environment.UserName}@127.0.0.1",
        ];
        var said = await TestImage.Run("/usr/bin/ssh", [.. ssh, "echo \"$colour|$PAI_TASK_INDEX|$PWD\"; ls /bin/busybox; ls /usr/bin/python3 2>&1 || true"]);
        Assert.Matches(@"^deep blue\|0\|/.*/attempts/.*\n/bin/busybox\n.*No such file", said);
        (await yard.Send("PUT", "/api/v1/user/admin/jobs/box/executionType", """{"value":"STOP"}""")).Is(200);
        await yard.Ended("box");
        Assert.Equal("", await TestImage.Containers(yard));
    }

    [Fact]
    public async Task What_a_dead_host_left_is_removed_by_the_next()
    {
        await using var yard = await Yard.Start(TestImage.Settings);
        (await Submit(yard, "orphan", "echo up; sleep 1000")).Is(202);
        await Says(yard, "orphan", "up\n");
        var before = await TestImage.Containers(yard);
        await yard.KillHost();
        await yard.Until("orphan", status => status["retryDetails"]!["platform"]!.GetValue<int>() == 1);
        await Says(yard, "orphan", "up\n");
        var after = await TestImage.Containers(yard);
        Assert.DoesNotContain('\n', after);
        Assert.NotEqual(before, after);
        (await yard.Send("DELETE", "/api/v1/user/admin/jobs/orphan")).Is(202);
        Assert.Equal("", await TestImage.Containers(yard));
    }

    private static Task<Answer> Submit(Yard yard, string name, string command, string role = "", string job = "") =>
        yard.Submit(name, command, role, job.Contains("\"image\"", StringComparison.Ordinal) ? $",{job.TrimStart(',')}" : $""","image":"{TestImage.Name}"{job}""");

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
}
