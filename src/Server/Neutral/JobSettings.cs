using System.Text.Json;
using System.Text.Json.Serialization;

namespace Switchyard.Server.Neutral;

// A neutral job's settings on the wire, as docs/api.md describes them. What may be absent is nullable; checks are NeutralPlan's.

internal sealed record JobSettings
{
    public string? Name { get; init; }
    public IReadOnlyList<TaskSettings?>? Tasks { get; init; }
    public int? MaxConcurrent { get; init; }
    public bool? Queue { get; init; }
    public string? OnFailure { get; init; }
    public long? TimeoutMs { get; init; }
    public IReadOnlyDictionary<string, string?>? Parameters { get; init; }
    public ScheduleSettings? Schedule { get; init; }
    public bool? Paused { get; init; }
    public string? Pool { get; init; }
    public IReadOnlyList<NotifySettings?>? Notify { get; init; }
}

internal sealed record TaskSettings
{
    public string? Key { get; init; }
    public IReadOnlyList<string?>? Command { get; init; }
    public IReadOnlyDictionary<string, string?>? Env { get; init; }
    public string? WorkingDirectory { get; init; }
    public int? GraceMs { get; init; }
    public string? Image { get; init; }
    public ContainerSettings? Container { get; init; }
    public IReadOnlyList<DependsOn?>? DependsOn { get; init; }
    public string? RunIf { get; init; }
    public RetrySettings? Retries { get; init; }
    public long? TimeoutMs { get; init; }
    public int? Instances { get; init; }
    public int? Slots { get; init; }

    /// <summary>Where it runs, whatever its pool says: <c>process</c> or <c>slurm</c>.</summary>
    public string? Executor { get; init; }
    public int? CpuMillis { get; init; }
    public int? MemoryMb { get; init; }
    public int? Gpus { get; init; }
    public bool? Disabled { get; init; }
    public ConditionSettings? Condition { get; init; }
    public ForEachSettings? ForEach { get; init; }
    public RunJobSettings? RunJob { get; init; }
}

internal sealed record RetrySettings(int? Max, long? MinIntervalMs, bool? OnTimeout);

internal sealed record ConditionSettings(string? Op, string? Left, string? Right);

internal sealed record ForEachSettings
{
    /// <summary>A list, or a text (with references) that becomes one.</summary>
    public JsonElement? Inputs { get; init; }
    public int? Concurrency { get; init; }
    public IReadOnlyList<string?>? Command { get; init; }
    public IReadOnlyDictionary<string, string?>? Env { get; init; }
    public string? WorkingDirectory { get; init; }
    public string? Image { get; init; }
    public ContainerSettings? Container { get; init; }
}

/// <summary>How a task runs in its image.</summary>
internal sealed record ContainerSettings
{
    public string? Pull { get; init; }
    public string? User { get; init; }
    public string? Network { get; init; }
    public IReadOnlyList<int>? Ports { get; init; }
    public IReadOnlyList<MountSettings?>? Mounts { get; init; }
    public int? ShmMb { get; init; }
    public RegistrySettings? Registry { get; init; }
}

internal sealed record MountSettings(string? Source, string? Target, bool? ReadOnly);

internal sealed record RegistrySettings(string? Server, string? User, string? PasswordSecret);

internal sealed record RunJobSettings(long? JobId, IReadOnlyDictionary<string, string?>? Parameters);

/// <summary>Whom to tell of what: a webhook, or mail addresses.</summary>
internal sealed record NotifySettings
{
    public IReadOnlyList<string?>? On { get; init; }
    public WebhookSettings? Webhook { get; init; }
    public IReadOnlyList<string?>? Mail { get; init; }
}

internal sealed record WebhookSettings(string? Url, string? Secret, bool? VerifySsl);

internal sealed record ScheduleSettings(string? Cron, string? Zone);

/// <summary>An edge: a key alone, or a key with the outcome of a condition.</summary>
[JsonConverter(typeof(DependsOnConverter))]
internal sealed record DependsOn(string? Task, bool? Outcome);

internal sealed class DependsOnConverter : JsonConverter<DependsOn>
{
    public override DependsOn Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
            return new(reader.GetString(), null);
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException();
        string? task = null;
        bool? outcome = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString();
            reader.Read();
            if (name == "task" && reader.TokenType == JsonTokenType.String)
                task = reader.GetString();
            else if (name == "outcome" && reader.TokenType is JsonTokenType.True or JsonTokenType.False)
                outcome = reader.GetBoolean();
            else if (name != "outcome" || reader.TokenType != JsonTokenType.Null)
                throw new JsonException();
        }

        return new(task, outcome);
    }

    public override void Write(Utf8JsonWriter writer, DependsOn value, JsonSerializerOptions options)
    {
        if (value.Outcome is not { } outcome)
        {
            writer.WriteStringValue(value.Task);
            return;
        }

        writer.WriteStartObject();
        writer.WriteString("task", value.Task);
        writer.WriteBoolean("outcome", outcome);
        writer.WriteEndObject();
    }
}
