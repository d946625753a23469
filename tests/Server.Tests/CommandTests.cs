using System.Text.Json.Nodes;
using Switchyard.Cli;

namespace Switchyard.Server.Tests;

/// <summary>The command line against a real server. One class, so that only one test at a time owns the console.</summary>
public sealed class CommandTests
{
    [Theory]
    [InlineData("jobz", 2)]
    [InlineData("show", 2)]
    [InlineData("show abc", 2)]
    [InlineData("jobs --limit x", 2)]
    [InlineData("completion tcsh", 2)]
    [InlineData("--help", 0)]
    [InlineData("completion bash", 0)]
    [InlineData("run /nowhere/file.json", 1)]
    [InlineData("jobs --server http://127.0.0.1:1", 1)]
    [InlineData("jobs --server nonsense://x", 1)]
    public async Task A_call_ends_with_its_code(string line, int code)
    {
        var (exit, _, error) = await Yard(line);
        Assert.Equal(code, exit);
        Assert.Equal(code == 0, error.Length == 0);
    }

    [Fact]
    public async Task A_refused_connection_says_how_to_start_a_server() =>
        Assert.Contains("yard serve", (await Yard("runs --server http://127.0.0.1:1")).Error);

    [Fact]
    public async Task A_mistyped_command_is_answered_with_the_right_one() => Assert.Contains("jobs", (await Yard("jbos")).Output);

    [Fact]
    public async Task Every_list_prints_what_the_server_answers_when_json_is_asked_for()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        var run = await TestServer.EndedRun(admin);
        var target = $"--server {server.Url} --token {TestServer.AdminToken}";
        foreach (var (command, member) in new[] { ("jobs --json", "jobs"), ("runs --json", "runs"), ($"show {run} --json", "tasks"), ("token list --json", "tokens"), ("user list --json", "users"), ("disk --json", "parts") })
        {
            var (exit, output, error) = await Yard($"{command} {target}");
            Assert.Equal((0, ""), (exit, error));
            Assert.NotEmpty(JsonNode.Parse(output)![member]!.AsArray());
        }

        Assert.Contains("succeeded", (await Yard($"runs {target}")).Output);
        Assert.Contains("free on its disk", (await Yard($"disk {target}")).Output);
        Assert.Contains("succeeded", (await Yard($"show {run} {target}")).Output);
        Assert.Contains("third line", (await Yard($"logs {run}/a --tail 1 {target}")).Output);
        Assert.Contains("not valid", (await Yard($"runs --server {server.Url} --token wrong")).Error);
        Assert.Contains("it has a", (await Yard($"logs {run}/b {target}")).Error);
    }

    [Fact]
    public async Task A_run_is_repaired_with_another_parameter_and_followed_to_its_end()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        var settings = """{"name":"gate","parameters":{"program":"/bin/false"},"tasks":[{"key":"before","command":["/bin/true"]},{"key":"gate","depends_on":["before"],"command":["${{ parameters.program }}"]}]}""";
        var run = (await TestServer.Post(admin, "/api/yard/v1/runs", settings))["run_id"]!.GetValue<long>();
        Assert.Equal("failed", (await TestServer.Get(admin, $"/api/yard/v1/runs/{run}/wait?seconds=60"))["state"]!.GetValue<string>());
        var target = $"--server {server.Url} --token {TestServer.AdminToken}";
        var (exit, output, error) = await Yard($"repair {run} -p program=/bin/true --follow {target}");
        Assert.Equal((0, ""), (exit, error));
        Assert.Contains("revision 1", output);
        var tasks = (await TestServer.Get(admin, $"/api/yard/v1/runs/{run}"))["tasks"]!.AsArray();
        Assert.Equal([0, 1], tasks.Select(task => task!["instances"]![0]!["attempt"]!.GetValue<int>()));
        Assert.Contains("nobody", (await Yard($"repair {run} nobody {target}")).Error);
        Assert.Contains("NAME=VALUE", (await Yard($"repair {run} -p program {target}")).Error);
    }

    [Fact]
    public async Task A_sweep_runs_to_its_end_and_its_worst_run_is_the_exit_code()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        var target = $"--server {server.Url} --token {TestServer.AdminToken}";
        var good = await SweepTests.Job(admin);
        var bad = await SweepTests.Job(admin, "/bin/false");
        var (exit, output, _) = await Yard($"sweep {good} -p a=1,x -p b=[1,[2,3]] --follow {target}");
        Assert.Equal(0, exit);
        Assert.Contains("4 of 4 runs made, 4 succeeded", output);
        Assert.Contains("[2,3]", output);
        Assert.Equal(1, (await Yard($"sweep {bad} -p a=1,2 --follow {target}")).Exit);
        Assert.Contains("6 runs", (await Yard($"sweep {good} -p a=1,2,3 -p b=1,2 --preview {target}")).Output);
        Assert.Equal(2, JsonNode.Parse((await Yard($"sweep {good} -p a=1,2,3 --select 0,2 --json {target}")).Output)!["size"]!.GetValue<int>());
        Assert.Contains("swept", (await Yard($"batches {target}")).Output);
        foreach (var (line, said) in new[] { ("-p a", "NAME=VALUE"), ("-p a=1 -p a=2", "twice"), ("--set /nowhere.json", "cannot be read"), ("-p c=1", "no parameter of this name"), ("--preview", "give a grid"), ("-p a=1 --select x", "no index") })
        {
            var (code, _, error) = await Yard($"sweep {good} {line} {target}");
            Assert.Equal(1, code);
            Assert.Contains(said, error);
        }

        Assert.Contains("There is no job", (await Yard($"sweep nothing -p a=1 {target}")).Error);
        Assert.Contains("Several jobs", (await Yard($"sweep swept -p a=1 {target}")).Error);
    }

    [Fact]
    public async Task A_file_runs_to_its_end_and_its_result_is_the_exit_code()
    {
        await using var server = await TestServer.Start();
        var folder = Directory.CreateTempSubdirectory("yard-files-").FullName;
        var target = $"--server {server.Url} --token {TestServer.AdminToken}";
        await File.WriteAllTextAsync(Path.Combine(folder, "good.json"), """{"name":"good","tasks":[{"key":"a","command":["/bin/true"]}]}""");
        await File.WriteAllTextAsync(Path.Combine(folder, "bad.json"), """{"name":"bad","tasks":[{"key":"a","command":["/bin/false"]},{"key":"b","command":["/bin/true"],"depends_on":["a"]}]}""");
        await File.WriteAllTextAsync(Path.Combine(folder, "wrong.json"), """{"tasks":[{"key":"a","command":["/bin/true"],"depends_on":["x"]}]}""");
        await File.WriteAllTextAsync(Path.Combine(folder, "other.json"), """{"hello":"world"}""");
        Assert.Equal(0, (await Yard($"run {folder}/good.json {target}")).Exit);
        var (exit, output, _) = await Yard($"run {folder}/bad.json {target}");
        Assert.Equal(1, exit);
        Assert.Contains("the last lines of its log", output);
        Assert.Contains("depends_on", (await Yard($"run {folder}/wrong.json {target}")).Error);
        Assert.Contains("neither", (await Yard($"run {folder}/other.json {target}")).Error);
        Assert.Equal("succeeded", JsonNode.Parse((await Yard($"run {folder}/good.json --json {target}")).Output)!["state"]!.GetValue<string>());
        Directory.Delete(folder, true);
    }

    [Fact]
    public async Task Databricks_files_run_in_every_form_with_the_notebooks_beside_them()
    {
        await using var server = await TestServer.Start();
        using var admin = server.Client();
        var folder = Directory.CreateTempSubdirectory("yard-files-").FullName;
        var target = $"--server {server.Url} --token {TestServer.AdminToken}";
        await File.WriteAllTextAsync(Path.Combine(folder, "clean.py"), "# Databricks notebook source\nprint(1)\n");
        const string task = """{"task_key":"a","existing_cluster_id":"c","notebook_task":{"notebook_path":"/Users/me/clean"}}""";
        foreach (var text in new[]
        {
            $$$"""{"name":"job","tasks":[{{{task}}}]}""",
            $$$"""{"run_name":"once","tasks":[{{{task}}}]}""",
            $$$"""{"job_id":53,"settings":{"name":"saved","tasks":[{{{task}}}]}}""",
            """{"name":"single","existing_cluster_id":"c","notebook_task":{"notebook_path":"/Users/me/clean"}}""",
            """{"run_name":"single once","existing_cluster_id":"c","notebook_task":{"notebook_path":"/Users/me/clean"}}""",
        })
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "job.json"), text);
            for (var again = 0; again < 2; again++)
            {
                var (exit, output, error) = await Yard($"run {folder}/job.json {target}");
                Assert.True(exit == 0, output + error);
                Assert.Contains("imported", error);
            }
        }

        // Run twice, a named job is reset and not made again.
        Assert.Equal(3, (await TestServer.Get(admin, "/api/yard/v1/jobs"))["jobs"]!.AsArray().Count);
        Directory.Delete(folder, true);
    }

    private static async Task<(int Exit, string Output, string Error)> Yard(string line)
    {
        var (oldOut, oldError) = (Console.Out, Console.Error);
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        Console.SetOut(output);
        Console.SetError(error);
        Spectre.Console.AnsiConsole.Console = Spectre.Console.AnsiConsole.Create(new() { Out = new Spectre.Console.AnsiConsoleOutput(output), Ansi = Spectre.Console.AnsiSupport.No, Interactive = Spectre.Console.InteractionSupport.No });
        Spectre.Console.AnsiConsole.Profile.Width = 1000;
        try
        {
            var exit = await CommandLine.Run(line.Split(' '), new NoServer(), TestContext.Current.CancellationToken);
            return (exit, output.ToString(), error.ToString());
        }
        finally
        {
            Console.SetOut(oldOut);
            Console.SetError(oldError);
        }
    }

    /// <summary>No server may be started in these tests.</summary>
    private sealed class NoServer : ILocalServer
    {
        public Task<int> Serve(ServerFlags flags, CancellationToken stop) => throw new NotSupportedException();

        public int CheckConfig(ServerFlags flags, bool json) => throw new NotSupportedException();

        public int Backup(ServerFlags flags, string file) => throw new NotSupportedException();

        public int Restore(ServerFlags flags, string file) => throw new NotSupportedException();

        public Task<IRunningServer> Start(ServerFlags flags, bool quiet, CancellationToken stop) => throw new NotSupportedException();

        public string MultiTask(string text, string file) => throw new NotSupportedException();

        public Task<(long Rows, int Tables)> CopyStore(string from, string to, Action<string, long, long, bool> say, CancellationToken stop) => throw new NotSupportedException();

        public Uri? AddressOf(ServerFlags flags) => null;
    }
}
