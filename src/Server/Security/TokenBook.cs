using System.Collections.Concurrent;
using Switchyard.Core.Storage;
using Switchyard.Core.Users;

namespace Switchyard.Server.Security;

/// <summary>
/// Tokens that were verified a moment ago, and when each was last used. Knows of revocations made through this server
/// at once; of those made through another server of the installation when an entry's few seconds are over.
/// </summary>
internal sealed class TokenBook(IStore store, TimeProvider clock, TimeSpan trust)
{
    private const int MostEntries = 10_000;

    private readonly ConcurrentDictionary<TokenKey, Entry> _entries = new();
    private readonly ConcurrentDictionary<long, DateTimeOffset> _used = new();
    private readonly ConcurrentDictionary<TokenKey, Caller> _ephemeral = new();
    private long _generation;

    /// <summary>A token that lives only in this process's memory: how a program uses the server it started itself.</summary>
    public void AddEphemeral(string token, User admin)
    {
        if (TokenKey.TryOf(token, out var key))
            _ephemeral[key] = admin.AsCaller() with { Admin = true };
    }

    /// <summary>Whose token a text is, or null.</summary>
    public ValueTask<Caller?> Find(ReadOnlySpan<char> text, CancellationToken stop)
    {
        if (!TokenKey.TryOf(text, out var key))
            return default;
        if (_entries.TryGetValue(key, out var entry))
        {
            var now = clock.GetUtcNow();
            if (now < entry.TrustedUntil && now < entry.ExpiresAt)
            {
                _used[entry.TokenId] = now;
                return new(entry.Caller);
            }
        }

        return _ephemeral.TryGetValue(key, out var local) ? new(local) : new(Look(key, stop));
    }

    /// <summary>Notes that a token was used, for the next <see cref="Flush"/>.</summary>
    public void NoteUse(long tokenId) => _used[tokenId] = clock.GetUtcNow();

    /// <summary>Forgets what it knows of a token.</summary>
    public void Forget(long tokenId)
    {
        Interlocked.Increment(ref _generation);
        foreach (var (key, entry) in _entries)
        {
            if (entry.TokenId == tokenId)
                _entries.TryRemove(key, out _);
        }
    }

    /// <summary>Forgets all tokens of a user whose rights changed or who is gone.</summary>
    public void ForgetUser(long userId)
    {
        Interlocked.Increment(ref _generation);
        foreach (var (key, entry) in _entries)
        {
            if (entry.Caller.UserId == userId)
                _entries.TryRemove(key, out _);
        }
    }

    /// <summary>Writes down the uses since the last call, in one go.</summary>
    public async Task Flush(CancellationToken stop)
    {
        if (_used.IsEmpty)
            return;
        var uses = new List<(long, DateTimeOffset)>();
        foreach (var (id, at) in _used)
        {
            if (_used.TryRemove(KeyValuePair.Create(id, at)))
                uses.Add((id, at));
        }

        await store.TokensTouch(uses, stop).ConfigureAwait(false);
    }

    private async Task<Caller?> Look(TokenKey key, CancellationToken stop)
    {
        var generation = Interlocked.Read(ref _generation);
        if (await store.TokenByHash(key.Hex, stop).ConfigureAwait(false) is not var (token, user))
            return null;
        var now = clock.GetUtcNow();
        var expires = token.ExpiresAt ?? DateTimeOffset.MaxValue;
        if (token.RevokedAt is not null || now >= expires)
            return null;
        var caller = user.AsCaller();
        if (_entries.Count >= MostEntries)
            _entries.Clear();
        _entries[key] = new Entry(token.Id, caller, expires, now + trust);
        // A revocation between the read and the entry must not be outlived by the entry.
        if (Interlocked.Read(ref _generation) != generation)
            _entries.TryRemove(key, out _);
        _used[token.Id] = now;
        return caller;
    }

    private sealed record Entry(long TokenId, Caller Caller, DateTimeOffset ExpiresAt, DateTimeOffset TrustedUntil);
}
