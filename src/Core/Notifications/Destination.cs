namespace Switchyard.Core.Notifications;

/// <summary>A named receiver of notices that stands beside the jobs: they name it by its id.</summary>
public sealed record Destination
{
    public required string Id { get; init; }
    public required string Name { get; init; }

    /// <summary>What it is, in the words of its dialect.</summary>
    public required string Kind { get; init; }

    /// <summary>What of it may be shown, as its dialect reads it.</summary>
    public string Settings { get; init; } = "";

    /// <summary>Its address, where that is secret.</summary>
    public SealedAddress? Address { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
}
