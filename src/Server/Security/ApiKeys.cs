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
