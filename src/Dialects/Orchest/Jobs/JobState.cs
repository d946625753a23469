using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Triggers;
using Switchyard.Dialects.Edge;

namespace Switchyard.Dialects.Orchest.Jobs;

/// <summary>Where a job stands in its life, as far as it is written down; the rest is read off its runs.</summary>
internal enum JobPhase
{
    Draft,
    Confirmed,
    Aborted,
}

/// <summary>The image that an environment's steps run in.</summary>
/// <param name="Image">Its name: our own for the base image as it was when the job was made, or for what the setup script makes of it.</param>
/// <param name="Base">The base image, where there is a setup script.</param>
/// <param name="Script">The setup script.</param>
internal sealed record EnvironmentImage(string Image, string? Base = null, string? Script = null);

/// <summary>What is kept of a job beside the neutral columns: the settings, as this dialect writes them.</summary>
internal sealed record JobState
{
    /// <summary>They start beside each other, or the due time is passed over.</summary>
    public const string OverlapAllow = "allow", OverlapSkip = "skip";

    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public required string PipelineUuid { get; init; }
    public required string PipelinePath { get; init; }
    public required string PipelineName { get; init; }

    /// <summary>The frozen project.</summary>
    public required string Snapshot { get; init; }

    /// <summary>The pipeline as it was then.</summary>
    public required JsonObject Definition { get; init; }

    /// <summary>The parameter set of each run of a batch.</summary>
    public required JsonArray Parameters { get; init; }

    /// <summary>What somebody typed to get them; kept for the client that did.</summary>
    public JsonObject Strategy { get; init; } = [];
    public required IReadOnlyDictionary<string, string> Environment { get; init; }
    public JsonObject RunSpec { get; init; } = [];

    /// <summary>The images of those environments that are made from one, by the environment's UUID.</summary>
    public IReadOnlyDictionary<string, EnvironmentImage> Images { get; init; } = new Dictionary<string, EnvironmentImage>();

    /// <summary>Five-field cron, or null.</summary>
    public string? Schedule { get; init; }
    public string Zone { get; init; } = "UTC";

    /// <summary>What a due time does while runs of an earlier one still live: one of the two words below.</summary>
    public string Overlap { get; init; } = OverlapAllow;

    /// <summary>When a job without schedule is to run, or null for at once.</summary>
    public DateTimeOffset? StartAt { get; init; }

    /// <summary>Ended runs that are kept; -1 for all.</summary>
    public int MaxRetained { get; init; } = -1;
    public JobPhase Phase { get; init; }

    public static JobState Of(Job job) => JsonSerializer.Deserialize<JobState>(job.Settings, Json)!;

    public string Write() => JsonSerializer.Serialize(this, Json);

    /// <summary>The trigger that the schedule means, or null when there is none.</summary>
    public Trigger.Cron? Cron() => Schedule is { } cron && CronText.ToQuartz(cron).Ok(out var quartz, out _) ? new Trigger.Cron(quartz, Zone) : null;

    /// <summary>A job with this state, one version on.</summary>
    public Job In(Job job, Trigger trigger, bool paused, DateTimeOffset? next, DateTimeOffset now) => job with
    {
        Settings = Write(),
        Version = job.Version + 1,
        Trigger = trigger,
        Paused = paused,
        NextFireAt = next,
        ChangedAt = now,
    };
}
