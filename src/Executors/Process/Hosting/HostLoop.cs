using Switchyard.Core.Execution;
using Switchyard.Executors.Process.Killing;
using Switchyard.Executors.Process.Output;
using Switchyard.Executors.Process.Spawning;

namespace Switchyard.Executors.Process.Hosting;

/// <summary>What a host was started with.</summary>
internal sealed record HostSettings(string ProgramHash, int LeaveAfterMs, LogCaps Caps);

/// <summary>
/// The host's one loop: takes what the server sends and what children do, journals it, tells it. All state is this
/// thread's alone; the waiter and the output pump reach it through queues and a wake-up.
/// </summary>
internal sealed partial class HostLoop
{
    /// <summary>Numbers in the epoll set that are not a cgroup's.</summary>
    public const int ReservedNumbers = 16;

    private const long ListenerNumber = 0, WakeNumber = 1;
    private const int SpawnsAtOnce = 16;
    private const int OutputNoticeMs = 50;
    private const int JournalRetryMs = 1000;
    private const int KillAgainMs = 1000;
    private const int HoldMs = 500;

    private readonly EpollSet _epoll = new(64);
    private readonly int _wake = Libc.eventfd(0, Libc.O_CLOEXEC | Libc.O_NONBLOCK);
    private readonly int _null = Libc.open("/dev/null", Libc.O_RDWR | Libc.O_CLOEXEC, 0);
    private readonly HostPlace _place;
    private readonly string _nodeId;
    private readonly HostSettings _settings;
    private readonly TimeProvider _time;
    private readonly Action<string> _say;
    private readonly Spawner _spawner;
    private readonly SpawnCrew _crew;
    private readonly IKillGround _ground;
    private readonly Waiter _waiter;
    private readonly OutputPump _output;
    private readonly NodeFiles _files;
    private readonly DirectoryStock _stock;
    private readonly OrderDesk _desk;
    private readonly Door _door;
    private readonly Journal _journal;
    private readonly Reporter _reporter;
    private readonly RemoteShells _shells;

    private readonly Dictionary<long, HostAttempt> _attempts = [];
    private readonly LinkedList<StartOrder> _orders = new();
    private long _heldUntilMs;
    private readonly RecentIds _acknowledged = new(8192);
    private readonly HashSet<HostAttempt> _ending = [];
    private readonly HashSet<HostAttempt> _dying = [];
    private int _wakePending;
    private int _alive;
    private bool _draining;
    private long _quietSinceMs;
    private long _outputToldMs;
    private long _killedAgainMs;

    public HostLoop(HostPlace place, NodeFiles files, string nodeId, HostSettings settings, Func<EpollSet, Action<long>, IKillGround> ground, Spawner spawner,
        TimeProvider time, Action<string> say)
    {
        (_place, _nodeId, _settings, _time, _say, _spawner) = (place, nodeId, settings, time, say, spawner);
        _epoll.Add(_wake, Libc.EPOLLIN, WakeNumber);
        _ground = ground(_epoll, TryEnd);
        _journal = Journal.Create(place.JournalPath, ProcessTable.BootId, CgroupBase);
        TakeOverDead();
        _waiter = new(Wake);
        _crew = new(_waiter, _spawner);
        _output = new(files, settings.Caps, Wake, say);
        (_files, _stock) = (files, new(files));
        _desk = new(files, _stock, nodeId);
        _door = new(place.Directory, nodeId, _epoll, ListenerNumber);
        _reporter = new(_door, files);
        _shells = new(place, files, nodeId, _epoll, _waiter, _spawner, _ground, say);
        File.WriteAllText(place.AddressPath + ".new", _door.Address);
        File.Move(place.AddressPath + ".new", place.AddressPath);
    }

    private string? CgroupBase => (_ground as CgroupGround)?.Base;

    private long NowMs => (long)_time.GetElapsedTime(0).TotalMilliseconds;

    private long WallMs => _time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Runs until there is nothing left to do here.</summary>
    public void Run()
    {
        _quietSinceMs = NowMs;
        while (true)
        {
            var count = _epoll.Wait(WaitMs());
            for (var i = 0; i < count; i++) Handle(_epoll[i].Number, _epoll[i].Happened);
            var stirred = false;
            while (_waiter.TryTake(out var end))
            {
                if (end.Attempt is not { } attempt) stirred = true;
                else if (_shells.Ended(attempt, end.Pid)) TryEnd(attempt.Id);
                else if (attempt.MainEnded) UndoEnded(attempt, end);
                else MainEnded(attempt, end);
            }
            if (stirred || IsEndingSlow()) foreach (var attempt in _ending.ToArray()) TryEnd(attempt.Id);
            Fence();
            TakeOrders();
            KillDue();
            Tell();
            if (IsTimeToLeave()) break;
        }
        Leave();
    }

    private void Handle(long number, uint happened)
    {
        switch (number)
        {
            case < -ReservedNumbers:
                _ground.Stirred(number);
                break;
            case ListenerNumber:
                _door.Accept();
                break;
            case WakeNumber:
                // In this order: the other way round, a wake-up between the two is drained while it still counts as pending, and
                // none ever comes again. What was queued before the flag fell is looked at after this.
                Span<byte> drained = stackalloc byte[8];
                _ = Libc.Read(_wake, drained);
                Interlocked.Exchange(ref _wakePending, 0);
                break;
            case >= RemoteShells.FirstNumber:
                _shells.Accept(number);
                break;
            default:
                if (_door.Find(number) is not { } connection) break;
                if ((happened & Libc.EPOLLOUT) != 0) _door.Send(connection);
                if ((happened & ~(uint)Libc.EPOLLOUT) != 0 && connection.Socket >= 0) ReadFrom(connection);
                break;
        }
    }

    private void TakeAllOrders()
    {
        while (_orders.Count > 0 && NowMs >= _heldUntilMs) TakeOrders();
    }

    // Without room on the disk nothing can be started: not the task's fault, so its order waits for room.
    private void Hold(IEnumerable<StartOrder> orders)
    {
        if (_heldUntilMs == 0) _say("the disk is full: starts wait until there is room");
        _heldUntilMs = NowMs + HoldMs;
        foreach (var order in orders.Reverse()) _orders.AddFirst(order);
    }

    private void TakeOrders()
    {
        if (_orders.Count == 0 || NowMs < _heldUntilMs) return;
        if (_journal.IsFull && !_journal.Flush())
        {
            Hold([]);
            return;
        }
        var ready = new List<(StartOrder Order, HostAttempt Attempt, SpawnOrder Spawn)>(SpawnsAtOnce);
        StartOrder? held = null;
        while (ready.Count < SpawnsAtOnce && _orders.First is { Value: var order })
        {
            // Between two looks at the clock the process may have stood still for minutes.
            if (IsPastFence) break;
            _orders.RemoveFirst();
            if (_attempts.TryGetValue(order.AttemptId, out var known))
            {
                _reporter.Tell(known);
                continue;
            }
            // Ended and committed long ago: the order was late.
            if (_acknowledged.Contains(order.AttemptId)) continue;

            var attempt = new HostAttempt(order.AttemptId) { StartedAtMs = WallMs, Undo = order.Undo };
            if (_desk.Prepare(order, attempt, out var spawn) is { } refusal || (refusal = _ground.Prepare(attempt)) is not null)
            {
                if (_desk.IsFull)
                {
                    held = order;
                    break;
                }
                _reporter.Refuse(order.AttemptId, refusal, WallMs);
                continue;
            }
            _attempts.Add(attempt.Id, attempt);
            _journal.Intend(attempt, CgroupBase);
            ready.Add((order, attempt, spawn));
        }

        if (held is not null) Hold([held]);
        if (ready.Count == 0) return;
        var journalled = _journal.Flush();
        if (!journalled && _journal.IsFull)
        {
            foreach (var (_, attempt, _) in ready) Withdraw(attempt);
            Hold(ready.Select(r => r.Order));
            return;
        }
        if (held is null) _heldUntilMs = 0;
        if (!journalled)
        {
            foreach (var (_, attempt, _) in ready) Refuse(attempt, _journal.Trouble!);
            return;
        }
        Start(ready);
    }

    private void Refuse(HostAttempt attempt, string why)
    {
        Withdraw(attempt);
        _reporter.Refuse(attempt.Id, why, WallMs);
    }

    private void Withdraw(HostAttempt attempt)
    {
        _attempts.Remove(attempt.Id);
        _ground.Release(attempt);
        _journal.Forget(attempt.Id);
    }

    private unsafe void Start(List<(StartOrder Order, HostAttempt Attempt, SpawnOrder Spawn)> ready)
    {
        var births = new List<SpawnCrew.Birth>(ready.Count);
        var begun = new List<(StartOrder Order, int Reading)>(ready.Count);
        var pipe = stackalloc int[2];
        foreach (var (order, attempt, spawn) in ready)
        {
            if (Libc.pipe2(pipe, Libc.O_CLOEXEC) != 0)
            {
                Refuse(attempt, $"no pipe for the output: {Libc.Text(Libc.Errno)}");
                continue;
            }
            var (reading, writing) = (pipe[0], pipe[1]);
            const int setFlags = 4;
            _ = Libc.fcntl(reading, setFlags, Libc.O_NONBLOCK);
            attempt.StartedAtMs = WallMs;
            births.Add(new(attempt, spawn with { Cgroup = _ground.Cgroup(attempt), Input = _null, Output = writing }));
            begun.Add((order, reading));
        }
        _crew.Bear([.. births]);

        for (var i = 0; i < births.Count; i++)
        {
            var ((order, reading), attempt) = (begun[i], births[i].Attempt);
            _ = Libc.close(births[i].Order.Output);
            if (births[i].Result.Failure is { } failure)
            {
                _ = Libc.close(reading);
                Refuse(attempt, failure);
                continue;
            }
            attempt.Stage = AttemptStage.Running;
            _alive++;
            _output.Open(attempt.Id, reading, order.Secrets, order.Preface);
            if (order.Shell is { } shell) _shells.Open(attempt, shell);
            _journal.Start(attempt);
            _reporter.Tell(attempt);
        }
    }

    private void MainEnded(HostAttempt attempt, ChildEnd end)
    {
        (attempt.MainEnded, attempt.ExitCode, attempt.Signal) = (true, end.ExitCode, end.Signal);
        attempt.Stage = AttemptStage.Ending;
        _ending.Add(attempt);
        _shells.Close(attempt);
        TryEnd(attempt.Id);
    }

    // The main process is gone; what it left is killed, and the attempt has ended when nothing is left.
    private void TryEnd(long id)
    {
        if (!_attempts.TryGetValue(id, out var attempt) || attempt.Stage != AttemptStage.Ending) return;
        if (!attempt.Gone)
        {
            if (!_ground.IsGone(attempt, out var unproven)) return;
            (attempt.Gone, attempt.Unproven) = (true, unproven ?? attempt.Unproven);
            _output.Finish(id);
            _ground.Release(attempt);
            _dying.Remove(attempt);
        }
        if (IsUndoing(attempt)) return;
        _ending.Remove(attempt);
        (attempt.Stage, attempt.EndedAtMs) = (AttemptStage.Ended, WallMs);
        if (attempt.HasDirectory && _stock.TakeBack(_files.AttemptDirectory(id))) attempt.HasDirectory = false;
        _alive--;
        if (_alive == 0) _quietSinceMs = NowMs;
        _journal.Exit(attempt);
        _reporter.Tell(attempt);
    }

    private void Stop(long id, int graceMs)
    {
        // An order that came before in the same breath has to be started to be stopped.
        if (_orders.Count > 0) TakeAllOrders();
        if (_orders.FirstOrDefault(order => order.AttemptId == id) is { } waiting)
        {
            _orders.Remove(waiting);
            _reporter.Refuse(id, "it was ended before there was room on the disk to start it", WallMs);
            return;
        }
        if (!_attempts.TryGetValue(id, out var attempt) || attempt.Stage != AttemptStage.Running) return;
        if (graceMs <= 0)
        {
            _dying.Remove(attempt);
            _ground.Kill(attempt);
            return;
        }
        // A stopped process would not see the polite signal.
        _waiter.SignalSession(attempt.Pid, Libc.SIGTERM, Libc.SIGCONT);
        var due = NowMs + graceMs;
        if (_dying.Add(attempt) || due < attempt.KillAtMs) attempt.KillAtMs = due;
    }

    private void KillDue()
    {
        if (_dying.Count == 0) return;
        var now = NowMs;
        foreach (var attempt in _dying.Where(a => a.KillAtMs <= now).ToArray())
        {
            _dying.Remove(attempt);
            if (attempt.Stage == AttemptStage.Running) _ground.Kill(attempt);
            else if (attempt.UndoPid > 0) _waiter.SignalSession(attempt.UndoPid, Libc.SIGKILL);
        }
    }

    private void Acknowledge(long id)
    {
        if (!_attempts.TryGetValue(id, out var attempt) || attempt.Stage != AttemptStage.Ended) return;
        _attempts.Remove(id);
        _acknowledged.Add(id);
        _journal.Forget(id);
    }

    private void TakeOverDead()
    {
        var dead = _place.TakeDead();
        foreach (var attempt in Recovery.Take(dead, _nodeId, WallMs, _say))
        {
            if (!_attempts.TryAdd(attempt.Id, attempt)) continue;
            _journal.Write(attempt);
            if (attempt.Stage != AttemptStage.Ending) continue;
            _alive++;
            _ending.Add(attempt);
        }
        if (!_journal.Flush()) throw new IOException(_journal.Trouble);
        foreach (var place in dead) place.Remove();
    }

    private void Tell()
    {
        // Nobody is told what a crash could make untrue.
        if (!_journal.Flush()) return;
        if (_door.Server is null)
        {
            _reporter.Forget();
            return;
        }
        if (_output.HasGrown && NowMs - _outputToldMs >= OutputNoticeMs)
        {
            _reporter.Output(_output.TakeGrown());
            _outputToldMs = NowMs;
        }
        _reporter.Send();
    }

    private bool IsTimeToLeave()
    {
        if (_draining && _attempts.Count == 0) return true;
        return _alive == 0 && _orders.Count == 0 && _door.Server is null && NowMs - _quietSinceMs >= _settings.LeaveAfterMs;
    }

    // What does not die at once (it forked meanwhile, it waits for a disk) is killed again after a while.
    private bool IsEndingSlow()
    {
        if (_ending.Count == 0 || NowMs < _killedAgainMs + KillAgainMs) return false;
        _killedAgainMs = NowMs;
        return true;
    }

    private int WaitMs()
    {
        var due = long.MaxValue;
        if (_orders.Count > 0) due = _heldUntilMs;
        foreach (var attempt in _dying) due = Math.Min(due, attempt.KillAtMs);
        if (_ending.Count > 0) due = Math.Min(due, _killedAgainMs + KillAgainMs);
        if (_journal.Trouble is not null) due = Math.Min(due, NowMs + JournalRetryMs);
        if (_door.Server is not null && _output.HasGrown) due = Math.Min(due, _outputToldMs + OutputNoticeMs);
        if (_door.Server is null && _alive == 0) due = Math.Min(due, _quietSinceMs + _settings.LeaveAfterMs);
        if (_fenceAtMs > 0 && !_fenced) due = Math.Min(due, NowMs + Math.Max(0, _fenceAtMs - Libc.BootMs()));
        return due == long.MaxValue ? -1 : (int)Math.Clamp(due - NowMs, 0, int.MaxValue);
    }

    private void Leave()
    {
        _door.Shut();
        _stock.Clear();
        (_ground as CgroupGround)?.Leave();
        _journal.Close();
        // What nobody acknowledged waits here for the next host.
        if (_attempts.Count == 0) _place.Remove();
    }

    private void Wake()
    {
        if (Interlocked.Exchange(ref _wakePending, 1) == 1) return;
        ReadOnlySpan<byte> one = [1, 0, 0, 0, 0, 0, 0, 0];
        _ = Libc.WriteAll(_wake, one);
    }
}
