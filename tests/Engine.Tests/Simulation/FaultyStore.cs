using System.Reflection;
using Switchyard.Core.Runs;
using Switchyard.Core.Storage;

namespace Switchyard.Engine.Tests.Simulation;

/// <summary>
/// A thin layer over a real store that now and then cannot be reached (before anything was done, or after all of it was),
/// or refuses a run's moves.
/// </summary>
public class FaultyStore : DispatchProxy
{
    private readonly Lock _lock = new();
    private IStore _real = null!;
    private Random _random = null!;

    /// <summary>Faults in a hundred calls; 0 for a store that works.</summary>
    public int Percent { get; set; }

    /// <summary>Faults there were.</summary>
    public int Drawn { get; private set; }

    public static (IStore Store, FaultyStore Faults) Over(IStore real, int seed)
    {
        var store = Create<IStore, FaultyStore>();
        var faults = (FaultyStore)(object)store;
        (faults._real, faults._random) = (real, new Random(seed));
        return (store, faults);
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        var fault = Draw();
        if (targetMethod!.Name == nameof(IAsyncDisposable.DisposeAsync))
            return ValueTask.CompletedTask;
        if (fault == 0)
            throw Unavailable();
        return (fault, targetMethod.Name) switch
        {
            (1, nameof(IStore.RunsApply)) => AndThenFail(_real.RunsApply((IReadOnlyList<RunMoves>)args![0]!, default)),
            (1, nameof(IStore.RunsInsert)) => AndThenFail(_real.RunsInsert((IReadOnlyList<NewRun>)args![0]!, default)),
            (1, nameof(IStore.NoticesWrite) or nameof(IStore.NoticesTried)) => AndThenFail((Task)targetMethod.Invoke(_real, args)!),
            (2, nameof(IStore.RunsApply)) => RefuseSome((IReadOnlyList<RunMoves>)args![0]!),
            _ => targetMethod.Invoke(_real, args),
        };
    }

    private int Draw()
    {
        lock (_lock)
        {
            if (_random.Next(100) >= Percent)
                return -1;
            Drawn++;
            return _random.Next(3);
        }
    }

    private static StoreUnavailable Unavailable() => new(StoreTrouble.Full, "the disk is full: free some space there");

    private static async Task AndThenFail(Task done)
    {
        await done;
        throw Unavailable();
    }

    private static async Task<T> AndThenFail<T>(Task<T> done)
    {
        await done;
        throw Unavailable();
    }

    private async Task<IReadOnlyList<bool>> RefuseSome(IReadOnlyList<RunMoves> runs)
    {
        bool[] keep;
        lock (_lock)
            keep = [.. runs.Select(_ => _random.Next(2) == 0)];
        var applied = new Queue<bool>(await _real.RunsApply([.. runs.Where((_, i) => keep[i])], default));
        return [.. keep.Select(kept => kept && applied.Dequeue())];
    }
}
