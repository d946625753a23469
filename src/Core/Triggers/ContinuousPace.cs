using Switchyard.Core.Runs;

namespace Switchyard.Core.Triggers;

/// <summary>When the next run of a job that always has one starts: soon after a success, later and later after failures in a row.</summary>
public static class ContinuousPace
{
    private const int MostDoublings = 20;

    /// <summary>Between an end and the next start, so that a job that does nothing does not spin.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>After the first failure; doubled with each further one.</summary>
    public static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(5);

    public static readonly TimeSpan LongestBackOff = TimeSpan.FromHours(1);

    /// <summary>What follows on the end of a run.</summary>
    /// <param name="end">How it ended. A cancelled or skipped run says nothing about the job.</param>
    /// <param name="failures">Runs that failed in a row before it.</param>
    /// <param name="at">When it ended.</param>
    public static (int Failures, DateTimeOffset Next) After(RunState end, int failures, DateTimeOffset at) => end switch
    {
        RunState.Failed or RunState.TimedOut => (failures + 1, at + BackOff(failures)),
        RunState.Succeeded or RunState.SucceededWithFailures => (0, at + Pause),
        _ => (failures, at + Pause),
    };

    private static TimeSpan BackOff(int failures)
    {
        var delay = FirstBackOff * Math.Pow(2, Math.Min(failures, MostDoublings));
        return delay < LongestBackOff ? delay : LongestBackOff;
    }
}
