using System.Security.Cryptography;
using System.Text;
using Switchyard.Core.Projects;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Dialects.Edge;
using Switchyard.Server.Configuration;

namespace Switchyard.Server.Security;

/// <summary>Users, passwords and tokens of the installation: one of these under all dialects.</summary>
public sealed class Accounts : IAccounts, IDisposable
{
    private const string KeySetting = "jwt_key";

    private readonly IStore _store;
    private readonly TimeProvider _clock;
    private readonly string? _configured;
    private byte[]? _key;

    public Accounts(IStore store, TimeProvider clock, YardSettings settings)
    {
        (_store, _clock, _configured) = (store, clock, settings.OpenPaiJwtSecret);
        Tokens = new TokenBook(store, clock, TimeSpan.FromSeconds(settings.TokenCacheSeconds));
        Seals = new SealFile(Path.Combine(settings.Data, "api-keys.secret"));
        Sessions = new WebSessions(store, clock, Tokens);
        Keys = new ApiKeys(store, clock, Seals);
        Authenticator = new Authenticator(store, clock, Tokens, TimeSpan.FromSeconds(settings.PasswordCacheSeconds), WhoseJwt);
    }

    internal TokenBook Tokens { get; }

    internal WebSessions Sessions { get; }

    internal ApiKeys Keys { get; }

    internal SealFile Seals { get; }

    internal Authenticator Authenticator { get; }

    /// <inheritdoc/>
    public Task<User?> CheckPassword(string name, string password, CancellationToken stop) => Authenticator.CheckPassword(name, password, stop);

    /// <inheritdoc/>
    public async Task<Result<User>> Create(string name, string password, bool admin, CancellationToken stop)
    {
        if (ReservedNames.Contains(name))
            return new Refusal(RefusalCode.Invalid, ReservedNames.Problem(name));
        var hash = await Task.Run(() => PasswordHash.Make(password), stop).ConfigureAwait(false);
        return await _store.UserInsert(new User(TokenText.MakeId(), name, null, admin, _clock.GetUtcNow()), hash, stop).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<Result<User>>> Import(IReadOnlyList<ForeignUser> users, CancellationToken stop)
    {
        var now = _clock.GetUtcNow();
        return _store.UsersInsert(
            [.. users.Select(user => new NewUser(new User(TokenText.MakeId(), user.Name, null, user.Admin, now), PasswordHash.Adopt(user.Password), user.Pools))], stop);
    }

    /// <inheritdoc/>
    public async Task<bool> Change(User user, string? password, bool? admin, CancellationToken stop)
    {
        var hash = password is null ? null : await Task.Run(() => PasswordHash.Make(password), stop).ConfigureAwait(false);
        var changed = await _store.UserUpdate(user.Id, null, admin, hash, stop).ConfigureAwait(false);
        if (hash is not null)
            await EndSignIns(user, null, stop).ConfigureAwait(false);
        if (hash is not null && user.Name == "admin")
            await FirstStart.NoteAnnounced(_store, stop).ConfigureAwait(false);
        Forget(user.Id);
        return changed;
    }

    /// <inheritdoc/>
    public async Task<bool> Delete(User user, CancellationToken stop)
    {
        var deleted = await _store.UserDelete(user.Id, stop).ConfigureAwait(false);
        Forget(user.Id);
        return deleted;
    }

    /// <inheritdoc/>
    public async Task<Result<string>> IssueJwt(User user, TimeSpan life, CancellationToken stop)
    {
        var now = _clock.GetUtcNow();
        var jwt = Jwt.Make(await Key(stop).ConfigureAwait(false), user.Name, user.Admin, now, now + life);
        var id = TokenText.MakeId();
        var row = new Token(id, user.Id, FormattableString.Invariant($"{JwtName}{now:yyyy-MM-dd HH:mm:ss} {id}"), jwt[^TokenText.PrefixLength..], now, now + life, null, null);
        var inserted = await _store.TokenInsert(row, TokenText.Hash(jwt), stop).ConfigureAwait(false);
        return inserted.Ok(out _, out var refusal) ? jwt : refusal;
    }

    /// <inheritdoc/>
    public async Task<string?> ClientToken(string name, string secret, TimeSpan life, CancellationToken stop)
    {
        var now = _clock.GetUtcNow();
        if (secret.Length > TokenText.LongestText || await _store.TokenByHash(TokenText.HashClientSecret(secret), stop).ConfigureAwait(false) is not var (kept, user) || kept.ExpiresAt <= now || user.Name != name)
            return null;
        Tokens.NoteUse(kept.Id);
        var (id, text) = (TokenText.MakeId(), TokenText.Make());
        var row = new Token(id, user.Id, FormattableString.Invariant($"oauth {now:yyyy-MM-dd HH:mm:ss} {id}"), TokenText.Prefix(text), now, now + life, null, null);
        return (await _store.TokenInsert(row, TokenText.Hash(text), stop).ConfigureAwait(false)).Ok(out _, out _) ? text : null;
    }

    public void Dispose() => Authenticator.Dispose();

    private const string JwtName = "openpai ";

    /// <summary>The user of a JWT that no list knows: one that an old cluster signed with the key configured here.</summary>
    private async Task<Caller?> WhoseJwt(string text, CancellationToken stop)
    {
        if (Jwt.Read(await Key(stop).ConfigureAwait(false), text) is not { Listed: false } claims || claims.Expires <= _clock.GetUtcNow() || !User.IsName(claims.Username))
            return null;
        return await _store.UserByName(claims.Username, stop).ConfigureAwait(false) is { User: var user } ? user.AsCaller() : null;
    }

    /// <summary>Ends what a user signed in to with the password that was changed: sessions of the web app, and JWTs.</summary>
    /// <param name="kept">The text of the session that goes on, in which it was changed.</param>
    internal async Task EndSignIns(User user, string? kept, CancellationToken stop)
    {
        await Sessions.EndAll(user, kept, stop).ConfigureAwait(false);
        var now = _clock.GetUtcNow();
        foreach (var token in await _store.TokensList(user.Id, stop).ConfigureAwait(false))
        {
            if (token.RevokedAt is null && token.Name.StartsWith(JwtName, StringComparison.Ordinal) && await _store.TokenRevoke(token.Id, now, stop).ConfigureAwait(false))
                Tokens.Forget(token.Id);
        }
    }

    /// <summary>Forgets what callers of a user may do, whose rights changed.</summary>
    internal void Forget(long userId)
    {
        Tokens.ForgetUser(userId);
        Keys.Forget(userId);
        Authenticator.ForgetPasswords();
    }

    private async ValueTask<byte[]> Key(CancellationToken stop) => _key ??= Encoding.UTF8.GetBytes(
        _configured ?? await _store.SettingPutIfAbsent(KeySetting, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)), stop).ConfigureAwait(false));
}
