using Switchyard.Core.Execution;
using Switchyard.Core.Runs;
using Switchyard.Core.Snapshots;
using Switchyard.Core.Storage;
using Switchyard.Dialects.Edge;
using Switchyard.Server.Live;
using Switchyard.Server.Neutral;

namespace Switchyard.Server;

/// <summary>Everything the HTTP side of a server stands on. <see cref="Composition"/> puts it together; tests may put other parts together.</summary>
public sealed record ServerParts
{
    public required IStore Store { get; init; }
    public required IDispatch Dispatch { get; init; }
    public required IAttemptLogs Logs { get; init; }
    public required IEngineStats Stats { get; init; }
    public required LiveFeed Feed { get; init; }
    public required NodeFacts Node { get; init; }
    public required TimeProvider Clock { get; init; }

    /// <summary>Users and tokens; null for ones made from the settings. Given where a dialect uses them too.</summary>
    public Security.Accounts? Accounts { get; init; }

    /// <summary>The files of projects; null for those below the data directory. Given where a dialect uses them too.</summary>
    public ProjectTree? Projects { get; init; }

    /// <summary>Brings projects in from git; null for a server that does not.</summary>
    public ProjectImports? Imports { get; init; }

    /// <summary>Frozen projects, for runs that work on copies of them; null for a server without any.</summary>
    public ISnapshots? Snapshots { get; init; }

    /// <summary>This server among the others; null for one that is put together without.</summary>
    public Engine.Nodes.NodeKeeper? Keeper { get; init; }

    /// <summary>The door to this node's executor, for whoever leads; null for a server whose executor is its engine's alone.</summary>
    public Engine.Nodes.NodeGate? Gate { get; init; }

    /// <summary>What lets a leader in through it.</summary>
    public string? LinkToken { get; init; }

    /// <summary>The kinds of places this installation has.</summary>
    public IReadOnlyList<string> Executors { get; init; } = [Core.Execution.Place.Process];

    /// <summary>Plans neutral jobs, for the routes and for the engine.</summary>
    public required NeutralPlanner Planner { get; init; }

    /// <summary>The wire APIs beside the neutral one.</summary>
    public IReadOnlyList<IDialect> Dialects { get; init; } = [];
}
