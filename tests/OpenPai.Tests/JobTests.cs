using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Switchyard.OpenPai.Tests;

/// <summary>Jobs on the program itself, as real processes.</summary>
public sealed class JobTests
{
    [Fact]
    public async Task A_task_finds_everything_in_its_environment()
    {
        await using var yard = await Yard.Start();
        (await yard.Send("POST", "/api/v1/user/admin/jobs", """
            {"jobName":"env","image":"i","dataDir":"$PAI_DEFAULT_FS_URI/$PAI_USER_NAME/$PAI_JOB_NAME","jobEnvs":{"batch_size":32,"job_model":"resnet 20"},"taskRoles":[
              {"name":"ps","command":"sleep 100"},
              {"name":"worker","taskNumber":2,"cpuNumber":1,"memoryMB":512,"shmMB":128,"minSucceededTaskCount":2,
               "portList":[{"label":"http","portNumber":2},{"label":"tb"}],"command":"env -0 | sort -z | tr '\\0\\n' '\\n '; echo \"DIR $PWD\""}]}
            """)).Is(202);
        var job = await yard.Ended("env");
        Assert.Equal("SUCCEEDED", job["jobStatus"]!["state"]!.GetValue<string>());
        var log = await yard.Log(job, "worker", 1);
        var env = log.Split('\n').Where(line => line.Contains('=')).GroupBy(line => line[..line.IndexOf('=')]).ToDictionary(line => line.Key, line => line.First()[(line.Key.Length + 1)..]);
        var (mine, other, ps) = (Ports(job, "worker", 1), Ports(job, "worker", 0), Ports(job, "ps", 0));
        var expected = new Dictionary<string, string>
        {
            ["FRAMEWORK_NAME"] = "admin~env",
            ["HADOOP_USER_NAME"] = "admin",
            ["PAI_TASK_INDEX"] = "1",
            ["PAI_CONTAINER_HOST_IP"] = "127.0.0.1",
            ["PAI_CONTAINER_HOST_PORT_LIST"] = $"http:{mine["http"]};tb:{mine["tb"]};ssh:{mine["ssh"]};",
            ["PAI_JOB_NAME"] = "env",
            ["PAI_USER_NAME"] = "admin",
            ["PAI_TASK_ROLE_COUNT"] = "2",
            ["PAI_TASK_ROLE_LIST"] = "ps,worker",
            ["PAI_RESOURCE"] = "0,1,512,128",
            ["PAI_RESOURCE_ps"] = "0,1,100,64",
            ["PAI_MIN_FAILED_TASK_COUNT_worker"] = "1",
            ["PAI_MIN_SUCCEEDED_TASK_COUNT_worker"] = "2",
            ["PAI_MIN_SUCCEEDED_TASK_COUNT_ps"] = "",
            ["PAI_CURRENT_TASK_ROLE_NAME"] = "worker",
            ["PAI_CURRENT_TASK_ROLE_CURRENT_TASK_INDEX"] = "1",
            ["PAI_CONTAINER_HOST_http_PORT_LIST"] = mine["http"],
            ["PAI_CONTAINER_HOST_tb_PORT_LIST"] = mine["tb"],
            ["PAI_CONTAINER_HOST_ssh_PORT_LIST"] = mine["ssh"],
            ["PAI_CONTAINER_HOST_PORT"] = mine["http"].Split(',')[0],
            ["PAI_CONTAINER_SSH_PORT"] = mine["ssh"],
            ["PAI_HOST_IP_ps_0"] = "127.0.0.1",
            ["PAI_HOST_IP_worker_0"] = "127.0.0.1",
            ["PAI_PORT_LIST_ps_0_http"] = ps["http"],
            ["PAI_ps_0_http_PORT"] = ps["http"],
            ["PAI_PORT_LIST_worker_0_http"] = other["http"],
            ["PAI_PORT_LIST_worker_1_tb"] = mine["tb"],
            ["PAI_TASK_ROLE_TASK_COUNT_worker"] = "2",
            ["PAI_TASK_ROLE_worker_HOST_LIST"] = $"127.0.0.1:{other["http"].Split(',')[0]},127.0.0.1:{mine["http"].Split(',')[0]}",
            ["PAI_CURRENT_CONTAINER_IP"] = "127.0.0.1",
            ["PAI_CURRENT_CONTAINER_PORT"] = mine["http"].Split(',')[0],
            ["PAI_TASK_ROLE_INDEX"] = "1",
            ["PAI_USERNAME"] = "admin",
            ["PAI_DATA_DIR"] = $"file://{yard.Data}/openpai/admin/env",
            ["PAI_OUTPUT_DIR"] = $"file://{yard.Data}/openpai/Output/admin/env",
            ["PAI_CODE_DIR"] = "",
            ["PAI_DEFAULT_FS_URI"] = $"file://{yard.Data}/openpai",
            ["PAI_TASK_ROLE_NAME"] = "worker",
            ["PAI_TASK_ROLE_NUM"] = "2",
            ["PAI_CURRENT_TASK_ROLE_TASK_COUNT"] = "2",
            ["PAI_TASK_CPU_NUM"] = "1",
            ["PAI_CURRENT_TASK_ROLE_CPU_COUNT"] = "1",
            ["PAI_TASK_MEM_MB"] = "512",
            ["PAI_CURRENT_TASK_ROLE_MEM_MB"] = "512",
            ["PAI_TASK_GPU_NUM"] = "0",
            ["PAI_CURRENT_TASK_ROLE_GPU_COUNT"] = "0",
            ["PAI_CURRENT_TASK_ROLE_SHM_MB"] = "128",
            ["PAI_CURRENT_TASK_ROLE_MIN_FAILED_TASK_COUNT"] = "1",
            ["PAI_CURRENT_TASK_ROLE_MIN_SUCCEEDED_TASK_COUNT"] = "2",
            ["PAI_TASKS_NUM"] = "3",
            ["PAI_JOB_TASK_COUNT"] = "3",
            ["PAI_TASK_ROLES_NUM"] = "2",
            ["PAI_JOB_TASK_ROLE_COUNT"] = "2",
            ["PAI_JOB_TASK_ROLE_LIST"] = "ps,worker",
            ["batch_size"] = "32",
            ["job_model"] = "resnet 20",
            ["PAI_WORK_DIR"] = log[(log.IndexOf("DIR /", StringComparison.Ordinal) + 4)..].Trim(),
            ["APP_ID"] = job["jobStatus"]!["appId"]!.GetValue<string>(),
            ["PAI_CONTAINER_ID"] = job["taskRoles"]!["worker"]!["taskStatuses"]![1]!["containerId"]!.GetValue<string>(),
        };
        Assert.All(expected, pair => Assert.Equal((pair.Key, pair.Value), (pair.Key, env.GetValueOrDefault(pair.Key))));
        Assert.True(Directory.Exists($"{yard.Data}/openpai/Output/admin/env"));
        var all = new[] { mine, other, ps }.SelectMany(ports => ports.Values).SelectMany(text => text.Split(',')).ToList();
        Assert.Equal(all.Count, all.Distinct().Count());
    }

    [Fact]
    public async Task Exit_codes_ask_for_another_try_or_for_none()
    {
        await using var yard = await Yard.Start();
        const string Count = "n=${PAI_OUTPUT_DIR#file://}/n; echo x >> $n; [ $(wc -l < $n) -ge 3 ]";
        (await yard.Submit("transient", $"{Count} || exit 205")).Is(202);
        (await yard.Submit("mine", $"{Count} || exit 7", job: ""","retryCount":2""")).Is(202);
        (await yard.Submit("short", $"{Count} || exit 7", job: ""","retryCount":1""")).Is(202);
        (await yard.Submit("never", "exit 206", job: ""","retryCount":-1""")).Is(202);
        (await yard.Submit("tolerant", "exit 9", ""","minFailedTaskCount":null""")).Is(202);
        Assert.Equal("SUCCEEDED START 2 user=0 platform=2 0 SUCCEEDED", Told(await yard.Ended("transient")));
        Assert.Equal("SUCCEEDED START 2 user=2 platform=0 0 SUCCEEDED", Told(await yard.Ended("mine")));
        var failed = await yard.Ended("short");
        Assert.Equal("FAILED START 1 user=1 platform=0 7 UNKNOWN", Told(failed));
        var diagnostics = failed["jobStatus"]!["appExitDiagnostics"]!.GetValue<string>();
        Assert.StartsWith($"[ExitStatus]: LAUNCHER_EXIT_STATUS_UNDEFINED\n[ExitCode]: 7\n[ExitDiagnostics]:\ntask main failed: exit code 7\n[ExitType]: UNKNOWN\n{new string('_', 200)}\n[ExitCustomizedDiagnostics]:\n<Raw>[ExitCode]: 7\n", diagnostics, StringComparison.Ordinal);
        Assert.Contains($"\"containerId\" : \"{failed["taskRoles"]!["main"]!["taskStatuses"]![0]!["containerId"]}\"", diagnostics, StringComparison.Ordinal);
        Assert.Equal("FAILED START 0 user=0 platform=0 206 NON_TRANSIENT", Told(await yard.Ended("never")));
        Assert.Equal("SUCCEEDED START 0 user=0 platform=0 0 SUCCEEDED", Told(await yard.Ended("tolerant")));
    }

    [Fact]
    public async Task Of_fifty_submits_of_one_name_at_once_exactly_one_wins()
    {
        await using var yard = await Yard.Start();
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => yard.Submit("race", "true")));
        Assert.Single(answers, answer => answer.Status == 202);
        Assert.All(answers.Where(answer => answer.Status != 202), answer => answer.Is(409, "ConflictJobError", "Job name race already exists."));
        Assert.Single((await yard.Get("/api/v1/jobs", "")).Json.AsArray());
    }

    [Fact]
    public async Task What_waits_says_why_and_what_can_never_start_ends()
    {
        await using var yard = await Yard.Start(("OPENPAI_GANG_TIMEOUT_SECONDS", "2"), ("OPENPAI_RESOURCE_RETRY_SECONDS", "1000"));
        (await yard.Submit("large", "true", ""","gpuNumber":3""")).Is(202);
        Assert.Equal("FAILED START 0 user=0 platform=0 184 NON_TRANSIENT", Told(await yard.Ended("large")));
        (await yard.Submit("holder", "sleep 100", ""","gpuNumber":2""")).Is(202);
        await yard.Until("holder", status => status["state"]!.GetValue<string>() == "RUNNING");
        Assert.Equal(3, (await yard.Get("/api/v1/user/admin/jobs/holder", "")).Ok()["taskRoles"]!["main"]!["taskStatuses"]![0]!["containerGpus"]!.GetValue<int>());
        (await yard.Submit("waiter", "true", ""","gpuNumber":1""")).Is(202);
        var waiting = await yard.Until("waiter", status => status["appExitDiagnostics"]?.GetValue<string>().Contains("GPU", StringComparison.Ordinal) == true);
        Assert.Equal(("WAITING", "Waiting for 1 GPU in pool default: 2 of 2 in use"), (waiting["jobStatus"]!["state"]!.GetValue<string>(), waiting["jobStatus"]!["appExitDiagnostics"]!.GetValue<string>()));
        Assert.Null(waiting["jobStatus"]!["appId"]);
        var again = await yard.Until("waiter", status => status["retryDetails"]!["resource"]!.GetValue<int>() == 1);
        Assert.Equal("FRAMEWORK_WAITING", again["jobStatus"]!["subState"]!.GetValue<string>());
        Assert.Equal(100.0, (await yard.Get("/api/v1/virtual-clusters/default", "")).Ok()["usedCapacity"]!.GetValue<double>());
        (await yard.Send("PUT", "/api/v1/user/admin/jobs/waiter/executionType", """{"value":"STOP"}""")).Is(200);
        Assert.Equal("STOPPED STOP 1 user=0 platform=0 214 NON_TRANSIENT", Told(await yard.Ended("waiter")));
    }

    [Fact]
    public async Task Jobs_and_their_ports_outlive_the_server()
    {
        await using var yard = await Yard.Start();
        (await yard.Submit("serve", "python3 -m http.server $PAI_CONTAINER_HOST_PORT --bind 127.0.0.1; sleep 100")).Is(202);
        var before = Ports(await yard.Until("serve", status => status["state"]!.GetValue<string>() == "RUNNING"), "main", 0);
        await Connects(int.Parse(before["http"]));
        await yard.KillAndRestart();
        var after = await yard.Until("serve", status => status["state"]!.GetValue<string>() == "RUNNING");
        Assert.Equal(before["http"], Ports(after, "main", 0)["http"]);
        await Connects(int.Parse(before["http"]));
        (await yard.Submit("next", "sleep 100")).Is(202);
        var next = await yard.Until("next", status => status["state"]!.GetValue<string>() == "RUNNING");
        Assert.Empty(Ports(next, "main", 0).Values.Intersect(before.Values));
    }

    [Fact]
    public async Task The_code_directory_is_copied_in_before_the_command()
    {
        await using var yard = await Yard.Start();
        Directory.CreateDirectory($"{yard.Data}/openpai/admin/code/sub");
        await File.WriteAllTextAsync($"{yard.Data}/openpai/admin/code/sub/a.txt", "from the code directory");
        (await yard.Submit("copied", "cat sub/a.txt; echo \"'$0' $#\"", job: ""","codeDir":"hdfs://10.0.0.1:9000/admin/code" """)).Is(202);
        (await yard.Submit("missing", "true", job: ""","codeDir":"$PAI_DEFAULT_FS_URI/none" """)).Is(202);
        var copied = await yard.Ended("copied");
        Assert.Equal("from the code directory'bash' 0\n", await yard.Log(copied, "main", 0));
        var missing = await yard.Ended("missing");
        Assert.Equal(1, missing["jobStatus"]!["appExitCode"]!.GetValue<int>());
        Assert.Contains("does not exist", await yard.Log(missing, "main", 0), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_code_directory_that_is_too_large_ends_the_task_with_1()
    {
        await using var yard = await Yard.Start();
        Directory.CreateDirectory($"{yard.Data}/openpai/admin/large");
        await using (var sparse = File.Create($"{yard.Data}/openpai/admin/large/sparse"))
            sparse.SetLength(201_000_000);
        (await yard.Submit("large", "echo ran", job: ""","codeDir":"$PAI_DEFAULT_FS_URI/admin/large" """)).Is(202);
        var large = await yard.Ended("large");
        Assert.Equal(1, large["jobStatus"]!["appExitCode"]!.GetValue<int>());
        Assert.Equal($"[ERROR] code directory {yard.Data}/openpai/admin/large is larger than 200000000 bytes\n", await yard.Log(large, "main", 0));
    }

    [Fact]
    public async Task Nobody_names_the_folders_of_others_but_administrators()
    {
        await using var yard = await Yard.Start();
        var (alice, bob) = (await yard.User("alice"), await yard.User("bob"));
        (await yard.Upload("/user/bob/code/x", "bob's"u8.ToArray(), token: bob)).Is(201);
        Directory.CreateDirectory($"{yard.Data}/openpai/alice");
        File.CreateSymbolicLink($"{yard.Data}/openpai/alice/link", "../user/bob");
        foreach (var address in new[]
        {
            "hdfs://10.0.0.1:9000/user/bob/code", "$PAI_DEFAULT_FS_URI/user/bob/code", $"file://{yard.Data}/openpai/alice/../user/bob", $"{yard.Data}/openpai//Output/bob", "hdfs://any/Container/bob",
            "hdfs://any/bob", "hdfs://any/Output/nobody", "hdfs://any/alice/link/code",
        })
        {
            foreach (var field in new[] { "codeDir", "dataDir", "outputDir", "authFile" })
                (await yard.Submit("spy", "cat x", job: $""","{field}":"{address}" """, token: alice, user: "alice")).Is(403, "ForbiddenUserError");
        }

        foreach (var address in new[] { "hdfs://any/../../etc", "hdfs://any/alice/../bob", "/tmp/\\u0000" })
            (await yard.Submit("spy", "true", job: $""","codeDir":"{address.Replace("\\\\", "\\")}" """, token: alice, user: "alice")).Is(400, "InvalidParametersError");
        (await yard.Submit("mine", "cat x", job: ""","codeDir":"hdfs://any/user/bob/code" """, token: bob, user: "bob")).Is(202);
        Assert.Equal("bob's", await yard.Log(await yard.Ended("mine", "bob"), "main", 0));
        // An administrator may, also for somebody else; who then starts the job again, may not.
        (await yard.Submit("given", "cat x", job: ""","codeDir":"hdfs://any/user/bob/code" """, user: "alice")).Is(202);
        Assert.Equal("bob's", await yard.Log(await yard.Ended("given", "alice"), "main", 0));
        (await yard.Send("PUT", "/api/v1/user/alice/jobs/given/executionType", """{"value":"START"}""", alice)).Is(403, "ForbiddenUserError");
        (await yard.Submit("..", "true", token: alice, user: "alice")).Is(400, "InvalidParametersError");
    }

    [Fact]
    public async Task An_ended_job_is_started_again_under_its_name_with_its_history_kept()
    {
        await using var yard = await Yard.Start();
        (await yard.Submit("again", "exit 3")).Is(202);
        var first = (await yard.Ended("again"))["jobStatus"]!["appId"]!.GetValue<string>();
        (await yard.Send("PUT", "/api/v1/user/admin/jobs/again/executionType", """{"value":"START"}""")).Is(200);
        var second = (await yard.Ended("again"))["jobStatus"]!["appId"]!.GetValue<string>();
        Assert.NotEqual(first, second);
        Assert.Single((await yard.Get("/api/v1/jobs", "")).Json.AsArray());
        Assert.Equal("failed", (await yard.Get($"/api/yard/v1/runs/{first.Split('_')[1]}")).Ok()["state"]!.GetValue<string>());
    }

    [Fact]
    public async Task Pages_escape_what_tasks_wrote_and_open_only_to_those_who_may_read_it()
    {
        await using var yard = await Yard.Start();
        await yard.User("alice");
        var bob = await yard.User("bob");
        var alice = await yard.SignIn("alice", "password of alice");
        (await yard.Submit("page", "echo '<script>alert(1)</script>'", token: alice, user: "alice")).Is(202);
        await yard.Ended("page", "alice");
        async Task<Uri> Link(string token) => new((await yard.Get("/api/v1/user/alice/jobs/page", token)).Ok()["taskRoles"]!["main"]!["taskStatuses"]![0]!["containerLog"]!.GetValue<string>());
        var withKey = await Link(alice);
        var page = await yard.Get(withKey.PathAndQuery, "");
        Assert.Contains("<div class=\"content\">", page.Text, StringComparison.Ordinal);
        Assert.Contains("<pre>&lt;script&gt;alert(1)&lt;/script&gt;\n</pre>", page.Text, StringComparison.Ordinal);
        Assert.Equal("<script>alert(1)</script>\n", (await yard.Get(withKey.AbsolutePath + "/full" + withKey.Query, "")).Text);
        foreach (var token in new[] { "", bob })
        {
            var bare = await Link(token);
            Assert.Equal("", bare.Query);
            Assert.Equal(401, (await yard.Get(bare.PathAndQuery, token)).Status);
        }

        Assert.Equal(401, (await yard.Get(withKey.AbsolutePath + "?key=" + new string('0', 40), "")).Status);
        Assert.Equal(200, (await yard.Get(withKey.AbsolutePath, alice)).Status);
        var track = new Uri((await yard.Get("/api/v1/user/alice/jobs/page", alice)).Ok()["jobStatus"]!["appTrackingUrl"]!.GetValue<string>());
        Assert.Contains("main[0]", (await yard.Get(track.PathAndQuery, "")).Text, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Ports(JsonObject job, string role, int index) =>
        job["taskRoles"]![role]!["taskStatuses"]![index]!["containerPorts"]!.AsObject().ToDictionary(pair => pair.Key, pair => pair.Value!.GetValue<string>());

    private static string Told(JsonObject job)
    {
        var status = job["jobStatus"]!;
        return $"{status["state"]} {status["executionType"]} {status["retries"]} user={status["retryDetails"]!["user"]} platform={status["retryDetails"]!["platform"]} {status["appExitCode"]} {status["appExitType"]}";
    }

    private static async Task Connects(int port)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync("127.0.0.1", port, patience.Token);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, patience.Token);
            }
        }
    }
}
