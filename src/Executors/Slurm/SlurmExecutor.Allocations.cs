using Switchyard.Core.Execution;

namespace Switchyard.Executors.Slurm;

/// <summary>
/// Jobs that are held for a part of a run, in which attempts are steps. Slurm runs the launcher in one of them as its keeper: it reads what is to start and
/// starts it, so many at a time as there are places. It leaves when it is told that the allocation is over, and by itself when nobody says for long that it is wanted.
/// </summary>
public sealed partial class SlurmExecutor
{
    /// <summary>The line that ends what is to start.</summary>
    private const string Over = "end";

    private readonly Dictionary<string, SlurmAllocation> _allocations = new(StringComparer.Ordinal);

    // --- submitting

    /// <summary>Has attempts start in the allocation of a name, which is made if there is none.</summary>
    private async Task Enter(AllocationName of, (SlurmAttempt Attempt, StartOrder Order, byte[] Text)[] some, CancellationToken stop)
    {
        var allocation = Standing(of);
        // One that nothing ran in may have ended unnoticed.
        if (allocation is { Job: not null } && !IsUsed(allocation))
        {
            await AskQueue(stop).ConfigureAwait(false);
            allocation = Standing(of);
        }
        var isNew = allocation is null;
        allocation ??= Make(some[0].Order);
        SlurmBatch batch;
        lock (_gate) batch = new SlurmBatch(allocation.NewSteps(), [.. some.Select(one => one.Attempt.Id)]) { Open = some.Length, In = allocation };
        _files.WriteWhole(_files.Orders(batch.Name), OrderFile.Join([.. some.Select(one => (one.Attempt.Id, (ReadOnlyMemory<byte>)one.Text))]));
        lock (_gate)
        {
            _batches.Add(batch.Name, batch);
            allocation.Steps.Add(batch);
            for (var i = 0; i < some.Length; i++) (some[i].Attempt.Batch, some[i].Attempt.Index, some[i].Attempt.Stage) = (batch, i, SlurmStage.Queued);
        }
        _files.AddSteps(allocation.Name, batch.Name);
        if (isNew) await Submit(allocation, stop).ConfigureAwait(false);
        else if (allocation is { IsUp: true, Job: { } job }) await _commands.Signal([job], stop).ConfigureAwait(false);
    }

    private SlurmAllocation Make(StartOrder first)
    {
        var order = first.Allocation!;
        var each = StepResources(Cpus(order.Each), Memory(order.Each), order.Each.Gpus);
        var allocation = new SlurmAllocation(SlurmAllocation.NewName(), order.Name)
        {
            Places = Math.Max(1, order.Places),
            Resources = [$"--ntasks={Text(Math.Max(1, order.Places))}", .. each, .. Place(first.Queue, Minutes(order.TimeLimitMs), $"{Text(order.Name.RunId)}/{order.Name.Key}")],
            StepResources = each,
            WantedAtMs = NowMs,
        };
        _files.PutAllocation(allocation.Name, allocation.Of);
        lock (_gate) _allocations.Add(allocation.Name, allocation);
        return allocation;
    }

    private SlurmAllocation? Standing(AllocationName of)
    {
        lock (_gate) return _allocations.Values.FirstOrDefault(allocation => allocation.IsOpen && allocation.Of == of);
    }

    private bool IsUsed(SlurmAllocation allocation)
    {
        lock (_gate) return allocation.Steps.Any(steps => steps.Ids.Any(id => _attempts.TryGetValue(id, out var attempt) && IsAlive(attempt)));
    }

    // --- keeping and letting go

    private long AllocationsDueMs()
    {
        var due = long.MaxValue;
        foreach (var allocation in _allocations.Values.Where(allocation => !allocation.IsGone))
        {
            if (allocation is { IsOver: true, IsToldOver: false }) return 0;
            if (allocation.IsOpen) due = Math.Min(due, allocation.WantedAtMs + _options.AllocationIdleMs / 4);
        }
        return due;
    }

    /// <summary>Tells the keepers whether their allocations are wanted.</summary>
    private async Task TellAllocations(CancellationToken stop)
    {
        List<string> over = [];
        lock (_gate)
        {
            var now = NowMs;
            foreach (var allocation in _allocations.Values.Where(allocation => !allocation.IsGone))
            {
                if (allocation is { IsOver: true, IsToldOver: false })
                {
                    _files.AddSteps(allocation.Name, Over);
                    allocation.IsToldOver = true;
                    if (allocation is { IsUp: true, Job: { } job }) over.Add(job);
                }
                else if (allocation.IsOpen && now >= allocation.WantedAtMs + _options.AllocationIdleMs / 4)
                {
                    File.SetLastWriteTimeUtc(_files.Steps(allocation.Name), _time.GetUtcNow().UtcDateTime);
                    allocation.WantedAtMs = now;
                }
            }
        }
        if (over.Count > 0) await _commands.Signal(over, stop).ConfigureAwait(false);
    }

    /// <summary>Finds out which allocations Slurm has ended, and ends those that are over and will not leave.</summary>
    private void JudgeAllocations(ILookup<(string Job, int? Element), QueuedJob> byName, List<string> cancelled)
    {
        foreach (var allocation in _allocations.Values.Where(allocation => !allocation.IsGone && allocation.Job is not null).ToList())
        {
            var job = byName[(allocation.Job!, null)].FirstOrDefault();
            if (job is { HasEnded: true } || job is null && NowMs >= allocation.KnownAtMs + UnknownAfterMs) HasGone(allocation);
            // Nobody else is to wait for what will never be.
            else if (job is { State: "PENDING" } && Hopeless.Contains(job.Why, StringComparer.Ordinal)) allocation.LetGo(NowMs);
            else if (allocation.IsToldOver && job is not null && !IsUsed(allocation) && (job.State == "PENDING" || NowMs > allocation.OverSinceMs + HardAfterMs)) cancelled.Add(allocation.Job!);
        }
    }

    /// <summary>Notes that nothing starts in an allocation any more; it is forgotten when all that started there is.</summary>
    private void HasGone(SlurmAllocation allocation)
    {
        allocation.IsGone = true;
        if (allocation.Steps.Count > 0) return;
        _unsure.Remove(allocation);
        _allocations.Remove(allocation.Name);
        _files.RemoveAllocation(allocation.Name);
    }

    // --- after a start of the server

    private void AdoptAllocations()
    {
        foreach (var (name, of) in _files.Allocations().ToList())
            _allocations.Add(name, new(name, of) { Job = SlurmFiles.Read(_files.Job(name))?.Trim(), KnownAtMs = NowMs });
    }

    private SlurmAllocation? AllocationOf(string batch)
    {
        if (SlurmAllocation.Holding(batch) is not { } name) return null;
        // What began by then has its files; what did not finds nothing to do.
        if (!_allocations.TryGetValue(name, out var allocation)) _allocations.Add(name, allocation = new(name, new(0, 0, "")) { IsGone = true });
        return allocation;
    }

    /// <summary>Reads what each allocation was told, and tells it what a dying server could not.</summary>
    private void AdoptSteps()
    {
        foreach (var allocation in _allocations.Values.ToList())
        {
            var told = SlurmFiles.Read(_files.Steps(allocation.Name))?.Split('\n') ?? [];
            if (told.Contains(Over, StringComparer.Ordinal))
            {
                allocation.LetGo(NowMs);
                allocation.IsToldOver = true;
            }
            foreach (var line in told.Where(line => SlurmAllocation.Holding(line) is not null)) allocation.NextSteps = Math.Max(allocation.NextSteps, SlurmAllocation.NumberOf(line) + 1);
            foreach (var steps in allocation.Steps.OrderBy(steps => SlurmAllocation.NumberOf(steps.Name)))
            {
                allocation.NextSteps = Math.Max(allocation.NextSteps, SlurmAllocation.NumberOf(steps.Name) + 1);
                if (!allocation.IsGone && !told.Contains(steps.Name, StringComparer.Ordinal)) _files.AddSteps(allocation.Name, steps.Name);
            }
        }
    }

    /// <summary>An allocation that Slurm has not and that nothing started in: what was to start there is not known any more. A job of it that comes late finds nothing to wait for.</summary>
    private void WasNever(SlurmAllocation allocation)
    {
        lock (_gate)
        {
            _ = Process.Spawning.Libc.unlink(_files.Steps(allocation.Name));
            HasGone(allocation);
            foreach (var steps in allocation.Steps.ToList())
            {
                foreach (var id in steps.Ids.Where(id => !File.Exists(_files.Of("ended", id)) && _attempts.GetValueOrDefault(id)?.Batch == steps))
                {
                    _attempts.Remove(id);
                    steps.Open--;
                }
                if (steps.Open == 0) Forget(steps);
            }
        }
    }
}
