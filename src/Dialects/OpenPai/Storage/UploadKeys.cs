using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Switchyard.Dialects.OpenPai.Storage;

/// <summary>An upload that was allowed and whose content is still to come.</summary>
internal sealed record Upload(long UserId, string Path, bool Overwrite, int Mode);

/// <summary>
/// Keys in the addresses that uploads are sent on to: clients send the content of a file without their credential, as
/// the data nodes of HDFS had it. A key is good for one file of one user, in this server's life, for ten minutes.
/// </summary>
internal sealed class UploadKeys(TimeProvider time)
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(32);

    /// <summary>The time until which a new key is good, and the key.</summary>
    public (long Until, string Key) Make(Upload upload)
    {
        var until = time.GetUtcNow().Add(Life).ToUnixTimeSeconds();
        return (until, Key(upload, until));
    }

    /// <summary>Whether a key is the upload's and still good.</summary>
    public bool Fits(Upload upload, long until, string? key) =>
        key is not null && until > time.GetUtcNow().ToUnixTimeSeconds()
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(Key(upload, until)));

    private string Key(Upload upload, long until) => Convert.ToHexStringLower(HMACSHA256.HashData(
        _secret, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{upload.UserId} {until} {upload.Overwrite} {upload.Mode} {upload.Path}"))));
}
