using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Switchyard.Core.Storage;

namespace Switchyard.Dialects.OpenPai.Jobs;

/// <summary>The key pair of one job: its name, by which it is made again, and its public half as <c>authorized_keys</c> has it.</summary>
internal sealed record JobKey(string Name, string Public);

/// <summary>
/// The keys by which people log in to the tasks of jobs. None is stored: each is computed from its random name and one
/// secret of the installation.
/// </summary>
internal sealed class JobKeys(IStore store)
{
    private const string Setting = "openpai_ssh_secret";
    private const string Algorithm = "ecdsa-sha2-nistp256", Curve = "nistp256";

    /// <summary>How many points the curve has (FIPS 186-4, P-256): private keys are the numbers from 1 to below it.</summary>
    private static readonly BigInteger Order = new(Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551"), isUnsigned: true, isBigEndian: true);

    private byte[]? _secret;

    /// <summary>A new key.</summary>
    public async Task<JobKey> Make(CancellationToken stop)
    {
        var name = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        using var key = await Derive(name, stop);
        return new JobKey(name, Public(key.ExportParameters(false).Q));
    }

    /// <summary>The private half of a key, as <c>ssh -i</c> takes it.</summary>
    public async Task<string> Private(string name, CancellationToken stop)
    {
        using var key = await Derive(name, stop);
        return key.ExportECPrivateKeyPem() + "\n";
    }

    private async Task<ECDsa> Derive(string name, CancellationToken stop)
    {
        _secret ??= Convert.FromHexString(await store.SettingPutIfAbsent(Setting, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)), stop));
        // More bytes than the order has, so that the remainder is as good as uniform.
        var wide = HKDF.DeriveKey(HashAlgorithmName.SHA256, _secret, 48, info: Encoding.UTF8.GetBytes(name));
        var number = (new BigInteger(wide, isUnsigned: true, isBigEndian: true) % (Order - 1)) + 1;
        var bytes = new byte[32];
        number.TryWriteBytes(bytes.AsSpan(32 - number.GetByteCount(isUnsigned: true)), out _, isUnsigned: true, isBigEndian: true);
        return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = bytes });
    }

    /// <summary>RFC 4253, 6.6, and RFC 5656, 3.1: texts and bytes, each with its length before it.</summary>
    private static string Public(ECPoint point)
    {
        var blob = new List<byte>();
        foreach (var part in (ReadOnlySpan<byte[]>)[Encoding.ASCII.GetBytes(Algorithm), Encoding.ASCII.GetBytes(Curve), [4, .. point.X!, .. point.Y!]])
        {
            var length = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(length, part.Length);
            blob.AddRange(length);
            blob.AddRange(part);
        }

        return $"{Algorithm} {Convert.ToBase64String([.. blob])}";
    }
}
