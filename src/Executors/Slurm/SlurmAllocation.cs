using Switchyard.Core.Execution;

namespace Switchyard.Executors.Slurm;

/// <summary>A job that is held for part of a run: whatever starts in it is a step. Its name begins with <c>h</c>, those of the submissions of its steps with <c>s</c> and end with a number.</summary>
internal sealed class SlurmAllocation(string name, AllocationName of) : SlurmBatch(name, [])
{
    private const char Mark = 'h', StepsMark = 's';

    /// <summary>What the engine calls it.</summary>
    public AllocationName Of { get; } = of;

    /// <summary>Submissions in it whose ends are not all committed.</summary>
    public List<SlurmBatch> Steps { get; } = [];

    /// <summary>How many attempts run in it side by side.</summary>
    public int Places { get; init; }

    /// <summary>The number of the next submission in it.</summary>
    public int NextSteps { get; set; }

    /// <summary>When it was last said that it is wanted (ms).</summary>
    public long WantedAtMs { get; set; }

    /// <summary>Whether its keeper is known to run: something started in it. One that may still be in the queue is told nothing: <c>scancel</c> would wait for it.</summary>
    public bool IsUp { get; set; }

    /// <summary>Nothing more starts in it.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Since when (ms).</summary>
    public long OverSinceMs { get; private set; }

    /// <summary>Whether its keeper was told.</summary>
    public bool IsToldOver { get; set; }

    /// <summary>Slurm has ended it.</summary>
    public bool IsGone { get; set; }

    /// <summary>Whether attempts may start in it.</summary>
    public bool IsOpen => !IsOver && !IsGone;

    /// <summary>Lets nothing more start in it.</summary>
    public void LetGo(long nowMs) => (IsOver, OverSinceMs) = (true, nowMs);

    public static string NewName() => NewName(Mark);

    /// <summary>The name of the next submission of steps.</summary>
    public string NewSteps() => FormattableString.Invariant($"{StepsMark}{Name[1..]}-{NextSteps++}");

    /// <summary>The allocation that the submission of that name is in; null when it is a job itself.</summary>
    public static string? Holding(string batch) => batch.StartsWith(StepsMark) && batch.IndexOf('-', StringComparison.Ordinal) is var dash and > 0 ? Mark + batch[1..dash] : null;

    /// <summary>Which of the submissions in its allocation it is.</summary>
    public static int NumberOf(string steps) => int.Parse(steps[(steps.IndexOf('-', StringComparison.Ordinal) + 1)..], System.Globalization.CultureInfo.InvariantCulture);
}
