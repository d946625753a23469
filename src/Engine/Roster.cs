using Switchyard.Core.Runs;

namespace Switchyard.Engine;

/// <summary>
/// The living runs: a cache of committed rows. Touched by the Conductor alone; whatever it holds can be read again from
/// the store at any time.
/// </summary>
internal sealed class Roster
{
    private readonly Dictionary<long, RunView> _runs = [];
    private readonly Dictionary<long, (RunView Run, InstanceView Instance)> _attempts = [];
    private readonly Dictionary<long, int> _active = [];

    /// <summary>By id, which is the order of submission: a run that was read again keeps its place.</summary>
    private readonly Dictionary<long, SortedSet<long>> _queued = [];

    public int Count => _runs.Count;

    public IEnumerable<RunView> Runs => _runs.Values;

    public IEnumerable<(RunView Run, InstanceView Instance)> Attempts => _attempts.Values;

    public RunView? Find(long runId) => _runs.GetValueOrDefault(runId);

    public (RunView Run, InstanceView Instance)? FindAttempt(long attemptId) =>
        _attempts.TryGetValue(attemptId, out var found) ? found : null;

    /// <summary>Takes a run in, in whatever state it is.</summary>
    public void Add(RunView run)
    {
        _runs[run.Head.Id] = run;
        if (run.Head.State.IsActive())
            CountActive(run, 1);
        foreach (var instance in run.Instances)
        {
            if (!instance.State.IsEnd() && instance.State != TaskState.Blocked)
                _attempts[instance.AttemptId] = (run, instance);
        }
    }

    /// <summary>Forgets a run: it ended, or its view is not to be trusted.</summary>
    public void Remove(RunView run)
    {
        if (_runs.Remove(run.Head.Id) && run.Head.State.IsActive())
            CountActive(run, -1);
        foreach (var attempt in _attempts.Where(pair => pair.Value.Run == run).Select(pair => pair.Key).ToList())
            _attempts.Remove(attempt);
    }

    /// <summary>Follows one move that was made.</summary>
    public void Follow(RunView run, Move move)
    {
        switch (move)
        {
            case Move.OfRun { From: var from, To: var to }:
                if (!from.IsActive() && to.IsActive())
                    CountActive(run, 1);
                else if (from.IsActive() && !to.IsActive())
                    CountActive(run, -1);
                if (to.IsEnd())
                    _runs.Remove(run.Head.Id);
                break;
            case Move.OfTask task:
                if (task.To.IsEnd() || task.Next is not null)
                    _attempts.Remove(task.AttemptId);
                else
                    _attempts[task.AttemptId] = (run, run.Find(task.Task, task.Index)!);
                break;
            case Move.Reopen reopen:
                _attempts.Remove(reopen.AttemptId);
                break;
        }
    }

    public int ActiveOf(RunView run) => run.Head.JobId is { } job ? _active.GetValueOrDefault(job) : 0;

    public void Enqueue(RunView run)
    {
        var job = run.Head.JobId ?? 0;
        if (!_queued.TryGetValue(job, out var queue))
            _queued[job] = queue = [];
        queue.Add(run.Head.Id);
    }

    /// <summary>The run of a job that has waited longest to be let in, if its limit has room.</summary>
    public RunView? Dequeue(long job)
    {
        if (!_queued.TryGetValue(job, out var queue))
            return null;
        while (queue.Count > 0)
        {
            var id = queue.Min;
            if (Find(id) is { Head.State: RunState.Queued } run)
            {
                if (run.Head.MaxConcurrent > 0 && ActiveOf(run) >= run.Head.MaxConcurrent)
                    return null;
                queue.Remove(id);
                return run;
            }

            queue.Remove(id);
        }

        _queued.Remove(job);
        return null;
    }

    private void CountActive(RunView run, int by)
    {
        if (run.Head.JobId is not { } job)
            return;
        var count = _active.GetValueOrDefault(job) + by;
        if (count == 0)
            _active.Remove(job);
        else
            _active[job] = count;
    }
}
