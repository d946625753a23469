using Switchyard.Executors.Process.Spawning;

namespace Switchyard.Executors.Process.Hosting;

/// <summary>
/// Starts several programs side by side. Whoever starts one stands still until it is loaded, and with thousands of
/// variables the kernel copies for a millisecond; threads that live as long as the host share that wait. They must not
/// end before it: children of a thread that ended go to the first thread, where orphans are looked for.
/// </summary>
internal sealed class SpawnCrew
{
    private const int MostHelpers = 3;

    private readonly Waiter _waiter;
    private readonly Spawner _own;
    private readonly object _gate = new();
    private readonly int _helpers = Math.Clamp(Environment.ProcessorCount - 1, 0, MostHelpers);
    private bool _started;
    private Birth[] _births = [];
    private int _next;
    private int _wanted;
    private int _busy;

    /// <param name="own">The spawner of the thread that calls.</param>
    public SpawnCrew(Waiter waiter, Spawner own) => (_waiter, _own) = (waiter, own);

    /// <summary>One program to start for an attempt, and what became of it.</summary>
    public sealed class Birth(HostAttempt attempt, SpawnOrder order)
    {
        public HostAttempt Attempt { get; } = attempt;

        public SpawnOrder Order { get; } = order;

        public SpawnResult Result { get; set; }
    }

    /// <summary>Starts all of them; answers when each has started or failed.</summary>
    public void Bear(Birth[] births)
    {
        (_births, _next) = (births, 0);
        var helpers = Math.Min(_helpers, births.Length - 1);
        if (helpers > 0)
        {
            Start();
            lock (_gate)
            {
                _wanted = _busy = helpers;
                Monitor.PulseAll(_gate);
            }
        }
        BearNext(_own);
        lock (_gate)
        {
            while (_busy > 0) Monitor.Wait(_gate);
        }
    }

    // A host that never starts two at once has no use for the threads.
    private void Start()
    {
        if (_started) return;
        _started = true;
        for (var i = 0; i < _helpers; i++) new Thread(Help, 256 * 1024) { IsBackground = true, Name = "spawner" }.Start();
    }

    private void Help()
    {
        var spawner = _own.Another();
        while (true)
        {
            lock (_gate)
            {
                while (_wanted == 0) Monitor.Wait(_gate);
                _wanted--;
            }
            BearNext(spawner);
            lock (_gate)
            {
                if (--_busy == 0) Monitor.PulseAll(_gate);
            }
        }
    }

    private void BearNext(Spawner spawner)
    {
        while (Interlocked.Increment(ref _next) - 1 is var index && index < _births.Length)
            _births[index].Result = _waiter.Bear(spawner, _births[index].Order, _births[index].Attempt);
    }
}
