using Switchyard.Core.Plans;

namespace Switchyard.Core.Execution;

/// <summary>Where attempts can be put: a node with its processes, or a cluster that finds a node itself. Its name stands with the attempts it runs.</summary>
/// <param name="Name">Unique in the installation: the node's name, or the cluster's.</param>
/// <param name="Executor">The kind of executor there: <see cref="Process"/> or <see cref="Slurm"/>.</param>
/// <param name="Capacity">What may be in use there at once. A cluster's queue is its own affair: of its capacity only the slots count, as the attempts it is given at once.</param>
public sealed record Place(string Name, string Executor, Resources Capacity)
{
    /// <summary>Processes of a node.</summary>
    public const string Process = "process";

    /// <summary>Jobs of a Slurm cluster.</summary>
    public const string Slurm = "slurm";

    /// <summary>The address under which what runs there is reached.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>Why it takes no new attempts, for people; null while it does.</summary>
    public string? Closed { get; init; }

    /// <summary>An attempt's own directory there.</summary>
    public Func<long, string?> AttemptDirectory { get; init; } = _ => null;

    /// <summary>Resolves the references that only this place knows: the runtime's directory, interpreters.</summary>
    public Func<Reference, string?> Values { get; init; } = _ => null;

    /// <summary>Whether nobody else listens on a port there; where nobody can look, that is hoped.</summary>
    public Func<int, bool> PortIsFree { get; init; } = _ => true;
}
