using System.Diagnostics;

namespace Switchyard.Databricks.Tests;

/// <summary>SQL tasks on real databases.</summary>
public sealed class SqlTaskTests
{
    [Fact]
    public async Task Queries_run_on_the_workspace_s_own_database_and_give_their_rows_to_other_tasks()
    {
        await using var yard = await YardProcess.Start();
        await yard.File("/Shared/make.sql", "create table sales(region text, amount integer);\ninsert into sales values ('north', 1), ('south; east', 2), ('it''s', 3);\n"u8.ToArray());
        await yard.File("/Shared/query.sql", "-- :least rows; no statement\nselect region, amount, '{{note}}' as note from {{table}} where amount >= :least order by amount;\n"u8.ToArray());
        await yard.File("/Shared/bad.sql", "select * from nowhere"u8.ToArray());
        await yard.File("/Shared/args.py", "import sys\nprint(sys.argv[1:])\n"u8.ToArray());
        var job = await yard.Job("""
            {"name":"sql","tasks":[
             {"task_key":"make","sql_task":{"warehouse_id":"any","file":{"path":"/Shared/make.sql"}}},
             {"task_key":"query","depends_on":[{"task_key":"make"}],"sql_task":{"warehouse_id":"any","query":{"query_id":"/Shared/query.sql"},"parameters":{"least":"2","table":"sales","note":"it's {{task.name}}"}}},
             {"task_key":"use","depends_on":[{"task_key":"query"}],"spark_python_task":{"python_file":"/Shared/args.py","parameters":["{{tasks.query.output.first_row.region}}","{{tasks.query.output.first_row}}","{{tasks.query.output.rows}}"]}},
             {"task_key":"each","depends_on":[{"task_key":"query"}],"for_each_task":{"inputs":"{{tasks.query.output.rows}}","task":{"task_key":"one","spark_python_task":{"python_file":"/Shared/args.py","parameters":["{{input.region}}"]}}}},
             {"task_key":"bad","sql_task":{"warehouse_id":"any","file":{"path":"/Shared/bad.sql"}}},
             {"task_key":"id","sql_task":{"warehouse_id":"any","query":{"query_id":"7c0f2d3e"}}},
             {"task_key":"alert","sql_task":{"warehouse_id":"any","alert":{"alert_id":"7"}}}]}
            """);
        var tasks = await yard.TasksOf(await yard.RunToEnd(job));
        tasks["make"].Ok();
        Assert.Equal("region\tamount\tnote\nsouth; east\t2\tit's query\nit's\t3\tit's query\n", tasks["query"].Ok());
        Assert.Equal("Ran on the SQLite database of the warehouse.", tasks["query"].Info);
        var output = tasks["query"].Output["sql_output"]!["query_output"]!;
        Assert.Equal("any", output["warehouse_id"]!.GetValue<string>());
        Assert.StartsWith("-- :least rows", output["query_text"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Single(output["sql_statements"]!.AsArray());
        const string First = """{"region": "south; east", "amount": 2, "note": "it's query"}""";
        Assert.Equal($$"""["south; east", '{{First.Replace("'", "\\'", StringComparison.Ordinal)}}', '[{{First.Replace("'", "\\'", StringComparison.Ordinal)}}, {"region": "it\'s", "amount": 3, "note": "it\'s query"}]']""" + "\n", tasks["use"].Ok().Replace("'south; east'", "\"south; east\"", StringComparison.Ordinal));
        Assert.Equal("SUCCESS", tasks["each"].Result);
        Assert.Contains("no such table: nowhere", tasks["bad"].Error, StringComparison.Ordinal);
        Assert.Contains("keeps no queries by id", tasks["id"].Error, StringComparison.Ordinal);
        Assert.Contains("alerts and dashboards", tasks["alert"].Error, StringComparison.Ordinal);

        tasks = await yard.TasksOf(await yard.RunToEnd(job, ""","sql_params":{"least":"3"},"only":["query"]"""));
        Assert.Equal("region\tamount\tnote\nit's\t3\tit's query\n", tasks["query"].Ok());
    }

    [Fact]
    public async Task A_configured_warehouse_is_a_PostgreSQL_database_whose_password_stands_nowhere()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/psql") && Directory.Exists("/usr/lib/postgresql"), "no PostgreSQL: apt-get install postgresql");
        await using var postgres = await Postgres.Start();
        const string Password = "p@ss;w0rd";
        await using var yard = await YardProcess.Start(("DATABRICKS_WAREHOUSES", $"pg=postgresql://yard:{Uri.EscapeDataString(Password)}@127.0.0.1:{postgres.Port}/postgres; files=sqlite:{postgres.Folder}/w.db"));
        await yard.File("/Shared/query.sql", "create table t(a int, b text);\ninsert into t values (1, 'x\ny'), (2, null);\nselect a, b, $$;$$ as c from t where a <= :most order by a"u8.ToArray());
        await yard.File("/Shared/bad.sql", "select 1;\nselect * from nowhere"u8.ToArray());
        await yard.File("/Shared/shell.sql", "\\! touch /tmp/no"u8.ToArray());
        await yard.File("/Shared/args.py", "import sys\nprint(sys.argv[1:])\n"u8.ToArray());
        var tasks = await yard.Submit("""
            [{"task_key":"query","sql_task":{"warehouse_id":"pg","file":{"path":"/Shared/query.sql"},"parameters":{"most":"2"}}},
             {"task_key":"use","depends_on":[{"task_key":"query"}],"spark_python_task":{"python_file":"/Shared/args.py","parameters":["{{tasks.query.output.rows}}"]}},
             {"task_key":"bad","sql_task":{"warehouse_id":"pg","file":{"path":"/Shared/bad.sql"}}},
             {"task_key":"shell","sql_task":{"warehouse_id":"pg","file":{"path":"/Shared/shell.sql"}}},
             {"task_key":"unknown","sql_task":{"warehouse_id":"other","file":{"path":"/Shared/bad.sql"}}}]
            """);
        Assert.Equal("a\tb\tc\n1\tx\ny\t;\n2\tNULL\t;\n", tasks["query"].Ok());
        Assert.Equal(3, tasks["query"].Output["sql_output"]!["query_output"]!["sql_statements"]!.AsArray().Count);
        Assert.Contains("""{"a": "2", "b": null, "c": ";"}""", tasks["use"].Ok(), StringComparison.Ordinal);
        Assert.Contains("relation \"nowhere\" does not exist", tasks["bad"].Error, StringComparison.Ordinal);
        Assert.Contains("A backslash stands outside of a text", tasks["shell"].Error, StringComparison.Ordinal);
        Assert.Contains("there is no warehouse 'other'. Those of this server are files, pg.", tasks["unknown"].Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, string.Concat(tasks.Values.Select(task => task.Run.ToJsonString() + task.Output.ToJsonString())), StringComparison.Ordinal);
    }

    /// <summary>A PostgreSQL server of its own.</summary>
    private sealed class Postgres : IAsyncDisposable
    {
        private readonly string _programs = Directory.GetDirectories("/usr/lib/postgresql").Order().Last() + "/bin";

        public string Folder { get; } = Directory.CreateTempSubdirectory("yard-postgres-").FullName;

        public int Port { get; } = YardProcess.FreePort();

        public static async Task<Postgres> Start()
        {
            var postgres = new Postgres();
            // It does not run as root.
            await Run("chown", "postgres", postgres.Folder);
            await File.WriteAllTextAsync(Path.Join(postgres.Folder, "password"), "p@ss;w0rd\n");
            await postgres.AsPostgres("initdb", "-D", Path.Join(postgres.Folder, "data"), "-U", "yard", "-A", "scram-sha-256", $"--pwfile={postgres.Folder}/password", "-N");
            await postgres.AsPostgres("pg_ctl", "-D", Path.Join(postgres.Folder, "data"), "-w", "-t", "120", "-l", Path.Join(postgres.Folder, "log"), "-o", $"-p {postgres.Port} -k {postgres.Folder} -c fsync=off", "start");
            return postgres;
        }

        public async ValueTask DisposeAsync()
        {
            await AsPostgres("pg_ctl", "-D", Path.Join(Folder, "data"), "-m", "immediate", "stop");
            Directory.Delete(Folder, true);
        }

        private Task AsPostgres(string program, params string[] arguments) =>
            Environment.UserName == "root" ? Run("runuser", ["-u", "postgres", "--", Path.Join(_programs, program), .. arguments]) : Run(Path.Join(_programs, program), arguments);

        private static async Task Run(string program, params string[] arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = "/", RedirectStandardOutput = true })!;
            await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
        }
    }
}
