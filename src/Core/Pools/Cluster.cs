namespace Switchyard.Core.Pools;

/// <summary>A cluster, for the APIs that have them: a name under which tasks run, on a share of a pool's capacity.</summary>
public sealed record Cluster
{
    public required string Id { get; init; }

    /// <summary>The run it was made for and ended with before its time; null for one that stands by itself.</summary>
    public long? RunId { get; init; }
    public required long OwnerId { get; init; }

    /// <summary>The owner as the dialects show it; filled by reads.</summary>
    public string OwnerName { get; init; } = "";

    /// <summary>JSON text as the client sent it.</summary>
    public required string Settings { get; init; }

    /// <summary>False once it was ended.</summary>
    public required bool Running { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was started or ended last.</summary>
    public required DateTimeOffset ChangedAt { get; init; }

    /// <summary>Who did that.</summary>
    public string ChangedBy { get; init; } = "";
}
