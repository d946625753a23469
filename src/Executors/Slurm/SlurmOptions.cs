using Switchyard.Executors.Process.Output;

namespace Switchyard.Executors.Slurm;

/// <summary>Settings of the Slurm executor.</summary>
public sealed record SlurmOptions
{
    /// <summary>The directory that all nodes of the cluster and all servers see under this name.</summary>
    public required string Directory { get; init; }

    /// <summary>The partition of what names none; null for the cluster's default.</summary>
    public string? Partition { get; init; }

    /// <summary>More arguments for every <c>sbatch</c>, from the server's configuration alone.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Where the programs of Slurm are; null for the PATH.</summary>
    public string? Programs { get; init; }

    /// <summary>How often the shared directory is looked at while something runs, for what the file system did not tell of.</summary>
    public int PollMs { get; init; } = 1000;

    /// <summary>How often Slurm is asked while something is queued or runs.</summary>
    public int QueueMs { get; init; } = 5000;

    /// <summary>How long a file that another node wrote may stay unseen: so long is waited for it after Slurm says that an attempt has ended.</summary>
    public int SettleMs { get; init; } = 3000;

    /// <summary>So long (ms) a job goes on with other attempts of its array that wait, after its own; 0 for a job for each. Less than the minute that a time limit has to spare.</summary>
    public int ReuseMs { get; init; } = 5000;

    /// <summary>How much of each log is kept.</summary>
    public LogCaps Logs { get; init; } = new();

    /// <summary>What Slurm gives attempts that state no memory, in mebibytes; 0 leaves it to the cluster.</summary>
    public int MemoryMb { get; init; }

    /// <summary>How long an allocation stays that runs nothing and that no server says it wants (ms).</summary>
    public int AllocationIdleMs { get; init; } = 30 * 60_000;

    /// <summary>Options of <c>sbatch</c> that the server sets itself, or that would change whose the job is: not to be configured.</summary>
    private static readonly string[] Ours =
    [
        "--array", "--chdir", "--comment", "--error", "--export", "--export-file", "--get-user-env", "--gid", "--input", "--job-name", "--ntasks", "--open-mode", "--output", "--parsable", "--propagate",
        "--requeue", "--no-requeue", "--test-only", "--uid", "--wait", "--wrap",
    ];

    /// <summary>Why an argument may not be configured, or null.</summary>
    public static string? WhyNot(string argument)
    {
        ArgumentNullException.ThrowIfNull(argument);
        if (!argument.StartsWith("--", StringComparison.Ordinal) || argument.Length == 2 || argument.Any(char.IsControl))
            return "it is not a long option of sbatch, such as --constraint=fast";
        var name = argument.Split('=')[0];
        return Ours.Contains(name, StringComparer.Ordinal) ? $"{name} is set by the server itself" : null;
    }
}
