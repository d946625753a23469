using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Switchyard.Crash.Tests;

/// <summary>Takes webhooks for real and answers what the test says.</summary>
public sealed class WebReceiver : IDisposable
{
    private readonly HttpListener _listener = new();

    /// <param name="port">A port to listen on; 0 for a free one.</param>
    /// <param name="answer">The status for a request, or null for none at all.</param>
    public WebReceiver(int port = 0, Func<Request, int?>? answer = null)
    {
        Port = port == 0 ? FreePort() : port;
        _listener.Prefixes.Add($"http://127.0.0.1:{Port}/");
        _listener.Start();
        _ = Take(answer ?? (_ => 200));
    }

    public int Port { get; }

    public string Url => $"http://127.0.0.1:{Port}/hook/of-a-secret-path";

    /// <summary>All requests, in the order they came.</summary>
    public ConcurrentQueue<Request> Seen { get; } = new();

    public void Dispose() => _listener.Close();

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task Take(Func<Request, int?> answer)
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            var headers = context.Request.Headers.AllKeys.ToDictionary(name => name!, name => context.Request.Headers[name]!, StringComparer.OrdinalIgnoreCase);
            var request = new Request(context.Request.RawUrl!, headers, body.ToArray());
            var status = answer(request);
            Seen.Enqueue(request);
            if (status is not { } code)
                continue;
            context.Response.StatusCode = code;
            if (code is 301 or 302 or 307)
                context.Response.RedirectLocation = Url;
            context.Response.Close();
        }
    }

    public sealed record Request(string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
    {
        public string Text => Encoding.UTF8.GetString(Body);

        public JsonNode Json => JsonNode.Parse(Body)!;

        public string Event => Headers["X-Yard-Event"];

        public string Delivery => Headers["X-Yard-Delivery"];
    }
}
