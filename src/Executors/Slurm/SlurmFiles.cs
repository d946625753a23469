using System.Globalization;
using System.Text;
using Switchyard.Executors.Process;
using Switchyard.Executors.Process.Spawning;

namespace Switchyard.Executors.Slurm;

/// <summary>
/// Where things lie in the shared directory. A batch is one submission: <c>orders/</c> holds what is to be done, <c>jobs/</c>
/// the number Slurm gave it, <c>acknowledged/</c> which of its attempts are committed. By attempt: <c>started/</c>,
/// <c>ended/</c>, <c>out/</c> (as written, before secrets are masked) and <c>stop/</c>. Everything but the logs goes with the
/// acknowledgement of the last attempt of its batch. All these folders are their owner's alone.
/// </summary>
internal sealed class SlurmFiles
{
    private static readonly string[] ByAttempt = ["claimed", "started", "ended", "out", "stop"];
    private static readonly string[] ByBatch = ["orders", "jobs", "acknowledged", "hosts", "said"];

    public SlurmFiles(string root)
    {
        Nodes = new(root);
        foreach (var name in (string[])[.. ByAttempt, .. ByBatch, "tmp"])
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
