using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;
using Switchyard.Core.Execution;
using Switchyard.Engine.Nodes;

namespace Switchyard.Server.Nodes;

/// <summary>The leader's hold on the executor of another node, through that node's server.</summary>
internal sealed class RemoteLink : IExecutorLink
{
    private static readonly TimeSpan PingEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan PongWithin = TimeSpan.FromSeconds(5);

    private readonly Channel<ExecutorSignal> _reports = Channel.CreateUnbounded<ExecutorSignal>(new() { SingleReader = true });
    private readonly LinkSocket _socket;
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _receiving;

    private RemoteLink(WebSocket socket)
    {
        _socket = new LinkSocket(socket);
        _receiving = Task.Run(Receive);
    }

    /// <summary>Connects to a node's server.</summary>
    /// <param name="url">Its address.</param>
    /// <param name="token">What lets the leader in there.</param>
    /// <param name="term">The term of the leader.</param>
    /// <param name="stop">Gives up connecting.</param>
    public static async Task<RemoteLink> Dial(string url, string token, long term, CancellationToken stop)
    {
        var client = new ClientWebSocket();
        try
        {
            client.Options.SetRequestHeader("Authorization", $"Bearer {token}");
            client.Options.Proxy = null;
            (client.Options.KeepAliveInterval, client.Options.KeepAliveTimeout) = (PingEvery, PongWithin);
            var address = new UriBuilder(url) { Path = LinkRoute.Path, Query = FormattableString.Invariant($"term={term}") };
            address.Scheme = address.Scheme == Uri.UriSchemeHttps ? Uri.UriSchemeWss : Uri.UriSchemeWs;
            await client.ConnectAsync(address.Uri, stop).ConfigureAwait(false);
            return new RemoteLink(client);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ChannelReader<ExecutorSignal> Reports => _reports.Reader;

    /// <inheritdoc/>
    public ValueTask Start(IReadOnlyList<StartOrder> orders, CancellationToken stop) => Send(OrderWire.Pack(orders));

    /// <inheritdoc/>
    public ValueTask Stop(IReadOnlyList<StopOrder> orders, CancellationToken stop) => Send(new LinkMessage { Stop = orders });

    /// <inheritdoc/>
    public ValueTask Acknowledge(IReadOnlyList<long> attemptIds, CancellationToken stop) => Send(new LinkMessage { Ack = attemptIds });

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync().ConfigureAwait(false);
        await _socket.DisposeAsync().ConfigureAwait(false);
        await _receiving.ConfigureAwait(false);
        _ending.Dispose();
    }

    private ValueTask Send(LinkMessage message)
    {
        _socket.Send(message);
        return ValueTask.CompletedTask;
    }

    private async Task Receive()
    {
        try
        {
            while (await _socket.Receive(_ending.Token).ConfigureAwait(false) is { } message)
            {
                foreach (var signal in message.Said ?? [])
                {
                    if (signal.Read() is { } said)
                        _reports.Writer.TryWrite(said);
                }
            }

            _reports.Writer.TryComplete();
        }
        catch (Exception broken) when (broken is WebSocketException or IOException or InvalidDataException or JsonException or OperationCanceledException or ObjectDisposedException)
        {
            _reports.Writer.TryComplete(new IOException(broken.Message, broken));
        }
    }
}
