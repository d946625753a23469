using System.Collections.Concurrent;
using Switchyard.Executors.Process.Spawning;

namespace Switchyard.Executors.Process.Output;

/// <summary>
/// Reads the pipes of all attempts on one thread into their logs. Ending an attempt does not wait for the pipe's end:
/// what is in it is drained, then it is closed, whoever may still hold its other side.
/// </summary>
internal sealed class OutputPump
{
    private const int ReadSize = 64 * 1024;
    private const int DrainLimit = 4 * 1024 * 1024;

    private readonly EpollSet _epoll = new(128);
    private readonly ConcurrentDictionary<long, Flow> _flows = new();
    private readonly ConcurrentDictionary<long, long> _grown = new();
    private readonly NodeFiles _files;
    private readonly LogCaps _caps;
    private readonly Action _wake;
    private readonly Action<string> _say;
    private readonly byte[] _lastBytes = new byte[ReadSize];

    public OutputPump(NodeFiles files, LogCaps caps, Action wake, Action<string> say)
    {
        (_files, _caps, _wake, _say) = (files, caps, wake, say);
        new Thread(Run, 256 * 1024) { IsBackground = true, Name = "output" }.Start();
    }

    private sealed class Flow(int pipe, SecretMask? mask, LogWriter log)
    {
        public readonly Lock Gate = new();
        public int Pipe = pipe;
        public readonly SecretMask? Mask = mask;
        public readonly LogWriter Log = log;
        public bool Complained;
    }

    /// <summary>Takes over the reading side of a pipe. The log begins with the preface, if there is one.</summary>
    public void Open(long attemptId, int pipe, IReadOnlyList<string> secrets, string preface)
    {
        var flow = new Flow(pipe, SecretMask.For(secrets), new(_files.LogDirectory(attemptId), _caps));
        if (preface.Length > 0)
        {
            flow.Log.Append(System.Text.Encoding.UTF8.GetBytes(preface));
            _grown[attemptId] = flow.Log.Bytes;
        }

        _flows[attemptId] = flow;
        _epoll.Add(pipe, Libc.EPOLLIN, attemptId);
    }

    /// <summary>The attempt is over: takes what is left, closes the pipe and the log. Answers the log's size.</summary>
    public long Finish(long attemptId)
    {
        if (!_flows.TryRemove(attemptId, out var flow)) return 0;
        lock (flow.Gate)
        {
            Forget(flow);
            for (var drained = 0; flow.Pipe >= 0 && drained < DrainLimit;)
            {
                var n = ReadOnce(flow, _lastBytes);
                if (n <= 0) break;
                drained += n;
            }
            Libc.Close(ref flow.Pipe);
            if (flow.Mask is not null) flow.Log.Append(flow.Mask.Pass([], end: true));
            flow.Log.Finish();
            Complain(attemptId, flow);
            _grown.TryRemove(attemptId, out _);
            return flow.Log.Bytes;
        }
    }

    /// <summary>True if there is news for <see cref="TakeGrown"/>.</summary>
    public bool HasGrown => !_grown.IsEmpty;

    /// <summary>Which logs grew since the last call, with their sizes.</summary>
    public List<KeyValuePair<long, long>> TakeGrown()
    {
        var taken = new List<KeyValuePair<long, long>>();
        foreach (var (id, _) in _grown)
            if (_grown.TryRemove(id, out var size)) taken.Add(new(id, size));
        return taken;
    }

    private void Run()
    {
        var buffer = new byte[ReadSize];
        while (true)
        {
            var count = _epoll.Wait(-1);
            var grew = false;
            for (var i = 0; i < count; i++)
            {
                var (id, _) = _epoll[i];
                if (!_flows.TryGetValue(id, out var flow)) continue;
                lock (flow.Gate)
                {
                    if (flow.Pipe < 0) continue;
                    var n = ReadOnce(flow, buffer);
                    if (n > 0)
                    {
                        _grown[id] = flow.Log.Bytes;
                        grew = true;
                        Complain(id, flow);
                    }
                    else if (n != -Libc.EAGAIN)
                    {
                        Forget(flow);
                        Libc.Close(ref flow.Pipe);
                    }
                }
            }
            if (grew) _wake();
        }
    }

    // Closing alone is not enough: a child that is just being started still holds a copy of every descriptor of ours, and
    // as long as it does, the kernel would go on reporting the pipe's end, over and over.
    private void Forget(Flow flow)
    {
        if (flow.Pipe >= 0) _epoll.Remove(flow.Pipe);
    }

    private static int ReadOnce(Flow flow, byte[] buffer)
    {
        var n = Libc.Read(flow.Pipe, buffer);
        if (n > 0) flow.Log.Append(flow.Mask is null ? buffer.AsSpan(0, n) : flow.Mask.Pass(buffer.AsSpan(0, n), end: false));
        return n;
    }

    private void Complain(long id, Flow flow)
    {
        if (flow.Complained || flow.Log.Trouble is not { } trouble) return;
        flow.Complained = true;
        _say($"attempt {id}: {trouble}");
    }
}
