using System.Globalization;
using System.Text.Json;
using Switchyard.Core.Plans;
using Switchyard.Core.Text;

namespace Switchyard.Core.Runs;

/// <summary>What references resolve to, for one attempt of a run. What only a node knows comes from <paramref name="node"/>.</summary>
public sealed class RunValues(RunView run, InstanceView instance, Func<Reference, string?>? node) : IBindingValues
{
    /// <inheritdoc/>
    public string? Find(Reference reference) => reference.Kind switch
    {
        ReferenceKind.TaskValue => Task(reference) is { } task && task.Instances is [{ Outcome: { } outcome }] && outcome.Values.TryGetValue(reference.Name ?? "", out var json) ? Plain(json) : null,
        ReferenceKind.TaskState => Task(reference) is { Ended: true } task ? Mapped(task.End.ToString(), reference.Name) : null,
        ReferenceKind.TaskAttemptId => Task(reference) is { } task ? Text(task.All.First().AttemptId) : null,
        ReferenceKind.TaskAttemptNumber => Task(reference) is { } task ? Text(task.All.First().Attempt + 1) : null,
        ReferenceKind.Parameter => run.Plan.Parameters.GetValueOrDefault(reference.Name ?? ""),
        ReferenceKind.AllocationPort => Port(reference),
        ReferenceKind.ServiceAddress => Task(reference) is { Plan.Service: true } service ? ServiceAddress.Of(service.All.First().AttemptId) : null,
        ReferenceKind.AllocationGpus => Grant.List(instance.Grant?.Gpus ?? []),
        ReferenceKind.Input => Input(reference.Name),
        ReferenceKind.AttemptNumber => Text(instance.Attempt + (reference.Name == "from_zero" ? 0 : 1)),
        ReferenceKind.AttemptId => Text(instance.AttemptId),
        ReferenceKind.TaskKey => run.Plan.Tasks[instance.Task].Key,
        ReferenceKind.InstanceIndex => Text(instance.Index),
        ReferenceKind.RunId => reference.Name == "uuid" ? IdUuid.Of(IdKind.Run, run.Head.Id) : run.Head.Id.ToString(reference.Name == "D16" ? "D16" : "D", CultureInfo.InvariantCulture),
        ReferenceKind.JobId => run.Head.JobId is { } job ? Text(job) : null,
        ReferenceKind.JobName => run.Head.JobName ?? "",
        ReferenceKind.RepairCount => Text(run.Head.Revision),
        ReferenceKind.TriggerKind => run.Head.TriggerKind,
        ReferenceKind.StartTime => Time(run.Head.StartedAt ?? run.Head.CreatedAt, reference.Name),
        ReferenceKind.TriggerTime => Time(run.Head.TriggeredAt ?? run.Head.CreatedAt, reference.Name),
        _ => node?.Invoke(reference),
    };

    /// <summary>A JSON string as its text, anything else as its JSON.</summary>
    public static string Plain(string json)
    {
        if (!json.StartsWith('"'))
            return json;
        using var parsed = JsonDocument.Parse(json);
        return parsed.RootElement.GetString() ?? "";
    }

    private NodeView? Task(Reference reference) => run.NodeList.FirstOrDefault(node => node.Plan.Key == reference.Task);

    /// <summary>Ports of this instance (<c>label</c>, <c>label/first</c>) or of another one of the gang (<c>label@index</c>).</summary>
    private string? Port(Reference reference)
    {
        var name = reference.Name ?? "";
        if (name.LastIndexOf('@') is var at and >= 0)
        {
            var other = int.TryParse(name.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? Task(reference)?.Find(index) : null;
            return other?.Grant is { } theirs && theirs.Of(name[..at]) is { Count: > 0 } ports ? Grant.List(ports) : null;
        }

        var first = name.EndsWith("/first", StringComparison.Ordinal);
        return instance.Grant?.Of(first ? name[..^6] : name) is { Count: > 0 } own ? first ? Text(own[0]) : Grant.List(own) : null;
    }

    /// <summary>Core's word for a state, or a dialect's by a mapping such as <c>Succeeded=success,Failed=failed</c>.</summary>
    private static string Mapped(string state, string? mapping) =>
        mapping?.Split(',').FirstOrDefault(pair => pair.StartsWith(state + "=", StringComparison.Ordinal))?[(state.Length + 1)..] ?? state;

    private string? Input(string? path)
    {
        if (instance.Input is not { } input)
            return null;
        if (string.IsNullOrEmpty(path))
            return Plain(input);
        using var json = JsonDocument.Parse(input);
        var element = json.RootElement;
        foreach (var part in path.Split('.'))
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(part, out element))
                return null;
        }

        return Plain(element.GetRawText());
    }

    private static string? Time(DateTimeOffset time, string? part)
    {
        var utc = time.UtcDateTime;
        return part switch
        {
            null or "iso_datetime" => utc.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture),
            "iso_date" => utc.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            "iso_weekday" => Text(utc.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)utc.DayOfWeek),
            "is_weekday" => utc.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday ? "false" : "true",
            "year" => Text(utc.Year),
            "month" => Text(utc.Month),
            "day" => Text(utc.Day),
            "hour" => Text(utc.Hour),
            "minute" => Text(utc.Minute),
            "second" => Text(utc.Second),
            "timestamp_ms" => Text(time.ToUnixTimeMilliseconds()),
            _ => null,
        };
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
