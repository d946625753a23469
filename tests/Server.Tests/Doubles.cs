using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using Switchyard.Core.Execution;

namespace Switchyard.Server.Tests;

/// <summary>A clock that a test can move; its timers are the machine's.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    public TimeSpan Shift { get; set; }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Shift;
}

/// <summary>An executor without processes: every attempt succeeds at once, but the program <c>hold</c> runs until it is stopped.</summary>
internal sealed class InstantExecutor(TimeProvider clock) : IExecutor
{
    private readonly Channel<ExecutorSignal> _signals = Channel.CreateUnbounded<ExecutorSignal>();
    private readonly ConcurrentDictionary<long, DateTimeOffset> _held = new();

    public string Name => "instant";

    public ChannelReader<ExecutorSignal> Reports => _signals.Reader;

    public KillLevel KillLevel => KillLevel.Cgroup;

    public Task Open(CancellationToken stop)
    {
        _signals.Writer.TryWrite(new ExecutorSync(new HashSet<long>()));
        return Task.CompletedTask;
    }

    public ValueTask Start(IReadOnlyList<StartOrder> orders, CancellationToken stop)
    {
        foreach (var order in orders)
        {
            var now = clock.GetUtcNow();
            _signals.Writer.TryWrite(new AttemptStarted(order.AttemptId, "instant", now));
            if (order.Arguments[0] == "hold")
                _held[order.AttemptId] = now;
            else
                _signals.Writer.TryWrite(new AttemptExited(order.AttemptId, order.Arguments[0] == "/bin/false" ? 1 : 0, null, false, null, now, now, null));
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask Stop(IReadOnlyList<StopOrder> orders, CancellationToken stop)
    {
        foreach (var order in orders)
        {
            if (_held.TryRemove(order.AttemptId, out var started))
                _signals.Writer.TryWrite(new AttemptExited(order.AttemptId, 143, 15, false, null, started, clock.GetUtcNow(), null));
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask Acknowledge(IReadOnlyList<long> attemptIds, CancellationToken stop) => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>Every attempt wrote the same three lines.</summary>
internal sealed class SameLogs : IAttemptLogs
{
    private static readonly byte[] Text = Encoding.UTF8.GetBytes("first line\nsecond line\nthird line\n");

    public LogInfo Info(long attemptId) => new(Text.Length, 3, 0, true);

    public LogSlice Read(long attemptId, long offset, int maximum)
    {
        var from = (int)Math.Min(offset, Text.Length);
        var length = Math.Min(maximum, Text.Length - from);
        return new(from, from + length, Text.AsMemory(from, length));
    }

    public LogSlice Tail(long attemptId, int lines, int maximumBytes) => new(23, Text.Length, Text.AsMemory(23), 2);

    public LogSlice ReadLines(long attemptId, long firstLine, int count, int maximumBytes) => new(11, 23, Text.AsMemory(11, 12), 1);

    public IReadOnlyList<LogHit> Search(long attemptId, string text, bool ignoreCase, long fromLine, int maximumHits, CancellationToken stop) =>
        [new LogHit(1, 11, "second line")];

    public async IAsyncEnumerable<LogSlice> Follow(long attemptId, long offset, [EnumeratorCancellation] CancellationToken stop)
    {
        await Task.Yield();
        yield return Read(attemptId, offset, 1000);
    }
}
