using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace Switchyard.Server.Neutral;

/// <summary>An answer of server-sent events. A comment every 15 seconds keeps proxies from closing it.</summary>
internal sealed class EventStream(HttpContext http, TimeProvider clock) : IAsyncDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(15);

    private readonly SemaphoreSlim _writing = new(1);
    private readonly CancellationTokenSource _ended = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
    private Task _beats = Task.CompletedTask;

    /// <summary>Sends the headers, so that the client knows it is connected.</summary>
    public async Task Begin()
    {
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["X-Accel-Buffering"] = "no";
        await Write(": connected\n\n"u8.ToArray()).ConfigureAwait(false);
        _beats = Task.Run(KeepAlive);
    }

    /// <summary>Sends one event.</summary>
    public Task Send<T>(string name, long? id, T value, JsonTypeInfo<T> type)
    {
        var text = new StringBuilder();
        if (id is { } number)
            text.Append("id: ").Append(number.ToString(CultureInfo.InvariantCulture)).Append('\n');
        text.Append("event: ").Append(name).Append("\ndata: ").Append(JsonSerializer.Serialize(value, type)).Append("\n\n");
        return Write(Encoding.UTF8.GetBytes(text.ToString()));
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        await _beats.ConfigureAwait(false);
        _ended.Dispose();
        _writing.Dispose();
    }

    private async Task Write(byte[] bytes)
    {
        await _writing.WaitAsync(http.RequestAborted).ConfigureAwait(false);
        try
        {
            await http.Response.Body.WriteAsync(bytes, http.RequestAborted).ConfigureAwait(false);
            await http.Response.Body.FlushAsync(http.RequestAborted).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async Task KeepAlive()
    {
        try
        {
            while (true)
            {
                await Task.Delay(Beat, clock, _ended.Token).ConfigureAwait(false);
                await Write(": beat\n\n"u8.ToArray()).ConfigureAwait(false);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            // The answer or the connection ended; there is nobody left to keep awake.
        }
    }
}
