using Switchyard.Core.Triggers;

namespace Switchyard.Core.Jobs;

/// <summary>A definition that can be run again: the settings exactly as the client sent them, plus neutral columns.</summary>
public sealed record Job
{
    /// <summary>The id, unique over all dialects; below 2^53, of 15 or 16 digits.</summary>
    public required long Id { get; init; }

    /// <summary>Whose settings these are; the planner is found by it.</summary>
    public required string Dialect { get; init; }
    public required string Name { get; init; }

    /// <summary>The user who made it, or the team whose project it works on.</summary>
    public required long OwnerId { get; init; }

    /// <summary>The owner as the dialects show it; filled by reads.</summary>
    public string OwnerName { get; init; } = "";

    /// <summary>JSON text as the client sent it, unknown fields and all.</summary>
    public required string Settings { get; init; }

    /// <summary>Counts the changes of the settings; a run planned from an older version is planned again.</summary>
    public int Version { get; init; } = 1;
    public Trigger Trigger { get; init; } = Trigger.Manual;
    public bool Paused { get; init; }

    /// <summary>Runs that may be active at once; 0 or less for no limit.</summary>
    public int MaxConcurrent { get; init; }

    /// <summary>Whether a run over the limit waits in line.</summary>
    public bool QueueWhenFull { get; init; } = true;
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>True for the unlisted job behind a one-time run.</summary>
    public bool Hidden { get; init; }

    /// <summary>The project whose files it works on, or null.</summary>
    public long? ProjectId { get; init; }

    /// <summary>A short id that its own API shows, unique in the dialect; it never changes.</summary>
    public long? PublicId { get; init; }

    /// <summary>Whom its runs tell, as its dialect's <see cref="Notifications.INoticeWriter"/> reads it; null for nobody. Never shown.</summary>
    public string? Notify { get; init; }

    /// <summary>When the trigger fires next, if it does by time.</summary>
    public DateTimeOffset? NextFireAt { get; init; }
}

/// <summary>Which jobs a list wants. Newest first.</summary>
/// <param name="Dialect">Only this dialect's, or all.</param>
/// <param name="Name">Only this name, ignoring case, or all.</param>
/// <param name="Owners">Only what belongs to these users and teams; how rights narrow a list.</param>
/// <param name="SharedWith">Beside the owners' also those on which one of these principals was given something.</param>
/// <param name="Before">Only ids below this one (the keyset page).</param>
/// <param name="After">Only ids above this one, for the page before; still newest first.</param>
/// <param name="ProjectId">Only this project's.</param>
/// <param name="PublicId">Only the job of this short id (with a dialect: at most one).</param>
/// <param name="Search">Only jobs whose name holds this text, ignoring case.</param>
/// <param name="Skip">Leaves out so many, for interfaces that demand offsets; capped by them.</param>
public sealed record JobQuery(
    int Limit, string? Dialect = null, string? Name = null, IReadOnlyList<long>? Owners = null, long? Before = null, long? After = null, int Skip = 0,
    long? ProjectId = null, long? PublicId = null, IReadOnlyList<long>? SharedWith = null, string? Search = null);
