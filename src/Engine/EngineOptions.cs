using Switchyard.Core.Execution;
using Switchyard.Core.Plans;
using Switchyard.Core.Pools;

namespace Switchyard.Engine;

/// <summary>What the engine is told at start.</summary>
public sealed record EngineOptions
{
    /// <summary>This node's name, as stored with the attempts it runs.</summary>
    public string Node { get; init; } = "local";

    /// <summary>What may be in use at once on this installation.</summary>
    public Resources Capacity { get; init; } = DefaultCapacity(Environment.ProcessorCount, 0, 0);

    /// <summary>Where tasks run whose pool does not say.</summary>
    public string DefaultExecutor { get; init; } = Place.Process;

    /// <summary>The pools; always with the default one.</summary>
    public IReadOnlyList<Pool> Pools { get; init; } = [Pool.Default];

    /// <summary>The address under which the members of a gang find each other's ports.</summary>
    public string HostAddress { get; init; } = "127.0.0.1";

    /// <summary>The ports given out to those who take any: below those that the system gives to outgoing connections.</summary>
    public (int First, int Last) Ports { get; init; } = (20_000, 32_700);

    /// <summary>Whether nobody else listens on a port of this node.</summary>
    public Func<int, bool> PortIsFree { get; init; } = GrantBook.Probe;

    /// <summary>Bytes that arguments and environment of one program may have together on this system.</summary>
    public long ProgramBytes { get; init; } = 2_000_000;

    /// <summary>Milliseconds between the polite signal and the kill, where a task does not say.</summary>
    public int GraceMs { get; init; } = 10_000;

    /// <summary>The variables every task gets, before its own.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> BaseEnvironment { get; init; } =
    [
        new("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        new("LANG", "C.UTF-8"),
    ];

    /// <summary>Resolves the references that only this node knows: the runtime's directory, interpreters.</summary>
    public Func<Reference, string?> NodeValues { get; init; } = _ => null;

    /// <summary>The texts to mask in what an attempt writes for a secret it was given: the value itself, unless it is made of several.</summary>
    public Func<Reference, string, IReadOnlyList<string>> MaskedTexts { get; init; } = (_, value) => [value];

    /// <summary>An attempt's own directory on this node.</summary>
    public Func<long, string?> AttemptDirectory { get; init; } = _ => null;

    /// <summary>How long ended runs are kept, with the files of their attempts; zero for ever.</summary>
    public TimeSpan Retention { get; init; }

    /// <summary>How many events one step takes at the most.</summary>
    public int BatchSize { get; init; } = 2_000;

    /// <summary>This node as a place, which is all there is until others are told of.</summary>
    public Place Here => new(Node, Place.Process, Capacity)
    {
        Address = HostAddress,
        AttemptDirectory = AttemptDirectory,
        Values = NodeValues,
        PortIsFree = PortIsFree,
    };

    /// <summary>A machine's capacity: slots are four times its cores, at least 16.</summary>
    public static Resources DefaultCapacity(int cores, long memoryMb, int gpus) => new(Math.Max(16, 4 * cores), cores * 1000L, memoryMb, gpus);
}
