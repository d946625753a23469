using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Switchyard.Core.Execution;
using Switchyard.Core.Jobs;
using Switchyard.Core.Notifications;
using Switchyard.Core.Pools;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Core.Sweeps;
using Switchyard.Core.Text;
using Switchyard.Core.Triggers;
using Switchyard.Core.Users;
using Switchyard.Engine.Loops;
using Switchyard.Engine.Nodes;

namespace Switchyard.Engine;

/// <summary>What an engine has of the server it is in, where there are several servers.</summary>
/// <param name="Ids">Gives out ids that no other server gives out.</param>
/// <param name="Pulse">Beats at each commit, of whichever server.</param>
internal sealed record EngineShare(IdSource Ids, EventPulse Pulse)
{
    /// <summary>Where what only the leader can do is written down; null for the leader's own engine.</summary>
    public Elsewhere? Elsewhere { get; init; }

    /// <summary>What the leader last said of itself, for a server that does not lead.</summary>
    public Func<LeaderView> View { get; init; } = () => LeaderView.None;
}

/// <summary>
/// The engine as a whole: its loops, and the way in for everybody else. Of several servers one has it started, the leader; on the others it is only the way
/// in, and what it cannot do itself it writes down for the leader.
/// </summary>
public sealed partial class EngineHost : IDispatch, IEngineStats, IAsyncDisposable
{
    private readonly IStore _store;
    private readonly IExecutor _executor;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Conductor _conductor;
    private readonly Planners _planners = new();
    private readonly Children _children;
    private readonly Ticker _ticker;
    private readonly Follower _follower;
    private readonly Doorman _doorman;
    private readonly Sweeper _sweeper;
    private readonly Pruner _pruner;
    private readonly Notifier _notifier;
    private readonly LoopRunner _runner;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<long, TaskCompletionSource> _ends = new();
    private readonly List<Task> _running = [];
    private readonly EngineShare? _share;
    private readonly Mailroom? _mailroom;
    private IdSource _ids;
    private long _submitted, _ended, _attempts;

    /// <param name="store">Where everything is kept.</param>
    /// <param name="executor">Where attempts run.</param>
    /// <param name="options">What it is told at start.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logs">Where it says what people should know.</param>
    /// <param name="files">What attempts leave on disk, removed with their runs; null where that is somebody else's.</param>
    /// <param name="carrier">Takes notices to their receivers; null leaves them where they are.</param>
    public EngineHost(IStore store, IExecutor executor, EngineOptions options, TimeProvider time, ILoggerFactory logs, IAttemptFiles? files = null, ICarrier? carrier = null)
        : this(store, executor, options, time, logs, files, carrier, null)
    {
    }

    internal EngineHost(IStore store, IExecutor executor, EngineOptions options, TimeProvider time, ILoggerFactory logs, IAttemptFiles? files, ICarrier? carrier, EngineShare? share)
    {
        (_store, _executor, _time, _share) = (store, executor, time, share);
        _log = logs.CreateLogger<EngineHost>();
        _ids = share?.Ids ?? new IdSource(time, 0);
        Pulse = share?.Pulse ?? new EventPulse();
        _conductor = new Conductor(store, executor, options, () => _ids.Next(), logs.CreateLogger<Conductor>());
        _conductor.Committed += Committed;
        _children = new Children(store, this, _planners, Post, time, logs.CreateLogger<Children>());
        _conductor.Orphaned += _children.Cancel;
        var firing = new Firing(store, this, _planners, logs.CreateLogger<Firing>());
        _ticker = new Ticker(store, firing);
        _follower = new Follower(store, firing);
        _doorman = new Doorman(store, firing, logs.CreateLogger<Doorman>());
        _sweeper = new Sweeper(store, NextId, Post, Swept, logs.CreateLogger<Sweeper>());
        _pruner = new Pruner(store, files, options.Retention, logs.CreateLogger<Pruner>());
        _notifier = new Notifier(store, carrier, time, logs.CreateLogger<Notifier>());
        _runner = new LoopRunner(time, logs.CreateLogger<LoopRunner>());
        if (share is { Elsewhere: null })
            _mailroom = new Mailroom(store, TakeLarge, Take, logs.CreateLogger<Mailroom>());
    }

    /// <summary>Beats at each commit that wrote events.</summary>
    public EventPulse Pulse { get; }

    /// <summary>Adds the planner of a dialect whose jobs something other than a call may start. Before <see cref="Start"/>.</summary>
    public void Add(IPlanner planner) => _planners.Add(planner);

    /// <summary>Adds what writes the notices about a dialect's runs. Before <see cref="Start"/>.</summary>
    public void Add(INoticeWriter writer) => _notifier.Add(writer);

    /// <summary>Reads what is alive from the store, opens the executor, and starts the loops.</summary>
    public async Task Start(CancellationToken stop)
    {
        await Recover(stop).ConfigureAwait(false);
        _running.Add(Task.Run(Observe, CancellationToken.None));
        foreach (var loop in Loops)
            _running.Add(Task.Run(() => _runner.Run(loop, _stop.Token), CancellationToken.None));
        await _executor.Open(stop).ConfigureAwait(false);
    }

    /// <summary>All loops, for whoever steps them.</summary>
    internal IReadOnlyList<ILoop> Loops => [_conductor, _children, _ticker, _follower, _doorman, _sweeper, _pruner, _notifier, .. _mailroom is null ? [] : (ILoop[])[_mailroom]];

    /// <summary>Hands in what the executor said; for whoever steps the loops.</summary>
    internal void Hear(ExecutorSignal signal) => _conductor.Post(new Note.Said(signal));

    /// <summary>Reads what is alive from the store.</summary>
    internal async Task Recover(CancellationToken stop)
    {
        if (_share is null)
            _ids = new IdSource(_time, await _store.HighestId(stop).ConfigureAwait(false));
        await PoolsChanged(stop).ConfigureAwait(false);
        var found = 0;
        var after = 0L;
        while (await _store.RunsOpen(after, 500, stop).ConfigureAwait(false) is { Count: > 0 } page)
        {
            foreach (var run in await _store.RunsLoad(page, stop).ConfigureAwait(false))
            {
                _conductor.Post(new Note.Inserted(run));
                found++;
            }

            after = page[^1];
        }

        if (found > 0)
            Recovered(_log, found);
    }

    /// <inheritdoc/>
    public long NextId() => _ids.Next();

    /// <inheritdoc/>
    public async Task<Result<RunInserted>> Submit(RunRequest request, CancellationToken stop)
    {
        var run = NewRuns.Of(request, NextId, _time.GetUtcNow());
        IReadOnlyList<Result<RunInserted>> results;
        try
        {
            results = await _store.RunsInsert([run], stop).ConfigureAwait(false);
        }
        catch (StoreUnavailable)
        {
            // The caller is told that it failed. Should the commit have been made all the same, the run goes its way.
            Post(new Note.Doubtful(run.Id));
            throw;
        }

        if (!results[0].Ok(out var inserted, out var refusal))
            return refusal;
        if (inserted.Existed)
            return inserted;
        Interlocked.Increment(ref _submitted);
        if (request.Refused is not null)
            NoticesWritten();
        if (request is { Refused: null, Past: null })
            Post(new Note.Inserted(NewRuns.View(run, request.Job.Name)));
        Pulse.Beat();
        return inserted;
    }

    /// <inheritdoc/>
    public async Task<Refusal?> Cancel(long runId, Caller by, CancellationToken stop)
    {
        if (await _store.RunGet(runId, stop).ConfigureAwait(false) is not { } run)
            return new Refusal(RefusalCode.NotFound, $"Run {runId} does not exist.");
        if (!run.State.IsEnd())
            await Happen(runId, new RunEvent.CancelRun(by.Display), stop).ConfigureAwait(false);
        return null;
    }

    /// <inheritdoc/>
    public Task<Refusal?> CancelAttempt(long attemptId, Caller by, CancellationToken stop) =>
        ToAttempt(attemptId, attempt => new RunEvent.CancelTask(attempt.Task, attempt.Index, attemptId, by.Display), stop);

    /// <inheritdoc/>
    public Task<Refusal?> RevokeAttempt(long attemptId, Reason reason, CancellationToken stop) =>
        ToAttempt(attemptId, attempt => new RunEvent.Revoked(attempt.Task, attempt.Index, attemptId, reason), stop);

    private async Task<Refusal?> ToAttempt(long attemptId, Func<AttemptRow, RunEvent> @event, CancellationToken stop)
    {
        if (await _store.AttemptGet(attemptId, stop).ConfigureAwait(false) is not { } attempt)
            return new Refusal(RefusalCode.NotFound, $"Attempt {attemptId} does not exist.");
        if (attempt.Current && !attempt.State.IsEnd())
            await Happen(attempt.RunId, @event(attempt), stop).ConfigureAwait(false);
        return null;
    }

    /// <inheritdoc/>
    public async Task<Result<RunRequest>> Plan(Job job, IReadOnlyList<KeyValuePair<string, JsonElement>> parameters, CancellationToken stop)
    {
        if (_planners.Find(job.Dialect) is not { } planner)
            return new Refusal(RefusalCode.Conflict, $"Jobs of the {job.Dialect} API are started there.");
        // It has its one run always, and whoever wants another one says so to its own API, which ends the first.
        if (job is { Trigger: Trigger.Continuous, Paused: false })
            return new Refusal(RefusalCode.Conflict, $"Job {job.Id} always has a run; the next one starts when it ends.");
        var now = _time.GetUtcNow();
        if (parameters.Count == 0)
            return await planner.Plan(job, new PlanInputs(Trigger.Manual.Kind, now, new Dictionary<string, string>()), stop).ConfigureAwait(false);
        if (!planner.TakesParameters || _sweeper.Find(job.Dialect) is not { } sweeps)
            return new Refusal(RefusalCode.Invalid, "parameters: a run of this job has none of its own.") { Field = "parameters" };
        return (await sweeps.Plan(job, new SweepPoint(0, parameters), stop).ConfigureAwait(false)).Ok(out var request, out var refusal)
            ? request with { TriggerKind = Trigger.Manual.Kind, TriggeredAt = now }
            : refusal;
    }

    /// <inheritdoc/>
    public async Task<Result<long>> Repair(RepairRequest request, CancellationToken stop)
    {
        if (await _store.RunsLoad([request.RunId], stop).ConfigureAwait(false) is not [var run])
            return new Refusal(RefusalCode.NotFound, $"Run {request.RunId} does not exist.");
        if (!run.Head.State.IsEnd() || run.Head.Revision != request.Revision)
            return new Refusal(RefusalCode.Conflict, $"Run {request.RunId} has not ended, or was repaired since.");
        var (id, now) = (_ids.Next(), _time.GetUtcNow());
        if (!Repairs.Of(run, request, now, NextId).Ok(out var opened, out var refusal))
            return refusal;
        try
        {
            if (await _store.RunRepair(new Repair(id, request, opened.Reopened, opened.Dropped, now), stop).ConfigureAwait(false) is { } refused)
                return refused;
        }
        finally
        {
            // Also when nobody can say whether the commit was made.
            Post(new Note.Doubtful(request.RunId));
        }

        Pulse.Beat();
        return id;
    }

    /// <inheritdoc/>
    public async Task<Refusal?> SetTimeout(long runId, long timeoutMs, CancellationToken stop)
    {
        if (!await _store.RunSetTimeout(runId, timeoutMs, stop).ConfigureAwait(false))
            return new Refusal(RefusalCode.Conflict, $"Run {runId} does not exist or has ended.");
        if (_share?.Elsewhere is { } elsewhere)
            elsewhere.Tell(Elsewhere.Timeout, runId);
        else
            Post(new Note.TimeoutChanged(runId, timeoutMs));
        return null;
    }

    /// <inheritdoc/>
    public string? WhyWaiting(string pool, long runId) => Abroad is { } view ? view.WhyWaiting(pool, runId) : _conductor.WhyWaiting(pool, runId);

    /// <inheritdoc/>
    public PoolUse UseOf(string pool) => Abroad is { } view ? view.UseOf(pool) : _conductor.UseOf(pool);

    /// <inheritdoc/>
    public async Task PoolsChanged(CancellationToken stop)
    {
        if (_share?.Elsewhere is { } elsewhere)
            elsewhere.Tell(Elsewhere.Pools);
        else
            Post(new Note.PoolsChanged(await _store.PoolsList(stop).ConfigureAwait(false)));
    }

    /// <inheritdoc/>
    public DateTimeOffset? NextFireOf(Trigger trigger, bool paused) => paused ? null : NextFire.After(trigger, _time.GetUtcNow());

    /// <inheritdoc/>
    public void JobChanged(long jobId)
    {
        if (_share?.Elsewhere is { } elsewhere)
        {
            elsewhere.Tell(Elsewhere.Job, jobId);
            return;
        }

        _ticker.JobChanged(jobId);
        _doorman.JobChanged(jobId);
    }

    /// <inheritdoc/>
    public Task WatchFrom(Job job, CancellationToken stop) => _doorman.Begin(job, stop);

    /// <inheritdoc/>
    public void NoticesWritten()
    {
        if (_share?.Elsewhere is { } elsewhere)
            elsewhere.Tell(Elsewhere.Notices);
        else
            _notifier.Wake.Set();
    }

    /// <inheritdoc/>
    public async Task WhenEnded(long runId, CancellationToken stop)
    {
        var ended = _ends.GetOrAdd(runId, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        if (await _store.RunGet(runId, stop).ConfigureAwait(false) is not { } run || run.State.IsEnd())
        {
            _ends.TryRemove(runId, out _);
            ended.TrySetResult();
        }

        await WhileItRuns(ended.Task, stop).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public EngineNumbers Read() => new(
        Interlocked.Read(ref _submitted), Interlocked.Read(ref _ended), Interlocked.Read(ref _attempts),
        Abroad?.Living ?? _conductor.LivingRuns, Abroad?.Placed ?? _conductor.PlacedAttempts, Abroad?.Waiting ?? _conductor.WaitingAttempts);

    /// <summary>What is to be known of this engine on servers that do not lead.</summary>
    internal LeaderView View() => new(_conductor.LivingRuns, _conductor.PlacedAttempts, _conductor.WaitingAttempts, _conductor.Lines());

    /// <summary>What the leader says, on a server that does not lead.</summary>
    private LeaderView? Abroad => _share is { Elsewhere: not null } share ? share.View() : null;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_running).ConfigureAwait(false);
        await _notifier.Landed().ConfigureAwait(false);
        _doorman.Dispose();
        _stop.Dispose();
    }

    private async Task Happen(long runId, RunEvent @event, CancellationToken stop)
    {
        if (_share?.Elsewhere is { } elsewhere)
        {
            await elsewhere.Happen(runId, @event, stop).ConfigureAwait(false);
            return;
        }

        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(new Note.Happened(runId, @event, done));
        await WhileItRuns(done.Task, stop).ConfigureAwait(false);
    }

    /// <summary>Waits for what the loops do; if they end before, another server may lead, and has to be asked.</summary>
    private async Task WhileItRuns(Task done, CancellationToken stop)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, _stop.Token);
        try
        {
            await done.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new StoreUnavailable(StoreTrouble.Fenced, "this server has stopped leading the installation: ask again");
        }
    }

    /// <summary>Tells the Conductor; where another server leads it finds out from the store.</summary>
    private void Post(Note note)
    {
        if (_share?.Elsewhere is null)
            _conductor.Post(note);
    }

    /// <summary>Takes in runs of many tasks that another server inserted. They are read here, so that the Conductor need not wait for them.</summary>
    private async Task TakeLarge(IReadOnlyList<LeaderNote> notes, CancellationToken stop)
    {
        foreach (var run in await _store.RunsLoad(notes, stop).ConfigureAwait(false))
            Post(run.Head.State == RunState.Queued ? new Note.Inserted(run) : new Note.Doubtful(run.Head.Id));
    }

    /// <summary>Does what another server wrote down for the leader.</summary>
    private async Task Take(LeaderNote note, RunEvent? @event, CancellationToken stop)
    {
        switch (note.Kind)
        {
            case LeaderNote.RunKind:
                Post(new Note.Doubtful(note.Subject));
                break;
            case Elsewhere.Event when @event is not null:
                await Happen(note.Subject, @event, stop).ConfigureAwait(false);
                break;
            case Elsewhere.Timeout when await _store.RunGet(note.Subject, stop).ConfigureAwait(false) is { } run:
                Post(new Note.TimeoutChanged(run.Id, run.TimeoutMs));
                break;
            case Elsewhere.Job:
                JobChanged(note.Subject);
                break;
            case Elsewhere.Pools:
                await PoolsChanged(stop).ConfigureAwait(false);
                break;
            case Elsewhere.Notices:
                _notifier.Wake.Set();
                break;
            case Elsewhere.Batches:
                _sweeper.Wake.Set();
                break;
        }
    }

    /// <summary>Hears what was said to all servers: something may have been written that is this one's to do.</summary>
    internal void Hear(StoreSignal signal)
    {
        if (signal.Kind is not (StoreSignal.Notes or StoreSignal.All))
            return;
        _mailroom?.Wake.Set();
        if (signal.Kind == StoreSignal.All)
        {
            foreach (var loop in Loops)
                loop.Wake.Set();
        }
    }

    /// <summary>The Observer: hands what the executor says to the Conductor, in order.</summary>
    private async Task Observe()
    {
        try
        {
            await foreach (var signal in _executor.Reports.ReadAllAsync(_stop.Token).ConfigureAwait(false))
            {
                if (signal is not OutputGrew)
                    Hear(signal);
            }
        }
        catch (OperationCanceledException)
        {
            // The engine stops; what was not read is said again after the next start.
        }
    }

    private void Committed(IReadOnlyCollection<Pending> changes)
    {
        Pulse.Beat();
        foreach (var change in changes)
        {
            foreach (var move in change.Moves)
            {
                if (move is Move.OfTask { To: TaskState.Starting })
                    Interlocked.Increment(ref _attempts);
                else if (move is Move.OfRun { To: RunState.Running } || change.Run.IsWatched)
                    _notifier.Wake.Set();
            }

            _children.Take(change);
            if (!change.Run.Head.State.IsEnd())
                continue;
            Interlocked.Increment(ref _ended);
            _notifier.Wake.Set();
            _ticker.RunEnded(change.Run.Head.JobId ?? 0);
            if (change.Run.Head.State == RunState.Succeeded)
                _follower.Wake.Set();
            if (_ends.TryRemove(change.Run.Head.Id, out var waiter))
                waiter.TrySetResult();
        }
    }

    [LoggerMessage(1, LogLevel.Information, "{Count} living runs found; they go on")]
    private static partial void Recovered(ILogger log, int count);
}
