using System.Security.Cryptography;
using System.Text;
using Switchyard.Core.Storage;
using Switchyard.Core.Text;
using Switchyard.Core.Users;
using Switchyard.Dialects.Edge;

namespace Switchyard.Server.Security;

/// <summary>
/// The one API key of each user. The store has it sealed, so that its owner can look it up again, and hashed, so that it
/// is found; what it is sealed with lies in a file of its own beside the database, and never in it.
/// </summary>
/// <param name="file">The file, made when the first key is.</param>
internal sealed class ApiKeys(IStore store, TimeProvider clock, string file)
{
    private const int KeyBytes = 32, NonceBytes = 12, TagBytes = 16;

    private readonly Lock _gate = new();

    /// <summary>The key of a user, made if there is none yet. The caller has seen to it that it is that user who asks.</summary>
    public async Task<Result<string>> Reveal(User user, CancellationToken stop)
    {
        var kept = await store.ApiKeyGet(user.Id, stop).ConfigureAwait(false);
        if (kept is null)
        {
            var key = RandomNumberGenerator.GetString(ApiKeyText.Alphabet, ApiKeyText.Length);
            if (!Seal(user.Id, key).Ok(out var made, out var refusal))
                return refusal;
            kept = await store.ApiKeyPutIfAbsent(user.Id, made, TokenText.Hash(key), clock.GetUtcNow(), stop).ConfigureAwait(false);
        }

        return kept is null ? new Refusal(RefusalCode.NotFound, "Your user was deleted.") : Open(user.Id, kept);
    }

    private Result<string> Seal(long userId, string key)
    {
        if (!FileKey(true).Ok(out var secret, out var refusal))
            return refusal;
        var plain = Encoding.ASCII.GetBytes(key);
        var box = new byte[NonceBytes + TagBytes + plain.Length];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceBytes));
        using var aes = new AesGcm(secret, TagBytes);
        aes.Encrypt(box.AsSpan(0, NonceBytes), plain, box.AsSpan(NonceBytes + TagBytes), box.AsSpan(NonceBytes, TagBytes), BitConverter.GetBytes(userId));
        return Convert.ToBase64String(box);
    }

    private Result<string> Open(long userId, string kept)
    {
        if (!FileKey(false).Ok(out var secret, out var refusal))
            return refusal;
        try
        {
            var box = Convert.FromBase64String(kept);
            var plain = new byte[box.Length - NonceBytes - TagBytes];
            using var aes = new AesGcm(secret, TagBytes);
            aes.Decrypt(box.AsSpan(0, NonceBytes), box.AsSpan(NonceBytes + TagBytes), box.AsSpan(NonceBytes, TagBytes), plain, BitConverter.GetBytes(userId));
            return Encoding.ASCII.GetString(plain);
        }
        catch (CryptographicException)
        {
            return Lost();
        }
    }

    /// <summary>What keys are sealed with.</summary>
    private Result<byte[]> FileKey(bool make)
    {
        lock (_gate)
        {
            try
            {
                if (make && !File.Exists(file))
                    Write(RandomNumberGenerator.GetBytes(KeyBytes));
                var secret = File.ReadAllBytes(file);
                return secret.Length == KeyBytes ? secret : Lost();
            }
            catch (FileNotFoundException)
            {
                return Lost();
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return new Refusal(RefusalCode.Unavailable, $"The file that API keys are sealed with cannot be used: {error.Message}");
            }
        }
    }

    /// <summary>Whole or not at all: half a key would lock out every key that is sealed with it.</summary>
    private void Write(byte[] secret)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var draft = file + ".new";
        File.Delete(draft);
        using (var stream = new FileStream(draft, options))
        {
            stream.Write(secret);
            stream.Flush(true);
        }

        File.Move(draft, file);
    }

    private Refusal Lost() => new(
        RefusalCode.Conflict, $"The key can be used but not shown: {Path.GetFileName(file)} is not the file it was sealed with. Put that file back, or have an administrator revoke the key and look it up again.");
}
