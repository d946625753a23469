using System.Globalization;
using System.Threading.Channels;
using Switchyard.Core.Execution;
using Switchyard.Executors.Process.Hosting;
using Switchyard.Executors.Process.Output;
using Switchyard.Executors.Process.Spawning;
using Switchyard.Executors.Process.Wire;

namespace Switchyard.Executors.Process;

/// <summary>
/// Runs attempts as processes of this machine, through a host process that outlives this server. It starts the host, finds
/// it again after a restart, and moves new starts to a new host when the program has changed while the old one's attempts
/// run out.
/// </summary>
public sealed class ProcessExecutor : IExecutor
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly NodeFiles _files;
    private readonly HostCommand _command;
    private readonly ProcessExecutorOptions _options;
    private readonly TimeProvider _time;
    private readonly Action<string> _say;
    private readonly Channel<ExecutorSignal> _reports = Channel.CreateUnbounded<ExecutorSignal>(new() { SingleReader = true });
    private readonly CancellationTokenSource _closing = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<long, HostLink> _where = [];
    private readonly Dictionary<int, int> _children = [];
    private readonly List<HostLink> _links = [];
    private HostLink? _current;
    private string _hash = "";
    private long _epoch;
    private long _renewed;
    private TaskCompletionSource _again = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _disposed;
    private Task _keeper = Task.CompletedTask;

    /// <summary>An executor on a node's directory. Nothing is touched before <see cref="Open"/>.</summary>
    public ProcessExecutor(string nodeDirectory, HostCommand command, ProcessExecutorOptions options, TimeProvider time, Action<string> say)
    {
        (_files, _command, _options, _time, _say) = (new(nodeDirectory), command, options, time, say);
        Logs = new(_files);
    }

    /// <inheritdoc/>
    public string Name => "process";

    /// <inheritdoc/>
    public ChannelReader<ExecutorSignal> Reports => _reports.Reader;

    /// <inheritdoc/>
    public KillLevel KillLevel => _current?.Level ?? KillLevel.Subreaper;

    /// <summary>Why the kill level is not the strongest, or null.</summary>
    public string? Weakness => _current?.Weakness;

    /// <summary>The process id of the host that takes new attempts; 0 while there is none.</summary>
    public int HostPid => _current?.Pid ?? 0;

    /// <summary>The logs of this node's attempts.</summary>
    public AttemptLogs Logs { get; }

    /// <summary>The random name of this node's directory.</summary>
    public string NodeId => HostPlace.NodeId(_files);

    /// <summary>Where the attempts' files are.</summary>
    public NodeFiles Files => _files;

    /// <inheritdoc/>
    public async Task Open(CancellationToken stop)
    {
        if (Libc.MakeDirectories(_files.Hosts) is var error and not 0) throw new IOException($"{_files.Hosts}: {Libc.Text(error)}");
        SshServer.MakeHostKey(_files);
        _epoch = NextEpoch();
        _hash = ProgramCopy.Hash(_command);
        // A host keeps the level it was started with: another one is wanted from another host.
        if (_options.KillLevel != "auto") _hash += "-" + _options.KillLevel;
        await Connect(stop).ConfigureAwait(false);
        _keeper = Task.Run(Keep, CancellationToken.None);
    }

    /// <inheritdoc/>
    public ValueTask Start(IReadOnlyList<StartOrder> orders, CancellationToken stop)
    {
        Logs.Expect(orders);
        foreach (var group in orders.GroupBy(o => LinkOf(o.AttemptId) ?? _current))
        {
            group.Key?.Send(to =>
            {
                var open = -1;
                var count = 0;
                var sharedBytes = 0;
                IReadOnlyList<KeyValuePair<string, string>>? shared = null;
                foreach (var order in group)
                {
                    if (open < 0)
                    {
                        to.Begin(Message.Spawn);
                        (open, count, sharedBytes, shared) = (to.Length, 0, 0, null);
                        to.Int(0);
                    }
                    sharedBytes += Message.WriteOrder(to, order, ref shared);
                    count++;
                    if (to.FrameLength - sharedBytes < Message.FrameGoal) continue;
                    to.Patch(open, count);
                    to.End();
                    open = -1;
                }
                if (open < 0) return;
                to.Patch(open, count);
                to.End();
            });
        }
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask Stop(IReadOnlyList<StopOrder> orders, CancellationToken stop)
    {
        foreach (var group in orders.GroupBy(o => LinkOf(o.AttemptId) ?? _current))
        {
            group.Key?.Send(to =>
            {
                to.Begin(Message.Signal);
                to.Int(group.Count());
                foreach (var order in group)
                {
                    to.Long(order.AttemptId);
                    to.Int(order.GraceMs);
                }
                to.End();
            });
        }
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask Acknowledge(IReadOnlyList<long> attemptIds, CancellationToken stop)
    {
        foreach (var group in attemptIds.GroupBy(LinkOf))
        {
            group.Key?.Send(to =>
            {
                to.Begin(Message.Ack);
                to.Int(group.Count());
                foreach (var id in group) to.Long(id);
                to.End();
            });
            lock (_gate) foreach (var id in group) _where.Remove(id);
        }
        return ValueTask.CompletedTask;
    }

    /// <summary>The clock of <see cref="Renew"/>: milliseconds since the machine was started, those of its sleep too.</summary>
    public static long BootMs() => Libc.BootMs();

    /// <summary>
    /// Says until when others count on what runs here. A host that hears nothing later by then ends all of its attempts and starts nothing; one that
    /// was never told of a time goes on for ever.
    /// </summary>
    /// <param name="untilBootMs">An instant of <see cref="BootMs"/>.</param>
    public void Renew(long untilBootMs)
    {
        var late = Volatile.Read(ref _renewed) is var before and > 0 && Libc.BootMs() >= before;
        Volatile.Write(ref _renewed, untilBootMs);
        foreach (var link in Snapshot()) SendRenewal(link);
        // The hosts have dropped what they were given meanwhile.
        if (late) Resync();
    }

    /// <summary>Has everything the hosts know reported again, and a sync after it: for whoever listens from now on.</summary>
    public void Resync()
    {
        lock (_gate) _again.TrySetResult();
    }

    private void SendRenewal(HostLink link)
    {
        if (Volatile.Read(ref _renewed) is var until and > 0) link.Send(to =>
        {
            to.Begin(Message.Renew);
            to.Long(until);
            to.End();
        });
    }

    /// <summary>Lets go of the hosts; their attempts run on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1) return;
        await _closing.CancelAsync().ConfigureAwait(false);
        await _keeper.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var link in Snapshot()) await link.DisposeAsync().ConfigureAwait(false);
        _current = null;
        _reports.Writer.TryComplete();
        _closing.Dispose();
    }

    // Syncs, waits until a connection breaks, connects again; for ever.
    private async Task Keep()
    {
        var stop = _closing.Token;
        try
        {
            while (await Sync(stop).ConfigureAwait(false) is { } broken)
            {
                var reason = await broken.Closed.ConfigureAwait(false);
                await Drop(broken).ConfigureAwait(false);
                if (reason.StartsWith("displaced", StringComparison.Ordinal))
                {
                    Report(new ExecutorGone(reason));
                    _say($"the host serves another server now: {reason}");
                    return;
                }
                // A host that has run out goes as it should, and nobody has to hear of it.
                if (broken.Draining && broken != _current && !IsKnown(broken)) continue;
                Report(new ExecutorGone(reason));
                _say($"host {broken.Number}: {reason}");
                await Reconnect(stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
        catch (InvalidOperationException displaced)
        {
            Report(new ExecutorGone(displaced.Message));
            _say(displaced.Message);
        }
    }

    private async Task Reconnect(CancellationToken stop)
    {
        for (var pause = TimeSpan.FromMilliseconds(100); ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await Connect(stop).ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (e is IOException or TimeoutException)
            {
                _say(e.Message);
                await Task.Delay(pause, _time, stop).ConfigureAwait(false);
            }
        }
    }

    // Lists all hosts and says that all was said, again whenever that is asked for; then waits for the first connection that breaks.
    private async Task<HostLink?> Sync(CancellationToken stop)
    {
        while (true)
        {
            Task again;
            lock (_gate)
            {
                if (_again.Task.IsCompleted) _again = new(TaskCreationOptions.RunContinuationsAsynchronously);
                again = _again.Task;
            }
            var links = Snapshot();
            if (links.FirstOrDefault(l => l.Closed.IsCompleted) is { } gone) return gone;
            var known = new HashSet<long>();
            foreach (var link in links)
            {
                if (await link.List(stop).ConfigureAwait(false) is not { } ids) return link;
                known.UnionWith(ids);
            }
            Logs.Retain(known);
            Report(new ExecutorSync(known));

            while (!again.IsCompleted)
            {
                await Task.WhenAny(links.Select(l => (Task)l.Closed).Append(again)).WaitAsync(stop).ConfigureAwait(false);
                if (links.Find(l => l.Closed.IsCompleted) is not { } broken) continue;
                if (!(broken.Draining && broken != _current && !IsKnown(broken))) return broken;
                await Drop(broken).ConfigureAwait(false);
                links = Snapshot();
            }
        }
    }

    /// <summary>Connects to every living host, makes sure that one of them runs our program, and lets it take over from dead ones.</summary>
    private async Task Connect(CancellationToken stop)
    {
        foreach (var (number, directory) in HostPlace.All(_files).OrderBy(h => h.Number).ToList())
        {
            if (Snapshot().Any(l => l.Number == number)) continue;
            await Join(number, directory, stop).ConfigureAwait(false);
        }
        var current = Snapshot().Where(l => l.ProgramHash == _hash && !l.Draining).MaxBy(l => l.Number);
        if (current is null)
        {
            var (number, pid) = await HostStart.Run(_files, _command, _hash, _options, stop).ConfigureAwait(false);
            lock (_gate) _children[number] = pid;
            current = await Join(number, Path.Combine(_files.Hosts, number.ToString(CultureInfo.InvariantCulture)), stop).ConfigureAwait(false)
                ?? throw new IOException("the host went away right after its start");
            _say($"host {number} started: process {pid}, kill level {current.Level}");
        }
        else if (HostPlace.All(_files).Any(h => !HostPlace.IsHeld(h.Directory)))
        {
            current.Send(Message.Adopt);
        }
        _current = current;
        foreach (var link in Snapshot())
        {
            if (link == current || link.Draining) continue;
            _say($"host {link.Number} runs another program: its attempts run out there, new ones start in host {current.Number}");
            link.Send(Message.Drain);
        }
        ProgramCopy.Tidy(_files, Snapshot().Select(l => l.ProgramHash).Append(_hash).ToHashSet());
    }

    private async Task<HostLink?> Join(int number, string directory, CancellationToken stop)
    {
        string address;
        try
        {
            address = await File.ReadAllTextAsync(Path.Combine(directory, "host.address"), stop).ConfigureAwait(false);
        }
        catch (IOException)
        {
            return null;
        }
        var link = await HostLink.Connect(number, address, _epoch, _time, Hear, stop).ConfigureAwait(false);
        if (link is null) return null;
        lock (_gate) _links.Add(link);
        SendRenewal(link);
        return link;
    }

    private async Task Drop(HostLink link)
    {
        int pid;
        lock (_gate)
        {
            _links.Remove(link);
            if (_current == link) _current = null;
            foreach (var id in _where.Where(p => p.Value == link).Select(p => p.Key).ToList()) _where.Remove(id);
            _children.Remove(link.Number, out pid);
        }
        await link.DisposeAsync().ConfigureAwait(false);
        // A child of ours that is not waited for stays in the process table.
        for (var round = 0; pid > 0 && round < 20 && !HostStart.Reap(pid); round++)
            await Task.Delay(TimeSpan.FromMilliseconds(20), _time, CancellationToken.None).ConfigureAwait(false);
    }

    private void Hear(HostLink from, ExecutorSignal signal)
    {
        switch (signal)
        {
            case AttemptRefused refused:
                Logs.End(refused.AttemptId);
                break;
            case AttemptStarted started:
                lock (_gate) _where[started.AttemptId] = from;
                Logs.Begin(started.AttemptId);
                break;
            case AttemptExited exited:
                lock (_gate) _where[exited.AttemptId] = from;
                Logs.End(exited.AttemptId);
                break;
            case OutputGrew grew:
                Logs.Notify(grew);
                break;
        }
        Report(signal);
    }

    private void Report(ExecutorSignal signal) => _reports.Writer.TryWrite(signal);

    private HostLink? LinkOf(long attemptId)
    {
        lock (_gate) return _where.GetValueOrDefault(attemptId);
    }

    private bool IsKnown(HostLink link)
    {
        lock (_gate) return _where.ContainsValue(link);
    }

    private List<HostLink> Snapshot()
    {
        lock (_gate) return [.. _links];
    }

    // Each opening is newer than all before it, whatever the clock says.
    private long NextEpoch()
    {
        var path = Path.Combine(_files.Root, "server.epoch");
        var last = File.Exists(path) && long.TryParse(File.ReadAllText(path), NumberStyles.Integer, CultureInfo.InvariantCulture, out var read) ? read : 0;
        var next = last + 1;
        File.WriteAllText(path + ".new", next.ToString(CultureInfo.InvariantCulture));
        File.Move(path + ".new", path, overwrite: true);
        return next;
    }
}
