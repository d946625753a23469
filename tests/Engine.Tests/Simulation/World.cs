using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Core.Jobs;
using Switchyard.Core.Notifications;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Stores.Sqlite;
using Xunit;

namespace Switchyard.Engine.Tests.Simulation;

/// <summary>
/// One world from one seed: an engine whose loops are stepped by hand over a real store that fails now and then, a far
/// side that is lost and found, restarts, requests. Chaos first, then a world in which everything works: then all must end.
/// </summary>
internal sealed class World : IAsyncDisposable
{
    private const int CalmSteps = 3_000;
    private readonly string _directory = Directory.CreateTempSubdirectory("yard-simulation-").FullName;
    private readonly ManualTime _time = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly Random _random;
    private readonly int _seed;
    private readonly FarSide _far;
    private readonly List<Job> _jobs = [];
    private readonly List<long> _acknowledged = [];
    private readonly List<Task> _asked = [];
    private readonly HashSet<Guid> _arrived = [];
    private SqliteStore _real = null!;
    private FaultyStore _faults = null!;
    private EngineHost _engine = null!;
    private int _restarts;

    public World(int seed)
    {
        (_seed, _random) = (seed, new Random(seed));
        _far = new FarSide(_random, _time) { MayStart = MayStart, MayForget = MayForget };
    }

    public async Task Live(int steps)
    {
        await Open();
        await MakeJobs();
        for (var step = 0; step < steps; step++)
        {
            _faults.Percent = _seed % 3 == 0 ? 0 : _random.Next(4) == 0 ? 30 : 3;
            await Chaos();
        }

        _faults.Percent = 0;
        if (!_far.Connected)
            _far.Connect();
        for (var step = 0; !await IsOver(); step++)
        {
            if (step > CalmSteps)
                Assert.Fail($"it does not end: {await Describe()}");
            await Calm();
        }

        await Judge();
    }

    public async ValueTask DisposeAsync()
    {
        await _real.DisposeAsync();
        Directory.Delete(_directory, true);
    }

    private async Task Open()
    {
        _real = await SqliteStore.Open(Path.Combine(_directory, "yard.db"), _time);
        await Begin();
    }

    private async Task Begin()
    {
        (var store, _faults) = FaultyStore.Over(_real, _seed + (1000 * _restarts));
        _engine = new EngineHost(store, _far, new EngineOptions { Capacity = new Resources(4) }, _time, NullLoggerFactory.Instance, carrier: new Carrier(this));
        _engine.Add(new ChildPlanner());
        _engine.Add(new NoticeTests.OneEach());
        await _engine.Recover(default);
        await _far.Open(default);
    }

    /// <summary>The server is killed and another one begins, over the same file and the same far side.</summary>
    private async Task Restart()
    {
        _restarts++;
        _far.Forget();
        _asked.Clear();
        await _real.DisposeAsync();
        await Open();
    }

    private async Task MakeJobs()
    {
        foreach (var (limit, queue) in ((int, bool)[])[(0, true), (1, true), (2, false)])
        {
            _jobs.Add(new Job
            {
                Id = _engine.NextId(),
                Dialect = "test",
                Name = $"job{_jobs.Count}",
                OwnerId = 1,
                Settings = "{}",
                MaxConcurrent = limit,
                QueueWhenFull = queue,
                Notify = _jobs.Count == 1 ? "http://a.example/" : null,
                CreatedAt = _time.GetUtcNow(),
                ChangedAt = _time.GetUtcNow(),
            });
        }

        await _real.JobsInsert(_jobs, default);
    }

    private async Task Chaos()
    {
        switch (_random.Next(100))
        {
            case < 8:
                await Submit();
                break;
            case < 30:
                Hear(wild: true);
                break;
            case < 40:
                _far.EndOne(_random.Next(3) == 0 ? 1 : 0);
                break;
            case < 43:
                _far.StopOne();
                break;
            case < 46:
                _far.Break();
                break;
            case < 50 when !_far.Connected:
                _far.Connect();
                break;
            case < 51:
                _far.Die();
                break;
            case < 52:
                await Restart();
                break;
            case < 55:
                await Ask();
                break;
            case < 60:
                _time.Advance(TimeSpan.FromSeconds(_random.Next(25)));
                break;
            default:
                await StepAll();
                break;
        }
    }

    private async Task Calm()
    {
        while (Hear(wild: false))
        {
        }

        var due = await StepAll();
        if (_far.StopOne() || _far.EndOne(0))
            return;
        if (due is { } next && next > _time.GetUtcNow())
            _time.Advance(next - _time.GetUtcNow());
    }

    private bool Hear(bool wild)
    {
        if (_far.Next(wild) is not { } signal)
            return false;
        _engine.Hear(signal);
        return true;
    }

    /// <summary>Steps every loop once. The Children wait for what the Conductor commits, so it is stepped while they do.</summary>
    private async Task<DateTimeOffset?> StepAll()
    {
        DateTimeOffset? due = null;
        foreach (var loop in _engine.Loops)
        {
            var step = Step(loop);
            while (loop.Name == "Children" && !step.IsCompleted)
            {
                await Step(_engine.Loops[0]);
                await Task.WhenAny(step, Task.Delay(1));
            }

            if (await step is { } next && (due is null || next < due))
                due = next;
        }

        return due;
    }

    private async Task<DateTimeOffset?> Step(Loops.ILoop loop)
    {
        try
        {
            return await loop.Step(_time.GetUtcNow(), default);
        }
        catch (StoreUnavailable)
        {
            // The runner would back off and try again.
            return _time.GetUtcNow();
        }
    }

    private async Task Submit()
    {
        var job = _jobs[_random.Next(_jobs.Count)];
        var plan = RandomPlan.Of(_random, _jobs[0].Id);
        try
        {
            var result = await _engine.Submit(EngineFixture.RequestOf(plan, job) with { TimeoutMs = _random.Next(5) == 0 ? 90_000 : 0 }, default);
            if (result.Ok(out var inserted, out _))
                _acknowledged.Add(inserted.RunId);
        }
        catch (StoreUnavailable)
        {
            // Not acknowledged.
        }
    }

    /// <summary>A request of a user: what is acknowledged must be durable at that moment.</summary>
    private async Task Ask()
    {
        if (_acknowledged.Count == 0)
            return;
        var run = _acknowledged[_random.Next(_acknowledged.Count)];
        var asked = Asked(run);
        for (var tries = 0; !asked.IsCompleted && tries < 200; tries++)
        {
            await Step(_engine.Loops[0]);
            await Task.WhenAny(asked, Task.Delay(1));
        }

        Assert.True(asked.IsCompleted, $"a cancel was never answered: {await Describe()}");
        await asked;
    }

    private async Task Asked(long run)
    {
        try
        {
            Assert.Null(await _engine.Cancel(run, EngineFixture.Alice, default));
        }
        catch (StoreUnavailable)
        {
            return;
        }

        var state = (await _real.RunGet(run, default))!.State;
        Assert.True(state == RunState.Cancelling || state.IsEnd(), $"run {run} is {state} after its cancel was acknowledged");
    }

    private async Task MayStart(long attempt)
    {
        var row = await _real.AttemptGet(attempt, default) ?? throw new InvalidOperationException($"attempt {attempt} is started and not stored");
        var run = (await _real.RunGet(row.RunId, default))!;
        if (run.State.IsEnd())
            throw new InvalidOperationException($"attempt {attempt} is started after run {row.RunId} ended as {run.State}");
        if (row.State != TaskState.Starting || !row.Current)
            throw new InvalidOperationException($"attempt {attempt} is started and stored as {row.State}");
    }

    private async Task MayForget(long attempt)
    {
        if (await _real.AttemptGet(attempt, default) is { Current: true } row && !row.State.IsEnd())
            throw new InvalidOperationException($"the end of attempt {attempt} was acknowledged and it is stored as {row.State}");
    }

    private async Task<bool> IsOver() =>
        _far.IsEmpty && (await _real.RunsOpen(0, 1, default)).Count == 0 && (await _real.Happenings(1, default)).Count == 0 && (await _real.NoticeLanes(default)).Count == 0;

    private async Task Judge()
    {
        var runs = await _real.RunsList(new RunQuery(100_000), default);
        Assert.Empty(_acknowledged.Except(runs.Select(run => run.Id)));
        foreach (var run in runs)
        {
            var events = await _real.EventsOfRun(run.Id, 0, 100_000, default);
            Assert.Equal(run.State.ToString(), events[^1].To);
            Assert.Null(events[^1].Task);
            Assert.All(
                events.Where(e => e is { AttemptId: not null, To: nameof(TaskState.Running) }).GroupBy(e => e.AttemptId), starts => Assert.Single(starts));
            Assert.All(await _real.AttemptsOfRun(run.Id, default), attempt => Assert.True(attempt.State.IsEnd(), $"attempt {attempt.Id} of an ended run is {attempt.State}"));
        }

        foreach (var run in runs)
        {
            var notices = await _real.NoticesOfRun(run.Id, default);
            string[] told = run.StartedAt is null ? [run.State.ToString()] : [nameof(RunState.Running), run.State.ToString()];
            Assert.Equal(run.JobId == _jobs[1].Id ? told : [], notices.Select(notice => notice.What));
            Assert.All(notices, notice => Assert.Equal((NoticeState.Delivered, true), (notice.State, _arrived.Contains(notice.Id))));
        }

        foreach (var job in _jobs)
        {
            var recount = runs.Where(run => run.JobId == job.Id).GroupBy(run => run.State).ToDictionary(group => group.Key, group => (long)group.Count());
            var counters = (await _real.JobCounters(job.Id, default)).Where(entry => entry.Value != 0);
            Assert.Equal(recount.OrderBy(entry => entry.Key), counters.OrderBy(entry => entry.Key));
        }

        var numbers = _engine.Read();
        Assert.Equal((0, 0), (numbers.LivingRuns, numbers.Placed));
    }

    private async Task<string> Describe()
    {
        var lines = new List<string> { $"seed {_seed}, {_restarts} restarts, {_far.Describe()}" };
        foreach (var id in await _real.RunsOpen(0, 10, default))
        {
            var run = (await _real.RunGet(id, default))!;
            lines.Add($"run {id} {run.State} {run.Reason}");
            lines.AddRange((await _real.AttemptsOfRun(id, default)).Select(a => $"  {a.TaskKey}/{a.Index} {a.Id} {a.State} {a.Reason} stopping {a.Stopping} child {a.ChildRunId} due {a.DueAt}"));
        }

        return string.Join('\n', lines);
    }

    /// <summary>Loses some of what it is given.</summary>
    private sealed class Carrier(World world) : ICarrier
    {
        // At once, within the step: what a seed leads to must be the same each time.
        public Task<Carried> Carry(Notice notice, CancellationToken stop)
        {
            if (world._random.Next(4) == 0)
                return Task.FromResult(new Carried("it is raining"));
            // Again only where a fault or a restart kept its arrival from being noted.
            if (!world._arrived.Add(notice.Id) && world._restarts == 0 && world._faults.Drawn == 0)
                throw new InvalidOperationException($"notice {notice.Id} is sent twice");
            return Task.FromResult(new Carried(null));
        }
    }

    /// <summary>Plans every child as one command.</summary>
    private sealed class ChildPlanner : IPlanner
    {
        public string Dialect => "test";

        public Task<Result<RunRequest>> Plan(Job job, PlanInputs inputs, CancellationToken stop) =>
            Task.FromResult<Result<RunRequest>>(EngineFixture.RequestOf(EngineFixture.Plan(EngineFixture.Node("child")), job));
    }
}
