namespace Switchyard.Core.Users;

/// <summary>A person or a program that may sign in.</summary>
/// <param name="Name">Login name, <c>[A-Za-z0-9_]{1,64}</c>.</param>
/// <param name="Email">Shown by dialects that name users by address, when set.</param>
public sealed record User(long Id, string Name, string? Email, bool Admin, DateTimeOffset CreatedAt)
{
    /// <summary>What dialects show: the address if there is one, else the name.</summary>
    public string Display => Email ?? Name;

    /// <summary>Ids of the teams this user is in.</summary>
    public IReadOnlyList<long> Teams { get; init; } = [];

    /// <summary>This user as who makes a call.</summary>
    public Caller AsCaller() => new(Id, Name, Display, Admin) { Teams = Teams };

    /// <summary>Whether a text may be a login name.</summary>
    public static bool IsName(string? text) =>
        text is { Length: > 0 and <= 64 } && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}

/// <summary>A password as another installation kept it: PBKDF2 with HMAC-SHA512.</summary>
public sealed record ForeignPassword(int Iterations, ReadOnlyMemory<byte> Salt, ReadOnlyMemory<byte> Hash);

/// <summary>A user to insert, with the pools that are given to them beside the default one.</summary>
public sealed record NewUser(User User, string PasswordHash, IReadOnlyList<string> Pools);

/// <summary>A user with what is needed to check a password.</summary>
public sealed record UserSecret(User User, string PasswordHash);

/// <summary>A named token; the token itself was shown once and is kept only as a hash.</summary>
/// <param name="Prefix">The first characters, by which people tell tokens apart.</param>
public sealed record Token(
    long Id, long UserId, string Name, string Prefix, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt, DateTimeOffset? RevokedAt);

/// <summary>Who makes a call.</summary>
public sealed record Caller(long UserId, string Name, string Display, bool Admin)
{
    /// <summary>Ids of the teams the caller is in.</summary>
    public IReadOnlyList<long> Teams { get; init; } = [];

    /// <summary>Whose things lists show this caller: their own and their teams'; null for everybody's.</summary>
    public IReadOnlyList<long>? Sees => Admin ? null : Owners;

    /// <summary>The caller and the caller's teams.</summary>
    public IReadOnlyList<long> Owners => [UserId, .. Teams];

    /// <summary>Whether this caller may see and change what belongs to a user or a team.</summary>
    public bool MayUse(long ownerId) => Admin || ownerId == UserId || Teams.Contains(ownerId);
}
