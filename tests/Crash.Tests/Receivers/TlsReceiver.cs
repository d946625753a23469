using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Switchyard.Crash.Tests;

/// <summary>Takes webhooks over TLS with a certificate that nobody vouches for, and answers 200.</summary>
public sealed class TlsReceiver : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _certificate = SelfSigned();

    public TlsReceiver()
    {
        _listener.Start();
        _ = Listen();
    }

    public string Url => $"https://localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}/hook";

    /// <summary>The first lines of requests.</summary>
    public ConcurrentQueue<string> Seen { get; } = new();

    /// <summary>A certificate for localhost.</summary>
    public static X509Certificate2 SelfSigned()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }

    public void Dispose()
    {
        _listener.Stop();
        _certificate.Dispose();
    }

    private async Task Listen()
    {
        while (true)
        {
            try
            {
                _ = Talk(await _listener.AcceptTcpClientAsync());
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
        }
    }

    private async Task Talk(TcpClient client)
    {
        using var connection = client;
        await using var tls = new SslStream(client.GetStream());
        try
        {
            await tls.AuthenticateAsServerAsync(_certificate);
            var buffer = new byte[64 * 1024];
            var length = await tls.ReadAsync(buffer);
            if (length == 0)
                return;
            Seen.Enqueue(Encoding.ASCII.GetString(buffer, 0, length).Split("\r\n")[0]);
            await tls.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
        }
        catch (Exception error) when (error is IOException or AuthenticationException)
        {
            // The client did not like the certificate.
        }
    }
}
