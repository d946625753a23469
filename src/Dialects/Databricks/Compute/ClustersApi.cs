using System.Text.Json.Nodes;
using Switchyard.Core.Pools;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Dialects.Databricks.Rights;
using Switchyard.Dialects.Databricks.Runs;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Compute;

/// <summary>
/// clusters/*. A cluster that stands by itself is a record: it costs nothing, runs at once, and what runs on it draws on the pools. Those of runs are read off
/// the runs. Any other id is taken for the default pool, or refused where <see cref="DatabricksOptions.RequireKnownCluster"/> says so.
/// </summary>
internal sealed class ClustersApi(IStore store, IDispatch dispatch, ShownSettings shown, DatabricksOptions options, TimeProvider time)
{
    private const int MostListed = 500;

    public void Map(DatabricksDialect.Routes api)
    {
        api.Get("/clusters/get", Schema.Cluster, Get);
        api.Get("/clusters/list", Schema.Nothing, List);
        api.Post("/clusters/create", Schema.CreateCluster, Create);
        api.Post("/clusters/edit", Schema.CreateCluster, Edit);
        api.Post("/clusters/start", Schema.Cluster, call => Change(call, true));
        api.Post("/clusters/restart", Schema.Cluster, Restart);
        api.Post("/clusters/delete", Schema.Cluster, call => Change(call, false));
        api.Post("/clusters/permanent-delete", Schema.Cluster, Remove);
        api.Post("/clusters/events", Schema.Cluster, Events);
        api.Get("/clusters/spark-versions", Schema.Nothing, _ => Task.FromResult<Reply>(new JsonObject { ["versions"] = ClusterView.Versions() }));
        api.Get("/clusters/list-node-types", Schema.Nothing, _ => Task.FromResult<Reply>(new JsonObject { ["node_types"] = ClusterView.NodeTypes() }));
    }

    private async Task<Reply> Get(Call call) => (await Find(call)).Ok(out var found, out var problem) ? ClusterView.Of(found, call) : problem;

    private async Task<Reply> List(Call call)
    {
        var list = new JsonArray(ClusterView.Of(Pool.DefaultName, call));
        foreach (var cluster in await store.ClustersList(null, MostListed, call.Stop))
            list.Add(ClusterView.Of(cluster));
        var active = await store.RunsList(
            new RunQuery(MostListed, Dialect: DatabricksDialect.DialectName, Owners: call.Caller.Sees, States: RunWords.Active), call.Stop);
        foreach (var run in active)
        {
            foreach (var cluster in (await Of(run, call.Stop)).All.Where(cluster => cluster.EndedAt is null))
                list.Add(ClusterView.Of(run, cluster));
        }

        return new JsonObject { ["clusters"] = list };
    }

    private async Task<Reply> Create(Call call)
    {
        if (ClusterRules.Check(call.Args, "") is { } problem)
            return problem;
        var now = time.GetUtcNow();
        var id = ClusterIds.Of(now, dispatch.NextId());
        await store.ClusterPut(
            new Cluster { Id = id, OwnerId = call.Caller.UserId, Settings = call.Args.Write(), Running = true, CreatedAt = now, ChangedAt = now, ChangedBy = call.Caller.Display }, call.Stop);
        return new JsonObject { ["cluster_id"] = id };
    }

    private async Task<Reply> Edit(Call call)
    {
        if (!(await Own(call)).Ok(out var cluster, out var problem))
            return problem;
        var settings = call.Args.Copy();
        settings.Remove("cluster_id");
        if (ClusterRules.Check(settings, "") is { } wrong)
            return wrong;
        await store.ClusterPut(cluster with { Settings = settings.Write() }, call.Stop);
        return Reply.Empty;
    }

    private async Task<Reply> Restart(Call call)
    {
        if (!(await Own(call)).Ok(out var cluster, out var problem))
            return problem;
        if (!cluster.Running)
            return Problem.State($"Cluster {cluster.Id} is in unexpected state Terminated. Start it with clusters/start.");
        await End(cluster.Id, null, call);
        await store.ClusterPut(cluster with { ChangedAt = time.GetUtcNow(), ChangedBy = call.Caller.Display }, call.Stop);
        return Reply.Empty;
    }

    private async Task<Reply> Change(Call call, bool start)
    {
        if (!(await Find(call)).Ok(out var found, out var problem))
            return problem;
        var now = time.GetUtcNow();
        switch (found)
        {
            case { Run: { } run, OfRun: { } cluster }:
                if (start)
                    return Problem.State($"Cluster {cluster.Id} belongs to run {run.Id}, which starts its clusters itself.");
                if (await JobRights.Check(store, call.Caller, run, JobRights.ManageRun, call.Stop) is { } denied)
                    return denied;
                if (cluster.EndedAt is null)
                {
                    await store.ClusterPut(
                        new Cluster
                        {
                            Id = cluster.Id,
                            RunId = run.Id,
                            OwnerId = run.OwnerId,
                            Settings = "{}",
                            Running = false,
                            CreatedAt = cluster.StartedAt,
                            ChangedAt = now,
                            ChangedBy = call.Caller.Display,
                        }, call.Stop);
                    foreach (var attempt in cluster.Attempts.Where(attempt => attempt.State.IsPlaced()))
                        await Revoke(attempt.Id, cluster.Id, call);
                }

                return Reply.Empty;
            case { Standing: { } standing }:
                if (!call.Caller.MayUse(standing.OwnerId))
                    return Denied(call, standing.Id);
                if (start && standing.Running)
                    return Problem.State($"Cluster {standing.Id} is in unexpected state Running.");
                await store.ClusterPut(standing with { Running = start, ChangedAt = now, ChangedBy = call.Caller.Display }, call.Stop);
                if (!start)
                    await End(standing.Id, null, call);
                return Reply.Empty;
            default:
                // It is nobody's: whoever ends it ends what is theirs on it.
                if (!start)
                    await End(found.Id, call.Caller.Sees, call);
                return Reply.Empty;
        }
    }

    private async Task<Reply> Remove(Call call)
    {
        if (!(await Own(call)).Ok(out var cluster, out var problem))
            return problem;
        await End(cluster.Id, null, call);
        await store.ClusterDelete(cluster.Id, call.Stop);
        return Reply.Empty;
    }

    private async Task<Reply> Events(Call call)
    {
        if (!(await Find(call)).Ok(out var found, out var problem))
            return problem;
        var events = ClusterView.Events(found);
        return new JsonObject { ["events"] = events, ["total_count"] = events.Count };
    }

    /// <summary>Ends what runs on a cluster that stands by itself: of some owners, or of all.</summary>
    private async Task End(string id, IReadOnlyList<long>? owners, Call call)
    {
        for (long? before = null; ;)
        {
            var runs = await store.RunsList(new RunQuery(MostListed, Dialect: DatabricksDialect.DialectName, Owners: owners, States: RunWords.Active, Before: before), call.Stop);
            foreach (var run in runs)
            {
                // Most runs do not name it: their settings are kept, their attempts are not read.
                var settings = await shown.Get(run.ShownHash, call.Stop);
                if (!ClusterRules.Existing(settings).Contains(id))
                    continue;
                var attempts = await store.AttemptsOfRun(run.Id, call.Stop);
                var clusters = await RunClusters.Of(store, run, settings, attempts, call.Stop);
                foreach (var attempt in attempts)
                {
                    if (attempt.State.IsPlaced() && clusters.IdOf(attempt) == id)
                        await Revoke(attempt.Id, id, call);
                }
            }

            if (runs.Count < MostListed)
                return;
            before = runs[^1].Id;
        }
    }

    private Task<Refusal?> Revoke(long attempt, string cluster, Call call) =>
        dispatch.RevokeAttempt(attempt, new Reason(ReasonCode.ClusterTerminated, $"Cluster {cluster} was terminated by {call.Caller.Display} while the task ran."), call.Stop);

    private async Task<Outcome<Cluster>> Own(Call call)
    {
        if (!(await Find(call)).Ok(out var found, out var problem))
            return problem;
        if (found.Standing is not { } cluster)
            return found.OfRun is null ? Problem.NoCluster(found.Id) : Problem.State($"Cluster {found.Id} belongs to run {found.Run!.Id} and lives as long as the run needs it.");
        return call.Caller.MayUse(cluster.OwnerId) ? cluster : Denied(call, cluster.Id);
    }

    private async Task<Outcome<FoundCluster>> Find(Call call)
    {
        if (call.Args.Text("cluster_id") is not { Length: > 0 } id)
            return Problem.MissingField("cluster_id");
        if (await store.ClusterGet(id, call.Stop) is { RunId: null } standing)
            return new FoundCluster(id, standing, null, null);
        if (ClusterIds.NumberIn(id) is { } number && await store.AttemptGet(number, call.Stop) is { } attempt
            && await store.RunGet(attempt.RunId, call.Stop) is { Dialect: DatabricksDialect.DialectName } run
            && await JobRights.Check(store, call.Caller, run, JobRights.View, call.Stop) is null
            && (await Of(run, call.Stop)).All.FirstOrDefault(cluster => cluster.Id == id) is { } ofRun)
            return new FoundCluster(id, null, run, ofRun);
        return options.RequireKnownCluster && id != Pool.DefaultName ? Problem.NoCluster(id) : new FoundCluster(id, null, null, null);
    }

    private async Task<RunClusters> Of(RunRow run, CancellationToken stop) =>
        await RunClusters.Of(store, run, await shown.Get(run.ShownHash, stop), await store.AttemptsOfRun(run.Id, stop), stop);

    private static Problem Denied(Call call, string id) =>
        Problem.Denied($"{call.Caller.Display} does not have Manage permissions on cluster {id}. Please contact the owner or an administrator for access.");
}

/// <summary>What a cluster's id stands for: one that stands by itself, one of a run, or (neither) the default pool.</summary>
internal sealed record FoundCluster(string Id, Cluster? Standing, RunRow? Run, RunCluster? OfRun);
