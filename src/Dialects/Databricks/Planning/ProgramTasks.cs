using System.Text.Json.Nodes;
using Switchyard.Core.Plans;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Planning;

/// <summary>Tasks that are programs with arguments: wheels, Java archives, spark-submit, dbt; and queries of a warehouse.</summary>
internal sealed class ProgramTasks(RuntimeCommands commands, RunOverrides overrides, CodeFinder code, DatabricksOptions options)
{
    private static readonly IReadOnlyDictionary<string, Binding> NoParameters = new Dictionary<string, Binding>();

    /// <summary>The command of a task of these types; null for other types.</summary>
    public CommandAction? Compile(JsonObject task, ReferenceScope at, out bool refused)
    {
        refused = false;
        if (task.Object("python_wheel_task") is { } wheel)
            return Wheel(task, wheel, at, out refused);
        if (task.Object("spark_jar_task") is { } jar)
            return Jar(task, jar, at, out refused);
        if (task.Object("spark_submit_task") is { } submit)
            return Submit(task, submit, at, out refused);
        if (task.Object("dbt_task") is { } dbt)
            return Dbt(task, dbt, at, out refused);
        return task.Object("sql_task") is { } sql ? Sql(task, sql, at, out refused) : null;
    }

    private CommandAction Wheel(JsonObject task, JsonObject wheel, ReferenceScope at, out bool refused)
    {
        var (package, entry) = (wheel.Text("package_name")!, wheel.Text("entry_point")!);
        var named = NoParameters;
        IReadOnlyList<Binding> arguments;
        // Arguments are a list or named, never both. Job parameters reach named ones only.
        if (!Given("python_named_params") && (Given("python_params") || wheel["parameters"] is JsonArray { Count: > 0 }))
        {
            arguments = Words("python_params", wheel, at);
        }
        else
        {
            named = Named(wheel, "named_parameters", "python_named_params", at);
            arguments = [.. named.Select(pair => new Binding([new Segment($"--{pair.Key}="), .. pair.Value.Segments]))];
        }

        return commands.Run(
            task, "python", "wheel_task.py", [Binding.Literal(package), Binding.Literal(entry)], new TaskFile("python", package, "", named, arguments), null, out refused);
    }

    private CommandAction Jar(JsonObject task, JsonObject jar, ReferenceScope at, out bool refused)
    {
        if (jar.Text("main_class_name") is not { Length: > 0 } main)
            return Refused($"Task '{at.TaskKey}' cannot run: its spark_jar_task has no main_class_name.", out refused);
        var arguments = Words("jar_params", jar, at);
        var launch = new JsonObject { ["main_class_name"] = main };
        if (jar.Text("jar_uri") is { Length: > 0 } uri)
        {
            if (code.Place(uri) is not { } place)
                return Refused($"Task '{at.TaskKey}' cannot run: jar_uri {uri} leads neither into the workspace nor below dbfs:/.", out refused);
            launch["jar"] = place;
        }

        return commands.Run(task, "python", "spark_task.py", [Binding.Literal("jar")], new TaskFile("jar", main, "", NoParameters, arguments), launch, out refused);
    }

    private CommandAction Submit(JsonObject task, JsonObject submit, ReferenceScope at, out bool refused)
    {
        // Files are named as on the platform; a program of this machine needs their places.
        var arguments = Words("spark_submit_params", submit, at)
            .Select(word => word.IsLiteral ? Binding.Literal(string.Join(',', word.Segments[0].Text!.Split(',').Select(Local))) : word).ToList();
        return commands.Run(task, "python", "spark_task.py", [Binding.Literal("submit")], new TaskFile("submit", "", "", NoParameters, arguments), [], out refused);
    }

    private string Local(string word) =>
        word.StartsWith("dbfs:/", StringComparison.Ordinal) || word.StartsWith("/dbfs/", StringComparison.Ordinal) || word.StartsWith("/Workspace/", StringComparison.Ordinal)
            ? code.Place(word) ?? word
            : word;

    private CommandAction Dbt(JsonObject task, JsonObject dbt, ReferenceScope at, out bool refused)
    {
        if (commands.FromGit(dbt.Text("source")))
            return Refused($"Task '{at.TaskKey}' cannot run: its project comes from git_source, from which this server takes no dbt projects. Import it into the workspace and set source to WORKSPACE.", out refused);
        var project = dbt.Text("project_directory") is { Length: > 0 } named ? named : "/";
        var inGit = commands.InGit(task);
        if ((inGit ? project : code.Place(project)) is not { } directory)
            return Refused($"Task '{at.TaskKey}' cannot run: project_directory {project} is no directory of the workspace that the job's owner may read.", out refused);
        var launch = new JsonObject
        {
            ["project_directory"] = directory,
            ["project_name"] = project,
            ["schema"] = dbt.Text("schema"),
            ["catalog"] = dbt.Text("catalog"),
        };
        if (dbt.Text("profiles_directory") is { Length: > 0 } profiles)
        {
            // A relative one starts from the project.
            if ((inGit ? profiles : code.Place(profiles.StartsWith('/') || profiles.StartsWith("dbfs:/", StringComparison.Ordinal) ? profiles : $"{project}/{profiles}")) is not { } place)
                return Refused($"Task '{at.TaskKey}' cannot run: profiles_directory {profiles} is no directory of the workspace that the job's owner may read.", out refused);
            launch["profiles_directory"] = place;
        }

        return commands.Run(
            task, "python", "dbt_task.py", [], new TaskFile("dbt", project, directory, NoParameters, Words("dbt_commands", dbt, at, "commands")), launch, out refused);
    }

    private CommandAction Sql(JsonObject task, JsonObject sql, ReferenceScope at, out bool refused)
    {
        var id = sql.Text("warehouse_id")!;
        if (options.WarehouseOf(id) is null)
            return Refused($"Task '{at.TaskKey}' cannot run: there is no warehouse '{id}'. Those of this server are {string.Join(", ", options.Warehouses.Keys.Order(StringComparer.Ordinal))}.", out refused);
        if (sql.ContainsKey("alert") || sql.ContainsKey("dashboard"))
            return Refused($"Task '{at.TaskKey}' cannot run: alerts and dashboards of sql_task are objects of Databricks, which this server does not have. Use a file with the query.", out refused);
        if (sql.Object("file") is { } named && commands.FromGit(named.Text("source")))
            return Refused($"Task '{at.TaskKey}' cannot run: its file comes from git_source, from which this server takes no SQL. Import it into the workspace and set source to WORKSPACE.", out refused);
        var query = sql.Object("query")?.Text("query_id");
        if ((sql.Object("file")?.Text("path") ?? query) is not { Length: > 0 } path)
            return Refused($"Task '{at.TaskKey}' cannot run: its sql_task names neither file.path nor query.query_id.", out refused);
        if ((commands.InGit(task) ? "" : code.PythonFile(path)) is not { } file)
        {
            return Refused(
                query is null
                    ? $"Cannot read the SQL file {path}. Import it into the workspace or put it below dbfs:/, and name it by its absolute path."
                    : $"Cannot read the query {path}: this server keeps no queries by id. Import its text into the workspace and set query_id, or file.path, to the absolute path.",
                out refused);
        }

        var launch = new JsonObject { ["warehouse_id"] = id };
        return commands.Run(task, "python", "sql_task.py", [], new TaskFile("sql", path, file, Named(sql, "parameters", "sql_params", at), []), launch, out refused);
    }

    private static CommandAction Refused(string why, out bool refused)
    {
        refused = true;
        return RuntimeCommands.Fails(why);
    }

    private bool Given(string family) => overrides.Parameters.ContainsKey(family);

    /// <summary>A list of arguments: the run's own in place of the task's.</summary>
    private List<Binding> Words(string family, JsonObject type, ReferenceScope at, string own = "parameters") =>
        [.. (Given(family) ? overrides.Parameters.Texts(family) : type.Texts(own)).Select(text => References.Compile(text, at))];

    /// <summary>Named parameters: the task's, over them the run's, over both the job's.</summary>
    private Dictionary<string, Binding> Named(JsonObject type, string own, string family, ReferenceScope at)
    {
        var named = new Dictionary<string, Binding>();
        foreach (var (name, value) in type.Map(own).Concat(overrides.Parameters.Map(family)))
            named[name] = References.Compile(value, at);
        foreach (var (name, value) in at.JobParameters)
            named[name] = References.Compile(value, at with { JobParameters = ReferenceScope.None });
        return named;
    }
}
