using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Text;

namespace Switchyard.Core.Sweeps;

/// <summary>
/// The runs that one sweep of a job makes. The row is there first, with all that its runs are made of; they are then made in sets, in the
/// order of the sweep, and <see cref="Made"/> tells how far that has come: whatever dies, each point becomes one run.
/// A run that no sweep made is in no batch.
/// </summary>
public sealed record Batch
{
    public required long Id { get; init; }
    public required long JobId { get; init; }

    /// <summary>The version of the settings all its runs are made from, whatever becomes of the job.</summary>
    public required int JobVersion { get; init; }
    public required string Dialect { get; init; }
    public required string Name { get; init; }
    public required long OwnerId { get; init; }

    /// <summary>The owner as people know them; filled by reads.</summary>
    public string OwnerName { get; init; } = "";

    /// <summary>The document of the settings.</summary>
    public required string SettingsHash { get; init; }

    /// <summary>The document of the sweep (<see cref="Sweep.Write"/>).</summary>
    public required string SweepHash { get; init; }

    /// <summary>How many runs the sweep makes.</summary>
    public required long Size { get; init; }

    /// <summary>How many have been made.</summary>
    public long Made { get; init; }
    /// <summary>The token it was asked for with; no two batches have the same.</summary>
    public string? Token { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the last run was made, or that was given up; null while there are more to come.</summary>
    public DateTimeOffset? BuiltAt { get; init; }

    /// <summary>Why it has fewer runs than it should, for people; null when it has not.</summary>
    public string? Problem { get; init; }

    /// <summary>How many of its runs are in each state; kept with the moves. A run that was deleted is not counted any more.</summary>
    public IReadOnlyDictionary<RunState, long> Runs { get; init; } = new Dictionary<RunState, long>();

    /// <summary>True when nothing of it is still to come.</summary>
    public bool Ended => BuiltAt is not null && Runs.All(count => count.Key.IsEnd());
}

/// <summary>What all batches of a job come to, those that were deleted too.</summary>
/// <param name="Batches">How many there were.</param>
/// <param name="Runs">How many runs they were to make.</param>
/// <param name="LastAt">When the latest was made.</param>
public sealed record JobBatches(long Batches, long Runs, DateTimeOffset LastAt);

/// <summary>Which batches a list wants. Newest first.</summary>
/// <param name="Before">Only ids below this one (the keyset page).</param>
public sealed record BatchQuery(int Limit, IReadOnlyList<long>? Owners = null, long? JobId = null, long? Before = null);

/// <summary>Which runs of a batch a list wants, by their index.</summary>
/// <param name="After">Only indices above this one (the keyset page).</param>
/// <param name="States">Only runs in these states, or all.</param>
/// <param name="Indices">Only these indices, or all.</param>
public sealed record BatchRunQuery(long BatchId, int Limit, long? After = null, IReadOnlyList<RunState>? States = null, IReadOnlyList<long>? Indices = null);

/// <summary>What became of a set of a batch's runs: all were inserted, or none.</summary>
/// <param name="Grown">True when they were; false too when the batch is not where the caller thought.</param>
/// <param name="RefusedAt">The position, in the set, of the run that was refused.</param>
public sealed record BatchGrowth(bool Grown, int RefusedAt = -1, Refusal? Refusal = null);

/// <summary>A sweep to start.</summary>
public sealed record SweepRequest(Job Job, string Name, Sweep Sweep)
{
    /// <summary>Names this start: asking twice makes one batch. Null for none.</summary>
    public string? Token { get; init; }
}

/// <summary>Turns a point of a sweep into a run of a job, as the dialect whose job it is has it.</summary>
public interface ISweepPlanner
{
    /// <summary>The dialect whose jobs it plans.</summary>
    string Dialect { get; }

    /// <summary>A request for the run. A refusal of a point that comes later makes a run that ended Failed with the reason.</summary>
    Task<Result<RunRequest>> Plan(Job job, SweepPoint point, CancellationToken stop);
}
