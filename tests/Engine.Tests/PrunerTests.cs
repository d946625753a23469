using Microsoft.Extensions.Logging.Abstractions;
using Switchyard.Core.Execution;
using Switchyard.Core.Runs;
using Switchyard.Core.Text;
using Switchyard.Engine.Tests.Simulation;
using Switchyard.Stores.Sqlite;
using Xunit;

namespace Switchyard.Engine.Tests;

/// <summary>What ended long ago goes, with its files, and nothing before its time.</summary>
public sealed class PrunerTests : IAsyncLifetime
{
    private static readonly TimeSpan Keep = TimeSpan.FromDays(60);
    private readonly ManualTime _time = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly string _directory = Directory.CreateTempSubdirectory("yard-pruner-").FullName;
    private readonly Files _files = new();
    private readonly ScriptedExecutor _executor = new();
    private SqliteStore _store = null!;
    private EngineHost _engine = null!;

    public async ValueTask InitializeAsync()
    {
        _store = await SqliteStore.Open(Path.Combine(_directory, "yard.db"), _time);
        _engine = new EngineHost(_store, _executor, new EngineOptions { Retention = Keep }, _time, NullLoggerFactory.Instance, _files);
        await _engine.Recover(default);
        _engine.Hear(new ExecutorSync(new HashSet<long>()));
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        await _store.DisposeAsync();
        await _executor.DisposeAsync();
        Directory.Delete(_directory, true);
    }

    [Fact]
    public async Task A_run_is_deleted_with_its_files_when_its_time_is_over_and_not_before()
    {
        var old = await Run("first");
        _time.Advance(TimeSpan.FromDays(10));
        var young = await Run("second");
        var living = await Submit("third");
        var attempts = (await _store.AttemptsOfRun(old, default)).Select(attempt => attempt.Id).ToList();
        var due = await Step();
        Assert.Equal(old, (await _store.RunGet(old, default))!.Id);
        Assert.Equal((await _store.RunGet(old, default))!.EndedAt + Keep, due);

        _time.Advance(due!.Value - _time.GetUtcNow());
        due = await Step();
        Assert.Null(await _store.RunGet(old, default));
        Assert.Equal(attempts, _files.Removed);
        Assert.Equal((await _store.RunGet(young, default))!.EndedAt + Keep, due);
        // Its token still stands for it.
        var again = await _engine.Submit(EngineFixture.RequestOf(EngineFixture.Plan(EngineFixture.Node("a")), (await _store.JobsList(new(10), default))[0]) with { IdempotencyToken = "first" }, default);
        Assert.False(again.Ok(out _, out var refusal));
        Assert.Equal(RefusalCode.Invalid, refusal!.Code);

        _time.Advance(TimeSpan.FromDays(1000));
        await Step();
        Assert.Null(await _store.RunGet(young, default));
        Assert.Equal(RunState.Queued, (await _store.RunGet(living, default))!.State);
    }

    [Fact]
    public async Task Many_go_in_small_batches_one_a_step()
    {
        for (var i = 0; i < Pruner.Batch + 3; i++)
            await Run($"{i}");
        _time.Advance(Keep);
        Assert.Equal(_time.GetUtcNow(), await Step());
        Assert.Equal(3, (await _store.RunsList(new RunQuery(1000), default)).Count);
        Assert.Equal(_time.GetUtcNow() + Keep, await Step());
        Assert.Empty(await _store.RunsList(new RunQuery(1000), default));
    }

    [Fact]
    public async Task Without_a_retention_nothing_goes_and_nothing_is_waited_for()
    {
        await Run("kept");
        _time.Advance(TimeSpan.FromDays(100_000));
        Assert.Null(await new Pruner(_store, _files, TimeSpan.Zero, NullLogger.Instance).Step(_time.GetUtcNow(), default));
        Assert.Single(await _store.RunsList(new RunQuery(1000), default));
    }

    private ValueTask<DateTimeOffset?> Step() => _engine.Loops.OfType<Pruner>().Single().Step(_time.GetUtcNow(), default);

    private async Task<long> Submit(string token)
    {
        var jobs = await _store.JobsList(new(1), default);
        var job = jobs.Count > 0 ? jobs[0] : null;
        if (job is null)
        {
            job = new()
            {
                Id = _engine.NextId(),
                Dialect = "test",
                Name = "job",
                OwnerId = 1,
                Settings = "{}",
                CreatedAt = _time.GetUtcNow(),
                ChangedAt = _time.GetUtcNow(),
            };
            await _store.JobsInsert([job], default);
        }

        var result = await _engine.Submit(EngineFixture.RequestOf(EngineFixture.Plan(EngineFixture.Node("a")), job) with { IdempotencyToken = token }, default);
        return result.Value!.RunId;
    }

    private async Task<long> Run(string token)
    {
        var run = await Submit(token);
        var conductor = _engine.Loops[0];
        for (var steps = 0; steps < 20 && !(await _store.RunGet(run, default))!.State.IsEnd(); steps++)
        {
            await conductor.Step(_time.GetUtcNow(), default);
            while (_executor.Reports.TryRead(out var signal))
                _engine.Hear(signal);
        }

        Assert.Equal(RunState.Succeeded, (await _store.RunGet(run, default))!.State);
        return run;
    }

    private sealed class Files : IAttemptFiles
    {
        public List<long> Removed { get; } = [];

        public IReadOnlyList<string> Remove(IReadOnlyList<long> attemptIds)
        {
            Removed.AddRange(attemptIds);
            return [];
        }
    }
}
