using Microsoft.Extensions.Logging;
using Switchyard.Core.Execution;
using Switchyard.Core.Storage;
using Switchyard.Engine.Loops;

namespace Switchyard.Engine;

/// <summary>
/// Deletes runs that ended long ago, with the files and logs of their attempts: a few at a time, so that nobody waits
/// behind it. The files go first; whatever dies in between, the rows still tell the next one what to remove. It sleeps
/// until the next run is due.
/// </summary>
internal sealed partial class Pruner(IStore store, IAttemptFiles? files, TimeSpan keep, ILogger log) : ILoop
{
    /// <summary>Runs of one step.</summary>
    public const int Batch = 50;

    public string Name => "Pruner";

    public Wake Wake { get; } = new();

    /// <inheritdoc/>
    public async ValueTask<DateTimeOffset?> Step(DateTimeOffset now, CancellationToken stop)
    {
        if (keep <= TimeSpan.Zero || keep > now - DateTimeOffset.MinValue)
            return null;
        var old = await store.RunsPrunable(now - keep, Batch, stop).ConfigureAwait(false);
        if (old.Count > 0)
        {
            // Off this thread's time: removing a large directory blocks.
            var left = files is null ? [] : await Task.Run(() => files.Remove([.. old.SelectMany(run => run.AttemptIds)]), stop).ConfigureAwait(false);
            foreach (var problem in left)
                FileLeft(log, problem);
            Pruned(log, await store.RunsDelete([.. old.Select(run => run.RunId)], stop).ConfigureAwait(false), keep.TotalDays);
        }

        await store.BatchesDeleteEmpty(now - keep, stop).ConfigureAwait(false);
        if (old.Count == Batch)
            return now;
        // A run that ends from now on is not due before one that ends this moment.
        return (await store.RunsFirstEnded(stop).ConfigureAwait(false) ?? now) + keep;
    }

    [LoggerMessage(1, LogLevel.Information, "{Count} runs deleted that ended more than {Days} days ago")]
    private static partial void Pruned(ILogger log, int count, double days);

    [LoggerMessage(2, LogLevel.Warning, "left behind by a deleted run: {What}")]
    private static partial void FileLeft(ILogger log, string what);
}
