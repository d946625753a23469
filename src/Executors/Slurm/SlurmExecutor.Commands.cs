using System.Globalization;
using Switchyard.Core.Execution;
using Switchyard.Core.Plans;
using Switchyard.Core.Pools;
using Switchyard.Core.Runs;

namespace Switchyard.Executors.Slurm;

/// <summary>The loop that gives Slurm its commands and asks it.</summary>
public sealed partial class SlurmExecutor
{
    private const int LargestArray = 1000;
    private const int AskAgainMs = 2000;
    private const int HardAfterMs = 15_000;
    private const int HoldMs = 15_000;
    private const int UnknownAfterMs = 10_000;
    private const int SoonMs = 300;

    /// <summary>By these words Slurm says that a job will never run as it is.</summary>
    private static readonly string[] Hopeless = ["BadConstraints", "PartitionConfig", "PartitionTimeLimit", "PartitionNodeLimit"];

    private readonly List<SlurmBatch> _unsure = [];
    private readonly List<string> _spent = [];
    private long _askedAtMs;
    private bool _askSoon;

    private readonly record struct Shape(GangOrder? Gang, long Cpus, long MemoryMb, int Gpus, ClusterQueue? Queue, long Minutes)
    {
        /// <summary>The allocation it starts in: what it needs is settled there.</summary>
        public AllocationName? Allocation { get; init; }
    }

    private async Task Command(CancellationToken stop)
    {
        await Reconcile(stop).ConfigureAwait(false);
        while (true)
        {
            await _commandBell.Wait(CommandsDueMs(), stop).ConfigureAwait(false);
            if (IsDisplaced()) return;
            await SubmitWaiting(stop).ConfigureAwait(false);
            await AskToEnd(stop).ConfigureAwait(false);
            await TellAllocations(stop).ConfigureAwait(false);
            await CancelSpent(stop).ConfigureAwait(false);
            if (IsQueueDue()) await AskQueue(stop).ConfigureAwait(false);
        }
    }

    private long CommandsDueMs()
    {
        lock (_gate)
        {
            if (_waiting.Count > 0 || _spent.Count > 0) return 0;
            if (_unsure.Count > 0) return SoonMs;
            var due = Math.Min(QueueDueMs(), AllocationsDueMs());
            foreach (var attempt in _attempts.Values.Where(attempt => IsAlive(attempt) && attempt.StopGraceMs is not null)) due = Math.Min(due, attempt.AskAtMs);
            return due == long.MaxValue ? due : due - NowMs;
        }
    }

    private bool IsQueueDue()
    {
        lock (_gate) return NowMs >= QueueDueMs();
    }

    private static bool IsAlive(SlurmAttempt attempt) => attempt.Stage is SlurmStage.Queued or SlurmStage.Running;

    // Something is about to be known: Slurm is asked sooner.
    private long QueueDueMs()
    {
        var (any, soon) = (false, _askSoon);
        foreach (var attempt in _attempts.Values.Where(IsAlive)) (any, soon) = (true, soon || attempt.DoubtSinceMs > 0 || attempt.StopGraceMs is not null);
        foreach (var allocation in _allocations.Values.Where(allocation => allocation is { IsOver: true, IsGone: false })) (any, soon) = (true, soon || NowMs < allocation.OverSinceMs + HardAfterMs);
        return any ? _askedAtMs + (soon ? Math.Min(SoonMs, _options.QueueMs) : _options.QueueMs) : long.MaxValue;
    }

    // --- submitting

    private async Task SubmitWaiting(CancellationToken stop)
    {
        List<(SlurmAttempt Attempt, StartOrder Order, byte[] Text)> taken;
        List<SlurmBatch> unsure;
        lock (_gate)
        {
            (taken, unsure) = ([.. _waiting], [.. _unsure]);
            _waiting.Clear();
        }
        foreach (var batch in unsure) await SubmitAgain(batch, stop).ConfigureAwait(false);
        foreach (var group in taken.GroupBy(one => ShapeOf(one.Order)))
        {
            if (group.Key.Allocation is { } name)
            {
                await Enter(name, [.. group], stop).ConfigureAwait(false);
                continue;
            }
            foreach (var some in group.Key.Gang is null ? group.Chunk(LargestArray) : [[.. group]])
            {
                var batch = Write(group.Key, some);
                if (batch is not null) await Submit(batch, stop).ConfigureAwait(false);
            }
        }
    }

    private Shape ShapeOf(StartOrder order) => order is { Allocation.Name: { } allocation, Gang: not { Size: > 1 } } ? default(Shape) with { Allocation = allocation } : new(
        order.Gang is { Size: > 1 } gang ? gang : null,
        // Members of a gang may differ; what they get is settled when they are together.
        order.Gang is { Size: > 1 } ? 0 : Cpus(order.Needs),
        order.Gang is { Size: > 1 } ? 0 : order.Needs.MemoryMb,
        order.Gang is { Size: > 1 } ? 0 : order.Needs.Gpus,
        order.Queue,
        Minutes(order.TimeLimitMs));

    private static long Cpus(Resources needs) => Math.Max(1, (needs.CpuMillis + 999) / 1000);

    // The server itself ends it in time; Slurm later.
    private static long Minutes(long timeLimitMs) => timeLimitMs > 0 ? timeLimitMs / 60_000 + 2 : 0;

    /// <summary>Writes the orders down: from now on another server knows of them too.</summary>
    private SlurmBatch? Write(Shape shape, (SlurmAttempt Attempt, StartOrder Order, byte[] Text)[] some)
    {
        var gang = shape.Gang is not null && some.Length > 1;
        var batch = new SlurmBatch(SlurmBatch.NewName(gang), [.. some.Select(one => one.Attempt.Id)])
        {
            Open = some.Length,
            Resources = [.. gang ? GangResources(some) : ArrayResources(some), .. Place(shape, some)],
            StepResources = gang ? StepResources(some) : [],
        };
        _files.WriteWhole(_files.Orders(batch.Name), OrderFile.Join([.. some.Select(one => (one.Attempt.Id, (ReadOnlyMemory<byte>)one.Text))]));
        lock (_gate)
        {
            _batches.Add(batch.Name, batch);
            for (var i = 0; i < some.Length; i++) (some[i].Attempt.Batch, some[i].Attempt.Index, some[i].Attempt.Stage) = (batch, i, SlurmStage.Queued);
        }
        return batch;
    }

    private IEnumerable<string> ArrayResources((SlurmAttempt Attempt, StartOrder Order, byte[] Text)[] some)
    {
        var order = some[0].Order;
        if (some.Length > 1) yield return $"--array=0-{Text(some.Length - 1)}";
        yield return "--ntasks=1";
        yield return $"--cpus-per-task={Text(Cpus(order.Needs))}";
        if (Memory(order.Needs) is var memory and > 0) yield return $"--mem={Text(memory)}M";
        if (order.Needs.Gpus > 0) yield return $"--gres=gpu:{Text(order.Needs.Gpus)}";
    }

    // One allocation for all; as members may differ, each gets what the greatest asks for.
    private IEnumerable<string> GangResources((SlurmAttempt Attempt, StartOrder Order, byte[] Text)[] some) => [$"--ntasks={Text(some.Length)}", .. StepResources(some)];

    private List<string> StepResources((SlurmAttempt Attempt, StartOrder Order, byte[] Text)[] some)
    {
        var (cpus, memory, gpus) = Greatest(some);
        return StepResources(cpus, memory, gpus);
    }

    private static List<string> StepResources(long cpus, long memory, int gpus)
    {
        List<string> options = [$"--cpus-per-task={Text(cpus)}"];
        if (memory > 0) options.Add($"--mem-per-cpu={Text((memory + cpus - 1) / cpus)}M");
        if (gpus > 0) options.Add($"--gpus-per-task={Text(gpus)}");
        return options;
    }

    private (long Cpus, long MemoryMb, int Gpus) Greatest((SlurmAttempt Attempt, StartOrder Order, byte[] Text)[] some) =>
        (some.Max(one => Cpus(one.Order.Needs)), some.Max(one => Memory(one.Order.Needs)), some.Max(one => one.Order.Needs.Gpus));

    private long Memory(Resources needs) => needs.MemoryMb > 0 ? needs.MemoryMb : _options.MemoryMb;

    private IEnumerable<string> Place(Shape shape, (SlurmAttempt Attempt, StartOrder Order, byte[] Text)[] some) =>
        Place(shape.Queue, shape.Minutes, some.Length == 1 || shape.Gang is not null ? some[0].Order.Title : "");

    private IEnumerable<string> Place(ClusterQueue? queue, long minutes, string title)
    {
        if ((queue?.Partition ?? _options.Partition) is { } partition) yield return $"--partition={partition}";
        if (queue?.Account is { } account) yield return $"--account={account}";
        if (queue?.Qos is { } qos) yield return $"--qos={qos}";
        if (minutes > 0) yield return $"--time={Text(minutes)}";
        var shown = new string([.. title.Where(sign => !char.IsControl(sign))]);
        yield return $"--job-name={(shown.Length > 0 ? shown : "switchyard")}";
    }

    private async Task Submit(SlurmBatch batch, CancellationToken stop)
    {
        string[] script = [_files.Launcher, _files.Root, batch.Name];
        string[] role = batch is SlurmAllocation held ? ["hold", Text(held.Places), Text(_options.AllocationIdleMs)]
            : batch.IsGang ? ["gang"]
            : batch.Ids.Count > 1 && _options.ReuseMs > 0 ? ["array", Text(_options.ReuseMs)] : [];
        var submission = await _commands.Submit(batch.Name, batch.Resources, [.. script, .. role, .. batch.StepResources], _files.Said(batch.Name), stop).ConfigureAwait(false);
        if (submission.Job is { } job)
        {
            Found(batch, job);
        }
        else if (submission.Refusal is { } refusal)
        {
            lock (_gate)
            {
                _unsure.Remove(batch);
                foreach (var refused in batch is SlurmAllocation { Steps: var steps } ? [.. steps] : (SlurmBatch[])[batch])
                {
                    Forget(refused);
                    foreach (var id in refused.Ids)
                        if (_attempts.TryGetValue(id, out var attempt) && attempt.Stage != SlurmStage.Ended) Drop(attempt, attempt.StopGraceMs is null ? refusal : NeverStarted);
                }
                if (batch is SlurmAllocation none) HasGone(none);
            }
        }
        else
        {
            _say($"slurm: {submission.Trouble}; it is tried again");
            lock (_gate) if (!_unsure.Contains(batch)) _unsure.Add(batch);
        }
    }

    // It may have been taken all the same.
    private async Task SubmitAgain(SlurmBatch batch, CancellationToken stop)
    {
        var (jobs, trouble) = await _commands.Queue(stop).ConfigureAwait(false);
        if (trouble is not null)
            await Task.Delay(TimeSpan.FromMilliseconds(AskAgainMs), _time, stop).ConfigureAwait(false);
        else if (jobs.FirstOrDefault(job => job.Batch == batch.Name) is { } found)
            Found(batch, found.Job);
        else if (batch is SlurmAllocation { IsOver: true, Steps.Count: 0 } unwanted)
            lock (_gate) HasGone(unwanted);
        else
            await Submit(batch, stop).ConfigureAwait(false);
    }

    private void Found(SlurmBatch batch, string job)
    {
        _files.WriteWhole(_files.Job(batch.Name), System.Text.Encoding.ASCII.GetBytes(job + "\n"));
        lock (_gate)
        {
            _unsure.Remove(batch);
            (batch.Job, batch.KnownAtMs) = (job, NowMs);
        }
        _fileBell.Ring();
    }

    // --- stopping

    private async Task AskToEnd(CancellationToken stop)
    {
        List<SlurmAttempt> asked = [], unstarted = [];
        var anyQueued = false;
        lock (_gate)
        {
            var now = NowMs;
            foreach (var attempt in _attempts.Values)
            {
                if (attempt.StopGraceMs is null || !IsAlive(attempt) || attempt.AskAtMs > now || attempt.Batch is null) continue;
                // What waits in an allocation leaves it alone; what is just starting there is asked the next time.
                if (attempt is { Handle: null, Batch.In: not null })
                {
                    attempt.AskAtMs = now + SoonMs;
                    if (_files.Claim(attempt.Id)) unstarted.Add(attempt);
                    continue;
                }
                if (attempt.Batch.Job is null) continue;
                // Members that have not started find out when they do; a job that nobody waits for any more goes.
                if (attempt.Batch.IsGang && attempt.Handle is null && attempt.Batch.Ids.Any(id => _attempts.TryGetValue(id, out var other) && other.Stage != SlurmStage.Ended && other.StopGraceMs is null)) continue;
                attempt.AskAtMs = now + AskAgainMs;
                asked.Add(attempt);
                anyQueued |= attempt.Handle is null;
            }
            foreach (var attempt in unstarted) Conclude(attempt, default);
        }
        if (asked.Count == 0) return;
        // Who waits is taken out of the queue. (That scancel takes only those who wait cannot be said: of an array it then takes all.)
        var waits = anyQueued ? (await _commands.Queue(stop).ConfigureAwait(false)).Jobs.Where(job => job.State == "PENDING").Select(job => (job.Job, job.Element)).ToHashSet() : [];
        List<string> polite = [], hard = [];
        lock (_gate)
        {
            foreach (var attempt in asked)
            {
                var overdue = NowMs > attempt.StopSinceMs + attempt.StopGraceMs + HardAfterMs;
                (overdue || waits.Contains((attempt.Batch!.Job!, attempt.Element)) ? hard : polite).Add(attempt.SlurmName!);
            }
        }
        if (polite.Count > 0) await _commands.Signal([.. polite.Distinct()], stop).ConfigureAwait(false);
        if (hard.Count > 0) await _commands.Cancel([.. hard.Distinct()], stop).ConfigureAwait(false);
    }

    // --- asking

    private async Task AskQueue(CancellationToken stop)
    {
        _askSoon = false;
        var (jobs, trouble) = await _commands.Queue(stop).ConfigureAwait(false);
        _askedAtMs = NowMs;
        if (trouble is not null)
        {
            _say($"slurm: {trouble}");
            return;
        }
        var byName = jobs.ToLookup(job => (job.Job, job.Element));
        await AskPreemption(byName, stop).ConfigureAwait(false);
        var cancelled = new List<string>();
        lock (_gate)
        {
            JudgeAllocations(byName, cancelled);
            foreach (var attempt in _attempts.Values.ToList())
            {
                if (!IsAlive(attempt) || attempt.Batch?.Job is not { } number) continue;
                Judge(attempt, element => byName[(number, element)].FirstOrDefault(), cancelled);
            }
            AddSpent(jobs, cancelled);
        }
        if (cancelled.Count > 0) await _commands.Cancel([.. cancelled.Distinct()], stop).ConfigureAwait(false);
    }

    /// <summary>Steps that are told to end while their job runs on: it may be about to make room for another.</summary>
    private async Task AskPreemption(ILookup<(string Job, int? Element), QueuedJob> byName, CancellationToken stop)
    {
        List<SlurmAttempt> told;
        lock (_gate) told = [.. _attempts.Values.Where(attempt => attempt is { Held: not null, IsPreemptionAsked: false, Batch: { IsGang: true } or { In: not null } } && byName[(attempt.Batch.Job!, null)].Any(job => !job.HasEnded))];
        foreach (var group in told.GroupBy(attempt => attempt.Batch!.Job!))
        {
            var preempted = await _commands.IsPreempted(group.Key, stop).ConfigureAwait(false);
            lock (_gate)
            {
                foreach (var attempt in group)
                {
                    attempt.IsPreemptionAsked = true;
                    if (!preempted || attempt.Held is not { } held) continue;
                    // Nothing else is to start in what is about to go.
                    if (attempt.Batch!.In is { IsOver: false } allocation) allocation.LetGo(NowMs);
                    End(attempt, held with { Lost = true, Unproven = Verdict.Preempted("").Lost });
                }
            }
        }
    }

    private void Judge(SlurmAttempt attempt, Func<int?, QueuedJob?> jobOf, List<string> cancelled)
    {
        var now = NowMs;
        var job = jobOf(attempt.Element);
        if (attempt.Held is { } held)
        {
            // Of a step Slurm says nothing, but for what it writes of its memory.
            var memory = held.Signal == 9 && attempt.Batch!.In is not null ? Verdict.OfMemory(Complaints(attempt)) : null;
            if (memory is null && job is { HasEnded: false } && now < attempt.DoubtSinceMs + (held.Signal == 9 && attempt.Batch!.In is not null ? _options.SettleMs : HoldMs)) return;
            var why = memory ?? (job is { HasEnded: true } && attempt.StopGraceMs is null ? Verdict.Of(job, null) : default);
            End(attempt, why.Lost is { } lost ? held with { Lost = true, Unproven = lost } : held with { Because = why.Because });
            return;
        }
        if (job is { State: "PENDING" } && (job.Why.Contains("launch", StringComparison.OrdinalIgnoreCase) && job.Why.Contains("held", StringComparison.OrdinalIgnoreCase)))
        {
            if (!IsOurs(attempt, out _)) return;
            cancelled.Add(attempt.SlurmName!);
            Conclude(attempt, new($"Slurm could not launch it: {job.Why}", Reason.None));
            return;
        }
        if (job is { State: "PENDING" } && Hopeless.Contains(job.Why, StringComparer.Ordinal))
        {
            if (!IsOurs(attempt, out _)) return;
            cancelled.Add(attempt.SlurmName!);
            Conclude(attempt, new(null, new(ReasonCode.TooLarge, $"Slurm will never run it: {job.Why}")));
            return;
        }
        if (job is { HasEnded: false } || job is null && now < attempt.Batch!.KnownAtMs + UnknownAfterMs)
        {
            attempt.DoubtSinceMs = 0;
            return;
        }
        // Slurm is done with it. What its launcher wrote may take its time to be seen here.
        if (attempt.DoubtSinceMs == 0)
        {
            attempt.DoubtSinceMs = now;
            _fileBell.Ring();
            return;
        }
        if (now < attempt.DoubtSinceMs + _options.SettleMs || LookAt(attempt)) return;
        if (!IsOurs(attempt, out var by))
        {
            // A launcher is just about to start it, or was when it ended.
            if (by is null) return;
            job = jobOf(by);
            if (job is { HasEnded: false }) return;
        }
        Conclude(attempt, job is null ? new("Slurm does not know its job any more", Reason.None) : Verdict.Of(job, Complaints(attempt)));
    }

    /// <summary>
    /// Has no launcher start an attempt that has not started. False when one was first: in the element <paramref name="by"/>, its own or one that is done
    /// with its own; null when that cannot be seen yet.
    /// </summary>
    private bool IsOurs(SlurmAttempt attempt, out int? by)
    {
        by = attempt.Element;
        if (attempt is not { Handle: null, Element: not null } || _files.Claim(attempt.Id)) return true;
        var claim = SlurmFiles.Read(_files.Of("claimed", attempt.Id));
        if (claim == SlurmFiles.ClaimOfServer) return true;
        by = claim is null ? null : SlurmAttempt.ElementIn(claim);
        return false;
    }

    /// <summary>What Slurm, or a launcher, complained of about the job: the lines that name it.</summary>
    private string Complaints(SlurmAttempt attempt)
    {
        if (SlurmFiles.Read(_files.Said(attempt.Batch!.Complains)) is not { Length: > 0 } said) return "";
        if (attempt is { Batch.In: not null, SlurmName: { } step } && step.Contains('.', StringComparison.Ordinal))
            return string.Join("; ", said.Split('\n').Where(line => $"{line} ".Contains($"StepId={step} ", StringComparison.Ordinal)).Distinct().Take(3));
        var number = SlurmFiles.Read(_files.Of("started", attempt.Id))?.Split('\n').ElementAtOrDefault(1);
        var lines = said.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        // A launcher that fails before it has started anything names no job.
        var own = lines.Where(line => number is not { Length: > 0 } ? !line.StartsWith("slurmstepd", StringComparison.Ordinal)
            : line.Contains($"StepId={number}.", StringComparison.Ordinal) || line.Contains($" {number} ", StringComparison.Ordinal));
        return string.Join("; ", own.Distinct().Take(3));
    }

    // --- elements whose attempts ran in others

    /// <summary>Notes what waits in the queue to start what is no more to be started.</summary>
    private void AddSpent(IReadOnlyList<QueuedJob> jobs, List<string> cancelled)
    {
        var spent = jobs.Where(job => job is { State: "PENDING", Element: not null } && _batches.GetValueOrDefault(job.Batch) is { HasSpentElements: true } batch && job.Element < batch.Ids.Count
            && (!_attempts.TryGetValue(batch.Ids[job.Element.Value], out var attempt) || attempt.Stage == SlurmStage.Ended || attempt.Element != job.Element));
        foreach (var group in spent.GroupBy(job => job.Job)) cancelled.Add($"{group.Key}_[{Ranges([.. group.Select(job => job.Element!.Value).Order()])}]");
    }

    /// <summary>Has Slurm forget the arrays of which nothing is left to run.</summary>
    private async Task CancelSpent(CancellationToken stop)
    {
        List<string> spent;
        lock (_gate)
        {
            spent = [.. _spent];
            _spent.Clear();
        }
        if (spent.Count > 0) await _commands.Cancel(spent, stop).ConfigureAwait(false);
    }

    /// <summary>Numbers in order as Slurm writes them: <c>3-7,9</c>.</summary>
    internal static string Ranges(IReadOnlyList<int> numbers)
    {
        var text = new System.Text.StringBuilder();
        for (var i = 0; i < numbers.Count;)
        {
            var from = i;
            while (++i < numbers.Count && numbers[i] == numbers[i - 1] + 1) ;
            text.Append(CultureInfo.InvariantCulture, $"{(from > 0 ? "," : "")}{numbers[from]}");
            if (i - 1 > from) text.Append(CultureInfo.InvariantCulture, $"-{numbers[i - 1]}");
        }
        return text.ToString();
    }

    /// <summary>Writes down how an attempt ended of which its launcher says nothing, and says it.</summary>
    private void Conclude(SlurmAttempt attempt, Verdict verdict)
    {
        var text = attempt.StopGraceMs is not null
            ? attempt.Handle is null ? $"refused\n{NeverStarted}" : "exit 137 9 0\nSlurm ended it, and nobody saw that nothing of it is left"
            : verdict.Lost is { } lost ? $"lost\n{lost}" : $"because {verdict.Because.Code}\n{verdict.Because.Text}";
        _files.WriteWhole(_files.Of("ended", attempt.Id), System.Text.Encoding.UTF8.GetBytes(text));
        LookAt(attempt);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
