using Switchyard.Core.Storage;
using Switchyard.Core.Triggers;
using Switchyard.Engine.Loops;

namespace Switchyard.Engine;

/// <summary>
/// Starts the jobs that follow on a success. The store writes them down with the end of the run they wait for, so that
/// none is forgotten however a server ends; a start is named by that run, so that none is made twice.
/// </summary>
internal sealed class Follower(IStore store, Firing firing) : ILoop
{
    public string Name => "Follower";

    public Wake Wake { get; } = new();

    /// <inheritdoc/>
    public async ValueTask<DateTimeOffset?> Step(DateTimeOffset now, CancellationToken stop)
    {
        while (await store.FollowUps(100, stop).ConfigureAwait(false) is { Count: > 0 } due)
        {
            var starts = new List<Due>();
            foreach (var followUp in due)
            {
                // It may have been deleted, or waits for something else by now.
                if (await store.JobGet(followUp.JobId, stop).ConfigureAwait(false) is { Trigger: Trigger.AfterSuccess } job)
                    starts.Add(new Due(job, followUp.At, $"after:{job.Id}:{followUp.RunId}"));
            }

            await firing.Fire(starts, stop).ConfigureAwait(false);

            await store.FollowUpsDone(due, stop).ConfigureAwait(false);
        }

        return null;
    }
}
