using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Dialects.Edge;

namespace Switchyard.Server.Security;

/// <summary>Finds out who calls, from the <c>Authorization</c> header, or from a cookie: the web app's, or another where the endpoint takes one.</summary>
/// <param name="jwt">Whose a JWT is that is not in the book.</param>
internal sealed class Authenticator(
    IStore store, TimeProvider clock, TokenBook tokens, TimeSpan passwordTrust, Func<string, CancellationToken, Task<Caller?>> jwt) : IDisposable
{
    private static readonly Refusal Missing = new(RefusalCode.Unauthenticated, "This needs a credential: send the header 'Authorization: Bearer TOKEN'.");
    private static readonly Refusal Ended = new(RefusalCode.Unauthenticated, "The session has ended; sign in again.");
    private static readonly Refusal Wrong = new(RefusalCode.Unauthenticated, "The credential is not valid: it is unknown, expired or revoked.");

    private const string CookieName = "auth_token";

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly ConcurrentDictionary<string, (Caller Caller, DateTimeOffset Until)> _passwords = new(StringComparer.Ordinal);
    private readonly LoginBrake _brake = new(clock);
    // A password check burns a core for a tenth of a second: half the machine at most.
    private readonly SemaphoreSlim _checks = new(Math.Max(1, Environment.ProcessorCount / 2));

    /// <summary>The caller, or why there is none.</summary>
    public ValueTask<Result<Caller>> Authenticate(HttpContext http, Credentials allowed)
    {
        var header = http.Request.Headers.Authorization;
        if (header.Count == 0 && allowed != Credentials.None && WebSessions.CookieOf(http) is { } session)
            return new(OfSession(http, session));
        if (header.Count == 0 && allowed.HasFlag(Credentials.Cookie) && http.Request.Cookies[CookieName] is { Length: > 0 } cookie)
            return new(BearerOrJwt(cookie, http.RequestAborted));
        if (header.Count != 1 || header[0] is not { Length: > 0 } text)
            return new(header.Count == 0 ? Missing : Wrong);
        if (allowed.HasFlag(Credentials.Jwt) && text.StartsWith("Bearer ey", StringComparison.OrdinalIgnoreCase))
            return new(BearerOrJwt(text[7..].Trim(' '), http.RequestAborted));
        if (allowed.HasFlag(Credentials.ApiKey) && text.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) && ApiKeyText.Of(text[7..].Trim(' ')) is { } key)
            return new(OwnerOf(key, http.RequestAborted));
        if (allowed.HasFlag(Credentials.Bearer) && text.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            var found = tokens.Find(text.AsSpan(7).Trim(' '), http.RequestAborted);
            return found.IsCompletedSuccessfully ? new(Answer(found.Result)) : Await(found);
        }

        if (allowed.HasFlag(Credentials.Basic) && text.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
            return new(Basic(text[6..].Trim(), allowed.HasFlag(Credentials.ApiKey), http.RequestAborted));
        return new(Missing);
    }

    public void Dispose() => _checks.Dispose();

    /// <summary>Forgets verified passwords; after any change to users.</summary>
    public void ForgetPasswords() => _passwords.Clear();

    /// <summary>Whether a password is a user's.</summary>
    public async Task<User?> CheckPassword(string name, string password, CancellationToken stop)
    {
        if (_brake.Delay(name) is { Ticks: > 0 } delay)
            await Task.Delay(delay, clock, stop).ConfigureAwait(false);
        var secret = User.IsName(name) ? await store.UserByName(name, stop).ConfigureAwait(false) : null;
        await _checks.WaitAsync(stop).ConfigureAwait(false);
        bool right;
        try
        {
            right = await Task.Run(() => PasswordHash.Check(password, secret?.PasswordHash ?? PasswordHash.Nobody), stop).ConfigureAwait(false);
        }
        finally
        {
            _checks.Release();
        }

        if (!right || secret is null)
        {
            _brake.Failed(name);
            return null;
        }

        _brake.Succeeded(name);
        if (PasswordHash.IsWeak(secret.PasswordHash))
            await Rehash(secret, password, stop).ConfigureAwait(false);
        return secret.User;
    }

    /// <summary>Keeps a password that came from elsewhere as our own are kept: only now is it known. One that was changed meanwhile stays.</summary>
    private async Task Rehash(UserSecret secret, string password, CancellationToken stop)
    {
        var hash = await Task.Run(() => PasswordHash.Make(password), stop).ConfigureAwait(false);
        try
        {
            await store.UserRehash(secret.User.Id, secret.PasswordHash, hash, stop).ConfigureAwait(false);
        }
        catch (StoreUnavailable)
        {
            // No reason to turn the user away: the next sign-in does it.
        }
    }

    private async Task<Result<Caller>> OfSession(HttpContext http, string text)
    {
        WebSessions.Protect(http);
        if (WebSessions.Problem(http) is { } problem)
            return problem;
        return await tokens.Find(text, http.RequestAborted).ConfigureAwait(false) is { } caller ? caller : Ended;
    }

    private async Task<Result<Caller>> BearerOrJwt(string text, CancellationToken stop) =>
        Answer(await tokens.Find(text, stop).ConfigureAwait(false) ?? await jwt(text, stop).ConfigureAwait(false));

    private async Task<Result<Caller>> OwnerOf(string apiKey, CancellationToken stop) =>
        await store.ApiKeyOwner(TokenText.Hash(apiKey), stop).ConfigureAwait(false) is { } owner ? owner.AsCaller() : Wrong;

    private async Task<Result<Caller>> Basic(string encoded, bool keys, CancellationToken stop)
    {
        var bytes = new byte[encoded.Length];
        if (encoded.Length > 4096 || !Convert.TryFromBase64String(encoded, bytes, out var length))
            return Wrong;
        var pair = Encoding.UTF8.GetString(bytes, 0, length);
        // A password is never empty, so that a key is never taken for a name.
        if (keys && ApiKeyText.Of(pair) is { } apiKey)
            return await OwnerOf(apiKey, stop).ConfigureAwait(false);
        if (pair.IndexOf(':', StringComparison.Ordinal) is var colon && colon < 0)
            return Wrong;
        var (name, password) = (pair[..colon], pair[(colon + 1)..]);
        if (name == "token")
            return Answer(await tokens.Find(password, stop).ConfigureAwait(false));
        var key = Convert.ToHexString(HMACSHA256.HashData(_key, bytes.AsSpan(0, length)));
        var now = clock.GetUtcNow();
        if (_passwords.TryGetValue(key, out var known) && now < known.Until)
            return known.Caller;
        if (await CheckPassword(name, password, stop).ConfigureAwait(false) is not { } user)
            return Wrong;
        var caller = user.AsCaller();
        if (_passwords.Count > 10_000)
            _passwords.Clear();
        _passwords[key] = (caller, now + passwordTrust);
        return caller;
    }

    private static async ValueTask<Result<Caller>> Await(ValueTask<Caller?> found) => Answer(await found.ConfigureAwait(false));

    private static Result<Caller> Answer(Caller? caller) => caller is null ? Wrong : caller;
}
