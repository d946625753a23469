using System.Text.Json.Nodes;
using Switchyard.Core.Plans;
using Switchyard.Dialects.Databricks.Compute;
using Switchyard.Dialects.Databricks.Jobs;
using Switchyard.Dialects.Databricks.Notifications;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Planning;

/// <summary>Turns tasks of settings into tasks of a plan.</summary>
internal sealed class TaskCompiler(JsonObject settings, RunOverrides overrides, CodeFinder code, DatabricksOptions options, ReferenceScope scope)
{
    private readonly RuntimeCommands _commands = new(settings, code, options);

    public PlanTask Compile(JsonObject task, IReadOnlyDictionary<string, int> positions, bool excluded)
    {
        var key = task.Text("task_key")!;
        var action = Action(task, scope with { TaskKey = key }, out var refused);
        var each = SettingsForm.Nested(task);
        var retries = each ?? task;
        return new PlanTask
        {
            Key = key,
            Action = action,
            DependsOn =
            [
                .. task.Objects("depends_on").Select(d =>
                    new Dependency(positions[d.Text("task_key")!], d.Text("outcome") is { } outcome ? outcome == "true" : null)),
            ],
            RunIf = RunIfOf(task.Text("run_if")),
            // What cannot run here will not run the next time either; conditions are not retried.
            Retry = refused || action is ConditionAction
                ? RetryPolicy.None
                : new RetryPolicy(MaxRetries(retries), retries.Whole("min_retry_interval_millis") ?? 0, retries.Flag("retry_on_timeout") ?? false),
            // In the flat form the one timeout is the run's.
            TimeoutMs = (retries.Whole("timeout_seconds") ?? 0) * 1000,
            WarnAfterMs = SettingsForm.IsMulti(settings) ? new Wishes(task).WarnAfterMs : 0,
            Needs = action is CommandAction or ForEachAction { Each: CommandAction } ? Resources.OneSlot : Resources.None,
            Uses = SharedClusters.KeyOf(task) is { } cluster ? [cluster] : [],
            Disabled = excluded || task.Flag("disabled") == true,
        };
    }

    // Without end is the platform's hard limit.
    private static int MaxRetries(JsonObject task) => (int)(task.Whole("max_retries") ?? 0) is var retries && retries < 0 ? Schema.MaxRetries : retries;

    private PlanAction Action(JsonObject task, ReferenceScope at, out bool refused)
    {
        refused = false;
        if (task.Object("notebook_task") is { } notebook)
            return Notebook(task, notebook, at, out refused);
        if (task.Object("spark_python_task") is { } python)
            return Python(task, python, at, out refused);
        if (task.Object("condition_task") is { } condition)
            return new ConditionAction(Op(condition.Text("op")!), References.Compile(condition.Text("left")!, at), References.Compile(condition.Text("right")!, at));
        if (task.Object("for_each_task") is { } loop)
            return new ForEachAction(References.Compile(loop.Text("inputs")!, at), (int)(loop.Whole("concurrency") ?? 1), Action(loop.Object("task")!, at, out refused));
        if (task.Object("run_job_task") is { } child)
            return new RunJobAction(child.Whole("job_id")!.Value, ChildParameters(child, at)) { Arguments = ChildArguments(child, at) };
        if (new ProgramTasks(_commands, overrides, code, options).Compile(task, at, out refused) is { } program)
            return program;
        return Refused(at, $"{SettingsForm.TypesOf(task).First()} is not available on this server. It needs Databricks itself. Turn it into a task of another type, or set disabled to true", out refused);
    }

    private CommandAction Notebook(JsonObject task, JsonObject notebook, ReferenceScope at, out bool refused)
    {
        var path = notebook.Text("notebook_path")!;
        if ((GitSource.Holds(settings, task) ? "" : code.Notebook(path)) is not { } file)
            return RefusedWith(code.NoNotebook(path), out refused);
        var parameters = new Dictionary<string, Binding>();
        foreach (var (name, value) in notebook.Map("base_parameters"))
            parameters[name] = References.Compile(value, at);
        foreach (var (name, value) in overrides.Parameters.Map("notebook_params"))
            parameters[name] = References.Compile(value, at);
        foreach (var (name, value) in at.JobParameters)
            parameters[name] = References.Compile(value, at with { JobParameters = ReferenceScope.None });
        return _commands.Run(task, "notebook", "notebook.py", [], new TaskFile("notebook", path, file, parameters, []), null, out refused);
    }

    private CommandAction Python(JsonObject task, JsonObject python, ReferenceScope at, out bool refused)
    {
        var path = python.Text("python_file")!;
        if ((GitSource.Holds(settings, task) ? "" : code.PythonFile(path)) is not { } file)
            return RefusedWith(CodeFinder.NoPythonFile(path), out refused);
        // Parameters given with the run replace the task's own.
        var given = overrides.Parameters.ContainsKey("python_params") ? overrides.Parameters.Texts("python_params") : python.Texts("parameters");
        var arguments = given.Select(text => References.Compile(text, at)).ToList();
        return _commands.Run(
            task, "python", "script.py", [Binding.Literal(file), .. arguments], new TaskFile("python", path, file, new Dictionary<string, Binding>(), arguments), null, out refused);
    }

    private Dictionary<string, Binding> ChildParameters(JsonObject child, ReferenceScope at)
    {
        var parameters = new Dictionary<string, Binding>();
        foreach (var (name, value) in child.Map("job_parameters"))
            parameters[name] = References.Compile(value, at);
        foreach (var (name, value) in at.JobParameters)
            parameters[name] = References.Compile(value, at with { JobParameters = ReferenceScope.None });
        return parameters;
    }

    /// <summary>The older families, which reach the tasks of their type in the other job.</summary>
    private static Dictionary<string, RunArgument>? ChildArguments(JsonObject child, ReferenceScope at)
    {
        var arguments = new Dictionary<string, RunArgument>();
        foreach (var family in RunOverrides.Families)
        {
            if (child[family] is JsonArray { Count: > 0 })
                arguments[family] = new RunArgument([.. child.Texts(family).Select(text => References.Compile(text, at))], null);
            else if (child[family] is JsonObject { Count: > 0 } && family != "pipeline_params")
                arguments[family] = new RunArgument(null, child.Map(family).ToDictionary(pair => pair.Key, pair => References.Compile(pair.Value, at)));
        }

        return arguments.Count > 0 ? arguments : null;
    }

    private static CommandAction Refused(ReferenceScope at, string why, out bool refused) =>
        RefusedWith($"Task '{at.TaskKey}' cannot run: {why}.", out refused);

    private static CommandAction RefusedWith(string message, out bool refused)
    {
        refused = true;
        return RuntimeCommands.Fails(message);
    }

    private static RunIf RunIfOf(string? word) => word switch
    {
        "AT_LEAST_ONE_SUCCESS" => RunIf.AtLeastOneSuccess,
        "NONE_FAILED" => RunIf.NoneFailed,
        "ALL_DONE" => RunIf.AllDone,
        "AT_LEAST_ONE_FAILED" => RunIf.AtLeastOneFailed,
        "ALL_FAILED" => RunIf.AllFailed,
        _ => RunIf.AllSuccess,
    };

    private static ConditionOp Op(string word) => word switch
    {
        "EQUAL_TO" => ConditionOp.EqualTo,
        "NOT_EQUAL" => ConditionOp.NotEqual,
        "GREATER_THAN" => ConditionOp.GreaterThan,
        "GREATER_THAN_OR_EQUAL" => ConditionOp.GreaterThanOrEqual,
        "LESS_THAN" => ConditionOp.LessThan,
        _ => ConditionOp.LessThanOrEqual,
    };
}
