using System.Globalization;

namespace Switchyard.Server.Startup;

/// <summary>A start that was refused; the message says what to do.</summary>
public sealed class StartRefusedException(string message) : Exception(message);

/// <summary>One server per data directory: a lock that the kernel drops with the process, however it ends.</summary>
public sealed class DataLock : IDisposable
{
    /// <summary>The lock file's name in the data directory.</summary>
    public const string FileName = "server.lock";

    /// <summary>
    /// The holder's process id, then its addresses, a line each. A file of its own, because the framework locks
    /// what it reads, and so the locked file cannot be read.
    /// </summary>
    private const string HolderFileName = "server.txt";

    private readonly FileStream _file;
    private readonly string _data;

    private DataLock(FileStream file, string data) => (_file, _data) = (file, data);

    /// <summary>Creates the directory if needed and takes the lock.</summary>
    /// <exception cref="StartRefusedException">Another server holds it, or the directory cannot be written.</exception>
    public static DataLock Take(string data)
    {
        try
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(data);
            else
                Directory.CreateDirectory(data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new StartRefusedException($"The data directory {data} cannot be created ({error.Message.TrimEnd('.')}). Choose another with --data.");
        }

        var path = Path.Combine(data, FileName);
        FileStream file;
        try
        {
            // On Unix, FileShare.None is flock(LOCK_EX | LOCK_NB).
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
        }
        catch (UnauthorizedAccessException)
        {
            throw new StartRefusedException($"The data directory {data} cannot be written. Give this user the right to, or choose another with --data.");
        }
        catch (IOException error)
        {
            if (Holder(data) is { } holder)
                throw new StartRefusedException($"Another server (process {holder.Pid}) uses the data directory {data}. Stop it, or choose another directory with --data.");
            throw new StartRefusedException($"The data directory {data} cannot be used: {error.Message.TrimEnd('.')}. Choose another with --data.");
        }

        var taken = new DataLock(file, data);
        try
        {
            taken.Announce([]);
            return taken;
        }
        catch (IOException error)
        {
            taken.Dispose();
            throw new StartRefusedException($"The data directory {data} cannot be written ({error.Message.TrimEnd('.')}). Make room, or choose another with --data.");
        }
    }

    /// <summary>Who holds the lock now: its process id and addresses; null when nobody does.</summary>
    public static (int Pid, IReadOnlyList<string> Urls)? Holder(string data)
    {
        var path = Path.Combine(data, FileName);
        try
        {
            using (new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1))
                return null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
        catch (IOException)
        {
            var holder = Path.Combine(data, HolderFileName);
            var lines = File.Exists(holder) ? File.ReadAllLines(holder) : [];
            return lines.Length > 0 && int.TryParse(lines[0], CultureInfo.InvariantCulture, out var pid) ? (pid, lines[1..]) : (0, []);
        }
    }

    /// <summary>Writes down who holds the lock and where it listens.</summary>
    public void Announce(IEnumerable<string> urls)
    {
        var path = Path.Combine(_data, HolderFileName);
        File.WriteAllLines(path + ".new", urls.Prepend(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
        File.Move(path + ".new", path, true);
    }

    /// <summary>Lets go. The file stays: deleting it would let two servers lock two files of one name.</summary>
    public void Dispose() => _file.Dispose();
}
