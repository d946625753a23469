using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Core.Users;

namespace Switchyard.Server.Security;

/// <summary>
/// Sessions of the web app: a token in a cookie that scripts cannot read. A browser sends a cookie whoever asks it to, so
/// what comes with one counts only where a page of this server sent it.
/// </summary>
internal sealed class WebSessions(IStore store, TimeProvider clock, TokenBook tokens)
{
    /// <summary>Sent with every call that changes something; a page of another origin cannot send it without being asked first.</summary>
    public const string Header = "X-Yard-Request";

    private const string CookieName = "yard_session";

    /// <summary>What the tokens of sessions begin with. Nobody chooses the text of a token, so a name alone makes none a session.</summary>
    private const string Mark = TokenText.Start + "web_";

    /// <summary>What a page may do that is made of an answer of the API, such as a file of a project: nothing.</summary>
    private const string AnswerPolicy = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'";

    private static readonly TimeSpan Life = TimeSpan.FromDays(30);
    private static readonly Refusal FromElsewhere = new(RefusalCode.Forbidden, "The session's cookie counts only for pages of this server, and this call came from elsewhere. Behind a proxy, let it pass the Host header on.");
    private static readonly Refusal WithoutHeader = new(RefusalCode.Forbidden, $"With the session's cookie, a call that changes something needs the header '{Header}: 1'.");

    /// <summary>The text of the session's token, where there is a cookie.</summary>
    public static string? CookieOf(HttpContext http) => http.Request.Cookies[CookieName] is { Length: > 0 } text ? text : null;

    /// <summary>Whether a token is a session's.</summary>
    public static bool Is(Token token) => token.Prefix.StartsWith(Mark, StringComparison.Ordinal);

    /// <summary>Why the cookie of a call does not count, or null.</summary>
    public static Refusal? Problem(HttpContext http)
    {
        // A head was made a get before this.
        var reads = HttpMethods.IsGet(http.Request.Method);
        if (!IsOwn(http) && !(reads && http.Request.Headers["Sec-Fetch-Mode"] == "navigate"))
            return FromElsewhere;
        return reads || http.Request.Headers[Header] == "1" ? null : WithoutHeader;
    }

    /// <summary>Why nobody can sign in by this call, or null: a page elsewhere is not to sign its visitors in as somebody else.</summary>
    public static Refusal? SignInProblem(HttpContext http) => IsOwn(http) ? null : FromElsewhere;

    /// <summary>Sees to it that an answer to a call with the cookie is shown to no other origin, stored nowhere, and never taken for a page of ours.</summary>
    public static void Protect(HttpContext http) => http.Response.OnStarting(
        static state =>
        {
            var headers = ((HttpContext)state).Response.Headers;
            headers.AccessControlAllowOrigin = headers.AccessControlAllowMethods = headers.AccessControlAllowHeaders = StringValues.Empty;
            headers.XContentTypeOptions = "nosniff";
            if (headers.ContentSecurityPolicy.Count == 0)
                headers.ContentSecurityPolicy = AnswerPolicy;
            if (headers.CacheControl.Count == 0)
                headers.CacheControl = "no-store";
            return Task.CompletedTask;
        },
        http);

    /// <summary>Begins a session and sets its cookie. One that this browser had ends.</summary>
    public async Task<Refusal?> Begin(HttpContext http, User user)
    {
        await RevokeOf(http).ConfigureAwait(false);
        var now = clock.GetUtcNow();
        var text = Mark + TokenText.Make()[TokenText.Start.Length..];
        var row = new Token(TokenText.MakeId(), user.Id, FormattableString.Invariant($"web {now:yyyy-MM-dd HH:mm:ss.ffffff}"), TokenText.Prefix(text), now, now + Life, null, null);
        if (!(await store.TokenInsert(row, TokenText.Hash(text), http.RequestAborted).ConfigureAwait(false)).Ok(out _, out var refusal))
            return refusal;
        http.Response.Cookies.Append(CookieName, text, Cookie(http, Life));
        return null;
    }

    /// <summary>Ends the session of a call's cookie, if there is one, and takes the cookie away.</summary>
    public async Task End(HttpContext http)
    {
        if (CookieOf(http) is null)
            return;
        await RevokeOf(http).ConfigureAwait(false);
        http.Response.Cookies.Delete(CookieName, Cookie(http, null));
    }

    /// <summary>Ends the sessions of a user.</summary>
    /// <param name="kept">The text of one that goes on: that of who asked for it.</param>
    public async Task EndAll(User user, string? kept, CancellationToken stop)
    {
        var own = kept is null ? null : await Find(kept, stop).ConfigureAwait(false);
        foreach (var token in await store.TokensList(user.Id, stop).ConfigureAwait(false))
        {
            if (token.RevokedAt is null && Is(token) && token.Id != own?.Id)
                await Revoke(token, stop).ConfigureAwait(false);
        }
    }

    private async Task<Token?> Find(string text, CancellationToken stop) =>
        text.Length <= TokenText.LongestText && await store.TokenByHash(TokenText.Hash(text), stop).ConfigureAwait(false) is ({ } token, _) && Is(token) ? token : null;

    private async Task RevokeOf(HttpContext http)
    {
        if (CookieOf(http) is { } text && await Find(text, http.RequestAborted).ConfigureAwait(false) is { } token)
            await Revoke(token, http.RequestAborted).ConfigureAwait(false);
    }

    private async Task Revoke(Token token, CancellationToken stop)
    {
        await store.TokenRevoke(token.Id, clock.GetUtcNow(), stop).ConfigureAwait(false);
        tokens.Forget(token.Id);
    }

    /// <summary>Whether a call comes from a page of this server, or from no page at all. Browsers say it, and say it better than a comparison behind a proxy can.</summary>
    private static bool IsOwn(HttpContext http)
    {
        var headers = http.Request.Headers;
        if (headers["Sec-Fetch-Site"] is { Count: > 0 } site)
            return site == "same-origin" || site == "none";
        return headers.Origin.Count == 0 || (headers.Origin is [{ } origin] && Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Authority.Equals(http.Request.Host.Value, StringComparison.OrdinalIgnoreCase));
    }

    private static CookieOptions Cookie(HttpContext http, TimeSpan? life) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        // TLS ends at a proxy, mostly; the browser knows what it speaks.
        Secure = http.Request.IsHttps || http.Request.Headers.Origin.ToString().StartsWith("https://", StringComparison.Ordinal),
        MaxAge = life,
        Path = "/",
    };
}
