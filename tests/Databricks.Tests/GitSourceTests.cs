using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Switchyard.Databricks.Tests;

/// <summary>Code of tasks from a repository, by the real git, against the real program.</summary>
public sealed class GitSourceTests : IDisposable
{
    private readonly string _repository = Directory.CreateTempSubdirectory("yard-git-").FullName;

    public GitSourceTests()
    {
        Git("init", "--quiet", "--initial-branch=main");
        Commit("one");
        Git("tag", "v1");
        Commit("two");
        Git("branch", "side");
        Commit("three");
    }

    private string Url => $"file://{_repository}";

    public void Dispose() => Directory.Delete(_repository, true);

    [Fact]
    public async Task All_tasks_of_a_run_see_one_commit_which_the_run_shows()
    {
        await using var yard = await YardProcess.Start(("GIT_PROTOCOLS", "file"));
        var before = Git("rev-parse", "main");
        var run = await Run(yard, $$$"""
            {"run_name":"git","git_source":{"git_url":"{{{Url}}}","git_provider":"gitHub","git_branch":"main"},"tasks":[
              {"task_key":"book","notebook_task":{"notebook_path":"books/show","base_parameters":{"p":"{{task.name}}"} }},
              {"task_key":"moves","depends_on":[{"task_key":"book"}],"spark_python_task":{"python_file":"move.py","parameters":["{{{_repository}}}"]}},
              {"task_key":"again","depends_on":[{"task_key":"moves"}],"notebook_task":{"notebook_path":"books/show","base_parameters":{"p":"x"},"source":"GIT"}},
              {"task_key":"args","depends_on":[{"task_key":"moves"}],"spark_python_task":{"python_file":"main.py","parameters":["a b"]}}]}
            """);
        Assert.Equal("SUCCESS", run["state"]!["result_state"]?.GetValue<string>());
        Assert.NotEqual(before, Git("rev-parse", "main"));
        Assert.Equal(before, run["git_source"]!["git_snapshot"]!["used_commit"]!.GetValue<string>());
        var tasks = run["tasks"]!.AsArray().ToDictionary(task => task!["task_key"]!.GetValue<string>(), task => task!.AsObject());
        Assert.All(tasks.Values, task => Assert.Equal(before, task["git_source"]!["git_snapshot"]!["used_commit"]!.GetValue<string>()));
        Assert.Equal("GIT", tasks["book"]["notebook_task"]!["source"]!.GetValue<string>());
        Assert.Equal("three book", (await Output(yard, tasks["book"]))["notebook_output"]!["result"]!.GetValue<string>());
        Assert.Equal("three x", (await Output(yard, tasks["again"]))["notebook_output"]!["result"]!.GetValue<string>());
        Assert.Equal("['a b'] three\n", (await Output(yard, tasks["args"]))["logs"]!.GetValue<string>());

        // The copy goes with the run; what it saw is kept for a repair.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (Directory.EnumerateDirectories(Path.Join(yard.Data, "databricks", "git", "trees")).Any())
            await Task.Delay(100, patience.Token);
        Assert.Single(Directory.EnumerateFiles(Path.Join(yard.Data, "databricks", "git", "commits")));
        (await yard.Post("/api/2.1/jobs/runs/repair", $$$"""{"run_id":{{{run["run_id"]}}},"rerun_tasks":["args"]}""")).Ok();
        var repaired = await yard.Ended(run["run_id"]!.GetValue<long>());
        var last = repaired["tasks"]!.AsArray().Last(task => task!["task_key"]!.GetValue<string>() == "args")!.AsObject();
        Assert.Equal("['a b'] three\n", (await Output(yard, last))["logs"]!.GetValue<string>());
        Assert.Equal(before, last["git_source"]!["git_snapshot"]!["used_commit"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_tag_a_branch_and_a_commit_name_what_they_name_and_what_is_not_there_fails_the_checkout()
    {
        await using var yard = await YardProcess.Start(("GIT_PROTOCOLS", "file"));
        foreach (var (field, value, text) in new[] { ("git_tag", "v1", "one"), ("git_branch", "side", "two"), ("git_commit", Git("rev-parse", "side"), "two"), ("git_commit", Git("rev-parse", "--short", "v1"), "one") })
        {
            var run = await Run(yard, $$$"""{"git_source":{"git_url":"{{{Url}}}","git_provider":"gitLab","{{{field}}}":"{{{value}}}"},"tasks":[{"task_key":"t","spark_python_task":{"python_file":"main.py"}}]}""");
            Assert.Equal($"[] {text}\n", (await Output(yard, run["tasks"]![0]!.AsObject()))["logs"]!.GetValue<string>());
        }

        foreach (var (field, value) in new[] { ("git_branch", "none"), ("git_tag", "side"), ("git_commit", "abcdef1") })
        {
            var run = await Run(yard, $$$"""{"git_source":{"git_url":"{{{Url}}}","git_provider":"gitLab","{{{field}}}":"{{{value}}}"},"tasks":[{"task_key":"t","notebook_task":{"notebook_path":"books/show"}}]}""");
            var task = run["tasks"]![0]!;
            Assert.Equal("REPOSITORY_CHECKOUT_FAILED", task["status"]!["termination_details"]!["code"]!.GetValue<string>());
            Assert.StartsWith($"Failed to checkout Git repository {Url}: ", task["state"]!["state_message"]!.GetValue<string>(), StringComparison.Ordinal);
        }

        var missing = await Run(yard, $$$"""{"git_source":{"git_url":"{{{Url}}}","git_provider":"gitLab"},"tasks":[{"task_key":"t","notebook_task":{"notebook_path":"books/none"}},{"task_key":"leak","spark_python_task":{"python_file":"leak.py"}}]}""");
        Assert.All(missing["tasks"]!.AsArray(), task => Assert.Equal("RESOURCE_NOT_FOUND", task!["status"]!["termination_details"]!["code"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("""{"git_url":"https://x/y"}""", "git_source.git_provider must be one of: github,gitlab,")]
    [InlineData("""{"git_url":"-oProxyCommand=x","git_provider":"gitHub"}""", "git_source.git_url: ")]
    [InlineData("""{"git_url":"ext::sh -c x","git_provider":"gitHub"}""", "git_source.git_url: ")]
    [InlineData("""{"git_url":"file:///srv/x","git_provider":"gitHub"}""", "setting git_protocols")]
    [InlineData("""{"git_url":"https://u:p@x/y","git_provider":"gitHub"}""", "a name or a password in it")]
    [InlineData("""{"git_url":"https://x/y","git_provider":"GITHUB","git_branch":"a","git_tag":"b"}""", "Only one of git_branch, git_tag and git_commit")]
    [InlineData("""{"git_url":"https://x/y","git_provider":"gitHub","git_branch":"--upload-pack=x"}""", "is no name of a branch")]
    [InlineData("""{"git_url":"https://x/y","git_provider":"gitHub","git_tag":"a..b"}""", "is no name of a tag")]
    [InlineData("""{"git_url":"https://x/y","git_provider":"gitHub","git_commit":"HEAD"}""", "is no commit's id")]
    public async Task A_repository_that_cannot_be_is_refused_when_the_job_is_saved(string source, string message)
    {
        await using var server = await DialectHost.Start();
        (await server.Post("/api/2.1/jobs/create", $$$"""{"git_source":{{{source}}},"tasks":[{"task_key":"t","notebook_task":{"notebook_path":"x"}}]}""")).Refused(400, "INVALID_PARAMETER_VALUE", message);
    }

    [Fact]
    public async Task A_task_with_source_git_needs_a_repository_and_long_names_are_refused()
    {
        await using var server = await DialectHost.Start();
        (await server.Post("/api/2.1/jobs/create", """{"tasks":[{"task_key":"t","notebook_task":{"notebook_path":"x","source":"GIT"}}]}""")).Refused(400, "INVALID_PARAMETER_VALUE", "has no git_source");
        foreach (var (field, length) in new[] { ("git_url", 301), ("git_branch", 256), ("git_tag", 256), ("git_commit", 65) })
        {
            var source = new JsonObject { ["git_url"] = "https://x/y", ["git_provider"] = "gitHub", [field] = new string('a', length) };
            (await server.Post("/api/2.1/jobs/create", $$$"""{"git_source":{{{source.ToJsonString()}}},"tasks":[{"task_key":"t","notebook_task":{"notebook_path":"x"}}]}""")).Refused(400, "INVALID_PARAMETER_VALUE", field);
        }
    }

    private void Commit(string text)
    {
        Directory.CreateDirectory(Path.Join(_repository, "books"));
        Directory.CreateDirectory(Path.Join(_repository, "lib"));
        File.WriteAllText(Path.Join(_repository, "lib", "text.py"), $"TEXT = '{text}'\n");
        File.WriteAllText(Path.Join(_repository, "main.py"), "import sys\nfrom lib.text import TEXT\nprint(sys.argv[1:], TEXT)\n");
        File.WriteAllText(Path.Join(_repository, "move.py"), "import subprocess, sys\nsubprocess.run(['git', '-C', sys.argv[1], '-c', 'user.name=a', '-c', 'user.email=a@b.c', 'commit', '--quiet', '--allow-empty', '-m', 'meanwhile'], check=True)\n");
        File.WriteAllText(Path.Join(_repository, "books", "part.py"), "# Databricks notebook source\nfrom lib.text import TEXT\n");
        File.WriteAllText(Path.Join(_repository, "books", "show.py"), "# Databricks notebook source\n# MAGIC %run ./part\n\n# COMMAND ----------\n\ndbutils.notebook.exit(TEXT + ' ' + dbutils.widgets.get('p'))\n");
        if (text == "one")
            File.CreateSymbolicLink(Path.Join(_repository, "leak.py"), "/etc/passwd");
        Git("add", "--all");
        Git("-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "-m", text);
    }

    private string Git(params string[] words)
    {
        var start = new ProcessStartInfo("git", ["-C", _repository, .. words]) { RedirectStandardOutput = true };
        using var git = Process.Start(start)!;
        var text = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        Assert.Equal(0, git.ExitCode);
        return text.Trim();
    }

    private static async Task<JsonObject> Run(YardProcess yard, string settings) =>
        await yard.Ended((await yard.Post("/api/2.1/jobs/runs/submit", settings)).Ok()["run_id"]!.GetValue<long>());

    private static async Task<JsonObject> Output(YardProcess yard, JsonObject task) =>
        (await yard.Get($"/api/2.1/jobs/runs/get-output?run_id={task["run_id"]}")).Ok();
}
