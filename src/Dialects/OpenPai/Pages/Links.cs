using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Switchyard.Core.Storage;

namespace Switchyard.Dialects.OpenPai.Pages;

/// <summary>
/// Addresses of pages that a browser opens without a credential: whoever may read the output gets one with a key that
/// fits this page alone. Others get the address without it, which asks for a credential.
/// </summary>
internal sealed class Links(IStore store)
{
    private const string Setting = "openpai_link_key";
    private byte[]? _secret;

    /// <summary>The page with an attempt's output.</summary>
    public async Task<string> Log(string origin, long attempt, bool withKey, CancellationToken stop) =>
        $"{origin}/rest-server/logs/{Text(attempt)}" + (withKey ? $"?key={await Key("log", attempt, stop)}" : "");

    /// <summary>The page with a job's tasks.</summary>
    public async Task<string> Track(string origin, long run, bool withKey, CancellationToken stop) =>
        $"{origin}/rest-server/track/{Text(run)}" + (withKey ? $"?key={await Key("track", run, stop)}" : "");

    /// <summary>The private key that opens a job's tasks; always with its key in the address, so only for those who may have it.</summary>
    public async Task<string> Ssh(string origin, long run, CancellationToken stop) => $"{SshFolder(origin, run)}?key={await Key("ssh", run, stop)}";

    /// <summary>The same address without the key, which shows nothing.</summary>
    public static string SshFolder(string origin, long run) => $"{origin}/rest-server/ssh/{Text(run)}";

    /// <summary>Whether a key fits a page.</summary>
    public async Task<bool> Fits(string kind, long id, string? key, CancellationToken stop)
    {
        if (key is not { Length: > 0 and < 200 })
            return false;
        var right = await Key(kind, id, stop);
        return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(right));
    }

    private async Task<string> Key(string kind, long id, CancellationToken stop)
    {
        _secret ??= Convert.FromHexString(await store.SettingPutIfAbsent(Setting, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)), stop));
        return Convert.ToHexStringLower(HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes($"{kind}:{Text(id)}")))[..40];
    }

    private static string Text(long id) => id.ToString(CultureInfo.InvariantCulture);
}
