using Switchyard.Executors.Process.Spawning;

namespace Switchyard.Executors.Process.Hosting;

/// <summary>What is run after an attempt to remove what it has outside of its own processes (a container).</summary>
internal sealed partial class HostLoop
{
    private const int UndoWithinMs = 60_000;

    /// <summary>The host's own environment, which was made clean for it at its start.</summary>
    private static readonly string[] OwnEnvironment =
        [.. Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().Select(variable => $"{variable.Key}={variable.Value}")];

    /// <summary>Starts what is to be run after an attempt; false when there is nothing, or when it has ended.</summary>
    private bool IsUndoing(HostAttempt attempt)
    {
        if (attempt.Undo.Count == 0 || attempt.Undone) return false;
        if (attempt.UndoPid > 0) return true;
        var order = new SpawnOrder(attempt.Undo[0], attempt.Undo, OwnEnvironment, "/", -1, _null, _null);
        if (_waiter.BearUndo(_spawner, order, attempt).Failure is { } failure)
        {
            NotUndone(attempt, failure);
            return false;
        }
        attempt.KillAtMs = NowMs + UndoWithinMs;
        _dying.Add(attempt);
        return true;
    }

    private void UndoEnded(HostAttempt attempt, ChildEnd end)
    {
        _dying.Remove(attempt);
        attempt.Undone = true;
        if (end.ExitCode != 0) NotUndone(attempt, $"exit code {end.ExitCode}");
        TryEnd(attempt.Id);
    }

    private void NotUndone(HostAttempt attempt, string why)
    {
        attempt.Undone = true;
        attempt.Unproven ??= $"what it left could not be removed: {string.Join(' ', attempt.Undo)}: {why}";
        _say($"attempt {attempt.Id}: {attempt.Unproven}");
    }
}
