using Switchyard.Core.Plans;

namespace Switchyard.Server.Neutral;

/// <summary>
/// The neutral API's reference syntax, <c>${{ tasks.a.values.n }}</c>, compiled into bindings. <c>$${{</c> stands for
/// the characters <c>${{</c> themselves.
/// </summary>
internal static class References
{
    private const string Open = "${{";
    private const string Close = "}}";
    private static readonly string[] TimeParts =
        ["iso_date", "iso_datetime", "year", "month", "day", "hour", "minute", "second", "iso_weekday", "is_weekday", "timestamp_ms"];

    /// <summary>All forms, for messages and the documentation.</summary>
    public static IReadOnlyList<string> Forms { get; } =
    [
        "tasks.KEY.values.NAME", "tasks.KEY.state", "tasks.KEY.attempt_id", "tasks.KEY.attempt_number", "parameters.NAME", "input", "input.PATH", "run.id",
        "run.start_time.PART", "run.repair_count", "job.id", "job.name", "task.key", "attempt.id", "attempt.number", "instance.index", "trigger.kind", "trigger.time.PART",
    ];

    /// <summary>A text as a binding, or what is wrong with it.</summary>
    /// <param name="isTask">Whether the plan has a task of a key.</param>
    public static Binding? Compile(string text, Func<string, bool> isTask, out string? problem)
    {
        problem = null;
        if (!text.Contains(Open, StringComparison.Ordinal))
            return Binding.Literal(text);
        var segments = new List<Segment>();
        var literal = new System.Text.StringBuilder();
        for (var at = 0; at < text.Length;)
        {
            var open = text.IndexOf(Open, at, StringComparison.Ordinal);
            if (open < 0)
            {
                literal.Append(text, at, text.Length - at);
                break;
            }

            if (open > at && text[open - 1] == '$')
            {
                literal.Append(text, at, open - 1 - at).Append(Open);
                at = open + Open.Length;
                continue;
            }

            literal.Append(text, at, open - at);
            var close = text.IndexOf(Close, open + Open.Length, StringComparison.Ordinal);
            if (close < 0)
            {
                problem = "'${{' is not closed by '}}' (write '$${{' for the characters themselves)";
                return null;
            }

            var inner = text[(open + Open.Length)..close].Trim();
            if (Parse(inner, isTask, out problem) is not { } reference)
                return null;
            if (literal.Length > 0)
                segments.Add(new Segment(literal.ToString()));
            literal.Clear();
            segments.Add(new Segment(null, reference));
            at = close + Close.Length;
        }

        if (literal.Length > 0 || segments.Count == 0)
            segments.Add(new Segment(literal.ToString()));
        return new Binding(segments);
    }

    private static Reference? Parse(string text, Func<string, bool> isTask, out string? problem)
    {
        problem = null;
        var reference = text switch
        {
            "input" => new Reference(ReferenceKind.Input),
            "run.id" => new(ReferenceKind.RunId),
            "run.repair_count" => new(ReferenceKind.RepairCount),
            "job.id" => new(ReferenceKind.JobId),
            "job.name" => new(ReferenceKind.JobName),
            "task.key" => new(ReferenceKind.TaskKey),
            "attempt.id" => new(ReferenceKind.AttemptId),
            "attempt.number" => new(ReferenceKind.AttemptNumber),
            "instance.index" => new(ReferenceKind.InstanceIndex),
            "trigger.kind" => new(ReferenceKind.TriggerKind),
            _ => After(text, "input.") is { } path ? new(ReferenceKind.Input, null, path)
                : After(text, "parameters.") is { } parameter ? new(ReferenceKind.Parameter, null, parameter)
                : After(text, "run.start_time.") is { } start && TimeParts.Contains(start) ? new(ReferenceKind.StartTime, null, start)
                : After(text, "trigger.time.") is { } time && TimeParts.Contains(time) ? new(ReferenceKind.TriggerTime, null, time)
                : After(text, "tasks.") is { } task ? OfTask(task)
                : null,
        };
        if (reference is null)
            problem = $"'{text}' is not a reference; those known are: {string.Join(", ", Forms)}";
        else if (reference.Task is { } key && !isTask(key))
            problem = $"'{text}' names a task '{key}' that is not in the plan";
        return problem is null ? reference : null;
    }

    private static Reference? OfTask(string text)
    {
        // Keys have no dots, so the first one ends the key.
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot <= 0)
            return null;
        var key = text[..dot];
        return text[(dot + 1)..] switch
        {
            "state" => new(ReferenceKind.TaskState, key),
            "attempt_id" => new(ReferenceKind.TaskAttemptId, key),
            "attempt_number" => new(ReferenceKind.TaskAttemptNumber, key),
            var rest => After(rest, "values.") is { } name ? new(ReferenceKind.TaskValue, key, name) : null,
        };
    }

    private static string? After(string text, string start) =>
        text.Length > start.Length && text.StartsWith(start, StringComparison.Ordinal) ? text[start.Length..] : null;
}
