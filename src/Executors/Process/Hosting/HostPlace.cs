using System.Globalization;
using System.Security.Cryptography;
using Switchyard.Executors.Process.Spawning;

namespace Switchyard.Executors.Process.Hosting;

/// <summary>
/// A host's own directory, <c>hosts/N/</c>: its lock, its journal, its address. Several hosts may live side by side while
/// an older program's attempts run out; a directory whose lock is free belongs to a dead host, and whoever takes the lock
/// takes over what stands in its journal.
/// </summary>
internal sealed class HostPlace
{
    private readonly NodeFiles _files;
    private int _lock;

    private HostPlace(NodeFiles files, int number, string directory, int @lock) =>
        (_files, Number, Directory, _lock) = (files, number, directory, @lock);

    /// <summary>The host's number, higher than all before it.</summary>
    public int Number { get; }

    /// <summary>Its directory.</summary>
    public string Directory { get; }

    public string JournalPath => Path.Combine(Directory, "journal");

    public string AddressPath => Path.Combine(Directory, "host.address");

    /// <summary>A random name of this node's directory, made at its first use.</summary>
    public static string NodeId(NodeFiles files)
    {
        var path = Path.Combine(files.Root, "node.id");
        if (!File.Exists(path))
        {
            var fresh = $"{path}.{Environment.ProcessId}";
            File.WriteAllText(fresh, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
            try
            {
                File.Move(fresh, path);
            }
            catch (IOException)
            {
                File.Delete(fresh);
            }
        }
        return File.ReadAllText(path).Trim();
    }

    /// <summary>Takes the next free number.</summary>
    public static HostPlace Claim(NodeFiles files)
    {
        using var one = StartLock(files);
        var number = 1;
        foreach (var (taken, _) in All(files)) number = Math.Max(number, taken + 1);
        var directory = Path.Combine(files.Hosts, number.ToString(CultureInfo.InvariantCulture));
        var error = Libc.MakeDirectories(directory);
        if (error != 0) throw new IOException($"{directory}: {Libc.Text(error)}");
        var @lock = TryLock(directory);
        return @lock >= 0 ? new(files, number, directory, @lock) : throw new IOException($"{directory}: is locked");
    }

    /// <summary>Takes the places of hosts that are dead.</summary>
    public List<HostPlace> TakeDead()
    {
        using var one = StartLock(_files);
        var dead = new List<HostPlace>();
        foreach (var (number, directory) in All(_files))
        {
            if (number == Number) continue;
            var @lock = TryLock(directory);
            if (@lock >= 0) dead.Add(new(_files, number, directory, @lock));
        }
        return dead;
    }

    /// <summary>Removes the place: nothing in it matters any more.</summary>
    public void Remove()
    {
        System.IO.Directory.Delete(Directory, recursive: true);
        Libc.Close(ref _lock);
    }

    /// <summary>All places, dead and living.</summary>
    public static IEnumerable<(int Number, string Directory)> All(NodeFiles files)
    {
        if (!System.IO.Directory.Exists(files.Hosts)) yield break;
        foreach (var directory in System.IO.Directory.EnumerateDirectories(files.Hosts))
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) yield return (number, directory);
    }

    /// <summary>True if a living process holds the place.</summary>
    public static bool IsHeld(string directory)
    {
        var @lock = TryLock(directory);
        if (@lock < 0) return true;
        _ = Libc.close(@lock);
        return false;
    }

    private static int TryLock(string directory)
    {
        var file = Libc.open(Path.Combine(directory, "host.lock"), Libc.O_RDWR | Libc.O_CREAT | Libc.O_CLOEXEC, 0x180);
        if (file >= 0 && Libc.flock(file, Libc.LOCK_EX | Libc.LOCK_NB) != 0) Libc.Close(ref file);
        return file;
    }

    private static StartLockHeld StartLock(NodeFiles files)
    {
        _ = Libc.MakeDirectories(files.Hosts);
        var file = Libc.open(Path.Combine(files.Hosts, "lock"), Libc.O_RDWR | Libc.O_CREAT | Libc.O_CLOEXEC, 0x180);
        if (file < 0) throw new IOException($"{files.Hosts}: {Libc.Text(Libc.Errno)}");
        _ = Libc.flock(file, Libc.LOCK_EX);
        return new(file);
    }

    private sealed class StartLockHeld(int file) : IDisposable
    {
        private int _file = file;

        public void Dispose() => Libc.Close(ref _file);
    }
}
