using Switchyard.Core.Jobs;
using Switchyard.Core.Plans;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Xunit;

namespace Switchyard.Stores.Tests;

/// <summary>
/// What every store must do, whatever database is behind it. A store joins by inheriting this and saying how it is
/// opened; nothing in here knows which one it is.
/// </summary>
public abstract partial class StoreConformance : IAsyncLifetime
{
    private protected Make Make { get; } = new();

    private protected IStore Store { get; private set; } = null!;

    private protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Opens the store of this test: empty at first, later with the data of before.</summary>
    protected abstract Task<IStore> Open();

    public async ValueTask InitializeAsync() => Store = await Open();

    public virtual async ValueTask DisposeAsync()
    {
        // None was opened in a test that is skipped.
        if (Store is not null)
            await Store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected async Task Reopen()
    {
        await Store.DisposeAsync();
        Store = await Open();
    }

    private protected async Task<Job> InsertJob(Job? job = null)
    {
        job ??= Make.Job();
        await Store.JobsInsert([job], Stop);
        return job;
    }

    private protected async Task<NewRun> InsertRun(Job? job = null, Plan? plan = null)
    {
        var run = Make.Run(job ?? await InsertJob(), plan);
        Assert.True((await Insert(run)).Ok(out _, out _));
        return run;
    }

    private protected async Task<Result<RunInserted>> Insert(NewRun run) => Assert.Single(await Store.RunsInsert([run], Stop));

    private protected async Task<bool> Apply(NewRun run, params Move[] moves) =>
        Assert.Single(await Store.RunsApply([new RunMoves(run.Id, run.JobId, moves)], Stop));

    private protected async Task<NewRun> InsertEnded(Job job)
    {
        var run = await InsertRun(job);
        await Live(run);
        return run;
    }

    private protected async Task Live(NewRun run)
    {
        foreach (var moves in Make.WholeLife(run))
            Assert.Equal([true], await Store.RunsApply([moves], Stop));
    }

    private protected async Task<RunView> Load(NewRun run) => Assert.Single(await Store.RunsLoad([run.Id], Stop));

    private protected async Task<IReadOnlyList<EventRow>> Events(NewRun run) => await Store.EventsOfRun(run.Id, 0, 10_000, Stop);

    /// <summary>All that the rules read of a run, as text to compare.</summary>
    private protected static string Picture(RunView view)
    {
        var head = view.Head;
        var lines = new List<string>
        {
            $"{head.Id} {head.JobId} {head.State} {head.Reason} {head.Round} {head.ChargedRounds} {head.PlatformRounds} {head.ResourceRounds} {head.TimeoutMs} "
                + $"{head.StartedAt:O} {head.EndedAt:O} {head.DueAt:O}",
        };
        lines.AddRange(view.Instances.Select(i =>
            $"{i.Task}/{i.Index} {i.AttemptId} #{i.Attempt} {i.State} {i.Reason} {i.Charged} {i.Free} in={i.Input} node={i.Node} h={i.Handle} "
            + $"{i.ReadyAt:O} {i.StartedAt:O} {i.EndedAt:O} {i.DueAt:O} x={i.ExitCode} o={i.Outcome?.ExitValue} b={i.Branch} c={i.ChildRunId} s={i.Stopping}"));
        return string.Join('\n', lines);
    }
}
