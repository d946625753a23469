using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;

namespace Switchyard.Crash.Tests;

/// <summary>A mail server that speaks SMTP (RFC 5321) as far as a client needs it, and keeps what it takes.</summary>
public sealed partial class MailReceiver : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    /// <summary>A reply to RCPT other than yes, by address; and to AUTH, by what was sent.</summary>
    public Func<string, string?> Refuses { get; init; } = _ => null;

    /// <summary>True for a server that wants a name and a password.</summary>
    public bool Signs { get; init; }

    /// <summary>What TLS begins with after STARTTLS; null for a server without TLS.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>How many mails came over TLS.</summary>
    public int OverTls { get; private set; }

    public MailReceiver()
    {
        _listener.Start();
        _ = Listen();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Mails that were taken.</summary>
    public ConcurrentQueue<Mail> Taken { get; } = new();

    /// <summary>Names and passwords that were sent.</summary>
    public ConcurrentQueue<string> SignedIn { get; } = new();

    public void Dispose() => _listener.Stop();

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
        Stream stream = client.GetStream();
        var reader = new StreamReader(stream, Encoding.Latin1);
        async Task Say(string text) => await stream.WriteAsync(Encoding.ASCII.GetBytes(text + "\r\n"));
        async Task<string> Ask(string prompt)
        {
            await Say("334 " + Convert.ToBase64String(Encoding.UTF8.GetBytes(prompt)));
            return Encoding.UTF8.GetString(Convert.FromBase64String(await reader.ReadLineAsync() ?? ""));
        }

        await Say("220 mail.example.org ESMTP");
        var (from, to) = ("", new List<string>());
        while (await reader.ReadLineAsync() is { } line)
        {
            var word = line.Split(' ', ':')[0].ToUpperInvariant();
            switch (word)
            {
                case "EHLO":
                    await Say("250-mail.example.org\r\n" + (Signs ? "250-AUTH LOGIN\r\n" : "") + (Certificate is not null && stream is not SslStream ? "250-STARTTLS\r\n" : "") + "250 8BITMIME");
                    break;
                case "STARTTLS" when Certificate is not null:
                    await Say("220 go ahead");
                    var tls = new SslStream(stream);
                    try
                    {
                        await tls.AuthenticateAsServerAsync(Certificate);
                    }
                    catch (Exception error) when (error is IOException or AuthenticationException)
                    {
                        return;
                    }

                    (stream, reader) = (tls, new StreamReader(tls, Encoding.Latin1));
                    break;
                case "AUTH":
                    var name = line.Split(' ') is [_, _, var initial] ? Encoding.UTF8.GetString(Convert.FromBase64String(initial)) : await Ask("Username:");
                    SignedIn.Enqueue($"{name}:{await Ask("Password:")}");
                    await Say("235 welcome");
                    break;
                case "MAIL":
                    (from, to) = (Address().Match(line).Groups[1].Value, []);
                    await Say("250 ok");
                    break;
                case "RCPT":
                    var address = Address().Match(line).Groups[1].Value;
                    var refused = Refuses(address);
                    if (refused is null)
                        to.Add(address);
                    await Say(refused ?? "250 ok");
                    break;
                case "DATA":
                    await Say("354 go on");
                    var text = new StringBuilder();
                    while (await reader.ReadLineAsync() is { } part && part != ".")
                        text.Append(part.StartsWith('.') ? part[1..] : part).Append('\n');
                    OverTls += stream is SslStream ? 1 : 0;
                    Taken.Enqueue(new Mail(from, to, text.ToString()));
                    await Say("250 taken");
                    break;
                case "QUIT":
                    await Say("221 bye");
                    return;
                case "RSET":
                    await Say("250 ok");
                    break;
                default:
                    await Say("502 not here");
                    break;
            }
        }
    }

    [GeneratedRegex("<([^>]*)>")]
    private static partial Regex Address();

    public sealed partial record Mail(string From, IReadOnlyList<string> To, string Raw)
    {
        /// <summary>A header, unfolded and decoded.</summary>
        public string Header(string name) => Word().Replace(
            Regex.Replace(Regex.Match(Raw.Replace("\n ", " "), $"^{name}: (.*)$", RegexOptions.Multiline | RegexOptions.IgnoreCase).Groups[1].Value, @"\?= =\?utf-8\?B\?", "", RegexOptions.IgnoreCase),
            match => Encoding.UTF8.GetString(Convert.FromBase64String(match.Groups[1].Value)));

        /// <summary>The parts, decoded: the first is the text.</summary>
        public IReadOnlyList<(string Name, string Text)> Parts
        {
            get
            {
                var boundary = Regex.Match(Raw, "boundary=\"?([^\"\n;]+)").Groups[1].Value;
                var parts = boundary.Length == 0 ? [Raw] : Raw.Split("--" + boundary)[1..^1];
                return [.. parts.Select(Decoded)];
            }
        }

        private static (string Name, string Text) Decoded(string part)
        {
            var split = part.TrimStart('\n').Split("\n\n", 2);
            var name = Regex.Match(split[0], "name=\"?([^\"\n;]+)").Groups[1].Value;
            if (split[0].Contains("base64", StringComparison.OrdinalIgnoreCase))
                return (name, Encoding.UTF8.GetString(Convert.FromBase64String(split[1].Replace("\n", ""))));
            if (!split[0].Contains("quoted-printable", StringComparison.OrdinalIgnoreCase))
                return (name, split[1]);
            var bytes = Regex.Replace(split[1].Replace("=\n", ""), "=([0-9A-F]{2})", match => ((char)Convert.ToByte(match.Groups[1].Value, 16)).ToString());
            return (name, Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(bytes)));
        }

        [GeneratedRegex(@"=\?utf-8\?B\?([A-Za-z0-9+/=]*)\?=", RegexOptions.IgnoreCase)]
        private static partial Regex Word();
    }
}
