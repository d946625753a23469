using Switchyard.Core.Runs;
using Switchyard.Stores.Postgres.Raw;

namespace Switchyard.Stores.Postgres.Writing;

/// <summary>
/// The events of a group, written by one statement. Positions are given out while the group has its turn, so that they are committed in their
/// order: who has read up to one misses none.
/// </summary>
internal sealed class Events
{
    public const string SelectLast = "select value from marks where name = 'events'";

    private static readonly Insertion<EventRow> Insertion = new Insertion<EventRow>("events")
        .Long("seq", row => row.Seq).Long("run_id", row => row.RunId).Int("task", row => row.Task).Int("idx", row => row.Index).Long("attempt_id", row => row.AttemptId)
        .Word("from_state", row => row.From).Word("to_state", row => row.To).Word("reason_code", row => Words<ReasonCode>.Of(row.Reason.Code)).Text("reason_text", row => row.Reason.Text)
        .Long("at", row => Instants.Write(row.At));

    private readonly List<EventRow> _rows = [];

    /// <summary>The latest position given out.</summary>
    public long Last { get; set; }

    /// <summary>A run came to be.</summary>
    public void Made(long runId, DateTimeOffset at) => Add(runId, null, null, null, "", nameof(RunState.Queued), Reason.None, at);

    public void OfRun(long runId, RunState from, RunState to, Reason reason, DateTimeOffset at) =>
        Add(runId, null, null, null, Words<RunState>.Of(from), Words<RunState>.Of(to), reason, at);

    public void OfTask(long runId, int task, int index, long attemptId, TaskState from, TaskState to, Reason reason, DateTimeOffset at) =>
        Add(runId, task, index, attemptId, Words<TaskState>.Of(from), Words<TaskState>.Of(to), reason, at);

    /// <summary>Something that happened to an instance without changing its state.</summary>
    public void OfTask(long runId, int task, int index, long attemptId, TaskState state, string what, Reason reason, DateTimeOffset at) =>
        Add(runId, task, index, attemptId, Words<TaskState>.Of(state), what, reason, at);

    public void Forget(long last)
    {
        Last = last;
        _rows.Clear();
    }

    /// <summary>Inserts them, or queues that; false when there are none.</summary>
    public bool Flush(Database db)
    {
        if (_rows.Count == 0)
            return false;
        Insertion.Into(db, _rows);
        db.Queue("update marks set value = $1 where name = 'events'").Add(Last);
        _rows.Clear();
        return true;
    }

    private void Add(long runId, int? task, int? index, long? attemptId, string from, string to, Reason reason, DateTimeOffset at) =>
        _rows.Add(new EventRow(++Last, runId, task, index, attemptId, from, to, reason, at));
}
