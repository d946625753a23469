using Switchyard.Core.Jobs;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Xunit;

namespace Switchyard.Stores.Tests;

public abstract partial class StoreConformance
{
    [Fact]
    public async Task A_team_has_a_name_of_its_own_and_its_first_administrator()
    {
        await Store.UserInsert(new User(1, "alice", null, false, Make.Noon), "hash", Stop);
        Assert.True((await Store.TeamInsert(new Team(50, "risk", Make.Noon), 1, Stop)).Ok(out _, out _));
        Assert.Equal(RefusalCode.Conflict, (await Store.TeamInsert(new Team(51, "risk", Make.Noon), 1, Stop)).Refusal!.Code);
        Assert.Equal(RefusalCode.Conflict, (await Store.TeamInsert(new Team(51, "alice", Make.Noon), 1, Stop)).Refusal!.Code);
        Assert.Equal(RefusalCode.Conflict, (await Store.UserInsert(new User(2, "risk", null, false, Make.Noon), "hash", Stop)).Refusal!.Code);
        Assert.Equal(50, (await Store.TeamFind("risk", Stop))!.Id);
        Assert.Null(await Store.TeamFind("other", Stop));
        Assert.Equal([new TeamMember(1, "alice", true)], await Store.TeamMembers(50, Stop));
        Assert.Equal([50], (await Store.UserGet(1, Stop))!.Teams);
    }

    [Fact]
    public async Task Members_come_and_go_and_an_administrator_is_always_left()
    {
        foreach (var (id, name) in new[] { (1L, "alice"), (2L, "bob") })
            await Store.UserInsert(new User(id, name, null, false, Make.Noon), "hash", Stop);
        await Store.TeamInsert(new Team(50, "risk", Make.Noon), 1, Stop);
        Assert.Null(await Store.TeamMemberPut(50, 2, false, Stop));
        Assert.Equal(RefusalCode.NotFound, (await Store.TeamMemberPut(50, 3, false, Stop))!.Code);
        Assert.Equal(RefusalCode.Conflict, (await Store.TeamMemberRemove(50, 1, Stop))!.Code);
        Assert.Equal(RefusalCode.Conflict, (await Store.TeamMemberPut(50, 1, false, Stop))!.Code);
        Assert.Null(await Store.TeamMemberPut(50, 2, true, Stop));
        Assert.Null(await Store.TeamMemberRemove(50, 1, Stop));
        Assert.Equal(RefusalCode.NotFound, (await Store.TeamMemberRemove(50, 1, Stop))!.Code);
        Assert.Equal([new TeamMember(2, "bob", true)], await Store.TeamMembers(50, Stop));
        Assert.Empty((await Store.UserGet(1, Stop))!.Teams);
        Assert.Equal(["risk"], (await Store.TeamsList(2, null, 9, Stop)).Select(team => team.Name));
        Assert.Empty(await Store.TeamsList(1, null, 9, Stop));
        Assert.Equal(["risk"], (await Store.TeamsList(null, "a", 9, Stop)).Select(team => team.Name));

        // A user who goes leaves their teams.
        Assert.True(await Store.UserDelete(2, Stop));
        Assert.Empty(await Store.TeamMembers(50, Stop));
    }

    [Fact]
    public async Task A_team_that_owns_projects_is_not_deleted()
    {
        await Store.UserInsert(new User(1, "alice", null, false, Make.Noon), "hash", Stop);
        await Store.TeamInsert(new Team(50, "risk", Make.Noon), 1, Stop);
        var project = NewProject("p") with { OwnerId = 50, OwnerName = "risk" };
        await Store.ProjectInsert(project, Stop);
        Assert.True((await Store.ProjectFind("risk", "p", Stop))!.OfTeam);
        Assert.Equal(RefusalCode.Conflict, (await Store.TeamDelete(50, Stop))!.Code);
        await Store.ProjectDelete(project.Id, Make.Noon, Stop);
        Assert.Null(await Store.TeamDelete(50, Stop));
        Assert.Equal(RefusalCode.NotFound, (await Store.TeamDelete(50, Stop))!.Code);
        Assert.Empty((await Store.UserGet(1, Stop))!.Teams);
    }

    [Fact]
    public async Task Lists_merge_what_several_owners_have_page_by_page()
    {
        await Store.UserInsert(new User(1, "alice", null, false, Make.Noon), "hash", Stop);
        await Store.TeamInsert(new Team(50, "risk", Make.Noon), 1, Stop);
        var jobs = new List<Job>();
        foreach (var owner in new[] { 1L, 50, 7, 50, 1, 50 })
            jobs.Add(await InsertJob(Make.Job() with { OwnerId = owner }));
        IReadOnlyList<long> mine = [1, 50];
        async Task<IEnumerable<int>> List(JobQuery query) => (await Store.JobsList(query, Stop)).Select(row => jobs.FindIndex(job => job.Id == row.Id));

        Assert.Equal([5, 4, 3, 1, 0], await List(new JobQuery(9, Owners: mine)));
        Assert.Equal([5, 4], await List(new JobQuery(2, Owners: mine)));
        Assert.Equal([3, 1], await List(new JobQuery(2, Owners: mine, Before: jobs[4].Id)));
        Assert.Equal([3, 1], await List(new JobQuery(2, Owners: mine, After: jobs[0].Id)));
        Assert.Equal([4, 3], await List(new JobQuery(2, Owners: mine, Skip: 1)));
        Assert.Equal("risk", (await Store.JobGet(jobs[1].Id, Stop))!.OwnerName);
    }
}
