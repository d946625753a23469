using Switchyard.Core.Runs;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite.Writing;

/// <summary>
/// Appends events. Positions come from memory and never fall, so that a follower misses nothing when the latest
/// events were deleted with their run.
/// </summary>
internal sealed class Events
{
    private readonly Statement _insert;
    private long _last;

    public Events(Database db)
    {
        _insert = db[
            """
            insert into events (seq, run_id, task, idx, attempt_id, from_state, to_state, reason_code, reason_text, at)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """];
        _last = db[LastSql].First(row => row.Long());
    }

    public const string LastSql =
        "select max(coalesce((select max(seq) from events), 0), coalesce((select value from marks where name = 'events'), 0))";

    /// <summary>The latest position given out.</summary>
    public long Last => _last;

    /// <summary>A run came to be.</summary>
    public void Made(long runId, DateTimeOffset at) =>
        _insert.Add(++_last).Add(runId).Add((long?)null).Add((long?)null).Add((long?)null)
            .Add("").Word(RunState.Queued).Add(Reason.None).Add(at).Run();

    public void OfRun(long runId, RunState from, RunState to, Reason reason, DateTimeOffset at) =>
        _insert.Add(++_last).Add(runId).Add((long?)null).Add((long?)null).Add((long?)null).Word(from).Word(to).Add(reason).Add(at).Run();

    public void OfTask(long runId, int task, int index, long attemptId, TaskState from, TaskState to, Reason reason, DateTimeOffset at) =>
        _insert.Add(++_last).Add(runId).Add(task).Add(index).Add(attemptId).Word(from).Word(to).Add(reason).Add(at).Run();

    /// <summary>Something that happened to an instance without changing its state.</summary>
    public void OfTask(long runId, int task, int index, long attemptId, TaskState state, string what, Reason reason, DateTimeOffset at) =>
        _insert.Add(++_last).Add(runId).Add(task).Add(index).Add(attemptId).Word(state).Add(what).Add(reason).Add(at).Run();
}
