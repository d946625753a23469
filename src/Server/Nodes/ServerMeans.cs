using Switchyard.Core.Execution;
using Switchyard.Core.Plans;
using Switchyard.Core.Storage;
using Switchyard.Engine;
using Switchyard.Engine.Nodes;
using Switchyard.Executors.Process;
using Switchyard.Executors.Process.Output;
using Switchyard.Executors.Slurm;
using Switchyard.Server.Configuration;
using Switchyard.Server.Security;

namespace Switchyard.Server.Nodes;

/// <summary>What this server tells the others of itself, and what it makes of what they tell.</summary>
/// <param name="settings">Its settings.</param>
/// <param name="options">What its engine is told.</param>
/// <param name="executor">Its node's executor.</param>
/// <param name="seals">Seals what lets a leader in: only servers of this installation can open it.</param>
/// <param name="link">What lets a leader in.</param>
/// <param name="urls">Where it listens.</param>
/// <param name="runtimeDirectory">Where what runs inside tasks is.</param>
internal sealed class ServerMeans(YardSettings settings, EngineOptions options, ProcessExecutor executor, SealFile seals, string link, Func<IReadOnlyList<string>> urls, string runtimeDirectory)
{
    /// <summary>What <see cref="SealFile"/> binds the link's token to.</summary>
    private const long SealedAbout = 7;

    private string? _sealed;

    /// <summary>The address by which the other servers reach this one.</summary>
    public string Url()
    {
        if (settings.NodeUrl is { } told)
            return told;
        var first = new UriBuilder(urls()[0].Replace("//*", "//0.0.0.0", StringComparison.Ordinal).Replace("//+", "//0.0.0.0", StringComparison.Ordinal));
        if (first.Host is "0.0.0.0" or "[::]")
            first.Host = settings.HostAddress;
        return first.Uri.GetLeftPart(UriPartial.Authority);
    }

    /// <summary>What the others are told, with what is known of the engine.</summary>
    public string Facts(string engine) => new FactsText
    {
        Version = Composition.Version,
        Pid = Environment.ProcessId,
        Host = Environment.MachineName,
        Capacity = options.Capacity,
        KillLevel = Composition.NameOf(executor.KillLevel),
        Address = settings.HostAddress,
        NodeDir = Path.GetFullPath(settings.NodeDir),
        RuntimeDir = runtimeDirectory,
        Link = _sealed ??= seals.Seal(SealedAbout, link).Ok(out var text, out var refusal) ? text : throw new StoreUnavailable(StoreTrouble.Broken, refusal.Message),
    }.Write(engine);

    /// <summary>A node as a place.</summary>
    public Place PlaceOf(NodeRow node, string? closed)
    {
        if (node.Name == settings.Node)
            return options.Here with { Closed = closed };
        var facts = FactsText.Read(node.Facts);
        var files = new NodeFiles(facts.NodeDir);
        return new Place(node.Name, Place.Process, facts.Capacity)
        {
            Address = facts.Address,
            Closed = closed,
            AttemptDirectory = files.AttemptDirectory,
            // Machines of one installation are alike: an interpreter that is here is there.
            Values = reference => reference.Kind == ReferenceKind.RuntimeDirectory ? facts.RuntimeDir : options.NodeValues(reference),
        };
    }

    /// <summary>Takes command of another node's executor.</summary>
    public async Task<IExecutorLink> Dial(NodeRow node, long term, CancellationToken stop)
    {
        if (!seals.Open(SealedAbout, FactsText.Read(node.Facts).Link).Ok(out var token, out var refusal))
            throw new IOException($"node {node.Name} uses another data directory: {refusal.Message}");
        return await RemoteLink.Dial(node.Url, token, term, stop).ConfigureAwait(false);
    }

    /// <summary>A Slurm cluster as a place, with how it is commanded: each leader opens it for itself, over the directory that all share.</summary>
    public (Place Place, Func<long, CancellationToken, Task<IExecutorLink>> Link) ClusterOf(SlurmOptions slurm, Func<IExecutor, IExecutor> around, TimeProvider time, Action<string> say)
    {
        var files = new NodeFiles(slurm.Directory);
        var place = new Place(Place.Slurm, Place.Slurm, new Resources(settings.SlurmMaxJobs))
        {
            Address = settings.HostAddress,
            AttemptDirectory = files.AttemptDirectory,
            Values = options.NodeValues,
        };
        return (place, (_, stop) => ClusterLink.Open(around(SlurmExecutor.Create(slurm, time, say)), stop));
    }

    /// <summary>What a Slurm cluster keeps of its attempts.</summary>
    public static (Func<long, bool> Has, IAttemptLogs Logs, IAttemptFiles Files) LogsOf(SlurmOptions slurm)
    {
        var files = new NodeFiles(slurm.Directory);
        return (attempt => Directory.Exists(files.LogDirectory(attempt)) || Directory.Exists(files.AttemptDirectory(attempt)), new AttemptLogs(files), files);
    }

    /// <summary>The directories of the other nodes that can be read from here.</summary>
    public IEnumerable<string> OtherDirectories(IReadOnlyList<NodeRow> nodes) =>
        nodes.Where(node => node.Name != settings.Node).Select(node => FactsText.Read(node.Facts).NodeDir).Where(Directory.Exists);
}
