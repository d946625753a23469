using System.Globalization;
using System.Text;
using Switchyard.Executors.Process.Spawning;

namespace Switchyard.Executors.Process.Killing;

/// <summary>What /proc says about processes. All answers may be outdated when they arrive; who kills checks again.</summary>
internal static class ProcessTable
{
    private static readonly byte[] Buffer = new byte[256 * 1024];
    private static readonly Lock Gate = new();

    /// <summary>State, session, kernel flags and start time (ticks since boot) of a process.</summary>
    internal readonly record struct Facts(char State, int Session, uint Flags, long StartTicks)
    {
        /// <summary>True if it is dead or dying: its environment is gone, and soon it is.</summary>
        public bool IsEnding => State is 'Z' or 'X' || (Flags & 4) != 0; // PF_EXITING
    }

    /// <summary>This boot's id.</summary>
    public static string BootId { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    /// <summary>The facts of a process, or null if there is none.</summary>
    public static Facts? Find(int pid)
    {
        lock (Gate)
        {
            var bytes = ReadFile($"/proc/{pid}/stat");
            // The name stands in parentheses and may hold anything, parentheses too.
            var after = bytes.LastIndexOf((byte)')');
            if (after < 0) return null;
            var rest = bytes[(after + 2)..];
            var (state, session, flags, start) = ('?', 0, 0u, 0L);
            for (var field = 3; field <= 22 && rest.Length > 0; field++)
            {
                var end = rest.IndexOf((byte)' ');
                var word = end < 0 ? rest : rest[..end];
                switch (field)
                {
                    case 3: state = (char)word[0]; break;
                    case 6: session = Number(word); break;
                    case 9: flags = uint.Parse(word, CultureInfo.InvariantCulture); break;
                    case 22: start = long.Parse(word, CultureInfo.InvariantCulture); break;
                }
                rest = end < 0 ? [] : rest[(end + 1)..];
            }
            return new(state, session, flags, start);
        }
    }

    /// <summary>The children that a thread of a process has, zombies too.</summary>
    public static List<int> Children(int pid, int thread)
    {
        var found = new List<int>();
        lock (Gate)
        {
            foreach (var range in Split(ReadFile($"/proc/{pid}/task/{thread}/children"), out var bytes))
                found.Add(Number(bytes[range]));
        }
        return found;
    }

    /// <summary>The children of all threads of a process.</summary>
    public static List<int> Children(int pid)
    {
        var found = new List<int>();
        try
        {
            foreach (var thread in Directory.EnumerateDirectories($"/proc/{pid}/task"))
                found.AddRange(Children(pid, int.Parse(Path.GetFileName(thread), CultureInfo.InvariantCulture)));
        }
        catch (IOException)
        {
        }
        catch (UnauthorizedAccessException)
        {
        }
        return found;
    }

    /// <summary>True if the process was started with this text as one of its variables. False also if it may not be read.</summary>
    public static bool HasMarker(int pid, ReadOnlySpan<byte> nodeMarker, ReadOnlySpan<byte> attemptMarker)
    {
        lock (Gate)
        {
            var environment = ReadFile($"/proc/{pid}/environ");
            return Has(environment, nodeMarker) && Has(environment, attemptMarker);
        }
    }

    /// <summary>The name of a process, for people to read.</summary>
    public static string Name(int pid)
    {
        lock (Gate) return Encoding.UTF8.GetString(ReadFile($"/proc/{pid}/comm")).TrimEnd('\n');
    }

    /// <summary>All process ids.</summary>
    public static IEnumerable<int> All()
    {
        foreach (var path in Directory.EnumerateDirectories("/proc"))
            if (int.TryParse(Path.GetFileName(path.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)) yield return pid;
    }

    /// <summary>The variable that says which attempt a process belongs to.</summary>
    public static byte[] Marker(string name, string value) => Encoding.UTF8.GetBytes($"{name}={value}");

    private static bool Has(ReadOnlySpan<byte> environment, ReadOnlySpan<byte> marker)
    {
        while (environment.Length >= marker.Length)
        {
            var end = environment.IndexOf((byte)0);
            var one = end < 0 ? environment : environment[..end];
            if (one.SequenceEqual(marker)) return true;
            if (end < 0) return false;
            environment = environment[(end + 1)..];
        }
        return false;
    }

    private static int Number(ReadOnlySpan<byte> word) => int.Parse(word, CultureInfo.InvariantCulture);

    private static List<Range> Split(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> bytes)
    {
        bytes = text;
        var ranges = new List<Range>();
        foreach (var range in text.Split((byte)' '))
            if (range.End.Value > range.Start.Value) ranges.Add(range);
        return ranges;
    }

    // Up to the buffer's size, which is more than an environment's variables of ours need: they stand first.
    private static ReadOnlySpan<byte> ReadFile(string path)
    {
        var file = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (file < 0) return [];
        var filled = 0;
        while (filled < Buffer.Length)
        {
            var n = Libc.Read(file, Buffer.AsSpan(filled));
            if (n <= 0) break;
            filled += n;
        }
        _ = Libc.close(file);
        return Buffer.AsSpan(0, filled);
    }
}
