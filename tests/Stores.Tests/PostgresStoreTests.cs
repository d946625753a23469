using System.Diagnostics;
using System.Globalization;
using Switchyard.Core.Jobs;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Stores.Postgres;
using Switchyard.Tests;
using Xunit;

namespace Switchyard.Stores.Tests;

/// <summary>The conformance suite on PostgreSQL, and what only several servers on one database can go through.</summary>
public sealed class PostgresStoreTests : StoreConformance
{
    /// <summary>The number of the lock by which servers take turns, written out: servers of different versions must mean the same.</summary>
    private const long Turn = 0x5977_6172_6401;

    private static readonly Lazy<Task<string>> Template = new(MakeTemplate);

    private PostgresCluster _cluster = null!;
    private string _database = "";

    private string Connection => _cluster.Connection(_database);

    private protected override StorePlace Here => new(null, PostgresAddress.Read(Connection));

    protected override async Task<IStore> Open()
    {
        Assert.SkipWhen(PostgresCluster.Missing is not null, PostgresCluster.Missing ?? "");
        _cluster = await PostgresCluster.Shared;
        if (_database.Length == 0)
            _database = await _cluster.Create(await Template.Value);
        return await Another();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_database.Length > 0)
            await _cluster.Drop(_database);
    }

    [Fact]
    public async Task A_text_may_hold_a_nul_and_what_stands_for_it()
    {
        foreach (var name in (string[])["a\0b", "\0", "\u0001", "\u0001\0\u0002", "\u0001\u0001"])
        {
            var job = await InsertJob(Make.Job(name));
            Assert.Equal(name, (await Store.JobGet(job.Id, Stop))!.Name);
            Assert.Equal([job.Id], (await Store.JobsList(new JobQuery(10) { Name = name }, Stop)).Select(found => found.Id));
        }
    }

    [Fact]
    public async Task A_closed_store_takes_nothing_more()
    {
        var store = await Another();
        var reads = Enumerable.Range(0, 50).Select(_ => Task.Run(() => store.EventsLast(Stop))).ToList();
        await store.DisposeAsync();
        await store.DisposeAsync();
        await Task.WhenAll(reads).ContinueWith(_ => { }, Stop, TaskContinuationOptions.None, TaskScheduler.Default);
        Assert.All(reads, read => Assert.True(read.IsCompletedSuccessfully || read.Exception!.InnerException is ObjectDisposedException));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.RunGet(1, Stop));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.RunSetTimeout(1, 1, Stop));
    }

    [Fact]
    public async Task A_newer_schema_is_refused_with_what_to_do()
    {
        await _cluster.Ask(_database, "insert into schema_version (version, name, applied_at) values (999, 'from the future', 0)");
        var refusal = await Assert.ThrowsAsync<StoreUnavailable>(Another);
        Assert.Equal(StoreTrouble.NewerSchema, refusal.Trouble);
        Assert.Contains("schema version 999", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("newer program", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Servers_that_start_at_once_bring_an_empty_database_forward_once()
    {
        var empty = await _cluster.Create();
        var stores = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => PostgresStore.Open(_cluster.Connection(empty), TimeProvider.System, Stop))));
        Assert.Equal("1", await _cluster.Ask(empty, "select count(*) from schema_version where version = 1"));
        var job = Make.Job();
        await stores[0].JobsInsert([job], Stop);
        Assert.NotNull(await stores[5].JobGet(job.Id, Stop));
        foreach (var store in stores)
            await store.DisposeAsync();
        await _cluster.Drop(empty);
    }

    [Fact]
    public async Task Every_acknowledged_write_of_two_servers_survives_their_kill_and_they_begin_an_empty_database_together()
    {
        var empty = await _cluster.Create();
        var children = new[] { 1, 2 }.Select(no =>
        {
            var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
            if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
                start.ArgumentList.Add(typeof(PostgresStoreTests).Assembly.Location);
            foreach (var argument in (string[])["write-until-killed", _cluster.Connection(empty), $"{no}00000000000000"])
                start.ArgumentList.Add(argument);
            return Process.Start(start)!;
        }).ToList();
        var acknowledged = new HashSet<long>();
        foreach (var child in children)
        {
            for (var lines = 0; lines < 200; lines++)
                acknowledged.Add(long.Parse((await child.StandardOutput.ReadLineAsync(Stop))!, CultureInfo.InvariantCulture));
        }

        foreach (var child in children)
        {
            child.Kill();
            while (await child.StandardOutput.ReadLineAsync(Stop) is { Length: > 0 } line)
            {
                // What was cut off in the middle of a line was not heard.
                if (line.Length >= 15)
                    acknowledged.Add(long.Parse(line, CultureInfo.InvariantCulture));
            }

            await child.WaitForExitAsync(Stop);
            child.Dispose();
        }

        await using (var store = await PostgresStore.Open(_cluster.Connection(empty), TimeProvider.System, Stop))
        {
            var runs = await store.RunsList(new RunQuery(100_000), Stop);
            Assert.Superset(acknowledged, runs.Where(run => run.State == RunState.Succeeded).Select(run => run.Id).ToHashSet());
            foreach (var jobs in runs.GroupBy(run => run.JobId))
            {
                var recount = jobs.GroupBy(run => run.State).ToDictionary(group => group.Key, group => (long)group.Count());
                Assert.Equal(recount.OrderBy(entry => entry.Key), (await store.JobCounters(jobs.Key, Stop)).OrderBy(entry => entry.Key));
            }
        }

        await _cluster.Drop(empty);
    }

    [Fact]
    public async Task A_server_that_stopped_while_it_sent_its_turn_does_not_keep_the_others_from_theirs()
    {
        // To the database a client in the middle of a copy is what one in the middle of a long batch is: busy, and to be waited for.
        await using var stopped = new Npgsql.NpgsqlConnection(Connection);
        await stopped.OpenAsync(Stop);
        await using (var turn = new Npgsql.NpgsqlCommand($"begin; select pg_advisory_xact_lock({Turn})", stopped))
            await turn.ExecuteNonQueryAsync(Stop);
        var rest = await stopped.BeginTextImportAsync("copy notes (kind, subject, body) from stdin", Stop);
        await rest.WriteAsync("late\t1\tcame after all\n");

        var id = await Store.NotePut("look", 1, "", Stop);

        await Assert.ThrowsAnyAsync<Exception>(async () => await rest.DisposeAsync());
        Assert.Equal([id], (await Store.Notes(0, 10, Stop)).Select(note => note.Id));
    }

    [Fact]
    public async Task A_write_with_the_fence_of_a_leader_that_was_followed_changes_nothing()
    {
        await using var other = await Another();
        var job = await InsertJob();
        var run = await InsertRun(job);
        var before = await Load(run);
        var events = await Store.EventsLast(Stop);
        var lease = (await Store.LeaseTake("leader", "a", "a1", Long, Stop))!;
        var fenced = Store.Fenced(lease);
        Assert.Null(await other.LeaseTake("leader", "b", "b1", Long, Stop));
        await other.LeaseTake("leader", "a", "a2", Long, Stop);

        await Fenced(() => fenced.RunsApply([Make.WholeLife(run)[0]], Stop));
        await Fenced(() => fenced.RunsInsert([Make.Run(job)], Stop));
        await Fenced(() => fenced.JobDelete(job.Id, Make.Noon, Stop));
        await Fenced(() => fenced.NotesDone([(1, null)], Stop));
        await Fenced(() => fenced.RunSetTimeout(run.Id, 1, Stop));
        Assert.Equal(Picture(before), Picture(await Load(run)));
        Assert.Equal(events, await Store.EventsLast(Stop));
        Assert.NotNull(await fenced.JobGet(job.Id, Stop));
        await fenced.DisposeAsync();
        Assert.True(await Apply(run, [.. Make.WholeLife(run)[0].Moves]));

        static async Task Fenced(Func<Task> write) => Assert.Equal(StoreTrouble.Fenced, (await Assert.ThrowsAsync<StoreUnavailable>(write)).Trouble);
    }

    [Fact]
    public async Task A_write_under_a_lease_that_lapsed_changes_nothing_though_nobody_took_it()
    {
        var job = await InsertJob();
        var fenced = Store.Fenced((await Store.LeaseTake("leader", "a", "a1", TimeSpan.Zero, Stop))!);
        Assert.Equal(StoreTrouble.Fenced, (await Assert.ThrowsAsync<StoreUnavailable>(() => fenced.JobDelete(job.Id, Make.Noon, Stop))).Trouble);
        Assert.NotNull(await Store.JobGet(job.Id, Stop));
    }

    [Fact]
    public async Task Writes_of_a_fenced_leader_fail_beside_others_that_are_kept()
    {
        var lease = (await Store.LeaseTake("leader", "a", "a1", Long, Stop))!;
        await Store.LeaseTake("leader", "a", "a2", Long, Stop);
        var fenced = Store.Fenced(lease);
        var jobs = Enumerable.Range(0, 40).Select(_ => Make.Job()).ToList();
        var writes = jobs.Select((job, no) => (no % 2 == 0 ? Store : fenced).JobsInsert([job], Stop)).ToList();
        for (var no = 0; no < jobs.Count; no++)
        {
            if (no % 2 == 0)
                await writes[no];
            else
                Assert.Equal(StoreTrouble.Fenced, (await Assert.ThrowsAsync<StoreUnavailable>(() => writes[no])).Trouble);
            Assert.Equal(no % 2 == 0, await Store.JobGet(jobs[no].Id, Stop) is not null);
        }
    }

    [Fact]
    public async Task A_run_that_a_server_inserts_which_does_not_lead_leaves_the_leader_a_note()
    {
        var run = await InsertRun();
        var note = Assert.Single(await Store.Notes(0, 10, Stop));
        Assert.Equal((LeaderNote.RunKind, run.Id), (note.Kind, note.Subject));
        await Store.NotesDone([(note.Id, null)], Stop);
        var lease = (await Store.LeaseTake("leader", "a", "a1", Long, Stop))!;
        Assert.True((await Store.Fenced(lease).RunsInsert([Make.Run(await InsertJob())], Stop))[0].Ok(out _, out _));
        Assert.Empty(await Store.Notes(0, 10, Stop));
    }

    [Fact]
    public async Task A_run_of_many_tasks_is_read_from_its_note_unless_something_has_happened_to_it()
    {
        var plan = new Plan { Tasks = [Make.Command("many", LeaderNote.Many), Make.ForEach("each")] };
        var (fresh, moved, small) = (await InsertRun(plan: plan), await InsertRun(plan: plan), await InsertRun());
        Assert.True(Assert.Single(await Store.RunsApply([new RunMoves(moved.Id, moved.JobId, [Make.RunMove(RunState.Queued, RunState.Waiting), Make.TaskMove(moved.AttemptIds[0][0], TaskState.Blocked, TaskState.Ready)])], Stop)));
        var notes = await Store.Notes(0, 10, Stop);
        Assert.Equal([true, true, false], notes.Select(note => note.Body.Length > 0));

        var read = (await Store.RunsLoad(notes, Stop)).ToDictionary(run => run.Head.Id, Picture);

        Assert.Equal(3, read.Count);
        foreach (var run in (NewRun[])[fresh, moved, small])
            Assert.Equal(Picture(await Load(run)), read[run.Id]);
    }

    [Fact]
    public async Task Signals_reach_the_other_servers()
    {
        await using var other = await Another();
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var listener = Listener.To(other, leaving.Token);
        await listener.Hears(StoreSignal.All);
        await Store.Signal(new StoreSignal("projects", 12), Stop);
        await listener.Hears(new StoreSignal("projects", 12));
        var run = await InsertRun();
        await listener.Hears(StoreSignal.Events);
        await Apply(run, [.. Make.WholeLife(run)[0].Moves]);
        await listener.Hears(StoreSignal.Events);
        var id = await Store.NotePut("look", 1, "", Stop);
        await listener.Hears(StoreSignal.Notes);
        await Store.NotesDone([(id, null)], Stop);
        await listener.Hears(StoreSignal.Notes);
        await leaving.CancelAsync();
        await listener.Ended;
    }

    [Fact]
    public async Task Events_are_read_in_order_and_whole_while_several_servers_write()
    {
        await using var second = await Another();
        await using var third = await Another();
        var stores = (IStore[])[Store, second, third];
        var made = await Task.WhenAll(stores.Select(async store =>
        {
            var job = Make.Job();
            await store.JobsInsert([job], Stop);
            return job;
        }));
        using var done = new CancellationTokenSource();
        var follower = Task.Run(async () =>
        {
            var (seen, last) = (new List<long>(), 0L);
            while (true)
            {
                var ended = done.IsCancellationRequested;
                var page = await second.EventsAfter(last, 100, Stop);
                seen.AddRange(page.Select(row => row.Seq));
                if (page.Count > 0)
                    last = page[^1].Seq;
                else if (ended)
                    return seen;
            }
        });
        await Task.WhenAll(stores.Zip(made).SelectMany(pair => Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (var no = 0; no < 40; no++)
            {
                var run = Make.Run(pair.Second);
                await pair.First.RunsInsert([run], Stop);
                foreach (var moves in Make.WholeLife(run))
                    Assert.Equal([true], await pair.First.RunsApply([moves], Stop));
            }
        }))));
        await done.CancelAsync();
        var followed = await follower;
        Assert.Equal(await _cluster.Ask(_database, "select string_agg(seq::text, ',' order by seq) from events"), string.Join(',', followed));
        foreach (var job in made)
            Assert.Equal(160, (await Store.JobCounters(job.Id, Stop))[RunState.Succeeded]);
    }

    [Fact]
    public async Task Servers_that_move_the_same_run_at_once_move_it_once()
    {
        await using var other = await Another();
        for (var round = 0; round < 20; round++)
        {
            var run = await InsertRun();
            var moves = Make.WholeLife(run)[0];
            var answers = await Task.WhenAll(Store.RunsApply([moves], Stop), other.RunsApply([moves], Stop));
            Assert.Single(answers.SelectMany(answer => answer), applied => applied);
        }
    }

    [Fact]
    public async Task Tokens_that_two_servers_hear_at_once_make_one_run()
    {
        await using var other = await Another();
        var job = await InsertJob();
        for (var round = 0; round < 20; round++)
        {
            var token = $"once-{round}";
            var answers = await Task.WhenAll(new[] { Store, other }.Select(store => store.RunsInsert([Make.Run(job, token: token)], Stop)));
            Assert.Single(answers.Select(answer => answer[0].Value!.RunId).Distinct());
        }

        Assert.Equal(20, (await Store.JobCounters(job.Id, Stop))[RunState.Queued]);
    }

    [Fact]
    public async Task A_database_that_went_away_is_used_again_when_it_is_back()
    {
        await using var cluster = await PostgresCluster.Start();
        await using var store = await PostgresStore.Open(cluster.Connection(await cluster.Create()), TimeProvider.System, Stop);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var listener = Listener.To(store, leaving.Token);
        await listener.Hears(StoreSignal.All);
        var job = Make.Job();
        await store.JobsInsert([job], Stop);

        await cluster.Stop();
        Assert.Equal(StoreTrouble.Unreachable, (await Assert.ThrowsAsync<StoreUnavailable>(() => store.JobGet(job.Id, Stop))).Trouble);
        Assert.Equal(StoreTrouble.Unreachable, (await Assert.ThrowsAsync<StoreUnavailable>(() => store.JobsInsert([Make.Job()], Stop))).Trouble);
        await cluster.Start();
        await listener.Hears(StoreSignal.All);
        Assert.NotNull(await store.JobGet(job.Id, Stop));
        await store.JobsInsert([Make.Job()], Stop);
        await store.Check(Stop);
        await leaving.CancelAsync();
        await listener.Ended;
    }

    [Fact]
    public async Task An_address_that_leads_nowhere_is_refused_with_what_to_do()
    {
        var refusal = await Assert.ThrowsAsync<StoreUnavailable>(() => PostgresStore.Open("Host=127.0.0.1;Port=1;Database=x;Username=x;Password=hidden", TimeProvider.System, Stop));
        Assert.Equal(StoreTrouble.Unreachable, refusal.Trouble);
        Assert.DoesNotContain("hidden", refusal.ToString(), StringComparison.Ordinal);
        Assert.Equal(StoreTrouble.Unreachable, (await Assert.ThrowsAsync<StoreUnavailable>(() => PostgresStore.Open(_cluster.Connection("none"), TimeProvider.System, Stop))).Trouble);
    }

    private async Task<PostgresStore> Another() => await PostgresStore.Open(Connection, TimeProvider.System, Stop);

    private static async Task<string> MakeTemplate()
    {
        var cluster = await PostgresCluster.Shared;
        var name = await cluster.Create();
        await (await PostgresStore.Open(cluster.Connection(name), TimeProvider.System)).DisposeAsync();
        return name;
    }
}
