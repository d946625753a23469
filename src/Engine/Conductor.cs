using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Switchyard.Core.Execution;
using Switchyard.Core.Pools;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;
using Switchyard.Engine.Loops;

namespace Switchyard.Engine;

/// <summary>
/// Advances the living runs. One step takes what came in (new runs, what executors said, requests, what fell due), lets
/// the rules decide, lets the Stager and the Placer add what there is room for, commits all of it at once, and only then
/// acts: starts, stops, acknowledgements.
/// </summary>
internal sealed partial class Conductor : ILoop
{
    private const long LookMs = 2_000;

    private readonly Channel<Note> _inbox = Channel.CreateUnbounded<Note>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Roster _roster = new();
    private readonly Timers _timers = new();
    private readonly Placer _placer;
    private readonly Starter _starter;
    private readonly IStore _store;
    private readonly IExecutor _executor;
    private readonly EngineOptions _options;
    private readonly Func<long> _newId;
    private readonly ILogger _log;

    /// <summary>Runs whose view is not to be trusted, with what quarantines them, if anything.</summary>
    private readonly Dictionary<long, string?> _stale = [];
    private readonly HashSet<long> _quarantined = [];
    private readonly HashSet<long> _poisoned = [];
    private readonly List<Note> _again = [];

    /// <summary>True when a view became unusable in the middle of a step.</summary>
    private bool _broken;
    private Dictionary<long, Pending> _pending = [];
    private List<long> _idleAcks = [];
    private DateTimeOffset _now;
    private bool _looks;

    public Conductor(IStore store, IExecutor executor, EngineOptions options, Func<long> newId, ILogger log)
    {
        (_store, _executor, _options, _newId, _log) = (store, executor, options, newId, log);
        _placer = new Placer(options, run => _roster.Find(run.Head.Id) == run);
        _starter = new Starter(options, name => _placer.Seats.Of(name), run => _placer.PoolOf(run));
    }

    public string Name => "Conductor";

    public Wake Wake { get; } = new();

    /// <summary>Called after each commit with the runs whose moves were written.</summary>
    public event Action<IReadOnlyCollection<Pending>>? Committed;

    /// <summary>Called with a child run whose parent no longer waits for it.</summary>
    public event Action<long>? Orphaned;

    public int LivingRuns => _roster.Count;

    public int PlacedAttempts => _placer.Held;

    public int WaitingAttempts => _placer.Waiting;

    public string? WhyWaiting(string pool, long runId) => _placer.WhyWaiting(pool, runId);

    public PoolUse UseOf(string pool) => _placer.UseOf(pool);

    /// <summary>What goes on in each pool, as of the last look. Safe from any thread.</summary>
    public IReadOnlyList<Nodes.LineView> Lines() => _placer.Lines();

    /// <summary>Hands something in. Safe from any thread.</summary>
    public void Post(Note note)
    {
        _inbox.Writer.TryWrite(note);
        Wake.Set();
    }

    /// <inheritdoc/>
    public async ValueTask<DateTimeOffset?> Step(DateTimeOffset now, CancellationToken stop)
    {
        _now = now;
        _pending = [];
        _idleAcks = [];
        await ReadStaleRuns(stop).ConfigureAwait(false);
        var taken = Gather();
        try
        {
            Handle(taken);
            Place();
            await Commit(taken, stop).ConfigureAwait(false);
        }
        catch (Exception problem)
        {
            Abandon(taken, problem);
            throw;
        }

        await Act(stop).ConfigureAwait(false);
        var more = _stale.Count > 0 || _again.Count > 0 || _inbox.Reader.TryPeek(out _);
        return more ? now : _timers.Next;
    }

    /// <summary>Whether a child run that was just started still has somebody who waits for it.</summary>
    private bool IsAwaited(long runId, RunEvent.ChildStarted child) =>
        _roster.Find(runId)?.Find(child.Task, child.Index) is { } instance && instance.AttemptId == child.AttemptId && instance.ChildRunId == child.ChildRunId;

    private List<Note> Gather()
    {
        var taken = new List<Note>(_again);
        _again.Clear();
        taken.AddRange(_timers.Due(_now));
        while (taken.Count < _options.BatchSize && _inbox.Reader.TryRead(out var note))
            taken.Add(note);
        return taken;
    }

    /// <summary>Handles notes in order. What follows one that made a view unusable waits until that view was read again.</summary>
    private void Handle(List<Note> taken)
    {
        for (var i = 0; i < taken.Count; i++)
        {
            if (_broken)
            {
                _again.AddRange(taken.Skip(i));
                taken.RemoveRange(i, taken.Count - i);
                break;
            }

            if (taken[i] is Note.Said { Signal: ExecutorSync sync })
            {
                // What a list of the living means is decided once. Repeated after a failed commit, it would speak of a moment that is over.
                _placer.Seats.Connect(sync.Place, true);
                taken.RemoveAt(i);
                taken.InsertRange(i, Reconcile(sync.Known, sync.Place));
                ReleaseUnwanted(sync.Allocations);
                i--;
                continue;
            }

            if (taken[i] is Note.Said { Signal: PlaceLost or PlacesChanged } said)
            {
                taken.RemoveAt(i);
                taken.InsertRange(i, said.Signal is PlaceLost lost ? GiveUp(lost) : Take((PlacesChanged)said.Signal));
                i--;
                continue;
            }

            Handle(taken[i]);
        }
    }

    private void Handle(Note note)
    {
        switch (note)
        {
            case Note.Inserted inserted when _roster.Find(inserted.Run.Head.Id) is null:
                TakeIn(inserted.Run);
                break;
            case Note.Happened { Done: not null, Sought: false } asked when _roster.Find(asked.RunId) is null && !_poisoned.Contains(asked.RunId):
                // Not known here, and somebody waits: it may only just have been inserted.
                _stale.TryAdd(asked.RunId, null);
                _again.Add(asked with { Sought = true });
                break;
            case Note.Doubtful doubtful when _roster.Find(doubtful.RunId) is null:
                _stale.TryAdd(doubtful.RunId, null);
                break;
            case Note.Happened happened:
                if (_roster.Find(happened.RunId) is { } run)
                    Advance(run, happened.Event);
                if (happened.Event is RunEvent.ChildStarted child && !IsAwaited(happened.RunId, child))
                    Orphaned?.Invoke(child.ChildRunId);
                if (happened.Done is null)
                    break;
                if (_pending.TryGetValue(happened.RunId, out var pending))
                    pending.Done.Add(happened.Done);
                else
                    happened.Done.TrySetResult();
                break;
            case Note.RunTimer timer when _roster.Find(timer.RunId) is { } late && late.Head.TimeoutMs == timer.TimeoutMs:
                Advance(late, new RunEvent.RunTimeoutDue());
                break;
            case Note.TimeoutChanged changed when _roster.Find(changed.RunId) is { } timed:
                timed.Head.TimeoutMs = changed.TimeoutMs;
                SetRunTimer(timed);
                break;
            case Note.PoolsChanged pools:
                _placer.Replace(pools.Pools);
                break;
            case Note.Look:
                _looks = false;
                break;
            case Note.Said said:
                Hear(said.Signal);
                break;
        }
    }

    /// <summary>Lets the rules decide and notes what has to be done once that is committed.</summary>
    private void Advance(RunView run, RunEvent @event)
    {
        IReadOnlyList<Move> moves;
        try
        {
            moves = RunLife.Advance(run, @event, _now, _newId);
        }
        catch (Exception problem) when (problem is not OutOfMemoryException)
        {
            // One poisoned run stops only itself: its view is half changed, so it is read again and ended.
            AdvanceFailed(_log, run.Head.Id, @event.GetType().Name, problem);
            Distrust(run, $"the engine failed on it: {problem.Message}");
            _broken = true;
            return;
        }

        if (moves.Count == 0)
            return;
        var pending = Touch(run);
        foreach (var move in moves)
        {
            pending.Moves.Add(move);
            _roster.Follow(run, move);
            Follow(run, move, pending);
        }
    }

    private Pending Touch(RunView run)
    {
        if (!_pending.TryGetValue(run.Head.Id, out var pending))
            _pending[run.Head.Id] = pending = new Pending(run);
        return pending;
    }

    private void Distrust(RunView run, string? quarantine)
    {
        _pending.Remove(run.Head.Id);
        foreach (var instance in run.Instances)
            _placer.Release(instance.AttemptId);
        _roster.Remove(run);
        if (quarantine is not null && !_quarantined.Add(run.Head.Id))
            _poisoned.Add(run.Head.Id);
        _stale[run.Head.Id] = quarantine;
    }

    private async ValueTask ReadStaleRuns(CancellationToken stop)
    {
        if (_stale.Count == 0)
            return;
        var runs = await _store.RunsLoad([.. _stale.Keys.Where(id => !_poisoned.Contains(id))], stop).ConfigureAwait(false);
        var reasons = new Dictionary<long, string?>(_stale);
        _stale.Clear();
        _broken = false;
        foreach (var run in runs)
        {
            if (run.Head.State.IsEnd() || _roster.Find(run.Head.Id) is not null)
                continue;
            TakeIn(run);
            Remind(run);
            if (reasons[run.Head.Id] is { } quarantine)
                Advance(run, new RunEvent.Quarantine(quarantine));
        }

        // Its end was committed although that commit failed: whoever waits for it has not heard.
        foreach (var run in runs.Where(run => run.Head.State.IsEnd()))
            RunEnded(run, Touch(run));
    }

    private async ValueTask Commit(List<Note> taken, CancellationToken stop)
    {
        var pending = _pending.Values.Where(p => p.Moves.Count > 0).ToList();
        if (pending.Count == 0)
            return;
        IReadOnlyList<RunMoves> sets = [.. pending.Select(p => new RunMoves(p.Run.Head.Id, p.Run.Head.JobId ?? 0, p.Moves, p.Run.Head.BatchId, p.Run.IsWatched ? p.Run.Plan : null))];
        IReadOnlyList<bool?> applied;
        try
        {
            applied = [.. await _store.RunsApply(sets, stop).ConfigureAwait(false)];
        }
        catch (Exception problem) when (problem is not (StoreUnavailable or OperationCanceledException))
        {
            // The store works, but what it was given made it fail: one by one, so that only the culprit is held back.
            applied = await ApplyEach(sets, stop).ConfigureAwait(false);
        }

        for (var i = 0; i < pending.Count; i++)
        {
            if (applied[i] == true)
                continue;
            var (run, refused) = (pending[i].Run, pending[i]);
            var concerned = taken.Where(note => Concerns(note, run.Head.Id, refused)).ToList();
            if (applied[i] == false)
            {
                RunChanged(_log, run.Head.Id);
                Distrust(run, null);
            }
            else
            {
                Distrust(run, "what it led to could not be stored");
            }

            _again.InsertRange(0, concerned);
        }
    }

    /// <summary>Null for a set that made the store fail.</summary>
    private async Task<IReadOnlyList<bool?>> ApplyEach(IReadOnlyList<RunMoves> sets, CancellationToken stop)
    {
        var applied = new List<bool?>(sets.Count);
        foreach (var set in sets)
        {
            try
            {
                applied.Add((await _store.RunsApply([set], stop).ConfigureAwait(false))[0]);
            }
            catch (Exception problem) when (problem is not (StoreUnavailable or OperationCanceledException))
            {
                StoreFailed(_log, set.RunId, problem);
                applied.Add(null);
            }
        }

        return applied;
    }

    /// <summary>
    /// Nothing is known to be written: every view that was touched is read again, and what came in is handled again. Whoever
    /// waits for a request is told that it failed, and then it is not tried again behind their back.
    /// </summary>
    private void Abandon(List<Note> taken, Exception problem)
    {
        foreach (var pending in _pending.Values.ToList())
            Distrust(pending.Run, null);
        var again = new List<Note>(taken.Count);
        foreach (var note in taken)
        {
            if (note is Note.Happened { Done: { } done })
                done.TrySetException(problem);
            else if (note is not Note.Inserted inserted)
                again.Add(note);
            else if (_roster.Find(inserted.Run.Head.Id) is null)
                _stale.TryAdd(inserted.Run.Head.Id, null);
        }

        _again.InsertRange(0, again);
    }

    private static bool Concerns(Note note, long runId, Pending pending) => note switch
    {
        Note.Happened happened => happened.RunId == runId,
        Note.Said { Signal: AttemptReport report } => pending.Acks.Contains(report.AttemptId) || pending.Run.Instances.Any(i => i.AttemptId == report.AttemptId),
        _ => false,
    };

    [LoggerMessage(1, LogLevel.Error, "run {Run} made the engine fail on {Event}; it is ended by itself")]
    private static partial void AdvanceFailed(ILogger log, long run, string @event, Exception problem);

    [LoggerMessage(3, LogLevel.Error, "what run {Run} led to made the store fail; it is ended by itself")]
    private static partial void StoreFailed(ILogger log, long run, Exception problem);

    [LoggerMessage(2, LogLevel.Warning, "run {Run} was changed by somebody else; it is read again")]
    private static partial void RunChanged(ILogger log, long run);
}

/// <summary>What one step decided for one run, and what is to be done once it is committed.</summary>
internal sealed class Pending(RunView run)
{
    public RunView Run { get; } = run;
    public List<Move> Moves { get; } = [];
    public List<StartOrder> Starts { get; } = [];
    public List<StopOrder> Stops { get; } = [];
    public List<long> Acks { get; } = [];

    /// <summary>Allocations that nothing of the run will start in any more.</summary>
    public List<AllocationName> Releases { get; } = [];
    public List<(DateTimeOffset Due, Note Note)> Timers { get; } = [];
    public List<TaskCompletionSource> Done { get; } = [];

    /// <summary>What happens to other runs because of this.</summary>
    public List<Note> After { get; } = [];

    /// <summary>Instances that wait for a child run to be started.</summary>
    public List<(InstanceView Instance, long AttemptId)> Children { get; } = [];

    /// <summary>Child runs that are to be cancelled.</summary>
    public List<long> CancelChildren { get; } = [];
}
