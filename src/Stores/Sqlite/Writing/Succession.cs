using Switchyard.Core.Runs;
using Switchyard.Core.Triggers;
using Switchyard.Stores.Sqlite.Raw;

namespace Switchyard.Stores.Sqlite.Writing;

/// <summary>Makes the next run of a continuous job due with the end of the one before, so that none is forgotten. Statements are kept: every run passes here.</summary>
internal sealed class Succession(Database db)
{
    private readonly Statement _failures = db["select failures from jobs indexed by jobs_continuous where id = ? and continuous = 1 and deleted_at is null"];

    private readonly Statement _next = db["update jobs set failures = ?, next_fire_at = ? where id = ?"];

    public void Ended(long jobId, RunState state, DateTimeOffset at)
    {
        if (_failures.Add(jobId).First(row => (int?)row.Int()) is not { } before)
            return;
        var (failures, next) = ContinuousPace.After(state, before, at);
        _next.Add(failures).Add(next).Add(jobId).Run();
    }
}
