using Switchyard.Core.Jobs;
using Switchyard.Core.Runs;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Xunit;

namespace Switchyard.Stores.Tests;

public abstract partial class StoreConformance
{
    [Fact]
    public async Task What_is_given_on_a_job_is_replaced_with_the_job_or_not_at_all()
    {
        var job = await InsertJob();
        Assert.True(await Store.JobRightsReplace(job.Id, [new Right(7, 1), new Right(Principal.AllUsers, 2)], null, Stop));
        Assert.Equal([new Right(0, 2), new Right(7, 1)], await Store.JobRights(job.Id, Stop));
        var given = job with { OwnerId = 7, Version = job.Version + 1 };
        Assert.False(await Store.JobRightsReplace(job.Id, [], given with { Version = job.Version + 2 }, Stop));
        Assert.Equal(2, (await Store.JobRights(job.Id, Stop)).Count);
        Assert.True(await Store.JobRightsReplace(job.Id, [new Right(8, 3)], given, Stop));
        Assert.Equal([new Right(8, 3)], await Store.JobRights(job.Id, Stop));
        Assert.Equal(7, (await Store.JobGet(job.Id, Stop))!.OwnerId);
    }

    [Fact]
    public async Task Lists_show_what_is_shared_beside_what_is_owned()
    {
        var jobs = new List<Job>();
        for (var owner = 1; owner <= 5; owner++)
            jobs.Add(await InsertJob(Make.Job($"job {owner}", owner: owner)));
        await Store.JobRightsReplace(jobs[1].Id, [new Right(1, 1), new Right(0, 1)], null, Stop);
        await Store.JobRightsReplace(jobs[3].Id, [new Right(0, 1)], null, Stop);
        var runs = Enumerable.Range(0, 20).Select(no => Make.Run(jobs[no % 5])).ToList();
        await Store.RunsInsert(runs, Stop);
        await Live(runs[1]);
        await Live(runs[2]);
        var seen = runs.Where(run => run.JobId == jobs[0].Id || run.JobId == jobs[1].Id || run.JobId == jobs[3].Id).Select(run => run.Id).Reverse().ToList();
        var mine = new RunQuery(100, Owners: [1], SharedWith: [1, 0]);
        async Task<IEnumerable<long>> List(RunQuery query) => (await Store.RunsList(query, Stop)).Select(run => run.Id);

        Assert.Equal(seen, await List(mine));
        Assert.Equal(seen[..1], await List(mine with { Limit = 1 }));
        Assert.Equal(seen[3..5], await List(mine with { Limit = 2, Before = seen[2] }));
        Assert.Equal(seen[5..7], await List(mine with { Limit = 2, After = seen[7] }));
        Assert.Equal(seen[4..7], await List(mine with { Limit = 3, Skip = 4 }));
        Assert.Equal([runs[1].Id], await List(mine with { States = [RunState.Succeeded, RunState.Failed] }));
        Assert.Equal(seen.Where(id => id != runs[1].Id), await List(mine with { States = [RunState.Queued, RunState.Running] }));
        Assert.Empty(await List(mine with { Dialect = "orchest" }));
        Assert.Empty(await List(mine with { Kind = RunKind.Submitted }));
        Assert.Equal(seen, await List(mine with { CreatedFrom = Make.Noon, CreatedTo = Make.Noon }));
        Assert.Equal(20, (await List(mine with { Owners = null })).Count());

        // One job with many runs among others with few: more of it is read than its share.
        var many = Enumerable.Range(0, 200).Select(no => Make.Run(jobs[no % 40 == 0 ? 3 : 1])).ToList();
        await Store.RunsInsert(many, Stop);
        var newest = many.Select(run => run.Id).Reverse().Concat(seen).ToList();
        Assert.Equal(newest[..150], await List(mine with { Limit = 150 }));
        Assert.Equal(newest[150..153], await List(mine with { Limit = 3, Skip = 150 }));
        Assert.Equal(newest[60..200], await List(mine with { Limit = 140, After = newest[200] }));
        Assert.Equal(newest[..150], await List(mine with { Limit = 150, Kind = RunKind.Job }));
        Assert.Empty(await List(mine with { Kind = RunKind.Nested }));

        var query = new JobQuery(9, "databricks", Owners: [1], SharedWith: [1, 0]);
        async Task<IEnumerable<string>> Names(JobQuery wanted) => (await Store.JobsList(wanted, Stop)).Select(job => job.Name);
        Assert.Equal(["job 4", "job 2", "job 1"], await Names(query));
        Assert.Equal(["job 2"], await Names(query with { Limit = 1, Before = jobs[3].Id }));
        Assert.Equal(["job 2"], await Names(query with { Limit = 1, After = jobs[0].Id }));
        Assert.Equal(["job 2"], await Names(query with { Name = "JOB 2" }));
        await Store.JobDelete(jobs[3].Id, Make.Noon, Stop);
        Assert.Equal(["job 2", "job 1"], await Names(query));
    }

    [Fact]
    public async Task Secrets_live_and_go_with_their_scope()
    {
        Assert.Null(await Store.SecretScopeInsert("db", new Right(1, 3), 2, Make.Noon, Stop));
        Assert.Equal(RefusalCode.Conflict, (await Store.SecretScopeInsert("db", new Right(1, 3), 2, Make.Noon, Stop))!.Code);
        Assert.Null(await Store.SecretScopeInsert("other", new Right(2, 3), 2, Make.Noon, Stop));
        Assert.Equal(RefusalCode.Exhausted, (await Store.SecretScopeInsert("third", new Right(2, 3), 2, Make.Noon, Stop))!.Code);
        Assert.Null(await Store.SecretPut(new SealedSecret("db", "a", "one", Make.Noon), 1, Stop));
        Assert.Null(await Store.SecretPut(new SealedSecret("db", "a", "two", Make.Noon), 1, Stop));
        Assert.Equal(RefusalCode.Exhausted, (await Store.SecretPut(new SealedSecret("db", "b", "one", Make.Noon), 1, Stop))!.Code);
        Assert.Equal(RefusalCode.NotFound, (await Store.SecretPut(new SealedSecret("none", "b", "one", Make.Noon), 1, Stop))!.Code);
        Assert.Equal([new SealedSecret("db", "a", "two", Make.Noon)], await Store.Secrets("db", Stop));
        Assert.True(await Store.SecretRightSet("db", 2, 1, Stop));
        Assert.True(await Store.SecretRightSet("db", 2, 2, Stop));
        Assert.False(await Store.SecretRightSet("none", 2, 1, Stop));
        var scopes = await Store.SecretScopes(Stop);
        Assert.Equal(["db", "other"], scopes.Select(scope => scope.Name));
        Assert.Equal([new Right(1, 3), new Right(2, 2)], scopes[0].Rights);
        Assert.True(await Store.SecretRightSet("db", 2, null, Stop));
        Assert.False(await Store.SecretRightSet("db", 2, null, Stop));
        Assert.True(await Store.SecretDelete("db", "a", Stop));
        Assert.False(await Store.SecretDelete("db", "a", Stop));
        Assert.True(await Store.SecretScopeDelete("db", Stop));
        Assert.False(await Store.SecretScopeDelete("db", Stop));
        Assert.Empty(await Store.Secrets("db", Stop));
    }
}
