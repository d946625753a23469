using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Switchyard.Core.Users;

namespace Switchyard.Server.Security;

/// <summary>Passwords as they are kept: <c>pbkdf2-sha512$iterations$salt$hash</c>. A check takes about a tenth of a second, on purpose.</summary>
public static class PasswordHash
{
    private const string Scheme = "pbkdf2-sha512";
    private const int Iterations = 220_000;
    private const int SaltBytes = 16;
    private const int HashBytes = 32;

    private static readonly string Current = string.Create(CultureInfo.InvariantCulture, $"{Scheme}${Iterations}$");

    /// <summary>The hash of a password that nobody has: checked for users that do not exist, so that time does not tell who does.</summary>
    public static string Nobody { get; } = $"{Scheme}${Iterations}${new string('A', 22)}==${new string('A', 43)}=";

    /// <summary>What to keep for a password.</summary>
    public static string Make(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return string.Create(CultureInfo.InvariantCulture, $"{Scheme}${Iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(Derive(password, salt, Iterations))}");
    }

    /// <summary>What to keep for a password that only another installation's hash is known of.</summary>
    public static string Adopt(ForeignPassword foreign) => string.Create(
        CultureInfo.InvariantCulture, $"{Scheme}${foreign.Iterations}${Convert.ToBase64String(foreign.Salt.Span)}${Convert.ToBase64String(foreign.Hash.Span)}");

    /// <summary>Whether a password is the one that was kept. One that is not takes as long as if the hash were of today's strength.</summary>
    public static bool Check(string password, string kept)
    {
        if (kept.Split('$') is not [Scheme, var iterations, var salt, var hash]
            || !int.TryParse(iterations, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            return false;
        var expected = Convert.FromBase64String(hash);
        var right = CryptographicOperations.FixedTimeEquals(Derive(password, Convert.FromBase64String(salt), count, expected.Length), expected);
        return right || (IsWeak(kept) && Check(password, Nobody));
    }

    /// <summary>Whether what is kept is to be made anew as soon as the password is known: it came from elsewhere.</summary>
    public static bool IsWeak(string kept) => !kept.StartsWith(Current, StringComparison.Ordinal);

    private static byte[] Derive(string password, byte[] salt, int iterations, int length = HashBytes) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, iterations, HashAlgorithmName.SHA512, length);
}
