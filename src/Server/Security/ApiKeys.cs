using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Dialects.Edge;

namespace Switchyard.Server.Security;

/// <summary>
/// The one API key of each user. The store has it sealed, so that its owner can look it up again, and hashed, so that it is found.
/// </summary>
internal sealed class ApiKeys(IStore store, TimeProvider clock, SealFile seals)
{
    private const string SecretMark = "api-key ";

    /// <summary>Keys that tasks were given lately, by user.</summary>
    private readonly ConcurrentDictionary<long, string> _known = new();

    /// <summary>The name of a user's key as a secret of tasks, once there is one that can be opened; null where there is none, as for a team.</summary>
    public async Task<string?> SecretOf(long userId, CancellationToken stop)
    {
        if (_known.ContainsKey(userId))
            return SecretMark + userId.ToString(CultureInfo.InvariantCulture);
        if (await store.UserGet(userId, stop).ConfigureAwait(false) is not { } user || !(await Reveal(user, stop).ConfigureAwait(false)).Ok(out var key, out _))
            return null;
        _known[userId] = key;
        return SecretMark + userId.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>A key by that name, for an attempt that starts now; empty when it was revoked meanwhile. Only the first after a start of the server looks into the store.</summary>
    public string? Find(string? secret)
    {
        if (secret?.StartsWith(SecretMark, StringComparison.Ordinal) != true || !long.TryParse(secret.AsSpan(SecretMark.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var userId))
            return null;
        if (_known.TryGetValue(userId, out var known))
            return known;
        if (store.ApiKeyGet(userId, CancellationToken.None).GetAwaiter().GetResult() is not { } kept || !seals.Open(userId, kept).Ok(out var key, out _))
            return "";
        return _known[userId] = key;
    }

    /// <summary>Removes a user's key. False if there is none.</summary>
    public async Task<bool> Revoke(long userId, CancellationToken stop)
    {
        var revoked = await store.ApiKeyDelete(userId, stop).ConfigureAwait(false);
        Forget(userId);
        return revoked;
    }

    /// <summary>Forgets a key whose user changed or is gone.</summary>
    public void Forget(long userId) => _known.TryRemove(userId, out _);

    /// <summary>The key of a user, made if there is none yet. The caller has seen to it that it is that user who asks.</summary>
    public async Task<Result<string>> Reveal(User user, CancellationToken stop)
    {
        var kept = await store.ApiKeyGet(user.Id, stop).ConfigureAwait(false);
        if (kept is null)
        {
            var key = RandomNumberGenerator.GetString(ApiKeyText.Alphabet, ApiKeyText.Length);
            if (!seals.Seal(user.Id, key).Ok(out var made, out var refusal))
                return refusal;
            kept = await store.ApiKeyPutIfAbsent(user.Id, made, TokenText.Hash(key), clock.GetUtcNow(), stop).ConfigureAwait(false);
        }

        if (kept is null)
            return new Refusal(RefusalCode.NotFound, "Your user was deleted.");
        var opened = seals.Open(user.Id, kept);
        return opened.Refusal is { Code: RefusalCode.Conflict }
            ? new Refusal(
                RefusalCode.Conflict, $"The key can be used but not shown: {seals.Name} is not the file it was sealed with. Put that file back, or have an administrator revoke the key and look it up again.")
            : opened;
    }
}
