using Microsoft.Extensions.Logging;

namespace Switchyard.Engine.Loops;

/// <summary>
/// One of the engine's loops. All it does happens inside <see cref="Step"/>; it has no timer or thread of its own, so
/// that a simulation can drive it.
/// </summary>
public interface ILoop
{
    /// <summary>The loop's name, in logs and metrics.</summary>
    string Name { get; }

    /// <summary>Set by whoever has work for it.</summary>
    Wake Wake { get; }

    /// <summary>Does one batch. Answers when it wants to be called again at the latest; null: when woken.</summary>
    ValueTask<DateTimeOffset?> Step(DateTimeOffset now, CancellationToken stop);
}

/// <summary>A signal that stays set until one waiter took it.</summary>
public sealed class Wake
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _set = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>There is work.</summary>
    public void Set()
    {
        lock (_lock)
            _set.TrySetResult();
    }

    /// <summary>True, and taken, if the signal was set.</summary>
    public bool TryTake()
    {
        lock (_lock)
        {
            if (!_set.Task.IsCompleted)
                return false;
            _set = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return true;
        }
    }

    /// <summary>Waits for the signal, or until an instant; takes it.</summary>
    public async Task Wait(DateTimeOffset? until, TimeProvider time, CancellationToken stop)
    {
        Task set;
        lock (_lock)
            set = _set.Task;
        if (!set.IsCompleted)
        {
            if (until is null)
            {
                await set.WaitAsync(stop).ConfigureAwait(false);
            }
            else
            {
                var delay = until.Value - time.GetUtcNow();
                if (delay > TimeSpan.Zero)
                {
                    using var either = CancellationTokenSource.CreateLinkedTokenSource(stop);
                    await Task.WhenAny(set, Task.Delay(delay > LongestDelay ? LongestDelay : delay, time, either.Token)).ConfigureAwait(false);
                    await either.CancelAsync().ConfigureAwait(false);
                    stop.ThrowIfCancellationRequested();
                }
            }
        }

        TryTake();
    }

    private static readonly TimeSpan LongestDelay = TimeSpan.FromHours(12);
}

/// <summary>Runs loops for real: step, wait for work or the due time, back off after a failure.</summary>
public sealed partial class LoopRunner(TimeProvider time, ILogger log)
{
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(10);

    /// <summary>Runs one loop until stopped. A step that throws is logged and tried again, later and later.</summary>
    public async Task Run(ILoop loop, CancellationToken stop)
    {
        var backOff = FirstBackOff;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var due = await loop.Step(time.GetUtcNow(), stop).ConfigureAwait(false);
                backOff = FirstBackOff;
                await loop.Wake.Wait(due, time, stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception problem)
            {
                StepFailed(log, loop.Name, backOff.TotalSeconds, problem);
                try
                {
                    await Task.Delay(backOff, time, stop).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    return;
                }

                backOff = backOff * 2 > LongestBackOff ? LongestBackOff : backOff * 2;
            }
        }
    }

    [LoggerMessage(1, LogLevel.Error, "{Loop} failed; it tries again in {Seconds} s")]
    private static partial void StepFailed(ILogger log, string loop, double seconds, Exception problem);
}
