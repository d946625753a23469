using System.Globalization;
using Microsoft.Extensions.Logging;
using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Snapshots;
using Switchyard.Core.Storage;

namespace Switchyard.Dialects.Orchest.Jobs;

/// <summary>
/// Keeps the disk in bounds: of each job only as many ended runs as it wants, no directory of a run that is gone, no snapshot
/// that no job has. It follows the events of ended runs; the whole is looked through at the start and a few times a day.
/// </summary>
internal sealed partial class Keeper(IStore store, ISnapshots snapshots, OrchestOptions options, JobPlanner planner, TimeProvider time, ILogger log)
{
    private const int Page = 500;

    private static readonly TimeSpan WholeEvery = TimeSpan.FromHours(6);
    private static readonly TimeSpan Breath = TimeSpan.FromSeconds(1);

    /// <summary>Works until it is stopped.</summary>
    /// <param name="next">Completes when something was committed.</param>
    public async Task Run(Func<Task> next, CancellationToken stop)
    {
        var (after, whole) = (await store.EventsLast(stop), time.GetUtcNow());
        while (true)
        {
            var changed = next();
            var now = time.GetUtcNow();
            if (now >= whole)
            {
                foreach (var job in await Jobs(stop))
                    await Trim(job, stop);
                await Sweep(stop);
                whole = now + WholeEvery;
            }

            var last = await store.EventsLast(stop);
            var jobs = last > after ? await store.JobsOfEnded(OrchestDialect.DialectName, after, last, stop) : [];
            after = last;
            foreach (var id in jobs)
            {
                if (await store.JobGet(id, stop) is { } job)
                    await Trim(job, stop);
            }

            // A burst of ends is one look.
            await Task.Delay(Breath, time, stop);
            await changed.WaitAsync(whole - time.GetUtcNow() is { Ticks: > 0 } left ? left : TimeSpan.Zero, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            stop.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Deletes the ended runs of a job that are older than it keeps, by their number in the job (Orchest reference, Retention).</summary>
    private async Task Trim(Job job, CancellationToken stop)
    {
        var most = JobState.Of(job).MaxRetained;
        if (most < 0 || await store.RunsList(new RunQuery(1, JobId: job.Id), stop) is not [var newest])
            return;
        var query = new RunQuery(Page, JobId: job.Id, States: States.Ended);
        var old = new List<long>();
        while (await store.RunsList(query, stop) is { Count: > 0 } page)
        {
            old.AddRange(page.Where(run => run.NumberInJob <= newest.NumberInJob - most).Select(run => run.Id));
            query = query with { Before = page[^1].Id };
        }

        if (old.Count == 0)
            return;
        // The rows first: what is left of files is found by the sweep, a row without files would be shown as whole.
        await store.RunsDelete(old, stop);
        foreach (var id in old)
            await Remove(id, stop);
        Trimmed(log, job.Id, old.Count, most);
    }

    private async Task Sweep(CancellationToken stop)
    {
        if (Directory.Exists(options.RunsDirectory))
        {
            foreach (var directory in Directory.EnumerateDirectories(options.RunsDirectory))
            {
                if (long.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && await store.RunGet(id, stop) is null)
                    await Remove(id, stop);
            }
        }

        await snapshots.Collect((await Jobs(stop)).Select(job => JobState.Of(job).Snapshot).ToHashSet(StringComparer.Ordinal), stop);
    }

    /// <summary>Removes what a run has on disk.</summary>
    public async Task Remove(long runId, CancellationToken stop)
    {
        if (!(await snapshots.Remove(planner.DirectoryOf(runId), stop)).Ok(out _, out var refusal))
            Left(log, runId, refusal.Message);
    }

    private Task<IReadOnlyList<Job>> Jobs(CancellationToken stop) => JobFinder.All(store, null, null, stop);

    [LoggerMessage(1, LogLevel.Information, "job {Job}: {Count} ended runs deleted, {Most} are kept")]
    private static partial void Trimmed(ILogger log, long job, int count, int most);

    [LoggerMessage(2, LogLevel.Warning, "left behind by deleted run {Run}: {What}")]
    private static partial void Left(ILogger log, long run, string what);
}
