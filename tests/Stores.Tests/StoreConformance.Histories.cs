using System.Globalization;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Xunit;

namespace Switchyard.Stores.Tests;

public abstract partial class StoreConformance
{
    /// <summary>Random legal and stale moves, many at once: what is stored is always what the rules' own view says.</summary>
    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(4)]
    public async Task Random_histories_leave_the_same_state_as_in_memory_and_true_counters(int seed)
    {
        var random = new Random(seed);
        var plan = new Plan { Tasks = [Make.Command("a", 2), Make.ForEach("each"), Make.Command("b")] };
        var jobs = new[] { await InsertJob(), await InsertJob(), await InsertJob() };
        var runs = new List<NewRun>();
        for (var i = 0; i < 15; i++)
            runs.Add(await InsertRun(jobs[i % 3], plan));
        var views = (await Store.RunsLoad([.. runs.Select(run => run.Id)], Stop)).ToDictionary(view => view.Head.Id);

        for (var step = 0; step < 60; step++)
        {
            var sets = runs.Where(_ => random.Next(3) == 0).Select(run => (Run: run, Moves: RandomMoves(views[run.Id], random), Stale: random.Next(5) == 0)).ToList();
            var answers = await Task.WhenAll(sets.Chunk(3).Select(chunk => Store.RunsApply(
                [.. chunk.Select(set => new RunMoves(set.Run.Id, set.Run.JobId, set.Stale ? [.. set.Moves, Make.TaskMove(5, TaskState.Blocked, TaskState.Ready)] : set.Moves))], Stop)));
            foreach (var (set, applied) in sets.Zip(answers.SelectMany(answer => answer)))
            {
                Assert.Equal(!set.Stale, applied);
                foreach (var move in set.Moves.Where(_ => applied))
                    views[set.Run.Id].Apply(move);
            }
        }

        foreach (var loaded in await Store.RunsLoad([.. runs.Select(run => run.Id)], Stop))
            Assert.Equal(Picture(views[loaded.Head.Id]), Picture(loaded));
        await Reopen();
        foreach (var job in jobs)
        {
            var recount = (await Store.RunsList(new RunQuery(1000, JobId: job.Id), Stop)).GroupBy(run => run.State).ToDictionary(group => group.Key, group => (long)group.Count());
            Assert.Equal(recount.OrderBy(entry => entry.Key), (await Store.JobCounters(job.Id, Stop)).OrderBy(entry => entry.Key));
        }

        var active = (await Store.RunsList(new RunQuery(1000), Stop)).Where(run => run.State.IsActive()).GroupBy(run => run.JobId).ToDictionary(group => group.Key, group => group.Count());
        Assert.Equal(active.OrderBy(entry => entry.Key), (await Store.RunsActiveByJob(Stop)).OrderBy(entry => entry.Key));
    }

    /// <summary>Some legal moves of a run in its present state, each following from the one before.</summary>
    private protected List<Move> RandomMoves(RunView view, Random random)
    {
        var moves = new List<Move>();
        var at = Make.Noon.AddSeconds(random.Next(10_000));
        if (random.Next(3) == 0 && Pick(LegalMoves.OfRuns.Where(legal => legal.From == view.Head.State)) is { } run)
            moves.Add(new Move.OfRun(run.From, run.To, at, Why()) { DueAt = random.Next(2) == 0 ? at : null, Round = random.Next(4) == 0 ? view.Head.Round + 1 : null });

        foreach (var instance in view.Instances.Where(_ => random.Next(2) == 0))
        {
            var (state, attempt, number) = (instance.State, instance.AttemptId, instance.Attempt);
            if (state.IsEnd() && random.Next(4) == 0)
            {
                moves.Add(new Move.Reopen(instance.Task, instance.Index, attempt, state, attempt = Make.Id(), ++number, at, Why()));
                state = TaskState.Blocked;
            }
            else if (instance.Stopping is null && !state.IsEnd() && random.Next(6) == 0)
            {
                moves.Add(new Move.Stopping(instance.Task, instance.Index, attempt, at, Why()));
            }

            for (var more = random.Next(4); more > 0 && Pick(LegalMoves.OfTasks.Where(legal => legal.From == state)) is { } legal; more--)
            {
                var move = new Move.OfTask(instance.Task, instance.Index, attempt, legal.From, legal.To, at, Why())
                {
                    Node = Maybe("node"),
                    Handle = Maybe("handle"),
                    ExitCode = random.Next(3) == 0 ? random.Next(255) : null,
                    ChildRunId = random.Next(5) == 0 ? 9 : null,
                    Branch = random.Next(5) == 0 ? random.Next(2) == 0 : null,
                };
                if (legal.To == TaskState.WaitingForRetry)
                    move = move with { Next = new NextAttempt(TaskState.Failed, attempt = Make.Id(), ++number, random.Next(3), random.Next(3), at.AddSeconds(1)) };
                moves.Add(move);
                state = legal.To;
            }

            if (instance.Index == InstanceView.HeadIndex && !state.IsEnd() && view.NodeList[instance.Task].Instances.Count == 0 && random.Next(2) == 0)
                moves.Add(new Move.Expand(instance.Task, [.. Enumerable.Range(0, 3).Select(i => (Make.Id(), i.ToString(CultureInfo.InvariantCulture)))], at));
        }

        return moves;

        Reason Why() => new((ReasonCode)random.Next(20), $"because {random.Next(100)}");

        string? Maybe(string text) => random.Next(3) == 0 ? $"{text}{random.Next(9)}" : null;

        T? Pick<T>(IEnumerable<T> from)
            where T : struct
        {
            var all = from.ToList();
            return all.Count == 0 ? null : all[random.Next(all.Count)];
        }
    }

    [Fact]
    public async Task Everything_is_there_after_the_store_is_opened_again()
    {
        var run = await InsertRun();
        await Live(run);
        var open = await InsertRun();
        await Store.SettingPutIfAbsent("key", "one", Stop);
        var (row, picture, last, highest) = (await Store.RunGet(run.Id, Stop), Picture(await Load(open)), await Store.EventsLast(Stop), await Store.HighestId(Stop));

        await Reopen();
        Assert.Equal(row, await Store.RunGet(run.Id, Stop));
        Assert.Equal(picture, Picture(await Load(open)));
        Assert.Equal(last, await Store.EventsLast(Stop));
        Assert.Equal(highest, await Store.HighestId(Stop));
        Assert.Equal("one", await Store.SettingGet("key", Stop));
        await Store.Check(Stop);
    }

    [Fact]
    public async Task The_highest_id_counts_jobs_runs_and_attempts_old_and_new()
    {
        Assert.Equal(0, await Store.HighestId(Stop));
        var job = await InsertJob();
        Assert.Equal(job.Id, await Store.HighestId(Stop));
        var run = await InsertRun(job);
        Assert.Equal(run.AttemptIds[0][0], await Store.HighestId(Stop));
    }

    [Fact]
    public async Task A_write_that_throws_takes_back_its_own_rows_and_no_other()
    {
        var job = await InsertJob();
        var twice = Make.Run(job);
        var wrong = Make.Run(job) with { AttemptIds = [] };
        var good = Enumerable.Range(0, 20).Select(_ => Make.Run(job)).ToList();
        var writes = good.Take(10).Select(Insert).Append(Store.RunsInsert([twice, twice], Stop).ContinueWith(t => t.Result[0], Stop, TaskContinuationOptions.None, TaskScheduler.Default))
            .Append(Insert(wrong)).Concat(good.Skip(10).Select(Insert)).ToList();
        await Task.WhenAll(writes).ContinueWith(_ => { }, Stop, TaskContinuationOptions.None, TaskScheduler.Default);

        Assert.Equal(2, writes.Count(write => write.IsFaulted));
        Assert.Equal(good.Select(run => run.Id).Order(), (await Store.RunsOpen(0, 100, Stop)));
        Assert.Equal(new Dictionary<RunState, long> { [RunState.Queued] = 20 }, await Store.JobCounters(job.Id, Stop));
        Assert.Equal(21, (await Insert(Make.Run(job))).Value!.NumberInJob);
    }

    [Fact]
    public async Task A_caller_who_left_before_the_turn_came_changes_nothing()
    {
        var job = await InsertJob();
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.RunsInsert([Make.Run(job)], gone.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.RunGet(1, gone.Token));
        Assert.Empty(await Store.RunsOpen(0, 10, Stop));
    }
}
