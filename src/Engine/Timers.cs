namespace Switchyard.Engine;

/// <summary>
/// What is due later, by due time. A note that no longer fits (another attempt, an end) is harmless: the rules ignore
/// it, so nothing is ever taken out early.
/// </summary>
internal sealed class Timers
{
    private readonly PriorityQueue<Note, DateTimeOffset> _heap = new();

    public void Add(DateTimeOffset due, Note note) => _heap.Enqueue(note, due);

    /// <summary>The earliest due time, or null.</summary>
    public DateTimeOffset? Next => _heap.TryPeek(out _, out var due) ? due : null;

    /// <summary>What is due by now.</summary>
    public IEnumerable<Note> Due(DateTimeOffset now)
    {
        while (_heap.TryPeek(out var note, out var due) && due <= now)
        {
            _heap.Dequeue();
            yield return note;
        }
    }
}
