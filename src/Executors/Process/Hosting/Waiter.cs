using System.Collections.Concurrent;
using Switchyard.Executors.Process.Spawning;

namespace Switchyard.Executors.Process.Hosting;

/// <summary>How a child ended. The attempt is null for what was not started for one (an orphan that came to us).</summary>
internal readonly record struct ChildEnd(HostAttempt? Attempt, int Pid, int ExitCode, int Signal);

/// <summary>
/// Waits for every child on one thread. A child that ends at once still finds its attempt: it is not reaped while a birth
/// is under way that could be its own, so its id stays taken.
/// </summary>
internal sealed unsafe class Waiter
{
    private readonly Dictionary<int, HostAttempt> _known = [];
    private readonly object _gate = new();
    private int _bearing;
    private bool _born;
    private readonly ConcurrentQueue<ChildEnd> _ends = new();
    private readonly Action _wake;

    public Waiter(Action wake)
    {
        _wake = wake;
        new Thread(Run, 256 * 1024) { IsBackground = true, Name = "waiter" }.Start();
    }

    /// <summary>What ended since it was last asked.</summary>
    public bool TryTake(out ChildEnd end) => _ends.TryDequeue(out end);

    /// <summary>Starts an attempt's main process, and notes whose it is before its end can be seen. From any thread, each with a spawner of its own.</summary>
    public SpawnResult Bear(Spawner spawner, in SpawnOrder order, HostAttempt attempt)
    {
        // Its time is read before it can be reaped, so that it is this process's and no other's.
        return Bear(spawner, order, attempt, pid => (attempt.Pid, attempt.StartTicks) = (pid, Killing.ProcessTable.Find(pid)?.StartTicks ?? 0));
    }

    /// <summary>Starts what is run after an attempt.</summary>
    public SpawnResult BearUndo(Spawner spawner, in SpawnOrder order, HostAttempt attempt) => Bear(spawner, order, attempt, pid => attempt.UndoPid = pid);

    /// <summary>Starts the server of a session in an attempt.</summary>
    public SpawnResult BearSession(Spawner spawner, in SpawnOrder order, HostAttempt attempt) => Bear(spawner, order, attempt, pid => attempt.Sessions.Add(pid));

    private SpawnResult Bear(Spawner spawner, in SpawnOrder order, HostAttempt attempt, Action<int> born)
    {
        lock (_gate) _bearing++;
        var result = spawner.Spawn(order);
        if (result.Failure is null) born(result.Pid);
        lock (_gate)
        {
            _bearing--;
            if (result.Failure is null) _known[result.Pid] = attempt;
            // Also after a failed exec: there was a child for a moment.
            _born = true;
            Monitor.Pulse(_gate);
        }
        return result;
    }

    /// <summary>Signals the session that a child leads, unless it has been waited for already.</summary>
    public void SignalSession(int pid, params ReadOnlySpan<int> signals)
    {
        lock (_gate)
        {
            if (!_known.ContainsKey(pid)) return;
            foreach (var signal in signals) _ = Libc.kill(-pid, signal);
        }
    }

    private void Run()
    {
        while (true)
        {
            Libc.WaitInfo info;
            // Look without reaping: the id must stay taken until its attempt is known.
            if (Libc.waitid(0, 0, &info, Libc.WEXITED | Libc.WNOWAIT) != 0)
            {
                if (Libc.Errno == Libc.ECHILD) AwaitBirth();
                continue;
            }

            HostAttempt? attempt;
            int status;
            lock (_gate)
            {
                while (!_known.ContainsKey(info.Pid) && _bearing > 0) Monitor.Wait(_gate);
                if (Libc.waitpid(info.Pid, &status, Libc.WNOHANG) != info.Pid) continue;
                _known.Remove(info.Pid, out attempt);
            }
            var signal = status & 0x7f;
            _ends.Enqueue(signal == 0 ? new(attempt, info.Pid, (status >> 8) & 0xff, 0) : new(attempt, info.Pid, 128 + signal, signal));
            _wake();
        }
    }

    // A birth since the last time is enough: then the next look decides.
    private void AwaitBirth()
    {
        lock (_gate)
        {
            while (!_born) Monitor.Wait(_gate);
            _born = false;
        }
    }
}
