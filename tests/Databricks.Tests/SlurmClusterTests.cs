using System.Text.Json.Nodes;
using Switchyard.Tests;

namespace Switchyard.Databricks.Tests;

/// <summary>Shared job clusters where tasks run on a real Slurm: one job of it for the tasks of a run.</summary>
public sealed class SlurmClusterTests : IAsyncDisposable
{
    private const string Settings = """
        {"name":"etl","max_concurrent_runs":2,"job_clusters":[{"job_cluster_key":"k","new_cluster":{"spark_version":"15.4.x-scala2.12","num_workers":1}}],"tasks":[
          {"task_key":"a","job_cluster_key":"k","spark_python_task":{"python_file":"/Shared/says.py","parameters":["FIRST"]}},
          {"task_key":"b","job_cluster_key":"k","depends_on":[{"task_key":"a"}],"spark_python_task":{"python_file":"/Shared/says.py"}},
          {"task_key":"c","job_cluster_key":"k","depends_on":[{"task_key":"a"}],"spark_python_task":{"python_file":"/Shared/says.py"}}]}
        """;

    /// <summary>Says which job of Slurm it is in, and waits for a file if it is given one.</summary>
    private const string Says = "import os, sys, time\nprint(os.environ['SLURM_JOB_ID'], flush=True)\nwhile sys.argv[1:] and not os.path.exists(sys.argv[1]):\n    time.sleep(0.1)\n";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private SlurmHere? _slurm;

    public async ValueTask DisposeAsync()
    {
        if (_slurm is not null)
            await _slurm.DisposeAsync();
    }

    private async Task<YardProcess> Start()
    {
        Assert.SkipWhen(SlurmHere.Missing is not null, SlurmHere.Missing ?? "");
        _slurm = await SlurmHere.Start();
        Environment.SetEnvironmentVariable("SLURM_CONF", _slurm.Configuration);
        var yard = await YardProcess.Start(("SLURM", "on"), ("EXECUTOR", "slurm"), ("SLURM_MEMORY_MB", "300"), ("SLURM_QUEUE_MS", "1000"));
        (await yard.Post("/api/2.0/workspace/import", new JsonObject { ["path"] = "/Shared/says.py", ["format"] = "RAW", ["content"] = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Says)) }.ToJsonString())).Ok();
        return yard;
    }

    private static async Task<long> Run(YardProcess yard, long job) => (await yard.Post("/api/2.1/jobs/run-now", $$"""{"job_id":{{job}}}""")).Ok()["run_id"]!.GetValue<long>();

    /// <summary>What each task said, of the last time it ran.</summary>
    private static async Task<Dictionary<string, string>> Said(YardProcess yard, JsonObject run)
    {
        var said = new Dictionary<string, string>();
        foreach (var task in run["tasks"]!.AsArray())
            said[task!["task_key"]!.GetValue<string>()] = (await yard.Get($"/api/2.1/jobs/runs/get-output?run_id={task["run_id"]}")).Ok()["logs"]?.GetValue<string>().Trim() ?? "";
        return said;
    }

    /// <summary>Waits until task a runs and has said its job.</summary>
    private static async Task<string> FirstSaid(YardProcess yard, long run)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (true)
        {
            var shown = (await yard.Get($"/api/2.1/jobs/runs/get?run_id={run}")).Ok();
            if ((await Said(yard, shown))["a"] is { Length: > 0 } job)
                return job;
            await Task.Delay(200, patience.Token);
        }
    }

    /// <summary>The numbers of the jobs that wait or run.</summary>
    private async Task<string> Living() => (await _slurm!.Run("squeue", "--noheader", "--states=PENDING,RUNNING,COMPLETING", "--format=%A")).Trim();

    private async Task UntilNothingIsLeft()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (await Living() is not "")
            await Task.Delay(200, patience.Token);
    }

    [Fact]
    public async Task The_tasks_of_a_run_share_one_job_and_each_run_has_its_own()
    {
        await using var yard = await Start();
        var job = await yard.Job(Settings.Replace("FIRST", "/", StringComparison.Ordinal));
        var first = await Run(yard, job);
        var second = await Run(yard, job);
        var runs = new List<string>();
        foreach (var run in new[] { first, second })
        {
            var ended = await yard.Ended(run);
            Assert.Equal("SUCCESS", ended["state"]!["result_state"]?.GetValue<string>());
            var said = await Said(yard, ended);
            Assert.Equal(["a", "b", "c"], said.Keys);
            runs.Add(Assert.Single(said.Values.Distinct()));
        }

        Assert.NotEqual(runs[0], runs[1]);
        await UntilNothingIsLeft();
        var repair = (await yard.Post("/api/2.1/jobs/runs/repair", $$"""{"run_id":{{first}},"rerun_tasks":["b"]}""")).Ok();
        Assert.NotNull(repair["repair_id"]);
        var again = await Said(yard, await yard.Ended(first));
        Assert.Equal(runs[0], again["a"]);
        Assert.DoesNotContain(again["b"], runs);
        await UntilNothingIsLeft();
    }

    [Fact]
    public async Task A_cancelled_run_leaves_nothing_in_slurm()
    {
        await using var yard = await Start();
        var run = await Run(yard, await yard.Job(Settings.Replace("FIRST", "/nowhere", StringComparison.Ordinal)));
        Assert.Equal(await FirstSaid(yard, run), await Living());
        (await yard.Post("/api/2.1/jobs/runs/cancel", $$"""{"run_id":{{run}}}""")).Ok();
        Assert.Equal("CANCELED", (await yard.Ended(run))["state"]!["result_state"]!.GetValue<string>());
        await UntilNothingIsLeft();
    }

    [Fact]
    public async Task A_server_that_dies_leaves_the_job_to_the_next_one()
    {
        await using var yard = await Start();
        var go = Path.Join(yard.Data, "go");
        var job = await yard.Job(Settings.Replace("FIRST", go, StringComparison.Ordinal));
        var run = await Run(yard, job);
        var held = await FirstSaid(yard, run);
        await yard.Kill9();
        Assert.Equal(held, await Living());
        await yard.Again();
        await File.WriteAllTextAsync(go, "", Stop);
        var ended = await yard.Ended(run);
        Assert.Equal("SUCCESS", ended["state"]!["result_state"]?.GetValue<string>());
        Assert.Equal([held], (await Said(yard, ended)).Values.Distinct());
        await UntilNothingIsLeft();
    }

    [Fact]
    public async Task A_cluster_that_a_user_ends_is_another_job_for_the_next_try()
    {
        await using var yard = await Start();
        var run = await Run(yard, await yard.Job(Settings.Replace("\"parameters\":[\"FIRST\"]}", $"\"parameters\":[\"{yard.Data}/go\"]}},\"max_retries\":1", StringComparison.Ordinal)));
        var held = await FirstSaid(yard, run);
        var cluster = (await yard.Get($"/api/2.1/jobs/runs/get?run_id={run}")).Ok()["tasks"]![0]!["cluster_instance"]!["cluster_id"]!.GetValue<string>();
        (await yard.Post("/api/2.1/clusters/delete", $$"""{"cluster_id":"{{cluster}}"}""")).Ok();
        await File.WriteAllTextAsync($"{yard.Data}/go", "", Stop);
        var said = await Said(yard, await yard.Ended(run));
        Assert.NotEqual(held, Assert.Single(said.Values.Distinct()));
        await UntilNothingIsLeft();
    }
}
