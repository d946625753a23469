using System.Net;
using System.Net.Sockets;
using Switchyard.Core.Execution;
using Switchyard.Core.Plans;

namespace Switchyard.Engine;

/// <summary>
/// Which attempt holds which ports and GPUs of a place. Gives out ports that neither an attempt of ours nor anybody else
/// uses, and the GPUs with the lowest numbers that are free; a cluster gives out its GPUs itself.
/// </summary>
internal sealed class GrantBook(EngineOptions options, Place place)
{
    private readonly Dictionary<long, Grant> _held = [];
    private readonly HashSet<int> _taken = [];
    private readonly HashSet<int> _gpus = [];
    // Several servers on one machine do not all try the same ones: between a look at a port and its use there is time.
    private int _next = Random.Shared.Next(options.Ports.First, options.Ports.Last + 1);

    /// <summary>The place as it is now.</summary>
    public Place Place { get; set; } = place;

    /// <summary>Whether a port can be listened on now.</summary>
    public static bool Probe(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // As servers do: connections of the past that linger are no obstacle, another listener is.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(IPAddress.Any, port));
            socket.Listen(1);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Why the ports of a plan can never be had together, or null.</summary>
    public string? WhyNever(Plan plan, bool oneMachine)
    {
        var seen = new HashSet<int>();
        var any = plan.Tasks.Sum(task => (long)task.Instances * task.Ports.Where(request => request.First == 0).Sum(request => (long)request.Count));
        if (any > options.Ports.Last - options.Ports.First + 1)
            return $"it asks for {any} ports, and there are those from {options.Ports.First} to {options.Ports.Last}";
        foreach (var task in plan.Tasks)
        {
            foreach (var request in task.Ports.Where(request => request.First > 0))
            {
                for (var port = request.First; port < request.First + request.Count; port++)
                {
                    if (port > ushort.MaxValue)
                        return $"task {task.Key} asks for port {port}, and the last one is {ushort.MaxValue}";
                    if (oneMachine && (!seen.Add(port) || task.Instances > 1))
                        return $"port {port} is asked for more than once, and all of it runs on one machine";
                }
            }
        }

        return null;
    }

    /// <summary>Ports and GPUs for an attempt, held from now on; or false, with what stands in the way.</summary>
    public bool Grant(PlanTask task, long attemptId, out string? why)
    {
        why = null;
        if (task.Ports.Count == 0 && task.Needs.Gpus == 0)
            return true;
        if (Find(task, out why) is not { } grant)
            return false;
        Hold(attemptId, grant);
        return true;
    }

    /// <summary>What an attempt holds.</summary>
    public Grant? Of(long attemptId) => _held.GetValueOrDefault(attemptId);

    /// <summary>Notes what an attempt holds.</summary>
    public void Hold(long attemptId, Grant grant)
    {
        if (!_held.TryAdd(attemptId, grant))
            return;
        _taken.UnionWith(grant.Ports);
        _gpus.UnionWith(grant.Gpus);
    }

    /// <summary>Takes an attempt's ports back.</summary>
    public void Release(long attemptId)
    {
        if (!_held.Remove(attemptId, out var grant))
            return;
        _taken.ExceptWith(grant.Ports);
        _gpus.ExceptWith(grant.Gpus);
    }

    private Grant? Find(PlanTask task, out string? why)
    {
        why = null;
        var asked = Place.Executor == Place.Process ? task.Needs.Gpus : 0;
        var gpus = Enumerable.Range(0, Place.Capacity.Gpus).Where(gpu => !_gpus.Contains(gpu)).Take(asked).ToArray();
        if (gpus.Length < asked)
        {
            why = $"waiting for {asked} GPUs: {gpus.Length} of {Place.Capacity.Gpus} are free";
            return null;
        }

        var labels = new List<KeyValuePair<string, IReadOnlyList<int>>>(task.Ports.Count);
        var mine = new HashSet<int>();
        foreach (var request in task.Ports)
        {
            var ports = new int[request.Count];
            for (var i = 0; i < ports.Length; i++)
            {
                var port = request.First > 0 ? Fixed(request.First + i, mine) : Any(mine);
                if (port == 0)
                {
                    why = request.First > 0 ? $"waiting for port {request.First + i}: it is in use" : $"waiting for a free port from {options.Ports.First} to {options.Ports.Last}: all are in use";
                    return null;
                }

                mine.Add(ports[i] = port);
            }

            labels.Add(new(request.Label, ports));
        }

        return new Grant(labels, gpus);
    }

    private int Fixed(int port, HashSet<int> mine) => !_taken.Contains(port) && !mine.Contains(port) && Place.PortIsFree(port) ? port : 0;

    /// <summary>The next free one, going round: a port that was just given back is not given out again at once.</summary>
    private int Any(HashSet<int> mine)
    {
        var (first, last) = options.Ports;
        for (var tries = last - first; tries >= 0; tries--)
        {
            var port = _next;
            _next = _next >= last ? first : _next + 1;
            if (Fixed(port, mine) != 0)
                return port;
        }

        return 0;
    }
}
