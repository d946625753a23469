using System.Globalization;
using System.Text;

namespace Switchyard.Server.Startup;

/// <summary>A start that was refused; the message says what to do.</summary>
public sealed class StartRefusedException(string message) : Exception(message);

/// <summary>One server per data directory: a lock that the kernel drops with the process, however it ends.</summary>
public sealed class DataLock : IDisposable
{
    /// <summary>The lock file's name in the data directory. Its text is the holder's process id, then its addresses, a line each.</summary>
    public const string FileName = "server.lock";

    private readonly FileStream _file;

    private DataLock(FileStream file) => _file = file;

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

        var taken = new DataLock(file);
        taken.Announce([]);
        return taken;
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
            // Held: reading with ReadWrite sharing takes no lock of its own.
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1));
            var lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            return lines.Length > 0 && int.TryParse(lines[0], CultureInfo.InvariantCulture, out var pid) ? (pid, lines[1..]) : (0, []);
        }
    }

    /// <summary>Writes down who holds the lock and where it listens.</summary>
    public void Announce(IEnumerable<string> urls)
    {
        var text = Encoding.UTF8.GetBytes(string.Join('\n', urls.Prepend(Environment.ProcessId.ToString(CultureInfo.InvariantCulture))) + "\n");
        _file.Position = 0;
        _file.Write(text);
        _file.SetLength(text.Length);
        _file.Flush();
    }

    /// <summary>Lets go. The file stays: deleting it would let two servers lock two files of one name.</summary>
    public void Dispose() => _file.Dispose();
}
