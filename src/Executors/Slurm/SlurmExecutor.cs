using System.Threading.Channels;
using Switchyard.Core.Execution;
using Switchyard.Executors.Process;
using Switchyard.Executors.Process.Hosting;
using Switchyard.Executors.Process.Output;

namespace Switchyard.Executors.Slurm;

/// <summary>
/// Runs attempts as jobs of a Slurm cluster. All it knows stands in one directory that the cluster and all servers share, so
/// that another server can go on at any time. Two loops: one gives Slurm its commands and asks it, the other reads what the
/// launchers on the nodes write into the directory.
/// </summary>
public sealed partial class SlurmExecutor : IExecutor
{
    private readonly SlurmOptions _options;
    private readonly SlurmFiles _files;
    private readonly SlurmCommands _commands;
    private readonly TimeProvider _time;
    private readonly Action<string> _say;
    private readonly string _installation;
    private readonly Channel<ExecutorSignal> _reports = Channel.CreateUnbounded<ExecutorSignal>(new() { SingleReader = true });
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<long, SlurmAttempt> _attempts = [];
    private readonly Dictionary<string, SlurmBatch> _batches = new(StringComparer.Ordinal);
    private readonly List<(SlurmAttempt Attempt, StartOrder Order, byte[] Text)> _waiting = [];
    private readonly RecentIds _acknowledged = new(8192);
    private readonly Bell _commandBell;
    private readonly Bell _fileBell;
    private long _epoch;
    private int _disposed;
    private Task _loops = Task.CompletedTask;

    private SlurmExecutor(SlurmOptions options, TimeProvider time, Action<string> say)
    {
        (_options, _time, _say) = (options, time, say);
        _files = new(options.Directory);
        _installation = _files.Installation();
        _commands = new(options, _installation, time);
        (_commandBell, _fileBell) = (new(time), new(time));
        Logs = new(_files.Nodes);
    }

    /// <inheritdoc/>
    public string Name => "slurm";

    /// <inheritdoc/>
    public ChannelReader<ExecutorSignal> Reports => _reports.Reader;

    /// <summary>The launcher on the node is the subreaper of its attempt.</summary>
    public KillLevel KillLevel => KillLevel.Subreaper;

    /// <summary>The logs of the attempts.</summary>
    public AttemptLogs Logs { get; }

    /// <summary>Where the attempts' files are; also what removes them.</summary>
    public NodeFiles Files => _files.Nodes;

    /// <summary>An executor on a shared directory. Slurm is not asked before <see cref="Open"/>.</summary>
    /// <exception cref="IOException">The directory cannot be made.</exception>
    public static SlurmExecutor Create(SlurmOptions options, TimeProvider time, Action<string> say) => new(options, time, say);

    /// <summary>Whether Slurm's programs are there and its controller answers; null when all is well.</summary>
    public static Task<string?> Check(SlurmOptions options, TimeProvider time, CancellationToken stop) => new SlurmCommands(options, "check", time).Check(stop);

    /// <inheritdoc/>
    public Task Open(CancellationToken stop)
    {
        _files.PlaceLauncher();
        _epoch = _files.NextEpoch();
        Adopt();
        _loops = Task.WhenAll(Task.Run(() => Guarded(Command), CancellationToken.None), Task.Run(() => Guarded(ReadFiles), CancellationToken.None));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask Start(IReadOnlyList<StartOrder> orders, CancellationToken stop)
    {
        var accepted = new List<StartOrder>(orders.Count);
        lock (_gate)
        {
            foreach (var order in orders)
            {
                if (_attempts.TryGetValue(order.AttemptId, out var known))
                {
                    Repeat(known);
                    continue;
                }
                // Ended and committed long ago: the order was late.
                if (_acknowledged.Contains(order.AttemptId)) continue;
                using var text = new MemoryStream();
                if (OrderFile.Write(text, order, _installation, Files.AttemptDirectory(order.AttemptId)) is { } refusal)
                {
                    Report(new AttemptRefused(order.AttemptId, refusal, _time.GetUtcNow()));
                    continue;
                }
                var attempt = new SlurmAttempt(order.AttemptId) { Kept = new(order.Secrets, order.Preface, order.WorkingDirectory is null || order.Files.Count > 0) };
                _attempts.Add(attempt.Id, attempt);
                _waiting.Add((attempt, order, text.ToArray()));
                accepted.Add(order);
            }
        }
        Logs.Expect(accepted);
        if (accepted.Count > 0) _commandBell.Ring();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask Stop(IReadOnlyList<StopOrder> orders, CancellationToken stop)
    {
        lock (_gate)
        {
            foreach (var order in orders)
            {
                if (!_attempts.TryGetValue(order.AttemptId, out var attempt) || attempt.Stage == SlurmStage.Ended) continue;
                if (attempt.Batch is null)
                {
                    _waiting.RemoveAll(waiting => waiting.Attempt == attempt);
                    Drop(attempt, NeverStarted);
                    continue;
                }
                if (attempt.StopGraceMs is { } before && before <= order.GraceMs) continue;
                // The launcher finds the grace here, and one that starts only now finds that nobody waits for it.
                _files.WriteWhole(_files.Of("stop", attempt.Id), System.Text.Encoding.ASCII.GetBytes(FormattableString.Invariant($"{Math.Max(0, order.GraceMs)}\n")));
                if (attempt.StopGraceMs is null) attempt.StopSinceMs = NowMs;
                (attempt.StopGraceMs, attempt.AskAtMs) = (Math.Max(0, order.GraceMs), 0);
            }
        }
        _commandBell.Ring();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask Acknowledge(IReadOnlyList<long> attemptIds, CancellationToken stop)
    {
        lock (_gate)
        {
            foreach (var group in attemptIds.Select(_attempts.GetValueOrDefault).OfType<SlurmAttempt>().Where(attempt => attempt.Stage == SlurmStage.Ended).GroupBy(attempt => attempt.Batch!).ToList())
            {
                var (batch, ids) = (group.Key, group.Select(attempt => attempt.Id).ToList());
                foreach (var id in ids)
                {
                    _attempts.Remove(id);
                    _acknowledged.Add(id);
                }
                if ((batch.Open -= ids.Count) > 0)
                {
                    _files.Acknowledge(batch.Name, ids);
                    foreach (var id in ids) _ = Process.Spawning.Libc.unlink(_files.Of("out", id));
                    continue;
                }
                Forget(batch);
            }
        }
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask Release(IReadOnlyList<AllocationName> allocations, CancellationToken stop)
    {
        lock (_gate)
        {
            foreach (var allocation in _allocations.Values.Where(allocation => !allocation.IsOver && allocations.Contains(allocation.Of)))
                allocation.LetGo(NowMs);
        }
        _commandBell.Ring();
        return ValueTask.CompletedTask;
    }

    /// <summary>Lets go of the cluster; what is there runs on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1) return;
        await _closing.CancelAsync().ConfigureAwait(false);
        await _loops.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _reports.Writer.TryComplete();
        _closing.Dispose();
    }

    private const string NeverStarted = "it was ended before it started";

    private long NowMs => (long)_time.GetElapsedTime(0).TotalMilliseconds;

    private void Report(ExecutorSignal signal) => _reports.Writer.TryWrite(signal);

    /// <summary>Says again what is known.</summary>
    private void Repeat(SlurmAttempt attempt)
    {
        if (attempt.End is { } end) Report(end);
        else if (attempt.Stage == SlurmStage.Running) Report(new AttemptStarted(attempt.Id, attempt.Handle!, attempt.StartedAt));
    }

    /// <summary>Forgets a submission with all its files.</summary>
    private void Forget(SlurmBatch batch)
    {
        _batches.Remove(batch.Name);
        _files.RemoveBatch(batch.Name, batch.Ids);
        if (batch is { HasSpentElements: true, Job: { } job })
        {
            _spent.Add(job);
            _commandBell.Ring();
        }
        if (batch.In is not { } allocation) return;
        allocation.Steps.Remove(batch);
        if (allocation.IsGone) HasGone(allocation);
    }

    /// <summary>Forgets an attempt that was never in the cluster, and says why it will not be.</summary>
    private void Drop(SlurmAttempt attempt, string why)
    {
        _attempts.Remove(attempt.Id);
        Logs.End(attempt.Id);
        Report(new AttemptRefused(attempt.Id, why, _time.GetUtcNow()));
    }

    // A loop that ends by an error would leave everything hanging without a word.
    private async Task Guarded(Func<CancellationToken, Task> loop)
    {
        var stop = _closing.Token;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await loop(stop).ConfigureAwait(false);
                return;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // A disk that is full, a server of files that is away: what is on disk is the truth, and is looked at again.
                _say($"slurm: {error.Message}");
                await Task.Delay(TimeSpan.FromSeconds(1), _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>True when another server has opened the directory since: it leads now.</summary>
    private bool IsDisplaced()
    {
        if (_files.Epoch() == _epoch) return false;
        const string reason = "displaced: another server leads the Slurm executor now";
        _say(reason);
        Report(new ExecutorGone(reason));
        // Neither loop has anything to do here any more.
        _closing.Cancel();
        return true;
    }
}
