using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Switchyard.OpenPai.Tests;

/// <summary>What happens to jobs when something is taken, killed or gone.</summary>
public sealed class FaultTests
{
    [Fact]
    public async Task A_gang_that_was_starting_when_the_server_was_killed_runs_whole_and_once()
    {
        await using var yard = await Yard.Start(("CPU_MILLIS", "100000"), ("MEMORY_MB", "100000"));
        for (var round = 0; round < 3; round++)
        {
            var job = $"gang{round}";
            (await yard.Submit(job, "echo $PAI_TASK_INDEX >> ${PAI_OUTPUT_DIR#file://}/ran; sleep 1", ""","taskNumber":60""")).Is(202);
            // Somewhere between the answer and the last start.
            await Task.Delay(TimeSpan.FromMilliseconds(60 * round), TimeProvider.System);
            await yard.KillAndRestart();
            var ended = await yard.Ended(job);
            Assert.Equal(("SUCCEEDED", 0), (ended["jobStatus"]!["state"]!.GetValue<string>(), ended["jobStatus"]!["retries"]!.GetValue<int>()));
            var ran = await File.ReadAllLinesAsync($"{yard.Data}/openpai/Output/admin/{job}/ran");
            Assert.Equal(Enumerable.Range(0, 60), ran.Select(int.Parse).Order());
        }
    }

    [Fact]
    public async Task One_killed_task_ends_the_job_and_all_its_others()
    {
        await using var yard = await Yard.Start();
        (await yard.Submit("killed", "echo $BASHPID; exec sleep 1000", ""","taskNumber":3""")).Is(202);
        var job = await yard.Until("killed", status => status["state"]!.GetValue<string>() == "RUNNING");
        int[] pids = [await Pid(0), await Pid(1), await Pid(2)];
        Process.GetProcessById(pids[1]).Kill();
        var ended = await yard.Ended("killed");
        Assert.Equal(("FAILED", 137, "UNKNOWN"), (ended["jobStatus"]!["state"]!.GetValue<string>(), ended["jobStatus"]!["appExitCode"]!.GetValue<int>(), ended["jobStatus"]!["appExitType"]!.GetValue<string>()));
        Assert.Equal(137, ended["taskRoles"]!["main"]!["taskStatuses"]![1]!["containerExitCode"]!.GetValue<int>());
        Assert.All(pids, pid => Assert.False(Directory.Exists($"/proc/{pid}")));

        async Task<int> Pid(int index)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            while (true)
            {
                if (int.TryParse(await yard.Log(job, "main", index), out var pid))
                    return pid;
                await Task.Delay(TimeSpan.FromMilliseconds(30), TimeProvider.System, patience.Token);
            }
        }
    }

    [Fact]
    public async Task A_fixed_port_is_waited_for_and_one_that_can_never_be_had_ends_the_job()
    {
        await using var yard = await Yard.Start();
        string Port(int first, int count = 1) => $$""","portList":[{"label":"web","beginAt":{{first}},"portNumber":{{count}}}]""";
        using var somebody = new TcpListener(IPAddress.Loopback, 0);
        somebody.Start();
        var taken = ((IPEndPoint)somebody.LocalEndpoint).Port;
        (await yard.Submit("waits", "echo $PAI_CONTAINER_HOST_web_PORT_LIST", Port(taken))).Is(202);
        var waiting = await yard.Until("waits", status => status["appExitDiagnostics"]?.GetValue<string>().Contains("port", StringComparison.Ordinal) == true);
        Assert.Equal(($"Waiting for port {taken}: it is in use", "WAITING"), (waiting["jobStatus"]!["appExitDiagnostics"]!.GetValue<string>(), waiting["jobStatus"]!["state"]!.GetValue<string>()));
        somebody.Stop();
        Assert.Equal($"{taken}\n", await yard.Log(await yard.Ended("waits"), "main", 0));
        (await yard.Submit("twice", "true", $"{Port(taken)},\"taskNumber\":2")).Is(202);
        var never = (await yard.Ended("twice"))["jobStatus"]!;
        Assert.Equal((184, "NON_TRANSIENT"), (never["appExitCode"]!.GetValue<int>(), never["appExitType"]!.GetValue<string>()));
        Assert.Contains($"port {taken}", never["appExitDiagnostics"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Garbage_is_refused_and_leaves_nothing_behind()
    {
        await using var yard = await Yard.Start();
        foreach (var body in new[] { "null", "\"text\"", "1e999", "{\"jobName\":{\"a\":1}}", "{\"taskRoles\":[[]]}", "{\"jobName\":\"\\ud800\"}", new string('[', 5000), "{\"jobName\":\"a\",\"image\":\"i\",\"taskRoles\":[null]}" })
            Assert.Equal(400, (await yard.Send("POST", "/api/v1/user/admin/jobs", body)).Status);
        foreach (var body in new[] { "jobName[=a", "[]=1", "a[b][c][d][e][f][g][h][i][j][k][l][m][n][o][p][q][r]=1", "taskRoles[999999999]=1", "%ff%fe=1", "&&&=&=" })
            Assert.Equal(400, (await yard.Send("POST", "/api/v1/user/admin/jobs", body, type: "application/x-www-form-urlencoded")).Status);
        Assert.Empty((JsonArray)(await yard.Get("/api/v1/jobs", "")).Json);
        Assert.False(Directory.Exists($"{yard.Data}/openpai/Output"));
    }
}
