using System.Globalization;
using System.Text.Json.Nodes;
using Switchyard.Core.Jobs;
using Switchyard.Core.Storage;
using Switchyard.Core.Users;
using Switchyard.Dialects.Databricks.Wire;

namespace Switchyard.Dialects.Databricks.Rights;

/// <summary>permissions/jobs of API 2.0: who may do what with a job. The owner is the job's; the others' levels are kept beside it.</summary>
internal sealed class PermissionsApi(IStore store, Principals principals, TimeProvider time)
{
    private static readonly Shape.Fields Nothing = new([]);
    private static readonly Shape.Fields Lists = new([], ("access_control_list", AccessList.Form));

    public void Map(DatabricksDialect.Routes api)
    {
        if (api.Version != ApiVersion.V20)
            return;
        api.Get("/permissions/jobs/{job_id}", Nothing, Get);
        api.Put("/permissions/jobs/{job_id}", Lists, call => Change(call, false));
        api.Patch("/permissions/jobs/{job_id}", Lists, call => Change(call, true));
        api.Get("/permissions/jobs/{job_id}/permissionLevels", Nothing, Levels);
    }

    /// <summary>
    /// The owner of a new job or one-time run whose request may have a list. What that gives is written down before the job
    /// itself, so that there is never a job without it.
    /// </summary>
    public async Task<Outcome<JobOwner>> Begin(long jobId, Call call)
    {
        var caller = call.Caller;
        var entries = call.Args.Objects("access_control_list").ToList();
        if (entries.Count == 0)
            return new JobOwner(caller.UserId, caller.Display);
        var before = new Dictionary<long, JobLevel>();
        if (entries.All(entry => entry.Text("permission_level") != "IS_OWNER"))
            before[caller.UserId] = JobLevel.Owner;
        if (!(await AccessList.Read(call.Args, before, principals, caller, call.Stop)).Ok(out var levels, out var problem))
            return problem;
        var owner = levels.Single(pair => pair.Value == JobLevel.Owner).Key;
        await store.JobRightsReplace(jobId, Rows(levels), null, call.Stop);
        return new JobOwner(owner, owner == caller.UserId ? caller.Display : (await store.UserGet(owner, call.Stop))?.Display ?? "");
    }

    private async Task<Reply> Get(Call call) =>
        (await Find(call, JobRights.View, "View")).Ok(out var job, out var problem) ? await Shown(job, call.Stop) : problem;

    private async Task<Reply> Levels(Call call)
    {
        if (!(await Find(call, JobRights.View, "View")).Ok(out _, out var problem))
            return problem;
        return new JsonObject
        {
            ["permission_levels"] = new JsonArray([.. new[]
            {
                (JobLevel.View, "Can View permission on a job"), (JobLevel.ManageRun, "Can Manage Run permission on a job"),
                (JobLevel.Owner, "Is Owner permission on a job"), (JobLevel.Manage, "Can Manage permission on a job"),
            }.Select(level => new JsonObject { ["permission_level"] = JobRights.Word(level.Item1), ["description"] = level.Item2 })]),
        };
    }

    // A change holds while the job's version does, and makes the next one: of two at once the later is made again of what the first wrote.
    private async Task<Reply> Change(Call call, bool merge)
    {
        for (var round = 0; round < 50; round++)
        {
            if (!(await Find(call, JobRights.Manage, "Manage")).Ok(out var job, out var problem))
                return problem;
            if (!(await AccessList.Read(call.Args, await Current(job, call.Stop), principals, call.Caller, call.Stop, keep: merge)).Ok(out var levels, out var wrong))
                return wrong;
            var changed = job with { OwnerId = levels.Single(pair => pair.Value == JobLevel.Owner).Key, Version = job.Version + 1, ChangedAt = time.GetUtcNow() };
            if (await store.JobRightsReplace(job.Id, Rows(levels), changed, call.Stop))
                return await Shown(changed, call.Stop);
        }

        return new Problem(409, "RESOURCE_CONFLICT", "The job is being changed by others at the same time. Try again.");
    }

    private async Task<JsonObject> Shown(Job job, CancellationToken stop)
    {
        var levels = await Current(job, stop);
        var names = await principals.Names(levels.Keys, stop);
        var entries = new JsonArray();
        foreach (var (id, level) in levels.Where(pair => names.ContainsKey(pair.Key)).OrderByDescending(pair => pair.Value).ThenBy(pair => names[pair.Key].Name, StringComparer.Ordinal))
        {
            var (name, group) = names[id];
            var entry = new JsonObject { [group ? "group_name" : "user_name"] = name };
            if (!group)
                entry["display_name"] = name;
            entry["all_permissions"] = new JsonArray(new JsonObject { ["permission_level"] = JobRights.Word(level), ["inherited"] = false });
            entries.Add(entry);
        }

        entries.Add(new JsonObject
        {
            ["group_name"] = Principals.Administrators,
            ["all_permissions"] = new JsonArray(new JsonObject { ["permission_level"] = "CAN_MANAGE", ["inherited"] = true, ["inherited_from_object"] = new JsonArray("/jobs/") }),
        });
        return new JsonObject { ["object_id"] = $"/jobs/{Json.Digits(job.Id)}", ["object_type"] = "job", ["access_control_list"] = entries };
    }

    /// <summary>The levels that are given now, the owner's among them.</summary>
    private async Task<Dictionary<long, JobLevel>> Current(Job job, CancellationToken stop)
    {
        var levels = (await store.JobRights(job.Id, stop)).Where(right => right.Level != (int)JobLevel.Owner).ToDictionary(right => right.Principal, right => (JobLevel)right.Level);
        levels[job.OwnerId] = JobLevel.Owner;
        return levels;
    }

    private async Task<Outcome<Job>> Find(Call call, string needed, string word)
    {
        var text = call.Http.Request.RouteValues["job_id"] as string ?? "";
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            return Problem.Invalid("Invalid value for parameter job_id");
        if (await store.JobGet(id, call.Stop) is not { Hidden: false, Dialect: DatabricksDialect.DialectName } job)
            return Problem.Missing($"Job {Json.Digits(id)} does not exist.");
        return await JobRights.Check(store, call.Caller, job, needed, call.Stop) is null
            ? job
            : Problem.Denied($"{call.Caller.Display} does not have {word} permissions on Job with ID: ElasticJobId({Json.Digits(id)}). Please contact the owner or an administrator for access.");
    }

    private static List<Right> Rows(Dictionary<long, JobLevel> levels) => [.. levels.Select(pair => new Right(pair.Key, (int)pair.Value))];
}

/// <summary>Whose a new job is.</summary>
internal sealed record JobOwner(long Id, string Display);
