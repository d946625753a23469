using System.Globalization;
using Switchyard.Core.Execution;
using Switchyard.Executors.Process.Hosting;
using Switchyard.Executors.Process.Spawning;

namespace Switchyard.Executors.Process.Killing;

/// <summary>
/// A cgroup for each attempt, taken from a stock of empty ones: making and removing one for each attempt costs a third
/// of the spawn rate. The host stands in a leaf of its own beside them.
/// </summary>
internal sealed class CgroupGround : IKillGround
{
    private const int StockLimit = 1024;

    private readonly string _base;
    private readonly EpollSet _epoll;
    private readonly Action<long> _stirred;
    private readonly Stack<Leaf> _stock = new();
    private int _made;

    private CgroupGround(string @base, EpollSet epoll, Action<long> stirred) => (_base, _epoll, _stirred) = (@base, epoll, stirred);

    /// <summary>An attempt's cgroup. Its descriptors stay open while it is in use or in stock.</summary>
    internal sealed class Leaf(string path, int directory, int events)
    {
        public readonly string Path = path;
        public int Directory = directory;
        public int Events = events;
        public bool Watched;

        /// <summary>True once it was killed: it is then used up.</summary>
        public bool Killed;
    }

    public KillLevel Level => KillLevel.Cgroup;

    public string? Weakness => null;

    /// <summary>The directory under which the host and its attempts stand.</summary>
    public string Base => _base;

    /// <summary>Tries to stand on cgroups: makes the directories and moves the host into its own leaf. Answers null and why not.</summary>
    public static CgroupGround? Open(string name, bool canEnter, EpollSet epoll, Action<long> stirred, out string? whyNot)
    {
        whyNot = null;
        if (!canEnter)
        {
            whyNot = "this libc cannot start a process inside a cgroup (glibc 2.39 can)";
            return null;
        }
        if (OwnDirectory() is not { } own)
        {
            whyNot = "no cgroup v2 file system is mounted";
            return null;
        }
        var @base = Path.Combine(own, name);
        foreach (var directory in (ReadOnlySpan<string>)[@base, @base + "/host"])
        {
            if (Libc.mkdir(directory, 0x1ED) == 0 || Libc.Errno == Libc.EEXIST) continue; // 0755
            whyNot = $"no cgroup can be made in {own}: {Libc.Text(Libc.Errno)}";
            return null;
        }
        var error = Libc.WriteControl(@base + "/host/cgroup.procs", "0");
        if (error == 0 && !File.Exists(@base + "/host/cgroup.kill")) error = Libc.ENOENT;
        if (error == 0) return new(@base, epoll, stirred);
        _ = Libc.WriteControl(own + "/cgroup.procs", "0");
        Remove(@base);
        whyNot = error == Libc.ENOENT ? "this kernel has no cgroup.kill (Linux 5.14 has)" : $"the host cannot enter a cgroup in {own}: {Libc.Text(error)}";
        return null;
    }

    /// <summary>The cgroup v2 directory this process is in, as its own mounts show it; null if there is none.</summary>
    public static string? OwnDirectory()
    {
        string? path = null;
        foreach (var line in File.ReadLines("/proc/self/cgroup"))
            if (line.StartsWith("0::", StringComparison.Ordinal)) path = line[3..];
        if (path is null) return null;
        foreach (var line in File.ReadLines("/proc/self/mountinfo"))
        {
            // 36 35 0:30 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw
            var type = line.IndexOf(" - cgroup2 ", StringComparison.Ordinal);
            if (type < 0) continue;
            var words = line[..type].Split(' ');
            var (root, mount) = (words[3].TrimEnd('/'), words[4].Replace("\\040", " ", StringComparison.Ordinal));
            if (!path.StartsWith(root, StringComparison.Ordinal)) continue;
            var own = mount + path[root.Length..].TrimEnd('/');
            if (Directory.Exists(own)) return own;
        }
        return null;
    }

    public string? Prepare(HostAttempt attempt)
    {
        if (!_stock.TryPop(out var leaf))
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"{_base}/a{_made}");
            while (Libc.mkdir(path, 0x1ED) != 0)
            {
                if (Libc.Errno != Libc.EEXIST) return $"no cgroup for the attempt: {Libc.Text(Libc.Errno)}";
                // Left by somebody, and perhaps killed before.
                path = string.Create(CultureInfo.InvariantCulture, $"{_base}/a{++_made}");
            }
            var directory = Libc.open(path, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
            var events = Libc.open(path + "/cgroup.events", Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
            if (directory < 0 || events < 0) return $"no cgroup for the attempt: {Libc.Text(Libc.Errno)}";
            leaf = new(path, directory, events);
            _made++;
        }
        attempt.Ground = leaf;
        return null;
    }

    public int Cgroup(HostAttempt attempt) => ((Leaf)attempt.Ground!).Directory;

    public void Kill(HostAttempt attempt)
    {
        var leaf = (Leaf)attempt.Ground!;
        leaf.Killed = true;
        Libc.WriteControl(leaf.Path + "/cgroup.kill", "1");
    }

    public bool IsGone(HostAttempt attempt, out string? unproven)
    {
        unproven = null;
        var leaf = (Leaf)attempt.Ground!;
        if (IsEmpty(leaf)) return true;
        Kill(attempt);
        if (!leaf.Watched) leaf.Watched = _epoll.Add(leaf.Events, Libc.EPOLLPRI | Libc.EPOLLERR, -attempt.Id - HostLoop.ReservedNumbers);
        return IsEmpty(leaf);
    }

    public void Release(HostAttempt attempt)
    {
        if (attempt.Ground is not Leaf leaf) return;
        attempt.Ground = null;
        if (leaf.Watched) _epoll.Remove(leaf.Events);
        leaf.Watched = false;
        // Kernels from 6.14 on count the kills of a cgroup, and whoever is born into one that counts more than the
        // parent's own dies at once by SIGKILL: a killed cgroup would kill every later attempt.
        if (!leaf.Killed && _stock.Count < StockLimit && IsEmpty(leaf))
        {
            _stock.Push(leaf);
            return;
        }
        Libc.Close(ref leaf.Directory);
        Libc.Close(ref leaf.Events);
        _ = Libc.rmdir(leaf.Path);
    }

    public void Stirred(long number) => _stirred(-number - HostLoop.ReservedNumbers);

    /// <summary>Steps out and removes everything; for a host that leaves.</summary>
    public void Leave()
    {
        _ = Libc.WriteControl(Path.GetDirectoryName(_base) + "/cgroup.procs", "0");
        Remove(_base);
    }

    /// <summary>Kills all that stands under a dead host's base and waits until it is empty, then removes it. False if something stayed.</summary>
    public static unsafe bool Clear(string @base, int timeoutMs)
    {
        if (!Directory.Exists(@base)) return true;
        _ = Libc.WriteControl(@base + "/cgroup.kill", "1");
        var events = Libc.open(@base + "/cgroup.events", Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (events < 0) return false;
        var leaf = new Leaf(@base, -1, events);
        for (var round = 0; round < 20 && !IsEmpty(leaf); round++)
        {
            var item = new Libc.PollItem { Descriptor = events, Wanted = Libc.EPOLLPRI };
            _ = Libc.poll(&item, 1, timeoutMs / 20);
            _ = Libc.WriteControl(@base + "/cgroup.kill", "1");
        }
        var empty = IsEmpty(leaf);
        _ = Libc.close(events);
        if (empty) Remove(@base);
        return empty;
    }

    private static bool IsEmpty(Leaf leaf)
    {
        Span<byte> text = stackalloc byte[256];
        var n = Libc.ReadAt(leaf.Events, text, 0);
        return n > 0 && text[..n].IndexOf("populated 0"u8) >= 0;
    }

    private static void Remove(string @base)
    {
        if (!Directory.Exists(@base)) return;
        foreach (var leaf in Directory.GetDirectories(@base)) _ = Libc.rmdir(leaf);
        _ = Libc.rmdir(@base);
    }
}
