using System.Text;
using System.Text.Json.Nodes;
using Switchyard.Core.Execution;
using Switchyard.Core.Runs;

namespace Switchyard.Dialects.Databricks.Runs;

/// <summary>What attempts left: a notebook's exit value, a program's log, an error with its trace, the executed notebook.</summary>
internal sealed class RunOutputs(IAttemptLogs logs, DatabricksOptions options)
{
    private const int MaxLog = 5 * 1024 * 1024;
    private const int MaxSql = 8 * 1024 * 1024;
    private const int MaxView = 50 * 1024 * 1024;

    /// <summary>Adds an attempt's output to an answer.</summary>
    public void Add(JsonObject answer, AttemptRow attempt, JsonObject task)
    {
        if (task.ContainsKey("notebook_task"))
            answer["notebook_output"] = Notebook(attempt);
        else if (task.ContainsKey("run_job_task"))
            answer["run_job_output"] = attempt.ChildRunId is { } child ? new JsonObject { ["run_id"] = child } : [];
        else if (!task.ContainsKey("condition_task"))
            AddLog(answer, attempt);
        if (task.ContainsKey("sql_task"))
            answer["sql_output"] = Sql(attempt);
        if (task.ContainsKey("dbt_task"))
            answer["dbt_output"] = new JsonObject();
        if (attempt.State is TaskState.Failed or TaskState.Lost or TaskState.TimedOut)
        {
            answer["error"] = attempt.Outcome?.Error is { Length: > 0 } error ? error : RunWords.Of(attempt, null).Message is var words && attempt.Reason.Text.Length > 0 ? attempt.Reason.Text : words;
            if (attempt.Outcome?.ErrorTrace is { Length: > 0 } trace)
                answer["error_trace"] = trace;
        }

        if (RanWith(attempt.Outcome?.Runner) is { } info)
            answer["info"] = info;
    }

    /// <summary>The executed notebook as HTML; null if the attempt left none.</summary>
    public async Task<string?> Html(long attemptId, CancellationToken stop)
    {
        var file = new FileInfo(Path.Join(options.AttemptsDirectory(attemptId), "notebook.html"));
        return file is { Exists: true, LinkTarget: null, Length: <= MaxView } ? await File.ReadAllTextAsync(file.FullName, stop) : null;
    }

    private static string? RanWith(string? runner) => runner switch
    {
        null or "" or "none" or "libraries" => null,
        "java" => "Ran with plain java: there is no Spark installation here (spark-submit in SPARK_HOME/bin or on the PATH).",
        "python" => "Ran with plain Python: there is no Spark installation here (spark-submit in SPARK_HOME/bin or on the PATH).",
        "spark-submit" => "Ran with spark-submit.",
        "sqlite" => "Ran on the SQLite database of the warehouse.",
        "postgresql" => "Ran on the PostgreSQL database of the warehouse.",
        "dbt" => "Ran with dbt.",
        _ => $"Ran with the {runner} runner.",
    };

    /// <summary>What <c>sql_task.py</c> left of the query it ran.</summary>
    private JsonObject Sql(AttemptRow attempt)
    {
        var output = new JsonObject();
        var file = new FileInfo(Path.Join(options.AttemptsDirectory(attempt.Id), "sql_output.json"));
        if (file is not { Exists: true, LinkTarget: null, Length: <= MaxSql })
            return output;
        try
        {
            output["query_output"] = JsonNode.Parse(File.ReadAllText(file.FullName)) as JsonObject;
        }
        catch (Exception broken) when (broken is System.Text.Json.JsonException or IOException)
        {
            // A task may write anything there.
        }

        return output;
    }

    private static JsonObject Notebook(AttemptRow attempt)
    {
        var output = new JsonObject();
        if (attempt.Outcome?.ExitValue is { } value)
            output["result"] = value;
        output["truncated"] = attempt.Outcome?.ExitValueTruncated ?? false;
        return output;
    }

    private void AddLog(JsonObject answer, AttemptRow attempt)
    {
        var info = logs.Info(attempt.Id);
        var from = Math.Max(0, info.Bytes - MaxLog);
        var text = new List<byte>();
        for (var at = from; at < info.Bytes && text.Count < MaxLog;)
        {
            var slice = logs.Read(attempt.Id, at, MaxLog);
            text.AddRange(slice.Bytes.Span);
            if (slice.Next <= at)
                break;
            at = slice.Next;
        }

        var log = Encoding.UTF8.GetString([.. text]).TrimEnd('\n', '\r');
        answer["logs"] = log.Length == 0 ? "" : log + "\n";
        answer["logs_truncated"] = from > 0 || info.DroppedBytes > 0;
    }
}
