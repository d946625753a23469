using System.Text.Json.Nodes;
using Switchyard.Core.Plans;
using Switchyard.Dialects.Databricks.Secrets;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Planning;

/// <summary>Commands of tasks: a program of the runtime with the task's libraries, variables and files, or one that fails and says why.</summary>
internal sealed class RuntimeCommands(JsonObject settings, CodeFinder code, DatabricksOptions options)
{
    /// <summary>The runner of tasks that could not be planned.</summary>
    public const string NotPlanned = "none";

    /// <summary>The runner of tasks whose libraries could not be installed.</summary>
    public const string NoLibraries = "libraries";

    private const string Refuse =
        "import json,os,sys\n"
        + "m=sys.argv[1]\n"
        + "with open(os.path.join(os.environ.get('SWITCHYARD_ATTEMPT_DIR','.'),'result.json'),'w') as f:\n"
        + " json.dump({'error':m,'error_trace':m,'values':{},'exit_value_truncated':False,'runner':sys.argv[2]},f)\n"
        + "sys.exit(m)";

    /// <summary>Whether a task's code is in the repository, so that its paths mean nothing before the checkout.</summary>
    public bool InGit(JsonObject task) => GitSource.Holds(settings, task);

    /// <summary>Runs a program of the runtime.</summary>
    /// <param name="purpose">Which Python runs it: <c>python</c> or <c>notebook</c>.</param>
    /// <param name="launch">What the program reads from <c>launch.json</c>; null for none. Gets the jars of the libraries.</param>
    /// <param name="refused">True if it cannot run, and the command says why.</param>
    public CommandAction Run(
        JsonObject task, string purpose, string program, IReadOnlyList<Binding> arguments, TaskFile file, JsonObject? launch, out bool refused)
    {
        var libraries = TaskLibraries.Of(task, settings, code, options);
        refused = libraries.Refused is not null;
        if (libraries.Refused is { } why)
            return Fails(why, NoLibraries);
        var environment = Environment(task);
        if (InGit(task))
        {
            // Where the code lies is known once it is checked out: the program that does so says it in the task's files.
            if (!GitSource.Read(settings, options.GitProtocols).Ok(out var source, out var problem))
            {
                refused = true;
                return Fails(problem.Message);
            }

            environment["SWITCHYARD_GIT_PROTOCOLS"] = Binding.Literal(string.Join(':', options.GitProtocols));
            environment["SWITCHYARD_GIT_TIMEOUT"] = Binding.Literal(Json.Digits((long)options.GitTimeout.TotalSeconds));
            (program, arguments) = ("git_task.py", [.. source.Arguments(options.GitRoot), Binding.Literal(program), Binding.Literal(file.Path), .. file.Arguments]);
        }

        var files = new Dictionary<string, Binding>();
        if (libraries.Asked is { } asked)
            files["libraries.json"] = Binding.Literal(asked.Write());
        if (launch is not null)
        {
            var own = launch.Text("jar") is { } first ? new[] { first } : [];
            launch["jars"] = new JsonArray([.. own.Concat(libraries.Jars).Select(jar => (JsonNode)jar)]);
            files["launch.json"] = Binding.Literal(launch.Write());
        }

        return new CommandAction
        {
            Arguments =
            [
                Binding.Of(new Reference(ReferenceKind.Python, Name: purpose)), Binding.Literal("-u"),
                .. libraries.Asked is null ? new[] { Runtime(program) } : [Runtime("with_libraries.py"), Binding.Literal(program)],
                .. arguments,
            ],
            Environment = environment,
            Files = files,
            TaskFile = file,
        };
    }

    /// <summary>Whether code of this source comes from the job's git_source.</summary>
    public bool FromGit(string? source) => settings.ContainsKey("git_source") && source is null or "GIT";

    /// <summary>A task that cannot run fails by itself, with the reason as its error and its log; the others go on.</summary>
    public static CommandAction Fails(string message, string runner = NotPlanned) => new()
    {
        Arguments =
        [
            Binding.Of(new Reference(ReferenceKind.Python, Name: "python")), Binding.Literal("-c"), Binding.Literal(Refuse), Binding.Literal(message), Binding.Literal(runner),
        ],
    };

    private Dictionary<string, Binding> Environment(JsonObject task)
    {
        var environment = new Dictionary<string, Binding>
        {
            ["SWITCHYARD_DBFS_ROOT"] = Binding.Literal(options.DbfsRoot),
            ["SWITCHYARD_WORKSPACE_ROOT"] = Binding.Literal(options.WorkspaceRoot),
            ["SWITCHYARD_SECRETS"] = SecretBook.AllOf(code.OwnerId),
        };
        // SQL tasks and cells of notebooks; the password comes to it when it starts and stands in no plan.
        if ((task.Object("sql_task") ?? task.Object("notebook_task")) is { } asks && options.WarehouseOf(asks.Text("warehouse_id")) is { } warehouse)
        {
            environment["SWITCHYARD_WAREHOUSE"] = Binding.Literal(warehouse.Address);
            if (warehouse.PasswordSecret is { } secret)
                environment["PGPASSWORD"] = Binding.Of(new Reference(ReferenceKind.Secret, Name: secret));
        }

        foreach (var (name, value) in options.Variables)
            environment[name] = Binding.Literal(value);
        var cluster = task.Object("new_cluster")
            ?? settings.Objects("job_clusters").FirstOrDefault(c => c.Text("job_cluster_key") == task.Text("job_cluster_key"))?.Object("new_cluster");
        foreach (var (name, value) in cluster?.Map("spark_env_vars") ?? [])
        {
            if (name.Length > 0 && !name.Contains('=') && !name.StartsWith("SWITCHYARD_", StringComparison.Ordinal))
                environment[name] = SecretBook.Compile(value, code.OwnerId);
        }

        return environment;
    }

    private static Binding Runtime(string program) =>
        new([new Segment(null, new Reference(ReferenceKind.RuntimeDirectory)), new Segment("/" + program)]);
}
