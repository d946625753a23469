using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Switchyard.Server.Security;

/// <summary>Passwords as they are kept: <c>pbkdf2-sha512$iterations$salt$hash</c>. A check takes about a tenth of a second, on purpose.</summary>
public static class PasswordHash
{
    private const string Scheme = "pbkdf2-sha512";
    private const int Iterations = 220_000;
    private const int SaltBytes = 16;
    private const int HashBytes = 32;

    /// <summary>The hash of a password that nobody has: checked for users that do not exist, so that time does not tell who does.</summary>
    public static string Nobody { get; } = $"{Scheme}${Iterations}${new string('A', 22)}==${new string('A', 43)}=";

    /// <summary>What to keep for a password.</summary>
    public static string Make(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return string.Create(CultureInfo.InvariantCulture, $"{Scheme}${Iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(Derive(password, salt, Iterations))}");
    }

    /// <summary>Whether a password is the one that was kept.</summary>
    public static bool Check(string password, string kept)
    {
        if (kept.Split('$') is not [Scheme, var iterations, var salt, var hash]
            || !int.TryParse(iterations, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            return false;
        return CryptographicOperations.FixedTimeEquals(Derive(password, Convert.FromBase64String(salt), count), Convert.FromBase64String(hash));
    }

    private static byte[] Derive(string password, byte[] salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, iterations, HashAlgorithmName.SHA512, HashBytes);
}
