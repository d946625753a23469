using Microsoft.AspNetCore.Http;
using Switchyard.Core.Jobs;
using Switchyard.Core.Plans;
using Switchyard.Core.Pools;
using Switchyard.Core.Runs;
using Switchyard.Core.Text;
using Switchyard.Dialects.Edge;

namespace Switchyard.Server.Neutral;

/// <summary>What goes on: what runs, what failed lately, what comes next, and the room there is.</summary>
internal sealed class OverviewRoutes(Desk desk, Resources capacity, IReadOnlyList<string> executors)
{
    private const int Shown = 10;

    /// <summary>Living and lately ended runs that are looked at for the counts.</summary>
    private const int MostCounted = 10_000;

    private static readonly TimeSpan Lately = TimeSpan.FromDays(1);
    private static readonly IReadOnlyList<RunState> Running = [RunState.Running, RunState.Cancelling, RunState.WaitingForRetry];
    private static readonly IReadOnlyList<RunState> Failed = [RunState.Failed, RunState.TimedOut, RunState.SucceededWithFailures];

    public async Task Get(HttpContext http)
    {
        var (sees, store, stop) = (http.Caller().Sees, desk.Store, http.RequestAborted);
        var since = desk.Clock.GetUtcNow() - Lately;
        var counts = await store.RunsCount(sees, since, MostCounted, stop).ConfigureAwait(false);
        var running = await store.RunsList(new RunQuery(Shown, Owners: sees, States: Running), stop).ConfigureAwait(false);
        var failed = await store.RunsList(new RunQuery(Shown, Owners: sees, States: Failed), stop).ConfigureAwait(false);
        var next = await store.JobsUpcoming(sees, Shown, stop).ConfigureAwait(false);
        var jobs = await store.JobsList(new JobQuery(1, Owners: sees), stop).ConfigureAwait(false);
        var runs = await store.RunsList(new RunQuery(1, Owners: sees), stop).ConfigureAwait(false);
        var wire = new OverviewWire(
            new CountsWire(
                Sum(Running), Sum([RunState.Queued, RunState.Waiting]), Sum(Failed), Sum([RunState.Succeeded])),
            counts.Capped, [.. running.Select(run => desk.Wire(run))], [.. failed.Select(run => desk.Wire(run))],
            [.. next.Select(job => new NextWire(job.Id, job.Name, job.Dialect, job.OwnerName, job.NextFireAt!.Value, job.Trigger.Kind))],
            await PoolsOf(http).ConfigureAwait(false), jobs.Count > 0, runs.Count > 0);
        await http.Answer(wire, WireJson.Default.OverviewWire).ConfigureAwait(false);

        long Sum(IReadOnlyList<RunState> states) => states.Sum(state => counts.ByState.GetValueOrDefault(state));
    }

    public async Task Pools(HttpContext http) => await http.Answer(new PoolPage(await PoolsOf(http).ConfigureAwait(false)), WireJson.Default.PoolPage).ConfigureAwait(false);

    private async Task<IReadOnlyList<PoolWire>> PoolsOf(HttpContext http)
    {
        var pools = await desk.Store.PoolsList(http.RequestAborted).ConfigureAwait(false);
        return [.. pools.Select(pool => (Pool: pool, Use: desk.Dispatch.UseOf(pool.Name))).Select(one => new PoolWire(
            one.Pool.Name, one.Pool.Guaranteed, one.Pool.Maximum, one.Pool.Open, NodeRoutes.Wire(one.Use.Held), NodeRoutes.Wire(Placement.Share(capacity, one.Pool.Maximum)),
            one.Use.Running, one.Use.Waiting, one.Pool.Executor, one.Pool.Queue?.Partition, one.Pool.Queue?.Account, one.Pool.Queue?.Qos))];
    }

    /// <summary>Says where what runs in a pool runs.</summary>
    public async Task SetPool(HttpContext http)
    {
        var (name, stop) = ((string)http.Request.RouteValues["name"]!, http.RequestAborted);
        if (!Http.Parse(await http.Body().ConfigureAwait(false), WireJson.Default.PoolChange).Ok(out var change, out var refusal))
        {
            await http.Refuse(refusal).ConfigureAwait(false);
            return;
        }

        if (change.Executor is { Length: > 0 } executor && !executors.Contains(executor))
        {
            await http.Refuse(Executors.Unknown("executor", executor, executors)).ConfigureAwait(false);
            return;
        }

        while (true)
        {
            var before = await desk.Store.PoolsList(stop).ConfigureAwait(false);
            if (before.FirstOrDefault(pool => pool.Name == name) is not { } pool)
            {
                await http.Refuse(new Refusal(RefusalCode.NotFound, $"There is no pool {name}.")).ConfigureAwait(false);
                return;
            }

            var queue = new ClusterQueue(Changed(pool.Queue?.Partition, change.Partition), Changed(pool.Queue?.Account, change.Account), Changed(pool.Queue?.Qos, change.Qos));
            var changed = pool with { Executor = Changed(pool.Executor, change.Executor), Queue = queue == new ClusterQueue(null, null, null) ? null : queue };
            if (await desk.Store.PoolsReplace(before, [.. before.Select(other => other.Name == name ? changed : other)], stop).ConfigureAwait(false))
                break;
        }

        await desk.Dispatch.PoolsChanged(stop).ConfigureAwait(false);
        await Pools(http).ConfigureAwait(false);
    }

    /// <summary>Null leaves as it is, an empty text removes.</summary>
    private static string? Changed(string? before, string? after) => after is null ? before : after.Length == 0 ? null : after;
}

/// <param name="FailedDay">Runs that failed in the last 24 hours.</param>
/// <param name="SucceededDay">Runs that succeeded in the last 24 hours.</param>
internal sealed record CountsWire(long Running, long Waiting, long FailedDay, long SucceededDay);

/// <param name="Capped">True when the counts may be too low, as there is more than is counted.</param>
internal sealed record OverviewWire(
    CountsWire Counts, bool Capped, IReadOnlyList<RunWire> Running, IReadOnlyList<RunWire> Failed, IReadOnlyList<NextWire> Next, IReadOnlyList<PoolWire> Pools, bool HasJobs, bool HasRuns);

/// <summary>A job that its trigger starts next.</summary>
internal sealed record NextWire(long JobId, string Name, string Dialect, string Owner, DateTimeOffset At, string Trigger);

/// <param name="Total">The most that its runs may use at once.</param>
internal sealed record PoolWire(string Name, int GuaranteedPercent, int MaxPercent, bool Open, ResourcesWire Used, ResourcesWire Total, int Running, int Waiting,
    string? Executor, string? Partition, string? Account, string? Qos);

/// <summary>Null leaves as it is, an empty text takes it away.</summary>
internal sealed record PoolChange(string? Executor, string? Partition, string? Account, string? Qos);

internal sealed record PoolPage(IReadOnlyList<PoolWire> Pools);
