using System.Net.Sockets;
using Switchyard.Core.Execution;
using Switchyard.Executors.Process.Wire;

namespace Switchyard.Executors.Process.Hosting;

/// <summary>The server's connection to one host. Sending is buffered: what queues up during one write goes out with the next.</summary>
internal sealed class HostLink : IAsyncDisposable
{
    private static readonly TimeSpan LongestFlush = TimeSpan.FromSeconds(2);

    private readonly Socket _socket;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _wanted = new(0, 1);
    private readonly CancellationTokenSource _ended = new();
    private readonly TimeProvider _time;
    private readonly Action<HostLink, ExecutorSignal> _hear;
    private readonly TaskCompletionSource _welcomed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<IReadOnlyList<long>>? _listing;
    private TaskCompletionSource? _flushed;
    private FrameWriter _building = new();
    private FrameWriter _sending = new();
    private byte[] _in = new byte[64 * 1024];
    private Task _loops = Task.CompletedTask;

    private HostLink(Socket socket, int number, TimeProvider time, Action<HostLink, ExecutorSignal> hear) => (_socket, Number, _time, _hear) = (socket, number, time, hear);

    /// <summary>The host's number.</summary>
    public int Number { get; }

    /// <summary>The host's process id.</summary>
    public int Pid { get; private set; }

    public KillLevel Level { get; private set; }

    /// <summary>The level as handles and settings name it.</summary>
    private string LevelName => Level == KillLevel.Cgroup ? "cgroup" : "subreaper";

    /// <summary>Why the host has no stronger level, or null.</summary>
    public string? Weakness { get; private set; }

    /// <summary>The program it runs.</summary>
    public string ProgramHash { get; private set; } = "";

    /// <summary>True if it takes no new attempts.</summary>
    public bool Draining { get; private set; }

    /// <summary>Completes with the reason when the connection is gone.</summary>
    public Task<string> Closed => _closed.Task;

    /// <summary>Connects and exchanges greetings; null if nobody listens.</summary>
    public static async Task<HostLink?> Connect(int number, string address, long epoch, TimeProvider time, Action<HostLink, ExecutorSignal> hear, CancellationToken stop)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(address), stop).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
        var link = new HostLink(socket, number, time, hear);
        link.Send(to =>
        {
            to.Begin(Message.Hello);
            to.Int(Message.Version);
            to.Long(epoch);
            to.End();
        });
        link._loops = Task.WhenAll(Task.Run(link.ReadLoop, CancellationToken.None), Task.Run(link.WriteLoop, CancellationToken.None));
        await Task.WhenAny(link._welcomed.Task, link.Closed).WaitAsync(stop).ConfigureAwait(false);
        if (!link.Closed.IsCompleted) return link;
        var reason = await link.Closed.ConfigureAwait(false);
        await link.DisposeAsync().ConfigureAwait(false);
        return reason.StartsWith("displaced", StringComparison.Ordinal) ? throw new InvalidOperationException(reason) : null;
    }

    /// <summary>Adds frames to what is sent next.</summary>
    public void Send(Action<FrameWriter> build)
    {
        lock (_gate)
        {
            if (_closed.Task.IsCompleted) return;
            build(_building);
            if (_wanted.CurrentCount == 0) _wanted.Release();
        }
    }

    /// <summary>Sends a message that has no body.</summary>
    public void Send(byte kind) => Send(to =>
    {
        if (kind == Message.Drain) Draining = true;
        to.Begin(kind);
        to.End();
    });

    /// <summary>Asks for everything the host knows; the ids come after all their reports. Null if the connection breaks before.</summary>
    public async Task<IReadOnlyList<long>?> List(CancellationToken stop)
    {
        var listing = new TaskCompletionSource<IReadOnlyList<long>>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate) _listing = listing;
        Send(Message.List);
        await Task.WhenAny(listing.Task, Closed).WaitAsync(stop).ConfigureAwait(false);
        return listing.Task.IsCompletedSuccessfully ? await listing.Task.ConfigureAwait(false) : null;
    }

    public async ValueTask DisposeAsync()
    {
        await Flush().ConfigureAwait(false);
        await _ended.CancelAsync().ConfigureAwait(false);
        _socket.Dispose();
        await _loops.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ended.Dispose();
        _wanted.Dispose();
    }

    // What was handed over before is still sent, above all acknowledgements; a host that does not read is not waited for long.
    private async Task Flush()
    {
        Task flushed;
        lock (_gate)
        {
            if (_closed.Task.IsCompleted) return;
            flushed = (_flushed ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            if (_wanted.CurrentCount == 0) _wanted.Release();
        }
        await Task.WhenAny(flushed, Closed, Task.Delay(LongestFlush, _time, CancellationToken.None)).ConfigureAwait(false);
    }

    private async Task WriteLoop()
    {
        try
        {
            while (true)
            {
                await _wanted.WaitAsync(_ended.Token).ConfigureAwait(false);
                lock (_gate) (_building, _sending) = (_sending, _building);
                for (var sent = 0; sent < _sending.Length;)
                    sent += await _socket.SendAsync(_sending.Memory[sent..], _ended.Token).ConfigureAwait(false);
                _sending.Clear();
                lock (_gate) if (_building.Length == 0) _flushed?.TrySetResult();
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            Close(e.Message);
        }
    }

    private async Task ReadLoop()
    {
        var filled = 0;
        var reason = "the host closed the connection";
        try
        {
            while (true)
            {
                if (filled == _in.Length) Array.Resize(ref _in, _in.Length * 2);
                var n = await _socket.ReceiveAsync(_in.AsMemory(filled), _ended.Token).ConfigureAwait(false);
                if (n == 0) break;
                filled += n;
                var taken = Hear(_in.AsSpan(0, filled), ref reason);
                _in.AsSpan(taken, filled - taken).CopyTo(_in);
                filled -= taken;
                if (filled == 0 && _in.Length > 1024 * 1024) _in = new byte[64 * 1024];
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException or InvalidDataException)
        {
            reason = e.Message;
        }
        Close(reason);
    }

    private void Close(string reason)
    {
        lock (_gate) _closed.TrySetResult(reason);
        _socket.Close();
    }

    private int Hear(ReadOnlySpan<byte> bytes, ref string reason)
    {
        var taken = 0;
        while (FrameReader.Next(bytes[taken..], out var frame) is var size and > 0)
        {
            taken += size;
            switch (frame.Kind)
            {
                case Message.Welcome:
                    _ = frame.Int();
                    (Pid, Level, Weakness, ProgramHash, Draining) = (frame.Int(), (KillLevel)frame.Byte(), frame.TextOrNull(), frame.Text(), frame.Byte() == 1);
                    _welcomed.TrySetResult();
                    break;
                case Message.Spawned:
                    for (var left = frame.Int(); left > 0; left--) _hear(this, new AttemptStarted(frame.Long(), $"{frame.Text()} {LevelName}", Time(frame.Long())));
                    break;
                case Message.Refused:
                    for (var left = frame.Int(); left > 0; left--) _hear(this, new AttemptRefused(frame.Long(), frame.Text(), Time(frame.Long())));
                    break;
                case Message.Exited:
                    for (var left = frame.Int(); left > 0; left--) _hear(this, ReadEnd(ref frame));
                    break;
                case Message.Output:
                    var sizes = new KeyValuePair<long, long>[frame.Int()];
                    for (var i = 0; i < sizes.Length; i++) sizes[i] = new(frame.Long(), frame.Long());
                    _hear(this, new OutputGrew(sizes));
                    break;
                case Message.Listed:
                    var ids = new long[frame.Int()];
                    for (var i = 0; i < ids.Length; i++) ids[i] = frame.Long();
                    lock (_gate) _listing?.TrySetResult(ids);
                    break;
                case Message.Fault:
                    reason = frame.Text();
                    break;
            }
        }
        return taken;
    }

    private static AttemptExited ReadEnd(ref FrameReader frame)
    {
        var (id, code, signal, lost, unproven) = (frame.Long(), frame.Int(), frame.Int(), frame.Byte() == 1, frame.TextOrNull());
        var (started, ended, result) = (Time(frame.Long()), Time(frame.Long()), frame.TextOrNull());
        return new(id, code, signal == 0 ? null : signal, lost, unproven, started, ended, result);
    }

    private static DateTimeOffset Time(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);
}
