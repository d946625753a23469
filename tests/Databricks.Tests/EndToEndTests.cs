using System.Text.Json.Nodes;

namespace Switchyard.Databricks.Tests;

/// <summary>The published examples on the program itself, with their notebooks run for real.</summary>
public sealed class EndToEndTests
{
    [Fact]
    public async Task The_examples_run_to_their_end_with_real_notebooks()
    {
        await using var yard = await YardProcess.Start();
        foreach (var name in new[] { "clean-data", "analyze-data", "log-query", "validate-query-results" })
            await yard.Notebook($"/Users/user@databricks.com/{name}", await File.ReadAllTextAsync(Example($"notebooks/{name}.py")));
        var settings = await File.ReadAllTextAsync(Example("multi-task-job.json"));
        var first = await Started(yard, "2.0", await yard.Job(settings, "2.0"));
        var second = await Started(yard, "2.1", await yard.Job(settings));
        var submitted = (await yard.Post("/api/2.1/jobs/runs/submit", await File.ReadAllTextAsync(Example("runs-submit.json")))).Ok()["run_id"]!.GetValue<long>();
        foreach (var id in new[] { first, second, submitted })
        {
            var run = await yard.Ended(id);
            Assert.Equal("SUCCESS", run["state"]!["result_state"]?.GetValue<string>());
            foreach (var task in run["tasks"]!.AsArray())
            {
                var output = (await yard.Get($"/api/2.1/jobs/runs/get-output?run_id={task!["run_id"]}")).Ok();
                Assert.NotEqual("", output["notebook_output"]!["result"]!.GetValue<string>());
                Assert.Contains("runner", output["info"]!.GetValue<string>(), StringComparison.Ordinal);
                var views = (await yard.Get($"/api/2.1/jobs/runs/export?run_id={task["run_id"]}")).Ok()["views"]!.AsArray();
                Assert.Contains("<html", views[0]!["content"]!.GetValue<string>(), StringComparison.OrdinalIgnoreCase);
            }
        }
    }

    [Fact]
    public async Task Each_task_fails_or_succeeds_by_itself()
    {
        await using var yard = await YardProcess.Start();
        await yard.Notebook("/Shared/lib", "y = 41");
        await yard.Notebook("/Users/admin/uses", "# MAGIC %run /Shared/lib\n\n# COMMAND ----------\n\ndbutils.jobs.taskValues.set('v', y + 1)");
        await yard.Notebook("/Users/admin/echo", "dbutils.notebook.exit(dbutils.widgets.get('p'))");
        await yard.Notebook("/Users/admin/bad", "raise ValueError('no rows')");
        (await yard.Post("/api/2.0/workspace/import", new JsonObject
        {
            ["path"] = "/Shared/args.py",
            ["format"] = "RAW",
            ["content"] = Convert.ToBase64String("import sys\nprint(sys.argv[1:])\n"u8),
        }.ToJsonString())).Ok();
        var id = (await yard.Post("/api/2.1/jobs/runs/submit", """
            {"run_name":"mixed","tasks":[
              {"task_key":"args","spark_python_task":{"python_file":"/Shared/args.py","parameters":["1","{{task.name}}"]}},
              {"task_key":"uses","notebook_task":{"notebook_path":"/Users/admin/uses"}},
              {"task_key":"echo","depends_on":[{"task_key":"uses"}],"notebook_task":{"notebook_path":"/Users/admin/echo","base_parameters":{"p":"{{tasks.uses.values.v}} {{tasks.uses.result_state}}"}}},
              {"task_key":"bad","notebook_task":{"notebook_path":"/Users/admin/bad"}},
              {"task_key":"after","depends_on":[{"task_key":"bad"}],"notebook_task":{"notebook_path":"/Users/admin/echo"}},
              {"task_key":"gone","notebook_task":{"notebook_path":"/Shared/none"}},
              {"task_key":"sql","sql_task":{"warehouse_id":"w"}}]}
            """)).Ok()["run_id"]!.GetValue<long>();
        var run = await yard.Ended(id);
        Assert.Equal("INTERNAL_ERROR", run["state"]!["life_cycle_state"]!.GetValue<string>());
        var tasks = run["tasks"]!.AsArray().ToDictionary(task => task!["task_key"]!.GetValue<string>(), task => task!.AsObject());
        var ends = string.Join(' ', tasks.Select(pair => $"{pair.Key}={pair.Value["state"]!["result_state"]}"));
        Assert.Equal("args=SUCCESS uses=SUCCESS echo=SUCCESS bad=FAILED after=UPSTREAM_FAILED gone=FAILED sql=FAILED", ends);
        async Task<JsonObject> Output(string key) => (await yard.Get($"/api/2.1/jobs/runs/get-output?run_id={tasks[key]["run_id"]}")).Ok();
        Assert.Equal("['1', 'args']\n", (await Output("args"))["logs"]!.GetValue<string>());
        Assert.Equal("42 success", (await Output("echo"))["notebook_output"]!["result"]!.GetValue<string>());
        Assert.Equal("ValueError: no rows", (await Output("bad"))["error"]!.GetValue<string>());
        Assert.Contains("raise ValueError", (await Output("bad"))["error_trace"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.StartsWith("Unable to access the notebook \"/Shared/none\".", (await Output("gone"))["error"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Contains("names neither file.path nor query.query_id", (await Output("sql"))["error"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    private static async Task<long> Started(YardProcess yard, string version, long job) =>
        (await yard.Post($"/api/{version}/jobs/run-now", $$"""{"job_id":{{job}}}""")).Ok()["run_id"]!.GetValue<long>();

    private static string Example(string name)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (Path.Join(at.FullName, "examples", "databricks", name) is var file && File.Exists(file))
                return file;
        }

        throw new FileNotFoundException(name);
    }
}
