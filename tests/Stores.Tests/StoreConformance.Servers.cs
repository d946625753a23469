using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Xunit;

namespace Switchyard.Stores.Tests;

/// <summary>What several servers need of a store; one with an embedded database does it for its one server.</summary>
public abstract partial class StoreConformance
{
    private protected static readonly TimeSpan Long = TimeSpan.FromHours(1);

    [Fact]
    public async Task A_lease_is_one_nodes_until_it_gives_it_back()
    {
        Assert.Null(await Store.LeaseGet("leader", Stop));
        var first = (await Store.LeaseTake("leader", "a", "a1", Long, Stop))!;
        Assert.Equal(("leader", "a"), (first.Name, first.Holder));
        Assert.True(first.Fence > 0);
        Assert.Null(await Store.LeaseTake("leader", "b", "b1", Long, Stop));
        Assert.Equal(first, await Store.LeaseGet("leader", Stop));
        Assert.Equal(first, await Store.LeaseTake("leader", "a", "a1", Long, Stop));
        Assert.Equal("b", (await Store.LeaseTake("other", "b", "b1", Long, Stop))!.Holder);

        await Store.LeaseDrop(first, Stop);
        Assert.Null(await Store.LeaseGet("leader", Stop));
        var second = (await Store.LeaseTake("leader", "b", "b1", Long, Stop))!;
        Assert.Equal("b", second.Holder);
        Assert.True(second.Fence > first.Fence);
        await Store.LeaseDrop(first, Stop);
        Assert.Equal(second, await Store.LeaseGet("leader", Stop));
    }

    [Fact]
    public async Task A_node_that_was_started_anew_takes_its_predecessors_lease_with_the_next_fence()
    {
        var before = (await Store.LeaseTake("leader", "a", "a1", Long, Stop))!;
        var after = (await Store.LeaseTake("leader", "a", "a2", Long, Stop))!;
        Assert.Equal(before.Fence + 1, after.Fence);
        Assert.Equal(after, await Store.LeaseGet("leader", Stop));
    }

    [Fact]
    public async Task A_lease_that_lapsed_is_nobodys_and_its_next_holder_has_the_next_fence()
    {
        var lapsed = (await Store.LeaseTake("leader", "a", "a1", TimeSpan.Zero, Stop))!;
        Assert.Null(await Store.LeaseGet("leader", Stop));
        var next = (await Store.LeaseTake("leader", "b", "b1", TimeSpan.Zero, Stop))!;
        Assert.Equal(lapsed.Fence + 1, next.Fence);
        Assert.Equal(next.Fence + 1, (await Store.LeaseTake("leader", "b", "b1", Long, Stop))!.Fence);
    }

    [Fact]
    public async Task What_is_written_with_a_lease_in_force_is_kept()
    {
        var lease = (await Store.LeaseTake("leader", "a", "a1", Long, Stop))!;
        var fenced = Store.Fenced(lease);
        var job = Make.Job();
        await fenced.JobsInsert([job], Stop);
        var run = Make.Run(job);
        Assert.True((await fenced.RunsInsert([run], Stop))[0].Ok(out _, out _));
        Assert.Equal([true], await fenced.RunsApply([Make.WholeLife(run)[0]], Stop));
        Assert.Equal(run.Id, (await fenced.RunGet(run.Id, Stop))!.Id);
        Assert.Empty(await Store.Notes(0, 10, Stop));
    }

    [Fact]
    public async Task Servers_have_the_lowest_free_slot_each_and_keep_it()
    {
        Assert.Equal(0, (await Beat("b")).Slot);
        Assert.Equal(1, (await Beat("a")).Slot);
        Assert.Equal(2, (await Beat("c")).Slot);
        Assert.Equal(0, (await Beat("b", "another")).Slot);
        Assert.False((await Store.NodeBeat(new NodeBeat("d", "1", "http://d", "{}"), 3, Stop)).Ok(out _, out var refusal));
        Assert.Equal(RefusalCode.Exhausted, refusal.Code);
        Assert.True(await Store.NodeForget("a", Stop));
        Assert.False(await Store.NodeForget("a", Stop));
        Assert.Equal(1, (await Beat("d")).Slot);
        Assert.Equal(["b", "c", "d"], (await Store.NodesList(Stop)).Select(node => node.Name));
    }

    [Fact]
    public async Task A_server_is_known_by_what_it_said_last()
    {
        var first = await Beat("a");
        Assert.Equal(("a", "1", "http://a", "{}", false), (first.Name, first.Incarnation, first.Url, first.Facts, first.Draining));
        Assert.True((await Store.NodeBeat(new NodeBeat("a", "1", "http://a:2", """{"slots":4}"""), 9, Stop)).Ok(out var second, out _));
        Assert.Equal(("http://a:2", """{"slots":4}""", first.Since), (second.Url, second.Facts, second.Since));
        var listed = Assert.Single(await Store.NodesList(Stop));
        Assert.True(listed.Silence >= TimeSpan.Zero);
        Assert.Equal(second with { Silence = listed.Silence }, listed);
    }

    [Fact]
    public async Task A_server_that_is_drained_stays_so_until_it_is_started_anew()
    {
        await Beat("a");
        Assert.False(await Store.NodeDrain("b", true, Stop));
        Assert.True(await Store.NodeDrain("a", true, Stop));
        Assert.True((await Beat("a")).Draining);
        Assert.True(await Store.NodeDrain("a", false, Stop));
        Assert.False((await Beat("a")).Draining);
        await Store.NodeDrain("a", true, Stop);
        Assert.False((await Beat("a", "2")).Draining);
    }

    [Fact]
    public async Task Notes_wait_for_the_leader_in_order_until_they_are_struck_out()
    {
        var first = await Store.NotePut("stop", 7, """{"why":"asked"}""", Stop);
        var second = await Store.NotePut("look", 8, "", Stop);
        var third = await Store.NotePut("look", 9, "", Stop);
        Assert.True(first < second && second < third);
        Assert.Equal([new LeaderNote(first, "stop", 7, """{"why":"asked"}"""), new LeaderNote(second, "look", 8, "")], await Store.Notes(0, 2, Stop));
        Assert.Equal([second, third], (await Store.Notes(first, 10, Stop)).Select(note => note.Id));
        Assert.Equal(Answer(false, null), await Store.NoteAnswer(first, Stop));
        await Store.NotesDone([(first, """{"stopped":true}"""), (second, null)], Stop);
        Assert.Equal([third], (await Store.Notes(0, 10, Stop)).Select(note => note.Id));
        Assert.Equal(Answer(true, """{"stopped":true}"""), await Store.NoteAnswer(first, Stop));
        Assert.Equal(Answer(true, null), await Store.NoteAnswer(second, Stop));
        Assert.True(await Store.NotePut("look", 1, "", Stop) > third);
    }

    [Fact]
    public async Task Signals_begin_with_all_and_reach_everybody_who_listens()
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var (one, two) = (Listener.To(Store, leaving.Token), Listener.To(Store, leaving.Token));
        await one.Hears(new StoreSignal(StoreSignal.All, 0));
        await two.Hears(new StoreSignal(StoreSignal.All, 0));
        await Store.Signal(new StoreSignal("projects", 12), Stop);
        await one.Hears(new StoreSignal("projects", 12));
        await two.Hears(new StoreSignal("projects", 12));
        await Store.NotePut("look", 3, "", Stop);
        await one.Hears(StoreSignal.Notes);
        await leaving.CancelAsync();
        await one.Ended;
        await two.Ended;
        await Store.Signal(new StoreSignal("projects", 13), Stop);
    }

    private static (bool Done, string? Answer) Answer(bool done, string? answer) => (done, answer);

    private protected async Task<NodeRow> Beat(string name, string incarnation = "1")
    {
        Assert.True((await Store.NodeBeat(new NodeBeat(name, incarnation, $"http://{name}", "{}"), 9, Stop)).Ok(out var row, out _));
        return row;
    }
}
