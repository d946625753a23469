using Switchyard.Core.Runs;

namespace Switchyard.Executors.Slurm;

/// <summary>What an end means that Slurm tells of: the attempt is lost (a cause of the platform, repeated without charge), or ended for a reason.</summary>
/// <param name="Lost">Why nobody can say how it ended; null when it is known.</param>
/// <param name="Because">What ended it; none when Slurm says nothing of note.</param>
internal readonly record struct Verdict(string? Lost, Reason Because)
{
    /// <summary>Of a step that ended without a word of its launcher, by its exit code as Slurm told it.</summary>
    public static Verdict OfStep(int code, string complaints) =>
        OfMemory(complaints) ?? new($"what runs it ended and said nothing, with exit code {code.ToString(System.Globalization.CultureInfo.InvariantCulture)}{(complaints.Length > 0 ? $"; {complaints}" : "")}", Reason.None);

    /// <summary>When it is complained of the memory something took; else null.</summary>
    public static Verdict? OfMemory(string complaints) =>
        complaints.Contains("memory limit", StringComparison.OrdinalIgnoreCase) || complaints.Contains("oom", StringComparison.OrdinalIgnoreCase) ? TooMuchMemory("") : null;

    /// <summary>When it makes room for another.</summary>
    public static Verdict Preempted(string where) => new($"Slurm preempted it{where} for a job of higher priority", Reason.None);

    private static Verdict TooMuchMemory(string where) => new(null, new(ReasonCode.OutOfMemory, $"Slurm ended it{where}: it took more memory than it asked for"));

    /// <summary>Of a job that has ended, by the state Slurm gives it.</summary>
    /// <param name="job">What Slurm says.</param>
    /// <param name="complaints">What was complained of when the launcher did not say how its program ended; null when it did.</param>
    public static Verdict Of(QueuedJob job, string? complaints)
    {
        var where = job.Nodes.Length > 0 ? $" on {job.Nodes}" : "";
        var memory = TooMuchMemory(where);
        return job.State switch
        {
            "TIMEOUT" => new(null, new(ReasonCode.Timeout, $"Slurm ended it{where}: it ran longer than its job, or its partition, allows")),
            "OUT_OF_MEMORY" => memory,
            "DEADLINE" => new(null, new(ReasonCode.ResourceTimeout, "Slurm had no room for it before its deadline")),
            "PREEMPTED" => Preempted(where),
            "NODE_FAIL" => new($"its node failed{where}: {job.Why}", Reason.None),
            "BOOT_FAIL" => new($"its node did not boot{where}: {job.Why}", Reason.None),
            "CANCELLED" => new(null, new(ReasonCode.CancelledByUser, $"its job was cancelled in Slurm{where}")),
            _ when complaints is null => new(null, Reason.None),
            // Where accounting counts memory, and not a cgroup, the state does not tell.
            _ when complaints.Contains("memory limit", StringComparison.OrdinalIgnoreCase) => memory,
            _ => new($"what runs it ended{where} and said nothing: Slurm calls it {job.State} ({job.Why}){(complaints.Length > 0 ? $"; {complaints}" : "")}", Reason.None),
        };
    }
}
