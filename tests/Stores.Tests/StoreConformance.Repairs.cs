using Switchyard.Core.Plans;
using Switchyard.Core.Pools;
using Switchyard.Core.Runs;
using Switchyard.Core.Text;
using Xunit;

namespace Switchyard.Stores.Tests;

public abstract partial class StoreConformance
{
    private Repair RepairOf(NewRun run, RunView view, int revision, params int[] dropped)
    {
        var id = Make.Id();
        var plan = run.Plan.Plan with { Parameters = new Dictionary<string, string> { ["revision"] = $"{revision}" } };
        return new Repair(
            id,
            new RepairRequest { RunId = run.Id, Revision = revision, Tasks = new HashSet<int> { 0 }, Plan = PlanDocument.Of(plan), Shown = Document.Of("""{"again":1}"""), Overrides = "{}", TimeoutMs = 5 },
            [.. view.Instances.Where(instance => instance.Task == 0 && (instance.Index < 0 || !dropped.Contains(0)))
                .Select(i => new Move.Reopen(i.Task, i.Index, i.AttemptId, i.State, Make.Id(), i.Attempt + 1, Make.Noon.AddHours(1), Reason.Progress))],
            dropped,
            Make.Noon.AddHours(1));
    }

    [Fact]
    public async Task A_repaired_run_is_queued_again_with_the_next_revision_of_its_plan()
    {
        var job = await InsertJob();
        var run = await InsertEnded(job);
        var before = (await Store.RunGet(run.Id, Stop))!;
        var repair = RepairOf(run, await Load(run), 0);
        Assert.Null(await Store.RunRepair(repair, Stop));
        await Reopen();

        var row = (await Store.RunGet(run.Id, Stop))!;
        Assert.Equal((RunState.Queued, 1, true, 5L, "{}"), (row.State, row.Revision, row.QueueWhenFull, row.TimeoutMs, row.Overrides));
        Assert.Equal((null, null, null), (row.StartedAt, row.EndedAt, row.ExitCode));
        var view = await Load(run);
        Assert.Equal("0", view.Plan.Parameters["revision"]);
        Assert.Equal((TaskState.Blocked, 1, 0, repair.Reopened[0].NextAttemptId), (view.Find(0, 0)!.State, view.Find(0, 0)!.Attempt, view.Find(0, 0)!.Charged, view.Find(0, 0)!.AttemptId));
        Assert.Equal([before.State, TaskStateOf(view)], (await Store.AttemptsOfRun(run.Id, Stop)).Select(a => a.Current ? (object)a.State : before.State));
        Assert.Equal([run.Id], await Store.RunsOpen(0, 10, Stop));
        Assert.Equal(new Dictionary<RunState, long> { [RunState.Queued] = 1 }, await Store.JobCounters(job.Id, Stop));
        var passes = await Store.RunPasses(run.Id, Stop);
        Assert.Equal([new RunPass(null, row.CreatedAt, new PassEnd(before.State, before.Reason, before.EndedAt!.Value)), new RunPass(repair.Id, Make.Noon.AddHours(1), null)], passes);
        Assert.Null(await Store.DocumentGet(before.PlanHash, Stop));
        Assert.Equal($"repair {repair.Id}", (await Events(run)).Last(e => e.Task is null).Reason.Text);

        static object TaskStateOf(RunView view) => view.Find(0, 0)!.State;
    }

    [Fact]
    public async Task A_repair_of_a_run_that_lives_or_was_repaired_since_is_refused_and_leaves_nothing()
    {
        var run = await InsertEnded(await InsertJob());
        var (first, second) = (RepairOf(run, await Load(run), 0), RepairOf(run, await Load(run), 0));
        Assert.Equal(RefusalCode.NotFound, (await Store.RunRepair(first with { Request = first.Request with { RunId = 7 } }, Stop))!.Code);
        Assert.Null(await Store.RunRepair(first, Stop));
        var events = await Store.EventsLast(Stop);
        Assert.Equal(RefusalCode.Conflict, (await Store.RunRepair(second, Stop))!.Code);
        Assert.Equal(events, await Store.EventsLast(Stop));
        Assert.Equal(2, (await Store.RunPasses(run.Id, Stop)).Count);
        Assert.Empty(await Store.RunPasses(run.Id + 1, Stop));
    }

    [Fact]
    public async Task Iterations_that_a_repair_drops_are_kept_among_the_attempts()
    {
        var run = await InsertRun(plan: new Plan { Tasks = [Make.ForEach("loop")] });
        var (head, iteration) = (run.AttemptIds[0][0], Make.Id());
        Assert.True(await Apply(
            run, Make.RunMove(RunState.Queued, RunState.Waiting), Make.RunMove(RunState.Waiting, RunState.Running),
            Make.TaskMove(head, TaskState.Blocked, TaskState.Ready, index: -1), Make.TaskMove(head, TaskState.Ready, TaskState.Running, index: -1),
            new Move.Expand(0, [(iteration, "1")], Make.Noon),
            Make.TaskMove(iteration, TaskState.Blocked, TaskState.Ready), Make.TaskMove(iteration, TaskState.Ready, TaskState.Failed),
            Make.TaskMove(head, TaskState.Running, TaskState.Failed, index: -1), Make.RunMove(RunState.Running, RunState.Failed)));
        Assert.Null(await Store.RunRepair(RepairOf(run, await Load(run), 0, 0), Stop));
        Assert.Equal([-1], (await Load(run)).Instances.Select(instance => instance.Index));
        Assert.Equal([head, iteration], (await Store.AttemptsOfRun(run.Id, Stop)).Where(attempt => !attempt.Current).Select(attempt => attempt.Id));
    }

    [Fact]
    public async Task Clusters_are_kept_changed_listed_and_go_with_their_run()
    {
        var run = await InsertEnded(await InsertJob());
        var own = new Cluster { Id = "b", OwnerId = 1, Settings = "{}", Running = true, CreatedAt = Make.Noon, ChangedAt = Make.Noon, ChangedBy = "x" };
        await Store.ClusterPut(own, Stop);
        await Store.ClusterPut(own with { Id = "a" }, Stop);
        await Store.ClusterPut(own with { Id = "r", RunId = run.Id, Running = false }, Stop);
        await Store.ClusterPut(own with { Running = false, ChangedAt = Make.Noon.AddHours(1), ChangedBy = "y" }, Stop);
        Assert.Equal(own with { Running = false, ChangedAt = Make.Noon.AddHours(1), ChangedBy = "y" }, await Store.ClusterGet("b", Stop));
        Assert.Equal(["a", "b"], (await Store.ClustersList(null, 10, Stop)).Select(cluster => cluster.Id));
        Assert.Equal(["b"], (await Store.ClustersList("a", 10, Stop)).Select(cluster => cluster.Id));
        Assert.Equal(["r"], (await Store.ClustersOfRun(run.Id, Stop)).Select(cluster => cluster.Id));
        Assert.False(await Store.ClusterDelete("r", Stop));
        Assert.True(await Store.ClusterDelete("a", Stop));
        Assert.True(await Store.RunDelete(run.Id, Stop));
        Assert.Null(await Store.ClusterGet("r", Stop));
        Assert.Empty(await Store.RunPasses(run.Id, Stop));
    }
}
