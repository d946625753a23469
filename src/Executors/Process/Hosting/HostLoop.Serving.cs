using Switchyard.Core.Execution;
using Switchyard.Executors.Process.Killing;
using Switchyard.Executors.Process.Spawning;
using Switchyard.Executors.Process.Wire;

namespace Switchyard.Executors.Process.Hosting;

/// <summary>What a server says to a host, and what the host makes of it.</summary>
internal sealed partial class HostLoop
{
    private void ReadFrom(Door.Connection connection)
    {
        var open = _door.Read(connection);
        var taken = 0;
        try
        {
            while (connection.Socket >= 0 && FrameReader.Next(connection.In.AsSpan(taken, connection.InLength - taken), out var frame) is var size and > 0)
            {
                taken += size;
                Serve(connection, ref frame);
            }
        }
        catch (InvalidDataException broken)
        {
            _say($"a connection spoke nonsense: {broken.Message}");
            open = false;
        }
        Door.Consume(connection, taken);
        if (!open && connection.Socket >= 0) _door.Close(connection);
        if (_door.Server is null) _quietSinceMs = NowMs;
    }

    private void Serve(Door.Connection from, ref FrameReader frame)
    {
        if (frame.Kind == Message.Hello)
        {
            Greet(from, ref frame);
            return;
        }
        if (from != _door.Server) throw new InvalidDataException("no greeting");
        switch (frame.Kind)
        {
            case Message.Spawn:
                IReadOnlyList<KeyValuePair<string, string>>? shared = null;
                StartOrder? order = null;
                var fenced = IsPastFence;
                for (var left = frame.Int(); left > 0; left--)
                {
                    order = Message.ReadOrder(ref frame, ref shared, order);
                    if (!fenced) _orders.AddLast(order);
                }
                break;
            case Message.Signal:
                for (var left = frame.Int(); left > 0; left--) Stop(frame.Long(), frame.Int());
                break;
            case Message.List:
                TakeAllOrders();
                _reporter.List(_attempts.Values);
                break;
            case Message.Ack:
                for (var left = frame.Int(); left > 0; left--) Acknowledge(frame.Long());
                if (_journal.WantsCompaction(_attempts.Count)) _journal.Compact(ProcessTable.BootId, CgroupBase, _attempts.Values);
                break;
            case Message.Drain:
                _draining = true;
                break;
            case Message.Renew:
                Renew(frame.Long());
                break;
            case Message.Adopt:
                TakeOverDead();
                _reporter.List(_attempts.Values);
                break;
        }
    }

    private void Greet(Door.Connection newcomer, ref FrameReader frame)
    {
        var version = frame.Int();
        var epoch = frame.Long();
        if (version != Message.Version)
        {
            _door.Refuse(newcomer, $"version: this host speaks version {Message.Version} of its protocol, not {version}");
            return;
        }
        if (!_door.Install(newcomer, epoch)) return;
        _orders.Clear(); // of the server before, which was told nothing of them
        var to = newcomer.Out;
        to.Begin(Message.Welcome);
        to.Int(Message.Version);
        to.Int(Libc.getpid());
        to.Byte((byte)_ground.Level);
        to.Text(_ground.Weakness);
        to.Text(_settings.ProgramHash);
        to.Byte(_draining ? (byte)1 : (byte)0);
        to.End();
    }
}
