using System.Text.Json;
using Microsoft.Extensions.Logging;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Engine.Loops;

namespace Switchyard.Engine.Nodes;

/// <summary>Reads what other servers wrote down for the leader, has it done, and strikes it out afterwards. Done twice, it is done once.</summary>
/// <param name="store">Where the notes are.</param>
/// <param name="take">Does one; completes when it is done.</param>
/// <param name="log">Where it says what could not be done.</param>
internal sealed partial class Mailroom(IStore store, Func<LeaderNote, RunEvent?, CancellationToken, Task> take, ILogger log) : ILoop
{
    private const int AtOnce = 1000;

    /// <summary>Signals can be missed.</summary>
    private static readonly TimeSpan SlowLook = TimeSpan.FromSeconds(10);

    private readonly HashSet<long> _taken = [];
    private readonly Lock _gate = new();

    public string Name => "Mailroom";

    public Wake Wake { get; } = new();

    /// <inheritdoc/>
    public async ValueTask<DateTimeOffset?> Step(DateTimeOffset now, CancellationToken stop)
    {
        var notes = await store.Notes(AtOnce, stop).ConfigureAwait(false);
        var fresh = new List<LeaderNote>();
        lock (_gate)
            fresh.AddRange(notes.Where(note => _taken.Add(note.Id)));
        // Runs come in crowds, and are done with as soon as they are handed on: they are in the store, which is read again by whoever leads next.
        var runs = fresh.Where(note => note.Kind == LeaderNote.RunKind).ToList();
        foreach (var note in runs)
            await take(note, null, stop).ConfigureAwait(false);
        if (runs.Count > 0)
            await Strike([.. runs.Select(note => (note.Id, (string?)null))], stop).ConfigureAwait(false);
        foreach (var note in fresh.Where(note => note.Kind != LeaderNote.RunKind))
            _ = Do(note, stop);
        return notes.Count == AtOnce && fresh.Count > 0 ? now : now + SlowLook;
    }

    private async Task Do(LeaderNote note, CancellationToken stop)
    {
        var answer = "";
        try
        {
            var @event = note.Kind == Elsewhere.Event ? JsonSerializer.Deserialize(note.Body, NotesJson.Default.WrittenEvent)?.Read() : null;
            await take(note, @event, stop).ConfigureAwait(false);
        }
        catch (StoreUnavailable trouble)
        {
            // Whoever waits is told, and it is not done behind their back.
            answer = trouble.Message;
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (Exception problem)
        {
            NoteFailed(log, note.Kind, note.Subject, problem);
            answer = problem.Message;
        }

        try
        {
            await Strike([(note.Id, note.Kind == Elsewhere.Event ? answer : null)], stop).ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is StoreUnavailable or OperationCanceledException)
        {
            // It stays and is done once more, by us or by the next leader.
            lock (_gate)
                _taken.Remove(note.Id);
        }
    }

    private async Task Strike(IReadOnlyList<(long Id, string? Answer)> notes, CancellationToken stop)
    {
        await store.NotesDone(notes, stop).ConfigureAwait(false);
        lock (_gate)
        {
            foreach (var (id, _) in notes)
                _taken.Remove(id);
        }
    }

    [LoggerMessage(1, LogLevel.Error, "a note of another server ({Kind} {Subject}) could not be done")]
    private static partial void NoteFailed(ILogger log, string kind, long subject, Exception problem);
}
