using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Switchyard.Executors.Slurm;

/// <summary>What <c>squeue</c> says of one job, or of one element of an array.</summary>
/// <param name="Job">The job, or the array it is an element of.</param>
/// <param name="Element">Which element; null for a job that is no array.</param>
/// <param name="State">Its state, such as <c>RUNNING</c>.</param>
/// <param name="Why">Slurm's word for why it is so.</param>
/// <param name="Nodes">Where it runs or ran.</param>
/// <param name="Batch">Our name for the submission.</param>
internal sealed record QueuedJob(string Job, int? Element, string State, string Why, string Nodes, string Batch)
{
    /// <summary>True when nothing of it runs or will run.</summary>
    public bool HasEnded => State is not ("PENDING" or "RUNNING" or "COMPLETING" or "CONFIGURING" or "SUSPENDED" or "STOPPED" or "REQUEUED" or "REQUEUE_FED" or "REQUEUE_HOLD" or "RESIZING" or "SIGNALING" or "STAGE_OUT" or "SPECIAL_EXIT" or "RESV_DEL_HOLD");
}

/// <summary>What became of a submission.</summary>
/// <param name="Job">The job's number; null when there is none.</param>
/// <param name="Refusal">Why Slurm does not want it, ever; null when it may be tried again.</param>
/// <param name="Trouble">What went wrong when nobody can say whether it was taken.</param>
internal sealed record Submission(string? Job, string? Refusal, string? Trouble);

/// <summary>The programs of Slurm, run with arguments of their own and no shell.</summary>
internal sealed class SlurmCommands(SlurmOptions options, string installation, TimeProvider time)
{
    private const int IdsAtOnce = 500;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>By these words Slurm says that it could not be asked, and not that it refuses.</summary>
    private static readonly string[] Passing =
    [
        "Unable to contact slurm controller", "Socket timed out", "Connection refused", "Connection timed out", "standby mode", "Zero Bytes were transmitted", "Transport endpoint", "temporarily",
        "Insane message length", "Unexpected message received", "Communication connection failure", "Protocol authentication error", "Message send failure", "Message receive failure", "Invalid authentication credential",
    ];

    private string Comment(string batch) => $"switchyard:{installation}:{batch}";

    /// <summary>Submits a batch.</summary>
    public async Task<Submission> Submit(string batch, IReadOnlyList<string> resources, IReadOnlyList<string> script, string complaints, CancellationToken stop)
    {
        var ended = await Run(
            "sbatch",
            ["--parsable", $"--comment={Comment(batch)}", "--propagate=NONE", "--no-requeue", "--chdir=/", "--output=/dev/null", $"--error={complaints}", "--open-mode=append", .. resources, .. options.Arguments, .. script],
            stop).ConfigureAwait(false);
        // The number, and the cluster's name where there are several.
        if (ended.Code == 0 && ended.Output.Trim().Split(';')[0] is { Length: > 0 } job) return new(job, null, null);
        var said = Said(ended);
        return ended.Code < 0 || Passing.Any(word => said.Contains(word, StringComparison.OrdinalIgnoreCase)) ? new(null, null, said) : new(null, $"Slurm does not take it: {said}", null);
    }

    /// <summary>All jobs of this installation that Slurm remembers; a text when it cannot be asked.</summary>
    public async Task<(IReadOnlyList<QueuedJob> Jobs, string? Trouble)> Queue(CancellationToken stop)
    {
        var ended = await Run("squeue", ["--me", "--noheader", "--states=all", "--array", "--format=%F|%K|%T|%r|%N|%k"], stop).ConfigureAwait(false);
        if (ended.Code != 0) return ([], Said(ended));
        var jobs = new List<QueuedJob>();
        var mine = Comment("");
        foreach (var line in ended.Output.Split('\n'))
        {
            var words = line.Split('|');
            if (words.Length < 6 || !words[5].StartsWith(mine, StringComparison.Ordinal)) continue;
            jobs.Add(new(words[0], int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var element) ? element : null, words[2], words[3], words[4], words[5][mine.Length..].TrimEnd()));
        }
        return (jobs, null);
    }

    /// <summary>Whether Slurm has chosen a job that still runs to make room for another: its steps are told before it is.</summary>
    public async Task<bool> IsPreempted(string job, CancellationToken stop)
    {
        var ended = await Run("squeue", ["--me", "--noheader", $"--jobs={job}", "--Format=PreemptTime:40"], stop).ConfigureAwait(false);
        return ended.Code == 0 && ended.Output.Trim() is { Length: > 0 } when && char.IsAsciiDigit(when[0]);
    }

    /// <summary>Tells the launchers of jobs, or of steps, to look who is to end.</summary>
    public async Task Signal(IReadOnlyList<string> jobs, CancellationToken stop)
    {
        // Of a job that is no step only the launcher is told; in a step the signal comes to all, and nobody else heeds this one.
        foreach (var ids in jobs.Where(job => !job.Contains('.', StringComparison.Ordinal)).Chunk(IdsAtOnce))
            await Run("scancel", ["--quiet", "--batch", "--signal=URG", .. ids], stop).ConfigureAwait(false);
        foreach (var ids in jobs.Where(job => job.Contains('.', StringComparison.Ordinal)).Chunk(IdsAtOnce))
            await Run("scancel", ["--quiet", "--signal=URG", .. ids], stop).ConfigureAwait(false);
    }

    /// <summary>Has Slurm end jobs, whatever they are at.</summary>
    public async Task Cancel(IReadOnlyList<string> jobs, CancellationToken stop)
    {
        foreach (var ids in jobs.Chunk(IdsAtOnce)) await Run("scancel", ["--quiet", .. ids], stop).ConfigureAwait(false);
    }

    /// <summary>Asks whether the programs are there and the cluster answers; null when all is well.</summary>
    public async Task<string?> Check(CancellationToken stop)
    {
        foreach (var program in (string[])["sbatch", "scancel", "squeue"])
        {
            var there = await Run(program, ["--version"], stop).ConfigureAwait(false);
            if (there.Code != 0) return $"{program} cannot be run: {Said(there)}";
        }
        return (await Queue(stop).ConfigureAwait(false)).Trouble is { } trouble ? $"squeue: {trouble}" : null;
    }

    private static string Said((int Code, string Output, string Error) ended)
    {
        var lines = ended.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var text = string.Join("; ", lines.Select(Bare).Where(line => line.Length > 0).Distinct());
        return text.Length > 0 ? text : $"exit code {ended.Code.ToString(CultureInfo.InvariantCulture)}";

        static string Bare(string line)
        {
            foreach (var mark in (string[])["error: ", "fatal: "])
                if (line.IndexOf(mark, StringComparison.Ordinal) is var at and >= 0) return line[(at + mark.Length)..];
            return line;
        }
    }

    private async Task<(int Code, string Output, string Error)> Run(string program, IReadOnlyList<string> arguments, CancellationToken stop)
    {
        var start = new ProcessStartInfo(options.Programs is null ? program : Path.Combine(options.Programs, program), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        // A job gets what sbatch has: nothing of the server's, and no options that somebody left there for their own jobs. (That sbatch passes on less
        // cannot be said: its --export has the node run a login shell before each job, to find out the user's variables.)
        foreach (var name in start.Environment.Keys.Where(name => name is not ("PATH" or "HOME" or "LD_LIBRARY_PATH") && !name.StartsWith("SLURM_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        using var limit = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);
        System.Diagnostics.Process process;
        try
        {
            process = System.Diagnostics.Process.Start(start)!;
        }
        catch (Win32Exception missing)
        {
            return (-1, "", missing.Message);
        }
        using (process)
        {
            try
            {
                process.StandardInput.Close();
                var output = process.StandardOutput.ReadToEndAsync(either.Token);
                var error = process.StandardError.ReadToEndAsync(either.Token);
                await process.WaitForExitAsync(either.Token).ConfigureAwait(false);
                return (process.ExitCode, await output.ConfigureAwait(false), await error.ConfigureAwait(false));
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                process.Kill();
                return (-1, "", $"{program} did not answer within {Patience.TotalSeconds:0} s");
            }
        }
    }
}
