using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Switchyard.Engine.Nodes;

namespace Switchyard.Server.Nodes;

/// <summary>Where the leader takes command of this node's executor.</summary>
internal sealed class LinkRoute(NodeGate gate)
{
    /// <summary>Its path.</summary>
    public const string Path = "/api/yard/v1/nodes/link";

    private const int MostAtOnce = 1000;

    /// <summary>Serves a leader until it goes, or a later one comes.</summary>
    public async Task Serve(HttpContext http)
    {
        if (!http.WebSockets.IsWebSocketRequest || !long.TryParse(http.Request.Query["term"], NumberStyles.None, CultureInfo.InvariantCulture, out var term))
        {
            http.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        if (gate.Command(term) is not { } link)
        {
            http.Response.StatusCode = StatusCodes.Status409Conflict;
            return;
        }

        await using (link.ConfigureAwait(false))
        {
            var socket = new LinkSocket(await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
            {
                KeepAliveInterval = TimeSpan.FromSeconds(2),
                KeepAliveTimeout = TimeSpan.FromSeconds(5),
            }).ConfigureAwait(false));
            await using (socket.ConfigureAwait(false))
            {
                using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
                var telling = Tell(link, socket, ending.Token);
                var hearing = Hear(link, socket, ending.Token);
                await Task.WhenAny(telling, hearing, socket.Broken).ConfigureAwait(false);
                await ending.CancelAsync().ConfigureAwait(false);
                await Task.WhenAll(telling, hearing).ConfigureAwait(false);
            }
        }
    }

    private static async Task Tell(IExecutorLink link, LinkSocket socket, CancellationToken stop)
    {
        try
        {
            while (await link.Reports.WaitToReadAsync(stop).ConfigureAwait(false))
            {
                var said = new List<SignalWire>();
                while (said.Count < MostAtOnce && link.Reports.TryRead(out var signal))
                {
                    if (SignalWire.Of(signal) is { } wire)
                        said.Add(wire);
                }

                socket.Send(new LinkMessage { Said = said });
            }
        }
        catch (OperationCanceledException)
        {
            // The link has ended.
        }
    }

    private static async Task Hear(IExecutorLink link, LinkSocket socket, CancellationToken stop)
    {
        try
        {
            while (await socket.Receive(stop).ConfigureAwait(false) is { } message)
            {
                if (message.Start is { Count: > 0 })
                    await link.Start(OrderWire.Unpack(message), stop).ConfigureAwait(false);
                if (message.Stop is { Count: > 0 } stops)
                    await link.Stop(stops, stop).ConfigureAwait(false);
                if (message.Ack is { Count: > 0 } acks)
                    await link.Acknowledge(acks, stop).ConfigureAwait(false);
            }
        }
        catch (Exception broken) when (broken is OperationCanceledException or WebSocketException or IOException or JsonException or InvalidDataException or ObjectDisposedException)
        {
            // The leader is gone, or speaks nonsense: the next link begins anew.
        }
    }
}
