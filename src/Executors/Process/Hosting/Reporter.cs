using Switchyard.Executors.Process.Output;
using Switchyard.Executors.Process.Wire;

namespace Switchyard.Executors.Process.Hosting;

/// <summary>
/// Collects what the server is to be told and builds frames of many. Ends carry results of up to 16 MiB, so they are only
/// read from disk and framed while the connection has room.
/// </summary>
internal sealed class Reporter(Door door, NodeFiles files)
{
    private readonly List<HostAttempt> _started = [];
    private readonly List<(long Id, string Reason, long AtMs)> _refused = [];
    private readonly Queue<HostAttempt> _ended = new();
    private List<KeyValuePair<long, long>> _output = [];
    private List<long>? _listed;

    /// <summary>Says where an attempt is.</summary>
    public void Tell(HostAttempt attempt)
    {
        if (attempt.Stage == AttemptStage.Ended) _ended.Enqueue(attempt);
        else if (attempt.Stage != AttemptStage.Intended) _started.Add(attempt);
    }

    public void Refuse(long id, string reason, long atMs) => _refused.Add((id, reason, atMs));

    public void Output(List<KeyValuePair<long, long>> sizes) => _output = sizes;

    /// <summary>Says everything from the beginning, and then that this was all.</summary>
    public void List(IReadOnlyCollection<HostAttempt> all)
    {
        _started.Clear();
        _ended.Clear();
        _listed = new(all.Count);
        foreach (var attempt in all)
        {
            _listed.Add(attempt.Id);
            Tell(attempt);
        }
    }

    /// <summary>There is nobody to tell; the next server asks for a list.</summary>
    public void Forget()
    {
        _started.Clear();
        _refused.Clear();
        _ended.Clear();
        _output = [];
        _listed = null;
    }

    /// <summary>Builds and sends as much as the connection takes.</summary>
    public void Send()
    {
        if (door.Server is not { } server) return;
        var to = server.Out;
        if (_started.Count > 0)
        {
            to.Begin(Message.Spawned);
            to.Int(_started.Count);
            foreach (var attempt in _started)
            {
                to.Long(attempt.Id);
                to.Text(attempt.Handle);
                to.Long(attempt.StartedAtMs);
            }
            to.End();
            _started.Clear();
        }
        if (_refused.Count > 0)
        {
            to.Begin(Message.Refused);
            to.Int(_refused.Count);
            foreach (var (id, reason, at) in _refused)
            {
                to.Long(id);
                to.Text(reason);
                to.Long(at);
            }
            to.End();
            _refused.Clear();
        }
        if (_output.Count > 0)
        {
            to.Begin(Message.Output);
            to.Int(_output.Count);
            foreach (var (id, size) in _output)
            {
                to.Long(id);
                to.Long(size);
            }
            to.End();
            _output = [];
        }
        while (_ended.Count > 0 && door.HasRoom) SendEnds(to);
        if (_ended.Count == 0 && _listed is { } listed)
        {
            to.Begin(Message.Listed);
            to.Int(listed.Count);
            foreach (var id in listed) to.Long(id);
            to.End();
            _listed = null;
        }
        door.Send(server);
    }

    private void SendEnds(FrameWriter to)
    {
        to.Begin(Message.Exited);
        var position = to.Length;
        to.Int(0);
        var count = 0;
        while (to.FrameLength < Message.FrameGoal && _ended.TryDequeue(out var attempt))
        {
            to.Long(attempt.Id);
            to.Int(attempt.ExitCode);
            to.Int(attempt.Signal);
            to.Byte(attempt.Lost ? (byte)1 : (byte)0);
            to.Text(attempt.Unproven);
            to.Long(attempt.StartedAtMs);
            to.Long(attempt.EndedAtMs);
            to.Text(attempt.HasDirectory ? ResultFile.Read(files.AttemptDirectory(attempt.Id)) : null);
            count++;
        }
        to.Patch(position, count);
        to.End();
    }
}

/// <summary>The last so many ids.</summary>
internal sealed class RecentIds(int capacity)
{
    private readonly HashSet<long> _ids = [];
    private readonly Queue<long> _order = new();

    public void Add(long id)
    {
        if (!_ids.Add(id)) return;
        _order.Enqueue(id);
        if (_order.Count > capacity) _ids.Remove(_order.Dequeue());
    }

    public bool Contains(long id) => _ids.Contains(id);
}
