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

    /// <summary>Queues their insertion; false when there are none.</summary>
    public bool Flush(Database db)
    {
        if (_rows.Count == 0)
            return false;
        db.Queue(
            """
            insert into events (seq, run_id, task, idx, attempt_id, from_state, to_state, reason_code, reason_text, at)
            select * from unnest($1::bigint[], $2::bigint[], $3::int[], $4::int[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[])
            """)
            .Add(_rows.ConvertAll(row => row.Seq)).Add(_rows.ConvertAll(row => row.RunId)).Add(_rows.ConvertAll(row => row.Task)).Add(_rows.ConvertAll(row => row.Index))
            .Add(_rows.ConvertAll(row => row.AttemptId)).Words(_rows, row => row.From).Words(_rows, row => row.To).Words(_rows, row => Words<ReasonCode>.Of(row.Reason.Code))
            .Texts(_rows, row => row.Reason.Text).Add(_rows.ConvertAll(row => Instants.Write(row.At)));
        db.Queue("update marks set value = $1 where name = 'events'").Add(Last);
        _rows.Clear();
        return true;
    }

    private void Add(long runId, int? task, int? index, long? attemptId, string from, string to, Reason reason, DateTimeOffset at) =>
        _rows.Add(new EventRow(++Last, runId, task, index, attemptId, from, to, reason, at));
}
