using System.Text.Json.Nodes;
using Switchyard.Core.Plans;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Planning;

/// <summary>
/// Dynamic value references: checked when settings are saved, compiled into bindings when a run is planned. Unknown
/// namespaces stay literal; an unknown member of a known one is refused at save.
/// </summary>
internal static class References
{
    /// <summary>Core's end states in the platform's words, for <c>{{tasks.x.result_state}}</c>: state=word pairs.</summary>
    public const string ResultStates =
        "Succeeded=success,SucceededWithFailures=success_with_failures,Failed=failed,TimedOut=timedout,Cancelled=canceled,Lost=failed,Skipped=excluded";

    /// <summary>The same for <c>{{tasks.x.error_code}}</c>.</summary>
    public const string ErrorCodes = "Succeeded=,Failed=RunExecutionError,TimedOut=RunExecutionError,Cancelled=Canceled,Lost=CloudFailure,Skipped=Skipped";

    private static readonly HashSet<string> TimeParts =
        ["iso_weekday", "is_weekday", "iso_date", "iso_datetime", "year", "month", "day", "hour", "minute", "second", "timestamp_ms"];

    /// <summary>Names that stand in the settings of a task as texts with references.</summary>
    private static readonly HashSet<string> Referring =
        ["base_parameters", "parameters", "named_parameters", "left", "right", "inputs", "job_parameters", "notebook_params", "commands",
            .. RunOverrides.Families];

    /// <summary>The first wrong reference in the settings, or null.</summary>
    public static Problem? Check(JsonObject settings, IReadOnlyList<JsonObject> tasks)
    {
        var keys = tasks.Select(task => task.Text("task_key")!).ToHashSet();
        foreach (var task in tasks)
        {
            if (CheckNode(task, task.Text("task_key")!, keys, false) is { } problem)
                return problem;
        }

        return settings.Objects("parameters").Select(p => CheckText(p.Text("default")!, $"job parameter '{p.Text("name")}'", keys)).FirstOrDefault(p => p is not null);
    }

    private static Problem? CheckNode(JsonNode? node, string key, HashSet<string> keys, bool refers) => node switch
    {
        JsonObject inner => inner.Select(pair => CheckNode(pair.Value, key, keys, refers || Referring.Contains(pair.Key))).FirstOrDefault(p => p is not null),
        JsonArray list => list.Select(item => CheckNode(item, key, keys, refers)).FirstOrDefault(p => p is not null),
        JsonValue value when refers && value.TryGetValue(out string? text) => CheckText(text, $"task '{key}'", keys),
        _ => null,
    };

    private static Problem? CheckText(string text, string where, HashSet<string> keys)
    {
        foreach (var piece in ReferenceText.Cut(text))
        {
            if (piece.Path is [_, ..] path && Unknown(path, keys) is { } why)
                return Problem.Invalid($"Invalid dynamic value reference '{piece.Text}' in {where}: {why}");
        }

        return null;
    }

    private static string? Unknown(IReadOnlyList<string> path, HashSet<string> keys) => path switch
    {
        ["job", "id" or "name" or "run_id" or "repair_count"] => null,
        ["job", "parameters", _] => null,
        ["job", "trigger", "type"] or ["job", "trigger", "file_arrival", "location"] => null,
        ["job", "start_time", _] or ["job", "trigger", "time", _] =>
            TimeParts.Contains(path[^1]) ? null : $"'{path[^1]}' is not a part of a time. Use one of {string.Join(", ", TimeParts)}.",
        ["job", ..] => "the job has no such value. Use job.id, job.name, job.run_id, job.repair_count, job.start_time.<part>, job.parameters.<name> or job.trigger.<value>.",
        ["task", "name" or "run_id" or "execution_count" or "notebook_path"] => null,
        ["task", ..] => "a task has no such value. Use task.name, task.run_id, task.execution_count or task.notebook_path.",
        ["tasks", var key, ..] when !keys.Contains(key) => $"there is no task '{key}' in this job.",
        ["tasks", _, "run_id" or "result_state" or "error_code" or "execution_count" or "notebook_path"] => null,
        ["tasks", _, "values", _] or ["tasks", _, "output", "rows" or "first_row"] or ["tasks", _, "output", "first_row", _] => null,
        ["tasks", _, "output", ..] => "the output of a SQL task has output.rows, output.first_row and output.first_row.<column>.",
        ["tasks", ..] => "another task has no such value. Use tasks.<key>.values.<name>, .run_id, .result_state, .error_code, .execution_count or .notebook_path.",
        ["workspace", "id" or "url"] => null,
        ["workspace", ..] => "the workspace has no such value. Use workspace.id or workspace.url.",
        _ => null,
    };

    /// <summary>A text as a binding.</summary>
    public static Binding Compile(string text, ReferenceScope scope)
    {
        if (!text.Contains("{{", StringComparison.Ordinal))
            return Binding.Literal(text);
        var segments = new List<Segment>();
        foreach (var piece in ReferenceText.Cut(text))
        {
            if (piece.Path is null)
                segments.Add(new Segment(piece.Text));
            else
                segments.AddRange(One(piece, scope));
        }

        return new Binding(segments);
    }

    private static IEnumerable<Segment> One(Piece piece, ReferenceScope scope)
    {
        if (piece.Path is ["job", "parameters", var parameter] && scope.JobParameters.TryGetValue(parameter, out var value))
        {
            // A job parameter may itself refer to the job, but not to other parameters.
            return Compile(value, scope with { JobParameters = ReferenceScope.None }).Segments;
        }

        Reference? reference = piece.Path switch
        {
            ["job", "id"] or ["job_id"] => new(ReferenceKind.JobId),
            ["job", "name"] => new(ReferenceKind.JobName),
            ["job", "run_id"] or ["parent_run_id"] => new(ReferenceKind.RunId),
            ["job", "repair_count"] => new(ReferenceKind.RepairCount),
            ["job", "start_time", var part] => new(ReferenceKind.StartTime, Name: part),
            ["job", "trigger", "time", var part] => new(ReferenceKind.TriggerTime, Name: part),
            ["job", "parameters", var unset] => new(ReferenceKind.Parameter, Name: unset),
            ["start_date"] => new(ReferenceKind.StartTime, Name: "iso_date"),
            ["start_time"] => new(ReferenceKind.StartTime, Name: "timestamp_ms"),
            ["task", "run_id"] or ["run_id"] => new(ReferenceKind.AttemptId),
            ["task", "execution_count"] => new(ReferenceKind.AttemptNumber),
            ["task_retry_count"] => new(ReferenceKind.AttemptNumber, Name: "from_zero"),
            ["tasks", var key, "run_id"] => new(ReferenceKind.TaskAttemptId, key),
            ["tasks", var key, "execution_count"] => new(ReferenceKind.TaskAttemptNumber, key),
            ["tasks", var key, "result_state"] => new(ReferenceKind.TaskState, key, ResultStates),
            ["tasks", var key, "error_code"] => new(ReferenceKind.TaskState, key, ErrorCodes),
            ["tasks", var key, "values", var name] => new(ReferenceKind.TaskValue, key, name),
            ["tasks", var key, "output", ..] => new(ReferenceKind.TaskValue, key, string.Join('.', piece.Path.Skip(2))),
            ["input"] => new(ReferenceKind.Input),
            ["input", ..] => new(ReferenceKind.Input, Name: string.Join('.', piece.Path.Skip(1))),
            _ => null,
        };
        if (reference is not null)
            return [new Segment(null, reference)];
        var known = piece.Path switch
        {
            ["task", "name"] or ["task_key"] => scope.TaskKey,
            ["task", "notebook_path"] => scope.NotebookPaths.GetValueOrDefault(scope.TaskKey, ""),
            ["tasks", var key, "notebook_path"] => scope.NotebookPaths.GetValueOrDefault(key, ""),
            ["job", "trigger", "type"] => scope.TriggerType,
            ["job", "trigger", "file_arrival", "location"] => scope.ArrivalUrl,
            ["workspace", "id"] => scope.WorkspaceId,
            ["workspace", "url"] => scope.WorkspaceUrl,
            _ => piece.Text,
        };
        return [new Segment(known)];
    }
}

/// <summary>What references can name when a run is planned.</summary>
internal sealed record ReferenceScope(
    string TaskKey,
    IReadOnlyDictionary<string, string> JobParameters,
    IReadOnlyDictionary<string, string> NotebookPaths,
    string TriggerType,
    string ArrivalUrl,
    string WorkspaceId,
    string WorkspaceUrl)
{
    public static readonly IReadOnlyDictionary<string, string> None = new Dictionary<string, string>();
}
