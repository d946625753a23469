using Switchyard.Core.Execution;
using Switchyard.Core.Pools;
using Switchyard.Core.Runs;

namespace Switchyard.Engine;

/// <summary>What is handed to the Conductor. Closed: the types below are all there are.</summary>
internal abstract record Note
{
    private Note() { }

    /// <summary>A run was inserted.</summary>
    public sealed record Inserted(RunView Run) : Note;

    /// <summary>Something happened to a run.</summary>
    /// <param name="RunId">The run.</param>
    /// <param name="Event">What happened.</param>
    /// <param name="Done">Whoever asked for it; told when it is committed, or what kept it from that.</param>
    /// <param name="Sought">True once a run that was not known here was looked for in the store.</param>
    public sealed record Happened(long RunId, RunEvent Event, TaskCompletionSource? Done = null, bool Sought = false) : Note;

    /// <summary>A run may be in the store without our knowing: its insertion failed after nobody knows which step.</summary>
    public sealed record Doubtful(long RunId) : Note;

    /// <summary>An executor said something.</summary>
    public sealed record Said(ExecutorSignal Signal) : Note;

    /// <summary>A run may have taken as long as it may; ignored if the timeout was changed since.</summary>
    public sealed record RunTimer(long RunId, long TimeoutMs) : Note;

    /// <summary>The pools that are stored now.</summary>
    public sealed record PoolsChanged(IReadOnlyList<Pool> Pools) : Note;

    /// <summary>Something that nobody tells us of may have changed (a port of somebody else's): another look at the lines.</summary>
    public sealed record Look : Note;

    /// <summary>A living run's timeout was changed.</summary>
    public sealed record TimeoutChanged(long RunId, long TimeoutMs) : Note;
}
