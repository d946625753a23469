using System.Threading.Channels;

namespace Switchyard.Executors.Slurm;

/// <summary>Wakes a loop that sleeps. A ring while it is awake is heard the next time.</summary>
internal sealed class Bell(TimeProvider time)
{
    private readonly Channel<bool> _rung = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Ring() => _rung.Writer.TryWrite(true);

    /// <summary>Until it rings, or so many milliseconds have passed; without a limit when there are none.</summary>
    public async Task Wait(long atMostMs, CancellationToken stop)
    {
        if (atMostMs == long.MaxValue)
        {
            await _rung.Reader.ReadAsync(stop).ConfigureAwait(false);
            return;
        }
        using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(Math.Max(0, atMostMs)), time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        try
        {
            await _rung.Reader.ReadAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // It was time.
        }
    }
}
