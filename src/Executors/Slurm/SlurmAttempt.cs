using System.Globalization;
using Switchyard.Core.Execution;

namespace Switchyard.Executors.Slurm;

/// <summary>How far an attempt is, as its files and Slurm tell.</summary>
internal enum SlurmStage { Submitting, Queued, Running, Ended }

/// <summary>One submission: a job, an array with an element for each attempt, a gang with a step for each, or steps of an allocation.</summary>
internal class SlurmBatch(string name, IReadOnlyList<long> ids)
{
    private const char GangMark = 'g';

    private string? _job;
    private long _knownAtMs;

    public string Name { get; } = name;

    /// <summary>Its attempts, by their numbers in it.</summary>
    public IReadOnlyList<long> Ids { get; } = ids;

    public bool IsGang => Name[0] == GangMark;

    /// <summary>The allocation that its attempts are steps of; null when it is a job itself.</summary>
    public SlurmAllocation? In { get; init; }

    /// <summary>Whether all of it is one job for Slurm, whatever it is called within.</summary>
    private bool IsOneJob => IsGang || In is not null || Ids.Count == 1;

    /// <summary>What Slurm is given.</summary>
    public IReadOnlyList<string> Resources { get; init; } = [];

    /// <summary>What the steps of a gang or of an allocation are given.</summary>
    public IReadOnlyList<string> StepResources { get; init; } = [];

    /// <summary>The job's number, once it is known.</summary>
    public string? Job
    {
        get => In is null ? _job : In.Job;
        set => _job = value;
    }

    /// <summary>When it was known (ms).</summary>
    public long KnownAtMs
    {
        get => In is null ? _knownAtMs : In.KnownAtMs;
        set => _knownAtMs = value;
    }

    /// <summary>The submission that what is complained of belongs to.</summary>
    public string Complains => In is null ? Name : In.Name;

    /// <summary>Whether some of it ran in an element that is another's: the elements of those have nothing to do.</summary>
    public bool HasSpentElements { get; set; }

    /// <summary>Attempts whose ends are not committed.</summary>
    public int Open { get; set; }

    public static string NewName(bool gang) => NewName(gang ? GangMark : 'a');

    protected static string NewName(char mark) => mark + Guid.NewGuid().ToString("N")[..15];

    /// <summary>The element of an array that an attempt of it is; null when it is no array.</summary>
    public int? ElementOf(int index) => IsOneJob ? null : index;

    /// <summary>What Slurm calls an attempt of it before it has started.</summary>
    public string? JobOf(int index) => Job is null || IsOneJob ? Job : FormattableString.Invariant($"{Job}_{index}");
}

/// <summary>One attempt, from its order until its end is acknowledged.</summary>
internal sealed class SlurmAttempt(long id)
{
    public long Id { get; } = id;

    public SlurmStage Stage { get; set; }

    public SlurmBatch? Batch { get; set; }

    public int Index { get; set; }

    /// <summary>What Slurm calls it and where it runs, once it has started: <c>12_3@n1</c>, <c>12.0@n1</c>.</summary>
    public string? Handle { get; set; }

    public DateTimeOffset StartedAt { get; set; }

    public OrderFile.Kept? Kept { get; set; }

    public OutputTake? Output { get; set; }

    /// <summary>How it ended, once that is said.</summary>
    public AttemptReport? End { get; set; }

    /// <summary>How its launcher says it ended, while Slurm is asked why.</summary>
    public AttemptExited? Held { get; set; }

    /// <summary>Whether it was asked, since it is held, if its job is to make room for another.</summary>
    public bool IsPreemptionAsked { get; set; }

    /// <summary>Since when it is held, or Slurm says that it has ended and nothing else does (ms); 0 for neither.</summary>
    public long DoubtSinceMs { get; set; }

    /// <summary>The grace it was asked to end with; null when it was not.</summary>
    public int? StopGraceMs { get; set; }

    /// <summary>When it was asked first, and when it is asked again (ms).</summary>
    public long StopSinceMs { get; set; }

    public long AskAtMs { get; set; }

    /// <summary>The element of an array it runs in, or is to; null when its batch is no array.</summary>
    public int? Element => Batch?.ElementOf(Index) is { } own ? ElementIn(Handle ?? "") ?? own : null;

    /// <summary>The element that a launcher names: of <c>12_3@n1</c> it is 3.</summary>
    public static int? ElementIn(string where) =>
        where.Split('@')[0].Split('_') is [_, var element] && int.TryParse(element, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>What <c>scancel</c> takes.</summary>
    public string? SlurmName => Handle?.Split('@')[0] ?? Batch?.JobOf(Index);
}
