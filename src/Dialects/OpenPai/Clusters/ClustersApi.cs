using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Switchyard.Core.Plans;
using Switchyard.Core.Pools;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Dialects.OpenPai.Jobs;
using Switchyard.Dialects.OpenPai.Wire;

namespace Switchyard.Dialects.OpenPai.Clusters;

/// <summary>Virtual clusters: the installation's pools. What one gets is taken from the default one, and goes back to it.</summary>
internal sealed partial class ClustersApi(IStore store, IDispatch dispatch, JobFinder finder, OpenPaiOptions options, Texts texts)
{
    private static readonly Joi PutShape = new Joi.Fields(
        ("vcCapacity", new Joi.Whole { Needed = true, Least = 0, Most = 100 }),
        ("vcMaxCapacity", new Joi.Whole { Least = 0, Most = 100 }));

    private static readonly Joi StatusShape = new Joi.Fields(("vcStatus", new Joi.Text { Needed = true, OneOf = ["stopped", "running"] }));

    public void Map(OpenPaiDialect.Routes api)
    {
        api.Read("/virtual-clusters", List);
        api.Read("/virtual-clusters/{vcName}", Get);
        api.User("PUT", "/virtual-clusters/{vcName}", PutShape, Put);
        api.User("DELETE", "/virtual-clusters/{vcName}", null, Delete);
        api.User("PUT", "/virtual-clusters/{vcName}/status", StatusShape, SetStatus);
    }

    private async Task<Reply> List(Call call)
    {
        var living = await finder.Living(call.Stop);
        var all = new JsonObject();
        foreach (var pool in await store.PoolsList(call.Stop))
            all[pool.Name] = Show(pool, living);
        return new Reply(200, all);
    }

    private async Task<Reply> Get(Call call)
    {
        var name = call.Path("vcName");
        if (!Name().IsMatch(name))
            return BadName;
        var pool = (await store.PoolsList(call.Stop)).FirstOrDefault(pool => pool.Name == name);
        return pool is null
            ? Reply.Problem(404, "NoVirtualClusterError", texts.NoCluster(name))
            : new Reply(200, Show(pool, await finder.Living(call.Stop)));
    }

    private async Task<Reply> Put(Call call)
    {
        var (name, capacity) = (call.Path("vcName"), (int)call.Whole("vcCapacity")!.Value);
        var maximum = (int)(call.Whole("vcMaxCapacity") ?? capacity);
        if (Refused(call, name, texts.DefaultUpdate) is { } refused)
            return refused;
        if (maximum < capacity)
            return Reply.Invalid($"child \"vcMaxCapacity\" fails because [\"vcMaxCapacity\" must be larger than or equal to {capacity}]");
        return await Change(call, pools =>
        {
            var known = pools.Find(pool => pool.Name == name);
            return Move(pools, known, (known ?? new Pool(name, capacity, maximum, true)) with { Guaranteed = capacity, Maximum = maximum }) ?? Reply.Message(201, texts.ClusterUpdated(name, capacity));
        });
    }

    private async Task<Reply> Delete(Call call)
    {
        var name = call.Path("vcName");
        if (Refused(call, name, texts.DefaultRemove) is { } refused)
            return refused;
        var living = await finder.Living(call.Stop);
        return await Change(call, pools =>
        {
            if (pools.Find(pool => pool.Name == name) is not { } known)
                return Reply.Problem(404, "NoVirtualClusterError", texts.NoClusterToRemove(name));
            if (living.Count(run => run.Cluster == name) is > 0 and var jobs)
                return Reply.Problem(403, "RemoveRunningVcError", $"Can't delete vc {name}, {jobs} jobs are running, stop them before delete vc");
            return Move(pools, known, null) ?? Reply.Message(201, texts.ClusterRemoved(name));
        });
    }

    private async Task<Reply> SetStatus(Call call)
    {
        var (name, status) = (call.Path("vcName"), call.Text("vcStatus")!);
        if (Refused(call, name, texts.DefaultUpdate) is { } refused)
            return refused;
        return await Change(call, pools =>
        {
            var at = pools.FindIndex(pool => pool.Name == name);
            if (at < 0)
                return Reply.Problem(404, "NoVirtualClusterError", texts.NoClusterForStatus(name, status));
            pools[at] = pools[at] with { Open = status == "running" };
            return Reply.Message(201, texts.StatusChanged(name, status));
        });
    }

    /// <summary>What comes before the pools are looked at: the name, the default one, the right.</summary>
    private Reply? Refused(Call call, string name, string aboutDefault)
    {
        if (!Name().IsMatch(name))
            return BadName;
        if (texts.IsServer && name == Pool.DefaultName)
            return Reply.Forbidden(aboutDefault);
        if (!call.Caller.Admin)
            return Reply.Forbidden(texts.NonAdmin);
        return name == Pool.DefaultName ? Reply.Forbidden(aboutDefault) : null;
    }

    /// <summary>Changes the pools as they are at the moment of the change, and puts them in force.</summary>
    private async Task<Reply> Change(Call call, Func<List<Pool>, Reply> change)
    {
        while (true)
        {
            var before = await store.PoolsList(call.Stop);
            var after = before.ToList();
            var reply = change(after);
            if (reply.Status >= 400)
                return reply;
            if (!await store.PoolsReplace(before, after, call.Stop))
                continue;
            await dispatch.PoolsChanged(call.Stop);
            return reply;
        }
    }

    /// <summary>Puts one pool in another's place and balances the default one, which loses its elasticity by it.</summary>
    private Reply? Move(List<Pool> pools, Pool? old, Pool? made)
    {
        var at = pools.FindIndex(pool => pool.Name == Pool.DefaultName);
        if (at < 0)
            return Reply.Problem(404, "NoVirtualClusterError", "Default virtual cluster is not found, can't allocate or free resource.");
        var left = pools[at].Guaranteed + (old?.Guaranteed ?? 0) - (made?.Guaranteed ?? 0);
        if (left < 0)
            return Reply.Problem(403, "NoEnoughQuotaError", texts.NoQuota);
        pools[at] = pools[at] with { Guaranteed = left, Maximum = left };
        if (old is not null)
            pools.Remove(old);
        if (made is not null)
            pools.Add(made);
        return null;
    }

    private JsonObject Show(Pool pool, IReadOnlyList<LivingJob> living)
    {
        var used = dispatch.UseOf(pool.Name).Held;
        var (active, all) = (living.Count(job => job.Cluster == pool.Name && job.Running), living.Count(job => job.Cluster == pool.Name));
        return new JsonObject
        {
            ["capacity"] = pool.Guaranteed,
            ["maxCapacity"] = pool.Maximum,
            ["usedCapacity"] = Math.Round(UsedPercent(used), 2),
            ["numActiveJobs"] = active,
            ["numJobs"] = all,
            ["numPendingJobs"] = all - active,
            ["resourcesUsed"] = new JsonObject { ["memory"] = used.MemoryMb, ["vCores"] = used.CpuMillis / 1000, ["GPUs"] = used.Gpus },
            ["status"] = pool.Open ? "RUNNING" : "STOPPED",
            ["state"] = pool.Open ? "running" : "stopped",
        };
    }

    private double UsedPercent(Resources used)
    {
        var total = options.Capacity;
        static double Part(double part, double whole) => whole == 0 ? 0 : 100 * part / whole;
        return Math.Max(Part(used.CpuMillis, total.CpuMillis), Math.Max(Part(used.MemoryMb, total.MemoryMb), Part(used.Gpus, total.Gpus)));
    }

    private static Reply BadName { get; } = Reply.Invalid("VC name should only contain alpha-numeric and underscore characters");

    [GeneratedRegex("^[A-Za-z0-9_]+$")]
    private static partial Regex Name();
}
