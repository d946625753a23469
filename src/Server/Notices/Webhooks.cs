using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Text;
using Switchyard.Core.Notifications;
using Switchyard.Core.Text;

namespace Switchyard.Server.Notices;

/// <summary>
/// Posts notices. Redirects are not followed and nothing of an answer but its status is kept: what stands at the address of a
/// webhook is not shown to whoever named it.
/// </summary>
internal sealed class Webhooks(TimeProvider clock, Func<long, string, Result<string>> open) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly HttpClient _checking = Client(true);
    private readonly HttpClient _trusting = Client(false);

    public async Task<Carried> Carry(Notice notice, CancellationToken stop)
    {
        var address = new SecretAddress(notice.To);
        if (notice.Sealed is { } kept)
        {
            if (!open(kept.About, kept.Text).Ok(out var text, out var refusal))
                return new Carried($"the address cannot be read: {refusal.Message}", Hopeless: true);
            address = SecretAddress.Read(text);
        }

        if (!IsAddress(address.Url))
            return new Carried("the address is no http or https URL", Hopeless: true);
        using var request = new HttpRequestMessage(HttpMethod.Post, address.Url) { Content = new ReadOnlyMemoryContent(notice.Body) };
        if (address.Username is { } user)
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{address.Password}")));
        foreach (var (name, value) in notice.Headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content.Headers.TryAddWithoutValidation(name, value);
        }

        using var limit = new CancellationTokenSource(Patience, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        try
        {
            using var answer = await (notice.VerifyTls ? _checking : _trusting).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token).ConfigureAwait(false);
            return answer.IsSuccessStatusCode ? new Carried(null) : new Carried(string.Create(CultureInfo.InvariantCulture, $"it answered {(int)answer.StatusCode}"));
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new Carried("it did not answer within five seconds");
        }
        catch (HttpRequestException error)
        {
            return new Carried(error.InnerException is { } inner && !error.Message.Contains(inner.Message, StringComparison.Ordinal) ? $"{error.Message} {inner.Message}" : error.Message);
        }
    }

    /// <summary>Whether a text is an address to post to.</summary>
    public static bool IsAddress(string text) =>
        text.Length <= 2048 && Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
        && url is { UserInfo: "", Host.Length: > 0 };

    public void Dispose()
    {
        _checking.Dispose();
        _trusting.Dispose();
    }

    private static HttpClient Client(bool verify)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        };
        if (!verify)
        {
            // Any certificate will do: asked for by whoever owns the job (verify_ssl).
            handler.SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null };
        }

        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }
}
