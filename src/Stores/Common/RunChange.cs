using Switchyard.Core.Runs;

namespace Switchyard.Stores;

/// <summary>Several moves of one run, as the one update they make of its row.</summary>
internal sealed class RunChange(RunState from)
{
    public RunState From { get; } = from;
    public RunState To { get; private set; } = from;
    public Reason Reason { get; private set; }
    public int? Round { get; private set; }
    public int? ChargedRounds { get; private set; }
    public (int Platform, int Resource)? FreeRounds { get; private set; }
    public DateTimeOffset? DueAt { get; private set; }
    public DateTimeOffset? StartedAt { get; private set; }
    public DateTimeOffset? EndedAt { get; private set; }
    public int? ExitCode { get; private set; }

    public void Take(Move.OfRun move)
    {
        To = move.To;
        Reason = move.Reason;
        Round = move.Round ?? Round;
        ChargedRounds = move.ChargedRounds ?? ChargedRounds;
        FreeRounds = move.FreeRounds ?? FreeRounds;
        DueAt = move.DueAt;
        if (move.To == RunState.Running)
            StartedAt ??= move.At;
        EndedAt = move.To.IsEnd() ? move.At : null;
        ExitCode = move.ExitCode;
    }
}
