namespace Switchyard.Databricks.Tests;

/// <summary>What tasks of a type, their libraries and the parameters of a run must be.</summary>
public sealed class TaskRuleTests(SharedHost host) : IClassFixture<SharedHost>
{
    private const string Invalid = "INVALID_PARAMETER_VALUE";
    private const string Malformed = "MALFORMED_REQUEST";

    [Theory]
    [InlineData("""
        "python_wheel_task":{"package_name":"p","entry_point":"e","parameters":["a"],"named_parameters":{"k":"v"}}
        """, Invalid, "Task 'a': python_wheel_task has both parameters and named_parameters.")]
    [InlineData("""
        "for_each_task":{"inputs":"[1]","task":{"task_key":"n","python_wheel_task":{"package_name":"p","entry_point":"e","parameters":["a"],"named_parameters":{"k":"v"}}}}
        """, Invalid, "python_wheel_task has both parameters and named_parameters.")]
    [InlineData("""
        "python_wheel_task":{"package_name":"p"}
        """, Invalid, "Missing required field: settings.tasks.python_wheel_task.entry_point")]
    [InlineData("""
        "dbt_task":{"commands":[]}
        """, Invalid, "there is no command")]
    [InlineData("""
        "dbt_task":{"commands":["dbt run","rm -rf /"]}
        """, Invalid, "'rm -rf /' does not start with 'dbt'")]
    [InlineData("""
        "dbt_task":{"commands":["dbt 1","dbt 2","dbt 3","dbt 4","dbt 5","dbt 6","dbt 7","dbt 8","dbt 9","dbt 10","dbt 11"]}
        """, Invalid, "11 elements are too many; at most 10")]
    [InlineData("""
        "sql_task":{"warehouse_id":"w","query":{"query_id":"q"},"file":{"path":"/x"}}
        """, Invalid, "sql_task has query and file")]
    [InlineData("""
        "sql_task":{"file":{"path":"/x"}}
        """, Invalid, "Missing required field: settings.tasks.sql_task.warehouse_id")]
    [InlineData("""
        "spark_python_task":{"python_file":"/x"},"environment_key":"none"
        """, Invalid, "environment_key 'none' is not defined")]
    [InlineData("""
        "spark_python_task":{"python_file":"/x","parameters":["{{tasks.a.output.columns}}"]}
        """, Invalid, "output.rows, output.first_row and output.first_row.<column>")]
    [InlineData("""
        "spark_python_task":{"python_file":"/x"},"libraries":[{"pypi":{}}]
        """, Invalid, "Missing required field: settings.tasks.libraries.pypi.package")]
    [InlineData("""
        "spark_python_task":{"python_file":"/x"},"libraries":[{"whl":5}]
        """, Malformed, "Expected string for field 'tasks[0].libraries[0].whl, found NUMBER")]
    public async Task Create_refuses_tasks_that_cannot_be_meant(string task, string code, string message)
    {
        (await host.Server.Post("/api/2.1/jobs/create", $$"""{"name":"x","tasks":[{"task_key":"a",{{task}}}]}""")).Refused(400, code, message);
        (await host.Server.Post("/api/2.2/jobs/runs/submit", $$"""{"tasks":[{"task_key":"a",{{task}}}]}""")).Refused(400, code, message);
    }

    [Theory]
    [InlineData("""
        "python_params":["é"]
        """, "'é' has characters outside ASCII")]
    [InlineData("""
        "spark_submit_params":["é"]
        """, "'é' has characters outside ASCII")]
    [InlineData("""
        "dbt_commands":["ls"]
        """, "'ls' does not start with 'dbt'")]
    [InlineData("""
        "jar_params":["a"],"notebook_params":{"a":"b"}
        """, "notebook_params and jar_params cannot be given together")]
    public async Task Run_now_refuses_parameters_that_cannot_be_meant(string parameters, string message)
    {
        var job = await host.Server.Job("""{"name":"p","tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/x"}}]}""");
        (await host.Server.Post("/api/2.1/jobs/run-now", $$"""{"job_id":{{job}},{{parameters}}}""")).Refused(400, Invalid, message);
    }

    [Theory]
    [InlineData("python_params", "[\"{0}\"]")]
    [InlineData("jar_params", "[\"{0}\"]")]
    [InlineData("spark_submit_params", "[\"{0}\"]")]
    [InlineData("notebook_params", "{{\"k\":\"{0}\"}}")]
    [InlineData("python_named_params", "{{\"k\":\"{0}\"}}")]
    [InlineData("sql_params", "{{\"k\":\"{0}\"}}")]
    public async Task A_family_of_parameters_has_at_most_10000_bytes(string family, string shape)
    {
        var job = await host.Server.Job("""{"name":"p","tasks":[{"task_key":"a","notebook_task":{"notebook_path":"/x"}}]}""");
        var value = string.Format(System.Globalization.CultureInfo.InvariantCulture, shape, new string('x', 10_000));
        (await host.Server.Post("/api/2.1/jobs/run-now", $$"""{"job_id":{{job}},"{{family}}":{{value}}}""")).Refused(400, Invalid, "at most 10000 are allowed");
    }

    [Theory]
    [InlineData("""
        "dbt_task":{"commands":["dbt run"]}
        """, "from which this server takes no dbt projects")]
    [InlineData("""
        "sql_task":{"warehouse_id":"w","file":{"path":"query.sql","source":"GIT"}}
        """, "from which this server takes no SQL")]
    public async Task What_cannot_come_from_git_says_so_at_run(string task, string message)
    {
        var job = await host.Server.Job($$"""{"name":"g","git_source":{"git_url":"https://example.org/x","git_provider":"gitHub","git_branch":"main"},"tasks":[{"task_key":"a",{{task}}}]}""");
        var run = await host.Server.RunToEnd(job);
        Assert.Contains(message, run["state"]!["state_message"]!.GetValue<string>(), StringComparison.Ordinal);
    }
}
