using System.Collections.Concurrent;
using System.Globalization;
using Switchyard.Core.Execution;
using Switchyard.Core.Runs;
using Switchyard.Executors.Process.Output;

namespace Switchyard.Executors.Slurm;

/// <summary>What the launchers on the nodes write: read when the file system tells, and every now and then, because it does not tell of other machines.</summary>
public sealed partial class SlurmExecutor
{
    private const int BreathMs = 15;

    private readonly ConcurrentDictionary<(string Kind, long Id), bool> _changed = new();
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // --- after a start of the server

    /// <summary>Takes up what an earlier server left here.</summary>
    private void Adopt()
    {
        AdoptAllocations();
        foreach (var name in _files.Batches().ToList())
        {
            var batch = new SlurmBatch(name, OrderFile.Ids(_files.Orders(name))) { In = AllocationOf(name), Job = SlurmFiles.Read(_files.Job(name))?.Trim(), KnownAtMs = NowMs };
            var acknowledged = _files.Acknowledged(name);
            for (var i = 0; i < batch.Ids.Count; i++)
            {
                if (acknowledged.Contains(batch.Ids[i])) continue;
                if (_attempts.TryAdd(batch.Ids[i], new(batch.Ids[i]) { Batch = batch, Index = i, Stage = SlurmStage.Queued })) batch.Open++;
            }
            if (batch.Open == 0)
            {
                _files.RemoveBatch(name, batch.Ids);
                continue;
            }
            _batches.Add(name, batch);
            batch.In?.Steps.Add(batch);
        }
        AdoptSteps();
    }

    /// <summary>Finds out which of the batches without a job's number Slurm has, and then says what is known.</summary>
    private async Task Reconcile(CancellationToken stop)
    {
        var nameless = _batches.Values.Where(batch => batch.In is null).Concat(_allocations.Values).Where(batch => batch.Job is null).ToList();
        while (nameless.Count > 0)
        {
            var (jobs, trouble) = await _commands.Queue(stop).ConfigureAwait(false);
            if (trouble is null)
            {
                var byBatch = jobs.ToLookup(job => job.Batch, StringComparer.Ordinal);
                foreach (var batch in nameless) Reconcile(batch, byBatch[batch.Name].FirstOrDefault()?.Job);
                break;
            }
            _say($"slurm: {trouble}");
            await Task.Delay(TimeSpan.FromMilliseconds(AskAgainMs), _time, stop).ConfigureAwait(false);
        }
        lock (_gate)
        {
            foreach (var attempt in _attempts.Values.Where(attempt => attempt.Batch is not null).ToList())
            {
                if (SlurmFiles.Read(_files.Of("stop", attempt.Id)) is { } grace) (attempt.StopGraceMs, attempt.StopSinceMs) = (Number([grace.Trim()], 0), NowMs);
                LookAt(attempt);
            }
            var known = _attempts.Keys.ToHashSet();
            Logs.Retain(known);
            foreach (var id in known.Where(id => _attempts[id].Stage != SlurmStage.Ended)) Logs.Begin(id);
            Report(new ExecutorSync(known) { Allocations = [.. _allocations.Values.Where(allocation => allocation.IsOpen).Select(allocation => allocation.Of)] });
        }
        _synced.TrySetResult();
    }

    private void Reconcile(SlurmBatch batch, string? job)
    {
        var ids = batch is SlurmAllocation { Steps: var steps } ? steps.SelectMany(some => some.Ids) : batch.Ids;
        job ??= ids.Select(id => SlurmFiles.Read(_files.Of("started", id))).OfType<string>().FirstOrDefault()?.Split('@', '_', '.')[0];
        if (job is not null)
        {
            Found(batch, job);
            return;
        }
        // Never submitted, or gone before anything of it started. A job that comes late finds no orders.
        if (batch is SlurmAllocation allocation)
        {
            WasNever(allocation);
            return;
        }
        lock (_gate)
        {
            if (batch.Ids.Any(id => File.Exists(_files.Of("ended", id)))) return;
            _batches.Remove(batch.Name);
            _files.RemoveBatch(batch.Name, batch.Ids);
            foreach (var id in batch.Ids)
                if (_attempts.TryGetValue(id, out var attempt) && attempt.Batch == batch) _attempts.Remove(id);
        }
    }

    // --- the loop

    private async Task ReadFiles(CancellationToken stop)
    {
        await _synced.Task.WaitAsync(stop).ConfigureAwait(false);
        using var started = Watcher("started");
        using var ended = Watcher("ended");
        using var output = Watcher("out");
        var scannedAtMs = NowMs;
        while (true)
        {
            bool idle;
            lock (_gate) idle = !_attempts.Values.Any(attempt => attempt.Stage is SlurmStage.Queued or SlurmStage.Running);
            await _fileBell.Wait(idle ? long.MaxValue : scannedAtMs + _options.PollMs - NowMs, stop).ConfigureAwait(false);
            var all = NowMs >= scannedAtMs + _options.PollMs;
            if (all) scannedAtMs = NowMs;
            Look(all);
            // What comes in quick succession is handled together.
            await Task.Delay(TimeSpan.FromMilliseconds(BreathMs), _time, stop).ConfigureAwait(false);
        }
    }

    private void Look(bool all)
    {
        var changed = all ? [.. IdsIn("started").Concat(IdsIn("ended"))] : new HashSet<long>();
        var grown = new HashSet<long>();
        foreach (var (key, _) in _changed)
        {
            if (!_changed.TryRemove(key, out _)) continue;
            if (key.Kind == "out") grown.Add(key.Id);
            else changed.Add(key.Id);
        }
        var sizes = new List<KeyValuePair<long, long>>();
        lock (_gate)
        {
            foreach (var id in changed)
                if (_attempts.TryGetValue(id, out var attempt) && attempt.Stage != SlurmStage.Ended) LookAt(attempt);
            foreach (var attempt in all ? _attempts.Values : grown.Select(_attempts.GetValueOrDefault).OfType<SlurmAttempt>())
            {
                if (attempt is not { Stage: SlurmStage.Running, Held: null, Output: { } output }) continue;
                var before = output.Bytes;
                if (output.Take(all: false)) _changed.TryAdd(("out", attempt.Id), true);
                if (output.Bytes > before) sizes.Add(new(attempt.Id, output.Bytes));
            }
        }
        if (sizes.Count > 0)
        {
            var grew = new OutputGrew(sizes);
            Logs.Notify(grew);
            Report(grew);
        }
        if (!_changed.IsEmpty) _fileBell.Ring();
    }

    private IEnumerable<long> IdsIn(string kind)
    {
        foreach (var path in Directory.EnumerateFiles(_files.Folder(kind)))
            if (long.TryParse(Path.GetFileName(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) yield return id;
    }

    private FileSystemWatcher? Watcher(string kind)
    {
        void Heard(object sender, FileSystemEventArgs told)
        {
            if (!long.TryParse(Path.GetFileName(told.Name.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var id)) return;
            if (_changed.TryAdd((kind, id), true)) _fileBell.Ring();
        }
        try
        {
            var watcher = new FileSystemWatcher(_files.Folder(kind)) { NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite | NotifyFilters.Size };
            watcher.Created += Heard;
            watcher.Renamed += Heard;
            if (kind == "out") watcher.Changed += Heard;
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (IOException none)
        {
            // The system has no more of them; the look every now and then does.
            _say($"slurm: {none.Message}");
            return null;
        }
    }

    // --- one attempt

    /// <summary>Looks at an attempt's files and says what is new; true once it has ended.</summary>
    private bool LookAt(SlurmAttempt attempt)
    {
        if (attempt.Stage == SlurmStage.Ended) return true;
        if (attempt.Held is not null) return false;
        var path = _files.Of("ended", attempt.Id);
        var ended = SlurmFiles.Read(path);
        if (attempt.Stage != SlurmStage.Running && SlurmFiles.Read(_files.Of("started", attempt.Id)) is { Length: > 0 } started)
        {
            attempt.Handle = started.Split('\n')[0];
            (attempt.StartedAt, attempt.Stage) = (SlurmFiles.WrittenAt(_files.Of("started", attempt.Id)), SlurmStage.Running);
            attempt.Kept ??= OrderFile.Read(_files.Orders(attempt.Batch!.Name), attempt.Index);
            var log = Files.LogDirectory(attempt.Id);
            // An earlier server may have had all of it.
            if (LogIndex.Read(log) is not { End: not null }) attempt.Output = new(_files.Of("out", attempt.Id), log, _options.Logs, attempt.Kept);
            if (attempt.Batch!.In is { } allocation) allocation.IsUp = true;
            if (attempt.Element != attempt.Batch.ElementOf(attempt.Index)) attempt.Batch.HasSpentElements = true;
            Logs.Begin(attempt.Id);
            Report(new AttemptStarted(attempt.Id, attempt.Handle, attempt.StartedAt));
            _changed.TryAdd(("out", attempt.Id), true);
        }
        if (ended is null) return false;
        attempt.Output?.Finish();
        attempt.Output = null;
        HasEnded(attempt, ended, SlurmFiles.WrittenAt(path));
        return attempt.Stage == SlurmStage.Ended;
    }

    private void HasEnded(SlurmAttempt attempt, string told, DateTimeOffset at)
    {
        var line = told.Split('\n', 2);
        var text = line.Length > 1 ? line[1].Trim() : "";
        var words = line[0].Split(' ');
        var startedAt = attempt.Handle is null ? at : attempt.StartedAt;
        var killed = new AttemptExited(attempt.Id, 137, 9, false, null, startedAt, at < startedAt ? startedAt : at, null);
        switch (words[0])
        {
            case "refused":
                End(attempt, new AttemptRefused(attempt.Id, text, at));
                break;
            case "lost":
                End(attempt, killed with { Lost = true, Unproven = text });
                break;
            case "silent":
                var said = attempt.StopGraceMs is null ? Verdict.OfStep(Number(words, 1), Complaints(attempt)) : default;
                End(attempt, killed with { Lost = said.Lost is not null, Unproven = said.Lost, Because = said.Because });
                break;
            case "because":
                End(attempt, killed with { Because = new(Enum.TryParse<ReasonCode>(words[^1], out var code) ? code : ReasonCode.Signal, text) });
                break;
            default:
                var (exit, signal, asked) = (Number(words, 1), Number(words, 2), Number(words, 3) == 1);
                var exited = killed with
                {
                    ExitCode = exit,
                    Signal = signal == 0 ? null : signal,
                    Unproven = text.Length == 0 ? null : text,
                    Result = attempt.Kept is { HasDirectory: true } ? ResultFile.Read(Files.AttemptDirectory(attempt.Id)) : null,
                };
                // Somebody else asked it to end, or killed it: perhaps Slurm, which knows why.
                if (attempt.StopGraceMs is null && (asked || signal == 9 && !attempt.Batch!.IsGang) && attempt.Batch!.Job is not null)
                {
                    (attempt.Held, attempt.DoubtSinceMs, _askSoon) = (exited, NowMs, true);
                    _commandBell.Ring();
                }
                else
                {
                    End(attempt, exited);
                }
                break;
        }
    }

    private void End(SlurmAttempt attempt, AttemptReport end)
    {
        (attempt.End, attempt.Stage, attempt.Held) = (end, SlurmStage.Ended, null);
        Logs.End(attempt.Id);
        Report(end);
    }

    private static int Number(string[] words, int at) => words.Length > at && int.TryParse(words[at], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
