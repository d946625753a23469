using System.Text.Json.Serialization;

namespace Switchyard.Core.Plans;

/// <summary>What a task does. Closed: the types below are all there are. Notebooks, wheels and jars are commands that a dialect prepared.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "do")]
[JsonDerivedType(typeof(CommandAction), "command")]
[JsonDerivedType(typeof(ConditionAction), "condition")]
[JsonDerivedType(typeof(ForEachAction), "for_each")]
[JsonDerivedType(typeof(RunJobAction), "run_job")]
public abstract record PlanAction
{
    private protected PlanAction() { }
}

/// <summary>Runs a program through an executor.</summary>
public sealed record CommandAction : PlanAction
{
    /// <summary>The program (a path, or a name looked up in the task's PATH) and its arguments.</summary>
    public required IReadOnlyList<Binding> Arguments { get; init; }

    /// <summary>Variables on top of the small clean environment every task gets.</summary>
    public IReadOnlyDictionary<string, Binding> Environment { get; init; } = new Dictionary<string, Binding>();

    /// <summary>Where it runs; null for the attempt's own directory.</summary>
    public Binding? WorkingDirectory { get; init; }

    /// <summary>Files written into the attempt's own directory before it starts, by name.</summary>
    public IReadOnlyDictionary<string, Binding> Files { get; init; } = new Dictionary<string, Binding>();

    /// <summary>True when a file called <c>task.json</c> with the task's parameters, ids and upstream task values is written beside them.</summary>
    public TaskFile? TaskFile { get; init; }

    /// <summary>A text that stands in the log before what the program writes; null for none.</summary>
    public string? Preface { get; init; }

    /// <summary>Milliseconds between the polite signal and the kill; null for the server's default.</summary>
    public int? GraceMs { get; init; }

    /// <summary>The container it runs in; null for a process of the node's own.</summary>
    public Container? Container { get; init; }

    /// <summary>A working copy of a snapshot that has to be there before it starts; null for none.</summary>
    public WorkingCopyNeed? WorkingCopy { get; init; }

    /// <summary>A way for people into the running attempt; null for none.</summary>
    public RemoteShell? RemoteShell { get; init; }

    /// <summary>A Command of literal words.</summary>
    public static CommandAction Of(params IEnumerable<string> words) => new() { Arguments = [.. words.Select(Binding.Literal)] };
}

/// <summary>The container a command runs in: its image and what it sees of the node. The attempt's own directory is always in it, under the same path.</summary>
/// <param name="Image">The image as the runtime names it.</param>
public sealed record Container(string Image)
{
    /// <summary>A file on the node with the registry, the user and the password for pulling, a line each.</summary>
    public string? AuthFile { get; init; }

    /// <summary>A file or directory of the node that is copied into the attempt's directory before the start.</summary>
    public string? CopyIn { get; init; }

    /// <summary>The most bytes that may be copied in.</summary>
    public long MostCopied { get; init; }

    /// <summary>Mebibytes of shared memory; 0 for the runtime's default.</summary>
    public long SharedMemoryMb { get; init; }

    /// <summary>Directories of the node that it sees.</summary>
    public IReadOnlyList<Mount> Mounts { get; init; } = [];

    /// <summary>Files and directories that it sees and whose place is known only when it starts. They must be there by then.</summary>
    public IReadOnlyList<RunMount> RunMounts { get; init; } = [];

    /// <summary>How the image is made where it is not there; null for one that is pulled.</summary>
    public ImageBuild? Build { get; init; }

    /// <summary>Words on the node that stand before the runtime's: a program that starts the runtime as its child. Empty for none.</summary>
    public IReadOnlyList<Binding> Launcher { get; init; } = [];

    /// <summary>
    /// True: it runs as the image says, in the image's directory; of the arguments the first, unless it is empty, takes the place
    /// of the entry point, and the others that of its words. False: the arguments run, in the attempt's directory or the command's.
    /// </summary>
    public bool AsImage { get; init; }

    /// <summary>The network of its own that it has; null for the node's.</summary>
    public OwnNetwork? Network { get; init; }

    /// <summary>Names it knows beside those of the node.</summary>
    public IReadOnlyList<HostName> Hosts { get; init; } = [];

    /// <summary>What <see cref="User"/> is for the user that the server runs as.</summary>
    public const string ServerUser = "server";

    /// <summary>Whom it runs as: a name or number of the image's, with a group after a colon or none, or <see cref="ServerUser"/>; null for whom the image names.</summary>
    public string? User { get; init; }

    /// <summary>True when it has no network at all.</summary>
    public bool NoNetwork { get; init; }

    /// <summary>When the image is pulled.</summary>
    public ImagePull Pull { get; init; }

    /// <summary>Where to sign in for that; null for as the node is signed in.</summary>
    public RegistryLogin? Login { get; init; }
}

/// <summary>When an image is pulled.</summary>
public enum ImagePull
{
    /// <summary>When it is not there.</summary>
    IfNotPresent,

    /// <summary>Before each start.</summary>
    Always,

    /// <summary>Not at all: it is there, or the attempt fails.</summary>
    Never,
}

/// <summary>Who pulls an image.</summary>
/// <param name="Registry">The registry, as the image's name begins with it.</param>
/// <param name="User">The name there.</param>
/// <param name="Password">A reference to the password, which stands in no plan.</param>
public sealed record RegistryLogin(string Registry, string User, Binding Password);

/// <summary>An image that is another one after a script has run in it.</summary>
/// <param name="Base">The other one.</param>
/// <param name="Script">For bash, or for sh where the image has no bash.</param>
/// <param name="Directory">Where in the container it runs.</param>
/// <param name="Lock">A file of the node by which those who need the same image wait for one another.</param>
public sealed record ImageBuild(string Base, string Script, string Directory, string Lock);

/// <summary>A network of a container's own, from which ports are reached on the node.</summary>
/// <param name="Address">The node's address they are reached at.</param>
/// <param name="Ports">The ports, the same inside and outside.</param>
public sealed record OwnNetwork(Binding Address, IReadOnlyList<int> Ports);

/// <summary>A name for an address.</summary>
public sealed record HostName(Binding Name, Binding Address);

/// <summary>A file or directory of the node in a container.</summary>
/// <param name="Source">Its absolute path on the node.</param>
/// <param name="Target">Its absolute path in the container.</param>
public sealed record RunMount(Binding Source, string Target, bool ReadOnly = false);

/// <summary>A working copy of a snapshot. The first of a run that needs it has it made; the others find it.</summary>
/// <param name="Snapshot">The snapshot's id.</param>
/// <param name="Target">The absolute directory it is made at.</param>
public sealed record WorkingCopyNeed(string Snapshot, Binding Target)
{
    /// <summary>
    /// Whether the program mounts a copy that is made of layers itself (<c>orchest_step.py</c> does). All who need the same
    /// target say the same.
    /// </summary>
    public bool Layers { get; init; }
}

/// <summary>A file or directory of the node in a container.</summary>
/// <param name="Source">Its absolute path on the node. What is not there is not mounted.</param>
/// <param name="Target">Its absolute path in the container.</param>
public sealed record Mount(string Source, string Target, bool ReadOnly = false);

/// <summary>Lets people into a running attempt: a shell in its directory, with its environment, that ends with it.</summary>
/// <param name="PortLabel">The attempt answers on its first port of this label.</param>
/// <param name="PublicKey">Whoever has the private half gets in; as it stands in an <c>authorized_keys</c> file.</param>
/// <param name="Without">A variable that the command takes back before it begins, and that sessions do not get either; null for none.</param>
public sealed record RemoteShell(string PortLabel, string PublicKey, string? Without = null);

/// <summary>What goes into a task's <c>task.json</c> beside ids and task values.</summary>
/// <param name="Kind">What the runtime should take it for: <c>notebook</c>, <c>python</c>.</param>
/// <param name="Path">The client's path of the code.</param>
/// <param name="File">The file on disk.</param>
/// <param name="Parameters">Named parameters.</param>
/// <param name="Arguments">Positional arguments.</param>
public sealed record TaskFile(
    string Kind, string Path, string File, IReadOnlyDictionary<string, Binding> Parameters, IReadOnlyList<Binding> Arguments);

/// <summary>Compares two values inside the server; the outcome picks the branch.</summary>
/// <param name="Op">The comparison.</param>
/// <param name="Left">Left operand.</param>
/// <param name="Right">Right operand.</param>
public sealed record ConditionAction(ConditionOp Op, Binding Left, Binding Right) : PlanAction;

/// <summary>Comparisons: the first two compare texts, the others numbers (Databricks Jobs API, ConditionTaskOp).</summary>
public enum ConditionOp
{
    EqualTo,
    NotEqual,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
}

/// <summary>Runs a nested action once for each element of a JSON list; the iteration retries, not the node.</summary>
/// <param name="Inputs">A JSON list, known when the node becomes ready.</param>
/// <param name="Concurrency">How many iterations run at once.</param>
/// <param name="Each">What an iteration does.</param>
public sealed record ForEachAction(Binding Inputs, int Concurrency, PlanAction Each) : PlanAction;

/// <summary>Starts a run of another job and ends as it ends.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Parameters">Parameters of the child run.</param>
public sealed record RunJobAction(long JobId, IReadOnlyDictionary<string, Binding> Parameters) : PlanAction
{
    /// <summary>Further arguments of the child run, by the names that the dialect of its job has for them; null for none.</summary>
    public IReadOnlyDictionary<string, RunArgument>? Arguments { get; init; }
}

/// <summary>An argument of a run: a list of texts, or names with texts.</summary>
public sealed record RunArgument(IReadOnlyList<Binding>? List, IReadOnlyDictionary<string, Binding>? Map);
