using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json.Nodes;

namespace Switchyard.Databricks.Tests;

/// <summary>Tasks that are programs: Java archives, spark-submit and dbt, each with the real thing.</summary>
public sealed class ProgramTaskTests : IAsyncLifetime
{
    private const string Hello = """
        public class Hello {
            public static void main(String[] args) {
                System.out.println("hello " + String.join(",", args));
                if (args.length > 0 && args[0].equals("fail")) throw new IllegalStateException("no rows");
            }
        }
        """;

    private YardProcess _yard = null!;

    public async ValueTask InitializeAsync() => _yard = await YardProcess.Start();

    public ValueTask DisposeAsync() => _yard.DisposeAsync();

    [Fact]
    public async Task Java_runs_main_classes_of_jars_and_the_output_says_that_there_is_no_spark()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/javac"), "no JDK: apt-get install default-jdk-headless");
        await Archive();
        var job = await _yard.Job("""
            {"name":"java","tasks":[
             {"task_key":"main","spark_jar_task":{"main_class_name":"Hello","parameters":["a","{{task.name}}"]},"libraries":[{"jar":"dbfs:/jars/hello.jar"}]},
             {"task_key":"uri","spark_jar_task":{"main_class_name":"Hello","jar_uri":"dbfs:/jars/hello.jar"}},
             {"task_key":"fail","spark_jar_task":{"main_class_name":"Hello","parameters":["fail"]},"libraries":[{"jar":"/dbfs/jars/hello.jar"}]},
             {"task_key":"gone","spark_jar_task":{"main_class_name":"Hello"},"libraries":[{"jar":"dbfs:/jars/none.jar"}]},
             {"task_key":"bare","spark_jar_task":{"main_class_name":"Hello"}},
             {"task_key":"submit","spark_submit_task":{"parameters":["--class","Hello","--deploy-mode=client","dbfs:/jars/hello.jar","x","y z"]}},
             {"task_key":"nothing","spark_submit_task":{"parameters":["--class","Hello"]}}]}
            """);
        var tasks = await _yard.TasksOf(await _yard.RunToEnd(job));
        Assert.Equal("hello a,main\n", tasks["main"].Ok());
        Assert.StartsWith("Ran with plain java: there is no Spark installation", tasks["main"].Info, StringComparison.Ordinal);
        Assert.Equal("hello \n", tasks["uri"].Ok());
        Assert.Equal("hello x,y z\n", tasks["submit"].Ok());
        Assert.Equal(("FAILED", "java.lang.IllegalStateException: no rows"), (tasks["fail"].Result, tasks["fail"].Error));
        Assert.Contains("at Hello.main", tasks["fail"].Output["error_trace"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Contains("The archive none.jar is not there", tasks["gone"].Error, StringComparison.Ordinal);
        Assert.Contains("has no archive", tasks["bare"].Error, StringComparison.Ordinal);
        Assert.Contains("name no program", tasks["nothing"].Error, StringComparison.Ordinal);

        tasks = await _yard.TasksOf(await _yard.RunToEnd(job, ""","jar_params":["now"],"spark_submit_params":["--class","Hello","/dbfs/jars/hello.jar","too"],"only":["main","submit"]"""));
        Assert.Equal("hello now\n", tasks["main"].Ok());
        Assert.Equal("hello too\n", tasks["submit"].Ok());
    }

    [Fact]
    public async Task A_spark_installation_is_used_where_there_is_one()
    {
        // What is tested is what spark-submit is given; a Spark of 400 MB is not needed for that.
        var home = Path.Join(_yard.Data, "spark");
        Directory.CreateDirectory(Path.Join(home, "bin"));
        var program = Path.Join(home, "bin", "spark-submit");
        await File.WriteAllTextAsync(program, "#!/bin/sh\nfor word; do echo \"$word\"; done\n");
        using (var mode = Process.Start("/bin/chmod", ["755", program]))
            await mode.WaitForExitAsync();
        Directory.CreateDirectory(Path.Join(_yard.Data, "dbfs", "jars"));
        foreach (var name in new[] { "a.jar", "b.jar" })
            await File.WriteAllTextAsync(Path.Join(_yard.Data, "dbfs", "jars", name), "");
        var jars = Path.Join(_yard.Data, "dbfs", "jars");
        var tasks = await _yard.Submit("""
            [{"task_key":"jar","spark_jar_task":{"main_class_name":"M","parameters":["p"]},"libraries":[{"jar":"dbfs:/jars/a.jar"},{"jar":"dbfs:/jars/b.jar"}],"new_cluster":{"spark_version":"v","spark_env_vars":{"SPARK_HOME":"HOME"}}},
             {"task_key":"submit","spark_submit_task":{"parameters":["--jars","dbfs:/jars/a.jar,dbfs:/jars/b.jar","--class","M","dbfs:/jars/a.jar","p"]},"new_cluster":{"spark_version":"v","spark_env_vars":{"SPARK_HOME":"HOME"}}}]
            """.Replace("HOME", home, StringComparison.Ordinal).Replace("SPARK_" + home, "SPARK_HOME", StringComparison.Ordinal));
        Assert.Equal($"--class\nM\n--jars\n{jars}/b.jar\n{jars}/a.jar\np\n", tasks["jar"].Ok());
        Assert.Equal($"--jars\n{jars}/a.jar,{jars}/b.jar\n--class\nM\n{jars}/a.jar\np\n", tasks["submit"].Ok());
        Assert.Equal("Ran with spark-submit.", tasks["jar"].Info);
    }

    [Fact]
    public async Task Python_files_of_spark_submit_run_without_spark()
    {
        await _yard.File("/Shared/args.py", "import sys, beside\nprint(sys.argv[1:], beside.word)\n"u8.ToArray());
        await _yard.File("/Shared/lib/beside.py", "word = 'beside'\n"u8.ToArray());
        var tasks = await _yard.Submit("""
            [{"task_key":"py","spark_submit_task":{"parameters":["--py-files","/Workspace/Shared/lib","/Workspace/Shared/args.py","a","b"]}}]
            """);
        Assert.Equal("['a', 'b'] beside\n", tasks["py"].Ok());
        Assert.StartsWith("Ran with plain Python", tasks["py"].Info, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_that_a_task_runs_gets_the_parameters_of_its_types()
    {
        await _yard.File("/Shared/args.py", "import sys\nprint(sys.argv[1:])\n"u8.ToArray());
        await _yard.File("/Shared/query.sql", "select :a || '!' as v"u8.ToArray());
        var child = await _yard.Job("""
            {"name":"child","tasks":[
             {"task_key":"py","spark_python_task":{"python_file":"/Shared/args.py","parameters":["own"]}},
             {"task_key":"sql","sql_task":{"warehouse_id":"w","file":{"path":"/Shared/query.sql"},"parameters":{"a":"own"}}}]}
            """);
        var tasks = await _yard.Submit("""
            [{"task_key":"parent","run_job_task":{"job_id":CHILD,"python_params":["x","{{task.name}}"],"sql_params":{"a":"given"}}}]
            """.Replace("CHILD", child.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));
        tasks["parent"].Ok();
        var run = await _yard.Ended(tasks["parent"].Output["run_job_output"]!["run_id"]!.GetValue<long>());
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"python_params":["x","parent"],"sql_params":{"a":"given"}}"""), run["overriding_parameters"]), run.ToJsonString());
        tasks = await _yard.TasksOf(run);
        Assert.Equal("['x', 'parent']\n", tasks["py"].Ok());
        Assert.Equal("v\ngiven!\n", tasks["sql"].Ok());
    }

    [Fact]
    public async Task Dbt_runs_its_commands_in_the_project_or_says_that_it_is_not_installed()
    {
        // The program comes as a library, as it would with dbt-core; it writes down what it was given.
        await _yard.File($"/Shared/{Wheel.Name("fakedbt")}", Wheel.Make("fakedbt", """
            import os, sys
            def main():
                print(sys.argv[1:], os.path.basename(os.getcwd()), os.path.basename(os.environ['DBT_PROFILES_DIR']), os.environ['DBT_SCHEMA'])
                if 'fail' in sys.argv:
                    sys.exit('Compilation Error')
            """, "1.0", "dbt = fakedbt:main"));
        await _yard.File("/Shared/project/dbt_project.yml", "name: p\n"u8.ToArray());
        await _yard.File("/Shared/project/profiles/profiles.yml", "p: {}\n"u8.ToArray());
        var job = await _yard.Job("""
            {"name":"dbt","tasks":[
             {"task_key":"dbt","dbt_task":{"commands":["dbt deps","dbt run --select 'a b' {{task.name}}"],"project_directory":"/Workspace/Shared/project","profiles_directory":"profiles","schema":"s"},"libraries":[{"whl":"/Shared/fakedbt-1.0-py3-none-any.whl"}]},
             {"task_key":"fails","dbt_task":{"commands":["dbt fail","dbt run"],"project_directory":"/Shared/project","profiles_directory":"profiles","schema":"s"},"libraries":[{"whl":"/Shared/fakedbt-1.0-py3-none-any.whl"}]},
             {"task_key":"without","dbt_task":{"commands":["dbt run"],"project_directory":"/Shared/project"}}]}
            """);
        var tasks = await _yard.TasksOf(await _yard.RunToEnd(job));
        Assert.Equal("+ dbt deps\n['deps'] project profiles s\n+ dbt run --select 'a b' dbt\n['run', '--select', 'a b', 'dbt'] project profiles s\n", tasks["dbt"].Ok());
        Assert.NotNull(tasks["dbt"].Output["dbt_output"]);
        Assert.Equal("Compilation Error", tasks["fails"].Error);
        Assert.DoesNotContain("+ dbt run", tasks["fails"].Logs, StringComparison.Ordinal);
        Assert.StartsWith("The dbt program is not installed.", tasks["without"].Error, StringComparison.Ordinal);
        tasks = await _yard.TasksOf(await _yard.RunToEnd(job, ""","dbt_commands":["dbt seed"],"only":["dbt"]"""));
        Assert.Equal("+ dbt seed\n['seed'] project profiles s\n", tasks["dbt"].Ok());
    }

    private async Task Archive()
    {
        var folder = Directory.CreateDirectory(Path.Join(_yard.Data, "source")).FullName;
        await File.WriteAllTextAsync(Path.Join(folder, "Hello.java"), Hello);
        using var compiler = Process.Start("/usr/bin/javac", ["-d", folder, Path.Join(folder, "Hello.java")]);
        await compiler.WaitForExitAsync();
        Assert.Equal(0, compiler.ExitCode);
        Directory.CreateDirectory(Path.Join(_yard.Data, "dbfs", "jars"));
        await using var archive = await ZipFile.OpenAsync(Path.Join(_yard.Data, "dbfs", "jars", "hello.jar"), ZipArchiveMode.Create);
        await archive.CreateEntryFromFileAsync(Path.Join(folder, "Hello.class"), "Hello.class");
    }
}
