using System.Security.Cryptography;
using System.Text;
using Switchyard.Core.Text;

namespace Switchyard.Server.Security;

/// <summary>
/// Seals secrets that have to be read again, with a key that lies in a file of its own beside the database and never in it.
/// Each is bound to what it is about: moved elsewhere, it cannot be opened.
/// </summary>
/// <param name="file">The file, made when the first secret is sealed.</param>
internal sealed class SealFile(string file)
{
    private const int KeyBytes = 32, NonceBytes = 12, TagBytes = 16;

    private readonly Lock _gate = new();

    /// <summary>The file's name, for messages.</summary>
    public string Name => Path.GetFileName(file);

    /// <summary>A text, sealed.</summary>
    /// <param name="about">The id of what it is about.</param>
    /// <param name="text">The text.</param>
    public Result<string> Seal(long about, string text)
    {
        if (!FileKey(true).Ok(out var key, out var refusal))
            return refusal;
        var plain = Encoding.UTF8.GetBytes(text);
        var box = new byte[NonceBytes + TagBytes + plain.Length];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceBytes));
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(box.AsSpan(0, NonceBytes), plain, box.AsSpan(NonceBytes + TagBytes), box.AsSpan(NonceBytes, TagBytes), BitConverter.GetBytes(about));
        return Convert.ToBase64String(box);
    }

    /// <summary>A sealed text, opened; <see cref="RefusalCode.Conflict"/> when this is not the file it was sealed with.</summary>
    public Result<string> Open(long about, string kept)
    {
        if (!FileKey(false).Ok(out var key, out var refusal))
            return refusal;
        try
        {
            var box = Convert.FromBase64String(kept);
            var plain = new byte[box.Length - NonceBytes - TagBytes];
            using var aes = new AesGcm(key, TagBytes);
            aes.Decrypt(box.AsSpan(0, NonceBytes), box.AsSpan(NonceBytes + TagBytes), box.AsSpan(NonceBytes, TagBytes), plain, BitConverter.GetBytes(about));
            return Encoding.UTF8.GetString(plain);
        }
        catch (CryptographicException)
        {
            return Lost();
        }
    }

    private Result<byte[]> FileKey(bool make)
    {
        lock (_gate)
        {
            try
            {
                if (make && !File.Exists(file))
                    Write(RandomNumberGenerator.GetBytes(KeyBytes));
                var key = File.ReadAllBytes(file);
                return key.Length == KeyBytes ? key : Lost();
            }
            catch (FileNotFoundException)
            {
                return Lost();
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                return new Refusal(RefusalCode.Unavailable, $"The file that secrets are sealed with cannot be used: {error.Message}");
            }
        }
    }

    /// <summary>Whole or not at all: half a key would lock out every secret that is sealed with it.</summary>
    private void Write(byte[] key)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var draft = file + ".new";
        File.Delete(draft);
        using (var stream = new FileStream(draft, options))
        {
            stream.Write(key);
            stream.Flush(true);
        }

        File.Move(draft, file);
    }

    private Refusal Lost() => new(RefusalCode.Conflict, $"{Name} is not the file it was sealed with; put that file back.");
}
