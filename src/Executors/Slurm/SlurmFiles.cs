using System.Globalization;
using System.Text;
using Switchyard.Core.Execution;
using Switchyard.Executors.Process;
using Switchyard.Executors.Process.Spawning;

namespace Switchyard.Executors.Slurm;

/// <summary>
/// Where things lie in the shared directory. A batch is one submission: <c>orders/</c> holds what is to be done, <c>jobs/</c>
/// the number Slurm gave it, <c>acknowledged/</c> which of its attempts are committed. By attempt: <c>started/</c>,
/// <c>ended/</c>, <c>out/</c> (as written, before secrets are masked) and <c>stop/</c>. Everything but the logs goes with the
/// acknowledgement of the last attempt of its batch. An allocation is a submission without orders: <c>allocations/</c> holds whose it
/// is, <c>steps/</c> the batches that are to start in it, one a line. All these folders are their owner's alone.
/// </summary>
internal sealed class SlurmFiles
{
    private static readonly string[] ByAttempt = ["claimed", "started", "ended", "out", "stop"];
    private static readonly string[] ByBatch = ["orders", "jobs", "acknowledged", "hosts", "said"];

    public SlurmFiles(string root)
    {
        Nodes = new(root);
        foreach (var name in (string[])[.. ByAttempt, .. ByBatch, "allocations", "steps", "tmp"])
            if (Libc.MakeDirectories(Path.Combine(Root, name)) is var error and not 0) throw new IOException($"{Path.Combine(Root, name)}: {Libc.Text(error)}");
    }

    public NodeFiles Nodes { get; }

    public string Root => Nodes.Root;

    public string Launcher => Path.Combine(Root, "launcher.pl");

    public string Orders(string batch) => Path.Combine(Root, "orders", batch);

    /// <summary>What Slurm and the launchers complain of.</summary>
    public string Said(string batch) => Path.Combine(Root, "said", batch);

    public string Job(string batch) => Path.Combine(Root, "jobs", batch);

    public string Of(string kind, long attemptId) => string.Create(CultureInfo.InvariantCulture, $"{Root}/{kind}/{attemptId}");

    public string Folder(string kind) => Path.Combine(Root, kind);

    /// <summary>Puts the launcher where all nodes find it, unless it is there already as it is in this program.</summary>
    public void PlaceLauncher()
    {
        using var resource = typeof(SlurmFiles).Assembly.GetManifestResourceStream("launcher.pl")!;
        using var reader = new StreamReader(resource);
        var text = reader.ReadToEnd();
        if (!File.Exists(Launcher) || File.ReadAllText(Launcher) != text) WriteWhole(Launcher, Encoding.UTF8.GetBytes(text));
    }

    /// <summary>The random name of this installation, which tells its jobs from those of others on the cluster.</summary>
    public string Installation()
    {
        var path = Path.Combine(Root, "installation.id");
        if (!File.Exists(path)) WriteWhole(path, Encoding.ASCII.GetBytes(Guid.NewGuid().ToString("N")[..12]));
        return File.ReadAllText(path).Trim();
    }

    /// <summary>Makes this opening newer than all before it.</summary>
    public long NextEpoch()
    {
        var next = Epoch() + 1;
        WriteWhole(Path.Combine(Root, "server.epoch"), Encoding.ASCII.GetBytes(next.ToString(CultureInfo.InvariantCulture)));
        return next;
    }

    /// <summary>The newest opening.</summary>
    public long Epoch() =>
        Read(Path.Combine(Root, "server.epoch")) is { } text && long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var epoch) ? epoch : 0;

    /// <summary>The batches on disk.</summary>
    public IEnumerable<string> Batches() => Directory.EnumerateFiles(Folder("orders")).Select(path => Path.GetFileName(path));

    /// <summary>The attempts of a batch whose ends are committed.</summary>
    public HashSet<long> Acknowledged(string batch)
    {
        var ids = new HashSet<long>();
        foreach (var line in Read(Path.Combine(Root, "acknowledged", batch))?.Split('\n') ?? [])
            if (long.TryParse(line, NumberStyles.Integer, CultureInfo.InvariantCulture, out var id)) ids.Add(id);
        return ids;
    }

    /// <summary>Writes down that these are committed. What is left of them goes when the whole batch is.</summary>
    public void Acknowledge(string batch, IReadOnlyList<long> ids)
    {
        var text = new StringBuilder();
        foreach (var id in ids) text.Append(CultureInfo.InvariantCulture, $"{id}\n");
        File.AppendAllText(Path.Combine(Root, "acknowledged", batch), text.ToString());
    }

    /// <summary>Removes a batch: first its orders, so that a job of it that comes late finds nothing to do.</summary>
    public void RemoveBatch(string batch, IReadOnlyList<long> ids)
    {
        _ = Libc.unlink(Orders(batch));
        foreach (var id in ids)
            foreach (var kind in ByAttempt) _ = Libc.unlink(Of(kind, id));
        foreach (var kind in ByBatch) _ = Libc.unlink(Path.Combine(Root, kind, batch));
    }

    /// <summary>The allocations on disk, by their names, with whose they are.</summary>
    public IEnumerable<(string Name, AllocationName Of)> Allocations()
    {
        foreach (var path in Directory.EnumerateFiles(Folder("allocations")))
        {
            var line = Read(path)?.Split('\n') ?? [];
            if (line.Length > 2 && long.TryParse(line[0], NumberStyles.None, CultureInfo.InvariantCulture, out var run) && int.TryParse(line[1], NumberStyles.None, CultureInfo.InvariantCulture, out var revision))
                yield return (Path.GetFileName(path), new(run, revision, line[2]));
        }
    }

    /// <summary>Writes down whose an allocation is.</summary>
    public void PutAllocation(string name, AllocationName of)
    {
        File.WriteAllText(Steps(name), "");
        WriteWhole(Path.Combine(Root, "allocations", name), Encoding.UTF8.GetBytes(FormattableString.Invariant($"{of.RunId}\n{of.Revision}\n{of.Key}\n")));
    }

    /// <summary>What is to start in an allocation.</summary>
    public string Steps(string allocation) => Path.Combine(Root, "steps", allocation);

    /// <summary>Adds a line to what is to start in an allocation. Whoever reads it takes whole lines only.</summary>
    public void AddSteps(string allocation, string line)
    {
        using var file = new FileStream(Steps(allocation), FileMode.Append, FileAccess.Write, FileShare.ReadWrite, 1);
        file.Write(Encoding.ASCII.GetBytes(line + "\n"));
        file.Flush(flushToDisk: true);
    }

    /// <summary>Removes an allocation: first what is to start in it, so that a job of it that comes late has nothing to wait for.</summary>
    public void RemoveAllocation(string name)
    {
        _ = Libc.unlink(Steps(name));
        foreach (var kind in (string[])["jobs", "said", "allocations"]) _ = Libc.unlink(Path.Combine(Root, kind, name));
    }

    /// <summary>What stands in the claim of an attempt that the server has taken.</summary>
    public const string ClaimOfServer = "the server\n";

    /// <summary>Has an attempt start nowhere any more; false when its launcher was first.</summary>
    public bool Claim(long attemptId)
    {
        var (draft, claimed) = (Path.Combine(Root, "tmp", Guid.NewGuid().ToString("N")), Of("claimed", attemptId));
        File.WriteAllText(draft, ClaimOfServer);
        var first = Libc.link(draft, claimed) == 0;
        _ = Libc.unlink(draft);
        if (first && File.Exists(Of("started", attemptId)))
        {
            _ = Libc.unlink(claimed);
            return false;
        }
        return first;
    }

    /// <summary>A small file's text; null when there is none.</summary>
    public static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>When a file was written; files here are written once.</summary>
    public static DateTimeOffset WrittenAt(string path) => new(File.GetLastWriteTimeUtc(path), TimeSpan.Zero);

    /// <summary>Writes a file that is there as a whole or not at all, and stays over a loss of power.</summary>
    public void WriteWhole(string path, ReadOnlySpan<byte> bytes)
    {
        var draft = Path.Combine(Root, "tmp", Guid.NewGuid().ToString("N"));
        using (var file = new FileStream(draft, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }
        File.Move(draft, path, overwrite: true);
    }
}
