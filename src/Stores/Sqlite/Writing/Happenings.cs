using Switchyard.Core.Runs;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite.Writing;

/// <summary>Writes down what happens to runs of jobs that want it told. Statements are kept: every run passes here.</summary>
internal sealed class Happenings(Database db)
{
    private readonly Statement _started = db[
        """
        insert or ignore into happenings (run_id, state, at, notify)
        select ?1, 'Running', ?2, notify from jobs indexed by jobs_notifying
        where id = ?3 and notify is not null and not exists (select 1 from runs where id = ?1 and started_at is not null)
        """];

    private readonly Statement _ended = db[
        """
        insert or ignore into happenings (run_id, state, at, notify)
        select ?, ?, ?, notify from jobs indexed by jobs_notifying where id = ? and notify is not null
        """];

    /// <summary>A run starts. Before its row says so: of several rounds only the first is a start.</summary>
    public void Started(long runId, long jobId, DateTimeOffset at) => _started.Add(runId).Add(at).Add(jobId).Run();

    public void Ended(long runId, long jobId, RunState state, DateTimeOffset at) => _ended.Add(runId).Word(state).Add(at).Add(jobId).Run();
}
