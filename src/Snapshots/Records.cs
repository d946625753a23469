using System.Globalization;
using System.Text;
using Switchyard.Core.Snapshots;

namespace Switchyard.Snapshots;

/// <summary>
/// The snapshots that can be seen: a small file of facts for each, named by its id and written after everything it stands
/// for. Its time says when it was last frozen.
/// </summary>
internal sealed class Records
{
    private readonly string directory;
    private readonly TimeProvider clock;

    public Records(string root, TimeProvider clock)
    {
        directory = Path.Combine(root, "snapshots");
        this.clock = clock;
        Directory.CreateDirectory(directory);
    }

    public Snapshot? Find(string id)
    {
        if (id.Length != 64 || !id.All(char.IsAsciiHexDigitLower))
            return null;
        try
        {
            var numbers = File.ReadAllText(Path.Combine(directory, id)).Split(' ').Select(word => long.Parse(word, CultureInfo.InvariantCulture)).ToList();
            return new Snapshot(id, numbers[0], numbers[1], numbers[2], numbers[3]);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Finds a snapshot and starts its grace period anew.</summary>
    public Snapshot? Touch(string id)
    {
        var found = Find(id);
        if (found is not null)
            File.SetLastWriteTimeUtc(Path.Combine(directory, id), clock.GetUtcNow().UtcDateTime);
        return found;
    }

    /// <summary>Makes all that was published durable, and then the snapshot visible.</summary>
    public Snapshot Add(Snapshot snapshot)
    {
        const string what = "writing to the snapshots";
        using var here = Files.OpenDirectory(directory);
        var temporary = $".{snapshot.Id}.{Guid.NewGuid():N}";
        using (var file = Files.OpenIn(here, temporary, Libc.WriteOnly | Libc.Create | Libc.Exclusive, 0x180))
            try
            {
                Files.Write(file, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
                    $"{snapshot.Files} {snapshot.Bytes} {snapshot.Links} {snapshot.Directories}")), what);
                Files.Check(Libc.syncfs(file), what);
            }
            catch (IOException)
            {
                _ = Libc.unlinkat(here, Files.Bytes(temporary), 0);
                throw;
            }

        File.SetLastWriteTimeUtc(Path.Combine(directory, temporary), clock.GetUtcNow().UtcDateTime);
        Files.Check(Libc.renameat(here, Files.Bytes(temporary), here, Files.Bytes(snapshot.Id)), what);
        Files.Check(Libc.fsync(here), what);
        return snapshot;
    }

    /// <summary>All ids, and when each was last frozen.</summary>
    public List<(string Id, DateTimeOffset At)> All() =>
        [.. new DirectoryInfo(directory).EnumerateFiles().Where(file => file.Name[0] != '.').Select(file => (file.Name, new DateTimeOffset(file.LastWriteTimeUtc)))];

    /// <summary>Takes snapshots out of sight for good, and what unfinished freezes left here.</summary>
    public void Delete(IEnumerable<string> ids)
    {
        foreach (var id in ids)
            File.Delete(Path.Combine(directory, id));
        foreach (var left in Directory.EnumerateFiles(directory, ".*"))
            File.Delete(left);
        using var here = Files.OpenDirectory(directory);
        Files.Check(Libc.fsync(here), "deleting snapshots");
    }
}
