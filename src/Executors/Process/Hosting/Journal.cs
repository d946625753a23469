using Switchyard.Executors.Process.Spawning;
using Switchyard.Executors.Process.Wire;

namespace Switchyard.Executors.Process.Hosting;

/// <summary>
/// The host's memory: what was to be started, what was started, what ended, what the server has acknowledged. A record
/// reaches the kernel before anyone is told of it, which a crash of the host survives; a power loss ends all attempts
/// anyway and shows in the boot id. Records are buffered by the calls and written together by <see cref="Flush"/>.
/// </summary>
internal sealed class Journal
{
    private const byte Session = 1, Intent = 2, Started = 3, Exited = 4, Forgotten = 5, Undoing = 6;
    private const int CompactAbove = 1024 * 1024;

    private readonly string _path;
    private readonly FrameWriter _pending = new();
    private int _file;
    private long _size;
    private long _records;

    private Journal(string path, int file) => (_path, _file) = (path, file);

    /// <summary>What the last write failed with, or null.</summary>
    public string? Trouble { get; private set; }

    /// <summary>True when that was a lack of room, which passes.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Begins the journal of a new host.</summary>
    public static Journal Create(string path, string bootId, string? cgroupBase)
    {
        var file = Open(path);
        var journal = new Journal(path, file);
        journal.WriteSession(bootId, cgroupBase);
        return journal;
    }

    public void Intend(HostAttempt attempt, string? cgroup)
    {
        _pending.Begin(Intent);
        _pending.Long(attempt.Id);
        _pending.Long(attempt.StartedAtMs);
        _pending.Byte(attempt.HasDirectory ? (byte)1 : (byte)0);
        _pending.Text(cgroup);
        _pending.End();
        _records++;
        if (attempt.Undo.Count > 0) Undo(attempt);
    }

    private void Undo(HostAttempt attempt)
    {
        _pending.Begin(Undoing);
        _pending.Long(attempt.Id);
        _pending.Int(attempt.Undo.Count);
        foreach (var word in attempt.Undo) _pending.Text(word);
        _pending.End();
        _records++;
    }

    public void Start(HostAttempt attempt)
    {
        _pending.Begin(Started);
        _pending.Long(attempt.Id);
        _pending.Int(attempt.Pid);
        _pending.Long(attempt.StartTicks);
        _pending.Long(attempt.StartedAtMs);
        _pending.End();
        _records++;
    }

    public void Exit(HostAttempt attempt)
    {
        _pending.Begin(Exited);
        _pending.Long(attempt.Id);
        _pending.Int(attempt.ExitCode);
        _pending.Int(attempt.Signal);
        _pending.Byte((byte)((attempt.Lost ? 1 : 0) | (attempt.HasDirectory ? 2 : 0)));
        _pending.Long(attempt.StartedAtMs);
        _pending.Long(attempt.EndedAtMs);
        _pending.Text(attempt.Unproven);
        _pending.End();
        _records++;
    }

    /// <summary>The attempt is acknowledged, or was never started after all.</summary>
    public void Forget(long attemptId)
    {
        _pending.Begin(Forgotten);
        _pending.Long(attemptId);
        _pending.End();
        _records++;
    }

    /// <summary>Writes what is buffered; false if the disk refuses, and then nobody may be told of it yet.</summary>
    public bool Flush()
    {
        if (_pending.Length == 0) return true;
        var error = Libc.WriteAll(_file, _pending.Written);
        if (error != 0)
        {
            // Half a record at the end would hide those after it.
            _ = Libc.ftruncate(_file, _size);
            IsFull = Libc.MeansFull(error);
            Trouble = $"the journal cannot be written: {Libc.Text(error)}";
            return false;
        }
        _size += _pending.Length;
        _pending.Clear();
        (Trouble, IsFull) = (null, false);
        return true;
    }

    /// <summary>True if most of the file speaks of attempts that are forgotten.</summary>
    public bool WantsCompaction(int living) => _size > CompactAbove && _records > 8L * (living + 100);

    /// <summary>Rewrites the file with the living only.</summary>
    public void Compact(string bootId, string? cgroupBase, IEnumerable<HostAttempt> living)
    {
        if (!Flush()) return;
        var file = Open(_path + ".new");
        var fresh = new Journal(_path, file);
        fresh.WriteSession(bootId, cgroupBase);
        foreach (var attempt in living) fresh.Write(attempt);
        if (!fresh.Flush() || Libc.rename(_path + ".new", _path) != 0)
        {
            fresh.Close();
            return;
        }
        Libc.Close(ref _file);
        (_file, _size, _records) = (file, fresh._size, fresh._records);
    }

    /// <summary>Writes an attempt as it stands, whatever led to it.</summary>
    public void Write(HostAttempt attempt)
    {
        if (attempt.Stage == AttemptStage.Ended)
        {
            Exit(attempt);
            return;
        }
        Intend(attempt, null);
        if (attempt.Pid > 0) Start(attempt);
    }

    /// <summary>Reads the journal of a dead host. A torn end is where it stops.</summary>
    public static (string? BootId, string? CgroupBase, Dictionary<long, HostAttempt> Attempts) Read(string path)
    {
        string? bootId = null, cgroupBase = null;
        var attempts = new Dictionary<long, HostAttempt>();
        ReadOnlySpan<byte> bytes = File.Exists(path) ? File.ReadAllBytes(path) : [];
        try
        {
            while (FrameReader.Next(bytes, out var record) is var taken and > 0)
            {
                bytes = bytes[taken..];
                switch (record.Kind)
                {
                    case Session:
                        (bootId, cgroupBase) = (record.Text(), record.TextOrNull());
                        break;
                    case Intent:
                        var intended = new HostAttempt(record.Long()) { StartedAtMs = record.Long(), HasDirectory = record.Byte() == 1 };
                        attempts[intended.Id] = intended;
                        break;
                    case Undoing when attempts.Remove(record.Long(), out var undone):
                        var words = new string[record.Int()];
                        for (var i = 0; i < words.Length; i++) words[i] = record.Text();
                        attempts[undone.Id] = new HostAttempt(undone.Id) { StartedAtMs = undone.StartedAtMs, HasDirectory = undone.HasDirectory, Undo = words };
                        break;
                    case Started when attempts.TryGetValue(record.Long(), out var started):
                        (started.Stage, started.Pid, started.StartTicks, started.StartedAtMs) = (AttemptStage.Running, record.Int(), record.Long(), record.Long());
                        break;
                    case Exited:
                        var exited = new HostAttempt(record.Long()) { Stage = AttemptStage.Ended, ExitCode = record.Int(), Signal = record.Int() };
                        var flags = record.Byte();
                        (exited.Lost, exited.HasDirectory) = ((flags & 1) != 0, (flags & 2) != 0);
                        (exited.StartedAtMs, exited.EndedAtMs, exited.Unproven) = (record.Long(), record.Long(), record.TextOrNull());
                        attempts[exited.Id] = exited;
                        break;
                    case Forgotten:
                        attempts.Remove(record.Long());
                        break;
                    case 0:
                        return (bootId, cgroupBase, attempts);
                }
            }
        }
        catch (InvalidDataException)
        {
            // Only a power loss leaves such an end; what stands before it is whole.
        }
        return (bootId, cgroupBase, attempts);
    }

    public void Close() => Libc.Close(ref _file);

    private void WriteSession(string bootId, string? cgroupBase)
    {
        _pending.Begin(Session);
        _pending.Text(bootId);
        _pending.Text(cgroupBase);
        _pending.End();
        _records++;
    }

    private static int Open(string path)
    {
        var file = Libc.open(path, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_TRUNC | Libc.O_APPEND | Libc.O_CLOEXEC, 0x180);
        return file >= 0 ? file : throw new IOException($"{path}: {Libc.Text(Libc.Errno)}");
    }
}
