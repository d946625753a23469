using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Switchyard.Databricks.Tests;

/// <summary>Libraries of tasks, installed by a real pip into real environments.</summary>
public sealed class LibraryTests : IAsyncLifetime
{
    private const string Code = "import sys\nword = 'hello'\ndef main():\n    print(sys.argv)\ndef other():\n    print('other')\n";
    private YardProcess _yard = null!;

    public async ValueTask InitializeAsync()
    {
        _yard = await YardProcess.Start();
        await _yard.File($"/Shared/{Wheel.Name("hello")}", Wheel.Make("hello", Code, "1.0", "run = hello:main"));
        await _yard.File("/Shared/uses.py", "import hello\nprint(hello.word, hello.__file__.split('/')[-2])\n"u8.ToArray());
        await _yard.Notebook("/Shared/note", "import hello\ndbutils.notebook.exit(hello.word)");
    }

    public ValueTask DisposeAsync() => _yard.DisposeAsync();

    [Fact]
    public async Task Wheels_requirements_packages_and_environments_are_there_when_the_task_runs()
    {
        var index = Path.Join(_yard.Data, "dbfs", "index", "hello");
        Directory.CreateDirectory(index);
        await File.WriteAllBytesAsync(Path.Join(index, Wheel.Name("hello")), Wheel.Make("hello", Code));
        await File.WriteAllTextAsync(Path.Join(index, "index.html"), $"<a href=\"{Wheel.Name("hello")}\">hello</a>");
        await _yard.File("/Shared/requirements.txt", Encoding.UTF8.GetBytes("--no-index\n# of the workspace\n/Workspace/Shared/" + Wheel.Name("hello") + "\n"));
        var tasks = await _yard.Submit("""
            [{"task_key":"whl","spark_python_task":{"python_file":"/Shared/uses.py"},"libraries":[{"whl":"/Workspace/Shared/hello-1.0-py3-none-any.whl"}]},
             {"task_key":"note","notebook_task":{"notebook_path":"/Shared/note"},"libraries":[{"whl":"/Shared/hello-1.0-py3-none-any.whl"},{"jar":"dbfs:/not-for-python.jar"}]},
             {"task_key":"requirements","spark_python_task":{"python_file":"/Shared/uses.py"},"libraries":[{"requirements":"/Workspace/Shared/requirements.txt"}]},
             {"task_key":"pypi","spark_python_task":{"python_file":"/Shared/uses.py"},"libraries":[{"pypi":{"package":"hello==1.0","repo":"file://DATA/dbfs/index"}}]},
             {"task_key":"environment","spark_python_task":{"python_file":"/Shared/uses.py"},"environment_key":"e"},
             {"task_key":"without","spark_python_task":{"python_file":"/Shared/uses.py"}}],
             "environments":[{"environment_key":"e","spec":{"client":"1","dependencies":["dbfs:/index/hello/hello-1.0-py3-none-any.whl"]}}]
            """.Replace("DATA", _yard.Data, StringComparison.Ordinal));
        foreach (var key in new[] { "whl", "requirements", "pypi", "environment" })
            Assert.Equal("hello hello\n", tasks[key].Ok());
        tasks["note"].Ok();
        Assert.Equal("hello", tasks["note"].Output["notebook_output"]!["result"]!.GetValue<string>());
        Assert.Equal("ModuleNotFoundError: No module named 'hello'", tasks["without"].Error);
    }

    [Fact]
    public async Task An_environment_is_made_once_for_all_that_ask_at_the_same_time_and_anew_when_the_wheel_changes()
    {
        var job = await _yard.Job("""
            {"name":"many","tasks":[{"task_key":"loop","for_each_task":{"inputs":"[1,2,3,4,5,6,7,8]","concurrency":8,"task":
              {"task_key":"one","spark_python_task":{"python_file":"/Shared/uses.py"},"libraries":[{"whl":"/Shared/hello-1.0-py3-none-any.whl"}]}}}]}
            """);
        Assert.Equal("SUCCESS", (await _yard.RunToEnd(job))["state"]!["result_state"]!.GetValue<string>());
        Assert.Single(Environments());
        Assert.Equal("SUCCESS", (await _yard.RunToEnd(job))["state"]!["result_state"]!.GetValue<string>());
        Assert.Single(Environments());
        await _yard.File($"/Shared/{Wheel.Name("hello")}", Wheel.Make("hello", Code + "word = 'changed'\n"));
        Assert.Equal("SUCCESS", (await _yard.RunToEnd(job))["state"]!["result_state"]!.GetValue<string>());
        Assert.Equal(2, Environments().Length);
    }

    [Fact]
    public async Task What_cannot_be_installed_fails_its_task_and_says_why()
    {
        Directory.CreateDirectory(Path.Join(_yard.Data, "dbfs", "empty"));
        await _yard.File("/Shared/broken-1.0-py3-none-any.whl", "no archive"u8.ToArray());
        string[] libraries =
        [
            """{"whl":"/Shared/none-1.0-py3-none-any.whl"}""", """{"whl":"/Shared/broken-1.0-py3-none-any.whl"}""", """{"egg":"dbfs:/a.egg"}""",
            """{"maven":{"coordinates":"org.jsoup:jsoup:1.7.2"}}""", """{"cran":{"package":"geojson"}}""", """{"whl":"s3://bucket/a-1-py3-none-any.whl"}""",
            """{"pypi":{"package":"no-such-package","repo":"file://DATA/dbfs/empty"}}""".Replace("DATA", _yard.Data, StringComparison.Ordinal), """{"pypi":{"package":"--no-index"}}""", "{}",
        ];
        string[] messages =
        [
            "Library /Shared/none-1.0-py3-none-any.whl is not there.", "Library installation failed for /Shared/broken-1.0-py3-none-any.whl: ", "is an egg",
            "maven libraries are not installed on this server: org.jsoup:jsoup:1.7.2", "cran libraries are not installed", "s3://bucket/a-1-py3-none-any.whl cannot be read",
            "No matching distribution found for no-such-package", "is not the name of a package", "is none of whl, requirements, pypi",
        ];
        var tasks = await _yard.Submit(new JsonArray([.. libraries.Select((library, no) => (JsonNode)new JsonObject
        {
            ["task_key"] = $"t{no}",
            ["spark_python_task"] = new JsonObject { ["python_file"] = "/Shared/uses.py" },
            ["libraries"] = new JsonArray(JsonNode.Parse(library)),
        })]).ToJsonString());
        for (var no = 0; no < libraries.Length; no++)
        {
            var task = tasks[$"t{no}"];
            Assert.Equal(("FAILED", "LIBRARY_INSTALLATION_ERROR"), (task.Result, task.Code));
            Assert.Contains(messages[no], task.Error, StringComparison.Ordinal);
            Assert.Equal(task.Error, task.Message);
            Assert.Contains(task.Error, task.Logs, StringComparison.Ordinal);
        }

        Assert.Contains("no-such-package", tasks["t6"].Output["error_trace"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Empty(Environments());
    }

    [Fact]
    public async Task A_task_can_be_cancelled_while_its_libraries_are_installed_and_the_next_one_begins_anew()
    {
        // An index that takes the call and never answers.
        using var index = new TcpListener(IPAddress.Loopback, 0);
        index.Start();
        var body = """
            {"tasks":[{"task_key":"a","spark_python_task":{"python_file":"/Shared/uses.py"},"libraries":[{"pypi":{"package":"hello","repo":"http://127.0.0.1:PORT/simple"}}]}]}
            """.Replace("PORT", ((IPEndPoint)index.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        for (var round = 0; round < 2; round++)
        {
            var run = (await _yard.Post("/api/2.1/jobs/runs/submit", body)).Ok()["run_id"]!.GetValue<long>();
            using (await index.AcceptTcpClientAsync())
                (await _yard.Post("/api/2.1/jobs/runs/cancel", $$"""{"run_id":{{run}}}""")).Ok();
            Assert.Equal("CANCELED", (await _yard.Ended(run))["state"]!["result_state"]!.GetValue<string>());
            Assert.Single(Environments());
        }
    }

    [Fact]
    public async Task A_wheel_task_calls_its_entry_point_with_its_parameters()
    {
        var job = await _yard.Job("""
            {"name":"wheels","tasks":[
             {"task_key":"list","python_wheel_task":{"package_name":"hello","entry_point":"run","parameters":["a","{{task.name}}"]},"libraries":[{"whl":"/Shared/hello-1.0-py3-none-any.whl"}]},
             {"task_key":"named","python_wheel_task":{"package_name":"hello","entry_point":"run","named_parameters":{"k":"v","n":"{{job.id}}"}},"libraries":[{"whl":"/Shared/hello-1.0-py3-none-any.whl"}]},
             {"task_key":"function","python_wheel_task":{"package_name":"hello","entry_point":"other"},"libraries":[{"whl":"/Shared/hello-1.0-py3-none-any.whl"}]},
             {"task_key":"absent","python_wheel_task":{"package_name":"hello","entry_point":"nothing"},"libraries":[{"whl":"/Shared/hello-1.0-py3-none-any.whl"}]},
             {"task_key":"missing","python_wheel_task":{"package_name":"goodbye","entry_point":"run"}}]}
            """);
        var tasks = await _yard.TasksOf(await _yard.RunToEnd(job));
        Assert.Equal("['hello', 'a', 'list']\n", tasks["list"].Ok());
        Assert.Equal($"['hello', '--k=v', '--n={job}']\n", tasks["named"].Ok());
        Assert.Equal("other\n", tasks["function"].Ok());
        Assert.Contains("neither an entry point nor a function 'nothing'", tasks["absent"].Error, StringComparison.Ordinal);
        Assert.Contains("Package 'goodbye' is not installed", tasks["missing"].Error, StringComparison.Ordinal);

        tasks = await _yard.TasksOf(await _yard.RunToEnd(job, ""","python_params":["x"],"only":["list","named"]"""));
        Assert.Equal("['hello', 'x']\n", tasks["list"].Ok());
        tasks = await _yard.TasksOf(await _yard.RunToEnd(job, ""","python_named_params":{"k":"w"},"only":["named"]"""));
        Assert.Equal($"['hello', '--k=w', '--n={job}']\n", tasks["named"].Ok());
    }

    [Fact]
    public async Task Job_parameters_reach_wheels_as_named_ones()
    {
        var job = await _yard.Job("""
            {"name":"pushed","parameters":[{"name":"k","default":"job"}],"tasks":[
             {"task_key":"list","python_wheel_task":{"package_name":"hello","entry_point":"run","parameters":["a"]},"libraries":[{"whl":"/Shared/hello-1.0-py3-none-any.whl"}]},
             {"task_key":"named","python_wheel_task":{"package_name":"hello","entry_point":"run","named_parameters":{"k":"task","m":"1"}},"libraries":[{"whl":"/Shared/hello-1.0-py3-none-any.whl"}]}]}
            """);
        var tasks = await _yard.TasksOf(await _yard.RunToEnd(job, ""","job_parameters":{"k":"run"}"""));
        Assert.Equal("['hello', 'a']\n", tasks["list"].Ok());
        Assert.Equal("['hello', '--k=run', '--m=1']\n", tasks["named"].Ok());
    }

    private string[] Environments() =>
        Directory.Exists(Path.Join(_yard.Data, "databricks", "environments")) ? Directory.GetDirectories(Path.Join(_yard.Data, "databricks", "environments"), "*.new-*") : [];
}
