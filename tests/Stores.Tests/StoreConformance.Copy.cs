using Switchyard.Core.Jobs;
using Switchyard.Core.Notifications;
using Switchyard.Core.Plans;
using Switchyard.Core.Pools;
using Switchyard.Core.Projects;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Triggers;
using Switchyard.Core.Users;
using Switchyard.Tests;
using Xunit;

namespace Switchyard.Stores.Tests;

/// <summary>Moving from one kind of store to another.</summary>
public abstract partial class StoreConformance
{
    /// <summary>Where the store of this test is.</summary>
    private protected abstract StorePlace Here { get; }

    [Theory, InlineData(true), InlineData(false)]
    public async Task An_installation_moves_whole_to_either_kind_of_store_and_back(bool sqlite)
    {
        Assert.SkipWhen(!sqlite && PostgresCluster.Missing is not null, PostgresCluster.Missing ?? "");
        var directory = Directory.CreateTempSubdirectory("yard-copy-").FullName;
        var (living, job) = await Fill();
        var (pictures, last, highest, note) = ((await Store.RunsLoad(living, Stop)).Select(Picture).ToList(), await Store.EventsLast(Stop), await Store.HighestId(Stop), await Store.NotePut("last", 1, "", Stop));
        await Store.NotesDone([(note, null)], Stop);
        var made = (await Store.RunsInsert([Make.Run(job)], Stop))[0].Value!.NumberInJob;
        await Store.DisposeAsync();

        var there = await StorePlace.New(sqlite, directory);
        var said = await Here.CopyTo(there, Stop);
        var rows = await Here.Rows(Stop);
        Assert.Equal(rows.OrderBy(table => table.Key, StringComparer.Ordinal), (await there.Rows(Stop)).OrderBy(table => table.Key, StringComparer.Ordinal));
        Assert.All(rows.Where(table => table.Key is not "attempts"), table => Assert.True(table.Value.Count > 0, $"nothing is in {table.Key}"));
        Assert.All(rows.Where(table => table.Key is not "marks"), table => Assert.Equal(table.Value.Count, said.Last(step => step.Table == table.Key && step.Checking).Rows));
        Assert.Contains(said, step => step is { Table: "runs", Checking: false } && step.Rows < step.Of);

        await using (var moved = await there.Open())
        {
            Assert.Equal(pictures, (await moved.RunsLoad(living, Stop)).Select(Picture));
            Assert.True(await moved.EventsLast(Stop) > last);
            Assert.True(await moved.HighestId(Stop) > highest);
            Assert.True(await moved.NotePut("next", 1, "", Stop) > note);
            Assert.Equal(3, await moved.NextNumber("wide", Stop));
            var before = await moved.EventsLast(Stop);
            Assert.Equal(made + 1, (await moved.RunsInsert([Make.Run(job)], Stop))[0].Value!.NumberInJob);
            Assert.True((await moved.EventsAfter(before, 10, Stop)).Count > 0);
            await moved.DestinationPut(new Destination { Id = "new", Name = "new", Kind = "EMAIL", CreatedAt = Make.Noon }, Stop);
            Assert.Equal("new", (await moved.DestinationsList(Stop))[^1].Id);
        }

        var again = await StorePlace.New(Here.File is not null, directory);
        await there.CopyTo(again, Stop);
        Assert.Equal((await there.Rows(Stop)).OrderBy(table => table.Key, StringComparer.Ordinal), (await again.Rows(Stop)).OrderBy(table => table.Key, StringComparer.Ordinal));
        await using (var back = await again.Open())
            Assert.Equal(made + 2, (await back.RunsInsert([Make.Run(job)], Stop))[0].Value!.NumberInJob);
        Directory.Delete(directory, recursive: true);
        Store = await Open();
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task A_copy_that_does_not_come_out_right_leaves_nothing_behind(bool sqlite)
    {
        Assert.SkipWhen(!sqlite && PostgresCluster.Missing is not null, PostgresCluster.Missing ?? "");
        var directory = Directory.CreateTempSubdirectory("yard-copy-").FullName;
        await InsertRun();
        await Store.DisposeAsync();
        var there = await StorePlace.New(sqlite, directory);
        var failure = await Assert.ThrowsAsync<StoreCopyFailedException>(() => Here.CopyTo(there, Stop, to => new Faulty(to)));
        Assert.Contains("events", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(directory));
        if (!sqlite)
        {
            await using var empty = await there.Open();
            Assert.Empty(await empty.RunsOpen(0, 10, Stop));
            Assert.Equal("default", Assert.Single(await empty.PoolsList(Stop)).Name);
        }

        // The same place will do for the next try, and for no other after that.
        await Here.CopyTo(there, Stop);
        Assert.Equal(StoreTrouble.NotOurs, (await Assert.ThrowsAsync<StoreUnavailable>(() => Here.CopyTo(there, Stop))).Trouble);
        await using var kept = await there.Open();
        Assert.Single(await kept.RunsOpen(0, 10, Stop));
        Directory.Delete(directory, recursive: true);
        Store = await Open();
    }

    /// <summary>Puts something of everything into the store; answers runs to look at, and the job of some.</summary>
    private async Task<(List<long> Runs, Job Job)> Fill()
    {
        var alice = new User(Make.Id(), "alice", "alice@example.org", true, Make.Noon);
        await Store.UsersInsert([new NewUser(alice, "hash", ["gpu"]), new NewUser(new User(Make.Id(), "bob", null, false, Make.Noon), "other", [])], Stop);
        await Store.TokenInsert(new Token(Make.Id(), alice.Id, "ci", "swy_abc", Make.Noon, null, null, null), "token hash", Stop);
        await Store.ApiKeyPutIfAbsent(alice.Id, "sealed", "key hash", Make.Noon, Stop);
        await Store.TeamInsert(new Team(Make.Id(), "risk", Make.Noon), alice.Id, Stop);
        await Store.SecretScopeInsert("db", new Right(alice.Id, 3), 10, Make.Noon, Stop);
        await Store.SecretPut(new SealedSecret("db", "password", "sealed", Make.Noon), 10, Stop);
        await Store.PoolsReplace(await Store.PoolsList(Stop), [new Pool("default", 50, 100, true), new Pool("slurm", 50, 50, false) { Executor = "slurm", Queue = new ClusterQueue("long", null, "high") }], Stop);
        await Store.ProjectInsert(new Project { Id = Make.Id(), OwnerId = alice.Id, OwnerName = "alice", Name = "Ü", Slug = "u", Environment = new Dictionary<string, string> { ["A"] = "1" }, CreatedAt = Make.Noon, ChangedAt = Make.Noon }, Stop);
        await Store.SettingPutIfAbsent("installation", "one", Stop);
        await Store.NextNumber("wide", Stop);
        await Store.NextNumber("wide", Stop);
        await Store.DestinationPut(new Destination { Id = "a", Name = "ops", Kind = "WEBHOOK", Settings = "{}", Address = new SealedAddress(7, "sealed"), CreatedAt = Make.Noon }, Stop);
        await Store.LeaseTake("leader", "n1", "i1", TimeSpan.Zero, Stop);
        await Beat("n1");
        await Store.NotePut("look", 4, """{"a":"\u0000"}""", Stop);

        var job = await InsertJob(Make.Job("night\0ly"));
        await Store.JobRightsReplace(job.Id, [new Right(alice.Id, 2)], null, Stop);
        var arrivals = await InsertJob(Make.Job() with { Trigger = new Trigger.FileArrival("/in", 0, 0) });
        await Store.ArrivalsPut(arrivals.Id, Arrivals.First("/in", [new ArrivedFile("ä", 1, Make.Noon)]), Stop);
        await InsertJob(Make.Job() with { Trigger = new Trigger.AfterSuccess(job.Id) });

        // More than a page of runs, and a large text.
        await Insert(Make.Run(job) with { Overrides = new string('x', 6 << 20) });
        foreach (var some in Enumerable.Range(0, 2100).Select(no => Make.Run(job, token: $"t{no}")).Chunk(300))
            await Store.RunsInsert(some, Stop);
        var random = new Random(7);
        var plan = new Plan { Tasks = [Make.Command("a", 2), Make.ForEach("each"), Make.Command("b")] };
        var runs = new List<NewRun>();
        for (var no = 0; no < 12; no++)
        {
            var run = await InsertRun(job, plan);
            runs.Add(run);
            var view = await Load(run);
            for (var step = 0; step < 20; step++)
            {
                var moves = RandomMoves(view, random);
                if (Assert.Single(await Store.RunsApply([new RunMoves(run.Id, run.JobId, moves)], Stop)))
                    moves.ForEach(move => view.Apply(move));
            }
        }

        var told = await InsertJob(Make.Job() with { Notify = "whom" });
        var ended = await InsertEnded(told);
        await Store.NoticesWrite([new Happening(ended.Id, RunState.Running, Make.Noon, "whom")], [Hook("https://example.org/a", ended)], Stop);
        var watched = await InsertRun(told, Make.OneTask with { WarnAfterMs = 1000 });
        await Store.RunsApply([new RunMoves(watched.Id, told.Id, Make.WholeLife(watched)[0].Moves, Watched: Make.OneTask with { WarnAfterMs = 1000 })], Stop);
        var repaired = await InsertEnded(job);
        await Store.RunRepair(RepairOf(repaired, await Load(repaired), 0), Stop);
        await Store.ClusterPut(new Cluster { Id = "c", OwnerId = alice.Id, Settings = "{}", Running = true, CreatedAt = Make.Noon, ChangedAt = Make.Noon, ChangedBy = "x" }, Stop);
        var batch = await InsertBatch(job, 3);
        Assert.True((await Store.BatchGrow(batch.Id, 0, RunsOf(batch, job, 0, 2), Stop)).Grown);
        // What is deleted leaves marks and a token.
        var gone = Make.Run(job, token: "gone");
        await Insert(gone);
        await Live(gone);
        Assert.True(await Store.RunDelete(gone.Id, Stop));
        return ([.. runs.Select(run => run.Id), repaired.Id, ended.Id], job);
    }

    /// <summary>A way into a database on which one number is changed.</summary>
    private sealed class Faulty(IStoreTables inner) : IStoreTables
    {
        public string Name => inner.Name;

        public Task<IReadOnlyList<StoreTable>> Tables(CancellationToken stop) => inner.Tables(stop);

        public Task<long> Count(StoreTable table, CancellationToken stop) => inner.Count(table, stop);

        public Task<IReadOnlyList<object?[]>> Read(StoreTable table, IReadOnlyList<object?>? after, int limit, CancellationToken stop) => inner.Read(table, after, limit, stop);

        public Task<long> LastNumber(StoreTable table, CancellationToken stop) => inner.LastNumber(table, stop);

        public Task Write(StoreTable table, IReadOnlyList<object?[]> rows, CancellationToken stop) => inner.Write(
            table, table.Name != "events" ? rows : [.. rows.Select(row => row.Select((value, no) => table.Columns[no] == "at" ? (long)value! + 1 : value).ToArray())], stop);

        public Task GoOnAbove(StoreTable table, long number, CancellationToken stop) => inner.GoOnAbove(table, number, stop);

        public Task Keep(CancellationToken stop) => inner.Keep(stop);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
