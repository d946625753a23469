using System.Text;
using Switchyard.Executors.Process.Spawning;
using Switchyard.Executors.Process.Wire;

namespace Switchyard.Executors.Process.Hosting;

/// <summary>
/// The host's Unix socket. Several may knock; the one whose greeting carries the highest epoch is the server, and takes
/// the place of the one before. What a displaced server had sent and was not read yet is dropped with its connection.
/// </summary>
internal sealed unsafe class Door
{
    private const int OutLimit = 4 * 1024 * 1024;
    private const int FirstNumber = 16;

    private readonly EpollSet _epoll;
    private readonly Dictionary<long, Connection> _connections = [];
    private readonly byte[] _readBuffer = new byte[64 * 1024];
    private long _nextNumber = FirstNumber;
    private int _listener;

    /// <summary>The path of the socket.</summary>
    public string Address { get; }

    /// <summary>Someone at the door.</summary>
    internal sealed class Connection(int socket, long number)
    {
        public int Socket = socket;
        public readonly long Number = number;
        public byte[] In = [];
        public int InLength;
        public readonly FrameWriter Out = new();
        public bool WaitsToWrite;
        public bool Broken;
    }

    /// <summary>The server that is served, or null.</summary>
    public Connection? Server { get; private set; }

    /// <summary>The highest epoch seen.</summary>
    public long Epoch { get; private set; }

    public Door(string directory, string nodeId, EpollSet epoll, long listenerNumber)
    {
        _epoll = epoll;
        Address = ChooseAddress(directory, nodeId);
        _ = Libc.unlink(Address);
        const int unix = 1, stream = 1, closeOnExec = 0x80000, nonBlocking = 0x800;
        _listener = Libc.socket(unix, stream | closeOnExec | nonBlocking, 0);
        Span<byte> address = stackalloc byte[110];
        address.Clear();
        address[0] = unix;
        var length = Encoding.UTF8.GetBytes(Address, address[2..]);
        fixed (byte* start = address)
        {
            if (_listener < 0 || Libc.bind(_listener, start, (uint)(2 + length + 1)) != 0)
                throw new IOException($"{Address}: {Libc.Text(Libc.Errno)}");
        }
        _ = Libc.chmod(Address, 0x180); // 0600, before anyone can connect
        if (Libc.listen(_listener, 16) != 0) throw new IOException($"{Address}: {Libc.Text(Libc.Errno)}");
        _epoll.Add(_listener, Libc.EPOLLIN, listenerNumber);
    }

    /// <summary>True if what waits to be sent is little enough to add to it.</summary>
    public bool HasRoom => Server is { } server && server.Out.Length < OutLimit;

    /// <summary>Lets in whoever waits.</summary>
    public void Accept()
    {
        const int closeOnExec = 0x80000, nonBlocking = 0x800;
        while (Libc.accept4(_listener, null, null, closeOnExec | nonBlocking) is var socket and >= 0)
        {
            var connection = new Connection(socket, _nextNumber++);
            _connections[connection.Number] = connection;
            _epoll.Add(socket, Libc.EPOLLIN, connection.Number);
        }
    }

    /// <summary>The connection with this number.</summary>
    public Connection? Find(long number) => _connections.GetValueOrDefault(number);

    /// <summary>Reads what has come, at most a buffer full; false if the far side is gone.</summary>
    public bool Read(Connection from)
    {
        var n = Libc.Read(from.Socket, _readBuffer);
        if (n == -Libc.EAGAIN) return true;
        if (n <= 0) return false;
        if (from.In.Length - from.InLength < n) Array.Resize(ref from.In, Math.Max(from.In.Length * 2, from.InLength + n));
        _readBuffer.AsSpan(0, n).CopyTo(from.In.AsSpan(from.InLength));
        from.InLength += n;
        return true;
    }

    /// <summary>Forgets the first bytes of what has come.</summary>
    public static void Consume(Connection from, int count)
    {
        from.In.AsSpan(count, from.InLength - count).CopyTo(from.In);
        from.InLength -= count;
        if (from.InLength == 0 && from.In.Length > 1024 * 1024) from.In = [];
    }

    /// <summary>Makes this connection the server; answers false if a newer one is known.</summary>
    public bool Install(Connection newcomer, long epoch)
    {
        if (epoch < Epoch)
        {
            Refuse(newcomer, "displaced: a newer server is connected to this host");
            return false;
        }
        Epoch = epoch;
        if (Server is { } old && old != newcomer) Refuse(old, "displaced: a newer server has connected to this host");
        Server = newcomer;
        return true;
    }

    /// <summary>Says why and closes.</summary>
    public void Refuse(Connection to, string reason)
    {
        to.Out.Begin(Message.Fault);
        to.Out.Text(reason);
        to.Out.End();
        Send(to);
        Close(to);
    }

    /// <summary>Sends what is built; the rest when the far side takes it. A far side that is gone is closed.</summary>
    public void Send(Connection to)
    {
        while (to.Out.Length > 0 && !to.Broken)
        {
            nint n;
            fixed (byte* start = to.Out.Written) n = Libc.write(to.Socket, start, to.Out.Length);
            if (n > 0)
            {
                to.Out.Drop((int)n);
                continue;
            }
            if (Libc.Errno == Libc.EINTR) continue;
            if (Libc.Errno == Libc.EAGAIN)
            {
                if (!to.WaitsToWrite) _epoll.Change(to.Socket, Libc.EPOLLIN | Libc.EPOLLOUT, to.Number);
                to.WaitsToWrite = true;
                return;
            }
            to.Broken = true;
        }
        if (to.Broken)
        {
            Close(to);
            return;
        }
        if (to.WaitsToWrite) _epoll.Change(to.Socket, Libc.EPOLLIN, to.Number);
        to.WaitsToWrite = false;
    }

    public void Close(Connection gone)
    {
        _connections.Remove(gone.Number);
        Libc.Close(ref gone.Socket);
        if (Server == gone) Server = null;
    }

    /// <summary>Shuts the door; nobody finds it any more.</summary>
    public void Shut()
    {
        _ = Libc.unlink(Address);
        Libc.Close(ref _listener);
        foreach (var connection in _connections.Values.ToArray()) Close(connection);
    }

    // A socket's path holds 107 bytes at most; a node directory may be longer.
    private static string ChooseAddress(string directory, string nodeId)
    {
        var near = Path.Combine(directory, "host.sock");
        if (Encoding.UTF8.GetByteCount(near) <= 100) return near;
        var far = $"/tmp/yard-{Libc.getuid()}-{nodeId}";
        if (Libc.mkdir(far, 0x1C0) != 0 && Libc.Errno != Libc.EEXIST) throw new IOException($"{far}: {Libc.Text(Libc.Errno)}");
        // Someone else's directory of that name refuses this, and then the host does not start.
        if (Libc.chmod(far, 0x1C0) != 0) throw new IOException($"{far}: {Libc.Text(Libc.Errno)}");
        return $"{far}/{Path.GetFileName(directory)}.sock";
    }
}
