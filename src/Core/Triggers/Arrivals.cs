using System.Text.Json;
using System.Text.Json.Serialization;

namespace Switchyard.Core.Triggers;

/// <summary>A file of a watched directory.</summary>
/// <param name="Path">Below the directory.</param>
public readonly record struct ArrivedFile(string Path, long Bytes, DateTimeOffset ChangedAt);

/// <summary>What a job that waits for files has seen of its directory. Files are new once: those that were there first never are.</summary>
public sealed record Arrivals
{
    /// <summary>Files that a directory may have; one with more is not watched.</summary>
    public const int MostFiles = 10_000;

    public required string Directory { get; init; }

    /// <summary>Files that are not new, sorted.</summary>
    public required IReadOnlyList<string> Known { get; init; }

    /// <summary>What is known once the run of <see cref="FiredAt"/> is made; null when it is.</summary>
    public IReadOnlyList<string>? Firing { get; init; }

    /// <summary>When files last started a run.</summary>
    public DateTimeOffset? FiredAt { get; init; }

    /// <summary>The new files as they were when they last changed, and when that was seen.</summary>
    public string Waiting { get; init; } = "";
    public DateTimeOffset? ChangedAt { get; init; }

    /// <summary>A directory as it is first seen.</summary>
    public static Arrivals First(string directory, IReadOnlyList<ArrivedFile> files) => new() { Directory = directory, Known = Paths(files) };

    /// <summary>Decides what a look at the directory means.</summary>
    /// <returns>What to keep, and when to look again at the latest if files wait for their time. <see cref="Firing"/> says that a run is to be made.</returns>
    public (Arrivals Next, DateTimeOffset? Again) Look(Trigger.FileArrival trigger, IReadOnlyList<ArrivedFile> files, DateTimeOffset now)
    {
        var known = Known.ToHashSet(StringComparer.Ordinal);
        var arrived = files.Where(file => !known.Contains(file.Path)).OrderBy(file => file.Path, StringComparer.Ordinal).ToList();
        // One that goes and comes again is new again.
        var kept = files.Count - arrived.Count == known.Count ? this : this with { Known = Paths([.. files.Where(file => known.Contains(file.Path))]) };
        if (arrived.Count == 0)
            return (Waiting.Length == 0 ? kept : kept with { Waiting = "", ChangedAt = null }, null);
        var waiting = Runs.Document.Of(string.Join('\n', arrived.Select(file => $"{file.Path} {file.Bytes} {file.ChangedAt.UtcTicks}"))).Hash;
        if (waiting != Waiting)
            kept = kept with { Waiting = waiting, ChangedAt = now };
        var due = Later(kept.ChangedAt!.Value.AddSeconds(trigger.SettleSeconds), FiredAt?.AddSeconds(trigger.MinSecondsBetween));
        return due > now ? (kept, due) : (kept with { Firing = Paths(files), FiredAt = now, Waiting = "", ChangedAt = null }, null);
    }

    /// <summary>The run was made.</summary>
    public Arrivals Fired() => this with { Known = Firing ?? Known, Firing = null };

    /// <summary>As text, to keep.</summary>
    public string Write() => JsonSerializer.Serialize(this, ArrivalsJson.Default.Arrivals);

    /// <summary>From the text that <see cref="Write"/> made.</summary>
    public static Arrivals Read(string text) => JsonSerializer.Deserialize(text, ArrivalsJson.Default.Arrivals)!;

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset? other) => other > one ? other.Value : one;

    private static IReadOnlyList<string> Paths(IReadOnlyList<ArrivedFile> files) => [.. files.Select(file => file.Path).Order(StringComparer.Ordinal)];
}

[JsonSerializable(typeof(Arrivals))]
internal sealed partial class ArrivalsJson : JsonSerializerContext;
