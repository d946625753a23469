using Switchyard.Core.Plans;
using Switchyard.Core.Pools;
using Switchyard.Core.Runs;
using Switchyard.Core.Text;
using Xunit;

namespace Switchyard.Stores.Tests;

public abstract partial class StoreConformance
{
    [Fact]
    public async Task A_new_installation_has_the_default_pool_alone() => Assert.Equal([Pool.Default], await Store.PoolsList(Stop));

    [Fact]
    public async Task Pools_are_replaced_only_while_they_are_as_the_caller_saw_them()
    {
        var seen = await Store.PoolsList(Stop);
        Pool[] split = [new("default", 70, 70, true), new("vc1", 30, 50, false)];
        Assert.True(await Store.PoolsReplace(seen, split, Stop));
        Assert.False(await Store.PoolsReplace(seen, [Pool.Default], Stop));
        await Reopen();
        Assert.Equal(split, await Store.PoolsList(Stop));
    }

    [Fact]
    public async Task Of_pools_replaced_at_once_by_many_one_wins()
    {
        var seen = await Store.PoolsList(Stop);
        var answers = await Task.WhenAll(Enumerable.Range(1, 8).Select(n => Store.PoolsReplace(seen, [new("default", 100 - n, 100 - n, true), new($"vc{n}", n, n, true)], Stop)));
        Assert.Single(answers, true);
        Assert.Equal(100, (await Store.PoolsList(Stop)).Sum(pool => pool.Guaranteed));
    }

    [Fact]
    public async Task Grants_of_pools_are_kept_sorted_and_go_with_the_user()
    {
        var alice = Make.User("alice");
        await Store.UserInsert(alice, "hash", Stop);
        Assert.True(await Store.PoolGrantsSet(alice.Id, ["vc2", "vc1", "vc2"], Stop));
        Assert.Equal(["vc1", "vc2"], await Store.PoolGrantsGet(alice.Id, Stop));
        Assert.True(await Store.PoolGrantsSet(alice.Id, ["vc3"], Stop));
        Assert.Equal(["vc3"], await Store.PoolGrantsGet(alice.Id, Stop));
        await Store.UserDelete(alice.Id, Stop);
        Assert.Empty(await Store.PoolGrantsGet(alice.Id, Stop));
        Assert.False(await Store.PoolGrantsSet(alice.Id, ["vc1"], Stop));
    }

    [Fact]
    public async Task A_unique_name_belongs_to_one_run_of_an_owner_however_many_ask_at_once()
    {
        var runs = Enumerable.Range(0, 20).Select(_ => Make.Submitted() with { UniqueName = "train" }).ToList();
        var answers = await Task.WhenAll(runs.Select(Insert));
        Assert.Single(answers, answer => answer.Ok(out _, out _));
        Assert.All(answers.Where(answer => answer.Refusal is not null), answer => Assert.Equal(RefusalCode.Conflict, answer.Refusal!.Code));
        Assert.True((await Insert(Make.Submitted() with { UniqueName = "train", OwnerId = 2 })).Ok(out _, out _));

        var found = Assert.Single(await Store.RunsList(new RunQuery(5, Dialect: "databricks", Owners: [1], UniqueName: "train"), Stop));
        Assert.Equal("train", found.UniqueName);
        await InsertRun();
        Assert.Equal(2, (await Store.RunsList(new RunQuery(50, Named: true), Stop)).Count);
    }

    [Fact]
    public async Task A_unique_name_is_free_again_when_its_run_is_deleted()
    {
        var first = Make.Submitted() with { UniqueName = "train" };
        await Insert(first);
        await Live(first);
        Assert.False((await Insert(Make.Submitted() with { UniqueName = "train" })).Ok(out _, out _));
        Assert.True(await Store.RunDelete(first.Id, Stop));
        Assert.True((await Insert(Make.Submitted() with { UniqueName = "train" })).Ok(out _, out _));
    }

    [Fact]
    public async Task An_ended_run_gives_its_unique_name_up_to_the_one_that_follows()
    {
        var first = Make.Submitted() with { UniqueName = "train" };
        await Insert(first);
        var next = Make.Submitted() with { UniqueName = "train", TakesNameFrom = first.Id };
        Assert.Equal(RefusalCode.Conflict, (await Insert(next)).Refusal!.Code);
        await Live(first);
        Assert.True((await Insert(next)).Ok(out _, out _));
        Assert.Equal(next.Id, Assert.Single(await Store.RunsList(new RunQuery(5, UniqueName: "train"), Stop)).Id);
        Assert.Null((await Store.RunGet(first.Id, Stop))!.UniqueName);
        Assert.Equal(RefusalCode.Conflict, (await Insert(Make.Submitted() with { UniqueName = "train", TakesNameFrom = first.Id })).Refusal!.Code);
    }

    [Fact]
    public async Task The_ports_and_GPUs_of_an_attempt_are_kept_with_it()
    {
        var run = await InsertRun();
        var attempt = run.AttemptIds[0][0];
        var grant = Grant.Read("http=20000,20001;a.b~c=20002;#gpu=0,3");
        Assert.True(await Apply(
            run,
            Make.RunMove(RunState.Queued, RunState.Waiting),
            Make.TaskMove(attempt, TaskState.Blocked, TaskState.Ready),
            Make.TaskMove(attempt, TaskState.Ready, TaskState.Starting) with { Node = "n1", Grant = grant }));
        var view = await Load(run);
        Assert.Equal("http=20000,20001;a.b~c=20002;#gpu=0,3", view.Find(0, 0)!.Grant!.ToString());
        Assert.Equal([20002], (await Store.AttemptGet(attempt, Stop))!.Grant!.Of("a.b~c"));
        Assert.True(await Apply(run, Make.TaskMove(attempt, TaskState.Starting, TaskState.WaitingForRetry) with
        {
            Next = new NextAttempt(TaskState.Failed, Make.Id(), 1, 1, 0, Make.Noon),
        }));
        Assert.Null((await Load(run)).Find(0, 0)!.Grant);
        Assert.NotNull((await Store.AttemptGet(attempt, Stop))!.Grant);
    }
}
