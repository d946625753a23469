using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.Channels;

namespace Switchyard.Server.Nodes;

/// <summary>Messages over a web socket, both ways. What is sent while another is on its way goes out after it, in order.</summary>
internal sealed class LinkSocket : IAsyncDisposable
{
    /// <summary>An order is at the most about 2 MB of arguments and variables; a step of the leader hands over at the most 2,000 of them.</summary>
    private const int MostBytes = 1 << 30;

    private readonly WebSocket _socket;
    private readonly Channel<LinkMessage> _outgoing = Channel.CreateUnbounded<LinkMessage>(new() { SingleReader = true });
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _sending;

    public LinkSocket(WebSocket socket)
    {
        _socket = socket;
        _sending = Task.Run(SendAll);
    }

    /// <summary>Completes when nothing can be sent any more.</summary>
    public Task Broken => _sending;

    public void Send(LinkMessage message) => _outgoing.Writer.TryWrite(message);

    /// <summary>The next message; null when the other side has gone.</summary>
    public async Task<LinkMessage?> Receive(CancellationToken stop)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, _ending.Token);
        var buffer = new byte[64 * 1024];
        using var whole = new MemoryStream();
        while (true)
        {
            var part = await _socket.ReceiveAsync(buffer.AsMemory(), either.Token).ConfigureAwait(false);
            if (part.MessageType == WebSocketMessageType.Close)
                return null;
            whole.Write(buffer.AsSpan(0, part.Count));
            if (whole.Length > MostBytes)
                throw new InvalidDataException("a message on the link between two servers is over 1 GiB");
            if (!part.EndOfMessage)
                continue;
            return JsonSerializer.Deserialize(whole.GetBuffer().AsSpan(0, (int)whole.Length), LinkJson.Default.LinkMessage)
                ?? throw new InvalidDataException("a message on the link between two servers is empty");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _outgoing.Writer.TryComplete();
        await Task.WhenAny(_sending, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System)).ConfigureAwait(false);
        await _ending.CancelAsync().ConfigureAwait(false);
        _socket.Abort();
        await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _socket.Dispose();
        _ending.Dispose();
    }

    private async Task SendAll()
    {
        await foreach (var message in _outgoing.Reader.ReadAllAsync(_ending.Token).ConfigureAwait(false))
            await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(message, LinkJson.Default.LinkMessage), WebSocketMessageType.Text, true, _ending.Token).ConfigureAwait(false);
    }
}
