using System.Text.Json;
using Microsoft.Extensions.Logging;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Engine.Loops;

namespace Switchyard.Engine.Nodes;

/// <summary>Reads what other servers wrote down for the leader, has it done, and strikes it out afterwards. Done twice, it is done once.</summary>
/// <param name="store">Where the notes are.</param>
/// <param name="takeLarge">Reads runs of many tasks and takes them in.</param>
/// <param name="take">Does one; completes when it is done.</param>
/// <param name="log">Where it says what could not be done.</param>
internal sealed partial class Mailroom(IStore store, Func<IReadOnlyList<LeaderNote>, CancellationToken, Task> takeLarge, Func<LeaderNote, RunEvent?, CancellationToken, Task> take, ILogger log) : ILoop
{
    private const int AtOnce = 1000;

    /// <summary>Signals can be missed: so often all is read that is not struck out.</summary>
    private static readonly TimeSpan SlowLook = TimeSpan.FromSeconds(10);

    /// <summary>Runs come in crowds. Their notes are struck out together, so late: nobody waits for that.</summary>
    private static readonly TimeSpan StrikeAfter = TimeSpan.FromSeconds(1);

    private readonly HashSet<long> _taken = [];
    private readonly List<long> _handedOn = [];
    private readonly Lock _gate = new();
    private long _after;
    private DateTimeOffset _wholeAt;
    private DateTimeOffset _strikeAt;

    public string Name => "Mailroom";

    public Wake Wake { get; } = new();

    /// <inheritdoc/>
    public async ValueTask<DateTimeOffset?> Step(DateTimeOffset now, CancellationToken stop)
    {
        var after = 0L;
        lock (_gate)
        {
            if (now >= _wholeAt)
                (_after, _wholeAt) = (0, now + SlowLook);
            after = _after;
        }

        var notes = await store.Notes(after, AtOnce, stop).ConfigureAwait(false);
        var fresh = new List<LeaderNote>();
        lock (_gate)
        {
            fresh.AddRange(notes.Where(note => _taken.Add(note.Id)));
            if (_after == after && notes.Count > 0)
                _after = notes[^1].Id;
        }

        var runs = fresh.Where(note => note.Kind == LeaderNote.RunKind).ToList();
        // Small runs come in crowds: the Conductor reads them together, with a step of its own. It should not have to wait for a large one.
        var large = runs.FindAll(note => note.Body.Length > 0);
        try
        {
            if (large.Count > 0)
                await takeLarge(large, stop).ConfigureAwait(false);
        }
        catch
        {
            PutBack(fresh);
            throw;
        }

        foreach (var note in runs.Where(note => note.Body.Length == 0))
            await take(note, null, stop).ConfigureAwait(false);
        foreach (var note in fresh.Where(note => note.Kind != LeaderNote.RunKind))
            _ = Do(note, stop);

        // Done as soon as they are handed on: the runs are in the store, which is read by whoever leads next.
        if (_handedOn.Count == 0)
            _strikeAt = now + StrikeAfter;
        _handedOn.AddRange(runs.Select(note => note.Id));
        if (_handedOn.Count >= AtOnce || (_handedOn.Count > 0 && now >= _strikeAt))
        {
            await Strike([.. _handedOn.Select(id => (id, (string?)null))], stop).ConfigureAwait(false);
            _handedOn.Clear();
        }

        if (notes.Count == AtOnce)
            return now;
        return _handedOn.Count > 0 && _strikeAt < _wholeAt ? _strikeAt : _wholeAt;
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
            PutBack([note]);
        }
    }

    private void PutBack(IReadOnlyList<LeaderNote> notes)
    {
        lock (_gate)
        {
            foreach (var note in notes)
            {
                _taken.Remove(note.Id);
                _after = Math.Min(_after, note.Id - 1);
            }
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
