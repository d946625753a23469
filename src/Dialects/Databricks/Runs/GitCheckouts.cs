using System.Globalization;
using System.Security.Cryptography;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;

namespace Switchyard.Dialects.Databricks.Runs;

/// <summary>
/// Removes the checkouts of runs that have ended (<c>trees/RUN</c>), and of runs that are gone also which commit they saw
/// (<c>commits/RUN-...</c>): a run that ended may be repaired, and then has to see the same.
/// </summary>
internal sealed class GitCheckouts(IStore store, string root, TimeProvider time)
{
    /// <summary>Ends come in bunches.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan BetweenCommits = TimeSpan.FromDays(1);
    private DateTimeOffset _commitsAt = DateTimeOffset.MinValue;

    /// <summary>Looks again whenever something was committed, until it is stopped.</summary>
    public async Task Keep(Func<Task> next, CancellationToken stop)
    {
        while (true)
        {
            var committed = next();
            await Sweep(stop);
            await committed.WaitAsync(stop);
            await Task.Delay(Pause, time, stop);
        }
    }

    /// <summary>One look.</summary>
    public async Task Sweep(CancellationToken stop)
    {
        var trees = Path.Join(root, "trees");
        foreach (var directory in Entries(trees, Directory.EnumerateDirectories))
        {
            if (RunOf(directory) is { } id && await store.RunGet(id, stop) is { } run && !run.State.IsEnd())
                continue;
            // Out of the way first: a repair that begins now finds no half of it.
            var gone = Path.Join(trees, $"gone-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}");
            try
            {
                Directory.Move(directory, gone);
                Directory.Delete(gone, recursive: true);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // A task's last process may still write there; the next look finds what is left.
            }
        }

        if (time.GetUtcNow() - _commitsAt < BetweenCommits)
            return;
        _commitsAt = time.GetUtcNow();
        foreach (var file in Entries(Path.Join(root, "commits"), Directory.EnumerateFiles))
        {
            if (RunOf(file) is { } id && await store.RunGet(id, stop) is not null)
                continue;
            File.Delete(file);
        }
    }

    private static IReadOnlyList<string> Entries(string directory, Func<string, IEnumerable<string>> list) => Directory.Exists(directory) ? [.. list(directory)] : [];

    private static long? RunOf(string path) =>
        long.TryParse(Path.GetFileName(path).Split('-')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
}
