using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Switchyard.Core.Execution;
using Switchyard.Executors.Process;
using Switchyard.Executors.Process.Output;

namespace Switchyard.Server.Nodes;

/// <summary>
/// Logs and files of attempts wherever they ran: this node's own, a cluster's, or those of another node whose directory can be read from here, as it can
/// where it lies in the data directory that all servers share.
/// </summary>
/// <param name="own">This node's logs.</param>
/// <param name="ownFiles">This node's files.</param>
/// <param name="clusters">What clusters keep of their attempts, with whether one is theirs.</param>
/// <param name="others">The directories of the other nodes.</param>
/// <param name="where">Whether an attempt is of another place, and whether it has ended, by the database.</param>
/// <param name="time">The clock.</param>
internal sealed class RoutedLogs(
    IAttemptLogs own, NodeFiles ownFiles, IReadOnlyList<(Func<long, bool> Has, IAttemptLogs Logs, IAttemptFiles Files)> clusters, Func<IEnumerable<string>> others,
    Func<long, CancellationToken, Task<(bool Elsewhere, bool Ended)>> where, TimeProvider time) : IAttemptLogs, IAttemptFiles
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(300);

    private readonly ConcurrentDictionary<string, (NodeFiles Files, AttemptLogs Logs)> _foreign = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public LogInfo Info(long attemptId) => Of(attemptId).Info(attemptId);

    /// <inheritdoc/>
    public LogSlice Read(long attemptId, long offset, int maximum) => Of(attemptId).Read(attemptId, offset, maximum);

    /// <inheritdoc/>
    public LogSlice Tail(long attemptId, int lines, int maximumBytes) => Of(attemptId).Tail(attemptId, lines, maximumBytes);

    /// <inheritdoc/>
    public LogSlice ReadLines(long attemptId, long firstLine, int count, int maximumBytes) => Of(attemptId).ReadLines(attemptId, firstLine, count, maximumBytes);

    /// <inheritdoc/>
    public IReadOnlyList<LogHit> Search(long attemptId, string text, bool ignoreCase, long fromLine, int maximumHits, CancellationToken stop) =>
        Of(attemptId).Search(attemptId, text, ignoreCase, fromLine, maximumHits, stop);

    /// <inheritdoc/>
    public async IAsyncEnumerable<LogSlice> Follow(long attemptId, long offset, [EnumeratorCancellation] CancellationToken stop)
    {
        while (true)
        {
            // Before the look, so that what was written just before the end is not missed.
            var (elsewhere, over) = await where(attemptId, stop).ConfigureAwait(false);
            var logs = elsewhere ? Of(attemptId) : own;
            await foreach (var slice in logs.Follow(attemptId, offset, stop).ConfigureAwait(false))
            {
                offset = slice.Next;
                yield return slice;
            }

            if (over || !elsewhere)
                yield break;
            // It runs elsewhere, and nobody tells us when it writes.
            await Task.Delay(LookAgain, time, stop).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> Remove(IReadOnlyList<long> attemptIds)
    {
        var left = new List<string>(ownFiles.Remove(attemptIds));
        foreach (var (has, _, files) in clusters)
        {
            if (attemptIds.Where(has).ToList() is { Count: > 0 } theirs)
                left.AddRange(files.Remove(theirs));
        }

        foreach (var directory in others())
            left.AddRange(Foreign(directory).Files.Remove(attemptIds));
        return left;
    }

    private IAttemptLogs Of(long attemptId)
    {
        if (Directory.Exists(ownFiles.LogDirectory(attemptId)))
            return own;
        foreach (var (has, logs, _) in clusters)
        {
            if (has(attemptId))
                return logs;
        }

        foreach (var directory in others())
        {
            var (files, logs) = Foreign(directory);
            if (Directory.Exists(files.LogDirectory(attemptId)))
                return logs;
        }

        return own;
    }

    private (NodeFiles Files, AttemptLogs Logs) Foreign(string directory) => _foreign.GetOrAdd(directory, one =>
    {
        var files = new NodeFiles(one);
        return (files, new AttemptLogs(files));
    });
}
