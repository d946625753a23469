using Switchyard.Core.Jobs;
using Switchyard.Core.Projects;
using Switchyard.Core.Runs;
using Switchyard.Core.Text;
using Switchyard.Core.Triggers;
using Xunit;

namespace Switchyard.Stores.Tests;

public abstract partial class StoreConformance
{
    [Fact]
    public async Task A_project_is_kept_once_under_an_owner_and_a_slug()
    {
        var project = NewProject("risk-analysis");
        Assert.Same(project, (await Store.ProjectInsert(project, Stop)).Value);
        Assert.Equal(RefusalCode.Conflict, (await Store.ProjectInsert(NewProject("risk-analysis"), Stop)).Refusal!.Code);
        Assert.True((await Store.ProjectInsert(NewProject("risk-analysis") with { OwnerId = 2, OwnerName = "bob" }, Stop)).Ok(out _, out _));

        var found = (await Store.ProjectFind("alice", "risk-analysis", Stop))!;
        Assert.Equal((project.Id, "Risk Analysis", project.CreatedAt), (found.Id, found.Name, found.CreatedAt));
        Assert.Equal("v", Assert.Single(found.Environment, pair => pair.Key == "K").Value);
        Assert.Equal(project.Id, (await Store.ProjectGet(project.Id, Stop))!.Id);
        Assert.Null(await Store.ProjectFind("alice", "other", Stop));
        Assert.Null(await Store.ProjectGet(5, Stop));
    }

    [Fact]
    public async Task A_project_changes_by_what_is_given_alone()
    {
        var project = NewProject("p");
        await Store.ProjectInsert(project, Stop);
        var renamed = (await Store.ProjectUpdate(project.Id, "Other", null, Make.Noon.AddHours(1), Stop))!;
        Assert.Equal(("Other", "p", "v", Make.Noon.AddHours(1)), (renamed.Name, renamed.Slug, renamed.Environment["K"], renamed.ChangedAt));
        var changed = (await Store.ProjectUpdate(project.Id, null, new Dictionary<string, string>(), Make.Noon, Stop))!;
        Assert.Equal("Other", changed.Name);
        Assert.Empty(changed.Environment);
        Assert.Null(await Store.ProjectUpdate(5, "x", null, Make.Noon, Stop));
    }

    [Fact]
    public async Task Projects_are_listed_newest_first_and_by_owner()
    {
        var (first, second, third) = (NewProject("a"), NewProject("b") with { OwnerId = 2, OwnerName = "bob" }, NewProject("c"));
        foreach (var project in new[] { first, second, third })
            await Store.ProjectInsert(project, Stop);
        Assert.Equal([third.Id, second.Id], (await Store.ProjectsList(null, null, 2, Stop)).Select(p => p.Id));
        Assert.Equal([first.Id], (await Store.ProjectsList(null, second.Id, 2, Stop)).Select(p => p.Id));
        Assert.Equal([second.Id], (await Store.ProjectsList([2], null, 10, Stop)).Select(p => p.Id));
    }

    [Fact]
    public async Task A_deleted_project_takes_its_jobs_along()
    {
        var project = NewProject("p");
        await Store.ProjectInsert(project, Stop);
        var inside = await InsertJob(Make.Job() with { ProjectId = project.Id });
        var outside = await InsertJob();
        Assert.Equal([inside.Id], (await Store.JobsList(new JobQuery(10, ProjectId: project.Id), Stop)).Select(job => job.Id));

        Assert.True(await Store.ProjectDelete(project.Id, Make.Noon, Stop));
        Assert.False(await Store.ProjectDelete(project.Id, Make.Noon, Stop));
        Assert.Null(await Store.JobGet(inside.Id, Stop));
        Assert.NotNull(await Store.JobGet(outside.Id, Stop));
    }

    [Fact]
    public async Task A_job_is_found_by_the_short_id_of_its_dialect()
    {
        var job = await InsertJob(Make.Job() with { PublicId = 208 });
        await InsertJob(Make.Job(dialect: "other") with { PublicId = 208 });
        Assert.Equal(job, Assert.Single(await Store.JobsList(new JobQuery(2, "databricks", PublicId: 208), Stop)) with { OwnerName = "" });
        Assert.Empty(await Store.JobsList(new JobQuery(2, "databricks", PublicId: 209), Stop));
    }

    [Fact]
    public async Task Numbers_go_on_after_a_restart()
    {
        Assert.Equal(1, await Store.NextNumber("a", Stop));
        Assert.Equal(2, await Store.NextNumber("a", Stop));
        Assert.Equal(1, await Store.NextNumber("b", Stop));
        await Reopen();
        Assert.Equal(3, await Store.NextNumber("a", Stop));
    }

    [Fact]
    public async Task A_success_writes_down_the_jobs_that_wait_for_it()
    {
        var parent = await InsertJob();
        var child = await InsertJob(Make.Job() with { Trigger = new Trigger.AfterSuccess(parent.Id) });
        await InsertJob(Make.Job() with { Trigger = new Trigger.AfterSuccess(parent.Id), Paused = true });
        var deleted = await InsertJob(Make.Job() with { Trigger = new Trigger.AfterSuccess(parent.Id) });
        await Store.JobDelete(deleted.Id, Make.Noon, Stop);
        await InsertEnded(await InsertJob());
        Assert.Empty(await Store.FollowUps(10, Stop));

        var run = await InsertEnded(parent);
        await Reopen();
        var followUps = await Store.FollowUps(10, Stop);
        Assert.Equal([new FollowUp(run.Id, child.Id, Make.Noon)], followUps);
        await Store.FollowUpsDone(followUps, Stop);
        Assert.Empty(await Store.FollowUps(10, Stop));
    }

    [Fact]
    public async Task A_user_has_one_key_until_it_is_removed()
    {
        var alice = Make.User("alice");
        await Store.UserInsert(alice, "hash", Stop);
        Assert.Null(await Store.ApiKeyGet(alice.Id, Stop));
        Assert.Equal("sealed1", await Store.ApiKeyPutIfAbsent(alice.Id, "sealed1", "h1", Make.Noon, Stop));
        Assert.Equal("sealed1", await Store.ApiKeyPutIfAbsent(alice.Id, "sealed2", "h2", Make.Noon, Stop));
        Assert.Null(await Store.ApiKeyPutIfAbsent(5, "sealed3", "h3", Make.Noon, Stop));
        Assert.Equal(alice, await Store.ApiKeyOwner("h1", Stop));
        Assert.Null(await Store.ApiKeyOwner("h2", Stop));
        Assert.True(await Store.ApiKeyDelete(alice.Id, Stop));
        Assert.False(await Store.ApiKeyDelete(alice.Id, Stop));
        Assert.Null(await Store.ApiKeyOwner("h1", Stop));
        await Store.ApiKeyPutIfAbsent(alice.Id, "sealed4", "h4", Make.Noon, Stop);
        await Store.UserDelete(alice.Id, Stop);
        Assert.Null(await Store.ApiKeyOwner("h4", Stop));
    }

    private Project NewProject(string slug) => new()
    {
        Id = Make.Id(),
        OwnerId = 1,
        OwnerName = "alice",
        Name = "Risk Analysis",
        Slug = slug,
        Environment = new Dictionary<string, string> { ["K"] = "v" },
        CreatedAt = Make.Noon,
        ChangedAt = Make.Noon,
    };
}
